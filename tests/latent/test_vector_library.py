"""The vector library: what is painted for each vector, how one is learned, how those that ship are found."""

import numpy as np
import pytest
import torch

from editgan_widgets.analysis.vector_library import LibraryConfig, learn_library, learn_vector
from editgan_widgets.domains.edits import LibraryEdit
from editgan_widgets.domains.portraits import FINE_LABELS, fine, load_samples
from editgan_widgets.domains.portraits.factors import FACTOR_NAMES
from editgan_widgets.domains.portraits.library_edits import LIBRARY
from editgan_widgets.domains.portraits.part_sizes import SIZE_NAMES
from editgan_widgets.labels import Label, LabelSet
from editgan_widgets.latent.directions.edit_vector import EditVectorError
from editgan_widgets.latent.directions.library import load_vectors
from editgan_widgets.masks.part_operations import OfPart, grow


@pytest.fixture(scope="module")
def label_maps():
    return [fine(portrait.label_map) for portrait in load_samples()[::4]]


@pytest.mark.slow
@pytest.mark.parametrize("edit", LIBRARY, ids=lambda edit: edit.name)
def test_every_edit_paints_on_most_portraits_and_only_a_part_of_them(edit, label_maps):
    painted = [edit.paint(label_map, FINE_LABELS) for label_map in label_maps]
    pairs = [(a, b) for a, b in zip(label_maps, painted, strict=True) if b is not None]
    assert len(pairs) > len(label_maps) / 3
    changed = [(a != b).mean() for a, b in pairs]
    assert 0 < np.median(changed) < 0.2
    for before, after in pairs:
        assert after.dtype == np.uint8
        FINE_LABELS.check(after)
        assert not np.shares_memory(before, after)


def test_the_library_has_unique_names_and_known_attributes():
    names = [edit.name for edit in LIBRARY]
    assert len(set(names)) == len(names) >= 16
    assert {edit.attribute for edit in LIBRARY} <= {*FACTOR_NAMES, *SIZE_NAMES}


def test_an_edit_of_parts_that_a_label_set_lacks_paints_nothing():
    labels = LabelSet("two", [Label(0, "background", "#ffffff"), Label(1, "glow", "#ff0000")])
    for edit in LIBRARY:
        assert edit.paint(np.zeros((32, 32), np.uint8), labels) is None


def read(pictures):
    return {"brightness": pictures.mean((1, 2, 3)).numpy()}


def bigger(model) -> LibraryEdit:
    """Grow one of the tiny model's parts."""
    return LibraryEdit("bigger", grow(model.labels[1].name, OfPart(0.3)), "brightness")


CONFIG = LibraryConfig(candidates=4, sources=2, steps=6)


@pytest.mark.slow
def test_a_vector_is_the_mean_of_the_best_sources_and_remembers_them(tiny_model):
    learned = learn_vector(tiny_model, bigger(tiny_model), CONFIG)
    assert learned is not None
    recipe = learned.vector.recipe
    assert len(recipe["seeds"]) == 2
    assert min(recipe["seeds"]) >= CONFIG.first_seed
    assert recipe["fingerprint"] == tiny_model.fingerprint
    assert learned.vector.preview.shape == (32, 64, 3)
    assert learned.scores == tuple(sorted(learned.scores, reverse=True))
    assert learned.vector.licence is None
    assert np.isnan(learned.source_change)


@pytest.mark.slow
def test_where_an_attribute_is_read_only_portraits_that_moved_the_right_way_count(tiny_model):
    edits = [LibraryEdit("up", bigger(tiny_model).operation, "brightness", way) for way in (1, -1)]
    found = [learn_vector(tiny_model, edit, CONFIG, read) for edit in edits]
    changes = [x.source_change for x in found if x is not None]
    assert changes
    for edit, learned in zip(edits, found, strict=True):
        if learned is not None:
            assert learned.vector.recipe["attribute"] == "brightness"
            assert learned.source_change * edit.direction > -0.02


@pytest.mark.shipped
@pytest.mark.slow
def test_a_library_is_written_once_and_found_by_its_model(tiny_model, tmp_path):
    edits = [bigger(tiny_model)]
    first = [x.vector for x in learn_library(tiny_model, tmp_path, CONFIG, edits=edits)]
    other = LibraryConfig(first_seed=5000, candidates=4, sources=2, steps=6)
    again = [x.vector for x in learn_library(tiny_model, tmp_path, other, edits=edits)]
    assert torch.equal(first[0].delta_w_plus, again[0].delta_w_plus)
    assert list(load_vectors(tiny_model, tmp_path)) == ["bigger"]
    with pytest.raises(EditVectorError, match=r"no library ships with the model .*editgan vectors"):
        load_vectors(tiny_model)
