import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny_model import grown

from editgan_widgets import images
from editgan_widgets.documents.session import EditSession
from editgan_widgets.latent import optimize
from editgan_widgets.latent.adam import Adam
from editgan_widgets.latent.objective import LossWeights, Objective, edit_objective
from editgan_widgets.latent.optimize import EditConfig, optimize_edit
from editgan_widgets.latent.target import EditTarget, agreement, from_label_maps
from editgan_widgets.models.editgan import EditGAN


@pytest.fixture(scope="module")
def session(tiny_model):
    return EditSession.from_seed(tiny_model, seed=3)


@pytest.fixture(scope="module")
def target(session):
    return from_label_maps(session.label_map, grown(session.label_map, 3))


@pytest.fixture(scope="module")
def steps(tiny_model, session, target):
    return list(optimize_edit(tiny_model, session.w_plus, target, EditConfig(steps=20)))


def test_the_picture_comes_to_agree_with_the_painted_map_inside_the_region(tiny_model, session, target, steps):
    assert agreement(session.label_map, target) < 0.75
    assert max(step.iou for step in steps) > agreement(session.label_map, target) + 0.1


def test_pixels_outside_the_region_hardly_move(session, target, steps):
    change = np.abs(steps[-1].image.astype(float) - session.image).mean(-1) / 255
    assert change[~target.region].mean() < 0.025
    assert steps[-1].outside == pytest.approx(change[~target.region].mean(), abs=2e-3)


def test_every_step_has_the_picture_and_the_figures_of_its_own_latent(tiny_model, session, target, steps):
    for step in (steps[0], steps[7], steps[-1]):
        synthesis = tiny_model.generator.synthesis(step.w_plus)
        assert np.array_equal(images.to_uint8(synthesis.image)[0], step.image)
        predicted = tiny_model.interpreter(synthesis.features)[0].argmax(0).to(torch.uint8).numpy()
        assert step.iou == pytest.approx(agreement(predicted, target), abs=0.02)


def test_steps_are_numbered_from_one_and_their_latents_are_their_own(steps, session):
    assert [step.index for step in steps] == list(range(1, 21))
    assert steps[0].total == 20
    kept = steps[0].w_plus.clone()
    assert not torch.equal(kept, steps[1].w_plus)
    assert not torch.equal(kept, session.w_plus)  # the first step has moved already
    assert len({step.w_plus.data_ptr() for step in steps}) == 20


def test_no_grad_mode_leaks_to_the_consumer(tiny_model, session, target):
    for enabled in (True, False):
        with torch.set_grad_enabled(enabled):
            for _ in optimize_edit(tiny_model, session.w_plus, target, EditConfig(steps=2)):
                assert torch.is_grad_enabled() == enabled


@pytest.mark.slow
def test_the_same_edit_gives_the_same_steps(tiny_model, session, target, steps):
    again = list(optimize_edit(tiny_model, session.w_plus, target, EditConfig(steps=20)))
    assert torch.equal(again[-1].w_plus, steps[-1].w_plus)


def test_only_the_chosen_layers_move(tiny_model, session, target):
    *_, last = optimize_edit(tiny_model, session.w_plus, target, EditConfig(steps=3, layers=(2, 5)))
    moved = (last.w_plus - session.w_plus)[0].abs().amax(1) > 1e-4
    assert moved.tolist() == [False, False, True, True, True, False, False, False]


def test_an_edit_ends_early_once_it_agrees_well_enough(tiny_model, session, target):
    config = EditConfig(steps=20, stop_iou=0.0, outside_budget=1.0)
    assert len(list(optimize_edit(tiny_model, session.w_plus, target, config))) == 1


def test_a_warm_start_holds_the_outside_to_the_reference(tiny_model, session, target, steps):
    again = list(
        optimize_edit(tiny_model, steps[9].w_plus, target, EditConfig(steps=1, lr=1e-6), reference=session.w_plus)
    )
    assert again[0].outside == pytest.approx(steps[9].outside, abs=1e-3)
    assert again[0].figures["prior"] == pytest.approx(steps[9].figures["prior"], rel=0.05)


