"""Masks: what the editor writes comes back, files of other programs are read by their evidence, the rest is refused."""

import io
from itertools import product

import numpy as np
import pytest
from editors import browser, until
from PIL import Image, ImageFilter
from tiny_model import TINY_LABELS

from editgan_widgets.documents.session import EditSession
from editgan_widgets.domains.portraits import FINE_LABELS
from editgan_widgets.label_sets import LABEL_SETS
from editgan_widgets.labels import UnknownLabelError
from editgan_widgets.masks.mask_file import (
    MaskFileError,
    holds_own_mask,
    mask_png,
    open_mask,
    open_part_mask,
    read_mask,
    save_mask,
)
from editgan_widgets.palettes import palettes_of
from editgan_widgets.widgets import Editor

SIZE = (6, 8)
FACE = (48, 40)  # of `face`, height and width


@pytest.fixture
def label_map():
    return (np.arange(48).reshape(SIZE) % 4).astype(np.uint8)


@pytest.fixture
def face():
    """Parts 0, 17 and 20 of the portraits, with thick and thin places."""
    made = np.zeros(FACE, np.uint8)
    made[6:40, 5:36] = 17
    made[12:30, 12:27] = 20
    made[32:36, 10:30] = 4
    return made


def encoded(image, form="PNG", **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def voc_palette():
    """The palette of PASCAL VOC and labelme: bits of the index spread over the channels."""
    index = np.arange(256)
    channels = [sum(((index >> (3 * bit + channel)) & 1) << (7 - bit) for bit in range(8)) for channel in range(3)]
    return np.stack(channels, axis=1).astype(np.uint8)


def indexed(ids, palette, **options):
    image = Image.fromarray(ids, "P")
    image.putpalette(palette.tobytes())
    return encoded(image, **options)


def read(content, labels=FINE_LABELS, size=FACE):
    return read_mask(content, labels, size)


def test_a_mask_is_indexed_by_id_and_looks_like_the_labels(label_map):
    with Image.open(io.BytesIO(mask_png(label_map, TINY_LABELS))) as image:
        assert (image.mode, image.size) == ("P", (8, 6))
        assert np.array_equal(np.asarray(image), label_map)
        assert np.array_equal(np.asarray(image.convert("RGB")), TINY_LABELS.colorize(label_map))


def test_a_written_mask_is_read_back_unchanged(label_map, tmp_path):
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


def test_files_that_are_not_masks_of_this_picture_are_refused_with_the_reason(label_map):
    with pytest.raises(MaskFileError, match=r"8 x 6 px.*is 6 x 8.*nearest-neighbour"):
        open_mask(mask_png(label_map, TINY_LABELS), TINY_LABELS, (8, 6))
    foreign = label_map.copy()
    foreign[2, 2] = 9
    with pytest.raises(MaskFileError, match=r"id 9 at 1 px.*0\.\.3"):
        open_mask(encoded(Image.fromarray(foreign)), TINY_LABELS, SIZE)
    strange = TINY_LABELS.colorize(label_map)
    strange[2:5, 3:6] = (0, 255, 0)
    with pytest.raises(
        MaskFileError, match=r"#00ff00 at x 4, y 3, and 9 such px in all.*the closest is 'shade' \(#336699"
    ):
        open_mask(encoded(Image.fromarray(strange)), TINY_LABELS, SIZE)
    with pytest.raises(MaskFileError, match="not opaque"):
        open_mask(encoded(Image.new("RGBA", (8, 6), (0, 0, 0, 10))), TINY_LABELS, SIZE)
    with pytest.raises(MaskFileError, match="not a readable picture"):
        open_mask(b"words", TINY_LABELS, SIZE)


@pytest.mark.parametrize("palette", ["own", "safe"])
@pytest.mark.parametrize("form", ["P", "RGB", "RGBA", "trimmed", "reordered", "hidden", "GIF", "BMP", "TIFF", "WebP"])
def test_a_mask_in_one_of_our_palettes_is_read_by_colour_with_a_note_only_where_indices_would_differ(
    face, palette, form
):
    labels = palettes_of(FINE_LABELS)[palette]
    with Image.open(io.BytesIO(mask_png(face, labels))) as image:
        content = {
            "P": lambda: encoded(image),
            "RGB": lambda: encoded(image.convert("RGB")),
            "RGBA": lambda: encoded(image.convert("RGBA")),
            "trimmed": lambda: encoded(image.convert("RGB").quantize(16)),
            "reordered": lambda: encoded(image.remap_palette([20, 17, 4, 0])),
            "hidden": lambda: encoded(image, transparency=0),
            "GIF": lambda: encoded(image, "GIF"),
            "BMP": lambda: encoded(image, "BMP"),
            "TIFF": lambda: encoded(image.convert("RGB"), "TIFF"),
            "WebP": lambda: encoded(image.convert("RGB"), "WEBP", lossless=True),
        }[form]()
    opened = read(content)
    assert np.array_equal(opened.label_map, face)
    if form in ("trimmed", "reordered", "GIF"):  # the indices in use are ids of other parts
        (note,) = opened.notes
        assert note.startswith("read by colour, in the ")
    else:
        assert opened.notes == ()
    assert not opened.label_map.flags.writeable


@pytest.mark.parametrize("palette", ["voc", "random", "grey", "car-32"])
def test_an_index_picture_with_a_foreign_palette_is_read_by_index_and_says_so(face, palette):
    colours = {
        "voc": voc_palette(),
        "random": np.random.default_rng(0).integers(0, 256, (256, 3), np.uint8),
        "grey": np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1),
        "car-32": LABEL_SETS["car-32"].palette,
    }[palette]
    opened = read(indexed(face, colours))
    assert np.array_equal(opened.label_map, face)
    assert opened.notes == ("its palette is not that of 'portraits-45': index numbers were read as part ids",)
    hidden = face.copy()
    hidden[:3] = 200
    opened = read(indexed(hidden, np.resize(colours, (256, 3)), transparency=200))
    assert np.array_equal(opened.label_map, np.where(hidden == 200, 0, face))
    assert "120 transparent px were read as background" in opened.notes


