"""Boundaries and found directions, tested with a known true plane."""

import numpy as np
import pytest
import torch
from brightness import read

from editgan_widgets.analysis.boundary_quality import boundary, boundary_of
from editgan_widgets.analysis.directions import LabelledLatents, mean_difference, svm_boundary
from editgan_widgets.analysis.found_directions import find_directions
from editgan_widgets.analysis.marked_boundaries import marked_boundary
from editgan_widgets.latent.directions.boundaries import METHODS
from editgan_widgets.latent.directions.unsupervised import sampled_w


@pytest.fixture(scope="module")
def planted():
    """Latents whose attribute is their distance from a plane, and the plane's normal."""
    rng = torch.Generator().manual_seed(0)
    w = torch.randn(4000, 16, generator=rng)
    normal = torch.nn.functional.normalize(torch.randn(16, generator=rng), dim=0)
    return LabelledLatents(w, (w @ normal).numpy(), "distance"), normal


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.slow
def test_a_planted_boundary_is_found(tiny_model, planted, method):
    latents, normal = planted
    found = boundary_of(tiny_model, latents, method, share=0.3)
    assert float(found.vector.delta_w_plus[0] @ normal) > 0.99
    assert found.on_extremes.value > 0.98
    assert found.on_all.value > 0.9
    assert found.p_value == pytest.approx(1 / 201)
    assert found.cosine > 0.9
    assert "distance" in found.sentence()
    assert found.table()[0]["measured on"] == "held-out extremes"
    assert found.png().startswith(b"\x89PNG")


@pytest.mark.slow
def test_attributes_independent_of_the_latents_are_predicted_at_chance(tiny_model, planted):
    latents, _ = planted
    noise = LabelledLatents(latents.w[:600], np.random.default_rng(1).random(600), "noise")
    found = boundary_of(tiny_model, noise, share=0.2)
    assert found.on_all.low < 0.5 < found.on_all.high
    assert found.p_value > 0.02


def test_a_boundary_of_sampled_pictures_moves_its_attribute(tiny_model):
    found = boundary(tiny_model, "brightness", read, samples=200)
    w_plus = torch.cat([tiny_model.sample_w_plus(seed) for seed in range(10)])
    with torch.no_grad():
        before, after = (
            read(tiny_model.generator.synthesis(found.vector.apply(w_plus, s)).image)["brightness"].mean()
            for s in (0, 2)
        )
    assert after > before
    assert found.vector.recipe["space"] == "W"


@pytest.mark.parametrize("positive", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", [bool, int])
def test_the_classes_of_labels_are_the_labels_whichever_is_more_frequent(tiny_model, planted, positive, kind):
    latents, normal = planted
    labels = (latents.values[:2000] > np.quantile(latents.values[:2000], 1 - positive)).astype(kind)
    found = boundary_of(tiny_model, LabelledLatents(latents.w[:2000], labels, "hat"))
    assert float(found.vector.delta_w_plus[0] @ normal) > 0.98
    assert found.on_all.value > 0.95
    assert found.on_all == found.on_extremes
    assert found.p_value < 0.01
    assert found.positive == pytest.approx(positive, abs=0.01)
    assert "extremes" not in found.sentence()
    assert found.table()[0]["measured on"] == "all held-out"


def test_scores_of_few_levels_are_split_where_the_classes_are_most_equal(tiny_model, planted):
    latents, normal = planted
    levels = np.searchsorted(np.quantile(latents.values[:2000], [0.1, 0.4]), latents.values[:2000])
    found = boundary_of(tiny_model, LabelledLatents(latents.w[:2000], levels, "length"))
    assert found.positive == pytest.approx(0.6, abs=0.01)
    assert float(found.vector.delta_w_plus[0] @ normal) > 0.95
    assert found.on_all.value > 0.75


@pytest.mark.parametrize("learn", [mean_difference, svm_boundary])
def test_directions_of_rare_labels_point_towards_them(tiny_model, planted, learn):
    latents, normal = planted
    rare = (latents.values[:2000] > np.quantile(latents.values, 0.95)).astype(float)
    found = learn(tiny_model, LabelledLatents(latents.w[:2000], rare, "hat")).delta_w_plus[0]
    assert float(found @ normal) / float(found.norm()) > 0.95


@pytest.mark.parametrize("learn", [boundary_of, mean_difference, svm_boundary])
@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones(60), "attribute 'hat' is 1 in all 60 samples; give samples with and without it"),
        (np.full(60, np.nan), "attribute 'hat' has no finite value; 60 samples have no finite value"),
        (np.arange(59.0), r"'hat' has values of shape \(59,\) for 60 samples"),
        (np.array(["a", "b"] * 30), "'hat' must be numbers, or True and False"),
    ],
)
def test_values_that_make_no_two_classes_are_refused_by_name(tiny_model, learn, values, message):
    with pytest.raises(ValueError, match=message):
        learn(tiny_model, LabelledLatents(torch.randn(60, 16), values, "hat"))


def test_a_boundary_needs_ten_samples_of_each_class(tiny_model, planted):
    latents, _ = planted
    with pytest.raises(ValueError, match="9 samples are above 0 in attribute 'hat' and 91 are not; at least 10"):
        boundary_of(tiny_model, LabelledLatents(latents.w[:100], np.arange(100) < 9, "hat"))
    found = boundary_of(tiny_model, LabelledLatents(latents.w[:100], np.arange(100) < 10, "hat"))
    assert found.basis.n == 100


