"""Make the README's pictures from the shipped model: docs/edit.gif (a real edit, step by step) and docs/samples.png.

python docs/make_pictures.py --seed 30 --edit "open mouth"
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from editgan_widgets import EditSession, images, load_model
from editgan_widgets.domains.portraits.scripted_edits import SCRIPTED_EDITS
from editgan_widgets.files import whole_file

HERE = Path(__file__).parent


def edit_frames(model, seed, name, steps):
    """Picture, coloured mask, time shown (ms): the portrait, what is painted, every step, the result."""
    edit = next(edit for edit in SCRIPTED_EDITS if edit.name == name)
    session = EditSession.from_seed(model, seed=seed)
    before, mask = session.image, session.label_map
    painted = edit.paint(mask, model.labels)
    if painted is None:
        raise SystemExit(f"the portrait of seed {seed} lacks the part for {name!r}; take another seed")
    session.set_label_map(painted)
    pictures = [step.image for step in session.edit(steps=steps)]
    frames = [(before, mask, 1500), (before, painted, 1200)]
    frames += [(picture, painted, 90) for picture in pictures] + [(session.image, painted, 2500)]
    return [(each, model.labels.colorize(labels), time) for each, labels, time in frames]


def samples(model, seeds, truncation_psi):
    w_plus = torch.cat([model.sample_w_plus(seed, truncation_psi) for seed in seeds])
    with torch.no_grad():
        return np.concatenate([images.to_uint8(model.generator.synthesis(w).image) for w in w_plus.split(8)])


def write_animation(frames, path):
    """Twice the size, with one palette for all frames: a mask's colours as they are, the others from the portrait."""
    parts = np.unique(np.concatenate([mask.reshape(-1, 3) for _, mask, _ in frames]), axis=0)
    ends = Image.fromarray(np.concatenate([frames[0][0], frames[-1][0]]))
    rest = ends.quantize(255 - len(parts)).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*parts.ravel().tolist(), *rest][: 3 * 256])
    shown = []
    for picture, mask, _ in frames:
        side = 2 * len(picture)
        frame = Image.new("P", (2 * side, side))
        frame.putpalette(palette.getpalette())
        large = Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC)
        frame.paste(large.quantize(palette=palette), (0, 0))
        flat = Image.fromarray(mask).resize((side, side), Image.Resampling.NEAREST)
        frame.paste(flat.quantize(palette=palette, dither=Image.Dither.NONE), (side, 0))
        shown.append(frame)
    times = [time for *_, time in frames]
    with whole_file(path) as unfinished:
        shown[0].save(unfinished, save_all=True, append_images=shown[1:], duration=times, loop=0, optimize=True)
    print(f"{path}: {shown[0].width} x {shown[0].height} px, {len(shown)} frames, {path.stat().st_size / 1e6:.1f} MB")


def write(pictures, columns, path):
    sheet = images.grid(np.stack(pictures), columns, gap=4)
    with whole_file(path) as unfinished:
        Image.fromarray(sheet).save(unfinished, optimize=True)
    print(f"{path}: {sheet.shape[1]} x {sheet.shape[0]} px")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="portraits")
    parser.add_argument("--seed", type=int, default=30)
    parser.add_argument("--edit", default="open mouth", choices=[edit.name for edit in SCRIPTED_EDITS])
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    model = load_model(options.model, device="cpu")
    write_animation(edit_frames(model, options.seed, options.edit, options.steps), options.out / "edit.gif")
    write(list(samples(model, range(32), 0.7)), 8, options.out / "samples.png")


if __name__ == "__main__":
    main()
