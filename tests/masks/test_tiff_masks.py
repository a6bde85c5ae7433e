"""Masks as TIFF and 16-bit PNG: each layout gives the right ids, or a refusal in one sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from editgan_widgets.documents.photo import open_photo
from editgan_widgets.domains.portraits import FINE_LABELS
from editgan_widgets.masks.mask_file import MaskFileError, open_part_mask, read_mask

SIZE = (48, 40)
IDS = np.zeros(SIZE, np.uint8)
IDS[6:40, 5:36] = 17
IDS[12:30, 12:27] = 20
IDS[32:36, 10:30] = 4
FEW = np.select([IDS == 17, IDS == 20, IDS == 4], [2, 3, 1]).astype(np.uint8)  # fits into 2 bits
PART = IDS > 0
RGB = FINE_LABELS.colorize(IDS)
RGB_16 = RGB.astype(np.uint16) * 257
OWN = np.zeros((3, 65536), np.uint16)
OWN[:, :45] = FINE_LABELS.palette.T.astype(np.uint16) * 257
FOREIGN = np.random.default_rng(0).integers(0, 65536, (3, 256)).astype(np.uint16)


def tiff(array, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, array, **options)
    return out.getvalue()


def by_pillow(image, **options):
    out = io.BytesIO()
    image.save(out, "TIFF", **options)
    return out.getvalue()


def planar(array):
    return np.ascontiguousarray(np.moveaxis(array, 2, 0))


def packed(ids, bits):
    """Rows of `bits` bits per pixel."""
    per = 8 // bits
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    return (ids.reshape(len(ids), -1, per) << shifts).sum(2).astype(np.uint8)


def bilevel_tiff(ids, bits, photometric, order):
    """A TIFF of 1, 2 or 4 bits per pixel; photometric 0 stores 0 as white."""
    data = packed(ids if photometric else 2**bits - 1 - ids, bits).tobytes()
    height, width = ids.shape
    tags = [(256, width), (257, height), (258, bits), (259, 1), (262, photometric), (273, 8), (277, 1)]
    tags += [(278, height), (279, len(data))]
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in tags)
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8 + len(data))
    return head + data + struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", 0)


def png(rows, depth, colour_type, palette=None):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", SIZE[1], SIZE[0], depth, colour_type, 0, 0, 0)
    colours = b"" if palette is None else chunk(b"PLTE", palette.tobytes())
    data = zlib.compress(b"".join(b"\0" + np.ascontiguousarray(row).tobytes() for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + colours + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def big(array):
    return array.astype(">u2")


def white_is_zero(kind):
    return (np.iinfo(kind).max - IDS.astype(kind)).astype(kind)


NUMBERS = [f"{kind}{bits}" for kind in "uif" for bits in (8, 16, 32, 64) if (kind, bits) != ("f", 8)]
OPAQUE_16 = np.full((*SIZE, 1), 65535, np.uint16)
READ = {
    **{
        f"{np.dtype(f'{kind[0]}{int(kind[1:]) // 8}')} {order}": (
            lambda kind=kind, order=order: tiff(IDS.astype(f"{kind[0]}{int(kind[1:]) // 8}"), byteorder=order)
        )
        for kind in NUMBERS
        for order in "<>"
    },
    **{
        f"0 is white, uint{bits} {order}": (
            lambda bits=bits, order=order: tiff(
                white_is_zero(f"uint{bits}"), byteorder=order, photometric="miniswhite"
            )
        )
        for bits in (8, 16, 32, 64)
        for order in "<>"
    },
    "0 is white, tiles": lambda: tiff(255 - IDS, photometric="miniswhite", tile=(16, 16)),
    "tiles": lambda: tiff(IDS, tile=(16, 16)),
    "tiles of uint16": lambda: tiff(IDS.astype(np.uint16), tile=(16, 16), byteorder=">"),
    "tiles of float32": lambda: tiff(IDS.astype(np.float32), tile=(16, 16)),
    "strips": lambda: tiff(IDS.astype(np.uint16), rowsperstrip=5, byteorder=">"),
    "deflate": lambda: tiff(IDS, compression="zlib"),
    "deflate with differences": lambda: tiff(
        IDS.astype(np.uint16), compression="zlib", predictor=True, byteorder=">"
    ),
    "LZW": lambda: by_pillow(Image.fromarray(IDS.astype(np.uint16)), compression="tiff_lzw"),
    "BigTIFF": lambda: tiff(IDS.astype(np.uint16), bigtiff=True),
    "ImageJ": lambda: tiff(IDS.astype(np.float32), imagej=True),
    "RGB": lambda: tiff(RGB, photometric="rgb"),
    "RGB in planes": lambda: tiff(planar(RGB), photometric="rgb", planarconfig="separate"),
    "RGB in planes and tiles": lambda: tiff(planar(RGB), photometric="rgb", planarconfig="separate", tile=(16, 16)),
    "RGB of 16 bits": lambda: tiff(RGB_16, photometric="rgb", byteorder=">"),
    "RGB of 16 bits in planes": lambda: tiff(planar(RGB_16), photometric="rgb", planarconfig="separate"),
    "RGB of float16": lambda: tiff((RGB / 255).astype(np.float16), photometric="rgb"),
    "RGB of float32": lambda: tiff((RGB / 255).astype(np.float32), photometric="rgb"),
    "RGB that repeats ids of 16 bits": lambda: tiff(np.dstack([IDS.astype(np.uint16)] * 3), photometric="rgb"),
    "RGBA": lambda: tiff(np.dstack([RGB, OPAQUE_16.astype(np.uint8)]), photometric="rgb", extrasamples=["unassalpha"]),
    "grey and alpha of 16 bits": lambda: tiff(
        np.dstack([IDS.astype(np.uint16), OPAQUE_16]), photometric="minisblack", extrasamples=["unassalpha"],
        planarconfig="contig",
    ),
    "palette": lambda: tiff(IDS, photometric="palette", colormap=OWN[:, :256]),
    "foreign palette": lambda: tiff(IDS, photometric="palette", colormap=FOREIGN),
    "palette of 16 bits": lambda: tiff(IDS.astype(np.uint16), photometric="palette", colormap=OWN),
    "equal pages": lambda: tiff(np.stack([IDS, IDS]), photometric="minisblack"),
    "PNG of 16 bits": lambda: png(big(IDS), 16, 0),
    "PNG of 16 bits, times 257": lambda: png(big(IDS * np.uint16(257)), 16, 0),
    "PNG of 16 bits, times 256": lambda: png(big(IDS * np.uint16(256)), 16, 0),
    "PNG of 16 bits, grey and alpha": lambda: png(big(np.dstack([IDS, OPAQUE_16])), 16, 4),
    "PNG of 16 bits, RGB": lambda: png(big(RGB_16), 16, 2),
    "PNG of 16 bits, RGBA": lambda: png(big(np.dstack([RGB_16, OPAQUE_16])), 16, 6),
    "PNG of 16 bits, RGB that repeats ids": lambda: png(big(np.repeat(IDS[..., None], 3, 2)), 16, 2),
}  # fmt: skip


@pytest.mark.parametrize("layout", READ)
def test_the_ids_of_a_mask_are_read_from_every_layout(layout):
    assert np.array_equal(read_mask(READ[layout](), FINE_LABELS, SIZE).label_map, IDS)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("bits", [2, 4])
def test_ids_of_2_and_4_bits_are_read_whether_0_is_black_or_white(bits, photometric, order):
    content = bilevel_tiff(FEW, bits, photometric, order)
    assert np.array_equal(read_mask(content, FINE_LABELS, SIZE).label_map, FEW)


@pytest.mark.parametrize("bits", [2, 4])
def test_png_ids_of_2_and_4_bits_are_read_as_grey_values_and_as_indices(bits):
    rows = packed(FEW, bits)
    for content in (png(rows, bits, 0), png(rows, bits, 3, FINE_LABELS.palette[: 2**bits])):
        assert np.array_equal(read_mask(content, FINE_LABELS, SIZE).label_map, FEW)


@pytest.mark.parametrize(
    "content",
    [
        *(bilevel_tiff(PART.astype(np.uint8), 1, photometric, order) for photometric in (0, 1) for order in "<>"),
        tiff(PART * np.uint16(65535), byteorder=">"),
        tiff((~PART) * np.uint16(65535), byteorder=">", photometric="miniswhite"),
        tiff(PART.astype(np.float64)),
        png(big(PART * 65535), 16, 0),
        png(packed(PART.astype(np.uint8), 1), 1, 0),
    ],
)
def test_a_black_and_white_file_is_refused_as_a_whole_mask_and_read_as_one_part(content):
    with pytest.raises(MaskFileError, match="is black and white"):
        read_mask(content, FINE_LABELS, SIZE)
    assert np.array_equal(open_part_mask(content, SIZE).mask, PART)


def with_fractions():
    return tiff(IDS + np.float64(0.5))


REFUSED = {
    "fractions": (with_fractions, "not whole"),
    "NaN": (lambda: tiff(np.where(PART, np.nan, 0).astype(np.float16)), "not whole"),
    "complex numbers": (lambda: tiff(IDS.astype(np.complex64)), "a mask is ids"),
    "ids above all labels": (lambda: tiff(IDS.astype(np.uint64) + 99), "ids of 'portraits-45' run"),
    "pages that differ": (lambda: tiff(np.stack([IDS, IDS.T.reshape(SIZE)]), photometric="minisblack"), "2 pages that"),
    "RGB of 32 bits": (lambda: tiff(RGB.astype(np.uint32) << 24, photometric="rgb"), "colours of uint32"),
    "truncated": (lambda: tiff(IDS.astype(np.float64))[:600], "cannot be read"),
    "JPEG of ids": (lambda: by_pillow(Image.fromarray(IDS), compression="jpeg"), "ids are lost"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_tiff_without_plain_ids_is_refused_in_one_sentence(kind):
    make, words = REFUSED[kind]
    with pytest.raises(MaskFileError, match=words) as refusal:
        read_mask(make(), FINE_LABELS, SIZE)
    assert "\n" not in str(refusal.value)


def test_a_photo_in_planes_of_16_bits_has_its_colours():
    photo = open_photo(tiff(planar(RGB_16), photometric="rgb", planarconfig="separate"))
    assert np.array_equal(photo.pixels, RGB)
