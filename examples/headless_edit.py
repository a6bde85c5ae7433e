"""Edit a portrait from a script, without Jupyter: widen the smile, and keep before, after, mask and edit vector.

    python examples/headless_edit.py --seed 4 --steps 30 --out smile

The brush strokes are laid out from the label map, so any seed works: one from each corner
of the mouth outwards and a little up.
"""

import argparse
from pathlib import Path

import numpy as np

from editgan_widgets import EditSession, Stroke, images, load_model


def smile_strokes(session: EditSession) -> list[Stroke]:
    """Strokes that widen the mouth to both sides, in picture pixels."""
    labels = session.model.labels
    # A model of other pictures has no mouth: widen the smallest visible part instead.
    ids = [label.id for label in labels if "mouth" in label.groups and (session.label_map == label.id).any()]
    if not ids:
        counts = np.bincount(session.label_map.ravel(), minlength=len(labels))
        ids = [min((label.id for label in labels if counts[label.id]), key=lambda i: counts[i])]
    ys, xs = np.nonzero(np.isin(session.label_map, ids))
    size = session.model.resolution
    reach, lift, radius = max(2.0, 0.035 * size), 0.02 * size, max(1.0, 0.012 * size)
    strokes = []
    for corner, outwards in ((xs.min(), -1), (xs.max(), 1)):
        x, y = corner + 0.5, float(ys[xs == corner].mean()) + 0.5
        part = int(session.label_map[int(y), int(x)])
        label = part if part in ids else ids[0]
        strokes.append(Stroke([(x, y), (x + outwards * reach, y - lift)], radius, label))
    return strokes


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default="portraits", help="a model's name or file")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path("headless_edit"))
    options = parser.parse_args(argv)

    model = load_model(options.model)
    session = EditSession.from_seed(model, seed=options.seed, truncation_psi=0.7)
    before = session.image
    for stroke in smile_strokes(session):
        session.paint(stroke)
    region = session.region
    assert region is not None
    for step in session.edit(steps=options.steps):
        print(
            f"step {step.index:3d}/{step.total}  segmentation {step.figures['segmentation']:.3f}  "
            f"agreement {step.iou:.2f}  change outside {step.outside:.4f}  {step.seconds:.1f} s"
        )

    options.out.mkdir(parents=True, exist_ok=True)
    images.save(before, options.out / "before.png")
    images.save(session.image, options.out / "after.png")
    images.save(model.labels.colorize(session.label_map), options.out / "mask.png")
    session.edit_vector("wider smile").save(options.out / "wider_smile.safetensors")
    change = np.abs(session.image.astype(float) - before).mean(axis=2) / 255
    print(
        f"mean change inside the region {change[region].mean():.3f}, outside {change[~region].mean():.4f} of the range"
    )
    print(f"written to {options.out}: before.png, after.png, mask.png, wider_smile.safetensors")


if __name__ == "__main__":
    main()