@pytest.mark.parametrize("palette", ["own", "safe"])
@pytest.mark.parametrize("most", [1, 2, 4])
def test_a_small_drift_of_colours_is_snapped_and_counted(face, palette, most):
    colours = palettes_of(FINE_LABELS)[palette].colorize(face).astype(int)
    noise = np.random.default_rng(most).integers(-most, most + 1, colours.shape)
    drifted = np.clip(colours + noise, 0, 255).astype(np.uint8)
    opened = read(encoded(Image.fromarray(drifted)))
    assert np.array_equal(opened.label_map, face)
    count = int((drifted != colours).any(2).sum())
    assert opened.notes == (f"{count:,} px differ from their part's colour by up to {most} of 255",)


@pytest.mark.parametrize("factor", [2, 3, 4, 5])
@pytest.mark.parametrize("mode", ["P", "RGB", "L", "npy"])
def test_exact_enlargements_are_reduced(face, factor, mode):
    large = face.repeat(factor, 0).repeat(factor, 1)
    content = {
        "P": lambda: mask_png(large, FINE_LABELS),
        "RGB": lambda: encoded(Image.fromarray(FINE_LABELS.colorize(large))),
        "L": lambda: encoded(Image.fromarray(large)),
        "npy": lambda: large.astype(np.int64),
    }[mode]()
    opened = read(content)
    assert np.array_equal(opened.label_map, face)
    assert opened.notes == (f"reduced from {40 * factor} x {48 * factor} px, an exact enlargement",)


@pytest.mark.parametrize("width", [41, 50, 57, 75, 125])
def test_nearest_neighbour_enlargements_by_other_factors_are_undone_exactly(width):
    face = np.random.default_rng(width).integers(0, 45, (40, 40), np.uint8)
    pillow = np.asarray(Image.fromarray(face).resize((width, width), Image.Resampling.NEAREST))
    corners = np.floor(np.arange(width) * (1 / (width / 40))).astype(int)
    for large in (pillow, face[np.ix_(corners, corners)]):
        assert np.array_equal(read(mask_png(large, FINE_LABELS), size=(40, 40)).label_map, face)


