"""Ways to edit an attribute are compared by success, identity and KID."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from editgan_widgets.analysis.comparison_page import comparison_page
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.edit_comparison import EditComparison, EditWay, WayMeasure, compare_edits
from editgan_widgets.analysis.edit_ways import ways_to_edit
from editgan_widgets.analysis.results import Basis
from editgan_widgets.latent.directions.edit_vector import EditVector


def brightness(pictures):
    return {"brightness": pictures.mean((1, 2, 3)).numpy()}


def face(pictures):
    return torch.nn.functional.normalize(torch.nn.functional.adaptive_avg_pool2d(pictures, 4).flatten(1), dim=1)


def features(pictures):
    return torch.nn.functional.adaptive_avg_pool2d(pictures, 2).flatten(1)


def brighter(model):
    """The direction of W that raises brightness most, by least squares over samples."""
    w = model.generator.mapping(torch.randn(400, 16, generator=torch.Generator().manual_seed(5)))
    value = brightness(model.generator.synthesis(model.generator.w_plus(w)).image)["brightness"]
    slope = np.linalg.lstsq((w - w.mean(0)).double().numpy(), value - value.mean(), rcond=None)[0]
    return torch.from_numpy(slope).float()


def way(model, name, direction, **settings):
    recipe = {"fingerprint": model.base_fingerprint, "resolution": model.resolution}
    return EditWay(name, EditVector(name, direction[None].repeat(8, 1), ("spark",), recipe), 16, **settings)


@pytest.fixture(scope="module")
def comparison(tiny_model):
    with torch.no_grad():
        direction = brighter(tiny_model)
    other = torch.randn(16, generator=torch.Generator().manual_seed(1))
    ways = [
        way(tiny_model, "brighter", direction),
        way(tiny_model, "at random", other),
        way(tiny_model, "refined", direction, refined=1),
    ]
    return compare_edits(
        tiny_model,
        ways,
        "brightness",
        brightness,
        face,
        features,
        seeds=range(60),
        strengths=(0.5, 4.0),
        samples=200,
        refined_portraits=4,
    )


@pytest.mark.slow
def test_a_stronger_edit_succeeds_more_often_and_changes_the_face_more(comparison):
    weak, strong = (m for m in comparison.measures if m.way == "brighter")
    assert strong.success.value > max(weak.success.value, 0.5)
    assert strong.identity.value < weak.identity.value < 1
    assert strong.scale == pytest.approx(8 * weak.scale)


@pytest.mark.slow
def test_a_direction_of_the_attribute_keeps_more_of_the_face_than_a_random_one(comparison):
    assert comparison.at("brighter").identity.value > comparison.at("at random").identity.value
    verdicts = {record["beside"]: record for record in comparison.beside("brighter")}
    assert verdicts["at random"]["identity"] == "better"


@pytest.mark.slow
def test_ways_with_refinement_are_measured_on_fewer_portraits(comparison):
    assert {m.success.n for m in comparison.measures if m.way == "refined"} == {4}
    assert all(m.success.n > 10 for m in comparison.measures if m.way == "brighter")


@pytest.mark.slow
def test_a_comparison_shows_a_sentence_a_plot_and_a_table(comparison):
    assert "brightness" in comparison.sentence()
    assert len(comparison.table()) == 6
    assert comparison.png().startswith(b"\x89PNG")
    assert comparison.csv().splitlines()[0].startswith("way,labels,strength,n,success,")


@pytest.mark.slow
def test_portraits_that_all_have_the_attribute_are_refused(tiny_model):
    def grey(pictures):
        return {"brightness": np.zeros(len(pictures))}

    with pytest.raises(ValueError, match="0 of 1 portraits have less 'brightness'"):
        compare_edits(
            tiny_model,
            [way(tiny_model, "at random", torch.ones(16))],
            "brightness",
            lambda p: {"brightness": np.zeros(len(p))},
            face,
            features,
            range(1),
            samples=20,
        )


def measure(name, success, identity, kid, strength=1.0):
    def estimate(value):
        return Estimate(value, value - 0.01, value + 0.01, 100)

    return WayMeasure(name, 16, 0, strength, strength, estimate(success), estimate(identity), estimate(kid))


def test_a_way_is_compared_at_the_least_strength_that_succeeds():
    measures = (measure("a", 0.5, 0.99, 0.01), measure("a", 0.97, 0.95, 0.02, 2), measure("a", 1, 0.8, 0.2, 3))
    weak = (measure("b", 0.4, 0.99, 0.05), measure("b", 0.6, 0.955, 0.01, 2))
    found = EditComparison("smile", 0.5, Estimate(0.1, 0.1, 0.1, 9), {}, measures + weak, Basis())
    assert found.at("a").strength == 2
    assert found.at("b").strength == 2
    verdict = {"beside": "b", "success": "better", "identity": "equal within the intervals"}
    assert found.beside("a") == [verdict | {"KID": "equal within the intervals"}]
    assert found.beside("b")[0]["success"] == "worse"
    few = replace(weak[1], kid=replace(weak[1].kid, n=6))
    verdicts = replace(found, measures=(*measures, weak[0], few)).beside("a")[0]
    assert (verdicts["success"], verdicts["KID"]) == ("better", "unknown: too few pictures")
    with pytest.raises(ValueError, match="no way 'c'"):
        found.at("c")


def test_the_attributes_that_differ_most_from_what_is_natural_are_listed_for_each_way():
    natural = {"smile": 2.0, "age": 0.1, "yaw": 0.0, "weight": 0.0}
    a = replace(measure("a", 1, 0.9, 0.1), changes={"smile": 2.1, "age": 0.1, "yaw": 0.9, "weight": -0.2})
    b = replace(measure("b", 1, 0.9, 0.1), changes={"smile": 2.2, "age": 0.0, "yaw": 0.1, "weight": 0.4})
    found = EditComparison("smile", 0.5, Estimate(0.1, 0.1, 0.1, 9), natural, (a, b), Basis())
    assert found.side_effects(count=2) == [
        {"way": "samples with it", "yaw": 0.0, "weight": 0.0},
        {"way": "a", "yaw": 0.9, "weight": -0.2},
        {"way": "b", "yaw": 0.1, "weight": 0.4},
    ]


@pytest.mark.slow
def test_changes_of_attributes_are_in_the_samples_deviations(comparison):
    weak, strong = (m for m in comparison.measures if m.way == "brighter")
    assert strong.changes["brightness"] > weak.changes["brightness"] > 0
    assert comparison.natural["brightness"] > 0.5


@pytest.mark.slow
def test_an_edit_vector_is_put_beside_the_directions_of_other_methods(tiny_model):
    with torch.no_grad():
        vector = way(tiny_model, "brighter", brighter(tiny_model)).vector
    ways = ways_to_edit(
        tiny_model, vector, "brightness", brightness, refined=(10,), samples=100, few=(30,), candidates=3
    )
    assert [x.name for x in ways] == [
        *("edit vector", "edit vector, 10 steps", "edit vector, regularised", "InterFaceGAN", "mean difference"),
        *("InterFaceGAN, 30 labels", "mean difference, 30 labels", "SeFa", "StyleSpace"),
    ]
    assert [x.labels for x in ways[3:]] == [100, 100, 30, 30, 24, 24]
    latents = torch.cat([tiny_model.sample_w_plus(seed) for seed in range(8)])
    for x in ways[2:]:
        raised = brightness(tiny_model.generator.synthesis(x.vector.apply(latents)).image)["brightness"]
        assert raised.mean() > brightness(tiny_model.generator.synthesis(latents).image)["brightness"].mean()


@pytest.mark.slow
def test_a_comparisons_page_has_its_figures_and_those_of_the_paper(comparison):
    page = comparison_page(comparison, ["brighter"])
    assert page.count("| brighter |") == 3
    assert "## What else changes" in page
    assert (
        "| refined | better |" in page or "| refined | equal within" in page or "| refined | unknown: too few" in page
    )
    assert "| EditGAN | 16 | 0.915 | 41.74 | 0.705 |" in page
