"""The benchmark's port of the release's loop computes the same function as our loop."""

import importlib
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from textbook_interpreter import textbook_logits

from editgan_kernels import PixelSampler
from editgan_widgets.models import interpreter
from editgan_widgets.models.discriminator import DiscriminatorConfig
from editgan_widgets.models.generators.stylegan2 import StyleGAN2Config
from editgan_widgets.models.pyramid_encoder import PyramidEncoderConfig

BENCHMARKS = Path(__file__).parents[2] / "kernels" / "benchmarks"
RESOLUTION = 64


def benchmark(name):
    """Import a module of kernels/benchmarks, which is not a package."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


released_loop = benchmark("released_loop")

TINY = released_loop.Shape(
    StyleGAN2Config(RESOLUTION, z_dim=16, w_dim=16, mapping_layers=2, channel_base=512, channel_max=16),
    DiscriminatorConfig(RESOLUTION, channel_base=512, channel_max=16),
    PyramidEncoderConfig(RESOLUTION, num_ws=10, w_dim=16, width=8, blocks=(1, 1, 1, 1), channels=16),
    num_labels=6,
    members=3,
    hidden=(16, 8),
    vgg_channels=(4, 8, 8, 8, 8),
)


@pytest.fixture(scope="module")
def model():
    return released_loop.random_model(TINY)


@pytest.fixture(scope="module")
def task(model):
    return released_loop.task_for(model)


@pytest.fixture
def loops(model, task):
    vgg16 = released_loop.random_vgg16(TINY.vgg_channels)
    return released_loop.ReleasedLoop(model, task, vgg16), released_loop.LeanLoop(model, task, vgg16)


@pytest.fixture
def synthesis(model, task):
    with torch.no_grad():
        return model.generator.synthesis(task.start, noise_mode="const")


def test_the_ports_logits_equal_those_of_the_textbook_interpreter(model, loops, synthesis):
    port, _ = loops
    nearest = [F.interpolate(x, size=(RESOLUTION, RESOLUTION), mode="nearest") for x in synthesis.features]
    naive = textbook_logits(model.interpreter, nearest)[0].flatten(1)[:, port.region]
    torch.testing.assert_close(port.logits(synthesis), naive.T, rtol=1e-4, atol=1e-4)


def test_the_members_first_layer_contains_the_features_standardisation(synthesis):
    interpreter = released_loop.random_model(TINY, with_encoder=False).interpreter
    interpreter.feature_mean.uniform_(-1, 1)
    interpreter.feature_std.uniform_(0.5, 2)
    pixels = released_loop.full_size(synthesis.features, RESOLUTION, "bilinear")[0].flatten(1).T
    got = released_loop.mean_logits(released_loop.members_of(interpreter), pixels)
    naive = textbook_logits(interpreter, synthesis.features)[0].flatten(1).T
    torch.testing.assert_close(got, naive, rtol=1e-4, atol=1e-4)


def test_the_ports_label_map_equals_the_interpreters(model, synthesis):
    labels = released_loop.segment(released_loop.members_of(model.interpreter), synthesis.features)
    assert (labels == model.interpreter(synthesis.features)[0].argmax(0)).float().mean() > 0.999


def test_both_loops_compute_the_same_terms_and_gradient(loops):
    gradients, values = [], []
    for loop in loops:
        terms = loop.terms()
        values.append(terms.values())
        gradients.append(torch.autograd.grad(terms.total, [loop.w_plus])[0])
    assert values[1] == pytest.approx(values[0], rel=1e-3)
    assert all(value > 0 for value in values[0].values())
    assert F.cosine_similarity(*(x.flatten() for x in gradients), dim=0) > 0.9999
    torch.testing.assert_close(*(x.norm() for x in gradients), rtol=1e-3, atol=0)


@pytest.mark.slow
def test_both_loops_take_the_same_steps(loops):
    port, lean = loops
    totals = [(port.step().values()["total"], lean.step().values()["total"]) for _ in range(6)]
    assert [b for _, b in totals] == pytest.approx([a for a, _ in totals], rel=1e-2)
    assert totals[-1] != totals[0]
    torch.testing.assert_close(port.w_plus.detach(), lean.w_plus.detach(), rtol=0, atol=0.02)


def test_the_loops_weights_equal_those_of_the_release(loops):
    with torch.no_grad():
        terms = loops[0].terms()
    expected = 150 * terms.lpips + 75 * terms.mse + terms.segmentation + terms.encoder
    assert float(terms.total) == pytest.approx(float(expected), rel=1e-6)


def test_a_change_inside_the_region_does_not_affect_the_terms_outside(model, loops, task, synthesis):
    port, _ = loops
    changed = released_loop.in_unit_range(synthesis.image) + (1 - port.keep) * 0.3
    before = released_loop.in_unit_range(synthesis.image)
    distance = released_loop.lpips(port.vgg16, port.heads, changed * port.keep, before * port.keep)
    assert float(distance) == 0


def test_the_region_is_the_painted_area_dilated_by_three_pixels(task):
    target = task.target
    assert (target.region | ~target.changed).all()
    assert target.changed.any()
    rows = target.region.any(1).nonzero()[0]
    disc = 2 * (0.076 / 3.14159) ** 0.5 * RESOLUTION
    assert rows[-1] - rows[0] + 1 == pytest.approx(disc + 6, abs=2)


@pytest.mark.parametrize("nearest", [False, True])
def test_gathering_the_region_equals_the_whole_picture(model, task, synthesis, nearest):
    region = torch.from_numpy(task.target.region)
    size = (RESOLUTION, RESOLUTION)
    features = [F.interpolate(x, size=size, mode="nearest") for x in synthesis.features] if nearest else None
    whole = model.interpreter(features or synthesis.features)[0][:, region]
    at = model.interpreter.at(synthesis.features, PixelSampler.from_region(region, nearest))[0]
    torch.testing.assert_close(at, whole, rtol=1e-4, atol=1e-4)


def test_the_cars_shape_equals_that_of_the_release():
    car = released_loop.SHAPES["car-512"]
    assert (car.channels, car.resolution, car.members, car.hidden, car.num_labels) == (6016, 512, 10, (256, 128), 32)
    assert car.cube_bytes == 5.875 * 2**30
    with torch.device("meta"):
        encoder = sum(x.numel() for x in released_loop.PyramidEncoder(car.encoder).parameters())
    assert encoder == pytest.approx(277e6, rel=0.01)


def test_a_measurement_beyond_free_memory_is_refused_with_both_figures(monkeypatch):
    measures, bench = benchmark("released_measures"), benchmark("bench_released")
    monkeypatch.setitem(sys.modules, "released_loop", released_loop)
    monkeypatch.setattr(bench, "memory_free", lambda: 2e9)
    found = bench.in_process(measures.PORT, measures.CAR, bench.parse(["--seconds", "1"]))
    assert found["refused"].endswith("2.0 GB are free")
    assert bench.memory_needed(measures.PORT, measures.CAR) > 2 * released_loop.SHAPES[measures.CAR].cube_bytes


def test_the_page_lists_terms_ratios_and_refused_measurements():
    measures, bench = benchmark("released_measures"), benchmark("bench_released")
    step = {"seconds": 2.0, "p95": 2.5, "count": 3, "flops": 4e12, "peak_mb": 8000}
    terms = {"lpips": 1.0, "total": 200.0}
    found = {
        measures.PORT: {**step, "terms": terms, "gradient": [3.0, 4.0]},
        measures.LEAN: {
            **step,
            "seconds": 0.5,
            "peak_mb": 1000,
            "terms": {**terms, "total": 200.1},
            "gradient": [3.0, 4.01],
        },
        measures.SEGMENT_PORT: {"refused": "needs 9.0 GB, 8.0 GB are free"},
    }
    page = bench.page({"machine": bench.machine(bench.parse([])), "shapes": {measures.CAR: found}})
    assert "| car-512: edit step, the same objective, our way, times faster than the port | 4.0 |" in page
    assert "less peak memory than the port | 8.0 |" in page
    assert "| car-512 | total | 200 | 200.1 | 5.0e-04 |" in page
    assert "| car-512 | gradient | - | - | 2.0e-03 |" in page
    assert "terms and gradient | 2.0e-03 | <= 0.001 |" in page
    assert "not measured: needs 9.0 GB, 8.0 GB are free" in page
    assert "segmentation, times" not in page


def test_a_large_picture_segmented_in_strips_has_the_same_logits(model, synthesis, monkeypatch):
    with torch.no_grad():
        whole = model.interpreter(synthesis.features)
        monkeypatch.setitem(interpreter._STRIPS_FROM, "cpu", 1)
        strips = model.interpreter(synthesis.features)
    torch.testing.assert_close(strips, whole, rtol=1e-4, atol=1e-5)


def test_times_measured_beside_other_work_give_no_ratio_but_memory_does():
    measures, bench = benchmark("released_measures"), benchmark("bench_released")
    step = {"seconds": 2.0, "p95": 2.5, "count": 3, "flops": 4e12, "peak_mb": 8000}
    results = {
        measures.PORT: {**step, "load": 99.0},
        measures.DEFAULT: {**step, "seconds": 0.1, "peak_mb": 800, "load": 1.0},
    }
    about = bench.machine(bench.parse([]))

    def page():
        return bench.page({"machine": about, "shapes": {measures.CAR: results}})

    assert "default preset, times faster" not in page()
    for row in results.values():
        row.pop("load")
    assert "default preset, times faster than the port | 20.0" in page()
    results[measures.PORT]["beside"] = 0.8
    assert "default preset, times faster" not in page()
    assert "default preset, times less peak memory than the port | 10.0 |" in page()
    assert "| 2.000\\* |" in page()


@pytest.mark.slow
def test_steps_of_the_releases_embedding_reduce_its_loss(model):
    released_embedding = benchmark("released_embedding")
    with torch.no_grad():
        picture = model.generator.synthesis(model.sample_w_plus(5), noise_mode="const").image.clamp(-1, 1)
    loop = released_embedding.ReleasedEmbedding(model, picture, released_loop.random_vgg16(TINY.vgg_channels), steps=20)
    losses = [float(loop.step()) for _ in range(20)]
    assert min(losses) < 0.9 * losses[0]


def test_the_releases_training_updates_each_network_separately(model, synthesis, task):
    released_training = benchmark("released_training")
    labels = torch.from_numpy(task.target.label_map)
    training = released_training.ReleasedTraining(synthesis.features, labels, TINY.num_labels, 2, TINY.hidden)

    def losses():
        with torch.no_grad():
            return [float(F.cross_entropy(member(training.pixels), training.labels)) for member in training.members]

    before = losses()
    for _ in range(30):
        training.step()
    after = losses()
    assert all(b < a for a, b in zip(before, after, strict=True))
    assert after[0] != after[1]
