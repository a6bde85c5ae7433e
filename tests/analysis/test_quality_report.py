"""The quality report of the tiny model: its figures, missing figures, and the written files."""

import dataclasses
import json

import numpy as np
import pytest
import spots
import torch
from command_line import run

from editgan_widgets import EditGAN, images
from editgan_widgets.analysis import encoder_quality, quality_report, sample_features
from editgan_widgets.analysis.interpreter_quality import coarse_groups, interpreter_quality
from editgan_widgets.analysis.quality_figures import Judges, QualityConfig
from editgan_widgets.analysis.quality_report import measure_quality
from editgan_widgets.analysis.report_pages import write_report
from editgan_widgets.domains import registry
from editgan_widgets.domains.domain import Domain
from editgan_widgets.domains.domain import Judges as DomainJudges
from editgan_widgets.domains.portraits import (
    COARSE_LABELS,
    FINE_LABELS,
    PORTRAIT_LABELS,
    FactorRegressor,
    Identity,
    Segmenter,
    identity,
)
from editgan_widgets.domains.registry import domain
from editgan_widgets.latent.embed import embed
from editgan_widgets.models.encoder import Encoder, EncoderConfig
from editgan_widgets.training.training_data import DataError

CONFIG = QualityConfig(
    samples=48,
    sweep=(0.5, 1.0),
    sweep_samples=24,
    path_pairs=8,
    interpreter_samples=6,
    encoder_renders=4,
    embed_steps=12,
    embed_batch=3,
    sheet_seeds=8,
    batch=16,
    resamples=50,
)


def features(image: torch.Tensor) -> torch.Tensor:
    """Means over a 2 x 2 grid."""
    return torch.nn.functional.adaptive_avg_pool2d(image, 2).flatten(1)


class Brightness(torch.nn.Module):
    """Labels pixels in four steps of brightness, like the tiny model's training labels."""

    def __init__(self, num_labels: int = 4):
        super().__init__()
        self.register_buffer("steps", torch.linspace(-0.5, 0.5, num_labels)[:, None, None])

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return -(image.mean(1, keepdim=True) - self.steps).abs()


@pytest.fixture(scope="module")
def renders(tiny_model, tmp_path_factory):
    """A folder of the tiny model's pictures, enlarged twofold."""
    folder = tmp_path_factory.mktemp("renders")
    with torch.no_grad():
        made = [tiny_model.generator.synthesis(tiny_model.sample_w_plus(seed, 1.0)).image for seed in range(60)]
    pixels = images.to_uint8(torch.cat(made))
    np.save(folder / "images.npy", pixels.repeat(2, axis=1).repeat(2, axis=2))
    return folder


