"""The direction finder: searches, sliders, rows, kept vectors, and directions learned from marks."""

import json
import time
from contextlib import suppress

import numpy as np
import pytest
import torch
from editors import until

from editgan_widgets import EditVector, images
from editgan_widgets.analysis import by_picture, find_directions
from editgan_widgets.analysis.marked_boundaries import marked_boundary
from editgan_widgets.analysis.transfer import picture_of
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.widgets import DirectionFinder
from editgan_widgets.widgets.finder import actions

READ = by_picture(brightness=lambda picture: picture.mean(), red=lambda picture: picture[..., 0].mean())


@pytest.fixture
def finder(tiny_model, tmp_path):
    made = DirectionFinder(tiny_model, seed=3, read=READ, folder=tmp_path / "kept")
    made.sent = []
    made.view.send = lambda content, buffers=None: made.sent.append((content, buffers or []))
    yield made
    made.close()


def receive(finder, **content):
    """Deliver a message of the page, and wait until it is handled."""
    finder.view._handle_custom_msg(content, [])
    finder.wait(20)


def portrait(model, vector: EditVector | None = None, strength: float = 0.0, seed: int = 3) -> np.ndarray:
    w_plus = model.sample_w_plus(seed, 0.7)
    return images.to_uint8(picture_of(model, w_plus if vector is None else vector.apply(w_plus, strength)))[0]


@pytest.mark.parametrize("method", ["sefa", "ganspace"])
def test_a_search_gives_rows_with_pictures_and_what_they_change(finder, method):
    found = finder.find(method, count=3)
    assert [one.id for one in found] == [0, 1, 2]
    rows = finder.view.directions
    assert [row["name"].split()[0].lower() for row in rows] == [method] * 3
    assert all(row["attribute"] in ("brightness", "red") and 0.5 <= row["share"] <= 1 for row in rows)
    assert all(finder.view.sheets[str(row["id"])].startswith(b"\xff\xd8") for row in rows)
    assert finder.view.status.startswith("Move a slider")
    assert not finder.view.running


@pytest.mark.slow
def test_style_channels_of_a_part_have_one_row_that_cannot_be_changed(finder):
    found = finder.find("stylespace", count=2, part="spark")
    assert found
    row = found[0].vector.recipe["row"]
    assert found[0].rows == (row, row)
    assert finder.view.directions[0]["fixed"] is True
    with pytest.raises(ValueError, match=f"style channel of row {row} alone"):
        finder.set_rows(found[0].id, 0, 1)
    with pytest.raises(ValueError, match="StyleSpace finds channels of a part; choose one"):
        finder.find("stylespace")


def test_a_slider_shows_the_direction_on_the_portrait(finder, tiny_model):
    found = finder.find(count=2)
    np.testing.assert_array_equal(finder.image, portrait(tiny_model))
    np.testing.assert_array_equal(finder.move(1, 1.5), portrait(tiny_model, found[1].vector, 1.5))
    assert finder.view.active == 1
    assert finder.view.directions[1]["strength"] == 1.5


def test_a_slider_that_moves_sends_previews_and_changes_nothing(finder):
    finder.find(count=1)
    before = finder.image
    receive(finder, kind="move", direction=0, strength=2.0, live=True)
    frames = [content for content, _ in finder.sent if content["kind"] == "frame"]
    assert frames[-1]["preview"] is True
    assert finder.image is before
    assert finder.directions[0].strength == 0


def test_rows_limit_what_a_direction_moves_and_can_be_widened_again(finder, tiny_model):
    (one,) = finder.find(count=1, rows=(0, 1))
    assert one.moved.layers == (0, 1)
    finder.set_rows(0, 2, 3)
    assert finder.directions[0].moved.layers == (2, 3)
    picture = finder.move(0, 1)
    np.testing.assert_array_equal(picture, portrait(tiny_model, finder.directions[0].moved, 1))
    with pytest.raises(ValueError, match="rows go from 0 to 7, the first one before the last; got 3 to 2"):
        finder.set_rows(0, 3, 2)


