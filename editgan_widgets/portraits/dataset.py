"""Datasets of rendered portraits on disk: memory-mapped arrays that training reads at full speed, and factor records.

images.npy      uint8 [N, size, size, 3]
label_maps.npy  uint8 [N, size, size]
latents.npy     float32 [N, CODE_SIZE]: the standard normal code of each portrait
factors.jsonl   one JSON record a line, in the same order
dataset.json    size, count, first seed, label set, and how many are finished: a stopped render goes on from there
"""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from PIL import Image

from .factors import CODE_SIZE, code_from_seed, factors_from_code
from .parts import PORTRAIT_LABELS
from .renderer import BATCH, Renderer


def write_dataset(
    out: str | Path,
    count: int,
    size: int = 128,
    seed0: int = 0,
    pictures: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Render the portraits of seeds seed0 … seed0 + count - 1 into a folder; a stopped render goes on where it was.

    `pictures` also writes `png/000000.png` and `png/000000_labels.png` (with palette) to look at; `progress(done,
    count)` is called after every batch. Raises ValueError if the folder holds another dataset, NoEGLError without EGL.
    """
    if count < 1:
        raise ValueError(f"a dataset needs at least one portrait; got count={count}")
    out = Path(out)
    card_path = out / "dataset.json"
    wanted = {"count": count, "size": size, "seed0": seed0, "labels": PORTRAIT_LABELS.name}
    done = 0
    if card_path.exists():
        card = json.loads(card_path.read_text())
        done = card.pop("done")
        if card != wanted:
            raise ValueError(
                f"{out} holds another dataset: {card}; wanted {wanted}; next: choose another folder or delete it"
            )
    with Renderer(size) as renderer, contextlib.ExitStack() as stack:  # first: without EGL nothing is written
        out.mkdir(parents=True, exist_ok=True)
        mode = "r+" if done else "w+"
        image_file = open_memmap(out / "images.npy", mode, np.uint8, (count, size, size, 3))
        label_file = open_memmap(out / "label_maps.npy", mode, np.uint8, (count, size, size))
        code_file = open_memmap(out / "latents.npy", mode, np.float32, (count, CODE_SIZE))
        records_path = out / "factors.jsonl"
        kept = records_path.read_text().splitlines()[:done] if done else []
        records_path.write_text("".join(line + "\n" for line in kept))
        if pictures:
            (out / "png").mkdir(exist_ok=True)
        records = stack.enter_context(records_path.open("a"))
        while done < count:
            batch = range(done, min(done + BATCH, count))
            codes = [code_from_seed(seed0 + i) for i in batch]
            portraits = renderer.render([factors_from_code(code) for code in codes])
            for i, code, portrait in zip(batch, codes, portraits, strict=True):
                image_file[i], label_file[i], code_file[i] = portrait.image, portrait.label_map, code
                records.write(json.dumps(portrait.factors) + "\n")
                if pictures:
                    Image.fromarray(portrait.image).save(out / "png" / f"{i:06d}.png")
                    indexed = Image.fromarray(portrait.label_map)
                    indexed.putpalette(PORTRAIT_LABELS.palette.tobytes())
                    indexed.save(out / "png" / f"{i:06d}_labels.png")
            done = batch.stop
            records.flush()
            card_path.write_text(json.dumps(wanted | {"done": done}))
            if progress is not None:
                progress(done, count)
    return out
