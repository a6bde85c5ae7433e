"""Port of the editing loop and segmentation of EditGAN's release in its order of computation, for benchmarks.

Written from published facts about the release (loss, weights, shapes, order), on this repository's generator, encoder
and VGG16, so that only the order of computation differs from ours:

- all feature maps are upsampled to full size, by nearest pixel in the loop and bilinearly for the label map, and
  concatenated: 6,016 channels of 512 x 512 px, 5.9 GiB, for car-512;
- ten separate networks, each Linear-ReLU-BatchNorm-Linear-ReLU-BatchNorm-Linear, read the region's pixels of that cube;
- LPIPS recomputes the target picture's features in every step;
- the encoder reads every step's picture, with batch norm on that picture's statistics, and its result is detached.

The cost is that of the release or less: no garbage collection or cache clearing between steps. The list of maps is
dropped after concatenation, as in the release. One exception is `segment`: it reads all 512 rows of a car's picture,
the release only the 384 that show the car. `LeanLoop` has the same terms with the same weights, computed our way.

    total = 15 (10 LPIPS + 5 MSE) + CE + MSE(w_plus, encoder(picture))

with pictures in [0, 1], black inside the region, both means over the whole picture.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor, nn

from editgan_kernels import PixelSampler
from editgan_widgets.labels import Label, LabelSet
from editgan_widgets.latent.adam import Adam
from editgan_widgets.latent.target import EditTarget
from editgan_widgets.models.discriminator import Discriminator, DiscriminatorConfig
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generators.protocol import Synthesis
from editgan_widgets.models.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from editgan_widgets.models.interpreter import Interpreter, InterpreterConfig
from editgan_widgets.models.perceptual import Lpips
from editgan_widgets.models.pyramid_encoder import PyramidEncoder, PyramidEncoderConfig
from editgan_widgets.models.vgg16 import STAGES, Vgg16Features

OUTSIDE, LPIPS, MSE = 15.0, 10.0, 5.0  # the release's weights; cross-entropy and the encoder's term have weight 1
RATE = 0.02  # Adam's learning rate, in units of W
DILATION = 3  # px, by a square
VGG_CHANNELS = (64, 128, 256, 512, 512)


@dataclass(frozen=True)
class Shape:
    """Sizes of the networks to measure."""

    generator: StyleGAN2Config
    discriminator: DiscriminatorConfig
    encoder: PyramidEncoderConfig
    num_labels: int = 32
    members: int = 10
    hidden: tuple[int, int] = (256, 128)
    vgg_channels: tuple[int, ...] = VGG_CHANNELS

    @property
    def resolution(self) -> int:
        return self.generator.resolution

    @property
    def channels(self) -> int:
        """Number of channels of the concatenated features."""
        return sum(2 * self.generator.channels_at(r) for r in self.generator.resolutions)

    @property
    def cube_bytes(self) -> int:
        """Bytes of all features at full size."""
        return 4 * self.channels * self.resolution**2


def _portraits(resolution: int, channels: tuple[int, ...]) -> Shape:
    return Shape(
        StyleGAN2Config(resolution, z_dim=108, w_dim=384, normalize_z=False, channels=channels),
        DiscriminatorConfig(resolution, channel_base=2048, channel_max=128, patches=16),
        PyramidEncoderConfig(resolution, num_ws=2 * len(channels), w_dim=384),
    )


SHAPES = {
    "portraits-128": _portraits(128, (256, 256, 256, 128, 64, 32)),
    "portraits-256": _portraits(256, (256, 256, 256, 256, 128, 64, 32)),
    "car-512": Shape(
        StyleGAN2Config(512, z_dim=512, w_dim=512, mapping_layers=8, channel_base=32768, channel_max=512),
        DiscriminatorConfig(512, channel_base=32768, channel_max=512),
        PyramidEncoderConfig(512),
    ),
}


def random_model(shape: Shape, with_encoder: bool = True, seed: int = 0) -> EditGAN:
    """Networks of a shape with random weights, reproducible by seed, with or without the encoder."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator, discriminator = StyleGAN2(shape.generator), Discriminator(shape.discriminator)
        config = InterpreterConfig(tuple(generator.feature_channels), shape.num_labels, shape.members, shape.hidden)
        interpreter = Interpreter(config)
        with torch.no_grad():
            for norm in (interpreter.norm1, interpreter.norm2):
                norm.weight.uniform_(0.5, 1.5)
                norm.bias.normal_(0, 0.2)
                norm.running_mean.uniform_(0, 0.5)
                norm.running_var.uniform_(0.5, 1.5)
        encoder = PyramidEncoder(shape.encoder) if with_encoder else None
    labels = LabelSet(
        "random", [Label(i, f"part {i}", f"#{i * 5:02x}40{255 - i * 5:02x}") for i in range(shape.num_labels)]
    )
    return EditGAN(generator, discriminator, interpreter, labels, encoder=encoder)