def test_a_mask_painted_at_a_larger_size_takes_the_most_frequent_part(face):
    large = face.repeat(4, 0).repeat(4, 1)
    large[24:75, 20:66] = 20  # edges within blocks
    opened = read(mask_png(large, FINE_LABELS))
    blocks = large.reshape(48, 4, 40, 4).transpose(0, 2, 1, 3).reshape(48, 40, 16)
    counts = np.stack([(blocks == id).sum(2) for id in range(45)])
    assert np.array_equal(opened.label_map, counts.argmax(0))
    mixed = int((counts.max(0) < 16).sum())
    assert opened.notes == (f"reduced from 160 x 192 px, {mixed:,} px took the most frequent of several parts",)
    noise = np.random.default_rng(0).integers(0, 45, (96, 80), np.uint8)
    with pytest.raises(MaskFileError, match=r"80 x 96 px.*is 40 x 48.*blocks hold several parts"):
        read(mask_png(noise, FINE_LABELS))


@pytest.mark.parametrize("shape", [(20, 24), (48, 41), (96, 40), (47, 40), (100, 100), (1, 1)])
def test_other_sizes_are_refused_with_both_sizes(shape):
    content = mask_png(np.full(shape, 17, np.uint8), FINE_LABELS)
    with pytest.raises(MaskFileError, match=rf"{shape[1]} x {shape[0]} px, this picture's mask is 40 x 48.*nearest"):
        read(content)


@pytest.mark.parametrize("palette", ["own", "safe"])
def test_soft_edges_take_the_nearest_part_and_are_counted(face, palette):
    sharp = Image.fromarray(palettes_of(FINE_LABELS)[palette].colorize(face))
    blurred = np.asarray(sharp.filter(ImageFilter.BoxBlur(0.6)))
    opened = read(encoded(Image.fromarray(blurred)))
    wrong = opened.label_map != face
    assert not wrong[(blurred == np.asarray(sharp)).all(2)].any()
    assert wrong.mean() < 0.05
    assert set(np.unique(opened.label_map)) == set(np.unique(face))  # no third part at the edge of two
    assert any("px of soft edges took the nearest part" in note for note in opened.notes)
    for quality in (95, 85):
        large = sharp.resize((160, 192), Image.Resampling.NEAREST)
        assert (read(encoded(large, "JPEG", quality=quality)).label_map != face).mean() < 0.01


@pytest.mark.parametrize("kind", ["I;16", "I", "LA", "RGB", "F", "PNG 4 bits", "times 257", "I;16B"])
def test_ids_as_grey_values_of_any_depth_are_read(face, kind):
    ids = np.minimum(face, 15) if kind == "PNG 4 bits" else face
    image = Image.fromarray(ids)
    content = {
        "I;16": lambda: encoded(Image.fromarray(ids.astype(np.uint16))),
        "I": lambda: encoded(Image.fromarray(ids.astype(np.int32)), "TIFF"),
        "LA": lambda: encoded(Image.merge("LA", (image, Image.new("L", image.size, 255)))),
        "RGB": lambda: encoded(Image.merge("RGB", (image,) * 3)),
        "F": lambda: encoded(Image.fromarray(ids.astype(np.float32)), "TIFF"),
        "PNG 4 bits": lambda: png_of_four_bits(ids),
        "times 257": lambda: encoded(Image.fromarray(ids.astype(np.uint16) * 257)),
        "I;16B": lambda: encoded(Image.frombytes("I;16B", FACE[::-1], ids.astype(">u2").tobytes()), "TIFF"),
    }[kind]()
    assert np.array_equal(read(content).label_map, ids)


def png_of_four_bits(ids):
    """A grey PNG of four bits a pixel, which Pillow does not write."""
    import struct
    import zlib

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + bytes(row[::2] << 4 | row[1::2]) for row in ids)
    header = struct.pack(">IIBBBBB", ids.shape[1], ids.shape[0], 4, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_transparent_pixels_are_background(face):
    pixels = np.dstack([FINE_LABELS.colorize(face), np.full(FACE, 255, np.uint8)])
    pixels[40:] = 0
    pixels[20:22, 20:22, 3] = 200  # a soft brush on a layer of its own
    opened = read(encoded(Image.fromarray(pixels)))
    assert np.array_equal(opened.label_map, face)
    assert opened.notes == ("320 transparent px were read as background",)


@pytest.mark.parametrize("shape", [FACE, (1, *FACE), (*FACE, 1), (1, 1, *FACE)])
@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float32, np.float64, np.uint16])
def test_arrays_and_npy_files_are_label_maps(face, tmp_path, shape, kind):
    np.save(tmp_path / "map.npy", face.reshape(shape).astype(kind))
    np.savez(tmp_path / "map.npz", face.reshape(shape).astype(kind))
    for source in (tmp_path / "map.npy", (tmp_path / "map.npy").read_bytes(), tmp_path / "map.npz"):
        assert np.array_equal(read(source).label_map, face)
    assert np.array_equal(read(face.reshape(shape).astype(kind)).label_map, face)


