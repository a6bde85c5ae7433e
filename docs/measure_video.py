"""Measure the flicker of an edit in a clip: a moving square of scikit-image's astronaut, whose motion is known.

python docs/measure_video.py [--vectors smile "open mouth"] [--frames 24] [--out video.md]

Flicker is the mean absolute change of the edit (edited minus original, 0 to 255) from one frame to the next inside the
face, after the known motion is undone.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
import torch
from skimage import data

from editgan_widgets import load_model
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.video import edited_frames, followed
from editgan_widgets.files import write_text
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.squares import Square, cut_square

SIZE, FACE = 256, (225.0, 112.0, 150.0)  # px of a frame; middle and side of the measured square of the astronaut


def moving_squares(count):
    turns = 2 * np.pi * np.arange(count) / 24
    return [
        Square(225 + 30 * np.sin(t), 130 + 15 * np.cos(t), 250 + 40 * abs(np.sin(t / 2)), 8 * np.sin(t)) for t in turns
    ]


def still(frame, square):
    """The face in a frame, as if nothing had moved."""
    x, y = square.from_picture(np.array([FACE[:2]]))[0] * SIZE
    return cut_square(frame, Square(float(x), float(y), FACE[2] * SIZE / square.side, -square.roll), 128).astype(float)


def flicker(edited, frames, squares):
    change = [still(a, s) - still(b, s) for a, b, s in zip(edited, frames, squares, strict=True)]
    return float(np.mean([np.abs(b - a).mean() for a, b in itertools.pairwise(change)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", nargs="+", default=["smile", "open mouth", "raise brows"])
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model("portraits")
    library, squares = load_vectors(model), moving_squares(asked.frames)
    frames = np.stack([cut_square(data.astronaut(), square, SIZE) for square in squares])
    shots = followed(model, frames)
    lines = ["| edit | flicker of the video | of each frame edited alone | n |", "|---|---|---|---|"]
    for name in asked.vectors:
        made = list(edited_frames(model, frames, shots, lambda w, v=library[name]: v.apply(w, 1.0, model)))
        alone = []
        for frame in frames:
            photo = PhotoSession.open(model, frame)
            photo.session.apply_vector(library[name])
            alone.append(photo.pasted())
        figures = flicker(made, frames, squares), flicker(alone, frames, squares)
        lines.append(f"| {name} | {figures[0]:.2f} | {figures[1]:.2f} | {len(frames)} frames |")
        print(lines[-1], flush=True)
    if asked.out:
        write_text(asked.out, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
