"""A tiny model for the whole suite: 32 px, w_dim 16, four parts, an interpreter trained on its own samples."""

import os
from collections.abc import Iterator

import jaxtyping
import numpy as np
import pytest
import torch

from editgan_widgets.documents.session import EditSession
from editgan_widgets.labels import Label, LabelSet
from editgan_widgets.models.discriminator import Discriminator, DiscriminatorConfig
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generator import Generator, GeneratorConfig
from editgan_widgets.training.train_interpreter import InterpreterTrainingConfig, train_interpreter

if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")  # Triton reads it when it is imported, which only its tests do

TINY_LABELS = LabelSet(
    "tiny",
    [
        Label(0, "background", "#000000"),
        Label(1, "shade", "#336699", groups=("light",)),
        Label(2, "glow", "#ffcc33", groups=("light",)),
        Label(3, "spark", "#ff3366", side="left"),
    ],
)


def threshold_labels(image: torch.Tensor) -> torch.Tensor:
    """Label maps of the tiny model's pictures `[n, 3, H, W]`: brightness in four steps."""
    brightness = torch.nn.functional.avg_pool2d(image.mean(1, keepdim=True), 5, 1, 2, count_include_pad=False)[:, 0]
    edges = torch.quantile(brightness.flatten(), torch.tensor([0.5, 0.75, 0.9]))
    return torch.bucketize(brightness.contiguous(), edges).to(torch.uint8)


def make_tiny_model(resolution: int = 32) -> EditGAN:
    """Build the tiny model, the same every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator = Generator(
            GeneratorConfig(resolution, z_dim=16, w_dim=16, mapping_layers=2, channel_base=512, channel_max=16)
        )
        discriminator = Discriminator(DiscriminatorConfig(resolution, channel_base=256, channel_max=16))
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        # Unlike a fresh network, whose codes hardly matter: w of unit size, pictures that differ.
        w = generator.mapping(torch.randn(512, 16, generator=rng))
        last = generator.mapping.get_submodule("fc1")
        last.weight.mul_(1 / w.std())  # type: ignore[union-attr]
        w = generator.mapping(torch.randn(512, 16, generator=rng))
        generator.mapping.w_avg.copy_(w.mean(0))
        samples = generator.w_plus(w[:8])
        image = generator.synthesis(samples).image
    generator.requires_grad_(False)
    interpreter = train_interpreter(
        generator,
        samples,
        threshold_labels(image),
        len(TINY_LABELS),
        InterpreterTrainingConfig(ensemble=2, hidden=(16, 16), steps=150, pixels=1024, lr=1e-2),
        torch.Generator().manual_seed(0),
    )
    return EditGAN(generator, discriminator, interpreter, TINY_LABELS, {"name": "tiny"})


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No annotation is checked, as in a user's script: wrong types must get the package's own errors."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture(scope="session")
def tiny_model() -> EditGAN:
    return make_tiny_model()


@pytest.fixture
def session(tiny_model: EditGAN) -> EditSession:
    return EditSession.from_seed(tiny_model, seed=3)


@pytest.fixture
def painted(session: EditSession) -> EditSession:
    """A session in which the spark has been made larger."""
    session.set_label_map(grown(session.label_map, 3))
    return session


def grown(label_map: np.ndarray, label: int, by: int = 2) -> np.ndarray:
    """The label map with one part dilated by `by` px."""
    from scipy import ndimage

    larger = label_map.copy()
    larger[np.asarray(ndimage.binary_dilation(label_map == label, iterations=by), bool)] = label
    return larger


@pytest.fixture(autouse=True, scope="session")
def no_vgg16(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """VGG16's weights on this machine, if there are any, do not change what is computed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("EDITGAN_VGG16", raising=False)
        patch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch")))
        yield


@pytest.fixture(autouse=True, scope="session")
def journals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Editors keep their journals in a folder of the tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDITGAN_JOURNALS", str(tmp_path_factory.mktemp("journals")))
        yield
