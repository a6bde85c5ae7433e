"""The factor regressor and the identity embedding: shapes, files, figures, and a short training on toy pictures.

A toy portrait is a coloured bar on a grey ground: the colour is the identity, position and brightness are factors.
"""

import json
import re

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from editgan_widgets import images
from editgan_widgets.cli import app
from editgan_widgets.domains.portraits import (
    FINE_LABELS,
    FactorRegressor,
    Identity,
    MeasuringFileError,
    Segmenter,
    factor_regressor,
    identity,
    load_factor_regressor,
    load_identity,
)
from editgan_widgets.domains.portraits.factor_regressor import evaluate_factor_regressor, readable_factors
from editgan_widgets.domains.portraits.identity import evaluate_identity
from editgan_widgets.domains.portraits.part_statistics import PartStatistics
from editgan_widgets.labels import Label, LabelSet
from editgan_widgets.training.train_factor_regressor import TrainFactorRegressorConfig, train_factor_regressor
from editgan_widgets.training.train_identity import TrainIdentityConfig, contrastive_loss, train_identity

SMALL = (4, 4, 8, 8, 8)
PARTS = LabelSet("three", [Label(i, name, "#000000") for i, name in enumerate("abc")])
VIEWS = 4


def toy_portrait(colour: np.ndarray, yaw: float, age: float) -> np.ndarray:
    """A 64 px picture: the bar's position is the yaw, the ground's brightness the age."""
    picture = np.full((64, 64, 3), age * 2, np.float64)
    left = int(24 + yaw / 2)
    picture[8:56, left : left + 16] = 40 + 180 * colour
    return picture.astype(np.uint8)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """40 people in four views each, with their records."""
    folder = tmp_path_factory.mktemp("toy")
    rng = np.random.default_rng(0)
    pictures, records = [], []
    for _ in range(40):
        colour = rng.random(3)
        for _ in range(VIEWS):
            yaw, age = rng.uniform(-40, 40), rng.uniform(18, 75)
            pictures.append(toy_portrait(colour, yaw, age))
            records.append({"yaw": yaw, "age": age, "smile": 0.5})
    np.save(folder / "images.npy", np.stack(pictures))
    (folder / "factors.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (folder / "dataset.json").write_text(json.dumps({"views": VIEWS}))
    return folder


@pytest.mark.slow
def test_both_networks_are_small_and_accept_pictures_of_any_size():
    regressor, embedding = FactorRegressor(readable_factors()).eval(), Identity().eval()
    for network in (regressor, embedding):
        assert sum(p.numel() for p in network.parameters()) <= 1.1e6
    for shape in ((64, 64), (128, 128), (32, 32), (70, 100)):
        image = torch.zeros(2, 3, *shape)
        assert regressor(image).shape == (2, len(readable_factors()))
        assert embedding(image).shape == (2, 64)
        assert regressor.features(image).shape == (2, 12 * len(FINE_LABELS))
        assert embedding.features(image).shape == (2, 16 + 32 + 64 + 96 + 128)
        torch.testing.assert_close(embedding(image).norm(dim=1), torch.ones(2))


def test_the_regressor_reads_the_factors_of_every_edit():
    wanted = {"smile", "jaw_open", "blink", "brow_raise", "yaw", "pitch", "gaze_x", "gaze_y", "age", "hair_length"}
    assert wanted <= set(readable_factors())


def test_a_picture_of_twice_the_size_has_nearly_the_same_reading():
    network = FactorRegressor(("yaw",), Segmenter(PARTS, SMALL), 8).eval()
    image = torch.rand(1, 3, 128, 128)
    larger = image.repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(network(larger), network(image))


class _TwoParts(Segmenter):
    """A certain segmenter: the left third is one part, the rest another; the third part does not occur."""

    def __init__(self):
        super().__init__(PARTS, SMALL)

    def forward(self, image):
        left = (torch.arange(image.shape[3]) < image.shape[3] // 3).float().expand(len(image), 1, *image.shape[2:])
        return 60 * torch.cat([left, 1 - left, -torch.ones_like(left)], 1)


def test_part_statistics_are_each_parts_position_shape_and_colour():
    image = torch.zeros(1, 3, 128, 128)
    image[:, 0, :, 42:] = torch.linspace(-1, 1, 128)[:, None] * 0.9  # red grows downwards in the right part
    found = PartStatistics(_TwoParts())(image).unflatten(1, (3, 12))[0]
    left, right, nowhere = found
    assert float(left[0]) == pytest.approx(np.log1p(42 * 128))
    assert float(left[1]) == pytest.approx(-1 + 41 / 127, abs=0.01)  # the middle of its 42 columns
    assert float(left[2]) == pytest.approx(0, abs=0.01)
    assert float(right[5]) == pytest.approx(1 / 3, abs=0.02)  # variance of y over the whole height
    assert float(left[10]) == pytest.approx(0, abs=1e-3)
    assert float(right[10]) == pytest.approx(0.3 / 3, abs=0.01)  # a third of the brightness' slope, times the variance
    assert nowhere.abs().max() < 1e-3


def test_saved_networks_are_loaded_unchanged_with_their_figures(tmp_path):
    regressor, embedding = FactorRegressor(("yaw", "age"), Segmenter(PARTS, SMALL), 8).eval(), Identity(SMALL, 8).eval()
    regressor.report, embedding.report = {"yaw": 0.9, "age": 0.5}, {"auc": 0.97}
    image = torch.rand(2, 3, 64, 64)
    for network, load in ((regressor, load_factor_regressor), (embedding, load_identity)):
        network.save(tmp_path / "n.safetensors")
        loaded = load(tmp_path / "n.safetensors")
        torch.testing.assert_close(loaded(image), network(image), atol=1e-2, rtol=1e-2)
        assert loaded.report == network.report
    assert load_factor_regressor.__module__ == factor_regressor.__name__
    regressor.save(tmp_path / "n.safetensors")
    assert load_factor_regressor(tmp_path / "n.safetensors").names == ("yaw", "age")


def test_a_wrong_file_is_refused_and_the_error_of_a_missing_one_names_the_command(tmp_path, monkeypatch):
    save_file({"x": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"123")
    for load, kind, module in (
        (load_factor_regressor, "factor regressor", factor_regressor),
        (load_identity, "identity", identity),
    ):
        with pytest.raises(MeasuringFileError, match=rf"not of a {kind}: it has 1 tensors \(x\)"):
            load(tmp_path / "foreign.safetensors")
        with pytest.raises(MeasuringFileError, match="truncated"):
            load(tmp_path / "cut.safetensors")
        module._shipped.cache_clear()
        monkeypatch.setattr(module, "WEIGHTS", tmp_path / "absent.safetensors")
        with pytest.raises(FileNotFoundError, match=f"editgan train {kind.replace(' ', '-')}"):
            load()


def test_r_squared_is_one_for_the_truth_and_zero_for_the_mean(monkeypatch):
    records = [{"yaw": float(i), "age": 40.0} for i in range(5)]
    network = FactorRegressor(("yaw", "age"), Segmenter(PARTS, SMALL), 8)
    image = torch.zeros(5, 3, 8, 8)
    for found, score in ((np.arange(5.0), 1.0), (np.full(5, 2.0), 0.0)):
        monkeypatch.setattr(network, "read", lambda *_, found=found: {"yaw": found, "age": found})
        scores = evaluate_factor_regressor(network, image, records)
        assert scores["yaw"] == pytest.approx(score)
        assert np.isnan(scores["age"])


@pytest.mark.slow
def test_training_learns_the_factors_of_toy_pictures(toy):
    losses = []
    config = TrainFactorRegressorConfig(names=("yaw", "age"), total_images=640, batch=16, held_out=32)
    network = train_factor_regressor(toy, config, lambda _, loss: losses.append(loss))
    learning = [loss for loss in losses if not np.isnan(loss)]
    assert len(learning) < len(losses)
    assert np.mean(learning[-5:]) < 0.5 * np.mean(learning[:5])
    assert network.report["yaw"] > 0.5
    assert not network.training


@pytest.mark.slow
def test_training_learns_to_distinguish_toy_people(toy):
    config = TrainIdentityConfig(total_images=1000, people=8, views=3, held_out=8)
    network = train_identity(toy, config)
    assert network.report["auc"] > 0.8
    assert network.report["same"] > network.report["different"]
    assert network.report["people"] == 8
    pictures = images.from_uint8(np.load(toy / "images.npy")[:2])
    assert -1 <= float(network.similarity(pictures[:1], pictures[1:])) <= 1.001


def test_the_auc_is_the_share_of_pairs_in_the_right_order():
    class Given(Identity):
        """The first two channels of the first pixel are the embedding."""

        def forward(self, image):
            return torch.nn.functional.normalize(image[:, :2, 0, 0], dim=1)

    image = torch.zeros(4, 3, 1, 1)
    image[:, :2, 0, 0] = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.75, 0.66]])
    report = evaluate_identity(Given(SMALL, 8), image, np.array([0, 0, 1, 1]))
    # 2 of 2 x 4 comparisons are wrong: the last two (one person, 0.66) against the last and the first two (0.75, 0.82)
    assert report.auc == pytest.approx(6 / 8)
    assert (report.pairs, report.people) == (2, 2)