def test_a_model_without_discriminator_is_edited_with_the_stand_ins_features(tiny_model, session, target):
    bare = EditGAN(tiny_model.generator, None, tiny_model.interpreter, tiny_model.labels)
    for preset in ("default", "paper", "released"):
        *_, step = optimize_edit(bare, session.w_plus, target, replace(EditConfig.preset(preset), steps=3))
        assert step.figures["perceptual"] > 0


@pytest.mark.slow
def test_a_term_that_cannot_be_computed_is_named_with_its_reason(tiny_model, session, target):
    bare = EditGAN(tiny_model.generator, None, tiny_model.interpreter, tiny_model.labels)
    (step,) = optimize_edit(bare, session.w_plus, target, replace(EditConfig.preset("released"), steps=1))
    assert step.left_out == {"encoder": "the model has no encoder"}
    (step,) = optimize_edit(bare, session.w_plus, target, EditConfig(steps=1))
    assert not step.left_out  # no identity network was asked for
    (step,) = optimize_edit(bare, session.w_plus, target, EditConfig(steps=1, weights=LossWeights(identity=3)))
    assert step.left_out == {"identity": "no embedding is given (EditConfig.embedding)"}
    given = EditConfig(steps=1, embedding=lambda image: torch.nn.functional.normalize(image.flatten(1), dim=1))
    (step,) = optimize_edit(bare, session.w_plus, target, given)
    assert not step.left_out
    assert "identity" in step.figures
    whole = replace(target, region=np.ones_like(target.region))
    (step,) = optimize_edit(bare, session.w_plus, whole, EditConfig(steps=1))
    assert "nothing is outside" in step.left_out["perceptual"]
    weights = replace(EditConfig().weights, identity=0, perceptual=0)
    (step,) = optimize_edit(bare, session.w_plus, target, EditConfig(steps=1, weights=weights))
    assert not step.left_out


def test_an_edit_without_an_interpreter_is_refused_with_the_reason(tiny_model, session, target):
    bare = EditGAN(tiny_model.generator, None, None, tiny_model.labels)
    with pytest.raises(ValueError, match="no interpreter yet; train one"):
        next(optimize_edit(bare, session.w_plus, target))


def test_a_target_of_another_size_is_refused(tiny_model, session, target):
    small = EditTarget(*(x[:16, :16] for x in (target.label_map, target.region, target.changed)), labels=target.labels)
    with pytest.raises(ValueError, match=r"target is \(16, 16\) px, but this model generates \(32, 32\)"):
        next(optimize_edit(tiny_model, session.w_plus, small))


@pytest.mark.parametrize("changes", [{"steps": 0}, {"lr": 0.0}, {"lr": float("nan")}])
def test_settings_out_of_range_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        EditConfig(**changes)


def test_the_gradient_of_the_objective_is_the_slope_of_its_total(tiny_model, session, target):
    synthesis = tiny_model.generator.synthesis(session.w_plus)
    objective = edit_objective(tiny_model, target, synthesis.image, LossWeights())
    start = session.w_plus + 0.05 * torch.randn(1, 8, 16, generator=torch.Generator().manual_seed(0))
    direction = torch.randn(1, 8, 16, generator=torch.Generator().manual_seed(1))

    def total(w_plus):
        return objective(tiny_model.generator.synthesis(w_plus), w_plus - session.w_plus, w_plus).total

    leaf = start.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(total(leaf), [leaf])
    h = 2e-3
    slope = (total(start + h * direction) - total(start - h * direction)) / (2 * h)
    assert float((gradient * direction).sum()) == pytest.approx(float(slope), rel=0.05, abs=0.01)


def test_the_optimiser_is_adam():
    torch.manual_seed(0)
    start, goal = torch.randn(3, 4), torch.randn(3, 4)
    mine, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    adam, reference = Adam(mine, beta2=0.95), torch.optim.Adam([theirs], betas=(0.9, 0.95))
    for rate in (0.1, 0.3, 0.2, 0.05):
        adam.step(rate, torch.autograd.grad((mine - goal).pow(4).sum(), [mine])[0])
        reference.param_groups[0]["lr"] = rate
        reference.zero_grad()
        (theirs - goal).pow(4).sum().backward()
        reference.step()
    assert torch.allclose(mine, theirs, atol=1e-6)
    assert not torch.equal(mine, start)


