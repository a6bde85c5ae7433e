"""Compare the faces that are found in photos with those of dlib (extra `faces`): squares, landmarks, misses.

    pip install 'editgan-widgets[faces]'
    python docs/measure_photos.py PHOTO_OR_FOLDER...

For each face of dlib's detector: IoU of the two squares, and the distances of dlib's five landmarks (corners of the
eyes, base of the nose) in percent of the eye distance.
"""

import argparse
import time
from pathlib import Path

import dlib
import numpy as np

from editgan_widgets.analysis.outside_identity import dlib_identity
from editgan_widgets.documents.photo import open_photo
from editgan_widgets.domains.portraits.reader.faces import Face, find_faces
from editgan_widgets.squares import Square, overlap

SAME_AS_DLIBS = (263, 362, 33, 133, 2)  # of the mesh, in the order of dlib's five points
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


def main() -> None:
    """Print a line for each face, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, nargs="+")
    paths = [file for path in parser.parse_args().photos for file in files_of(path)]
    detector = dlib.get_frontal_face_detector()
    identity = dlib_identity()
    overlaps, errors, missed, more = [], [], 0, 0
    for path in paths:
        pixels = open_photo(path).pixels
        begun = time.perf_counter()
        faces = find_faces(pixels)
        seconds = time.perf_counter() - begun
        known = detector(pixels, 1)
        more += max(0, len(faces) - len(known))
        print(f"{path.name}: {len(faces)} faces in {seconds:.1f} s, dlib {len(known)}")
        for box in known:
            theirs = Square(box.center().x, box.center().y, box.width())
            shared, face = max(((overlap(_square(x), theirs), x) for x in faces), default=(0.0, None), key=_first)
            if face is None or shared == 0:
                missed += 1
                print(f"  missed: {box}")
                continue
            points = identity.landmarks(pixels, box)
            error = np.linalg.norm(face.points[list(SAME_AS_DLIBS), :2] - points, axis=1) / face.eye_distance * 100
            overlaps.append(shared)
            errors.append(error)
            print(f"  IoU {shared:.2f}, landmarks {', '.join(f'{x:.1f}' for x in error)} % of the eye distance")
    print(f"{len(errors)} of {len(errors) + missed} faces of dlib found, {more} others")
    if errors:
        print(f"IoU of the squares: median {np.median(overlaps):.2f}, least {min(overlaps):.2f}")
        print(f"landmarks: median {np.median(errors):.1f} % of the eye distance")


def files_of(path: Path) -> list[Path]:
    return sorted(x for x in path.iterdir() if x.suffix.lower() in SUFFIXES) if path.is_dir() else [path]


def _square(face: Face) -> Square:
    left, upper, right, lower = face.box
    return Square((left + right) / 2, (upper + lower) / 2, max(right - left, lower - upper))


def _first(pair: tuple[float, Face | None]) -> float:
    return pair[0]


if __name__ == "__main__":
    main()
