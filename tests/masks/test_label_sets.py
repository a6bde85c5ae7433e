"""The releases' label sets: as many labels as their names say, groups of labels that exist."""

import pytest

from editgan_widgets.label_sets import LABEL_SETS, label_set, numbered_labels
from editgan_widgets.labels import Label, LabelSet


@pytest.mark.parametrize("name", ["car-32", "car-20", "face-34", "cat-16", "bird-11", "bedroom-19"])
def test_a_label_set_has_as_many_labels_as_its_name_says_in_colours_that_differ(name):
    labels = label_set(name)
    assert len(labels) == int(name.split("-")[1])
    assert labels[0].name == "background"
    assert len({label.color for label in labels}) == len(labels)
    assert any(label.groups for label in labels)


@pytest.mark.parametrize(
    ("name", "group", "ids"),
    [
        ("car-32", "wheel", [21, 22, 24, 25, 26, 27]),
        ("car-32", "frontlight", [4, 5]),
        ("car-32", "carback", [17, 28, 29]),
        ("face-34", "smile", [21, 22, 23, 24]),
        ("face-34", "gaze", [9, 10]),
    ],
)
def test_an_edit_group_holds_the_ids_of_the_release(name, group, ids):
    assert [label.id for label in label_set(name).group(group)] == ids


@pytest.mark.parametrize(
    ("name", "group", "parts"),
    [
        ("car-20", "wheel", {"tire", "wheelhub"}),
        ("cat-16", "mouth", {"mouth", "tongue"}),
        ("bird-11", "beak", {"beak"}),
        ("bedroom-19", "lamp", {"lamp column", "lamp shade"}),
    ],
)
def test_the_other_sets_groups_go_by_name(name, group, parts):
    assert {label.name for label in label_set(name).group(group)} == parts


@pytest.mark.parametrize(
    ("name", "id", "part"),
    [("car-32", 21, "back_wheel"), ("face-34", 17, "hair"), ("cat-16", 12, "nose"), ("car-20", 15, "tire")],
)
def test_an_id_means_the_part_of_the_release(name, id, part):
    assert label_set(name)[id].name == part
    assert label_set(name)[part].id == id


def test_car_32_has_the_releases_colours_and_sides():
    labels = label_set("car-32")
    assert labels["roof"].color == "#2670fe"
    assert labels["car_light_left"].side == "left"
    assert labels["taillight_right"].side == "right"


def test_an_unknown_set_is_answered_with_the_names():
    with pytest.raises(ValueError, match="'car-33'; known label sets: car-32, car-20, face-34"):
        label_set("car-33")


def test_parts_without_names_are_numbered():
    assert [label.name for label in numbered_labels(3)] == ["background", "part 1", "part 2"]


def test_a_name_that_is_no_text_is_refused(unchecked):
    with pytest.raises(ValueError, match="unknown label set"):
        label_set(["car-32"])


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        LABEL_SETS["mine"] = numbered_labels(2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0.5, "a", "#000000"), "id of label 'a'"),
        ((0, "a", "#000000", None, "light"), "groups of label 'a' must be a tuple"),
        ((0, "a", "#000000", None, None), "groups of label 'a' must be a tuple"),
        ((0, "a", "#000000", None, (5,)), "groups of label 'a' must be a tuple"),
        ((0, 5, "#000000"), "name of label 0 must be a text; got 5"),
        ((0, "", "#000000"), "name of label 0 must be a text; got ''"),
    ],
)
def test_a_label_with_a_wrong_id_or_groups_is_refused(values, message, unchecked):
    with pytest.raises(ValueError, match=message):
        Label(*values)


def test_a_label_whose_id_is_a_whole_float_has_an_int(unchecked):
    assert LabelSet("one", [Label(0.0, "a", "#000000")]).mirrored_ids[0] == 0


@pytest.mark.parametrize("count", [0, -1, 257, 2.5, "3", True])
def test_numbered_parts_are_1_to_256(count, unchecked):
    with pytest.raises(ValueError, match="number of parts must be a whole number from 1 to 256"):
        numbered_labels(count)
    assert [label.name for label in numbered_labels(1.0)] == ["background"]


def test_a_label_set_takes_labels_and_its_groups_are_kept_as_a_tuple(unchecked):
    with pytest.raises(ValueError, match=r"parts are Labels, such as .*got 'sky'"):
        LabelSet("one", ["sky"])
    assert hash(LabelSet("one", [Label(0, "a", "#000000", None, ["light"])]))
