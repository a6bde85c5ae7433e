import numpy as np
import pytest

from editgan_widgets.domains.portraits.parts import (
    COARSE_LABELS,
    FINE_LABELS,
    GROUP_LABELS,
    PORTRAIT_LABELS,
    coarse,
    fine,
    ids_within,
)
from editgan_widgets.labels import Label, LabelSet, UnknownLabelError

CAR = LabelSet(
    "car-4",
    [
        Label(0, "background", "#000000"),
        Label(1, "wheel", "#ff8000", groups=("wheels",)),
        Label(2, "left light", "#ffff00", side="left", groups=("lights",)),
        Label(3, "right light", "#808000", side="right", groups=("lights",)),
    ],
)


def test_a_label_is_found_by_name_and_by_id():
    assert CAR["wheel"] is CAR[1]


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownLabelError, match=r"label 'weel' is not in LabelSet 'car-4'; nearest: 'wheel'"):
        CAR["weel"]


@pytest.mark.parametrize("key", [4, -1, True])
def test_an_unknown_id_is_answered_with_the_range(key):
    with pytest.raises(UnknownLabelError, match=r"ids run 0\.\.3"):
        CAR[key]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "part", [-1, 4, 10**30, True, np.True_, 1.5, float("nan"), "weel", "", b"wheel", None, [1], object(), 1j]
)
def test_parts_that_the_set_lacks_are_refused_by_name_whatever_they_are(part):
    for look_up in (CAR.resolve, CAR.by_side, lambda given: CAR.of_side([given], None), CAR.other_side, CAR.base_name):
        if part == [1] and look_up in (CAR.resolve, CAR.by_side):
            continue  # several parts, one of them here
        with pytest.raises(UnknownLabelError):
            look_up(part)


@pytest.mark.usefixtures("unchecked")
def test_ids_of_a_side_may_be_numpy_numbers_floats_and_names():
    left, right = PORTRAIT_LABELS["left brow"].id, PORTRAIT_LABELS["right brow"].id
    for given in ([left, right], np.array([left, right]), ["left brow", float(right)]):
        assert PORTRAIT_LABELS.of_side(given, "left") == (left,)
        assert PORTRAIT_LABELS.of_side(given, None) == ()
    with pytest.raises(ValueError, match="'left', 'right' or None; got 'top'"):
        PORTRAIT_LABELS.of_side([left], "top")


@pytest.mark.parametrize(("label_map", "wrong"), [(np.array([[0, -1]]), "-1"), (np.zeros((2, 2)), "float64")])
def test_a_label_map_with_negative_ids_or_without_whole_numbers_is_refused(label_map, wrong):
    with pytest.raises(UnknownLabelError, match=wrong):
        CAR.check(label_map)


def test_a_group_gives_its_labels_and_an_unknown_one_lists_the_groups():
    assert [label.name for label in CAR.group("lights")] == ["left light", "right light"]
    with pytest.raises(UnknownLabelError, match="lights, wheels"):
        CAR.group("doors")


def test_a_label_map_is_shown_in_the_labels_colours():
    shown = CAR.colorize(np.array([[0, 1], [2, 3]], np.uint8))
    np.testing.assert_array_equal(shown[0, 1], [255, 128, 0])
    assert shown.shape == (2, 2, 3)


def test_a_label_map_with_a_foreign_id_is_refused():
    CAR.check(np.array([[0, 3]], np.uint8))
    with pytest.raises(UnknownLabelError, match="label id 9"):
        CAR.check(np.array([[0, 9]], np.uint8))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([Label(0, "a", "#000000"), Label(2, "b", "#ffffff")], "without gaps"),
        ([Label(0, "a", "#000000"), Label(1, "a", "#ffffff")], "is repeated"),
    ],
)
def test_a_label_set_with_gaps_or_doubled_names_cannot_be_made(labels, message):
    with pytest.raises(ValueError, match=message):
        LabelSet("broken", labels)


def test_a_label_set_survives_the_way_through_a_checkpoint():
    assert LabelSet.from_dict(CAR.to_dict()) == CAR
    assert hash(LabelSet.from_dict(CAR.to_dict())) == hash(CAR)


