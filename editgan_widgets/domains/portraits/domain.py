"""The domain of rendered portraits."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from editgan_widgets.domains.domain import Domain, Judges, Opening, Rendering, Subject, SubjectPoints
from editgan_widgets.domains.edits import LibraryEdit, ScriptedEdit
from editgan_widgets.domains.portraits.palettes import PALETTES
from editgan_widgets.domains.portraits.parts import (
    COARSE_LABELS,
    FINE_LABELS,
    GROUP_LABELS,
    PORTRAIT_LABELS,
    ids_within,
)
from editgan_widgets.labels import LabelSet


def _judges(device: torch.device) -> Judges:
    from editgan_widgets.domains.portraits.factor_regressor import load_factor_regressor
    from editgan_widgets.domains.portraits.identity import load_identity
    from editgan_widgets.domains.portraits.measuring import fold_batch_norm
    from editgan_widgets.domains.portraits.part_sizes import PortraitAttributes
    from editgan_widgets.domains.portraits.segmenter import load_segmenter

    factors = PortraitAttributes(load_factor_regressor())
    judges = Judges(load_segmenter().to(device), factors.to(device), load_identity().to(device))
    for network in (judges.segmenter, judges.factors, judges.identity):
        fold_batch_norm(network)  # pyright: ignore
        network.to(memory_format=torch.channels_last)  # pyright: ignore  # convolutions are a quarter quicker
    return judges


def _scripted_edits() -> tuple[ScriptedEdit, ...]:
    from editgan_widgets.domains.portraits import scripted_edits

    return scripted_edits.SCRIPTED_EDITS


def _library_edits() -> tuple[LibraryEdit, ...]:
    from editgan_widgets.domains.portraits import library_edits

    return library_edits.LIBRARY


def _render(seed: int, size: int) -> Rendering:
    from editgan_widgets.domains.portraits.renderer import render

    return render(seed, size)


def _find(pixels: UInt8[np.ndarray, "h w 3"]) -> list[Subject]:
    from editgan_widgets.domains.portraits.reader.faces import find_faces

    return [Subject(face.square, face.score) for face in find_faces(pixels)]


def _landmarks(pixels: UInt8[np.ndarray, "s s 3"], near: SubjectPoints | None = None) -> SubjectPoints | None:
    from editgan_widgets.domains.portraits.reader.faces import framed_points

    return framed_points(pixels, near)


def _read_parts(pixels: UInt8[np.ndarray, "s s 3"], labels: LabelSet) -> UInt8[np.ndarray, "s s"]:
    from editgan_widgets.domains.portraits.reader.parts import read_parts

    return read_parts(pixels, labels)


_EYES = {
    "right": ((161, 160, 159, 158, 157), (163, 144, 145, 153, 154), (33, 133), (46, 53, 52, 65, 55)),
    "left": ((388, 387, 386, 385, 384), (390, 373, 374, 380, 381), (263, 362), (276, 283, 282, 295, 285)),
}
_OPENINGS = (
    *(
        Opening(
            upper,
            lower,
            corners,
            (f"{side} sclera", f"{side} iris"),
            (f"{side} eyelid", f"{side} lower lid", f"{side} lashes"),
            brow,
        )
        for side, (upper, lower, corners, brow) in _EYES.items()
    ),
    Opening(
        (191, 80, 81, 82, 13, 312, 311, 310, 415),
        (95, 88, 178, 87, 14, 317, 402, 318, 324),
        (78, 308),
        ("mouth", "teeth", "commissure"),
        ("upper lip", "lower lip"),
    ),
)  # of the face mesh

_PRETRAINED = Path(__file__).resolve().parents[2] / "pretrained"

DOMAIN = Domain(
    name="portraits",
    label_sets=(FINE_LABELS, COARSE_LABELS, PORTRAIT_LABELS),
    palettes=PALETTES,
    coarse_parts={
        part.name: GROUP_LABELS[group].name
        for part, group in zip(PORTRAIT_LABELS, ids_within(GROUP_LABELS), strict=True)
    },
    load_judges=_judges,
    incidental=frozenset(
        {"skin_tone", "hair_darkness", "lip_redness", "iris_color", "light_azimuth", "light_elevation"}
    ),
    probe="smile",
    vectors=(_PRETRAINED / "portraits-128" / "vectors", _PRETRAINED / "portraits-64" / "vectors"),
    scripted_edits=_scripted_edits,
    library_edits=_library_edits,
    render=_render,
    find=_find,
    subjects="faces",
    landmarks=_landmarks,
    openings=_OPENINGS,
    read_parts=_read_parts,
)
