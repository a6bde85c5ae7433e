"""Make the pictures of the README and of docs/ from the shipped model.

edit.gif (an edit, step by step), vectors.webp (edit vectors on two portraits), drag.webp (points before and after a
drag), painting.webp (an edited painting), and samples.webp and samples-64.webp (samples of both shipped models).

    python docs/make_pictures.py
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from editgan_widgets import DragPoint, EditSession, images, load_model
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.domains.portraits.scripted_edits import SCRIPTED_EDITS
from editgan_widgets.files import whole_file
from editgan_widgets.latent.directions.library import load_vectors

HERE = Path(__file__).parent
VECTORS = ("smile", "open mouth", "glasses", "fringe", "longer hair", "turn left")
VECTOR_SEEDS = (7, 33)
# Seed, handle and target in picture pixels: an inner brow end up, a lip corner out and up.
DRAGS = ((7, (47, 52), (47, 46)), (30, (75, 91), (81, 88)))


def edit_frames(model, seed, name, steps):
    """Picture, coloured mask, time shown (ms): the portrait, what is painted, every step, the result."""
    edit = next(edit for edit in SCRIPTED_EDITS if edit.name == name)
    session = EditSession.from_seed(model, seed=seed)
    before, mask = session.image, session.label_map
    painted = edit.paint(mask, model.labels)
    if painted is None:
        raise SystemExit(f"the portrait of seed {seed} does not show the part that {name!r} changes; use another seed")
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


def vector_rows(model):
    """Each portrait, then with each vector at scale 1."""
    library = load_vectors(model)
    pictures = []
    for seed in VECTOR_SEEDS:
        session = EditSession.from_seed(model, seed=seed)
        w_plus = session.w_plus
        edited = [library[name].apply(w_plus, scale=1.0, model=model) for name in VECTORS]
        pictures += [session.image, *(session.picture_of(latent) for latent in edited)]
    return pictures


def drags(model):
    """Each portrait with an arrow from handle to target, then the portrait after the drag; twice the size."""
    pictures = []
    for seed, handle, target in DRAGS:
        session = EditSession.from_seed(model, seed=seed)
        before = enlarged(session.image)
        for _ in session.drag([DragPoint(handle, target)]):
            pass
        pictures += [with_arrow(before, handle, target), enlarged(session.image)]
    return pictures


def with_arrow(picture, handle, target):
    """A picture of twice the size with a line from the handle to a dot on the target."""
    (x, y), (to_x, to_y) = ((2 * x + 1, 2 * y + 1) for x, y in (handle, target))
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    for colour, width, radius in ((255, 255, 255), 4, 5), ((220, 30, 40), 2, 4):
        draw.line((x, y, to_x, to_y), fill=colour, width=width)
        draw.ellipse((to_x - radius, to_y - radius, to_x + radius, to_y + radius), fill=colour)
    return np.asarray(image)


def enlarged(picture):
    height, width = picture.shape[:2]
    return np.asarray(Image.fromarray(picture).resize((2 * width, 2 * height), Image.Resampling.BICUBIC))


def painting(model):
    """The example painting and the same with a smile, at half their size."""
    photo = PhotoSession.open(model, HERE.parent / "examples" / "painting.png")
    photo.session.apply_vector(load_vectors(model)["smile"])
    with Image.open(HERE.parent / "examples" / "painting.png") as opened:
        before = np.asarray(opened.convert("RGB"))
    return [np.asarray(Image.fromarray(each).reduce(2)) for each in (before, photo.pasted())]


def write(pictures, columns, path):
    sheet = images.grid(np.stack(pictures), columns, gap=4)
    with whole_file(path) as unfinished:
        Image.fromarray(sheet).save(unfinished, quality=88, method=6)
    print(f"{path}: {sheet.shape[1]} x {sheet.shape[0]} px, {path.stat().st_size / 1e3:.0f} kB")


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
    write(vector_rows(model), 1 + len(VECTORS), options.out / "vectors.webp")
    write(drags(model), 2 * len(DRAGS), options.out / "drag.webp")
    write(painting(model), 2, options.out / "painting.webp")
    write(list(samples(model, range(32), 0.7)), 8, options.out / "samples.webp")
    write(list(samples(load_model("portraits-64", device="cpu"), range(32), 0.7)), 8, options.out / "samples-64.webp")


if __name__ == "__main__":
    main()
