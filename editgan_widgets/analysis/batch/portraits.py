"""The portraits of a batch: latents, seeds, or files of a folder (photos, saved pictures, files of latents).

A portrait's data are loaded when its turn comes. Its `key` identifies them, so that a later call finds what was done.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from editgan_widgets.analysis.batch.folder import LOG
from editgan_widgets.latent.latent_shapes import fitted
from editgan_widgets.latent.latents import load_latents
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import is_whole, shown, whole

Source: TypeAlias = Tensor | bytes
"""A latent `[1, num_ws, w_dim]`, or the content of a picture's file."""

LATENT_SUFFIXES = (".npz", ".npy", ".pt", ".pth", ".pkl", ".json", ".safetensors")
_WHAT_FITS = "give latents [n, num_ws, w_dim] or [n, w_dim], seeds, a folder, or paths of files"


@dataclass(frozen=True, eq=False)
class Portrait:
    """One portrait to edit.

    Attributes:
        name: unique in the batch; names its pictures.
        key: hash of its data.
        load: reads the data. Raises OSError for a file that has gone.
    """

    name: str
    key: str
    load: Callable[[], Source]


@dataclass(frozen=True)
class Skipped:
    """A portrait or file that cannot be edited, and the reason."""

    name: str
    reason: str


def portraits_of(
    model: EditGAN,
    given: Any,
    truncation_psi: float = 0.7,
    seed_source: str = "torch",
    apart_from: Collection[Path] = (),
) -> list[Portrait | Skipped]:
    """List the portraits that a caller means, in order.

    Args:
        model: the model that the latents must fit.
        given: latents as of `latent_shapes.fitted`, as tensor or array, or several of these; seeds; a folder, which is
            searched with its subfolders except hidden ones and those that a batch wrote; a file; or several files.
        truncation_psi, seed_source: truncation and random generator of seeds.
        apart_from: absolute paths of files that are passed over.

    Raises ValueError for anything else, for latents of another shape, and for nothing at all; FileNotFoundError for a
    path that does not exist. Files that hold no latent become `Skipped`.
    """
    if isinstance(given, (str, os.PathLike)):
        found = list(_of_path(model, Path(given), apart_from))
        if not found:
            raise ValueError(f"the folder {os.fspath(given)} holds no files; {_WHAT_FITS}")
        return _unique(found)
    if _is_float_array(given):
        return list(_of_latents(model, [given]))
    if not isinstance(given, Iterable) or isinstance(given, bytes):
        raise ValueError(f"{shown(given)} are no portraits; {_WHAT_FITS}")
    several = list(given)
    if not several:
        raise ValueError(f"no portraits were given; {_WHAT_FITS}")
    if all(isinstance(one, (str, os.PathLike)) for one in several):
        return _unique([x for one in several for x in _of_path(model, Path(one), apart_from)])
    if all(is_whole(one) for one in several):
        seeds = [whole(one, "a seed", least=0, most=2**63 - 1) for one in several]
        return _unique([_of_seed(model, seed, truncation_psi, seed_source) for seed in seeds])
    if all(_is_float_array(one) for one in several):
        return list(_of_latents(model, several))
    other = next((x for x in several if not is_whole(x) and not isinstance(x, (str, os.PathLike))), several[0])
    raise ValueError(f"{shown(other)} is no portrait; {_WHAT_FITS}")


def _is_float_array(given: Any) -> bool:
    if isinstance(given, Tensor):
        return given.is_floating_point()
    return isinstance(given, np.ndarray) and np.issubdtype(given.dtype, np.floating)


def _of_latents(model: EditGAN, several: Iterable[Tensor | np.ndarray]) -> Iterator[Portrait | Skipped]:
    given = [torch.as_tensor(one).detach().float().cpu() for one in several]
    batch = torch.cat([fitted(one, model, "latents") for one in given])
    for i in range(len(batch)):
        yield _of_latent(f"latent {i:04}", batch[i : i + 1].clone())


def _of_latent(name: str, w_plus: Tensor) -> Portrait | Skipped:
    if not torch.isfinite(w_plus).all():
        return Skipped(name, "the latent has numbers that are not finite")
    return Portrait(name, _hash(w_plus.numpy().astype("<f4").tobytes()), lambda: w_plus)


def _of_seed(model: EditGAN, seed: int, truncation_psi: float, source: str) -> Portrait:
    key = _hash(f"seed {seed}, psi {truncation_psi!r}, {source}, {model.fingerprint}".encode())
    return Portrait(f"seed {seed}", key, lambda: model.sample_w_plus(seed, truncation_psi, source))


def _of_path(model: EditGAN, path: Path, apart_from: Collection[Path]) -> Iterator[Portrait | Skipped]:
    if not path.exists():
        raise FileNotFoundError(2, "No such file or directory", str(path))
    if not path.is_dir():
        if path.resolve() not in apart_from:
            yield from _of_file(model, path, _printable(path.name))
        return
    for folder, inner, files in os.walk(path):
        inner[:] = sorted(x for x in inner if not x.startswith(".") and not _is_written(Path(folder) / x))
        for file in sorted(files):
            whole_path = Path(folder) / file
            if not file.startswith(".") and whole_path.parent.resolve() / file not in apart_from:
                yield from _of_file(model, whole_path, _printable(whole_path.relative_to(path).as_posix()))


def _is_written(folder: Path) -> bool:
    """True for a folder that a batch wrote, or is writing."""
    return (folder / LOG).is_file()


def _printable(name: str) -> str:
    """The name of a file; bytes that are not UTF-8 as backslash and number."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _of_file(model: EditGAN, path: Path, name: str) -> Iterator[Portrait | Skipped]:
    """Latents of a file, or its picture, whose content is read again when its turn comes."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe would wait for its writer
            yield Skipped(name, "a pipe, a socket or a device, not a file")
            return
        if path.suffix.lower() in LATENT_SUFFIXES:
            latents = load_latents(path, model).cpu()
            for i in range(len(latents)):
                yield _of_latent(name if len(latents) == 1 else f"{name} {i:04}", latents[i : i + 1].clone())
            return
        key = _digest(path)
        yield Portrait(name, key, lambda: _content(path, key))
    except (OSError, ValueError) as error:
        yield Skipped(name, reason_of(error))


def _digest(path: Path) -> str:
    """Hash of a file, which may be larger than memory."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            found.update(part)
    return found.hexdigest()


def _content(path: Path, key: str) -> bytes:
    """Content of a file whose hash was taken before. Raises OSError if it has changed since."""
    content = path.read_bytes()
    if _hash(content) != key:
        raise OSError(f"{path} has changed since the call began; call again")
    return content


def _unique(portraits: list[Portrait | Skipped]) -> list[Portrait | Skipped]:
    """Drop repeated portraits; number different ones that have the same name."""
    kept: dict[str, Portrait | Skipped] = {}
    for one in portraits:
        name, number = one.name, 2
        while name in kept and getattr(kept[name], "key", None) != getattr(one, "key", None):
            name, number = f"{one.name} ({number})", number + 1
        if name not in kept:
            kept[name] = one if name == one.name else _renamed(one, name)
    return list(kept.values())


def _renamed(one: Portrait | Skipped, name: str) -> Portrait | Skipped:
    return Portrait(name, one.key, one.load) if isinstance(one, Portrait) else Skipped(name, one.reason)


def reason_of(error: Exception) -> str:
    """Message of an error as one line, without the number of an error of the file system."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return " ".join(str(error).split()) or type(error).__name__


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
