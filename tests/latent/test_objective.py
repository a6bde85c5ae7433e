from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from textbook_interpreter import textbook_logits

from editgan_widgets.latent.objective import LossWeights, Objective, edit_objective
from editgan_widgets.latent.target import EditTarget
from editgan_widgets.latent.terms.term import TermValue
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.encoder import Encoder, EncoderConfig
from editgan_widgets.models.interpreter import Interpreter


def target_of(session, side):
    """An edit whose region is a square of `side` px in a corner, half of it repainted."""
    region, changed = np.zeros((32, 32), bool), np.zeros((32, 32), bool)
    region[:side, :side] = True
    changed[:side, : side // 2] = True
    after = np.where(changed, (session.label_map + 1) % 4, session.label_map).astype(np.uint8)
    return EditTarget(after, region, changed, tuple(int(x) for x in np.unique(after[changed])))


def figures(objective, synthesis, w_plus=None):
    w_plus = torch.zeros(1, 8, 16) if w_plus is None else w_plus
    evaluation = objective(synthesis, torch.zeros(1, 8, 16), w_plus)
    return dict(zip(objective.names, evaluation.figures.tolist(), strict=True)) | {"sum": float(evaluation.total)}


@pytest.fixture
def synthesis(tiny_model, session):
    with torch.no_grad():
        return tiny_model.generator.synthesis(session.w_plus)


class Uniform(Interpreter):
    def at(self, features, region):
        return torch.zeros(1, 4, len(region))


PLAIN = LossWeights(dice=0, balance_power=0, changed=1)


@pytest.mark.parametrize("side", [2, 6, 28])
def test_the_weight_of_a_pixel_outside_does_not_depend_on_the_regions_size(tiny_model, session, synthesis, side):
    objective = edit_objective(tiny_model, target_of(session, side), synthesis.image + 0.1, PLAIN)
    assert figures(objective, synthesis)["rgb"] == pytest.approx(0.01, rel=1e-3)
    whole = replace(PLAIN, picture_mean=True)
    share = 1 - side**2 / 32**2
    objective = edit_objective(tiny_model, target_of(session, side), synthesis.image + 0.1, whole)
    assert figures(objective, synthesis)["rgb"] == pytest.approx(0.01 * share, rel=1e-3)


@pytest.mark.parametrize("side", [2, 6, 28])
def test_the_weight_of_a_pixel_inside_does_not_depend_on_the_regions_size(tiny_model, session, synthesis, side):
    uniform = Uniform(tiny_model.interpreter.config)
    bare = EditGAN(tiny_model.generator, None, None, tiny_model.labels)
    bare.interpreter = uniform
    for weights in (PLAIN, LossWeights(dice=0)):
        objective = edit_objective(bare, target_of(session, side), synthesis.image, weights)
        assert figures(objective, synthesis)["segmentation"] == pytest.approx(np.log(4), rel=1e-4)


def test_the_perceptual_term_is_a_mean_over_the_outside_alone(tiny_model, session, synthesis):
    other = synthesis.image.flip(3)
    found = {}
    for picture_mean in (False, True):
        objective = edit_objective(
            tiny_model, target_of(session, 16), other, LossWeights(picture_mean=picture_mean, perceptual_every=1)
        )
        found[picture_mean] = figures(objective, synthesis)["perceptual"]
    assert found[True] == pytest.approx(0.75 * found[False], rel=1e-4)


def test_terms_that_need_an_absent_network_are_left_out(tiny_model, session, synthesis):
    weights = LossWeights(identity=5, encoder=5)
    found = figures(
        edit_objective(tiny_model, target_of(session, 8), synthesis.image, weights), synthesis, session.w_plus
    )
    assert {"identity", "encoder"}.isdisjoint(found)


def test_the_identity_term_is_one_less_the_cosine_of_the_embeddings(tiny_model, session, synthesis):
    def embed(image):
        return F.normalize(F.avg_pool2d(image, 16).flatten(1), dim=1)

    other = synthesis.image.flip(3).detach()
    without = figures(edit_objective(tiny_model, target_of(session, 8), other, LossWeights()), synthesis)
    found = figures(edit_objective(tiny_model, target_of(session, 8), other, LossWeights(identity=3), embed), synthesis)
    cosine = float((embed(other) * embed(synthesis.image)).sum())
    assert found["identity"] == pytest.approx(1 - cosine, abs=1e-5)
    assert found["sum"] == pytest.approx(without["sum"] + 3 * (1 - cosine), rel=1e-4)


def test_a_further_term_is_added_with_its_figures_and_its_goal(tiny_model, session, synthesis):
    class Dark:
        names, period, goal = ("dark",), 1, "dark"

        def value(self, at):
            dark = (1 - at.image.mean()) / 2
            return TermValue(3 * (1 - dark), {"dark": dark})

    target, picture = target_of(session, 8), synthesis.image
    plain = edit_objective(tiny_model, target, picture, PLAIN)
    with_dark = edit_objective(tiny_model, target, picture, PLAIN, goals=[Dark()])
    assert with_dark.goals == ("iou", "dark")
    found, before = figures(with_dark, synthesis), figures(plain, synthesis)
    assert found["dark"] == pytest.approx(float(1 - picture.mean()) / 2, abs=1e-5)
    assert found["sum"] == pytest.approx(before["sum"] + 3 * (1 - found["dark"]), rel=1e-4)


def test_the_encoders_term_is_the_distance_from_its_latent_of_the_picture(tiny_model, session, synthesis):
    encoder = Encoder(EncoderConfig(32, 8, 16, channel_base=256, channel_max=16, hidden=16))
    model = EditGAN(
        tiny_model.generator, tiny_model.discriminator, tiny_model.interpreter, tiny_model.labels, encoder=encoder
    )
    objective = edit_objective(model, target_of(session, 8), synthesis.image, LossWeights(encoder=1))
    with torch.no_grad():
        distance = (session.w_plus - encoder(synthesis.image)).square().mean()
    assert figures(objective, synthesis, session.w_plus)["encoder"] == pytest.approx(float(distance), rel=1e-4)


def test_nearest_features_are_those_of_the_textbook(tiny_model, session, synthesis):
    target = target_of(session, 12)
    weights = replace(PLAIN, perceptual=0, rgb=0, prior=0)
    found = figures(edit_objective(tiny_model, target, synthesis.image, weights, nearest=True), synthesis)
    nearest = [F.interpolate(x, size=(32, 32), mode="nearest") for x in synthesis.features]
    logits = textbook_logits(tiny_model.interpreter, nearest)[0][:, torch.from_numpy(target.region)]
    wanted = torch.from_numpy(target.label_map[target.region]).long()
    assert found["segmentation"] == pytest.approx(float(F.cross_entropy(logits.T, wanted)), rel=1e-3)
    bilinear = figures(edit_objective(tiny_model, target, synthesis.image, weights), synthesis)
    assert found["segmentation"] != pytest.approx(bilinear["segmentation"], rel=1e-3)


def test_gradients_taken_term_after_term_are_those_of_the_total(tiny_model, session):
    picture = tiny_model.generator.synthesis(session.w_plus).image
    objective = edit_objective(
        tiny_model, target_of(session, 8), picture.detach() + 0.1, LossWeights(perceptual_every=1)
    )
    w_plus = (session.w_plus + 0.2).requires_grad_()
    offset = w_plus - session.w_plus
    synthesis = tiny_model.generator.synthesis(w_plus)
    evaluation = objective(synthesis, offset, w_plus)
    descent = objective.descend(synthesis, offset, w_plus)
    assert torch.allclose(descent.figures, evaluation.figures, rtol=1e-5)
    (expected,) = torch.autograd.grad(evaluation.total, [w_plus], retain_graph=True)
    assert torch.allclose(descent.gradient(w_plus), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("most", [None, 400, 100, 37])
def test_each_pixel_of_a_large_region_is_read_once_in_as_many_steps_as_it_takes(tiny_model, session, synthesis, most):
    side = 20
    target = target_of(session, side)
    objective = edit_objective(tiny_model, target, synthesis.image, LossWeights(pixels=most))
    count = 1 if most is None else -(-(side**2) // most)
    assert len(objective.terms[0].lattices) == count
    read = torch.zeros(32, 32)
    for lattice in objective.terms[0].lattices:
        assert len(lattice.sampler) <= 1.2 * side**2 / count
        read[lattice.sampler.ys, lattice.sampler.xs] += 1
    assert torch.equal(read, torch.from_numpy(target.region).float())


def test_a_lattice_has_its_pixels_apart(tiny_model, session, synthesis):
    objective = edit_objective(tiny_model, target_of(session, 20), synthesis.image, LossWeights(pixels=80))
    sampler = objective.terms[0].lattices[0].sampler
    places = torch.stack([sampler.ys, sampler.xs]).float()
    apart = torch.cdist(places.T, places.T) + 99 * torch.eye(len(sampler))
    assert float(apart.min()) == pytest.approx(5**0.5)  # a knight's move: every fifth pixel


def test_agreement_counts_all_lattices_once_they_were_read(tiny_model, session, synthesis):
    whole = edit_objective(tiny_model, target_of(session, 20), synthesis.image, LossWeights(pixels=None))
    parts = edit_objective(tiny_model, target_of(session, 20), synthesis.image, LossWeights(pixels=100))
    for _ in range(4):
        found = figures(parts, synthesis)
    assert found["iou"] == pytest.approx(figures(whole, synthesis)["iou"])


def test_pixels_of_a_step_are_one_or_more():
    with pytest.raises(ValueError, match=r"pixels \(None for all\) must be a whole number from 1 up; got 0"):
        LossWeights(pixels=0)


def made_term(**attributes):
    def value(self, at):
        return TermValue(torch.zeros(()), {name: torch.zeros(()) for name in attributes.get("reports", ("dark",))})

    return type("Dark", (), {"names": ("dark",), "period": 1, "goal": None, "value": value, **attributes})()


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (made_term(names="ab"), "names of Dark must be a tuple of texts.*got 'ab'"),
        (made_term(names=(1,)), r"got \(1,\)"),
        (made_term(goal="iou"), "goal of Dark must be one of its own figures .dark. or None; got 'iou'"),
        (made_term(names=(), goal="dark"), "figures .none. or None"),
        (made_term(period=0), "period of Dark must be a whole number from 1 up; got 0"),
        (made_term(names=("total",)), "figure named 'total'"),
        (5, "a term has names, period, goal and value.*got 5"),
    ],
)
def test_a_term_whose_attributes_do_not_fit_is_named(term, message, unchecked):
    with pytest.raises(ValueError, match=message):
        Objective([made_term(names=("iou",), reports=("iou",)), term])


@pytest.mark.parametrize("reports", [(), ("dark", "bright"), ("bright",), ("iou",)])
def test_a_term_that_reports_other_figures_than_it_names_is_refused(reports, synthesis):
    objective = Objective([made_term(names=("iou",), reports=("iou",)), made_term(reports=reports)])
    with pytest.raises(
        ValueError, match=f"Dark must report the figures that it names, dark; got {', '.join(reports) or 'none'};"
    ):
        figures(objective, synthesis)