def test_samples_without_a_finite_score_are_left_out_and_counted(tiny_model, planted):
    latents, normal = planted
    scores = latents.values[:2000].astype(float)
    scores[:300], scores[300] = np.nan, np.inf
    found = boundary_of(tiny_model, LabelledLatents(latents.w[:2000], scores, "distance"), seed=np.int64(1))
    assert float(found.vector.delta_w_plus[0] @ normal) > 0.99
    assert (found.basis.n, found.left_out, found.vector.recipe["labelled"]) == (1699, 301, 1699)
    assert "301 samples without a finite distance are left out" in found.sentence()
    assert type(found.vector.recipe["seed"]) is int


def test_an_attribute_without_noise_is_found_in_a_w_of_unequal_deviations(tiny_model):
    w = sampled_w(tiny_model, 2000, 0)
    normal = np.random.default_rng(0).standard_normal(16)
    normal /= np.linalg.norm(normal)
    scores = w.numpy() @ normal
    found = boundary_of(tiny_model, LabelledLatents(w, scores, "distance"))
    assert found.vector.recipe["whitened"]
    assert found.vector.delta_w_plus[0].double().numpy() @ normal > 0.98
    noise = np.random.default_rng(1).standard_normal(2000) * scores.std()
    assert not boundary_of(tiny_model, LabelledLatents(w, scores + noise, "noisy")).vector.recipe["whitened"]


def test_unknown_methods_and_invalid_shares_are_refused(tiny_model, planted):
    with pytest.raises(ValueError, match="unknown method 'tree'"):
        boundary_of(tiny_model, planted[0], "tree")
    with pytest.raises(ValueError, match=r"at most 0\.5; got 0\.7"):
        boundary_of(tiny_model, planted[0], share=0.7)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["sefa", "ganspace"])
def test_unsupervised_directions_have_the_attribute_that_they_change_most(tiny_model, method):
    found = find_directions(tiny_model, read, method, count=3, seeds=range(6))
    assert len(found.vectors) == 3
    assert [vector.name[-2:] for vector in found.vectors] == [" 1", " 2", " 3"]
    assert [row["changes most"] for row in found.table()] == list(found.main)
    assert found.effects.shape == (3, 2)
    assert (found.specificity >= 0.5).all()
    assert found.table()[0]["changes most"] in ("brightness", "red")
    assert found.png().startswith(b"\x89PNG")


@pytest.mark.slow
def test_style_channels_of_parts_become_directions(tiny_model):
    part = tiny_model.labels[1].name
    found = find_directions(tiny_model, read, "stylespace", count=2, parts=[part], seeds=range(4))
    assert len(found.vectors) == 2
    assert all(vector.recipe["space"] == "S" for vector in found.vectors)
    with pytest.raises(ValueError, match="name some"):
        find_directions(tiny_model, read, "stylespace")


def test_a_boundary_is_learned_for_each_attribute_from_the_same_pictures(tiny_model):
    found = find_directions(tiny_model, read, "logistic", seeds=range(6), samples=150)
    assert [vector.recipe["attribute"] for vector in found.vectors] == ["brightness", "red"]
    assert found.main == ("brightness", "red")
    assert (np.diag(found.effects) > 0).all()
    with pytest.raises(ValueError, match="unknown attribute 'smile'; known attributes: brightness, red"):
        find_directions(tiny_model, read, "svm", attributes=["smile"], samples=50)


def read_hat(pictures):
    """An attribute that no sampled portrait has, and one that varies."""
    return {"hat": np.zeros(len(pictures), bool), **read(pictures)}


def test_an_attribute_that_no_portrait_varies_in_has_no_effect_in_deviations(tiny_model):
    found = find_directions(tiny_model, read_hat, "sefa", count=np.int64(2), seeds=np.arange(4), seed=np.int64(1))
    assert np.isnan(found.effects[:, 0]).all()
    assert (np.abs(found.effects[:, 1:]) < 1e3).all()
    assert "hat" not in found.main
    assert (found.specificity >= 0.5).all()
    assert found.png().startswith(b"\x89PNG")
    assert type(found.basis.seed) is int


@pytest.mark.parametrize("portraits", [{"seeds": [3]}, {"seeds": range(3), "truncation_psi": 0}])
def test_portraits_over_which_no_attribute_varies_are_refused(tiny_model, portraits):
    with pytest.raises(ValueError, match=r"no attribute varies over the \d portraits"):
        find_directions(tiny_model, read, "sefa", count=1, **portraits)


def test_parts_without_an_effective_style_channel_are_refused(tiny_model, monkeypatch):
    monkeypatch.setattr("editgan_widgets.analysis.found_directions.part_channels", lambda *_, **__: [])
    with pytest.raises(ValueError, match="no style channel changes these parts"):
        find_directions(tiny_model, read, "stylespace", parts=[tiny_model.labels[1].name], seeds=range(2))


@pytest.mark.parametrize("method", METHODS)
def test_marks_on_portraits_that_are_all_the_same_are_refused(tiny_model, method):
    with pytest.raises(ValueError, match="all marked portraits are the same"):
        marked_boundary(tiny_model, torch.ones(6, 16), [True, False] * 3, method=method)


def test_an_unknown_method_is_refused_with_the_known_ones(tiny_model):
    with pytest.raises(ValueError, match="unknown method 'magic'; use one of 'sefa', 'ganspace', 'stylespace', 'svm'"):
        find_directions(tiny_model, read, "magic")
