"""What a file is by its first bytes, where it is no bundle of ours, and the next move: for errors."""

import re
import shlex
import zipfile
from pathlib import Path

_START = 1024  # bytes that are looked at
_BINARY = (  # first bytes -> what they begin
    (b"\x1f\x8b", "a gzip archive; unpack it (gunzip, tar xf) and give the weights file in it"),
    (b"BZh", "a bzip2 archive; unpack it and give the weights file in it"),
    (b"\xfd7zXZ\0", "an xz archive; unpack it and give the weights file in it"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive; unpack it and give the weights file in it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it and give the weights file in it"),
    (b"Rar!", "a rar archive; unpack it and give the weights file in it"),
    (b"\x89HDF", "an HDF5 file (Keras or TensorFlow), which is not read; give weights of PyTorch"),
    (b"GGUF", "a GGUF file of a language model; give a StyleGAN2 generator"),
    (b"\x89PNG", "a PNG picture, not weights; give a weights file"),
    (b"\xff\xd8\xff", "a JPEG picture, not weights; give a weights file"),
    (b"RIFF", "a RIFF file (WebP, AVI or WAV), not weights; give a weights file"),
    (b"%PDF", "a PDF, not weights; give a weights file"),
    (b"\x7fELF", "a program, not weights; give a weights file"),
)


def unreadable(path: Path) -> str | None:
    """Say what a file is that holds no tensors at all, and what to do; None for all others."""
    with path.open("rb") as file:
        start = file.read(_START)
    if not start:
        return "empty, cut short or not downloaded at all; copy or download it again"
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
    for begins, words in _BINARY:
        if start.startswith(begins):
            return words
    if len(text) > 16 and re.fullmatch(rb"[\x09\x0a\x0d\x20-\x7e]+", start) and not _is_pickle(start):
        kind = "JSON text" if text.startswith((b"{", b"[")) else "text"
        return f"{kind}, not weights (it begins {start[:40].decode()!r}); give a weights file, or download it again"
    return None


def foreign(path: Path) -> str | None:
    """Say what a readable file is that is no bundle of ours, and the next move; None for what may be one."""
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
    """The command that makes a bundle of a public file."""
    given, out = shlex.quote(str(path)), shlex.quote(f"{path.stem or 'model'}.safetensors")
    return f"convert it first: editgan convert {given} --out {out}"


def _is_pickle(start: bytes) -> bool:
    return re.match(rb"\x80[\x01-\x05]|\(dp?[0-9\n]|\(lp?[0-9\n]|\(d\n|c[a-z_.]+\n|\}q|\]q", start) is not None


def _zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return "a file of torch.save that is cut short or damaged; copy or download it again"
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
