"""Identify a file by its first bytes, for errors about files that are not what a reader expects.

`what_it_is` is for readers of pictures, `unreadable` and `foreign` are for readers of weights and arrays.
"""

import json
import os
import re
import shlex
import zipfile
from pathlib import Path
from typing import BinaryIO

_HEAD = 65536  # bytes that are read
_HEIF = "install pillow-heif (`pip install pillow-heif`), or save it as JPEG or PNG"
_EXPORT = "export it as PNG or JPEG"
_BRANDS = {  # brands of ISO base media files, bytes 8 to 12
    **dict.fromkeys(
        (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1"), ("a HEIC picture", _HEIF)
    ),
    **dict.fromkeys((b"avif", b"avis"), ("an AVIF picture", "save it as PNG or JPEG, or use Pillow 11.3 or newer")),
    b"crx ": ("a Canon camera RAW file (CR3)", "develop it with a RAW converter and save it as TIFF, PNG or JPEG"),
    b"qt  ": ("a QuickTime video", "save one frame as PNG or JPEG"),
}
_RAW = ("a camera RAW file", "develop it with a RAW converter and save it as TIFF, PNG or JPEG")
_ARCHIVE = ("a ZIP archive (or an office file)", "give the picture itself as PNG or JPEG")
_ZIPS = (  # a name in the archive, kind and hint
    (b".npy", ("an .npz of arrays", "load_latents or load_direction reads latents and directions")),
    (b"data.pkl", ("a file of torch.save", "convert a model with `editgan convert`; load_latents reads latents")),
)
_SAFETENSORS = (  # a name in the header, kind and hint
    (b'"delta_w_plus"', ("an edit vector", "EditVector.load or load_direction reads it")),
    (b'"latents/', ("an archive of latents by `editgan convert`", "load_latents reads it")),
    (b'"generator/', ("a model", "load_model reads it")),
    (b"editgan-widgets bundle", ("a model", "load_model reads it")),
)
_NO_PICTURE = "; a picture is a PNG or JPEG"
_MODEL = ("a model's weights in safetensors format", "load_model reads it" + _NO_PICTURE)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM")
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
    (
        b"\x93NUMPY",
        ("a numpy array", "load_latents or load_direction reads latents and directions"),
    ),
    (b"\x80", ("a Python pickle", "it is not opened; save the picture itself as PNG or JPEG")),
    (b"\x1aE\xdf\xa3", ("a Matroska or WebM video", "save one frame as PNG or JPEG")),
    (b"\x00\x00\x01\xba", ("an MPEG video", "save one frame as PNG or JPEG")),
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
    if head.startswith(b"PK\x03\x04"):
        return next((kind for name, kind in _ZIPS if name in head), _ARCHIVE)
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if isinstance(source, (str, os.PathLike)) and Path(source).suffix.lower() in _RAW_ENDINGS:
        return _RAW
    if _is_safetensors(head):
        return next((kind for name, kind in _SAFETENSORS if name in head), _MODEL)
    return _text_kind(head)


def misplaced(path: str | os.PathLike[str]) -> str:
    """Kind of a file and the function that reads it, for the error of another reader: ": it is a picture; …".

    An empty string for a file that is not recognised.
    """
    if os.path.isdir(path):
        journal = os.path.exists(os.path.join(path, "about.json"))
        return ": it is a journal's folder; EditSession.restore reads it" if journal else ": it is a folder"
    head = _head(path)
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return ": it is a picture; open_photo, open_picture or open_mask reads it"
    found = what_it_is(path)
    if found is None or (found is _MODEL and b"editgan" not in head):  # tensors of no known meaning
        return ""
    return f": it is {found[0]}; {found[1].removesuffix(_NO_PICTURE)}"


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


# Weights and arrays

_START = 1024  # bytes that are read
_UNPACK = "unpack it{} and give the weights file in it"
_GIVE = "not weights; give a weights file"
_NO_WEIGHTS = (  # first bytes, kind and hint
    (b"\x1f\x8b", "a gzip archive; " + _UNPACK.format(" (gunzip, tar xf)")),
    (b"BZh", "a bzip2 archive; " + _UNPACK.format("")),
    (b"\xfd7zXZ\0", "an xz archive; " + _UNPACK.format("")),
    (b"\x28\xb5\x2f\xfd", "a zstd archive; " + _UNPACK.format("")),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; " + _UNPACK.format("")),
    (b"Rar!", "a rar archive; " + _UNPACK.format("")),
    (b"\x89HDF", "an HDF5 file (Keras or TensorFlow), which is not read; give weights of PyTorch"),
    (b"GGUF", "a GGUF file of a language model; give a StyleGAN2 generator"),
    (b"\x89PNG", f"a PNG picture, {_GIVE}"),
    (b"\xff\xd8\xff", f"a JPEG picture, {_GIVE}"),
    (b"GIF8", f"a GIF picture, {_GIVE}"),
    (b"II*\0", f"a TIFF picture, {_GIVE}"),
    (b"MM\0*", f"a TIFF picture, {_GIVE}"),
    (b"RIFF", f"a RIFF file (WebP, AVI or WAV), {_GIVE}"),
    (b"%PDF", f"a PDF, {_GIVE}"),
    (b"\x7fELF", f"a program, {_GIVE}"),
)


def unreadable(path: Path) -> str | None:
    """Return kind and hint of a file without tensors, "a PDF, not weights; …"; None for any other file."""
    with path.open("rb") as file:
        start = file.read(_START)
    if not start:
        return "empty, truncated or not downloaded at all; copy or download it again"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"version https://git-lfs"):
        return "a git-lfs pointer, not the weights; run `git lfs pull` in its repository, or download the file"
    if text.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml")) or b"<html" in text:
        return (
            "a web page (HTML), saved in place of the weights (a sign-in, a quota or a missing file); open the link "
            "in a browser and download the file itself"
        )
    if len(start) > 262 and start[257:262] == b"ustar":
        return "a tar archive; unpack it and give the weights file in it"
    for begins, words in _NO_WEIGHTS:
        if start.startswith(begins):
            return words
    if len(text) > 16 and re.fullmatch(rb"[\x09\x0a\x0d\x20-\x7e]+", start) and not _is_pickle(start):
        kind = "JSON text" if text.startswith((b"{", b"[")) else "text"
        return (
            f"{kind}, not weights (it starts with {start[:40].decode()!r}); give a weights file, or download it again"
        )
    return None


