"""Another kind of generator needs one class: a 4-row toy, defined and registered here, works everywhere.

No other file mentions it. It has no noise, no blocks and a size that no StyleGAN2 has, so that code which assumes
StyleGAN2 fails.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pytest
import torch
from tiny_model import TINY_LABELS, grown, threshold_labels
from torch import Tensor, nn

from editgan_widgets import EditGAN, load_model
from editgan_widgets.documents.session import EditSession
from editgan_widgets.latent.embed import EmbedConfig, embed
from editgan_widgets.latent.pivotal import PivotalConfig, tune_around
from editgan_widgets.latent.terms.drag import DragPoint
from editgan_widgets.models.checkpoints import CheckpointError, load_generator, read_bundle, write_bundle
from editgan_widgets.models.encoder import EncoderConfig
from editgan_widgets.models.generators import registry
from editgan_widgets.models.generators.protocol import Generator, GeneratorModule, Synthesis
from editgan_widgets.models.generators.stylegan2 import StyleGAN2Config
from editgan_widgets.training.train_interpreter import InterpreterTrainingConfig, train_interpreter


@dataclass(frozen=True)
class WavesConfig:
    """Sizes of a Waves generator."""

    resolution: int = 24
    z_dim: int = 6
    w_dim: int = 8

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "waves", **asdict(self)}


class Waves(GeneratorModule):
    """Pictures as sums of smooth waves; each of the four rows of w_plus sets the amplitudes of some of them."""

    kind = "waves"
    num_rows = 4
    feature_channels = (5, 7)

    def __init__(self, config: WavesConfig):
        super().__init__()
        self.config = config
        self.resolution, self.z_dim, self.w_dim = config.resolution, config.z_dim, config.w_dim
        self.mapping = _Mapping(config)
        self.synthesis = _Waves(config)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Waves":
        return cls(WavesConfig(**{name: value for name, value in config.items() if name != "kind"}))

    @property
    def mean_w(self) -> Tensor:
        return self.mapping.mean


class _Mapping(nn.Module):
    def __init__(self, config: WavesConfig):
        super().__init__()
        self.linear = nn.Linear(config.z_dim, config.w_dim)
        self.register_buffer("mean", torch.zeros(config.w_dim))

    def forward(self, z: Tensor, truncation_psi: float = 1.0) -> Tensor:
        return self.mean.lerp(torch.tanh(self.linear(z)), truncation_psi)


class _Waves(nn.Module):
    def __init__(self, config: WavesConfig):
        super().__init__()
        self.size, self.w_dim = config.resolution, config.w_dim
        self.coarse = nn.Linear(2 * config.w_dim, 5 * 36)
        self.fine = nn.Linear(2 * config.w_dim, 7)
        self.mix = nn.Conv2d(5, 7, 3, padding=1)
        self.color = nn.Conv2d(7, 3, 1)

    def forward(self, w_plus: Tensor, *, dtype: torch.dtype = torch.float32) -> Synthesis:
        if w_plus.shape[1:] != (4, self.w_dim):
            raise ValueError(f"w_plus is {tuple(w_plus.shape)}; waves take [batch, 4, {self.w_dim}]")
        small = self.coarse(w_plus[:, :2].flatten(1)).unflatten(1, (5, 6, 6))
        large = nn.functional.interpolate(small, size=(self.size, self.size), mode="bicubic")
        fine = torch.tanh(self.mix(large)) * (1 + self.fine(w_plus[:, 2:].flatten(1)))[:, :, None, None]
        return Synthesis(torch.tanh(1.5 * self.color(fine)), [small, fine])


@pytest.fixture(autouse=True)
def waves_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})
    registry.register(Waves)


@pytest.fixture(scope="module")
def model() -> EditGAN:
    rng = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        generator = Waves(WavesConfig()).requires_grad_(False)
    w_plus = generator.w_plus(generator.mapping(torch.randn(8, 6, generator=rng)))
    labels = threshold_labels(generator.synthesis(w_plus).image)
    settings = InterpreterTrainingConfig(ensemble=2, hidden=(16, 16), steps=60, pixels=512, lr=2e-2)
    interpreter = train_interpreter(generator, w_plus, labels, len(TINY_LABELS), settings, rng)
    return EditGAN(generator, None, interpreter, TINY_LABELS, {"name": "waves"})


@pytest.fixture
def session(model: EditGAN) -> EditSession:
    return EditSession.from_seed(model, seed=3)


def test_every_generator_implements_the_protocol(model, tiny_model):
    assert isinstance(model.generator, Generator)
    assert isinstance(tiny_model.generator, Generator)


def test_a_bundle_stores_the_kind_and_rebuilds_the_generator(model, tmp_path):
    model.save(tmp_path / "waves.safetensors")
    assert read_bundle(tmp_path / "waves.safetensors").metadata["generator_config"]["kind"] == "waves"
    again = load_model(tmp_path / "waves.safetensors", device="cpu")
    assert isinstance(again.generator, Waves)
    assert again.fingerprint == model.fingerprint == load_generator(tmp_path / "waves.safetensors").fingerprint()
    w_plus = model.sample_w_plus(2)
    torch.testing.assert_close(again.generator.synthesis(w_plus).image, model.generator.synthesis(w_plus).image)
    assert (model.resolution, w_plus.shape) == (24, (1, 4, 8))


def test_a_bundle_without_a_kind_is_a_stylegan2(tiny_model, tmp_path):
    tiny_model.save(tmp_path / "tiny.safetensors")
    bundle = read_bundle(tmp_path / "tiny.safetensors")
    assert bundle.metadata["generator_config"].pop("kind") == "stylegan2"
    write_bundle(tmp_path / "old.safetensors", bundle.modules, bundle.metadata)
    assert load_model(tmp_path / "old.safetensors", device="cpu").fingerprint == tiny_model.fingerprint


def test_an_unknown_kind_is_refused_with_the_known_ones(model, tmp_path, monkeypatch):
    model.save(tmp_path / "waves.safetensors")
    monkeypatch.setattr(registry, "_registered", {})
    for load in (load_model, load_generator):
        with pytest.raises(CheckpointError, match=r"kind 'waves'.*knows stylegan2\."):
            load(tmp_path / "waves.safetensors", device="cpu")
    with pytest.raises(ValueError, match="this needs a stylegan2 generator; got one of kind 'waves'"):
        StyleGAN2Config.from_dict(WavesConfig().to_dict())


def test_a_kind_cannot_be_registered_twice(monkeypatch):
    assert registry.generator_kinds() == ("stylegan2", "waves")
    for kind in registry.generator_kinds():
        with pytest.raises(ValueError, match=f"kind '{kind}' already"):
            registry.register(type("Other", (GeneratorModule,), {"kind": kind}))


def test_a_painted_edit_makes_a_vector_for_other_latents(session, model, tmp_path):
    session.set_label_map(grown(session.label_map, 3))
    before = session.image
    steps = list(session.edit(steps=6))
    assert len(steps) == 6
    assert not np.array_equal(session.image, before)
    vector = session.edit_vector("more")
    assert vector.delta_w_plus.shape == (4, 8)
    other = EditSession.from_seed(model, seed=9)
    other.apply_vector(vector, 0.5)
    expected = model.sample_w_plus(9) + 0.5 * vector.delta_w_plus
    torch.testing.assert_close(other.w_plus, expected)
    assert list(other.refine(vector, steps=2))
    other.undo()


def test_points_are_dragged_with_another_kind_of_generator(session):
    before = session.image
    steps = list(session.drag([DragPoint(handle=(8, 8), target=(8, 12))], steps=12))
    assert max(step.reached for step in steps) > 0.5
    assert not np.array_equal(session.image, before)


def test_a_journal_is_restored_with_another_kind_of_generator(session, model, tmp_path):
    session.keep_journal(tmp_path / "journal")
    session.set_label_map(grown(session.label_map, 2))
    again = EditSession.restore(model, tmp_path / "journal")
    assert np.array_equal(again.label_map, session.label_map)
    assert torch.equal(again.w_plus, session.w_plus)


def test_a_picture_is_embedded_with_another_kind_of_generator(model):
    target = model.generator.synthesis(model.sample_w_plus(11)).image.clamp(-1, 1)
    found = embed(model, target, EmbedConfig(steps=30))
    assert found.w_plus.shape == (1, 4, 8)
    assert float(found.psnr[0]) > float(found.first.psnr[0])


def test_another_kind_of_generator_is_tuned_around_a_picture(model):
    target = model.generator.synthesis(model.sample_w_plus(11)).image.clamp(-1, 1)
    tuned = tune_around(model, target, model.sample_w_plus(12), PivotalConfig(steps=3))
    assert tuned.fingerprint != model.fingerprint
    assert isinstance(tuned.generator, Waves)


def test_an_encoder_is_sized_for_another_kind_of_generator():
    sizes = EncoderConfig.for_generator(Waves(WavesConfig(resolution=32)))
    assert (sizes.num_ws, sizes.w_dim, sizes.resolution) == (4, 8, 32)


@pytest.mark.parametrize("kind", [None, 5, ["a"]])
def test_a_kind_that_is_no_text_is_refused(kind, unchecked):
    with pytest.raises(ValueError, match="kind"):
        registry.register(type("Made", (GeneratorModule,), {"kind": kind}))
    with pytest.raises(ValueError, match="kind of a generator is a text"):
        registry.build_generator({"kind": kind})


class Unbuildable(GeneratorModule):
    kind = "unbuildable"


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (type("Made", (), {"kind": "made"}), "subclass of GeneratorModule; got <class"),
        ("waves", "subclass of GeneratorModule; got 'waves'"),
        (type("Made", (GeneratorModule,), {}), "class Made needs an attribute kind, a text; got None"),
        (type("Made", (GeneratorModule,), {"kind": ""}), "class Made needs an attribute kind, a text; got ''"),
        (Unbuildable, "class Unbuildable needs a class method from_config"),
    ],
)
def test_a_class_that_no_generator_can_be_built_from_is_refused(made, message, unchecked):
    with pytest.raises(ValueError, match=message):
        registry.register(made)
    assert registry.generator_kinds() == ("stylegan2", "waves")


def test_a_config_that_is_no_mapping_is_refused(unchecked):
    with pytest.raises(ValueError, match=r"config must be a mapping, as config.to_dict gives it; got 'waves'"):
        registry.build_generator("waves")
