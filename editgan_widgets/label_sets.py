"""The label sets of EditGAN and DatasetGAN as data: car-32, car-20, face-34, cat-16, bird-11, bedroom-19.

Names and ids are those of the releases, and so are the colours of car-32 and the edit groups of car-32 and face-34
(Q_edit of EditGAN, section 3.3). The rest is ours: the other sets have evenly spaced hues, and the groups of car-32 and
face-34 where the part names match. The release names fifteen parts of cat-16, so the last is "part 15", and ten of
bird-11, in unknown order, so the last is "part 10". EditGAN's face model distinguished the two eyes and brows, as ids
37 to 44; its number of labels is unknown, so there is no set for it.
"""

import colorsys
from collections.abc import Sequence
from types import MappingProxyType

from editgan_widgets.labels import MOST_LABELS, Label, LabelSet
from editgan_widgets.scalars import Whole, shown, whole

_CAR_32 = """background #ffffff
back_bumper #eee566
bumper #000000
car_body #7c6322
car_light_right #c17f0f
car_light_left #6ab115
door_back #f8d52a
fender #fc9b53
door_front #dc934d
grilles #635303
back_handle #74748a
front_handle #3fb618
hoods #c8e225
license_plate_front #e1b8a1
licence_plate_back #e905db
logo #8eacf8
mirror #997092
roof #2670fe
running_boards #e51e8d
taillight_right #73d083
taillight_left #345354
back_wheel #e53f6e
front_wheel #c2577d
trunks #e16012
wheelhub_back #498be2
wheelhub_front #ac8f10
spoke_back #a9656f
spoke_front #1f66d3
door_window_back #688365
back_windshield #46a89c
door_window_front #b7f2d1
windshield #48b8e2"""
_CAR_32_GROUPS = {
    "frontlight": (4, 5),
    "wheel": (21, 22, 24, 25, 26, 27),
    "frontwheel": (22, 25, 27),
    "handle": (10, 11),
    "mirror": (16,),
    "licenseplate": (13, 14),
    "spoke": (26, 27),
    "window": (16, 17, 28, 30),
    "backwindow": (28,),
    "carback": (17, 28, 29),
}
_CAR_20 = (
    "background, back_bumper, bumper, car_body, car_lights, door, fender, grilles, handles, hoods, licensePlate, "
    "mirror, roof, running_boards, tailLight, tire, trunk_lids, wheelhub, window, windshield"
)
_CAR_20_GROUPS = {
    "frontlight": (4,),
    "wheel": (15, 17),
    "handle": (8,),
    "mirror": (11,),
    "licenseplate": (10,),
    "window": (11, 12, 18),
}
_FACE_34 = (
    "background, head, cheek, chin, ear, helix, lobule, bottom lid, eyelashes, iris, pupil, sclera, tear duct, "
    "top lid, eyebrow, forehead, frown, hair, sideburns, jaw, moustache, inferior lip, oral comisure, superior lip, "
    "teeth, neck, nose, ala of nose, bridge, nose tip, nostril, philtrum, temple, wrinkles"
)
_FACE_34_GROUPS = {
    "nose": (26, 27, 28, 29, 30),
    "gaze": (9, 10),
    "eyebrow": (14,),
    "smile": (21, 22, 23, 24),
    "mouth": (21, 22, 23, 24),
    "wrinkle": (33,),
    "moustache": (20,),
    "eyes": (7, 8, 9, 10, 11, 12, 13),
    "pupil": (10,),
    "hair": (17,),
}
_CAT_16 = "background, cat, back, belly, chest, leg, paw, head, ear, eye, mouth, tongue, nose, tail, whiskers, part 15"
_CAT_16_GROUPS = {"ear": (8,), "eyes": (9,), "mouth": (10, 11), "nose": (12,), "tail": (13,)}
_BIRD_11 = "background, body, head, eye, beak, breast, belly, wing, tail, foot, part 10"
_BIRD_11_GROUPS = {"head": (2, 3, 4), "eyes": (3,), "beak": (4,), "belly": (6,), "wing": (7,), "tail": (8,)}
_BEDROOM_19 = (
    "background, bed, footboard, headboard, side rail, carpet, ceiling, ceiling-fan blade, curtain, cushion, floor, "
    "night table, night table top, picture, pillow, lamp column, lamp shade, wall, pane"
)
_BEDROOM_19_GROUPS = {
    "bed": (1, 2, 3, 4, 9, 14),
    "ceiling": (6, 7),
    "floor": (5, 10),
    "window": (8, 18),
    "night table": (11, 12),
    "lamp": (15, 16),
    "picture": (13,),
}


def label_set(name: str) -> LabelSet:
    """Return the label set of that name, for example `"car-32"`. Raises ValueError that lists the names."""
    if not isinstance(name, str) or name not in LABEL_SETS:
        raise ValueError(f"unknown label set {shown(name)}; known label sets: {', '.join(LABEL_SETS)}")
    return LABEL_SETS[name]


def numbered_labels(count: Whole) -> LabelSet:
    """Return a label set for an interpreter whose parts have no names: background, part 1, part 2, …

    `count`: number of parts with the background, 1 to 256. Raises ValueError for another number.
    """
    number = whole(count, "the number of parts", least=1, most=MOST_LABELS)
    return _make(f"parts-{number}", ["background", *(f"part {i}" for i in range(1, number))], {})


def _make(
    name: str, names: Sequence[str], groups: dict[str, tuple[int, ...]], colors: Sequence[str] | None = None
) -> LabelSet:
    colors = colors or [_hue(i, len(names)) for i in range(len(names))]
    belongs = {i: tuple(group for group, ids in groups.items() if i in ids) for i in range(len(names))}
    return LabelSet(name, [Label(i, x, colors[i], _side(x), belongs[i]) for i, x in enumerate(names)])


def _side(name: str) -> str | None:
    return next((side for side in ("left", "right") if name.endswith(f"_{side}")), None)


def _hue(i: int, count: int) -> str:
    """White for the background, else a hue; consecutive labels differ much in hue or brightness."""
    if i == 0:
        return "#ffffff"
    rgb = colorsys.hsv_to_rgb((i - 1) / (count - 1), 0.75 if i % 2 else 0.5, (0.95, 0.75, 0.55)[i % 3])
    return "#" + "".join(f"{round(255 * x):02x}" for x in rgb)


_CAR_32_ROWS = [line.split() for line in _CAR_32.splitlines()]
LABEL_SETS = MappingProxyType(
    {
        made.name: made
        for made in (
            _make("car-32", [x for x, _ in _CAR_32_ROWS], _CAR_32_GROUPS, [color for _, color in _CAR_32_ROWS]),
            _make("car-20", _CAR_20.split(", "), _CAR_20_GROUPS),
            _make("face-34", _FACE_34.split(", "), _FACE_34_GROUPS),
            _make("cat-16", _CAT_16.split(", "), _CAT_16_GROUPS),
            _make("bird-11", _BIRD_11.split(", "), _BIRD_11_GROUPS),
            _make("bedroom-19", _BEDROOM_19.split(", "), _BEDROOM_19_GROUPS),
        )
    }
)
