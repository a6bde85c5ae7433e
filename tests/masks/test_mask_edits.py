import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from editgan_widgets.analysis import mask_edits
from editgan_widgets.documents.session import EditSession
from editgan_widgets.domains.edits import ScriptedEdit


class Judge(torch.nn.Module):
    """Labels by brightness, unlike the interpreter."""

    def __init__(self):
        super().__init__()
        self.steps = torch.nn.Parameter(torch.tensor([-0.5, 0.0, 0.3, 0.6]))

    def forward(self, image):
        return -(image.mean(1, keepdim=True) - self.steps[:, None, None]).abs()


def grown(label_map, label):
    larger = label_map.copy()
    larger[ndimage.binary_dilation(label_map == label, iterations=2)] = label
    return larger


GROW_SPARK = ScriptedEdit("grow the spark", ("spark",), lambda label_map, labels: grown(label_map, 3))
NOTHING = ScriptedEdit("nothing", ("spark",), lambda label_map, labels: label_map.copy())


@pytest.fixture(scope="module")
def record(tiny_model):
    session = EditSession.from_seed(tiny_model, seed=3)
    return mask_edits.measure_edit(session, GROW_SPARK, Judge(), seed=3, steps=8)


def test_an_edit_is_measured_from_the_unedited_picture_to_the_edited_one(record):
    measure = record.measure
    assert measure.iou_after > measure.iou_before
    assert 0 <= measure.judge_iou_before <= 1
    assert 0 < measure.region_fraction < 1
    assert 0 <= measure.change_outside < 0.2
    assert measure.steps == 8
    assert measure.seconds > 0


def test_a_record_keeps_five_pictures_to_look_at(record, tiny_model):
    strip = record.strip(tiny_model.labels)
    assert strip.shape == (5, 32, 32, 3)
    assert not np.array_equal(strip[0], strip[2])
    np.testing.assert_array_equal(strip[1], tiny_model.labels.colorize(record.painted))


def test_an_edit_that_paints_nothing_is_passed_over(tiny_model):
    assert mask_edits.measure_edit(EditSession.from_seed(tiny_model, seed=3), NOTHING, Judge(), 3, 2) is None


def test_edits_run_on_as_many_seeds_as_asked_where_the_part_is_there(tiny_model):
    def only_where_it_is_large(label_map, labels):
        return grown(label_map, 3) if (label_map == 3).mean() > 0.05 else None

    picky = ScriptedEdit("picky", ("spark",), only_where_it_is_large)
    records = list(mask_edits.measure_edits(tiny_model, Judge(), [NOTHING, picky], range(8), per_edit=2, steps=1))
    assert [record.measure.edit for record in records] == ["picky", "picky"]
    assert len({record.measure.seed for record in records}) == 2


def test_medians_ignore_missing_values(record):
    blind = mask_edits.EditMeasure("other", 1, math.nan, 1.0, math.nan, 1.0, 0.0, 0.1, 1.0, 8)
    together = mask_edits.medians([record.measure, blind])
    assert together["iou_before"] == record.measure.iou_before
    assert list(mask_edits.by_edit([record.measure, blind])) == ["grow the spark", "other"]
    assert blind.to_dict()["iou_before"] is None


def test_the_interpreter_agrees_with_itself_and_less_with_another_judge(tiny_model):
    counts = mask_edits.few_shot_confusion(tiny_model, Judge(), range(100, 103))
    assert counts.shape == (4, 4)
    assert counts.sum() == 3 * 32 * 32