def foreign(path: Path) -> str | None:
    """Return kind and hint of a file of tensors that is not a bundle of this package; None if it may be one."""
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(b"PK\x03\x04"):
        return _zip(path)
    if start.startswith(b"\x93NUMPY"):
        return f"a numpy array (latents, a direction or a mask), not a model; {_arrays()}"
    if _is_pickle(start):
        return f"a pickle (as of StyleGAN2-ADA or torch.save), not a bundle of this package; {convert_line(path)}"
    return None


def convert_line(path: Path) -> str:
    """The `editgan convert` command for a public file."""
    given, out = shlex.quote(str(path)), shlex.quote(f"{path.stem or 'model'}.safetensors")
    return f"convert it first: editgan convert {given} --out {out}"


def _is_pickle(start: bytes) -> bool:
    return re.match(rb"\x80[\x01-\x05]|\(dp?[0-9\n]|\(lp?[0-9\n]|\(d\n|c[a-z_.]+\n|\}q|\]q", start) is not None


def _zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return "a file of torch.save that is truncated or damaged; copy or download it again"
    if any(name.endswith(".npy") for name in names):
        return f"an .npz of arrays (latents or directions), not a model; {_arrays()}"
    if any(name.endswith("/constants.pkl") for name in names):
        return (
            "a TorchScript program, not a bundle of this package; save the generator's state dict with torch.save and "
            f"then {convert_line(path)}"
        )
    if any(name.endswith("data.pkl") for name in names):
        return (
            f"a file of torch.save, not a bundle of this package; {convert_line(path)} (a generator alone is also read "
            "with models.checkpoints.load_generator(path))"
        )
    return "a zip archive, but not one of torch.save; unpack it and give the weights file in it"


def _arrays() -> str:
    return "give a model, and read this with load_latents(path, model) or load_direction(path, model)"