def test_one_view_per_person_is_too_few_for_the_auc():
    image = torch.zeros(3, 3, 64, 64)
    with pytest.raises(ValueError, match="pairs of the same person and of two people are both needed"):
        evaluate_identity(Identity(SMALL, 8).eval(), image, np.arange(3))


def test_the_contrastive_loss_is_low_if_views_agree_and_people_differ():
    people = torch.tensor([0, 0, 1, 1])
    apart = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    mixed = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    assert contrastive_loss(apart, people, 0.1) < 0.01
    assert contrastive_loss(mixed, people, 0.1) > 5


@pytest.mark.parametrize("train", [train_factor_regressor, train_identity])
def test_a_folder_without_portraits_is_refused_with_the_command_that_makes_one(tmp_path, train):
    with pytest.raises(ValueError, match="editgan render"):
        train(tmp_path)


def test_folders_with_too_few_portraits_are_refused(toy, tmp_path):
    with pytest.raises(ValueError, match="160 portraits and 160 records; 500 are held out"):
        train_factor_regressor(toy)
    with pytest.raises(ValueError, match="has no factor 'glasses'"):
        train_factor_regressor(toy, TrainFactorRegressorConfig(names=("glasses",), held_out=8))
    with pytest.raises(ValueError, match="shows 40 people, 100 held out; a batch needs 24"):
        train_identity(toy)
    np.save(tmp_path / "images.npy", np.zeros((4, 64, 64, 3), np.uint8))
    (tmp_path / "dataset.json").write_text("{}")
    with pytest.raises(ValueError, match=re.escape("editgan render --views 6")):
        train_identity(tmp_path)


def test_the_commands_are_listed():
    done = CliRunner().invoke(app, ["train", "--help"])
    assert all(name in done.output for name in ("encoder", "factor-regressor", "identity", "segmenter"))
