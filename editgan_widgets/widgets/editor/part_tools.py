"""Part tools: the editor's operations on a whole part, by the names of their buttons."""

from collections.abc import Callable

from editgan_widgets.labels import LabelSet
from editgan_widgets.masks.part_operations import (
    LabelMap,
    Operation,
    bend,
    delete,
    extent,
    flip,
    from_other_side,
    grow,
    move,
    rotate,
    scale,
    shrink,
    smooth,
)


def _stretch(part: int, px: float, across: float = 1.0, down: float = 1.0) -> Operation:
    """Scale a part by factors, and by at least `px` on each side, because a line of lashes is only two pixels high."""

    def operation(label_map: LabelMap, labels: LabelSet) -> LabelMap:
        mask = label_map == part
        if not mask.any():
            return label_map.copy()
        left, top, right, bottom = extent(mask)
        factors = (_at_least(across, right - left, 2 * px), _at_least(down, bottom - top, 2 * px))
        return scale(part, *factors)(label_map, labels)

    return operation


def _at_least(factor: float, length: float, change: float) -> float:
    """The factor, or the nearest one that changes the length by at least `px` on each side."""
    if factor == 1:
        return factor
    if factor > 1:
        return max(factor, 1 + change / length)
    return min(factor, max(length - change, 1.0) / length)


# Of a part's id and a length in px: 1/128 of the picture's height, at least 1.
PART_TOOLS: dict[str, Callable[[int, float], Operation]] = {
    "grow": grow,
    "shrink": shrink,
    "smooth": lambda part, px: smooth(part, 4 * px),
    "up": lambda part, px: move(part, dy=-2 * px),
    "down": lambda part, px: move(part, dy=2 * px),
    "left": lambda part, px: move(part, dx=-2 * px),
    "right": lambda part, px: move(part, dx=2 * px),
    "wider": lambda part, px: _stretch(part, px, across=1.12),
    "narrower": lambda part, px: _stretch(part, px, across=1 / 1.12),
    "taller": lambda part, px: _stretch(part, px, down=1.15),
    "flatter": lambda part, px: _stretch(part, px, down=1 / 1.15),
    "turn left": lambda part, px: rotate(part, -8),
    "turn right": lambda part, px: rotate(part, 8),
    "lift ends": lambda part, px: bend(part, 2 * px),
    "drop ends": lambda part, px: bend(part, -2 * px),
    "flip": lambda part, px: flip(part),
    "from the other side": lambda part, px: from_other_side(part),
    "remove": lambda part, px: delete(part),
}


def part_tool(name: str, part: int, height: int) -> Operation:
    """The operation of a button, for pictures `height` px high. Raises ValueError for an unknown name."""
    if name not in PART_TOOLS:
        raise ValueError(f"part tool {name!r} is unknown; use one of {', '.join(PART_TOOLS)}")
    return PART_TOOLS[name](part, max(1.0, height / 128))
