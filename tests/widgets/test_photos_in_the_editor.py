"""A photo with a face in the editor: it is shown itself, strokes act on its parts, and its square can be changed."""

import numpy as np
import pytest
from editors import heard
from skimage import data

from editgan_widgets import Stroke
from editgan_widgets.documents.photo import Crop
from editgan_widgets.widgets import Editor

pytestmark = [pytest.mark.shipped, pytest.mark.slow]


@pytest.fixture(scope="module")
def opened(portraits_128):
    with heard(Editor(portraits_128, journal=False, auto=False)) as editor:
        editor.open(data.astronaut())
        assert editor.wait(120)
        yield editor


@pytest.fixture
def editor(opened):
    """The editor as it was after the photo was opened."""
    yield opened
    opened.session.visit(0)
    opened._screen.publish()


def middle_of(mask):
    return np.argwhere(mask).mean(0)[::-1] + 0.5


def test_the_photo_itself_is_shown_with_the_parts_that_are_read_in_it(editor):
    side = round(editor.photo.crop.side)
    assert np.array_equal(editor.image, editor.photo.photo.cut(editor.photo.crop, side))
    assert (editor.label_map == editor.labels["teeth"].id).sum() > 10  # she smiles; the portrait like her does not
    assert editor.view.status.startswith("Opened.")


def test_a_stroke_is_shown_where_it_is_painted_and_acts_where_the_portrait_has_the_place(editor):
    before = editor.label_map.copy()
    brow = editor.labels["left brow"].id
    x, y = middle_of(before == brow)
    editor.paint(Stroke([(x - 4, y - 5), (x + 4, y - 5)], 2.5, brow))
    assert editor.wait(60)
    new = (editor.label_map == brow) & (before != brow)
    assert np.abs(middle_of(new) - [x, y - 5]).max() < 2.5
    assert np.array_equal(editor.label_map[~new & (before != brow)], before[~new & (before != brow)])
    mask = editor.session.painted
    like = editor.session.settled_label_map == brow
    offset, shown = middle_of(mask) - middle_of(like), middle_of(new) - middle_of(before == brow)
    assert np.abs(offset - shown).max() < 6


def test_erasing_a_stroke_leaves_nothing_painted(editor):
    brow = editor.labels["left brow"].id
    x, y = middle_of(editor.label_map == brow)
    editor.paint(Stroke([(x, y - 6)], 3, brow))
    editor.erase(Stroke([(x, y - 6)], 7, brow))
    assert editor.wait(60)
    assert editor.session.painted.sum() <= 2


def test_a_vector_moves_the_photo_and_undo_brings_it_back(editor):
    before, parts = editor.image.copy(), editor.label_map.copy()
    editor.apply_vectors({"smile": 1.0})
    assert editor.wait(60)
    changed = (editor.image != before).any(2)
    assert changed.mean() > 0.02
    assert not changed[:40].any()
    assert (editor.label_map != parts).any()
    editor.undo()
    assert editor.wait(60)
    assert np.array_equal(editor.image, before)
    assert np.array_equal(editor.label_map, parts)


def test_an_edit_by_painting_changes_the_photo_and_then_nothing_is_painted(editor):
    before, labels = editor.image.copy(), editor.labels
    for side in ("left", "right"):
        eye = np.isin(editor.label_map, [labels[f"{side} {part}"].id for part in ("iris", "sclera")])
        x, y = middle_of(eye)
        editor.paint(Stroke([(x - 4, y), (x + 4, y)], 4, labels[f"{side} eyelid"].id))
    editor.run(6, blocking=True)
    assert (editor.image != before).any()
    assert editor.image.shape == before.shape
    iris = [labels[f"{side} iris"].id for side in ("left", "right")]
    assert np.isin(editor.label_map, iris).sum() < 10


def test_another_square_of_the_photo_is_opened_and_undo_returns_to_the_first(portraits_128):
    two = np.concatenate([data.astronaut()[:256], data.astronaut()[:256, ::-1]], 1)
    with heard(Editor(portraits_128, journal=False, auto=False)) as editor:
        editor.open(two)
        assert editor.wait(120)
        assert "2 faces were found" in editor.view.status
        assert editor.view.show_whole
        first, second = editor.photo.squares
        editor.reframe(second)
        assert editor.wait(120)
        assert editor.photo.crop == second
        assert "faces were found" not in editor.view.status
        assert editor.photo.squares == (first, second)
        editor.undo()
        assert editor.wait(60)
        assert editor.photo.crop == first
        with pytest.raises(ValueError, match=r"outside the photo of 1024 x 256 px; move it"):
            editor.reframe(Crop(5000, 0, 100))
