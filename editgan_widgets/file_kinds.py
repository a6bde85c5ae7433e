"""Identify a file by its first bytes, for errors about files that are not pictures or that Pillow cannot read."""

import json
import os
from pathlib import Path
from typing import BinaryIO

_HEAD = 4096  # bytes that are read
_HEIF = "install pillow-heif (`pip install pillow-heif`), or save it as JPEG or PNG"
_EXPORT = "export it as PNG or JPEG"
_BRANDS = {  # of ISO base media files: bytes 8 to 12
    **dict.fromkeys(
        (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1"), ("a HEIC picture", _HEIF)
    ),
    **dict.fromkeys((b"avif", b"avis"), ("an AVIF picture", "save it as PNG or JPEG, or use Pillow 11.3 or newer")),
    b"crx ": ("a Canon camera RAW file (CR3)", "develop it with a RAW converter and save it as TIFF, PNG or JPEG"),
    b"qt  ": ("a QuickTime video", "save one frame as PNG or JPEG"),
}
_RAW = ("a camera RAW file", "develop it with a RAW converter and save it as TIFF, PNG or JPEG")
_ARCHIVE = ("a ZIP archive (or a .pt, .npz or office file)", "give the picture itself as PNG or JPEG")
_MODEL = ("a model's weights in safetensors format", "load_model reads it; a picture is a PNG or JPEG")
_TEXT = ("a text file", "give a picture as PNG or JPEG")
_STARTS: tuple[tuple[bytes, tuple[str, str]], ...] = (
    (b"8BPS", ("a Photoshop document", _EXPORT)),
    (b"gimp xcf", ("a GIMP document", _EXPORT)),
    (b"%PDF", ("a PDF document", _EXPORT)),
    (b"%!PS", ("a PostScript document", _EXPORT)),
    (b"\xff\x0a", ("a JPEG XL picture", "save it as PNG or JPEG")),
    (b"\x00\x00\x00\x0cJXL ", ("a JPEG XL picture", "save it as PNG or JPEG")),
    (b"v/1\x01", ("an OpenEXR picture", "save it as 16-bit PNG or TIFF")),
    (b"#?RADIANCE", ("a Radiance HDR picture", "save it as 16-bit PNG or TIFF")),
    (b"FUJIFILMCCD-RAW", _RAW),
    (b"IIRO", _RAW),
    (b"IIU\x00", _RAW),
    (b"\x93NUMPY", ("a numpy array", "read it with numpy.load and give the array")),
    (b"\x80", ("a Python pickle", "it is not opened; save the picture itself as PNG or JPEG")),
    (b"\x1aE\xdf\xa3", ("a Matroska or WebM video", "save one frame as PNG or JPEG")),
    (b"\x00\x00\x01\xba", ("an MPEG video", "save one frame as PNG or JPEG")),
    (b"PK\x03\x04", _ARCHIVE),
    (b"\x1f\x8b", ("a gzip archive", "unpack it first")),
    (b"7z\xbc\xaf", ("a 7z archive", "unpack it first")),
    (b"Rar!", ("a RAR archive", "unpack it first")),
    (b"ID3", ("a sound file", "give a picture as PNG or JPEG")),
    (b"OggS", ("a sound or video file", "give a picture as PNG or JPEG")),
    (b"\x7fELF", ("a program", "give a picture as PNG or JPEG")),
)
_RAW_ENDINGS = (".cr2", ".nef", ".arw", ".dng", ".orf", ".rw2", ".pef", ".raf", ".cr3", ".srw")


def what_it_is(source: str | os.PathLike[str] | bytes | BinaryIO) -> tuple[str, str] | None:
    """Return a file's kind and a hint, for example ("a PDF document", "export it as PNG or JPEG").

    None if the first 4,096 bytes are not recognised, or the file is a picture that Pillow is expected to read.
    """
    head = _head(source)
    if not head:
        return "empty (0 bytes)", "copy or download it again"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], ("an MP4 video", "save one frame as PNG or JPEG"))
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WAVE"):
        return "a video or sound file", "save one frame as PNG or JPEG"
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if isinstance(source, (str, os.PathLike)) and Path(source).suffix.lower() in _RAW_ENDINGS:
        return _RAW
    if _is_safetensors(head):
        return _MODEL
    return _text_kind(head)


def _head(source: str | os.PathLike[str] | bytes | BinaryIO) -> bytes:
    if isinstance(source, bytes):
        return source[:_HEAD]
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            return file.read(_HEAD)
    source.seek(0)
    return source.read(_HEAD)


def _is_safetensors(head: bytes) -> bool:
    """True for eight bytes of length followed by JSON."""
    return len(head) > 9 and head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") < 1 << 32


def _text_kind(head: bytes) -> tuple[str, str] | None:
    try:
        text = head.decode("utf-8", "strict" if len(head) < _HEAD else "ignore").lstrip("\ufeff \t\r\n")
    except UnicodeDecodeError:
        return None
    lower = text.lower()
    if lower.startswith(("<!doctype html", "<html")):
        return "a web page (HTML)", "the link led to a page about the picture; download the picture itself"
    if "<svg" in lower[:1000]:
        return "an SVG drawing", "export it as PNG"
    if "git-lfs" in lower[:100]:
        return "a Git LFS pointer", "fetch the file itself with `git lfs pull`"
    if any(ord(letter) < 32 and letter not in "\t\r\n\f" for letter in text):
        return None
    if lower.startswith(("{", "[")):
        try:
            json.loads(text)
        except ValueError:
            return _TEXT
        return "a JSON file", "give a picture as PNG or JPEG"
    return _TEXT