@pytest.fixture(scope="module")
def whole(tiny_model):
    """The tiny model with an encoder."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder = Encoder(EncoderConfig(32, 8, 16, channel_base=256, channel_max=16, hidden=8))
    networks = (tiny_model.generator, tiny_model.discriminator, tiny_model.interpreter)
    facts = {"interpreter": {"samples": 16, "seconds": 41.7, "peak_mb": 612}}
    return EditGAN(*networks, tiny_model.labels, facts, encoder=encoder)


@pytest.fixture(scope="module")
def judges():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        regressor = FactorRegressor(("yaw", "age"), Segmenter(widths=(4, 4, 8, 8, 8)), 8).eval()
    regressor.report = {"yaw": 0.75}
    return Judges(features, "a toy network", Brightness(), regressor, Identity((4, 4, 8, 8, 8), 8).eval())


@pytest.fixture(scope="module")
def report(whole, renders, judges):
    return measure_quality(whole, renders, judges, CONFIG)


@pytest.mark.slow
def test_samples_of_the_same_model_are_close_to_the_renders(report):
    assert report.kid.low < 0.01
    assert report.manifold.precision.value > 0.6
    assert report.manifold.recall.value > 0.6
    assert report.copies.suspicious.value < 0.2
    assert report.renders == CONFIG.samples
    assert all(x.overlap > 0.5 for x in report.balance)


@pytest.mark.slow
def test_softer_samples_have_less_detail(whole, renders, judges, report, monkeypatch):
    stored = sample_features.stored

    def blurred(model, w_plus):
        small = torch.nn.functional.avg_pool2d(stored(model, w_plus), 2)
        return torch.nn.functional.interpolate(small, scale_factor=2, mode="bilinear")

    assert [x.value for x in report.detail] == pytest.approx([1, 1, 1], abs=0.25)
    monkeypatch.setattr(sample_features, "stored", blurred)
    soft = measure_quality(whole, renders, judges, CONFIG).detail
    assert soft[0].high < 0.7 * report.detail[0].value


@pytest.mark.slow
def test_truncation_costs_recall(report):
    low, high = report.sweep
    assert (low.truncation_psi, high.truncation_psi) == (0.5, 1.0)
    assert low.recall.value < high.recall.value
    assert high.recall.n == 24


@pytest.mark.slow
def test_a_collapsed_model_is_detected(whole, renders, judges):
    same = measure_quality(whole, renders, judges, dataclasses.replace(CONFIG, truncation_psi=0.01))
    assert same.manifold.recall.value < 0.1
    assert same.kid.low > 0
    assert all(x.sample_std < 0.2 * x.render_std for x in same.balance)


@pytest.mark.slow
def test_copied_renders_are_detected(whole, renders, judges, tmp_path, monkeypatch):
    stored = images.from_uint8(np.load(renders / "images.npy")[:48, ::2, ::2])
    monkeypatch.setattr(sample_features, "sampled", lambda model, z, psi, batch: iter(stored[: len(z)].split(batch)))
    found = measure_quality(whole, renders, judges, CONFIG).copies
    assert found.sample_distance == pytest.approx(0, abs=1e-5)
    assert found.suspicious.value > 0.5


@pytest.mark.slow
def test_the_path_length_is_finite_and_positive(report):
    assert 0 < report.path_length.value < 1e4
    assert report.path_length.n == CONFIG.path_pairs


@pytest.mark.slow
def test_the_interpreter_is_compared_part_by_part(report, tiny_model):
    found = report.interpreter
    assert set(found.parts) <= {label.name for label in tiny_model.labels}
    assert set(found.coarse_parts) <= {"background", "light", "spark"}
    for estimate in (found.miou, found.coarse_miou, *found.parts.values(), *found.coarse_parts.values()):
        assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
        assert estimate.n == CONFIG.interpreter_samples
    assert found.miou.value == pytest.approx(np.mean([x.value for x in found.parts.values()]))
    assert found.coarse_miou.value == pytest.approx(np.mean([x.value for x in found.coarse_parts.values()]))


def test_an_interpreter_that_agrees_everywhere_has_an_iou_of_one(tiny_model, monkeypatch):
    class Agreeing(torch.nn.Module):
        def forward(self, image):
            pyramid = tiny_model.generator.synthesis(self.latent).features
            return tiny_model.interpreter(pyramid)

    judge = Agreeing()
    sample = tiny_model.sample_w_plus

    def sampled(seed, psi):
        judge.latent = sample(seed, psi)
        return judge.latent

    monkeypatch.setattr(tiny_model, "sample_w_plus", sampled)
    found = interpreter_quality(tiny_model, judge, CONFIG)
    assert found.miou.value == found.miou.low == 1


def test_labels_of_one_edit_group_form_one_coarse_part(tiny_model):
    names, coarse = coarse_groups(tiny_model.labels, None)
    assert names == ["background", "light", "spark"]
    assert coarse.tolist() == [0, 1, 1, 2]


@pytest.mark.parametrize("labels", [PORTRAIT_LABELS, FINE_LABELS, COARSE_LABELS])
def test_the_parts_of_portraits_form_twelve_coarse_parts(labels):
    names, coarse = coarse_groups(labels, domain("portraits"))
    assert len(names) == 12
    assert names[coarse[labels["left brow"].id]] == names[coarse[labels["right brow"].id]] == "brows"
    assert set(coarse.tolist()) == set(range(12))


@pytest.mark.slow
def test_the_encoder_and_the_steps_after_it_are_measured_on_the_same_renders(report):
    found = report.encoder
    assert found.steps == CONFIG.embed_steps
    assert found.embedded.psnr.value > found.first_pass.psnr.value + 1
    for reached in (found.first_pass, found.embedded):
        assert reached.psnr.n == reached.identity.n == CONFIG.encoder_renders
        assert -1 <= reached.identity.value <= 1
    assert found.strip.shape == (3 * CONFIG.encoder_renders, 32, 32, 3)


@pytest.mark.slow
def test_only_held_out_renders_are_embedded(whole, renders, monkeypatch):
    seen = []
    monkeypatch.setattr(
        encoder_quality, "embed", lambda model, image, config: seen.append(image) or embed(model, image, config)
    )

    def embedded(model, **arguments):
        seen.clear()
        measure_quality(model, renders, Judges(features, "toy"), small, **arguments)
        return torch.cat(seen)

    small = dataclasses.replace(CONFIG, sweep=(1.0,), samples=24, embed_steps=0)
    pictures = torch.nn.functional.avg_pool2d(images.from_uint8(np.load(renders / "images.npy")), 2)
    torch.testing.assert_close(embedded(whole), pictures[-4:])
    facts = {"encoder": {"held_out": 3}, "generator": {"training": {"held_out": 2}}}
    networks = (whole.generator, whole.discriminator, whole.interpreter)
    model = EditGAN(*networks, whole.labels, facts, encoder=whole.encoder)
    torch.testing.assert_close(embedded(model), pictures[-2:])
    assert len(embedded(model, held_out_dir=renders)) == 4


@pytest.mark.slow
def test_the_written_report_contains_every_figure_and_its_pictures(report, tmp_path):
    page = write_report(report, tmp_path / "card").read_text()
    for part in (
        "KID",
        "FID",
        "precision",
        "recall",
        "density",
        "coverage",
        "path length",
        "detail",
        "mIoU",
        "PSNR, first pass",
        "PSNR, after 12 steps",
        "identity cosine, after 12 steps",
        "coarse: light",
        "16 labelled samples, in 42 s, with 612 MB",
        "seeds 0 to 7",
    ):
        assert part.lower() in page.lower(), part
    for name in ("sheet", "truncation", "nearest", "balance", "parts", "encoder"):
        assert f"({name}.png)" in page
        assert (tmp_path / "card" / f"{name}.png").stat().st_size > 500
    assert f"| precision (k = 3) | {report.manifold.precision.value:.3f} |" in page
    figures = json.loads((tmp_path / "card" / "report.json").read_text())
    assert figures["kid"] == dataclasses.asdict(report.kid)
    assert figures["balance"][1]["r2"] is None
    assert "samples" not in figures["balance"][0]
    assert figures["config"]["samples"] == CONFIG.samples


@pytest.mark.slow
def test_figures_without_a_judge_are_listed_as_missing(tiny_model, renders, tmp_path):
    config = dataclasses.replace(CONFIG, sweep=(1.0,))
    page = write_report(
        measure_quality(tiny_model, renders, Judges(features, "a toy network"), config), tmp_path
    ).read_text()
    assert "editgan train factor-regressor" in page
    assert "no segmenter was given" in page
    assert "editgan train encoder" in page
    assert not (tmp_path / "balance.png").exists()


def test_a_segmenter_with_other_parts_is_refused_before_any_measurement(whole, tmp_path):
    with pytest.raises(ValueError, match=r"segmenter has 7 parts, the model 4 \(tiny\).*editgan train segmenter"):
        measure_quality(whole, tmp_path / "none", Judges(features, "toy", Brightness(7)), CONFIG)


def test_a_folder_without_renders_is_refused(whole, tmp_path, judges):
    with pytest.raises(DataError, match="editgan render"):
        measure_quality(whole, tmp_path / "none", judges, CONFIG)


def replace_metadata(model, metadata):
    return EditGAN(model.generator, model.discriminator, model.interpreter, model.labels, metadata)


def test_a_missing_measuring_network_is_named_with_the_command_that_trains_it(
    tiny_model, renders, tmp_path, monkeypatch
):
    replace_metadata(tiny_model, {"domain": "portraits"}).save(tmp_path / "tiny.safetensors")
    registry._judges.cache_clear()
    identity._shipped.cache_clear()
    monkeypatch.setattr(identity, "WEIGHTS", tmp_path / "identity.safetensors")
    FactorRegressor(("yaw",), Segmenter(widths=(4, 4, 8, 8, 8)), 8).save(tmp_path / "regressor.safetensors")
    arguments = ["report", tmp_path / "tiny.safetensors", "--data", renders, "--out", tmp_path / "card"]
    done = run(*arguments, "--factor-regressor", tmp_path / "regressor.safetensors", "--device", "cpu")
    assert done.exit_code == 1
    assert "editgan train identity" in done.stderr
    assert not (tmp_path / "card").exists()


@pytest.mark.parametrize(
    ("metadata", "options", "message"),
    [
        ({}, (), "this model belongs to no domain (its parts are 'tiny'), so it has no factor-regressor"),
        ({}, ("--features", "segmenter"), "this model belongs to no domain (its parts are 'tiny'), so it has no seg"),
        ({"domain": "spots"}, (), "the domain 'spots' has no factor-regressor with features to compare"),
    ],
)
def test_a_report_names_the_network_that_a_models_domain_lacks(
    tiny_model, renders, tmp_path, monkeypatch, metadata, options, message
):
    monkeypatch.setattr(registry, "_registered", {"spots": spots.DOMAIN})
    replace_metadata(tiny_model, metadata).save(tmp_path / "tiny.safetensors")
    arguments = ["report", tmp_path / "tiny.safetensors", "--data", renders, "--out", tmp_path / "card"]
    done = run(*arguments, "--device", "cpu", *options)
    assert done.exit_code == 1
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "card").exists()


def test_a_report_uses_the_judges_of_the_models_own_domain(tiny_model, renders, tmp_path, monkeypatch):
    class Featured(spots.Colour):
        def features(self, image):
            return self(image)

    seen = []
    domain = Domain("spots", (spots.LABELS,), load_judges=lambda _: DomainJudges(identity=Featured()))
    monkeypatch.setattr(registry, "_registered", {"spots": domain})
    monkeypatch.setattr(quality_report, "measure_quality", lambda *given, **_: seen.append(given[2]) or 1 / 0)
    replace_metadata(tiny_model, {"domain": "spots"}).save(tmp_path / "tiny.safetensors")
    arguments = ["report", tmp_path / "tiny.safetensors", "--data", renders, "--out", tmp_path / "card"]
    run(*arguments, "--features", "identity", "--device", "cpu")
    (judges,) = seen
    assert isinstance(judges.identity, Featured)
    assert (judges.segmenter, judges.regressor, judges.features_name) == (None, None, "the identity")
