"""Masks that can be read in two ways: what is done is right for the file, and a note says which way it was."""

import io

import numpy as np
import pytest
from PIL import Image

from editgan_widgets.documents.photo import open_photo
from editgan_widgets.domains.portraits import FINE_LABELS
from editgan_widgets.masks.mask_file import MaskFileError, open_part_mask, read_mask
from editgan_widgets.palettes import palettes_of

SIZE = (32, 24)


@pytest.fixture
def ids():
    found = np.zeros(SIZE, np.uint8)
    found[4:20, 3:20], found[8:12, 6:12], found[22:, :] = 1, 2, 3
    return found


def indexed(index, palette):
    image = Image.fromarray(index, "P")
    image.putpalette(np.asarray(palette, np.uint8).tobytes())
    return image


def png(image, **options):
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


@pytest.mark.parametrize("name", ["own", "safe"])
def test_our_colours_in_another_order_are_read_by_colour_and_the_note_counts_what_indices_would_give(ids, name):
    order = np.roll(np.arange(len(FINE_LABELS)), 5)
    palette = palettes_of(FINE_LABELS)[name].palette
    place = np.argsort(order).astype(np.uint8)
    for image in (indexed(place[ids], palette[order]), indexed(np.uint8([3, 2, 1, 0])[ids], palette[[3, 2, 1, 0]])):
        opened = read_mask(png(image), FINE_LABELS, SIZE)
        assert np.array_equal(opened.label_map, ids)
        assert any(note.startswith(f"read by colour, in the {name} palette; as indices ") for note in opened.notes)


def test_a_foreign_palette_with_colours_of_ours_in_use_is_read_by_index_and_says_so(ids):
    palette = np.random.default_rng(0).integers(0, 256, (256, 3)).astype(np.uint8)
    palette[[0, 1, 2, 3]] = FINE_LABELS.palette[[9, 4, 12, 7]]
    opened = read_mask(png(indexed(ids, palette)), FINE_LABELS, SIZE)
    assert np.array_equal(opened.label_map, ids)
    assert [note.split(":")[0] for note in opened.notes] == [
        "its palette is not that of 'portraits-45', but uses the same colours"
    ]


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0]])
def test_transparent_pixels_of_a_palette_with_alpha_are_background(ids, order):
    index = np.argsort(order).astype(np.uint8)[ids]
    image = indexed(index, FINE_LABELS.palette[order]).convert("PA")
    alpha = np.full(SIZE, 255, np.uint8)
    alpha[8:12, 6:12] = 0
    image.putalpha(Image.fromarray(alpha))
    assert image.mode == "PA"
    by_palette = read_mask(image, FINE_LABELS, SIZE)
    by_colour = read_mask(image.convert("RGBA"), FINE_LABELS, SIZE)
    assert np.array_equal(by_palette.label_map, by_colour.label_map)
    assert (by_palette.label_map[8:12, 6:12] == 0).all()
    assert "24 transparent px were read as background" in by_palette.notes


def tiff(array, order, white_is_zero):
    """A plain TIFF, written by hand: Pillow writes none with 0 as white."""
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    data = array.astype(array.dtype.newbyteorder(order)).tobytes()
    number = lambda value, size: int(value).to_bytes(size, "little" if order == "<" else "big")  # noqa: E731
    tags = [(256, array.shape[1]), (257, array.shape[0]), (258, 8 * array.itemsize), (259, 1)]
    tags += [(262, 0 if white_is_zero else 1), (273, 8), (277, 1), (278, array.shape[0]), (279, len(data))]
    fields = b"".join(number(tag, 2) + number(4, 2) + number(1, 4) + number(value, 4) for tag, value in tags)
    return mark + number(8 + len(data), 4) + data + number(len(tags), 2) + fields + number(0, 4)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiffs_with_zero_as_white_are_no_negatives(order, dtype):
    top = np.iinfo(dtype).max
    shown = (np.linspace(0, 1, 64 * 64).reshape(64, 64) * top).astype(dtype)
    plain = open_photo(tiff(shown, order, False)).pixels.astype(int)
    turned = open_photo(tiff(top - shown, order, True)).pixels.astype(int)
    assert plain[-1, -1, 0] - plain[0, 0, 0] > 200
    assert np.abs(turned - plain).max() <= 1


@pytest.mark.parametrize(("order", "dtype"), [("<", np.uint8), (">", np.uint8), ("<", np.uint16)])
def test_masks_with_zero_as_white_are_read_as_shown_or_refused(ids, order, dtype):
    top = np.iinfo(dtype).max
    part = np.where(ids == 1, 0, top).astype(dtype)
    assert np.array_equal(open_part_mask(tiff(part, order, True), SIZE).mask, ids == 1)
    assert np.array_equal(read_mask(tiff(top - ids.astype(dtype), order, True), FINE_LABELS, SIZE).label_map, ids)
    with pytest.raises(MaskFileError):
        read_mask(tiff(ids.astype(dtype), order, True), FINE_LABELS, SIZE)


@pytest.mark.parametrize(("width", "exact"), [(48, True), (72, True), (57, False)])
def test_the_note_of_an_enlargement_says_whether_its_factor_is_whole(ids, width, exact):
    large = Image.fromarray(ids).resize((width, width * 4 // 3), Image.Resampling.NEAREST)
    opened = read_mask(png(large), FINE_LABELS, SIZE)
    assert np.array_equal(opened.label_map, ids)
    assert ("an exact enlargement" in opened.notes[0]) == exact
    assert ("fractional factor" in opened.notes[0]) != exact