def test_portraits_have_parts_enough_in_colours_that_differ():
    assert len(PORTRAIT_LABELS) - 1 >= 18
    assert len({label.color for label in PORTRAIT_LABELS}) == len(PORTRAIT_LABELS)


def test_every_left_part_of_a_portrait_has_its_right_one():
    left = {label.name.replace("left", "right") for label in PORTRAIT_LABELS if label.side == "left"}
    assert left == {label.name for label in PORTRAIT_LABELS if label.side == "right"} != set()


@pytest.mark.parametrize(("labels", "merge"), [(COARSE_LABELS, coarse), (FINE_LABELS, fine)])
def test_a_smaller_portrait_label_set_covers_every_part_by_name(labels, merge):
    every = np.arange(len(PORTRAIT_LABELS), dtype=np.uint8)
    found = dict(zip([label.name for label in PORTRAIT_LABELS], merge(every), strict=True))
    assert set(found.values()) == set(range(len(labels)))
    assert all(found[label.name] == label.id for label in labels)
    assert found["left pupil"] == labels["left iris"].id


def test_a_fine_map_is_merged_into_a_coarse_one_part_by_part():
    every = np.arange(len(PORTRAIT_LABELS), dtype=np.uint8)
    assert (ids_within(COARSE_LABELS, of=FINE_LABELS)[fine(every)] == coarse(every)).all()
    assert coarse(every)[PORTRAIT_LABELS["forehead"].id] == COARSE_LABELS["skin"].id


GROUPS = {
    "skin": ("skin", "cheek", "chin", "jaw", "forehead", "temple", "frown", "wrinkles", "philtrum"),
    "hair": ("hair", "sideburns"),
    "ears": ("left ear", "right helix", "left lobule"),
    "brows": ("left brow", "right brow"),
    "eyes": (
        "left eyelid",
        "right lower lid",
        "left lashes",
        "right sclera",
        "left iris",
        "right pupil",
        "left tear duct",
    ),
    "nose": ("nose", "nostrils", "bridge", "nose tip", "ala of nose"),
    "mouth": ("upper lip", "lower lip", "teeth", "mouth", "commissure"),
    "beard": ("beard", "moustache"),
} | {name: (name,) for name in ("background", "neck", "clothes", "glasses")}


@pytest.mark.parametrize("labels", [PORTRAIT_LABELS, FINE_LABELS, COARSE_LABELS])
def test_every_part_has_its_place_in_one_of_twelve_groups(labels):
    assert {label.name for label in GROUP_LABELS} == set(GROUPS)
    assert len(GROUP_LABELS) == 12
    found = {
        label.name: GROUP_LABELS[id].name for label, id in zip(labels, ids_within(GROUP_LABELS, labels), strict=True)
    }
    assert set(found.values()) == set(GROUPS)
    for group, parts in GROUPS.items():
        assert {found[part] for part in parts if part in found} == {group}
    for label in (label for label in labels if label.side == "left"):
        assert found[label.name] == found[label.name.replace("left", "right")]


def test_a_part_that_a_label_set_cannot_hold_is_named():
    with pytest.raises(UnknownLabelError, match="label 'wheel' is not in LabelSet 'portraits-12'"):
        ids_within(GROUP_LABELS, of=CAR)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"color": "red"}, "colour of label 'a' must be written #rrggbb; got 'red'"),
        ({"color": "#12"}, "must be written #rrggbb"),
        ({"side": "up"}, "side of label 'a' must be 'left', 'right' or None; got 'up'"),
    ],
)
def test_a_label_checks_its_colour_and_side(given, message):
    with pytest.raises(ValueError, match=message):
        Label(**{"id": 0, "name": "a", "color": "#000000", **given})


def test_a_labels_id_may_be_a_numpy_number(unchecked):
    assert type(Label(np.int64(3), "a", "#000000").id) is int


@pytest.mark.parametrize("count", [0, 257])
def test_a_label_set_has_as_many_parts_as_a_label_map_holds(count):
    with pytest.raises(ValueError, match=f"1 to 256 parts; got {count}"):
        LabelSet("x", [Label(i, f"part {i}", "#000000") for i in range(count)])
