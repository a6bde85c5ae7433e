"""Named mask edits that the portraits' vector library is learned from, each with the factor that it should change.

Each is an Operation (masks/part_operations.py) on a portrait's label map. Left and right are the person's own; in the
picture the person's left is on the right.
"""

from collections.abc import Callable

import numpy as np

from editgan_widgets.domains.edits import LibraryEdit
from editgan_widgets.domains.portraits import scripted_edits
from editgan_widgets.domains.portraits.scripted_edits import BARE_SKIN, EYE, MOUTH, NOSE
from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.part_operations import (
    LabelMap,
    OfPart,
    OfPicture,
    Operation,
    bend,
    chain,
    extent,
    move,
    scale,
    smear,
    warp,
    without,
)
from editgan_widgets.masks.strokes import Stroke, rasterise

_LIDS = ("eyelid", "lower lid", "lashes")
_FACIAL_HAIR = ("beard", "moustache")
_SOFT = (*BARE_SKIN, *_FACIAL_HAIR, "commissure")
_FEATURES = (*MOUTH, *NOSE, *EYE, *_LIDS, "brow", "philtrum", "glasses", "moustache")


def _scripted(edit: Callable[..., LabelMap | None], **sizes: float) -> Operation:
    def operation(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        painted = edit(label_map, labels, **sizes)
        return label_map.copy() if painted is None else painted

    return operation


def shorter_hair(label_map: LabelMap, labels: LabelSet) -> LabelMap:
    """Remove the hair below the nose tip; neck, clothes and background take its place, and the face stays as wide."""
    hair, nose = np.isin(label_map, labels.resolve("hair")), np.isin(label_map, labels.resolve(NOSE))
    if not nose.any():
        return label_map.copy()
    hair[: int(extent(nose)[3])] = False
    if hair.mean() <= 0.01:  # hair that is short already
        return label_map.copy()
    behind = np.isin(label_map, labels.resolve(("background", "neck", "clothes")))
    return np.where(hair, without(label_map, ~behind), label_map)


def fringe(label_map: LabelMap, labels: LabelSet, fall: float = 0.08) -> LabelMap:
    """Extend the hair above the forehead towards the brows."""
    hair, brows = labels.ids("hair"), np.isin(label_map, labels.ids("brow"))
    if not brows.any():
        return label_map.copy()
    left, top, right, _ = extent(brows)
    seed = np.isin(label_map, hair)
    seed[int(top) :] = False
    x = np.arange(label_map.shape[1]) + 0.5
    dy = np.where((x > left - 2) & (x < right + 2), fall * len(label_map), 0.0)
    return smear(label_map, seed, hair[0], dy, over=labels.ids("forehead", "temple", "frown", "skin", "wrinkles"))


def beard(label_map: LabelMap, labels: LabelSet) -> LabelMap:
    """Paint a beard over chin and jaw, and beside the mouth."""
    mouth = np.isin(label_map, labels.ids(*MOUTH))
    if not mouth.any():
        return label_map.copy()
    below = np.arange(label_map.shape[0])[:, None] > extent(mouth)[1] + 1
    free = np.isin(label_map, labels.ids("chin", "jaw", "skin", "wrinkles")) & below
    return np.where(free, labels.resolve("beard")[0], label_map).astype(np.uint8)


def wrinkles(label_map: LabelMap, labels: LabelSet) -> LabelMap:
    """Paint lines across the forehead and from the wings of the nose past the corners of the mouth."""
    name = labels[labels.resolve("wrinkles")[0]].name
    nose, mouth, brows = (np.isin(label_map, labels.ids(*part)) for part in (NOSE, MOUTH, ("brow",)))
    if not (nose.any() and mouth.any() and brows.any()):
        return label_map.copy()
    size = len(label_map)
    nose_left, _, nose_right, nose_bottom = extent(nose)
    left, top, right, _ = extent(mouth)
    brow_left, brow_top, brow_right, _ = extent(brows)
    painted = label_map
    lines = [
        [(nose_left - 0.02 * size, nose_bottom - 0.03 * size), (left - 0.04 * size, top)],
        [(nose_right + 0.02 * size, nose_bottom - 0.03 * size), (right + 0.04 * size, top)],
    ]
    inner = 0.2 * (brow_right - brow_left)
    for above in (0.035, 0.065):
        y = brow_top - above * size
        lines.append([(brow_left + inner, y), ((brow_left + brow_right) / 2, y - 1), (brow_right - inner, y)])
    for points in lines:
        painted = rasterise(Stroke(points=points, radius=0.008 * size, label=name), painted, labels)
    free = np.isin(label_map, labels.ids(*BARE_SKIN))
    return np.where(free, painted, label_map).astype(np.uint8)


def glasses(label_map: LabelMap, labels: LabelSet) -> LabelMap:
    """Paint a frame around each eye and a bridge between them."""
    frame = labels.resolve("glasses")[0]
    if np.isin(label_map, frame).mean() > 0.002:  # the person wears glasses already
        return label_map.copy()
    boxes = []
    for side in ("left", "right"):
        eye = np.isin(label_map, labels.of_side(labels.ids(*EYE, *_LIDS), side))
        if not eye.any():
            return label_map.copy()
        boxes.append(extent(eye))
    size = len(label_map)
    y, x = np.mgrid[:size, : label_map.shape[1]] + 0.5
    painted = label_map.copy()
    middles = []
    for left, top, right, bottom in boxes:
        mx, my = (left + right) / 2, (top + bottom) / 2
        middles.append((mx, my))
        a, b = 0.115 * size, 0.085 * size
        inside = np.abs((x - mx) / a) ** 3 + np.abs((y - my - 0.01 * size) / b) ** 3
        painted[(inside < 1) & (inside > 0.55)] = frame
    (x0, y0), (x1, _) = sorted(middles)
    bridge = (np.abs(y - y0 + 0.01 * size) < 0.012 * size) & (x > x0 + 0.1 * size) & (x < x1 - 0.1 * size)
    painted[bridge] = frame
    return np.where(np.isin(label_map, labels.ids("hair", "background")), label_map, painted).astype(np.uint8)


def _head_turn(by: float) -> Operation:
    """Move the facial features sideways over the skin; a positive number moves them to the picture's right."""

    def operation(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        step = by * len(label_map)
        return warp(label_map, labels.ids(*_FEATURES), lambda x, y: (x - step, y), over=labels.ids(*BARE_SKIN))

    return operation


LIBRARY: tuple[LibraryEdit, ...] = (
    LibraryEdit("smile", _scripted(scripted_edits.wider_smile, stretch=1.3, lift=0.025), "smile"),
    LibraryEdit(
        "frown",
        chain(
            scale(MOUTH, 0.92, 1.0),
            bend(MOUTH, OfPicture(-0.025), over=_SOFT),
            move("brow", dy=OfPicture(0.015), over=(*BARE_SKIN, "eyelid")),
        ),
        "frown",
    ),
    LibraryEdit("open mouth", _scripted(scripted_edits.open_mouth, gap=0.05), "jaw_open"),
    LibraryEdit("close eyes", _scripted(scripted_edits.closed_eyes), "blink"),
    LibraryEdit("wide eyes", scale(EYE, 1.05, 1.45, over=(*_LIDS, *BARE_SKIN)), "eyes_wide"),
    LibraryEdit("raise brows", _scripted(scripted_edits.raised_brows, rise=0.03), "brow_raise"),
    LibraryEdit("lower brows", move("brow", dy=OfPicture(0.02), over=(*BARE_SKIN, "eyelid")), "brow_raise", -1),
    LibraryEdit("gaze left", move(("iris", "pupil"), dx=OfPart(0.5), over="sclera"), "gaze_x"),
    LibraryEdit("gaze right", move(("iris", "pupil"), dx=OfPart(-0.5), over="sclera"), "gaze_x", -1),
    LibraryEdit("bigger nose", _scripted(scripted_edits.bigger_nose), "nose_width"),
    LibraryEdit("smaller nose", scale(NOSE, 0.8, 0.93, anchor=(0.5, 0.0)), "nose_width", -1),
    LibraryEdit("thicker lips", _scripted(scripted_edits.thicker_lips), "lip_thickness"),
    LibraryEdit("thinner lips", scale(("upper lip", "lower lip"), 1.0, 0.7), "lip_thickness", -1),
    LibraryEdit("longer hair", _scripted(scripted_edits.longer_hair, length=0.2), "hair_length"),
    LibraryEdit("shorter hair", shorter_hair, "hair_length", -1),
    LibraryEdit("higher hairline", _scripted(scripted_edits.higher_hairline, rise=0.07), "forehead_height"),
    LibraryEdit("fringe", fringe, "fringe"),
    LibraryEdit("beard", beard, "beard"),
    LibraryEdit("wrinkles", wrinkles, "age"),
    LibraryEdit("glasses", glasses, "glasses"),
    LibraryEdit("turn left", _head_turn(0.06), "yaw"),
    LibraryEdit("turn right", _head_turn(-0.06), "yaw", -1),
)