def test_a_kept_direction_is_an_edit_vector_in_kept_and_in_a_file(finder, tmp_path):
    finder.find(count=1)
    finder.set_rows(0, 0, 3)
    vector = finder.keep(0, " brighter / left ")
    assert list(finder.kept) == ["brighter / left"] == finder.view.kept
    assert vector.layers == (0, 1, 2, 3)
    assert vector.recipe["found as"] == "SeFa 1"
    (path,) = (tmp_path / "kept").rglob("*.safetensors")
    assert torch.equal(EditVector.load(path).delta_w_plus, vector.delta_w_plus)
    finder.forget("brighter / left")
    assert not finder.kept
    with pytest.raises(ValueError, match="no vector is kept under 'x'; there are: none"):
        finder.forget("x")


@pytest.mark.usefixtures("unchecked")
def test_arguments_that_do_not_fit_are_refused_at_once(finder, tiny_model):
    with pytest.raises(ValueError, match="model must be an EditGAN; got None"):
        DirectionFinder(None)
    with pytest.raises(ValueError, match="read must be attributes of pictures"):
        DirectionFinder(tiny_model, read=3)
    with pytest.raises(ValueError, match="read fails on pictures"):
        DirectionFinder(tiny_model, read=lambda pictures: {"a": pictures.brightness})
    first, second = finder.sample(2)
    with pytest.raises(ValueError, match=f"seed {first} is among the positive and the negative ones"):
        finder.mark(positive=[first], negative=[first, second])
    with pytest.raises(ValueError, match="positive are seeds of portraits"):
        finder.mark(positive=3)
    assert not finder.marks


def test_a_name_that_is_kept_is_not_given_to_another_vector(finder):
    finder.find(count=2)
    first = finder.keep(0, "older")
    finder.keep(0, "older")
    with pytest.raises(ValueError, match="another vector is kept under 'older'; give another name"):
        finder.keep(1, "older")
    assert torch.equal(finder.kept["older"].delta_w_plus, first.delta_w_plus)


@pytest.mark.slow
def test_another_portrait_shows_the_same_directions(finder, tiny_model):
    found = finder.find(count=2)
    finder.move(0, 1)
    sheets = dict(finder.view.sheets)
    finder.set_portrait(8)
    np.testing.assert_array_equal(finder.image, portrait(tiny_model, found[0].vector, 1, seed=8))
    assert all(finder.view.sheets[key] != sheet for key, sheet in sheets.items())
    assert finder.view.seed == 8


@pytest.mark.slow
def test_a_new_search_replaces_found_directions_and_keeps_learned_ones(finder):
    finder.find(count=2)
    finder.move(0, 1)
    learn(finder)
    finder.find("ganspace", count=1)
    assert [one.vector.name for one in finder.directions] == ["bright", "GANSpace 1"]
    finder.drop(finder.directions[0].id)
    assert [row["name"] for row in finder.view.directions] == ["GANSpace 1"]
    assert finder.view.active == -1