def test_one_hot_planes_and_colours_in_arrays_are_read(face):
    planes = np.eye(45, dtype=np.float32)[face]
    for one in (planes, planes.transpose(2, 0, 1), planes.astype(bool)[None]):
        opened = read(one)
        assert np.array_equal(opened.label_map, face)
        assert opened.notes == ("one-hot planes read as part ids",)
    assert np.array_equal(read(FINE_LABELS.colorize(face)).label_map, face)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full(FACE, 1.5), r"1,920 of them not whole, for example 1\.5"),
        (np.full(FACE, np.nan), "not whole"),
        (np.full(FACE, -1), r"id -1 at 1,920 px.*ignored pixels"),
        (np.full(FACE, "a"), "a mask is ids"),
        (np.full((48, 40, 7), 3), r"shape \(48, 40, 7\).*argmax"),
        (np.zeros((0, 0)), "a mask is ids"),
        (object(), "a object is not a mask"),
    ],
)
def test_arrays_that_hold_no_label_map_are_refused(unchecked, array, message):
    with pytest.raises(MaskFileError, match=message):
        read(array)


def test_ids_that_no_label_has_are_named_with_their_counts(face):
    face[:2] = 255
    face[2, :7] = 99
    for content in (encoded(Image.fromarray(face)), indexed(face, voc_palette()), face.astype(int)):
        with pytest.raises(MaskFileError, match=r"id 99 at 7 px, id 255 at 80 px, ids of 'portraits-45' run 0\.\.44"):
            read(content)


BLACK_WHITE = {
    "1 bit": lambda mask: encoded(Image.fromarray(mask)),
    "grey": lambda mask: encoded(Image.fromarray(mask * np.uint8(255))),
    "0 and 1": lambda mask: encoded(Image.fromarray(mask.astype(np.uint8))),
    "16 bits": lambda mask: encoded(Image.fromarray(mask * np.uint16(65535))),
    "RGB": lambda mask: encoded(Image.fromarray(mask * np.uint8(255)).convert("RGB")),
    "RGBA": lambda mask: encoded(Image.fromarray(mask * np.uint8(255)).convert("RGBA")),
    "LA": lambda mask: encoded(Image.fromarray(mask * np.uint8(255)).convert("LA")),
    "P": lambda mask: indexed(mask.astype(np.uint8), np.array([[0, 0, 0], [255, 255, 255]], np.uint8)),
    "P reversed": lambda mask: indexed((~mask).astype(np.uint8), np.array([[255] * 3, [0] * 3], np.uint8)),
    "labelme, one class": lambda mask: indexed(mask.astype(np.uint8), voc_palette()),
    "JPEG": lambda mask: encoded(Image.fromarray(mask * np.uint8(255)), "JPEG", quality=90),
    "RGB JPEG": lambda mask: encoded(Image.fromarray(mask * np.uint8(255)).convert("RGB"), "JPEG", quality=90),
    "bool array": lambda mask: mask,
    "int64 array": lambda mask: mask.astype(np.int64),
    "times 3": lambda mask: encoded(Image.fromarray(mask.repeat(3, 0).repeat(3, 1))),
}


@pytest.mark.parametrize("kind", BLACK_WHITE)
@pytest.mark.parametrize("labels", [FINE_LABELS, palettes_of(FINE_LABELS)["safe"], LABEL_SETS["car-32"], TINY_LABELS])
def test_black_and_white_is_refused_as_a_whole_mask_and_taken_for_one_part(kind, labels):
    mask = np.zeros(FACE, bool)
    mask[10:30, 8:32] = True
    content = BLACK_WHITE[kind](mask)
    with pytest.raises(MaskFileError, match=r"is black and white.*session\.paint_mask\(file, label=…\)"):
        read(content, labels)
    assert np.array_equal(open_part_mask(content, FACE).mask, mask)


