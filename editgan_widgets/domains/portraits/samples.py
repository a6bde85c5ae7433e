"""The 64 rendered portraits that ship with the package: data for tests and lessons that need no EGL."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from .scene import Portrait

SAMPLES = Path(__file__).parent / "samples"


def load_samples() -> list[Portrait]:
    """Read the shipped portraits (128 px, seeds from 20000000, never trained on) with part ids and factors."""
    records = [json.loads(line) for line in (SAMPLES / "factors.jsonl").read_text().splitlines()]
    sheet = np.asarray(Image.open(SAMPLES / "images.webp").convert("RGB"))
    labels = np.asarray(Image.open(SAMPLES / "label_maps.png"))
    landmarks = np.load(SAMPLES / "landmarks.npy")
    columns, size = 8, sheet.shape[1] // 8
    portraits = []
    for i, factors in enumerate(records):
        y, x = (i // columns) * size, (i % columns) * size
        cut = np.s_[y : y + size, x : x + size]
        portraits.append(Portrait(sheet[cut].copy(), labels[cut].astype(np.uint8), factors, landmarks[i]))
    return portraits


def write_samples(seed0: int = 20_000_000, count: int = 64, size: int = 128) -> None:
    """Render the shipped portraits again; needs EGL. Run as `python -m editgan_widgets.domains.portraits.samples`."""
    from editgan_widgets import images
    from editgan_widgets.files import whole_file, write_text

    from .factors import code_from_seed, factors_from_code
    from .parts import PORTRAIT_LABELS
    from .renderer import Renderer

    SAMPLES.mkdir(exist_ok=True)
    with Renderer(size) as renderer:
        portraits = list(renderer.render([factors_from_code(code_from_seed(seed0 + i)) for i in range(count)]))
    pictures = images.grid(np.stack([p.image for p in portraits]), 8, gap=0)
    with whole_file(SAMPLES / "images.webp") as unfinished:
        Image.fromarray(pictures).save(unfinished, lossless=True)
    maps = np.stack([p.label_map for p in portraits]).reshape(-1, 8, size, size).transpose(0, 2, 1, 3)
    indexed = Image.fromarray(np.ascontiguousarray(maps.reshape(-1, 8 * size)))
    indexed.putpalette(PORTRAIT_LABELS.palette.tobytes())
    with whole_file(SAMPLES / "label_maps.png") as unfinished:
        indexed.save(unfinished)
    with whole_file(SAMPLES / "landmarks.npy") as unfinished:
        np.save(unfinished, np.stack([p.landmarks for p in portraits]))
    write_text(SAMPLES / "factors.jsonl", "".join(json.dumps(p.factors) + "\n" for p in portraits))


if __name__ == "__main__":
    write_samples()
