import json
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny_model import grown

from editgan_widgets import EditSession, EditVector
from editgan_widgets.analysis.transfer import markdown_table, source_seeds, transfer
from editgan_widgets.latent.directions.edit_vector import WrongModelError
from editgan_widgets.models.editgan import EditGAN


def read(pictures):
    """Replaces the factor regressor."""
    return {"brightness": pictures.mean((1, 2, 3)).numpy(), "constant": np.zeros(len(pictures))}


def identity(pictures):
    """Replaces the identity embedding."""
    return F.normalize(F.avg_pool2d(pictures, 8).flatten(1), dim=1)


@pytest.fixture(scope="module")
def brighter(tiny_model):
    """A direction that brightens every portrait: the mean gradient of brightness."""
    w_plus = torch.cat([tiny_model.sample_w_plus(seed) for seed in range(32)]).requires_grad_()
    brightness = tiny_model.generator.synthesis(w_plus, noise_mode="const").image.mean()
    (gradient,) = torch.autograd.grad(brightness, [w_plus])
    delta = gradient.mean(0)
    return EditVector(
        "brighter", delta / delta.norm(), ("glow", "spark"), {"fingerprint": tiny_model.fingerprint, "seed": 100}
    )


SEEDS = tuple(range(40, 52))


@pytest.mark.slow
def test_a_direction_that_works_everywhere_transfers(tiny_model, brighter):
    report = transfer(tiny_model, brighter, SEEDS, "brightness", read, identity)
    assert report.source_change > 0
    assert report.success.n == len(SEEDS)
    assert report.success.value > 0.5
    assert report.success.low < report.success.value
    assert [x.success for x in report.measures] == [x.change >= report.source_change / 2 for x in report.measures]
    first = report.measures[0]
    before = tiny_model.generator.synthesis(tiny_model.sample_w_plus(40)).image.clamp(-1, 1)
    after = tiny_model.generator.synthesis(brighter.apply(tiny_model.sample_w_plus(40))).image.clamp(-1, 1)
    assert first.change == pytest.approx(float(after.mean() - before.mean()), abs=1e-5)
    assert first.identity == pytest.approx(float((identity(before) * identity(after)).sum()), abs=1e-4)
    assert report.outside is not None
    assert 0 < report.outside.value < 0.3
    assert report.identity_median == pytest.approx(np.median([x.identity for x in report.measures]))


@pytest.mark.slow
def test_a_reversed_vector_is_judged_by_its_own_sign(tiny_model, brighter):
    report = transfer(tiny_model, brighter, SEEDS, "brightness", read, scale=-1.0)
    assert report.source_change < 0
    assert report.success.value > 0.5


@pytest.mark.slow
def test_a_vector_with_the_opposite_effect_elsewhere_fails(tiny_model, brighter):
    report = transfer(tiny_model, brighter, SEEDS, "brightness", read, source_change=-0.01)
    assert report.success.value == 0
    assert report.success.high < 0.3
    assert report.identity is None


@pytest.mark.shipped
@pytest.mark.slow
def test_refining_reduces_the_change_outside(tiny_model):
    session = EditSession.from_seed(tiny_model, seed=5)
    session.set_label_map(grown(session.label_map, 3))
    list(session.edit(steps=6))
    vector = session.edit_vector("spark")
    reports = [
        transfer(tiny_model, vector, (7, 9), "brightness", read, refine_steps=steps, scale=2.0) for steps in (0, 8)
    ]
    assert [x.refine_steps for x in reports] == [0, 8]
    assert reports[1].outside.value < reports[0].outside.value
    assert markdown_table(reports).count("| spark | brightness | 2 |") == 2


def test_the_report_is_available_as_a_table_and_as_json(tiny_model, brighter):
    bare = EditGAN(tiny_model.generator, None, None, tiny_model.labels)
    report = transfer(bare, brighter, SEEDS[:3], "brightness", read, source_change=0.02)
    assert report.outside is None
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["measures"][0]["identity"] is None
    head, rule, row = markdown_table([report]).strip().splitlines()
    assert head.count("|") == rule.count("|") == row.count("|")
    assert row.startswith("| brighter | brightness | 1 | 0 | 3 | 100% (44% to 100%) |")


def test_a_transfer_that_cannot_be_measured_is_refused_with_the_reason(tiny_model, brighter):
    with pytest.raises(ValueError, match="no seeds"):
        transfer(tiny_model, brighter, (), "brightness", read)
    with pytest.raises(ValueError, match="'brighter' was learned on seed 100"):
        transfer(tiny_model, brighter, (1, 100), "brightness", read)
    with pytest.raises(ValueError, match="unknown attribute 'smile'; known attributes: brightness, constant"):
        transfer(tiny_model, brighter, (1,), "smile", read)
    with pytest.raises(ValueError, match=r"'constant' changes by 0\.0"):
        transfer(tiny_model, brighter, (1,), "constant", read)
    with pytest.raises(ValueError, match="give source_change"):
        transfer(tiny_model, replace(brighter, recipe={}), (1,), "brightness", read)
    with pytest.raises(WrongModelError):
        transfer(tiny_model, replace(brighter, recipe={"fingerprint": "x"}), (1,), "brightness", read)


def test_the_seed_of_a_methods_samples_is_not_one_of_a_portrait():
    painted = EditVector("v", torch.ones(8, 16), (), {"seed": 3})
    found = EditVector("v", torch.ones(8, 16), (), {"seed": 3, "method": "boundary, svm"})
    several = EditVector("v", torch.ones(8, 16), (), {"seeds": [1, 2]})
    assert [source_seeds(vector) for vector in (painted, found, several)] == [[3], [], [1, 2]]
