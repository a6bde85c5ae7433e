"""A part takes its shape from another portrait."""

import numpy as np
import pytest
from editors import heard

from editgan_widgets.documents.samples import sample_label_map, take_from
from editgan_widgets.documents.session import EditSession
from editgan_widgets.labels import UnknownLabelError
from editgan_widgets.masks.part_operations import copy_from
from editgan_widgets.widgets import Editor


@pytest.fixture
def editor(session):
    with heard(Editor(session, vectors={}, auto=False, journal=False)) as editor:
        yield editor


@pytest.fixture(scope="module")
def others(tiny_model):
    """A part and two seeds: one portrait shows the part in another shape, the other does not show it."""
    maps = {seed: sample_label_map(tiny_model, (seed, 1.0)) for seed in range(40)}
    for label in tiny_model.labels:
        shows = [seed for seed, label_map in maps.items() if (label_map == label.id).any()]
        lacks = [seed for seed in maps if seed not in shows]
        if label.id and shows and lacks:
            return label.name, shows[0], lacks[0]
    raise AssertionError("no part of the tiny model is seen in some portraits and not in others")


def browser(editor, **content):
    editor.view._handle_custom_msg(content, [])


def test_a_samples_label_map_equals_that_of_its_session(tiny_model):
    for sample in ((4, 0.7), (9, 1.0)):
        assert np.array_equal(
            sample_label_map(tiny_model, sample), EditSession.from_seed(tiny_model, *sample).label_map
        )


def test_a_part_takes_the_shape_of_another_portrait_and_one_undo_reverts_it(editor, others):
    part, seed, _ = others
    before, labels = editor.label_map, editor.labels
    expected = copy_from(sample_label_map(editor.session.model, (seed, 1.0)), part)(before, labels)
    editor.take_part(part, seed, 1.0)
    assert editor.wait(20)
    assert np.array_equal(editor.label_map, expected)
    assert not np.array_equal(expected, before)
    assert editor.session.history.entry.made == {
        "do": "label_map",
        "tool": "from another portrait",
        "part": labels[part].id,
    }
    assert editor.view.history[-1]["name"] == f"{part} from another portrait"
    editor.undo()
    assert editor.wait(20)
    assert np.array_equal(editor.label_map, before)


def test_taking_a_part_from_the_browser_equals_python_and_keeps_locked_parts(editor, others):
    part, seed, _ = others
    before = editor.label_map
    label = editor.labels[part].id
    browser(editor, kind="from_sample", seed=seed, psi=1, label=label, auto=False, locked=[], over=[], mirror=True)
    assert editor.wait(20)
    taken = editor.label_map
    assert not np.array_equal(taken, before)
    editor.undo()
    editor.take_part(part, seed, 1.0)
    assert editor.wait(20)
    assert np.array_equal(editor.label_map, taken)  # never mirrored
    editor.undo()
    everything = [label.id for label in editor.labels]
    browser(editor, kind="from_sample", seed=seed, psi=1, label=label, auto=False, locked=everything, over=[])
    assert editor.wait(20)
    assert np.array_equal(editor.label_map, before)
    assert editor.view.status.startswith("The parts are unchanged")


def test_taking_a_part_starts_an_edit_if_auto_is_on(editor, others):
    part, seed, _ = others
    content = {"seed": seed, "psi": 1, "label": editor.labels[part].id, "auto": True, "steps": 3}
    browser(editor, kind="from_sample", **content, locked=[], over=[])
    assert editor.wait(60)
    assert [entry.made["do"] for entry in editor.session.history.path()][-2:] == ["label_map", "edit"]


def test_a_portrait_that_does_not_show_the_part_is_refused_with_the_reason(editor, others):
    part, _, seed = others
    before = editor.label_map
    editor.take_part(part, seed, 1.0)
    with pytest.raises(ValueError, match=f"the portrait of seed {seed} shows no {part}; take it from another one"):
        editor.wait(20)
    assert f"shows no {part}" in editor.error
    assert np.array_equal(editor.label_map, before)
    assert not editor.session.can_undo


def test_an_invalid_part_or_portrait_is_refused_immediately(editor):
    with pytest.raises(UnknownLabelError):
        editor.take_part("halo", 3)
    with pytest.raises(ValueError, match="whole number from 0"):
        editor.take_part("spark", -1)
    with pytest.raises(UnknownLabelError):
        take_from(editor.session.model, (3, 0.7), "halo")(editor.label_map, editor.labels)
    browser(editor, kind="from_sample", seed=3, psi=5, label=1)
    assert "0 to 2" in editor.error
    browser(editor, kind="from_sample", seed=3, psi=1, label=99)
    assert "99" in editor.error
