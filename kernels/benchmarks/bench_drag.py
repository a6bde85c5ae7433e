"""Measure dragging: distance of landmarks from their targets after one-point drags, by an independent segmenter.

Drags brow, lip corner, hair edge, jaw and eye corner by 6 px (at 128 px), each on another sampled portrait, and prints
a table by kind and for all drags.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from editgan_widgets import load_model
from editgan_widgets.analysis.scripted_drags import SCRIPTED_DRAGS, measure_drags
from editgan_widgets.domains.portraits import load_segmenter
from editgan_widgets.files import write_text
from editgan_widgets.latent.terms.drag import DRAG_STEPS

NEAR = 2 / 128  # share of the height: 2 px at 128 px


def table(measures, size):
    rows = ["| landmark | drags | within 2 px | median miss, px | change outside | seconds |", "|---" * 6 + "|"]
    for name in [*dict.fromkeys(measure.name for measure in measures), "all"]:
        found = [measure for measure in measures if name in (measure.name, "all")]
        near = np.mean([measure.missed_by <= NEAR * size for measure in found])
        miss, outside, seconds = (
            float(np.median([getattr(measure, figure) for measure in found]))
            for figure in ("missed_by", "outside", "seconds")
        )
        rows.append(f"| {name} | {len(found)} | {near:.0%} | {miss:.1f} | {outside:.4f} | {seconds:.2f} |")
    return "\n".join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="portraits")
    parser.add_argument("--count", type=int, default=50, help="drags")
    parser.add_argument("--steps", type=int, default=DRAG_STEPS, help="of each drag")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("results"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load_model(options.model)
    measures = []
    segmenter = load_segmenter(labels=model.labels)
    for measure in measure_drags(model, segmenter, SCRIPTED_DRAGS, options.count, steps=options.steps):
        measures.append(measure)
        print(f"{measure.name:12s} seed {measure.seed}  missed by {measure.missed_by:4.1f} px", flush=True)
    text = table(measures, model.resolution)
    print(text)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "drag.md", text + "\n")
    write_text(options.out / "drag.json", json.dumps([vars(measure) for measure in measures], indent=1))


if __name__ == "__main__":
    main()
