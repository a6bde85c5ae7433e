"""Measure edits of photos with networks that were trained on photos, and print one table of figures.

    pip install 'editgan-widgets[faces]'
    npm pack @vladmandic/face-api && tar xzf vladmandic-face-api-*.tgz
    python docs/measure_photo_edits.py PHOTO_OR_FOLDER... --expressions package/model

Each edit of the library in EDITS is applied at full strength to every photo, or with `--every-face` to every face in
it. Identity is the distance of dlib's descriptors, and "happy" the probability of face-api's expression network (the
file face_expression_model.bin). Pictures of one person have the same file name but for digits at its end.
"""

import argparse
import json
import re
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from measure_photos import files_of
from PIL import Image
from torch import Tensor

from editgan_widgets import images, load_model
from editgan_widgets.analysis.outside_identity import dlib_identity
from editgan_widgets.documents.photo import Crop, Photo, open_photo
from editgan_widgets.documents.photo_session import PhotoSession
from editgan_widgets.documents.photo_squares import found_crops
from editgan_widgets.documents.session_view import SessionView
from editgan_widgets.domains.portraits import FINE_LABELS, render_many
from editgan_widgets.domains.portraits.parts import ids_within
from editgan_widgets.domains.portraits.reader.parts import read_parts
from editgan_widgets.files import write_text
from editgan_widgets.iou import confusion, mean_iou
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.training.photographic import photographic
from editgan_widgets.widgets import Editor

EDITS = (
    "smile", "open mouth", "close eyes", "raise brows", "gaze left", "bigger nose", "thicker lips", "beard", "glasses",
)  # fmt: skip
SAME_PERSON = 0.6  # dlib's usual threshold of the distance
COPY = 0.1  # distance below which two photos are the same one
CUT = 512  # px, of the square around a face in which dlib and the expressions are read
HAPPY, SURE = 1, 0.9  # index of the expression; probability from which a face is happy before the edit
FIRST_SEED = 31_000_000  # far from every training's seeds
PARTS_SIZE, LARGE, SLIDER = 128, (4000, 3000), 20


