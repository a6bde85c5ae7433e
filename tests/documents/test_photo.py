"""Photos: every kind of file is read as upright RGB, cropped for the model, and edits are pasted back."""

import io
import struct
import sys
import types
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from editgan_widgets.documents.photo import Crop, Photo, PhotoError, open_photo, paste


def file_of(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def corner(pixels: np.ndarray) -> np.ndarray:
    """40 x 20 px, red in the upper left quarter."""
    picture = np.full((20, 40, 3), 255, np.uint8)
    picture[:10, :20] = pixels
    return picture


RED = np.array([200, 30, 30], np.uint8)


def test_exif_orientation_is_applied():
    image = Image.fromarray(corner(RED))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees clockwise
    photo = open_photo(file_of(image, "PNG", exif=exif))
    assert (photo.width, photo.height) == (20, 40)
    np.testing.assert_array_equal(photo.pixels[5, 15], RED)
    assert photo.notes == ("rotated upright",)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_areas_are_filled_with_the_background(mode):
    image = Image.new("RGBA", (8, 8), (200, 30, 30, 0))
    image.paste((200, 30, 30, 255), (0, 0, 4, 8))
    photo = open_photo(file_of(image.convert(mode) if mode != "P" else image.quantize(8), "PNG"), (10, 20, 30))
    np.testing.assert_array_equal(photo.pixels[4, 6], (10, 20, 30))
    assert photo.pixels[4, 1].max() > 50
    assert "transparent areas filled with a plain background" in photo.notes


def test_cmyk_and_sixteen_bits_and_grey_become_rgb():
    cmyk = Image.fromarray(corner(RED)).convert("CMYK")
    assert np.abs(open_photo(file_of(cmyk, "JPEG", quality=95)).pixels[2, 2].astype(int) - RED).max() < 40
    deep = Image.fromarray(np.full((4, 4), 0x8080, np.uint16))
    np.testing.assert_array_equal(open_photo(file_of(deep, "PNG")).pixels[0, 0], (128, 128, 128))
    assert open_photo(Image.new("1", (3, 5), 1)).pixels.shape == (5, 3, 3)
    assert open_photo(np.full((2, 2), 0.5)).pixels[0, 0, 0] == 128
    assert open_photo(np.full((2, 2, 4), 65535, np.uint16)).pixels[0, 0, 0] == 255


def test_the_first_frame_of_an_animation_is_read():
    frames = [Image.new("RGB", (4, 4), (value, 0, 0)) for value in (250, 10)]
    photo = open_photo(file_of(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert photo.pixels[0, 0, 0] > 200


def png_of_sixteen_bits(values: np.ndarray) -> bytes:
    """A PNG of 16 bits per channel; Pillow can write only grey ones."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width, channels = values.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def ramp(top: int, channels: int) -> np.ndarray:
    """Grey from 0 to `top`, 16 x 64 px, opaque."""
    grey = np.linspace(0, top, 64).round().astype(np.uint16)[None].repeat(16, 0)
    planes = [grey] * channels if channels in (1, 3) else [grey] * (channels - 1) + [np.full_like(grey, 65535)]
    return np.stack(planes, axis=2)


def tiff_of(values: np.ndarray, **how) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, photometric="rgb" if values.shape[-1] in (3, 4) else "minisblack", **how)
    return file.getvalue()


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["grey", "grey and alpha", "rgb", "rgba", "tiff", "tiff rgb", "tiff deflate", "array"])
def test_fewer_than_sixteen_bits_are_scaled_to_the_full_range(bits, kind):
    top = 2**bits - 1
    content = {
        "grey": lambda: png_of_sixteen_bits(ramp(top, 1)),
        "grey and alpha": lambda: png_of_sixteen_bits(ramp(top, 2)),
        "rgb": lambda: png_of_sixteen_bits(ramp(top, 3)),
        "rgba": lambda: png_of_sixteen_bits(ramp(top, 4)),
        "tiff": lambda: tiff_of(ramp(top, 1)[..., 0], byteorder=">"),
        "tiff rgb": lambda: tiff_of(ramp(top, 3), byteorder=">"),
        "tiff deflate": lambda: tiff_of(ramp(top, 3), compression="zlib"),
        "array": lambda: ramp(top, 3),
    }[kind]()
    photo = open_photo(content)
    wanted = np.linspace(0, 255, 64)[None, :, None]
    assert photo.pixels.shape == (16, 64, 3)
    assert np.abs(photo.pixels - wanted).max() <= (1.5 if bits > 8 else 1)
    if bits in (10, 12, 14):
        assert f"read as {bits} bits" in photo.notes


@pytest.mark.parametrize("top", [5000, 9000, 14000, 20000])
def test_a_dark_photo_of_sixteen_bits_stays_dark(top):
    grey = np.random.default_rng(top).integers(0, top + 1, (32, 32, 3)).astype(np.uint16)
    photo = open_photo(png_of_sixteen_bits(grey))
    assert np.abs(photo.pixels - grey / 257).max() <= 1.1
    spread = np.random.default_rng(0).integers(0, 16, (32, 32, 1)).astype(np.uint16) * 257  # 8 bits, nearly black
    for content in (png_of_sixteen_bits(spread), png_of_sixteen_bits(spread.repeat(3, 2))):
        np.testing.assert_array_equal(open_photo(content).pixels[..., 0], spread[..., 0] // 257)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_to_sixteen_bit_pictures_too(orientation):
    deep = np.random.default_rng(0).integers(0, 4096, (5, 7, 3)).astype(np.uint16)
    plain = Image.fromarray((deep >> 4).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    wanted = open_photo(file_of(plain, "TIFF", exif=exif)).pixels
    tag = [(274, 3, 1, orientation, False)]
    content = tiff_of(deep, extratags=tag)
    assert np.abs(open_photo(content).pixels.astype(int) - wanted).max() <= 1


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("channels", [1, 3])
def test_float_tiffs_are_read_and_values_above_1_are_clipped(kind, channels):
    values = (ramp(65535, channels) / 65535).astype(kind)
    values = values[..., 0] if channels == 1 else values
    assert np.abs(open_photo(tiff_of(values)).pixels[3, :, 1] - np.linspace(0, 255, 64)).max() <= 1.5
    photo = open_photo(tiff_of(values * kind(3)))
    assert (photo.pixels[3, 22:] == 255).all()
    assert "values above 1 were clipped (the maximum was 3)" in photo.notes
    with pytest.raises(PhotoError, match=r"from -1 to 1; it takes uint8, uint16 or floats in \[0, 1\]"):
        open_photo(tiff_of(values * kind(2) - kind(1)))


def test_signed_and_wide_integers_are_read_or_refused_with_the_reason():
    grey = ramp(4095, 1)[..., 0]
    for kind in (np.int16, np.int32, np.uint32):
        assert np.abs(open_photo(tiff_of(grey.astype(kind))).pixels[0, :, 0] - np.linspace(0, 255, 64)).max() <= 1
    for wrong, low in ((grey.astype(np.int16) - 1024, "-1024"), (grey.astype(np.int32) * 1000, "0")):
        with pytest.raises(PhotoError, match=f"from {low} to .*uint16"):
            open_photo(tiff_of(wrong))


FILES = {
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", r"a HEIC picture; install pillow-heif \(`pip install pillow-heif`"),
    "HEIF": (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "a HEIC picture; install pillow-heif"),
    "MP4": (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", "an MP4 video; save one frame"),
    "MOV": (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a QuickTime video"),
    "CR3": (b"\0\0\0\x18ftypcrx \0\0\0\0crx isom", "a Canon camera RAW file"),
    "RAF": (b"FUJIFILMCCD-RAW 0201", "a camera RAW file"),
    "PDF": (b"%PDF-1.7\n1 0 obj", "a PDF document; export it"),
    "SVG": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing; export it"),
    "HTML": (b"<!DOCTYPE html>\n<html></html>", "a web page"),
    "text": ("Grüße".encode(), "a text file"),
    "JSON": (b'{"a": 1}', "a JSON file"),
    "empty": (b"", r"empty \(0 bytes\)"),
    "zip": (b"PK\x03\x04....", "a ZIP archive"),
    "pickle": (b"\x80\x04\x95....", "a Python pickle; it is not opened"),
    "npy": (b"\x93NUMPY\x01\x00", "a numpy array"),
    "safetensors": (struct.pack("<Q", 20) + b'{"a":{"dtype":"F32"}}', "a model's weights in safetensors format"),
    "XCF": (b"gimp xcf v011", "a GIMP document"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer; fetch"),
    "noise": (bytes(range(200, 256)), "of an unknown kind; use JPEG"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_not_a_picture_is_refused_with_its_kind(unchecked, kind, tmp_path):
    content, message = FILES[kind]
    (tmp_path / "picture.jpg").write_bytes(content)
    for source in (content, tmp_path / "picture.jpg", io.BytesIO(content)):
        with pytest.raises(PhotoError, match=f"is not a readable picture: it is {message}|is {message}"):
            open_photo(source)


def test_a_raw_file_is_not_read_as_its_small_preview(tmp_path):
    (tmp_path / "IMG_1.NEF").write_bytes(tiff_of(ramp(255, 3).astype(np.uint8)))
    with pytest.raises(PhotoError, match=r"IMG_1.NEF is a camera RAW file; develop it"):
        open_photo(tmp_path / "IMG_1.NEF")
    (tmp_path / "picture.bmp").write_bytes(file_of(Image.fromarray(corner(RED)), "PNG"))  # the extension is wrong
    assert open_photo(tmp_path / "picture.bmp").width == 40


def test_heic_is_read_if_pillow_heif_is_installed(monkeypatch):
    class Opened:
        def to_pillow(self):
            return Image.fromarray(corner(RED))

    module = types.ModuleType("pillow_heif")
    module.open_heif = lambda source: Opened()
    monkeypatch.setitem(sys.modules, "pillow_heif", module)
    np.testing.assert_array_equal(open_photo(FILES["HEIC"][0]).pixels, corner(RED))


@pytest.mark.parametrize("form", ["TIFF", "WEBP", "PNG"])
def test_the_first_of_several_pages_is_read(form):
    frames = [Image.new("RGB", (8, 8), (value, 0, 0)) for value in (250, 10)]
    photo = open_photo(file_of(frames[0], form, save_all=True, append_images=frames[1:]))
    assert photo.pixels[0, 0, 0] > 200
    assert "first picture of several" in photo.notes


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"nothing of the kind", "not a readable picture"), (b"", "not a readable picture")],
)
def test_content_that_is_not_a_picture_is_refused(content, message):
    with pytest.raises(PhotoError, match=message):
        open_photo(content)


def test_arrays_of_wider_types_keep_their_values_and_ambiguous_ones_are_refused():
    row = np.array([[[0, 128, 255]]])
    for kind in (np.int64, np.uint16, np.float32):
        np.testing.assert_array_equal(open_photo(row.astype(kind)).pixels, row)
    np.testing.assert_array_equal(open_photo(row / 255 * 1.001).pixels, row)
    np.testing.assert_array_equal(open_photo(row.astype(np.uint16) * 257).pixels, row)
    np.testing.assert_array_equal(open_photo(np.zeros((1, 1, 4)), (9, 8, 7)).pixels[0, 0], (9, 8, 7))
    own = row.astype(np.uint8)
    assert not np.shares_memory(open_photo(own).pixels, own)
    with pytest.raises(PhotoError, match=r"images\.to_uint8"):
        open_photo(row / 127.5 - 1)


def test_an_edit_that_reaches_the_crops_border_fades_into_the_photo():
    photo = Photo(np.full((300, 300, 3), 100, np.uint8))
    before = np.full((32, 32, 3), 90, np.uint8)
    ramp = 80 * np.linspace(0, 1, 32)[:, None, None] ** 2 + before
    for method in ("feather", "gradient"):
        change = paste(photo, Crop(70, 70, 160), before, ramp.astype(np.uint8), np.ones((32, 32), bool), method)
        change = change.astype(int) - 100
        assert np.abs(change).max() > 5
        assert np.abs(change[229]).max() <= 4
    whole = paste(photo, Crop(0, 0, 300), before, ramp.astype(np.uint8), np.ones((32, 32), bool))
    assert whole[299].mean() > 170  # the photo ends there as well


@pytest.mark.parametrize("side", [64, 43, 32])
def test_an_edit_is_aligned_in_a_photo_coarser_than_the_model(side):
    y, x = np.mgrid[:128, :128]
    bump = 80 * np.exp(-((x - 63.5) ** 2 + (y - 63.5) ** 2) / 200)
    before = np.full((128, 128, 3), 90, np.uint8)
    photo = Photo(np.full((100, 100, 3), 90, np.uint8))
    region = np.zeros((128, 128), bool)
    region[8:-8, 8:-8] = True
    change = paste(photo, Crop(10, 20, side), before, (before + bump[..., None]).astype(np.uint8), region, "feather")
    change = change[..., 0].astype(float) - 90
    rows, columns = np.mgrid[:100, :100]
    middle = (change * columns).sum() / change.sum() + 0.5 - 10, (change * rows).sum() / change.sum() + 0.5 - 20
    np.testing.assert_allclose(middle, side / 2, atol=0.1)


def test_broken_and_huge_files_and_odd_arrays_are_refused(tmp_path):
    whole = file_of(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)), "PNG")
    with pytest.raises(PhotoError, match="broken"):
        open_photo(whole[: len(whole) // 2])
    (tmp_path / "huge.ppm").write_bytes(b"P6 100000 100000 255\n" + bytes(300))
    with pytest.raises(PhotoError, match=r"huge.ppm.*make it smaller first"):
        open_photo(tmp_path / "huge.ppm")
    with pytest.raises(FileNotFoundError):
        open_photo(tmp_path / "none.png")
    with pytest.raises(PhotoError, match=r"\[H, W, 3\]"):
        open_photo(np.zeros((2, 2, 7), np.uint8))
    with pytest.raises(PhotoError, match="holds"):
        open_photo(np.full((2, 2), np.nan))


def test_a_crop_is_resampled_to_the_models_size_and_may_reach_beyond_the_border():
    photo = Photo(corner(RED))
    assert photo.central_crop() == Crop(10, 0, 20)
    np.testing.assert_array_equal(photo.cut(Crop(0, 0, 10), 16), np.broadcast_to(RED, (16, 16, 3)))
    beyond = photo.cut(Crop(-10, -10, 20), 20)
    np.testing.assert_array_equal(beyond[3, 3], RED)
    assert Photo(np.zeros((1, 1, 3), np.uint8)).cut(Crop(0, 0, 1), 8).shape == (8, 8, 3)
    with pytest.raises(ValueError, match="is outside the photo"):
        photo.cut(Crop(100, 100, 10), 8)
    with pytest.raises(ValueError, match="above 0"):
        Crop(0, 0, 0)


def scene():
    """A large detailed photo, and an edit of its middle that brightens a disc."""
    rng = np.random.default_rng(1)
    photo = Photo(rng.integers(60, 120, (256, 320, 3)).astype(np.uint8))
    before = np.full((32, 32, 3), 90, np.uint8)
    after = before.copy()
    y, x = np.mgrid[:32, :32]
    region = (x - 16) ** 2 + (y - 16) ** 2 < 100
    after[region] = 150
    return photo, Crop(32, 0, 256), before, after, region


def test_a_feathered_edit_is_added_only_in_the_region():
    photo, crop, before, after, region = scene()
    kept = photo.pixels.copy()
    pasted = paste(photo, crop, before, after, region, "feather")
    np.testing.assert_array_equal(photo.pixels, kept)
    change = pasted.astype(int) - photo.pixels
    assert (change[100:156, 130:190] == 60).mean() > 0.95  # the photo's detail is kept
    assert not change[:, :32].any()
    assert not change[:, 288:].any()
    assert not change[:30].any()


def test_gradient_pasting_matches_the_photo_on_the_regions_border():
    photo, crop, before, after, region = scene()
    y, x = np.mgrid[:32, :32]
    bump = 40 * np.exp(-((x - 16) ** 2 + (y - 16) ** 2) / 12)
    after = (before + 30 + bump[..., None]).round().astype(np.uint8)  # the whole picture is also brightened by 30
    change = paste(photo, crop, before, after, region, "gradient").astype(int) - photo.pixels
    assert abs(change[128, 160].mean() - 40) < 3  # the bump is kept, the uniform brightening is removed
    assert np.abs(change[128, 80:88]).max() <= 4
    assert not change[:, :32].any()
    feathered = paste(photo, crop, before, after, region, "feather").astype(int) - photo.pixels
    assert abs(feathered[128, 160].mean() - 70) < 3


def test_pasting_an_empty_edit_changes_nothing_and_a_crop_may_exceed_the_photo():
    photo, crop, before, after, region = scene()
    for method in ("feather", "gradient"):
        same = paste(photo, crop, before, before, region, method)
        np.testing.assert_array_equal(same, photo.pixels)
        np.testing.assert_array_equal(paste(photo, crop, before, after, region & False, method), photo.pixels)
        outer = paste(photo, Crop(-100, -100, 400), before, after, region | True, method)
        assert outer.shape == photo.pixels.shape
    small = Photo(photo.pixels[:16, :16])
    assert paste(small, Crop(0, 0, 16), before, after, region).shape == (16, 16, 3)


@pytest.mark.usefixtures("unchecked")
def test_objects_that_are_not_pictures_are_refused():
    with pytest.raises(PhotoError, match="a list is not a picture"):
        open_photo([1, 2, 3])


@pytest.mark.usefixtures("unchecked")
def test_pictures_of_other_sizes_and_unknown_methods_are_refused():
    photo, crop, before, after, region = scene()
    with pytest.raises(ValueError, match="must be of one size"):
        paste(photo, crop, before, after[:16], region)
    with pytest.raises(ValueError, match="'feather' or 'gradient'"):
        paste(photo, crop, before, after, region, "magic")


def test_feathering_a_region_without_a_border_pastes_the_whole_edit():
    photo = Photo(np.full((40, 40, 3), 100, np.uint8))
    before, after = np.full((20, 20, 3), 50, np.uint8), np.full((20, 20, 3), 70, np.uint8)
    pasted = paste(photo, Crop(0, 0, 40), before, after, np.ones((20, 20), bool), "feather")
    assert (pasted == 120).all()


@pytest.mark.parametrize("method", ["feather", "gradient"])
def test_pasting_a_small_region_changes_nothing_else_in_a_large_photo(method):
    rng = np.random.default_rng(0)
    photo = Photo(rng.integers(60, 190, (300, 400, 3)).astype(np.uint8))
    before = rng.integers(0, 255, (32, 32, 3)).astype(np.uint8)
    after = rng.integers(0, 255, (32, 32, 3)).astype(np.uint8)
    region = np.zeros((32, 32), bool)
    region[10:16, 20:26] = True
    changed = (paste(photo, Crop(50.5, 20.25, 250), before, after, region, method) != photo.pixels).any(2)
    rows, columns = np.nonzero(changed)
    unit = 250 / 32
    assert changed.sum() > 1000
    assert rows.min() >= 20.25 + 8 * unit
    assert rows.max() <= 20.25 + 18 * unit
    assert columns.min() >= 50.5 + 18 * unit
    assert columns.max() <= 50.5 + 28 * unit


def test_fine_detail_is_kept_where_little_changed_and_removed_where_a_part_moved():
    pixels = np.full((160, 160, 3), 120, np.uint8)
    pixels[:, ::10] = 200  # lines much finer than the model's 20 px
    photo, crop = Photo(pixels), Crop(0, 0, 160)
    before = photo.cut(crop, 20)
    after = before.copy()
    after[8:12, 4:10] = 30  # the content changed here
    region = np.zeros((20, 20), bool)
    region[4:16, 2:18] = True
    pasted = paste(photo, crop, before, after, region, residual=0.0).astype(int)
    spread = pasted.std(axis=1).mean(axis=1)  # per row: contrast of the lines
    assert pasted[72:88, 40:72].std(axis=1).max() < 12
    assert pasted[72:88, 100:130].std(axis=1).min() > 15
    assert np.abs(spread[36:48] - spread[:8].mean()).max() < 5