def test_the_shape_of_one_part_may_be_soft_cut_out_or_of_one_colour():
    mask = np.zeros(FACE, bool)
    mask[10:30, 8:32] = True
    soft = Image.fromarray(mask * np.uint8(255)).filter(ImageFilter.BoxBlur(1))
    opened = open_part_mask(encoded(soft), FACE)
    assert (opened.mask != mask).sum() == 4  # the corners
    assert "px of soft edges were cut at half" in opened.notes[0]
    assert np.array_equal(open_part_mask(np.asarray(soft) / 255, FACE).mask, opened.mask)
    photo = np.random.default_rng(0).integers(0, 256, (*FACE, 3), np.uint8)
    cut = open_part_mask(encoded(Image.fromarray(np.dstack([photo, mask * np.uint8(255)]))), FACE)
    assert np.array_equal(cut.mask, mask)
    assert cut.notes == ("only the opaque pixels were used",)
    red = np.where(mask[..., None], np.array([230, 20, 20], np.uint8), np.uint8(0))
    assert np.array_equal(open_part_mask(encoded(Image.fromarray(red)), FACE).mask, mask)
    assert np.array_equal(open_part_mask(mask * np.uint8(17), FACE).mask, mask)
    for nothing in (np.zeros(FACE, bool), encoded(Image.new("L", FACE[::-1]))):
        with pytest.raises(MaskFileError, match="marks no pixel"):
            open_part_mask(nothing, FACE)
    with pytest.raises(MaskFileError, match=r"not black and white.*load_mask"):
        open_part_mask(encoded(Image.fromarray(photo)), FACE)
    with pytest.raises(MaskFileError, match=r"3 values.*load_mask"):
        open_part_mask(np.where(mask, 17, 20) * (np.arange(40) > 3), FACE)


