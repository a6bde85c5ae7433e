"""Measure the portraits' judges (segmenter, factor regressor, identity) on held-out renders.

python docs/measure_judges.py --out results/judges.md
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from editgan_widgets import images
from editgan_widgets.domains.portraits import (
    COARSE_LABELS,
    FINE_LABELS,
    GROUP_LABELS,
    load_factor_regressor,
    load_identity,
    load_segmenter,
    render_many,
)
from editgan_widgets.domains.portraits.factor_regressor import evaluate_factor_regressor
from editgan_widgets.domains.portraits.factors import factors_from_code
from editgan_widgets.domains.portraits.identity import evaluate_identity, view_code
from editgan_widgets.domains.portraits.part_sizes import part_sizes
from editgan_widgets.domains.portraits.parts import ids_within
from editgan_widgets.files import write_text
from editgan_widgets.iou import confusion, mean_iou, part_iou

FIRST_SEED = 30_000_000  # far from every training's seeds


def table(head, rows):
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows), ""]


def segmenter_tables(portraits):
    """Mean IoU over the three label sets, at 128 px and at half the size, and each fine part's."""
    picture = torch.cat([images.from_uint8(p.image) for p in portraits])
    truth = np.stack([p.label_map for p in portraits])
    rows, fine = [], None
    for labels in (FINE_LABELS, COARSE_LABELS, GROUP_LABELS):
        judge, means = load_segmenter(labels=labels), []
        for shrink in (1, 2):
            counts = np.zeros((len(labels),) * 2, np.int64)
            for part, true in zip(picture.split(20), np.split(truth, range(20, len(truth), 20)), strict=True):
                seen = judge.label_map(torch.nn.functional.avg_pool2d(part, shrink)).numpy()
                counts += confusion(seen, ids_within(labels)[true[:, ::shrink, ::shrink]], len(labels))
            means.append(f"{mean_iou(counts):.3f}")
            if labels is FINE_LABELS and shrink == 1:
                fine = part_iou(counts)
        rows.append((labels.name, *means))
    parts = [(label.name, f"{iou:.2f}") for label, iou in zip(FINE_LABELS, fine, strict=True)]
    return [*table(("parts", "mIoU at 128 px", "at 64 px"), rows), *table(("part", "IoU at 128 px"), parts)]


def size_table(portraits, regressor):
    """R² and standard deviation of the sizes that are read off predicted parts, against those of the exact parts."""
    statistics, exact, seen = regressor.statistics, [], []
    predict = statistics.segmenter.forward
    for portrait in portraits:
        picture = images.from_uint8(portrait.image)
        seen.append(statistics(picture))
        parts = torch.from_numpy(ids_within(FINE_LABELS)[portrait.label_map]).long()
        certain = 40.0 * torch.nn.functional.one_hot(parts, len(FINE_LABELS)).permute(2, 0, 1)[None]
        statistics.segmenter.forward = lambda _, certain=certain: certain
        exact.append(statistics(picture))
        statistics.segmenter.forward = predict
    exact, seen = (part_sizes(torch.cat(found), FINE_LABELS) for found in (exact, seen))
    rows = []
    for name, truth in exact.items():
        r2 = 1 - np.square(truth - seen[name]).sum() / np.square(truth - truth.mean()).sum()
        rows.append((name, f"{r2:.2f}", f"{seen[name].std():.2f}"))
    return table(("size", "R²", "standard deviation, % of the side"), rows)


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portraits", type=int, default=500)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--views", type=int, default=6)
    parser.add_argument("--out", type=Path, default=Path("results/judges.md"))
    options = parser.parse_args()
    portraits = list(render_many(range(FIRST_SEED, FIRST_SEED + options.portraits), 128))
    lines = [f"On {len(portraits)} renders, seeds from {FIRST_SEED}.", "", *segmenter_tables(portraits)]

    picture = torch.cat([images.from_uint8(p.image) for p in portraits])
    scores = evaluate_factor_regressor(load_factor_regressor(), picture, [p.factors for p in portraits])
    lines += table(("factor", "R²"), [(name, f"{score:.2f}") for name, score in scores.items()])

    lines += size_table(portraits[:300], load_factor_regressor())

    who = np.repeat(np.arange(options.people), options.views)
    codes = [view_code(FIRST_SEED + 1_000_000 + person, view % options.views) for view, person in enumerate(who)]
    views = render_many([factors_from_code(code) for code in codes], 128)
    found = evaluate_identity(load_identity(), torch.cat([images.from_uint8(p.image) for p in views]), who)
    rows = [
        (name, f"{value:.3f}" if isinstance(value, float) else str(value)) for name, value in found.to_dict().items()
    ]
    lines += table(("identity", "figure"), rows)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_text(options.out, "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
