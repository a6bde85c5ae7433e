"""Colours for colour-blind eyes: the simulation, the safe palette's distances, and the editor that shows it."""

import numpy as np
import pytest
from traitlets import TraitError

from editgan_widgets import EditSession, Stroke, load_model
from editgan_widgets.domains.portraits.parts import COARSE_LABELS, FINE_LABELS, PORTRAIT_LABELS
from editgan_widgets.models.editgan import MODELS
from editgan_widgets.palettes import SAFE_DISTANCE, VISIONS, distances, recoloured, seen
from editgan_widgets.widgets import Editor


def touching(model, seeds: range) -> np.ndarray:
    """Pairs of parts `[n, 2]` that share a border of at least 4 px in at least two of the portraits."""
    portraits = np.zeros((len(model.labels), len(model.labels)), int)
    for seed in seeds:
        label_map = EditSession.from_seed(model, seed=seed).label_map
        border = np.zeros_like(portraits)
        for one, other in ((label_map[:, 1:], label_map[:, :-1]), (label_map[1:], label_map[:-1])):
            np.add.at(border, (one, other), 1)
        portraits += (border + border.T) >= 4
    return np.argwhere(np.triu(portraits >= 2, 1))


def test_the_simulated_eyes_keep_greys_and_confuse_what_they_should():
    greys = np.array([[0, 0, 0], [128, 128, 128], [255, 255, 255]], np.uint8)
    for vision in VISIONS:
        assert np.allclose(seen(greys, vision), greys / 255, atol=1e-3)
    red_green = np.array([[200, 100, 50], [120, 140, 50]], np.uint8)
    apart = [np.abs(np.diff(seen(red_green, vision), axis=0)).max() for vision in ("normal", "deuteranopia")]
    assert apart[1] < 0.5 * apart[0]


@pytest.mark.shipped
@pytest.mark.slow
@pytest.mark.parametrize("name", ["portraits", "portraits-64"])
def test_parts_that_touch_are_far_apart_for_every_eye_in_the_safe_palette(name):
    if not MODELS[name].is_file():
        pytest.skip(f"{name} is not shipped here")
    model = load_model(name)
    pairs = touching(model, range(12))
    assert len(pairs) > 30
    safe = distances(recoloured(model.labels, "safe").palette)[pairs[:, 0], pairs[:, 1]]
    assert safe.min() >= SAFE_DISTANCE
    own = distances(model.labels.palette)[pairs[:, 0], pairs[:, 1]]
    assert own.min() < 0.5 * SAFE_DISTANCE  # what the palette is for


def test_safe_colours_differ_and_change_nothing_but_the_colour():
    for labels in (PORTRAIT_LABELS, FINE_LABELS, COARSE_LABELS):
        safe = recoloured(labels, "safe")
        assert len({label.color for label in safe}) == len(labels)
        assert [(x.id, x.name, x.side, x.groups) for x in safe] == [(x.id, x.name, x.side, x.groups) for x in labels]
    assert recoloured(FINE_LABELS, "own") is FINE_LABELS


@pytest.mark.shipped
@pytest.mark.slow
def test_an_editor_shows_the_palette_and_refuses_an_unknown_one(session):
    with pytest.raises(ValueError, match="LabelSet 'tiny' has no palette 'safe'; use 'own'"):
        Editor(session, palette="safe", journal=False)
    with pytest.raises(ValueError, match="no palette 'neon'; use 'own'"):
        Editor(session, palette="neon", journal=False)
    if not MODELS["portraits"].is_file():
        return
    editor = Editor(load_model("portraits"), seed=3, palette="safe", journal=False)
    try:
        safe, own = recoloured(editor.labels, "safe"), editor.labels
        assert editor.view.palette == "safe"
        assert editor.view.palettes == {
            name: [x.color for x in labels] for name, labels in (("own", own), ("safe", safe))
        }
        assert safe["temple"].color != own["temple"].color
        picture = editor._repr_mimebundle_()[0]["image/png"]
        editor.show_palette("own")
        assert editor.view.palette == "own"
        assert editor.canvas.labels is own
        assert editor._repr_mimebundle_()[0]["image/png"] != picture
        editor.view.set_state({"palette": "safe"})  # as the browser does
        assert editor._repr_mimebundle_()[0]["image/png"] == picture
        with pytest.raises(ValueError, match="no palette 'neon'; use 'own' or 'safe'"):
            editor.show_palette("neon")
        assert editor.view.palette == "safe"
    finally:
        editor.close()


@pytest.mark.shipped
def test_parts_without_safe_colours_are_shown_in_their_own_and_nothing_else_is_offered(session):
    editor = Editor(session, journal=False)
    try:
        assert editor.view.palettes == {"own": [label.color for label in editor.labels]}
        with pytest.raises(ValueError, match="no palette 'safe'"):
            editor.show_palette("safe")
        with pytest.raises(TraitError, match="no 'safe' palette"):
            editor.view.palette = "safe"
        assert editor.view.palette == "own"
    finally:
        editor.close()


@pytest.mark.shipped
def test_the_palette_comes_back_with_the_journal(tmp_path):
    if not MODELS["portraits-64"].is_file():
        pytest.skip("portraits-64 is not shipped here")
    model = load_model("portraits-64")
    editor = Editor(model, seed=3, journal=tmp_path / "journal", vectors={})
    editor.show_palette("safe")
    editor.paint(Stroke([(8.0, 8.0)], 3.0, 1), run=False)
    assert editor.wait(20)
    editor.close()
    again = Editor.restore(tmp_path / "journal", model)
    try:
        assert again.view.palette == "safe"
        assert [x.color for x in again.canvas.labels] == [x.color for x in recoloured(model.labels, "safe")]
    finally:
        again.close()