def learn(finder, count=12):
    """Mark portraits by their brightness."""
    seeds = finder.sample(count)
    values = {seed: portrait(finder._loop._model, seed=seed).mean() for seed in seeds}
    ordered = sorted(seeds, key=values.__getitem__)
    finder.mark(positive=ordered[count // 2 :], negative=ordered[: count // 2])
    return finder.learn("bright")


@pytest.mark.slow
def test_a_direction_is_learned_from_a_dozen_marks_with_its_accuracy(finder, tiny_model):
    one = learn(finder)
    assert one.boundary.accuracy.n == 12
    assert not one.boundary.few
    row = finder.view.directions[-1]
    assert (row["learned"], row["marks"], row["few"]) == (True, 12, False)
    assert row["low"] <= row["accuracy"] <= row["high"]
    assert row["attribute"] == "brightness"
    assert row["change"] > 0
    assert finder.move(one.id, 2).mean() > portrait(tiny_model).mean()
    assert finder.view.status == ""


def test_few_marks_give_a_warning_and_too_few_an_error(finder):
    first, second, third, fourth, *_ = finder.sample(6)
    finder.mark(positive=[first, second], negative=[third])
    with pytest.raises(ValueError, match="mark at least 2 portraits"):
        finder.learn("few")
    finder.mark(negative=[fourth])
    assert finder.learn("few").boundary.few
    assert finder.view.directions[-1]["few"] is True
    with pytest.raises(ValueError, match="seed 5 is not among the portraits to mark"):
        finder.mark(positive=[5])
    finder.clear_marks()
    assert finder.marks == {}


def test_stop_keeps_what_was_found(finder, monkeypatch):
    plain = actions.Actions._drawn
    monkeypatch.setattr(actions.Actions, "_drawn", lambda *given: (time.sleep(0.05), plain(*given))[1])
    finder.view._handle_custom_msg({"kind": "find", "method": "ganspace", "count": 16}, [])
    until(lambda: len(finder.view.directions) >= 2)  # rows appear while the search runs
    finder.stop()
    finder.wait(20)
    assert 2 <= len(finder.directions) < 16
    assert finder.view.status == "Stopped. What was found is kept."
    assert not finder.view.running


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "move", "direction": 0, "strength": 1.5},
        {"kind": "keep", "direction": 0, "name": "bright"},
        {"kind": "set_rows", "direction": 0, "first": 0, "last": 3},
        {"kind": "set_portrait", "seed": 8},
        {"kind": "move", "direction": 99, "strength": 1.5},
    ],
    ids=["a slider", "keep", "rows", "another portrait", "an error"],
)
def test_a_search_goes_on_after(finder, monkeypatch, content):
    plain = actions.Actions._drawn
    monkeypatch.setattr(actions.Actions, "_drawn", lambda *given: (time.sleep(0.02), plain(*given))[1])
    finder.view._handle_custom_msg({"kind": "find", "method": "ganspace", "count": 8}, [])
    until(lambda: len(finder.view.directions) >= 2)
    with suppress(ValueError):
        receive(finder, **content)
    assert [one.vector.name for one in finder.directions] == [f"GANSpace {i}" for i in range(1, 9)]
    assert finder.directions[0].strength == (1.5 if content.get("direction") == 0 and "strength" in content else 0)
    assert list(finder.kept) == (["bright"] if content["kind"] == "keep" else [])
    assert finder.directions[0].rows == ((0, 3) if content["kind"] == "set_rows" else (0, 7))
    assert not finder.view.running


def test_a_search_that_fails_keeps_the_rows_of_the_last_one(finder, monkeypatch):
    before = finder.find(count=2)
    finder.move(0, 1)

    def fails(*_given):
        raise MemoryError("no space left")

    monkeypatch.setattr(actions, "unsupervised_directions", fails)
    with pytest.raises(MemoryError):
        finder.find(count=1)
    assert [one.id for one in finder.directions] == [one.id for one in before]
    assert finder.view.active == 0
    finder.set_portrait(4)  # does not try the search again
    assert len(finder.view.directions) == 2


def test_attributes_that_are_not_numbers_are_not_published(tiny_model):
    for others in ((), ("red",)):

        def read(pictures, others=others):
            red = pictures[:, 0].mean((1, 2)).numpy()
            return {"nothing": np.full(len(red), np.nan), **dict.fromkeys(others, red)}

        finder = DirectionFinder(tiny_model, read=read)
        try:
            finder.find(count=1)
            (row,) = finder.view.directions
            assert row["attribute"] == "".join(others)
            json.dumps(row, allow_nan=False)
        finally:
            finder.close()


