"""Masks as indexed PNGs: what the editor writes comes back, and what is no mask of this picture is refused."""

import io

import numpy as np
import pytest
from PIL import Image
from test_widgets import browser

from conftest import TINY_LABELS
from editgan_widgets.editing.mask_file import MaskFileError, mask_png, open_mask, save_mask
from editgan_widgets.labels import UnknownLabelError
from editgan_widgets.widgets import Editor

SIZE = (6, 8)


@pytest.fixture
def label_map():
    return (np.arange(48).reshape(SIZE) % 4).astype(np.uint8)


def encoded(image):
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_mask_is_indexed_by_id_and_looks_like_the_labels(label_map):
    with Image.open(io.BytesIO(mask_png(label_map, TINY_LABELS))) as image:
        assert (image.mode, image.size) == ("P", (8, 6))
        assert np.array_equal(np.asarray(image), label_map)
        assert np.array_equal(np.asarray(image.convert("RGB")), TINY_LABELS.colorize(label_map))


def test_a_written_mask_opens_as_it_was(label_map, tmp_path):
    save_mask(label_map, TINY_LABELS, tmp_path / "mask.png")
    assert np.array_equal(open_mask(tmp_path / "mask.png", TINY_LABELS, SIZE), label_map)
    with pytest.raises(ValueError, match="is an indexed"):
        save_mask(label_map, TINY_LABELS, tmp_path / "mask.jpg")
    with pytest.raises(UnknownLabelError):
        mask_png(label_map + 1, TINY_LABELS)
    with pytest.raises(FileNotFoundError):
        open_mask(tmp_path / "none.png", TINY_LABELS, SIZE)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "reordered", "L"])
def test_masks_of_painting_programs_open_too(label_map, mode):
    with Image.open(io.BytesIO(mask_png(label_map, TINY_LABELS))) as image:
        if mode == "reordered":
            other = image.remap_palette([3, 1, 0, 2])
            assert not np.array_equal(np.asarray(other), label_map)
        else:
            other = Image.fromarray(label_map) if mode == "L" else image.convert(mode)
    assert np.array_equal(open_mask(encoded(other), TINY_LABELS, SIZE), label_map)


def test_what_is_no_mask_of_this_picture_is_refused_in_words(label_map):
    with pytest.raises(MaskFileError, match=r"8 x 6 px.*is 6 x 8.*nearest-neighbour"):
        open_mask(mask_png(label_map, TINY_LABELS), TINY_LABELS, (8, 6))
    foreign = label_map.copy()
    foreign[2, 2] = 9
    with pytest.raises(MaskFileError, match=r"id 9 at 1 px.*0\.\.3"):
        open_mask(encoded(Image.fromarray(foreign)), TINY_LABELS, SIZE)
    soft = TINY_LABELS.colorize(label_map)
    soft[3, 5] = (1, 2, 3)
    with pytest.raises(MaskFileError, match=r"#010203 at x 5, y 3, and 1 such"):
        open_mask(encoded(Image.fromarray(soft)), TINY_LABELS, SIZE)
    with pytest.raises(MaskFileError, match="not opaque"):
        open_mask(encoded(Image.new("RGBA", (8, 6), (0, 0, 0, 10))), TINY_LABELS, SIZE)
    with pytest.raises(MaskFileError, match="no picture"):
        open_mask(b"words", TINY_LABELS, SIZE)


@pytest.fixture
def editor(session):
    made = Editor(session, vectors={}, journal=False, auto=False)
    made.sent = []
    made.view.send = lambda content, buffers=None: made.sent.append((content, buffers))
    yield made
    made.close()


def test_the_editor_takes_a_mask_as_one_entry_of_its_history(editor, tmp_path):
    before = editor.label_map.copy()
    editor.save_mask(tmp_path / "mask.png")
    assert np.array_equal(open_mask(tmp_path / "mask.png", TINY_LABELS, before.shape), before)
    painted = before.copy()
    painted[4:9, 4:20] = 3
    browser(editor, [mask_png(painted, TINY_LABELS)], kind="open_mask", auto=False, steps=10, locked=[])
    editor.wait()
    assert np.array_equal(editor.label_map, painted)
    assert editor.session.can_edit
    editor.undo()
    editor.wait()
    assert np.array_equal(editor.label_map, before)
    editor.load_mask(mask_png(painted, TINY_LABELS), run=False)
    editor.wait()
    assert np.array_equal(editor.label_map, painted)
    browser(editor, kind="save_mask")
    editor.wait()
    ((content, buffers),) = [message for message in editor.sent if message[0]["kind"] == "download"]
    assert content["name"] == "mask.png"
    assert np.array_equal(open_mask(buffers[0], TINY_LABELS, before.shape), painted)


def test_a_mask_that_does_not_fit_is_refused_at_once_and_changes_nothing(editor, label_map):
    before = editor.label_map.copy()
    with pytest.raises(MaskFileError, match="8 x 6 px"):
        editor.load_mask(mask_png(label_map, TINY_LABELS))
    browser(editor, [mask_png(label_map, TINY_LABELS)], kind="open_mask")
    assert "8 x 6 px" in editor.error
    assert np.array_equal(editor.label_map, before)
    assert not editor.view.can_undo
