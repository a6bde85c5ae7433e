"""Make the README's pictures from the shipped model: docs/edit.png (one real edit) and docs/samples.png (a grid).

python docs/make_pictures.py --seed 15 --edit "open mouth"
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from editgan_widgets import EditSession, images, load_model
from editgan_widgets.analysis.scripted_edits import SCRIPTED_EDITS

HERE = Path(__file__).parent


def edit_strip(model, seed, name, steps):
    """Give the portrait, its mask, the painted mask and the edited portrait."""
    edit = next(edit for edit in SCRIPTED_EDITS if edit.name == name)
    session = EditSession.from_seed(model, seed=seed)
    before, mask = session.image, session.label_map
    painted = edit.paint(mask, model.labels)
    if painted is None:
        raise SystemExit(f"the portrait of seed {seed} lacks the part for {name!r}; take another seed")
    session.set_label_map(painted)
    for step in session.edit(steps=steps):
        print(f"step {step.index}/{step.total}  IoU {step.iou:.2f}")
    return before, model.labels.colorize(mask), model.labels.colorize(painted), session.image


def samples(model, seeds, truncation_psi):
    w_plus = torch.cat([model.sample_w_plus(seed, truncation_psi) for seed in seeds])
    with torch.no_grad():
        return np.concatenate([images.to_uint8(model.generator.synthesis(w).image) for w in w_plus.split(8)])


def enlarged(pixels, size, method=Image.Resampling.BICUBIC):
    return np.asarray(Image.fromarray(pixels).resize((size, size), method))


def write(pictures, columns, path):
    sheet = images.grid(np.stack(pictures), columns, gap=4)
    Image.fromarray(sheet).save(path, optimize=True)
    print(f"{path}: {sheet.shape[1]} x {sheet.shape[0]} px")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="portraits")
    parser.add_argument("--seed", type=int, default=15)
    parser.add_argument("--edit", default="open mouth", choices=[edit.name for edit in SCRIPTED_EDITS])
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    model = load_model(options.model, device="cpu")
    before, mask, painted, after = edit_strip(model, options.seed, options.edit, options.steps)
    masks = [enlarged(each, 256, Image.Resampling.NEAREST) for each in (mask, painted)]
    write([enlarged(before, 256), *masks, enlarged(after, 256)], 4, options.out / "edit.png")
    write([enlarged(each, 128) for each in samples(model, range(32), 0.7)], 8, options.out / "samples.png")


if __name__ == "__main__":
    main()
