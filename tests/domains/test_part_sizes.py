"""Sizes of facial parts as attributes of portraits, and the library edits that change them."""

import numpy as np
import pytest
import torch

from editgan_widgets import load_model
from editgan_widgets.analysis.transfer import picture_of
from editgan_widgets.domains.portraits import FINE_LABELS
from editgan_widgets.domains.portraits.library_edits import LIBRARY
from editgan_widgets.domains.portraits.part_sizes import part_sizes
from editgan_widgets.domains.portraits.part_statistics import SIZE, PartStatistics
from editgan_widgets.domains.portraits.segmenter import Segmenter
from editgan_widgets.domains.registry import judges_of
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.models.editgan import MODELS

needs_the_model = pytest.mark.skipif(not MODELS["portraits"].is_file(), reason="the shipped model is not installed")


class Painted(Segmenter):
    """A segmenter that is certain of a given label map."""

    def __init__(self, label_map: np.ndarray):
        super().__init__()
        one_hot = torch.nn.functional.one_hot(torch.from_numpy(label_map).long(), len(FINE_LABELS))
        self.logits = 40 * one_hot.permute(2, 0, 1)[None].float()

    def forward(self, image):
        return self.logits


def sizes(*boxes: tuple[str, int, int, int, int]) -> dict[str, float]:
    """Sizes for a picture with rectangles (part, left, top, right, bottom)."""
    label_map = np.full((SIZE, SIZE), FINE_LABELS.resolve("background")[0], np.uint8)
    for part, left, top, right, bottom in boxes:
        label_map[top:bottom, left:right] = FINE_LABELS.resolve(part)[0]
    statistics = PartStatistics(Painted(label_map))(torch.zeros(1, 3, SIZE, SIZE))
    return {name: float(values[0]) for name, values in part_sizes(statistics, FINE_LABELS).items()}


def test_sizes_of_painted_rectangles_are_exact():
    found = sizes(
        ("nose", 50, 50, 62, 70),
        ("nose tip", 62, 50, 74, 70),
        ("upper lip", 40, 80, 80, 84),
        ("lower lip", 40, 84, 80, 92),
        ("forehead", 30, 10, 90, 34),
    )
    assert found["nose_width"] == pytest.approx(100 * 24 / SIZE, rel=0.02)
    assert found["lip_thickness"] == pytest.approx(100 * 12 / SIZE, rel=0.02)
    assert found["forehead_height"] == pytest.approx(100 * 24 / SIZE, rel=0.02)


def test_an_open_mouth_leaves_the_lips_as_thick_as_they_are():
    closed = sizes(("upper lip", 40, 80, 80, 86), ("lower lip", 40, 86, 80, 92))
    opened = sizes(("upper lip", 40, 80, 80, 86), ("mouth", 40, 86, 80, 96), ("lower lip", 40, 96, 80, 102))
    assert opened["lip_thickness"] == pytest.approx(closed["lip_thickness"], rel=1e-3)


def test_invisible_parts_have_the_size_0():
    assert sizes() == pytest.approx({"nose_width": 0, "lip_thickness": 0, "forehead_height": 0}, abs=0.05)


@needs_the_model
def test_each_library_vector_changes_an_attribute_that_the_judge_reads():
    model = load_model("portraits")
    factors, vectors = judges_of(model).factors, load_vectors(model)
    assert factors is not None
    w_plus = torch.cat([model.sample_w_plus(seed, 0.7) for seed in (60_000, 60_001)])
    for edit in LIBRARY:
        vector = vectors[edit.name]
        assert vector.recipe["attribute"] == edit.attribute
        assert vector.recipe["attribute_change"] * edit.direction > 0
    for name in ("bigger nose", "smaller nose", "thicker lips", "thinner lips", "higher hairline"):
        vector = vectors[name]
        attribute = vector.recipe["attribute"]
        before, after = (factors.read(picture_of(model, x))[attribute] for x in (w_plus, w_plus + vector.delta_w_plus))
        assert np.all((after - before) * vector.recipe["attribute_change"] > 0), name


@needs_the_model
def test_factors_and_sizes_are_read_together():
    factors = judges_of(load_model("portraits")).factors
    assert factors is not None
    pictures = torch.rand(3, 3, 64, 64) * 2 - 1
    read = factors.read(pictures)
    assert tuple(read) == tuple(factors.names)
    assert all(values.shape == (3,) for values in read.values())
    assert len(factors.std) == len(factors.names)
    assert set(factors.report) == set(factors.names)