class Expressions:
    """face-api's expression network: four dense blocks of depthwise separable convolutions, at 112 px.

    Args:
        folder: folder of face_expression_model.bin and its manifest.
    """

    def __init__(self, folder: Path) -> None:
        manifest = json.loads((folder / "face_expression_model-weights_manifest.json").read_text())[0]
        data = b"".join((folder / path).read_bytes() for path in manifest["paths"])
        self._weights, at = {}, 0
        for entry in manifest["weights"]:
            packed, count = entry.get("quantization"), int(np.prod(entry["shape"]))
            kind = np.dtype(packed["dtype"] if packed else "float32").newbyteorder("<")
            values = np.frombuffer(data, kind, count, at).astype(np.float32)
            at += count * kind.itemsize
            if packed:
                values = values * np.float32(packed["scale"]) + np.float32(packed["min"])
            self._weights[entry["name"]] = torch.from_numpy(values.reshape(entry["shape"]))

    @torch.no_grad()
    def __call__(self, face: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "7"]:
        """Log probabilities of neutral, happy, sad, angry, fearful, disgusted and surprised for a face's box."""
        height, width = face.shape[:2]
        scale = 112 / max(height, width)
        size = round(width * scale), round(height * scale)
        square = Image.new("RGB", (112, 112))
        square.paste(
            Image.fromarray(face).resize(size, Image.Resampling.BILINEAR), tuple((112 - side) // 2 for side in size)
        )
        mean = torch.tensor([122.782, 117.001, 104.298])
        x = ((torch.from_numpy(np.array(square)).float() - mean) / 255).permute(2, 0, 1)[None]
        for block in range(4):
            x = self._block(x, f"dense{block}")
        x = F.avg_pool2d(x, 7, 2).flatten(1)
        logits = x @ self._weights["fc/weights"] + self._weights["fc/bias"]
        return logits[0].double().log_softmax(0).numpy()

    def _block(self, x: Tensor, name: str) -> Tensor:
        total = first = F.relu(self._convolved(x, f"{name}/conv0", 2))
        for i in (1, 2, 3):
            total = total + self._convolved(first if i == 1 else F.relu(total), f"{name}/conv{i}", 1)
        return F.relu(total)

    def _convolved(self, x: Tensor, name: str, stride: int) -> Tensor:
        bias = self._weights[f"{name}/bias"]
        pad = (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1)  # "same" in TensorFlow, for an even side
        x = F.pad(x, pad)
        if f"{name}/filters" in self._weights:
            return F.conv2d(x, self._weights[f"{name}/filters"].permute(3, 2, 0, 1), bias, stride)
        depthwise = self._weights[f"{name}/depthwise_filter"].permute(2, 3, 0, 1)
        pointwise = self._weights[f"{name}/pointwise_filter"].permute(3, 2, 0, 1)
        return F.conv2d(F.conv2d(x, depthwise, None, stride, groups=x.shape[1]), pointwise, bias)


@dataclass(frozen=True)
class Edited:
    """What the judges say about one edit of one face."""

    face: int  # number of the face
    edit: str
    distance: float
    changed: float  # share of the photo's pixels
    outside: int  # changed pixels outside the face's square
    happier: float | None  # change of the log odds of "happy"


@dataclass(frozen=True, eq=False)
class KnownFace:
    """A face before all edits."""

    file: Path
    number: int  # of the face in the photo, the largest first
    descriptor: Float[np.ndarray, "128"]
    happy: float | None

    @property
    def person(self) -> str:
        """Name of the person, or of a set of photos with several."""
        return re.sub(r"\d+$", "", self.file.stem)


def measured(
    model: EditGAN, photos: list[Path], every_face: bool, expressions: Expressions | None
) -> tuple[list[KnownFace], list[Edited]]:
    """Edit all faces of photos; a line is printed for each face."""
    identity, vectors = dlib_identity(), load_vectors(model)
    faces: list[KnownFace] = []
    results: list[Edited] = []
    for file in photos:
        photo = open_photo(file)
        crops = found_crops(model, photo) or []
        for number, crop in enumerate(crops if every_face else crops[:1]):
            cut = photo.cut(crop, CUT)
            box = identity.box(cut)
            opened = PhotoSession.open(model, photo, crop)
            if box is None or opened.edits is None:
                missing = "dlib finds no face" if box is None else "no landmarks are found"
                print(f"{file.name}, face {number + 1}: {missing}, left out")
                continue
            before = identity.descriptor(cut, box)
            if any(np.linalg.norm(before - face.descriptor) < COPY for face in faces):
                print(f"{file.name}, face {number + 1}: a copy of another photo, left out")
                continue
            odds = _happy(expressions, cut, box)
            faces.append(KnownFace(file, number, before, odds and 1 / (1 + np.exp(-odds))))
            found = [
                _edited(len(faces) - 1, photo, crop, opened, edit, vectors[edit], identity, before, box, expressions)
                for edit in EDITS
            ]
            results += found
            distances = ", ".join(f"{one.edit} {one.distance:.2f}" for one in found)
            print(f"{file.name}, face {number + 1}, {crop.side:.0f} px: {distances}", flush=True)
    return faces, results


def _edited(index, photo: Photo, crop: Crop, opened, edit, vector, identity, before, box, expressions) -> Edited:
    opened.session.apply_vector(vector)
    pasted = opened.pasted("transfer")
    opened.session.undo()
    changed = (pasted != photo.pixels).any(2)
    y, x = np.nonzero(changed)
    inside = crop.square.from_picture(np.stack([x, y], -1) + 0.5)
    cut = Photo(pasted).cut(crop, CUT)
    happier = None
    if expressions is not None and edit == "smile":
        happier = float(np.subtract(*(_happy(expressions, one, box) for one in (cut, photo.cut(crop, CUT)))))
    return Edited(
        face=index,
        edit=edit,
        distance=float(np.linalg.norm(identity.descriptor(cut, box) - before)),
        changed=float(changed.mean()),
        outside=int(((inside < -1 / crop.side) | (inside > 1 + 1 / crop.side)).any(1).sum()),
        happier=happier,
    )


def _happy(expressions: Expressions | None, cut: UInt8[np.ndarray, "s s 3"], box: Any) -> float | None:
    """Log odds of "happy"."""
    if expressions is None:
        return None
    left, upper = max(0, box.left()), max(0, box.top())
    found = expressions(cut[upper : box.bottom(), left : box.right()])
    others = np.delete(found, HAPPY)
    return float(found[HAPPY] - np.logaddexp.reduce(others))


def nearest_strangers(faces: list[KnownFace]) -> float:
    """Smallest distance between two people: faces of one photo, or of files with different names. inf without any."""
    return min(
        (
            float(np.linalg.norm(one.descriptor - other.descriptor))
            for i, one in enumerate(faces)
            for other in faces[:i]
            if one.file == other.file or one.person != other.person
        ),
        default=float("inf"),
    )


def seconds_of_a_large_photo(model: EditGAN, file: Path) -> tuple[float, float]:
    """Seconds from the editor's `open` to its photo, and to the first picture of a slider, for 12 megapixels."""
    picture = Image.fromarray(open_photo(file).pixels)
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.jpg"
        picture.resize(LARGE, Image.Resampling.BICUBIC).save(large, quality=92)
        editor = Editor(model, journal=False, auto=False)
        begun = time.perf_counter()
        editor.open(large)
        editor.wait()
        opened = time.perf_counter() - begun
        vector, session = load_vectors(model)["smile"], editor.session
        view = SessionView(session, editor.photo)
        view.preview(vector.apply(session.w_plus, 0.5, model))
        total = time.perf_counter() - begun
        editor.close()
    return opened, total


def pictures_per_second(model: EditGAN, file: Path) -> float:
    """Pictures of a slider that moves over SLIDER values."""
    opened = PhotoSession.open(model, file)
    view, vector, session = SessionView(opened.session, opened), load_vectors(model)["smile"], opened.session
    view.preview(vector.apply(session.w_plus, 0.05, model))
    begun = time.perf_counter()
    for strength in np.linspace(0.1, 1, SLIDER):
        view.preview(vector.apply(session.w_plus, float(strength), model))
    return SLIDER / (time.perf_counter() - begun)


def part_iou_of_renders(count: int) -> float:
    """mIoU of the parts that are read in renders with other backgrounds, light and framing (training/photographic)."""
    portraits = list(render_many(range(FIRST_SEED, FIRST_SEED + count), PARTS_SIZE))
    pictures = images.from_uint8(np.stack([portrait.image for portrait in portraits]))
    truth = torch.from_numpy(np.stack([portrait.label_map for portrait in portraits]).astype(np.int64))
    seen, parts = photographic(pictures, truth, torch.Generator().manual_seed(0))
    known = ids_within(FINE_LABELS)
    counts = np.zeros((len(FINE_LABELS),) * 2, np.int64)
    for pixels, true in zip(images.to_uint8(seen), parts.numpy(), strict=True):
        counts += confusion(read_parts(pixels, FINE_LABELS)[None], known[true][None], len(FINE_LABELS))
    return mean_iou(counts)


def rows_of(faces: list[KnownFace], results: list[Edited]) -> list[tuple[str, str, str, str]]:
    """Rows of the table: figure, value, n, aim."""
    count, strangers = len(results), nearest_strangers(faces)
    limit = min(SAME_PERSON, strangers)
    kept = np.mean([one.distance < limit for one in results])
    rows = [
        ("smallest distance between two people", f"{strangers:.2f}", f"{len(faces)} faces", ""),
        (f"same person, distance < {limit:.2f}", f"{kept:.1%}", f"{count} edits", ">= 95 %"),
    ]
    by_edit = defaultdict(list)
    for one in results:
        by_edit[one.edit].append(one.distance)
    rows += [
        (f"distance after {edit}, median (largest)", f"{np.median(found):.2f} ({max(found):.2f})", str(len(found)), "")
        for edit, found in by_edit.items()
    ]
    gained = [one.happier for one in results if one.happier is not None]
    if gained:
        rows.append(('"happy" rises after smile', f"{np.mean(np.greater(gained, 0)):.0%}", str(len(gained)), ">= 90 %"))
        sober = [g for g, face in zip(gained, faces, strict=True) if face.happy is not None and face.happy < SURE]
        if sober:
            rows.append(("… of faces not happy before", f"{np.mean(np.greater(sober, 0)):.0%}", str(len(sober)), ""))
    else:
        rows.append(('"happy" rises after smile', "not measured, --expressions is not given", "0", ">= 90 %"))
    outside, share = sum(one.outside > 0 for one in results), np.mean([one.changed for one in results])
    rows.append(("edits that change a pixel outside the square", str(outside), f"{count} edits", "0"))
    rows.append(("share of the photo's pixels that changed, mean", f"{share:.1%}", f"{count} edits", ""))
    return rows


def main() -> None:
    """Print a line for each face, and the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--expressions", type=Path, help="folder of face_expression_model.bin of @vladmandic/face-api")
    parser.add_argument("--every-face", action="store_true", help="all faces of a photo, not only the largest")
    parser.add_argument("--renders", type=int, default=200, help="of the part map; 0 skips it")
    parser.add_argument("--threads", type=int, default=2, help="torch's, of the times")
    parser.add_argument("--no-times", action="store_true")
    parser.add_argument("--out", type=Path, help="file for the table")
    options = parser.parse_args()
    torch.set_num_threads(1)
    photos = [file for path in options.photos for file in files_of(path)]
    model = load_model("portraits")
    expressions = None if options.expressions is None else Expressions(options.expressions)
    rows = rows_of(*measured(model, photos, options.every_face, expressions))
    if not options.no_times:
        torch.set_num_threads(options.threads)
        opened, total = seconds_of_a_large_photo(model, photos[0])
        rows.append(
            (f"{LARGE[0]} x {LARGE[1]} px: opened, first slider picture", f"{opened:.1f} s, {total:.1f} s", "1", "")
        )
        rate = pictures_per_second(model, photos[-1])
        rows.append((f"slider pictures per second, {options.threads} threads", f"{rate:.1f}", str(SLIDER), ""))
    if options.renders:
        found = part_iou_of_renders(options.renders)
        rows.append(("parts read in renders made photographic, mIoU", f"{found:.3f}", str(options.renders), ""))
    lines = [f"| {' | '.join(row)} |" for row in (("figure", "value", "n", "aim"), ("---",) * 4, *rows)]
    print("\n".join(lines))
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        write_text(options.out, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
