import numpy as np
import pytest

from editgan_widgets.domains.portraits import scripted_edits
from editgan_widgets.domains.portraits.library_edits import shorter_hair
from editgan_widgets.domains.portraits.scripted_edits import SCRIPTED_EDITS
from editgan_widgets.labels import Label, LabelSet

NAMES = ["background", "skin", "neck", "clothes", "hair", "left_brow", "right_brow", "left_eyelid", "right_eyelid"]
NAMES += ["left_sclera", "right_sclera", "left_iris", "right_iris", "nose", "nostrils", "upper_lip", "lower_lip"]
NAMES += ["teeth", "mouth"]
LABELS = LabelSet(
    "test face",
    [
        Label(i, name.replace("_", " "), "#808080", side=name.split("_")[0] if name[:4] in ("left", "righ") else None)
        for i, name in enumerate(NAMES)
    ],
)


def id_of(name):
    return LABELS[name].id


@pytest.fixture
def face():
    """A drawn face of 64 px: boxes and discs at the right positions."""
    y, x = np.mgrid[:64, :64] + 0.5
    face = np.zeros((64, 64), np.uint8)
    face[56:] = id_of("clothes")
    face[46:58, 26:38] = id_of("neck")
    face[np.hypot((x - 32) / 22, (y - 28) / 26) < 1] = id_of("hair")
    face[np.hypot((x - 32) / 17, (y - 32) / 20) < 1] = id_of("skin")
    for side, left in (("right", 20), ("left", 36)):
        face[21:23, left : left + 8] = id_of(f"{side} brow")
        face[25:26, left : left + 8] = id_of(f"{side} eyelid")
        face[26:29, left : left + 8] = id_of(f"{side} sclera")
        face[26:29, left + 3 : left + 6] = id_of(f"{side} iris")
    face[28:37, 29:35] = id_of("nose")
    face[36, 30:34] = id_of("nostrils")
    face[41:43, 26:38] = id_of("upper lip")
    face[43:46, 27:37] = id_of("lower lip")
    return face


def count(label_map, *names):
    return int(np.isin(label_map, LABELS.ids(*names)).sum())


@pytest.mark.parametrize("edit", SCRIPTED_EDITS, ids=lambda edit: edit.name)
def test_a_scripted_edit_changes_some_pixels_and_not_its_input(edit, face):
    kept = face.copy()
    painted = edit.paint(face, LABELS)
    assert painted is not None
    assert painted.shape == face.shape
    assert painted.dtype == np.uint8
    changed = painted != face
    assert 0.002 < changed.mean() < 0.2
    np.testing.assert_array_equal(face, kept)


@pytest.mark.parametrize("edit", SCRIPTED_EDITS, ids=lambda edit: edit.name)
def test_a_scripted_edit_changes_only_its_own_parts(edit, face):
    """Every changed pixel belongs to one of the edited parts before or after."""
    painted = edit.paint(face, LABELS)
    changed = painted != face
    parts = edit.part_ids(LABELS)
    assert np.all(np.isin(face, parts) | np.isin(painted, parts), where=changed)


@pytest.mark.parametrize("edit", SCRIPTED_EDITS, ids=lambda edit: edit.name)
def test_a_scripted_edit_is_none_if_its_part_is_missing(edit):
    assert edit.paint(np.zeros((64, 64), np.uint8), LABELS) is None
    other = LabelSet("other", [Label(0, "background", "#000000"), Label(1, "wheel", "#ffffff")])
    assert edit.paint(np.ones((64, 64), np.uint8), other) is None


@pytest.mark.parametrize("edit", SCRIPTED_EDITS, ids=lambda edit: edit.name)
def test_a_scripted_edit_is_the_same_at_twice_the_size(edit, face):
    small = edit.paint(face, LABELS) != face
    double = face.repeat(2, axis=0).repeat(2, axis=1)
    large = edit.paint(double, LABELS) != double
    assert large.mean() == pytest.approx(small.mean(), rel=0.5)


def test_a_wider_smile_is_wider_and_has_higher_corners(face):
    smile = scripted_edits.wider_smile(face, LABELS)
    mouth = np.isin(smile, LABELS.ids("upper lip", "lower lip"))
    left, _, right, _ = scripted_edits.extent(mouth)
    assert right - left >= 14
    corner, middle = np.flatnonzero(mouth[:, int(left)]), np.flatnonzero(mouth[:, 32])
    assert corner.mean() < middle.mean()


def test_an_open_mouth_shows_the_mouth_between_the_lips(face):
    opened = scripted_edits.open_mouth(face, LABELS)
    middle = [NAMES[i] for i in opened[:, 32]]
    assert middle.index("upper_lip") < middle.index("mouth") < middle.index("lower_lip")
    assert count(opened, "mouth") >= 10


def test_closed_eyes_show_lids_and_no_eyeball(face):
    closed = scripted_edits.closed_eyes(face, LABELS)
    assert count(closed, "sclera", "iris") == 0
    assert count(closed, "left eyelid") == count(closed, "right eyelid") > count(face, "left eyelid")


def test_raised_brows_keep_their_size(face):
    raised = scripted_edits.raised_brows(face, LABELS)
    assert count(raised, "brow") == count(face, "brow")
    top = scripted_edits.extent(np.isin(raised, LABELS.ids("brow")))[1]
    assert top < 21


def test_longer_hair_does_not_fall_over_the_face(face):
    longer = scripted_edits.longer_hair(face, LABELS)
    assert count(longer, "hair") > count(face, "hair")
    assert count(longer, "skin", "brow", "sclera") == count(face, "skin", "brow", "sclera")


def test_a_higher_hairline_removes_hair_only_above_the_forehead(face):
    higher = scripted_edits.higher_hairline(face, LABELS)
    changed = higher != face
    assert set(face[changed]) == {id_of("hair")}
    assert set(higher[changed]) == {id_of("skin")}
    assert np.flatnonzero(changed.any(axis=1)).max() < 21


def test_a_warped_part_covers_only_the_allowed_parts(face):
    right = scripted_edits.warp(face, (id_of("nose"),), lambda x, y: (x - 40, y), over=(id_of("skin"),))
    assert count(right, "nose") == 0
    assert count(right, "background", "hair") == count(face, "background", "hair")


def test_shorter_hair_leaves_the_face_as_wide_as_it_was(face):
    face[38:50] = np.where(np.isin(face[38:50], LABELS.ids("background", "clothes")), id_of("hair"), face[38:50])
    painted = shorter_hair(face, LABELS)
    below = slice(38, 64)
    assert (painted[below] != id_of("hair")).all()
    assert np.array_equal(painted == id_of("skin"), face == id_of("skin"))
    assert np.array_equal(painted[:36], face[:36])
