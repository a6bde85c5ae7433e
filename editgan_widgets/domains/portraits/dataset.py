"""Datasets of rendered portraits on disk: memory-mapped arrays for training, pictures to look at, and factor records.

images.npy      uint8 [N, size, size, 3]
label_maps.npy  uint8 [N, size, size]
latents.npy     float32 [N, CODE_SIZE]: the standard normal code of each portrait
landmarks.npy   float32 [N, points, 2]: (x, y) in px, in the order of `geometry.LANDMARKS`
factors.jsonl   one JSON record per line, in the same order
pictures/       optional: 000000.png or .webp (lossless) and 000000_labels.png (ids, with the palette of the label set)
dataset.json    size, count, first seed, views, label set, and the number finished, where a stopped render continues
README.md       the data card: contents of the folder, parts, and balance of the main factors
SHA256SUMS      checksum of every file above except dataset.json, for `sha256sum --check`; written last
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from numpy.lib.format import open_memmap
from PIL import Image

from editgan_widgets.files import whole_file, why_unreadable, write_text

from .data_card import data_card
from .factors import CODE_SIZE, factors_from_code
from .geometry import LANDMARKS
from .parts import PORTRAIT_LABELS
from .rare import portrait_code
from .renderer import Backend
from .scene import BATCH
from .workers import render_many

FORMATS = ("png", "webp")
ARRAYS = ("images.npy", "label_maps.npy")
_CHECKSUMS = "SHA256SUMS"


class DatasetError(ValueError):
    """A folder has another dataset, or an unfinished or damaged one. The message says which, and what to do."""


def write_dataset(
    out: str | Path,
    count: int,
    size: int = 128,
    seed0: int = 0,
    pictures: bool = False,
    progress: Callable[[int, int], None] | None = None,
    *,
    views: int = 1,
    arrays: bool = True,
    picture_format: str = "png",
    jobs: int | None = 1,
    backend: Backend | None = None,
    rare: float = 0.0,
    until: int | None = None,
) -> Path:
    """Render `count` portraits into a folder. A stopped render continues when called again.

    Args:
        out: the folder.
        count: number of portraits. With one view per person their seeds are seed0 … seed0 + count - 1.
        size: side of a picture, px.
        seed0: seed of the first person.
        pictures: also write one picture file per portrait.
        progress: called with (done, count) after every batch.
        views: number of consecutive portraits of one person, each with a new pose, light and expression.
        arrays: write the arrays that training reads; `pack_arrays` can make them from the pictures later.
        picture_format: "png" or "webp", both lossless.
        jobs: number of rendering processes, None for one per core; does not affect the files. See `render_many`.
        rare: share of portraits with rare factors, see `rare.portrait_code`; only with views=1.
        until: stop when this many are finished, None for all; the same call with a larger number continues.
        backend: "egl", "software", or None for EGL if available; the pictures differ only by rounding.

    Raises ValueError for contradictory settings, DatasetError if the folder has another dataset, NoEGLError if EGL is
    requested and not available, WorkerError if a rendering process ended early.
    """
    if count < 1 or views < 1:
        raise ValueError(f"a dataset needs at least one portrait of each person; got count={count}, views={views}")
    if picture_format not in FORMATS:
        raise ValueError(f"picture_format must be one of {', '.join(map(repr, FORMATS))}; got {picture_format!r}")
    if rare and views > 1:
        raise ValueError(f"rare portraits need one view per person; got rare={rare} and views={views}")
    if not (arrays or pictures):
        raise ValueError("arrays and pictures are both False, so nothing would be written; set one of them")
    out = Path(out)
    wanted: dict[str, Any] = {"count": count, "size": size, "seed0": seed0, "labels": PORTRAIT_LABELS.name}
    wanted |= {"factors": CODE_SIZE, "views": views, "arrays": arrays, "pictures": picture_format if pictures else None}
    wanted |= {"rare": rare}
    done = _done(out, wanted)
    stop = count if until is None else min(until, count)
    if done >= stop and (done < count or (out / _CHECKSUMS).is_file()):
        return out
    records = (factors_from_code(_code(seed0, i, views, rare)) for i in range(done, stop))
    with contextlib.closing(render_many(records, size, jobs, backend)) as portraits, contextlib.ExitStack() as stack:
        first = list(islice(portraits, 1))  # if rendering fails, nothing is written
        out.mkdir(parents=True, exist_ok=True)
        (out / _CHECKSUMS).unlink(missing_ok=True)
        mode = "r+" if done else "w+"
        code_file = open_memmap(out / "latents.npy", mode, np.float32, (count, CODE_SIZE))
        point_file = open_memmap(out / "landmarks.npy", mode, np.float32, (count, len(LANDMARKS), 2))
        image_file = label_file = None
        if arrays:
            image_file = open_memmap(out / "images.npy", mode, np.uint8, (count, size, size, 3))
            label_file = open_memmap(out / "label_maps.npy", mode, np.uint8, (count, size, size))
        records_path = out / "factors.jsonl"
        kept = records_path.read_text().splitlines()[:done] if done else []
        write_text(records_path, "".join(line + "\n" for line in kept))
        records_file = stack.enter_context(records_path.open("a"))
        for i, portrait in enumerate(chain(first, portraits), done):
            code_file[i], point_file[i] = _code(seed0, i, views, rare), portrait.landmarks
            if image_file is not None and label_file is not None:
                image_file[i], label_file[i] = portrait.image, portrait.label_map
            records_file.write(json.dumps(portrait.factors) + "\n")
            if pictures:
                _save_pictures(out / "pictures", i, portrait.image, portrait.label_map, picture_format)
            if i + 1 == stop or (i + 1) % BATCH == 0:
                records_file.flush()
                write_text(out / "dataset.json", json.dumps(wanted | {"done": i + 1}))
                if progress is not None:
                    progress(i + 1, count)
    if stop == count:
        _finish(out)
    return out


def shrink_dataset(
    folder: str | Path, out: str | Path, size: int, progress: Callable[[int, int], None] | None = None
) -> Path:
    """Write a smaller copy of a dataset's finished portraits: mean colour and most frequent part of each pixel block.

    Training at 128 px reads a quarter of the data that 256 px portraits have. `out` is replaced. Raises DatasetError if
    the dataset has no arrays or no finished portrait, ValueError if the size does not divide the original size.
    """
    folder, out, about = Path(folder), Path(out), read_card(folder)
    count, factor = about["done"], about["size"] // size
    if not about["arrays"] or count < 1:
        raise DatasetError(f"{folder} has {count} portraits as arrays; `editgan render --out {folder}` writes some")
    if factor < 2 or factor * size != about["size"]:
        raise ValueError(f"the new size must divide {about['size']} px and be smaller; got {size}")
    images, maps = (np.load(folder / name, mmap_mode="r") for name in ARRAYS)
    out.mkdir(parents=True, exist_ok=True)
    (out / _CHECKSUMS).unlink(missing_ok=True)
    small = open_memmap(out / "images.npy", "w+", np.uint8, (count, size, size, 3))
    small_maps = open_memmap(out / "label_maps.npy", "w+", np.uint8, (count, size, size))
    for start in range(0, count, BATCH):
        rows = slice(start, min(start + BATCH, count))
        blocks = images[rows].reshape(-1, size, factor, size, factor, 3)
        small[rows] = (blocks.mean((2, 4)) + 0.5).astype(np.uint8)
        small_maps[rows] = _commonest(maps[rows].reshape(-1, size, factor, size, factor))
        if progress is not None:
            progress(rows.stop, count)
    latents, landmarks = (np.load(folder / name, mmap_mode="r")[:count] for name in ("latents.npy", "landmarks.npy"))
    np.save(out / "latents.npy", latents)
    np.save(out / "landmarks.npy", landmarks / np.float32(factor))
    lines = (folder / "factors.jsonl").read_text().splitlines()[:count]
    (out / "factors.jsonl").write_text("".join(line + "\n" for line in lines))
    (out / "dataset.json").write_text(json.dumps(about | {"count": count, "size": size, "pictures": None}))
    _finish(out)
    return out


def _commonest(blocks: UInt8[np.ndarray, "n h a w b"]) -> UInt8[np.ndarray, "n h w"]:
    """Most frequent part of each block of pixels; of equally frequent ones the first in reading order."""
    pixels = blocks.transpose(0, 1, 3, 2, 4).reshape(*blocks.shape[:2], blocks.shape[3], -1)
    votes = (pixels[..., :, None] == pixels[..., None, :]).sum(-1)
    return np.take_along_axis(pixels, votes.argmax(-1)[..., None], -1)[..., 0]


def pack_arrays(folder: str | Path, progress: Callable[[int, int], None] | None = None) -> Path:
    """Write the arrays of a finished dataset from its picture files, which take less space to copy.

    Raises DatasetError if the folder has no finished dataset with pictures.
    """
    folder = Path(folder)
    about = read_card(folder)
    count, size, ending = about["count"], about["size"], about.get("pictures")
    if about["done"] < count or not ending:
        raise DatasetError(
            f"{folder} has {about['done']} of {count} portraits and {'pictures' if ending else 'no pictures'}; "
            "finish it with `editgan render --pictures`"
        )
    image_file = open_memmap(folder / "images.npy", "w+", np.uint8, (count, size, size, 3))
    label_file = open_memmap(folder / "label_maps.npy", "w+", np.uint8, (count, size, size))
    for i in range(count):
        with Image.open(folder / "pictures" / f"{i:06d}.{ending}") as picture:
            image_file[i] = np.asarray(picture.convert("RGB"))
        with Image.open(folder / "pictures" / f"{i:06d}_labels.png") as indexed:
            label_file[i] = np.asarray(indexed)
        if progress is not None:
            progress(i + 1, count)
    image_file.flush()
    label_file.flush()
    write_text(folder / "dataset.json", json.dumps(about | {"arrays": True}))
    _finish(folder)
    return folder


def read_card(folder: str | Path) -> dict[str, Any]:
    """Read dataset.json: count, size, seed0, views, labels, arrays, pictures, done. Raises DatasetError."""
    path = Path(folder) / "dataset.json"
    if reason := why_unreadable(path):
        raise DatasetError(reason)
    try:
        return {"views": 1, "arrays": True, "pictures": None, "rare": 0.0} | json.loads(path.read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise DatasetError(f"{folder} is not a dataset ({error}); `editgan render --out {folder}` makes one") from error


def damaged_files(folder: str | Path, progress: Callable[[int, int], None] | None = None) -> list[str]:
    """Compare every file with its checksum and return the names of missing or changed files.

    Raises DatasetError for an unfinished dataset.
    """
    folder = Path(folder)
    if not (folder / _CHECKSUMS).is_file():
        about = read_card(folder)
        raise DatasetError(
            f"{folder} has {about['done']} of {about['count']} portraits and no {_CHECKSUMS} yet; the same "
            "`editgan render` command continues and writes it"
        )
    lines = (folder / _CHECKSUMS).read_text().splitlines()
    damaged = []
    for number, line in enumerate(lines, 1):
        digest, _, name = line.partition("  ")
        if not (folder / name).is_file() or _sha256(folder / name) != digest:
            damaged.append(name)
        if progress is not None:
            progress(number, len(lines))
    return damaged


def _done(out: Path, wanted: dict[str, Any]) -> int:
    """Number of finished portraits in the folder. Raises DatasetError if it has another dataset."""
    if not (out / "dataset.json").exists():
        return 0
    found = read_card(out)
    done = int(found.pop("done"))
    if found != wanted:
        raise DatasetError(
            f"{out} has another dataset: {found}; requested: {wanted}; choose another folder or delete it"
        )
    return done


def _code(seed0: int, i: int, views: int, rare: float) -> Float[np.ndarray, " code"]:
    if views == 1:
        return portrait_code(seed0 + i, rare)
    from .identity import view_code  # imports torch

    return view_code(seed0 + i // views, i % views)


def _save_pictures(folder: Path, i: int, image: np.ndarray, label_map: np.ndarray, picture_format: str) -> None:
    folder.mkdir(exist_ok=True)
    lossless = picture_format == "webp"  # PNG is always lossless
    with whole_file(folder / f"{i:06d}.{picture_format}") as unfinished:
        Image.fromarray(image).save(unfinished, picture_format, lossless=lossless)
    indexed = Image.fromarray(label_map)
    indexed.putpalette(PORTRAIT_LABELS.palette.tobytes())
    with whole_file(folder / f"{i:06d}_labels.png") as unfinished:
        indexed.save(unfinished)


def label_maps(folder: str | Path, most: int = 2000) -> Iterator[UInt8[np.ndarray, "h w"]]:
    """Read up to `most` label maps, evenly spaced over the dataset, from its arrays or its pictures."""
    folder, about = Path(folder), read_card(folder)
    chosen = np.unique(np.linspace(0, about["count"] - 1, min(most, about["count"])).astype(int))
    stored = np.load(folder / "label_maps.npy", mmap_mode="r") if about["arrays"] else None
    for i in chosen:
        if stored is not None:
            yield np.asarray(stored[i])
        else:
            with Image.open(folder / "pictures" / f"{i:06d}_labels.png") as indexed:
                yield np.asarray(indexed)


def _finish(out: Path) -> None:
    """Write the data card and the checksums."""
    records = [json.loads(line) for line in (out / "factors.jsonl").read_text().splitlines()]
    write_text(out / "README.md", data_card(read_card(out), records, label_maps(out), PORTRAIT_LABELS))
    files = [out / name for name in (*ARRAYS, "latents.npy", "landmarks.npy", "factors.jsonl", "README.md")]
    files = [path for path in files if path.is_file()]
    files += sorted((out / "pictures").glob("[!.]*"))
    lines = [f"{_sha256(path)}  {path.relative_to(out).as_posix()}\n" for path in files]
    write_text(out / _CHECKSUMS, "".join(lines))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()
