"""Labels typed in by hand give a direction and an attribute, and both say how far they can be relied on."""

import numpy as np
import pytest
import torch

from editgan_widgets.analysis import (
    LabelledLatents,
    attribute_curve,
    boundary,
    boundary_of,
    by_labels,
    labelled_seeds,
    marked_boundary,
)
from editgan_widgets.analysis.hand_labels import features_of
from editgan_widgets.analysis.transfer import picture_of


def brightness(pictures):
    return pictures.mean((1, 2, 3)).numpy()


@pytest.fixture(scope="module")
def bright(tiny_model):
    """Seeds with 1 for the brighter half of portraits and 0 for the others."""
    values = brightness(picture_of(tiny_model, torch.cat([tiny_model.sample_w_plus(seed) for seed in range(40)])))
    return {seed: int(value > np.median(values)) for seed, value in enumerate(values)}


@pytest.fixture(scope="module")
def dozen(bright):
    return {seed: bright[seed] for seed in range(12)}


def test_a_dozen_labels_give_a_direction_and_its_quality(tiny_model, dozen):
    found = marked_boundary(tiny_model, dozen, name="bright")
    assert found.vector.name == "bright"
    assert found.basis.n == 12
    assert "marks that it was not learned from" in found.sentence()
    w_plus = torch.cat([tiny_model.sample_w_plus(seed) for seed in range(100, 120)])
    before, after = (brightness(picture_of(tiny_model, found.vector.apply(w_plus, s))).mean() for s in (0, 1))
    assert after > before + 0.02


def test_labels_by_seed_equal_the_same_latents_and_marks(tiny_model, dozen):
    w = torch.cat([tiny_model.sample_w_plus(seed) for seed in dozen])[:, 0]
    expected = marked_boundary(tiny_model, w, list(dozen.values())).vector.delta_w_plus
    latents = labelled_seeds(tiny_model, dozen, "bright")
    assert torch.equal(latents.w, w)
    assert torch.equal(marked_boundary(tiny_model, latents).vector.delta_w_plus, expected)
    assert torch.equal(marked_boundary(tiny_model, dozen).vector.delta_w_plus, expected)
    assert marked_boundary(tiny_model, latents).vector.name == "bright"


def test_twenty_labels_or_more_give_a_boundary_with_samples_held_out(tiny_model, bright):
    found = boundary_of(tiny_model, labelled_seeds(tiny_model, bright, "bright"))
    assert found.labels
    assert found.on_all.n == 12
    assert found.on_all.value > 0.6
    own = LabelledLatents(torch.randn(30, 16), np.arange(30) % 2, "mine")
    assert boundary_of(tiny_model, own, "mean difference").attribute == "mine"


def test_labels_are_an_attribute_of_every_picture(tiny_model, bright):
    read = by_labels(tiny_model, bright, "bright")
    assert read.accuracy.value > 0.8
    assert read.accuracy.n == 40
    pictures = picture_of(tiny_model, torch.cat([tiny_model.sample_w_plus(seed) for seed in range(100, 140)]))
    assert np.corrcoef(read(pictures)["bright"], brightness(pictures))[0, 1] > 0.8
    towards = marked_boundary(tiny_model, bright).vector
    curve = attribute_curve(tiny_model, towards, "bright", read, (1, 2), seeds=range(100, 120))
    assert curve.slope > 0
    assert curve.low[1] > 0
    learned = boundary(tiny_model, "bright", read, "mean difference", samples=100)
    assert float(torch.cosine_similarity(learned.vector.delta_w_plus[0], towards.delta_w_plus[0], 0)) > 0.4
    assert "From 40 labels bright is read right for" in read.sentence()
    assert len(read.table()) == 40
    assert read.png().startswith(b"\x89PNG")
    assert "95% Wilson" in read._repr_html_()


def test_labels_at_random_are_read_by_chance_and_the_sentence_says_so(tiny_model):
    rng = np.random.default_rng(3)
    read = by_labels(tiny_model, {seed: bool(label) for seed, label in enumerate(rng.permutation(24) < 12)})
    assert read.accuracy.low < 0.5
    assert "that may be chance" in read.sentence()


def test_labels_are_read_by_features_of_the_user_too(tiny_model, dozen):
    read = by_labels(tiny_model, dozen, features=lambda pictures: pictures.mean((2, 3)))
    assert read.weights.shape == (3,)
    assert "the caller's features" in str(read.basis)


def test_models_without_a_judge_are_described_by_the_network_that_compares_pictures(tiny_model):
    features, name = features_of(tiny_model)
    found = features(picture_of(tiny_model, tiny_model.sample_w_plus(0)))
    assert found.ndim == 2
    assert "discriminator" in name


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: by_labels(m, [1, 0]), r"labels are 1 or 0 by seed, such as \{3: 1, 7: 0\}; got a list of 2"),
        (lambda m: by_labels(m, {}), "no seeds were given"),
        (lambda m: by_labels(m, {0: 1, 1: 0, 2: 0}), "at least 3 portraits 1 and 3 portraits 0; got 1 and 2"),
        (lambda m: by_labels(m, {0: "yes", 1: "no"}), "labels must be labels, True or False, or 1 or 0"),
        (lambda m: by_labels(m, {0: 1, 1: 2}), "labels must be labels, True or False, or 1 or 0"),
        (lambda m: by_labels(m, {"a": 1, "b": 0}), "each of labels must be a whole number"),
        (lambda m: labelled_seeds(m, None), "labels are 1 or 0 by seed"),
        (lambda m: marked_boundary(m, {0: 1, 1: 0}), "mark at least 2 portraits"),
        (lambda m: marked_boundary(m, torch.zeros(4, 16)), "positive has one mark for each latent"),
        (lambda m: marked_boundary(m, labelled_seeds(m, {0: 1}), [1]), "labelled latents have their marks"),
        (lambda m: boundary_of(m, labelled_seeds(m, {0: 1, 1: 0})), "learn by marked_boundary"),
        (lambda m: boundary_of(m, LabelledLatents(torch.zeros(30, 5), np.zeros(30), "a")), r"\[n, 16\]; got shape"),
    ],
)
def test_labels_that_do_not_fit_are_refused(tiny_model, call, message):
    with pytest.raises(ValueError, match=message):
        call(tiny_model)
