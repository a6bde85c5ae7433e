"""The tiny model of the whole suite: 32 px, w_dim 16, four parts, an interpreter trained on its own samples."""

import numpy as np
import torch

from editgan_widgets.labels import Label, LabelSet
from editgan_widgets.models.discriminator import Discriminator, DiscriminatorConfig
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from editgan_widgets.training.train_interpreter import InterpreterTrainingConfig, train_interpreter

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
        generator = StyleGAN2(
            StyleGAN2Config(resolution, z_dim=16, w_dim=16, mapping_layers=2, channel_base=512, channel_max=16)
        )
        discriminator = Discriminator(DiscriminatorConfig(resolution, channel_base=256, channel_max=16))
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        # In a fresh network the codes have hardly any effect; here w has unit size and pictures differ.
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


def grown(label_map: np.ndarray, label: int, by: int = 2) -> np.ndarray:
    """The label map with one part dilated by `by` px."""
    from scipy import ndimage

    larger = label_map.copy()
    larger[np.asarray(ndimage.binary_dilation(label_map == label, iterations=by), bool)] = label
    return larger
