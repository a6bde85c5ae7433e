"""Compute the mean face mesh of frontal renders in the frame of a portrait, and print how well it frames renders.

editgan render --out renders --count 400 --size 256
python docs/make_face_template.py renders
"""

import argparse
import json
from pathlib import Path

import numpy as np

from editgan_widgets.domains.portraits.reader.faces import RIGID, TEMPLATE, face_of, networks, similarity
from editgan_widgets.domains.portraits.reader.mesh import face_points

MOST_YAW, MOST_PITCH = 5.0, 4.0  # degrees of a frontal portrait
MIDDLE, SIZE = (0.5, 0.52), 0.37  # of the face's box in the frame


def main() -> None:
    """Read the renders of a folder, write the template."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("renders", type=Path)
    parser.add_argument("--check", action="store_true", help="leave the shipped template as it is")
    given = parser.parse_args()
    pictures = np.load(given.renders / "images.npy", mmap_mode="r")
    records = [json.loads(line) for line in (given.renders / "factors.jsonl").open()]
    side, mesh = pictures.shape[1], networks()["mesh"]
    meshes = []
    for picture in pictures[: len(records)]:
        sure, points = face_points(mesh, np.asarray(picture), np.array(MIDDLE) * side, SIZE * side, 0.0)
        meshes.append(points / side if sure > 0.9 else None)
    if not given.check:
        np.save(TEMPLATE, _template(meshes, records).astype(np.float32))
        print(f"wrote {TEMPLATE}; run again with --check for its figures")
        return
    found = [(face_of(x, 1.0), record) for x, record in zip(meshes, records, strict=True) if x is not None]
    shift = np.median([np.hypot(face.square.x - 0.5, face.square.y - 0.5) for face, _ in found])
    turned = np.median([abs(face.yaw + record["yaw"]) for face, record in found])
    low, middle, high = np.percentile([face.square.side for face, _ in found], [5, 50, 95])
    print(f"found {len(found)} of {len(records)}; middle of the frame off by {shift:.3f} of its side (median)")
    print(f"side {middle:.2f} of the frame's (5% to 95%: {low:.2f} to {high:.2f}); yaw off by {turned:.1f} degrees")


def _template(meshes: list[np.ndarray | None], records: list[dict]) -> np.ndarray:
    frontal = np.array(
        [
            points
            for points, record in zip(meshes, records, strict=True)
            if points is not None and abs(record["yaw"]) < MOST_YAW and abs(record["pitch"]) < MOST_PITCH
        ]
    )
    rigid, mean = list(RIGID), frontal.mean(0)
    for _ in range(3):  # generalised Procrustes analysis
        aligned = []
        for points in frontal:
            scale, turn, shift = similarity(points[rigid], mean[rigid])
            aligned.append(scale * points @ turn.T + shift)
        mean = np.mean(aligned, axis=0)
    scale, turn, shift = similarity(mean[rigid], frontal.mean(0)[rigid])
    return scale * mean @ turn.T + shift


if __name__ == "__main__":
    main()