def test_a_photo_a_jpeg_of_ids_and_files_of_other_kinds_are_refused(face, tmp_path):
    photo = np.random.default_rng(0).integers(0, 256, (*FACE, 3), np.uint8)
    with pytest.raises(MaskFileError, match=r"of its pixels have a part's colour.*the closest part is"):
        read(encoded(Image.fromarray(photo)))
    with pytest.raises(MaskFileError, match="ids are lost; save it as PNG"):
        read(encoded(Image.fromarray(face), "JPEG"))
    for content, message in (
        (b"", "is empty"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"%PDF-1.7\n", "PDF document"),
        (mask_png(face, FINE_LABELS)[:-40], "not a readable picture"),
        (b"\x93NUMPY\x01\x00garbage", "not a readable array"),
    ):
        with pytest.raises(MaskFileError, match=message):
            read(content)
    np.save(tmp_path / "objects.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(MaskFileError, match="not a readable array"):
        read(tmp_path / "objects.npy")


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_mask_is_turned_upright(face, orientation):
    turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    with Image.open(io.BytesIO(mask_png(face, FINE_LABELS))) as image:
        opened = read(encoded(image.transpose(turn), exif=exif))
    assert np.array_equal(opened.label_map, face)
    assert opened.notes == ("rotated upright",)


def test_masks_of_random_parts_come_back_in_each_palette_mode_and_size():
    rng = np.random.default_rng(0)
    for trial, (labels, factor) in enumerate(product((TINY_LABELS, FINE_LABELS, LABEL_SETS["car-32"]), (1, 2, 3))):
        size = (int(rng.integers(5, 30)), int(rng.integers(5, 30)))
        ids = rng.integers(0, len(labels), size, np.uint8)
        large = ids.repeat(factor, 0).repeat(factor, 1)
        for one in palettes_of(labels).values():
            with Image.open(io.BytesIO(mask_png(large, one))) as image:
                for mode in ("P", "RGB", "RGBA"):
                    assert np.array_equal(open_mask(encoded(image.convert(mode)), labels, size), ids), (trial, mode)
        for kind in (np.uint8, np.uint16, np.int32):
            assert np.array_equal(open_mask(large.astype(kind), labels, size), ids)


def test_a_session_loads_masks_and_paints_one_part_from_a_mask(session, tmp_path):
    before = session.label_map.copy()
    painted = before.copy()
    painted[4:9, 4:20] = 3
    opened = session.load_mask(indexed(painted, voc_palette()))
    assert np.array_equal(session.label_map, painted)
    assert "palette" in opened.notes[0]
    session.undo()
    assert np.array_equal(session.label_map, before)
    mask = np.zeros(before.shape, bool)
    mask[10:20, 10:16] = True
    Image.fromarray(mask).save(tmp_path / "mask.png")
    for source, label in ((mask, "spark"), (tmp_path / "mask.png", np.int64(3))):
        assert np.array_equal(session.paint_mask(source, label).mask, mask)
        assert np.array_equal(session.label_map, np.where(mask, 3, before))
        session.undo()
    session.paint_mask(mask, "spark", exact=True)
    assert np.array_equal(session.label_map == 3, mask)
    with pytest.raises(UnknownLabelError, match="nearest: 'spark'"):
        session.paint_mask(mask, "sparks")
    with pytest.raises(MaskFileError, match="9 x 9"):
        session.paint_mask(np.eye(9, dtype=bool), "spark")


def test_a_loaded_mask_is_kept_by_the_journal_and_the_script(session, tiny_model, tmp_path):
    from editgan_widgets.documents.session_script import session_script

    session.keep_journal(tmp_path / "journal")
    mask = np.zeros(session.label_map.shape, bool)
    mask[10:20, 10:16] = True
    painted = session.label_map.copy()
    painted[2:6, 2:9] = 2
    session.load_mask(mask_png(painted, TINY_LABELS))
    session.paint_mask(mask, "spark")
    again = EditSession.restore(tiny_model, tmp_path / "journal")
    assert np.array_equal(again.label_map, session.label_map)
    assert [entry.made.get("tool") for entry in again.history.path()][1:] == ["mask", "mask"]
    for one in (session, again):
        assert session_script(one).count("session.set_label_map(") == 2
    again.undo()
    assert np.array_equal(again.label_map, painted)


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
    until(lambda: "8 x 6 px" in editor.error)
    assert np.array_equal(editor.label_map, before)
    assert not editor.view.can_undo


@pytest.mark.slow
def test_the_editor_says_how_it_read_a_mask_also_after_the_edit_that_follows(editor):
    painted = editor.label_map.copy()
    painted[4:9, 4:20] = 3
    notes = editor.load_mask(indexed(painted, voc_palette()), run=False)
    editor.wait()
    assert notes[0].startswith("its palette is not that of 'tiny'")
    assert editor.view.status.endswith(f"Note: {notes[0]}.")
    painted[10:12, 4:20] = 2
    editor.load_mask(indexed(painted, voc_palette()), run=True)
    editor.wait()
    assert "steps." in editor.view.status
    assert notes[0] in editor.view.status
    editor.undo()
    editor.wait()
    assert notes[0] not in editor.view.status


def test_the_editor_paints_the_selected_part_from_a_black_and_white_mask(editor):
    before = editor.label_map.copy()
    mask = np.zeros(before.shape, bool)
    mask[10:20, 10:16] = True
    content = encoded(Image.fromarray(mask))
    browser(editor, [content], kind="open_mask", auto=False)
    until(lambda: "Paint the selected part from a mask" in editor.error)
    assert np.array_equal(editor.label_map, before)
    browser(editor, [content], kind="open_part_mask", label=3, auto=False, mirror=True)
    editor.wait()
    assert editor.error == ""
    assert np.array_equal(editor.label_map, np.where(mask, 3, before))
    editor.undo()
    editor.paint_mask(content, "glow", run=False, exact=True)
    editor.wait()
    assert np.array_equal(editor.label_map == 2, mask)
    editor.view.label = 1
    editor.paint_mask(mask, run=False)
    editor.wait()
    assert (editor.label_map[mask] == 1).all()


def test_a_saved_mask_that_is_dropped_on_the_editor_opens_as_a_mask(editor):
    painted = editor.label_map.copy()
    painted[4:9, 4:20] = 3
    content = mask_png(painted, TINY_LABELS)
    assert holds_own_mask(content, TINY_LABELS)
    for other in (encoded(Image.fromarray(painted)), indexed(painted, voc_palette()), b"", content[:30]):
        assert not holds_own_mask(other, TINY_LABELS)
    browser(editor, [content], kind="open")
    editor.wait()
    assert np.array_equal(editor.label_map, painted)
    assert editor.photo is None