@pytest.mark.parametrize("name", ["hair/longer", "../up", "..", ".hidden", "a\\b", "what?\n", "\U0001f60a" * 60])
def test_a_kept_vector_of_any_name_is_a_file_that_load_vectors_reads(finder, tiny_model, tmp_path, name):
    finder.find(count=1)
    finder.keep(0, name)
    (path,) = tmp_path.rglob("*.safetensors")
    assert path.parent == tmp_path / "kept"
    assert list(load_vectors(tiny_model, tmp_path / "kept")) == [name.strip()]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"kind": "find", "method": "pca", "count": 3}, "method"),
        ({"kind": "find", "method": "sefa", "count": 99}, "count is a whole number from 1 to 24; got 99"),
        ({"kind": "move", "direction": 0, "strength": 9}, "strength is a number from -4 to 4; got 9"),
        ({"kind": "keep", "direction": 0, "name": ""}, "name is a name of 1 to 60 characters; got ''"),
        ({"kind": "sample", "count": 0}, "count is a whole number from 1 to 60; got 0"),
    ],
)
def test_messages_that_do_not_fit_are_shown_as_errors(finder, message, error):
    finder.view._handle_custom_msg(message, [])
    assert error in finder.view.error
    assert finder.directions == ()


def test_a_direction_that_is_not_there_is_named_with_those_that_are(finder):
    finder.find(count=2)
    with pytest.raises(ValueError, match="there is no direction 7; there are: 0, 1"):
        finder.move(7, 1)


def test_without_attributes_directions_have_pictures_only(tiny_model):
    finder = DirectionFinder(tiny_model)
    try:
        finder.find(count=1)
        assert finder.view.directions[0]["attribute"] == ""
        assert "1 directions, 0 kept" in repr(finder)
    finally:
        finder.close()


def test_texts_are_in_the_language_that_was_asked_for(tiny_model):
    finder = DirectionFinder(tiny_model, language="zh")
    try:
        assert finder.view.strings["Find directions"] == "查找方向"
        assert finder.view.status.startswith("查找方向")
        finder.find(count=1)
        assert finder.view.status.startswith("移动滑块")
    finally:
        finder.close()


def test_a_cell_shows_the_widget_and_the_picture_for_pages_without_a_kernel(finder):
    data, _ = finder._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.slow
@pytest.mark.parametrize("method", ["svm", "logistic", "mean difference", None])
def test_marks_on_both_sides_of_a_planted_plane_give_its_normal(tiny_model, method):
    rng = torch.Generator().manual_seed(0)
    w = torch.randn(120, 16, generator=rng)
    normal = torch.nn.functional.normalize(torch.randn(16, generator=rng), dim=0)
    found = marked_boundary(tiny_model, w, (w @ normal > 0).numpy(), "planted", method)
    direction = torch.nn.functional.normalize(found.vector.delta_w_plus[0], dim=0)
    assert float(direction @ normal) > 0.9
    assert found.accuracy.value > 0.85
    assert len(found.table()) == 120
    assert found.png().startswith(b"\x89PNG")
    assert "'planted' is right for" in found.sentence()


def test_marks_at_random_are_right_by_chance_and_few_of_one_sign_are_warned_of(tiny_model):
    rng = np.random.default_rng(0)
    w = torch.from_numpy(rng.standard_normal((30, 16))).float()
    found = marked_boundary(tiny_model, w, rng.random(30) > 0.5)
    assert found.accuracy.low < 0.5 < found.accuracy.high + 0.1
    lopsided = np.arange(30) < 5
    assert marked_boundary(tiny_model, w, lopsided).few
    assert "few marks" in marked_boundary(tiny_model, w, lopsided).sentence()
    with pytest.raises(ValueError, match=r"labels of shape \(2,\) for 30 samples"):
        marked_boundary(tiny_model, w, [True, False])
    with pytest.raises(ValueError, match="unknown method 'tree'"):
        marked_boundary(tiny_model, w, lopsided, method="tree")


@pytest.mark.parametrize("method", ["sefa", "ganspace"])
def test_a_direction_has_the_name_that_find_directions_gives_it(finder, tiny_model, method):
    finder.find(method, count=2)
    finder.wait(60)
    found = find_directions(tiny_model, READ, method, count=2, seeds=range(4))
    for shown, vector in zip(finder.directions, found.vectors, strict=True):
        assert shown.vector.name == vector.name
        assert torch.allclose(shown.vector.delta_w_plus, vector.delta_w_plus)