def random_vgg16(
    channels: Sequence[int] = VGG_CHANNELS, seed: int = 1, device: torch.device | str = "cpu"
) -> tuple[Vgg16Features, list[Tensor]]:
    """VGG16 and LPIPS heads with random weights: activations of constant scale, heads >= 0."""
    rng, weights, inputs = torch.Generator().manual_seed(seed), {}, 3
    for stage, outputs in zip(STAGES, channels, strict=True):
        for number in stage:
            scale = (2 / (9 * inputs)) ** 0.5
            weights[f"features.{number}.weight"] = torch.randn(outputs, inputs, 3, 3, generator=rng) * scale
            weights[f"features.{number}.bias"] = torch.randn(outputs, generator=rng) * 0.1
            inputs = outputs
    return Vgg16Features(weights).to(device), [torch.rand(n, generator=rng).to(device) for n in channels]


@dataclass(frozen=True)
class Task:
    """One edit: the latent before it, the latent it starts from, and the painted region and labels."""

    before: Tensor  # [1, num_ws, w_dim]
    start: Tensor  # the same with a small offset, so that no term is 0
    target: EditTarget = field(repr=False)


def task_for(model: EditGAN, area: float = 0.076, seed: int = 2) -> Task:
    """A disc of `area` of the picture repainted (20,000 px at 512 px), and the release's dilation around it."""
    size, rng = model.resolution, torch.Generator().manual_seed(seed)
    y, x = np.mgrid[:size, :size]
    disc = (y - 0.45 * size) ** 2 + (x - 0.55 * size) ** 2 < area * size**2 / np.pi
    region = ndimage.binary_dilation(disc, np.ones((3, 3), bool), iterations=DILATION)
    cells = (y * 8 // size + x * 8 // size) % len(model.labels)
    label_map = np.where(disc, 1 + (x > 0.55 * size), cells).astype(np.uint8)
    before = model.sample_w_plus(seed)
    start = before + 0.05 * torch.randn(before.shape, generator=rng).to(before.device)
    return Task(before, start, EditTarget(label_map, region, disc & (cells != label_map), (1, 2)))


# The release


class Member(nn.Module):
    """One network of the ensemble: pixels' features `[n, channels]` -> logits `[n, num_labels]`."""

    def __init__(self, channels: int, hidden: tuple[int, int], num_labels: int):
        super().__init__()
        first, second = hidden
        self.layers = nn.Sequential(
            nn.Linear(channels, first),
            nn.ReLU(),
            nn.BatchNorm1d(first),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.BatchNorm1d(second),
            nn.Linear(second, num_labels),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        return self.layers(pixels)


def members_of(interpreter: Interpreter) -> list[Member]:
    """The ensemble as separate networks of the same weights; the features' standardisation is in the first layer."""
    config = interpreter.config
    channels, first = sum(config.feature_channels), config.hidden[0]
    scaled = interpreter.weight1 / interpreter.feature_std
    shifted = interpreter.bias1 - scaled @ interpreter.feature_mean
    members = []
    for m in range(config.ensemble):
        rows = slice(m * first, (m + 1) * first)
        weights = {"0.weight": scaled[rows], "0.bias": shifted[rows]}
        for i, norm in ((2, interpreter.norm1), (5, interpreter.norm2)):
            for name in ("weight", "bias", "running_mean", "running_var"):
                weights[f"{i}.{name}"] = getattr(norm, name)[m]
            weights[f"{i}.num_batches_tracked"] = torch.zeros((), dtype=torch.long)
        weights |= {"3.weight": interpreter.weight2[m], "3.bias": interpreter.bias2[m]}
        weights |= {"6.weight": interpreter.weight3[m], "6.bias": interpreter.bias3[m]}
        member = Member(channels, config.hidden, config.num_labels)
        member.layers.load_state_dict(weights)
        members.append(member.to(scaled.device).eval().requires_grad_(False))
    return members


def full_size(features: Sequence[Tensor], size: int, mode: str) -> Tensor:
    """All maps at full size, concatenated: `[1, sum C_l, size, size]`. Mode is "nearest" or "bilinear".

    Maps and cube are in NCHW memory order, as in the release; it is also the faster order for them.
    """
    corners = {"align_corners": False} if mode == "bilinear" else {}
    maps = [x.contiguous() for x in features]
    return torch.cat([F.interpolate(x, size=(size, size), mode=mode, **corners) for x in maps], dim=1)


def mean_logits(members: Sequence[Member], pixels: Tensor) -> Tensor:
    """`[n, channels]` -> `[n, num_labels]`, the mean over the ensemble."""
    return torch.stack([member(pixels) for member in members]).mean(0)


def segment(members: Sequence[Member], features: Sequence[Tensor]) -> Tensor:
    """Label map `[H, W]` of every pixel, from bilinear features.

    The release's cars fill rows 64 to 447 of 512, and its networks read only these, three quarters of the pixels. Here
    and in our segmentation every row is read, so that both are compared on the same pixels.
    """
    size = features[-1].shape[-1]
    with torch.no_grad():
        pixels = full_size(features, size, "bilinear")[0].flatten(1).T
        return mean_logits(members, pixels).argmax(1).reshape(size, size)


def lpips(features: Vgg16Features, heads: Sequence[Tensor], picture: Tensor, target: Tensor) -> Tensor:
    """LPIPS of two pictures in [0, 1]; VGG16 runs on both."""
    total = picture.new_zeros(())
    for ours, theirs, head in zip(features(picture * 2 - 1), features(target * 2 - 1), heads, strict=True):
        difference = (_unit(ours) - _unit(theirs)).square()
        total = total + (difference * head[:, None, None]).sum(1).mean()
    return total


def _unit(x: Tensor) -> Tensor:
    return x / (torch.linalg.vector_norm(x, dim=1, keepdim=True) + 1e-10)


def in_unit_range(image: Tensor) -> Tensor:
    """A picture in [-1, 1] as one in [0, 1]."""
    return (image + 1) / 2


@dataclass(frozen=True)
class Terms:
    """The objective's terms, unweighted, as tensors on one graph."""

    lpips: Tensor
    mse: Tensor
    segmentation: Tensor
    encoder: Tensor

    @property
    def total(self) -> Tensor:
        return OUTSIDE * (LPIPS * self.lpips + MSE * self.mse) + self.segmentation + self.encoder

    def values(self) -> dict[str, float]:
        """The terms and their total as numbers."""
        names = ("lpips", "mse", "segmentation", "encoder", "total")
        return {name: float(getattr(self, name).detach()) for name in names}


_WEIGHTS = {"lpips": OUTSIDE * LPIPS, "mse": OUTSIDE * MSE, "segmentation": 1.0, "encoder": 1.0}


class ReleasedLoop:
    """The release's loop: `step()` is one Adam step on all of w_plus.

    Args:
        model: an EditGAN with interpreter and encoder.
        task: the edit.
        vgg16: its features and LPIPS' heads.
    """

    def __init__(self, model: EditGAN, task: Task, vgg16: tuple[Vgg16Features, list[Tensor]]):
        assert model.interpreter is not None
        assert model.encoder is not None
        self.generator, self.encoder, self.size = model.generator, model.encoder, model.resolution
        self.members = members_of(model.interpreter)
        device = task.start.device
        self.vgg16, self.heads = vgg16
        region = torch.from_numpy(task.target.region).to(device)
        self.region, self.keep = region.flatten(), (~region).float()
        self.wanted = torch.from_numpy(task.target.label_map).to(device).long()[region]
        with torch.no_grad():
            self.picture = in_unit_range(self.generator.synthesis(task.before).image)
        self.w_plus = task.start.clone().requires_grad_()
        self.optimiser = torch.optim.Adam([self.w_plus], lr=RATE)

    def logits(self, synthesis: Synthesis) -> Tensor:
        """Logits of the region's pixels, `[n, num_labels]`."""
        cube = full_size(synthesis.features, self.size, "nearest")[0].flatten(1)
        return mean_logits(self.members, cube[:, self.region].T)

    def terms(self) -> Terms:
        """Evaluate at the present latent."""
        synthesis = self.generator.synthesis(self.w_plus)
        segmentation = F.cross_entropy(self.logits(synthesis), self.wanted)
        picture = in_unit_range(synthesis.image)
        seen, target = picture * self.keep, self.picture * self.keep
        distance = lpips(self.vgg16, self.heads, seen, target)
        encoder = F.mse_loss(self.w_plus, self.encoder(picture).detach())
        return Terms(distance, F.mse_loss(seen, target), segmentation, encoder)

    def step(self) -> Terms:
        """Evaluate, differentiate, move."""
        self.optimiser.zero_grad()
        terms = self.terms()
        terms.total.backward()
        self.optimiser.step()
        return terms


# Ours


class LeanLoop:
    """The release's terms as this repository computes them.

    The interpreter's layers are folded and merged and read the region's pixels at each map's own size; LPIPS caches the
    target's features; the encoder runs without a graph. A step computes each term's gradient before the next term, so
    that only one graph is kept at a time.
    """

    def __init__(self, model: EditGAN, task: Task, vgg16: tuple[Vgg16Features, list[Tensor]]):
        assert model.interpreter is not None
        assert model.encoder is not None
        self.generator, self.interpreter, self.encoder = model.generator, model.interpreter, model.encoder
        device = task.start.device
        region = torch.from_numpy(task.target.region).to(device)
        self.sampler, self.keep = PixelSampler.from_region(region, nearest=True), (~region).float()
        self.wanted = torch.from_numpy(task.target.label_map).to(device).long()[region]
        with torch.no_grad():
            image = self.generator.synthesis(task.before).image
        self.target = in_unit_range(image) * self.keep
        self.lpips = Lpips(*vgg16)
        self.reference = self.lpips.reference(self.target * 2 - 1)
        self.w_plus = task.start.clone().requires_grad_()
        self.adam = Adam(self.w_plus, beta2=0.999)

    def terms(self) -> Terms:
        """Evaluate at the present latent."""
        w_plus = self.w_plus * 1  # the flop counter does not accept leaf tensors
        return Terms(**dict(self._terms(self.generator.synthesis(w_plus), w_plus)))

    def _terms(self, synthesis: Synthesis, w_plus: Tensor) -> Iterator[tuple[str, Tensor]]:
        logits = self.interpreter.at(synthesis.features, self.sampler)[0]
        yield "segmentation", F.cross_entropy(logits.T, self.wanted)
        del logits
        yield "mse", (in_unit_range(synthesis.image) * self.keep - self.target).square().mean()
        with torch.no_grad():
            encoded = self.encoder(in_unit_range(synthesis.image))
        yield "encoder", (w_plus - encoded).square().mean()
        seen = in_unit_range(synthesis.image) * self.keep
        yield "lpips", self.lpips(seen * 2 - 1, self.reference)

    def step(self) -> Terms:
        """Evaluate, differentiate, move."""
        w_plus = self.w_plus * 1
        synthesis = self.generator.synthesis(w_plus)
        given = [synthesis.image, *synthesis.features, w_plus]
        leaves = [x.detach().requires_grad_(x.requires_grad) for x in given]
        moving = [leaf for leaf in leaves if leaf.requires_grad]
        found = {}
        for name, term in self._terms(Synthesis(leaves[0], leaves[1:-1]), leaves[-1]):
            found[name] = term.detach()
            torch.autograd.backward(_WEIGHTS[name] * term, inputs=moving)
        used = [(x, leaf.grad) for x, leaf in zip(given, leaves, strict=True) if leaf.grad is not None]
        self.adam.step(RATE, torch.autograd.grad([x for x, _ in used], [self.w_plus], [by_x for _, by_x in used])[0])
        return Terms(**found)