@pytest.mark.slow
def test_the_first_edit_and_embedding_of_a_process_do_not_wait_for_torchs_compiler_to_be_imported(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    script = f"""
import sys
from editgan_widgets import EditSession, load_model
from editgan_widgets.images import from_uint8
from editgan_widgets.latent.embed import EmbedConfig, embed
session = EditSession.from_seed(load_model({str(tmp_path / "tiny.safetensors")!r}, device="cpu"), seed=1)
session.set_label_map((session.label_map + 1) % 4)
list(session.edit(steps=2))
embed(session.model, from_uint8(session.image[None]), EmbedConfig(steps=2))
print("torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "False", done.stderr


def test_the_perceptual_distance_is_taken_every_other_step_and_counts_twice(tiny_model, session, target):
    def terms(every, calls):
        weights = LossWeights(segmentation=0, dice=0, rgb=0, prior=0, perceptual_every=every)
        objective = edit_objective(tiny_model, target, images.from_uint8(session.image), weights)
        w_plus = (session.w_plus + 0.5).requires_grad_()
        found = []
        for _ in range(calls):
            synthesis = tiny_model.generator.synthesis(w_plus)
            total = objective(synthesis, torch.zeros_like(w_plus), w_plus).total
            gradient = torch.autograd.grad(total, [w_plus])[0] if total.requires_grad else torch.zeros_like(w_plus)
            found.append((float(total.detach()), gradient))
        return found

    (each, gradient), _ = terms(1, 2)
    (first, twice), (second, none), (third, again) = terms(2, 3)
    assert each > 0
    assert first == second == third == pytest.approx(each)
    assert torch.allclose(twice, 2 * gradient, rtol=1e-3, atol=1e-7)
    assert torch.equal(again, twice)
    assert not none.any()


@pytest.mark.slow
def test_half_precision_arrives_at_nearly_the_same_agreement(tiny_model, session, target, monkeypatch):
    monkeypatch.setattr(optimize, "bfloat16_in_hardware", lambda device: True)
    found = {}
    for precision in ("float32", "bfloat16"):
        config = EditConfig(steps=20, precision=precision)
        found[precision] = list(optimize_edit(tiny_model, session.w_plus, target, config))[-1]
    assert found["bfloat16"].w_plus.dtype == torch.float32
    assert not torch.equal(found["bfloat16"].w_plus, found["float32"].w_plus)
    assert found["bfloat16"].iou == pytest.approx(found["float32"].iou, abs=0.05)


def test_float32_is_used_where_half_precision_is_slow(tiny_model, session, target, monkeypatch):
    monkeypatch.setattr(optimize, "bfloat16_in_hardware", lambda device: False)
    half, exact = (
        list(optimize_edit(tiny_model, session.w_plus, target, EditConfig(steps=2, precision=precision)))[-1]
        for precision in ("bfloat16", "float32")
    )
    assert torch.equal(half.w_plus, exact.w_plus)


def test_a_step_that_is_not_finite_is_never_kept(painted):
    before = painted.image.copy()
    steps = list(painted.edit(config=EditConfig(lr=1e30, steps=4, prime=False)))
    kept = painted.kept_step
    assert any(not np.isfinite(step.figures["total"]) for step in steps)
    assert kept is None or np.isfinite(kept.figures["total"])
    assert torch.isfinite(painted.w_plus).all()
    assert kept is not None or np.array_equal(painted.image, before)


def test_weights_that_are_not_finite_are_refused():
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="the weight 'rgb' must be a finite number"):
            LossWeights(rgb=value)


@pytest.mark.parametrize(
    ("names", "goal", "message"),
    [
        (("drag", "total"), None, "two terms have a figure named 'total'|uses 'total'"),
        (("drag", "drag"), None, "two terms have a figure named 'drag'"),
        (("drag",), "reached", "goal of SimpleNamespace must be one of its own figures"),
    ],
)
def test_terms_with_clashing_figures_are_refused(names, goal, message, unchecked):
    term = SimpleNamespace(names=names, goal=goal, period=1, value=lambda *_: {})
    with pytest.raises(ValueError, match=message):
        Objective([term])
