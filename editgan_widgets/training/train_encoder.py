"""Train an Encoder for a finished generator: picture -> w_plus in one pass (EditGAN, section 3.2).

Half of every batch are samples of the generator, whose latents are known: the loss compares latents in W and pictures.
The other half are rendered portraits: the loss compares pictures, penalises the spread of the rows of w_plus, and, if
the folder has the codes of the portraits and the generator was trained on such pairs, compares latents with the codes'
w at a small weight. The generator is frozen.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.models.checkpoints import CheckpointError, read_bundle, write_bundle
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.encoder import Encoder, EncoderConfig
from editgan_widgets.models.perceptual import perceptual_distance
from editgan_widgets.training.losses import paired_loss
from editgan_widgets.training.photographic import photographic
from editgan_widgets.training.runs import (
    RunLength,
    load_optimizer,
    optimizer_tensors,
    quick_arithmetic,
    set_rate,
    stop_flag,
    training_dtype,
)
from editgan_widgets.training.train_segmenter import disturb
from editgan_widgets.training.training_data import TrainingData

_SLIGHTLY = 0.25  # framing of photographed renders: a face is found with a small error


@dataclass(frozen=True)
class TrainEncoderConfig:
    """Settings of the training. Raises ValueError for contradictory settings."""

    network: EncoderConfig | None = None  # None: sizes chosen for the generator
    seed: int = 0  # seed of weights, order of pictures and all random draws
    total_images: int = 200_000  # length of the run, counted in pictures shown
    max_minutes: float | None = None  # time limit; the learning rate decays accordingly
    batch: int = 16  # pictures per step, samples and renders together
    learning_rate: float = 1e-3  # learning rate of Adam
    render_share: float = 0.5  # share of renders in a batch if there is a data folder; the rest are generator samples
    style_mixing: float = 0.5  # probability that a sample's later rows belong to a second code
    max_truncation_psi: float = 1.0  # samples are truncated by a random psi between 0.5 and this
    w_weight: float = 0.5  # weight of the squared error in W, in its standard deviations; samples only
    picture_weight: float = 4.0  # weight of the distance of pictures: L1 at three sizes and of differences
    perceptual_weight: float = 1.0  # weight of perceptual_distance; the report names its features
    code_weight: float = 0.1  # weight of the squared error in W for renders whose code the folder has
    spread_weight: float = 0.02  # weight of the squared distance of a render's rows from their mean
    part_weights: Mapping[int, float] = field(default_factory=dict)  # label id -> weight of a render's pixels, or 1
    photographic: float = 0.0  # share of the renders that are shown with other surroundings, light and framing
    held_out: int = 64  # last pictures of the folder, never trained on: for the report
    checkpoint_minutes: float = 3.0  # between two checkpoints

    def __post_init__(self):
        if self.batch < 2 or self.total_images < self.batch:
            raise ValueError(
                f"batch is {self.batch} and total_images {self.total_images}; need 2 <= batch <= total_images"
            )
        if not 0 <= self.render_share <= 1:
            raise ValueError(f"render_share must be a share of a batch, 0 to 1; got {self.render_share}")
        if not 0 <= self.photographic <= 1:
            raise ValueError(f"photographic must be a share of the renders, 0 to 1; got {self.photographic}")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, for JSON."""
        network = None if self.network is None else self.network.to_dict()
        return asdict(self) | {"network": network, "part_weights": dict(self.part_weights)}


@dataclass(frozen=True)
class EncoderReport:
    """Result of a training. PSNR in dB over the range [-1, 1], of one pass without optimisation; nan if unknown."""

    images: int  # shown since the start, over all resumed parts
    minutes: float  # likewise
    finished: bool  # False: stopped; the same call continues
    sample_psnr: float  # median over fresh samples at psi 0.7
    sample_w_error: float  # root mean square of the error in W on these, in standard deviations
    render_psnr: float  # median over the held-out renders

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values; nan becomes None."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def train_encoder(
    model: EditGAN,
    data_dir: str | Path | None,
    config: TrainEncoderConfig | None = None,
    *,
    checkpoint: str | Path | None = None,
    start: Encoder | None = None,
    on_step: Callable[[int, dict[str, float]], None] | None = None,
) -> tuple[Encoder, EncoderReport]:
    """Train on the model's device; return the encoder, in eval mode, and its report. `model` is not modified.

    Args:
        model: provides the generator and, if VGG16 is not on disk, the discriminator for the perceptual distance.
        data_dir: folder of `editgan render`; None trains on samples alone.
        config: None for the defaults.
        checkpoint: file to write at intervals and at the end; if it exists, the run continues from it.
        start: encoder of the same sizes that provides the initial weights, for example of an earlier generator.
        on_step: called with the pictures shown so far and the losses. Ctrl-C and SIGTERM save and end the run.

    Raises DataError for a folder that does not fit, CheckpointError for a checkpoint of another generator or encoder,
    ValueError for a start of other sizes.
    """
    config = config or TrainEncoderConfig()
    data = None
    if data_dir is not None and config.render_share > 0:
        renders = max(round(config.batch * config.render_share), 1)
        data = TrainingData(
            data_dir,
            model.resolution,
            model.generator.z_dim if config.code_weight > 0 and (Path(data_dir) / "latents.npy").is_file() else None,
            part_weights=config.part_weights,
            held_out=config.held_out,
            batch=renders,
            seed=config.seed,
            labelled=config.photographic > 0,
        )
    run = _Run(model, data, config, start)
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None and path.exists():
        run.resume(path)
    length = RunLength(config.total_images, config.max_minutes, run.seconds)
    saved = time.monotonic()
    with stop_flag() as stop:
        while True:
            run.seconds = length.seconds
            progress = length.progress(run.images)
            ended = progress >= 1 or stop.is_set()
            if path is not None and (ended or time.monotonic() - saved > config.checkpoint_minutes * 60):
                write_bundle(path, run.modules(), run.metadata())
                saved = time.monotonic()
            if ended:
                break
            set_rate(run.optimizer, config.learning_rate, progress)
            losses = run.step()
            if on_step is not None:
                on_step(run.images, losses)
    encoder = run.encoder.eval().requires_grad_(False).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    sample_psnr, w_error = _on_samples(model, encoder, config)
    render_psnr = _on_renders(model, encoder, data)
    report = EncoderReport(run.images, run.seconds / 60, progress >= 1, sample_psnr, w_error, render_psnr)
    return encoder, report


def reconstruction_psnr(
    model: EditGAN, encoder: Encoder, image: Float[Tensor, "n 3 h w"], batch: int = 16
) -> Float[Tensor, " n"]:
    """PSNR in dB of each picture's reconstruction by one pass; pictures in [-1, 1], range 2."""
    errors = []
    with torch.no_grad():
        for part in image.to(model.device).split(batch):
            made = model.generator.synthesis(encoder(part)).image.clamp(-1, 1)
            errors.append((made - part).square().mean(dim=(1, 2, 3)))
    return images.psnr(torch.cat(errors)).cpu()


class _Run:
    """State of a run."""

    def __init__(
        self, model: EditGAN, data: TrainingData | None, config: TrainEncoderConfig, start: Encoder | None = None
    ):
        self.model, self.data, self.config = model, data, config
        self.device = model.device
        statistics = model.w_statistics()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            encoder = Encoder(config.network or EncoderConfig.for_generator(model.generator))
        if start is not None:
            if start.config != encoder.config:
                raise ValueError(
                    f"the encoder to start from has {start.config}, this one {encoder.config}; leave start out"
                )
            encoder.load_state_dict(start.state_dict())
        encoder.w_avg.copy_(model.generator.mean_w)
        # In W's own coordinates; the axes of w_statistics would need a rotation in the encoder's last layer.
        encoder.w_std.copy_((statistics.axes.square() * statistics.std.square()[:, None]).sum(0).sqrt().clamp_min(1e-4))
        self.encoder = encoder.to(self.device).train()
        self.optimizer = torch.optim.Adam(self.encoder.parameters(), lr=config.learning_rate, betas=(0.9, 0.99))
        self.perceptual = None
        if config.perceptual_weight > 0:
            self.perceptual = perceptual_distance(model.discriminator, device=self.device)
        self.rng = torch.Generator()
        self.steps = self.images = self.renders = 0
        self.seconds = 0.0

    def step(self) -> dict[str, float]:
        """Train on one batch; return the losses."""
        c = self.config
        self.rng.manual_seed(c.seed * 1_000_003 + self.steps)  # so that a resumed run draws the same numbers
        render = codes = labels = weight = None
        if self.data is not None:
            batch = self.data.batch(self.data.indices(self.renders), self.device)
            render, codes, labels, weight = batch.image, batch.latents, batch.labels, batch.weight
            self.renders += len(render)
        count = c.batch - (0 if render is None else len(render))
        w_plus = self._sample(count)
        with torch.no_grad():
            image = self._synthesis(w_plus).clamp(-1, 1)
        target = image if render is None else torch.cat([image, render])
        seen = target if render is None else torch.cat([image, self._as_photographed(render, labels)])
        with quick_arithmetic(self.encoder):
            guess = self.encoder(seen).float()
        made = self._synthesis(guess)
        if weight is not None:
            weight = torch.cat([torch.ones_like(image[:, :1]), weight])
        losses = {"picture": paired_loss(made, target, weight)}
        total = c.picture_weight * losses["picture"]
        scaled = (guess - self.encoder.w_avg) / self.encoder.w_std
        if count:
            losses["w"] = ((guess[:count] - w_plus) / self.encoder.w_std).square().mean()
            total = total + c.w_weight * losses["w"]
        if render is not None:
            rows = scaled[count:]
            losses["spread"] = (rows - rows.mean(1, keepdim=True)).square().mean()
            total = total + c.spread_weight * losses["spread"]
            if codes is not None:
                with torch.no_grad():
                    known = self.model.generator.w_plus(self.model.generator.mapping(codes))
                losses["code"] = ((guess[count:] - known) / self.encoder.w_std).square().mean()
                total = total + c.code_weight * losses["code"]
        if self.perceptual is not None:
            losses["perceptual"] = self.perceptual(made, self.perceptual.reference(target))
            total = total + c.perceptual_weight * losses["perceptual"]
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        self.optimizer.step()
        self.steps += 1
        self.images += c.batch
        return {name: float(value.detach()) for name, value in losses.items()}

    def _as_photographed(self, render: Tensor, labels: Tensor | None) -> Tensor:
        """Renders, some of them with other surroundings, light and framing: the code is that of the plain render."""
        if labels is None:
            return render
        shown, _ = photographic(render, labels, self.rng, _SLIGHTLY)
        chosen = torch.rand(len(render), 1, 1, 1, generator=self.rng).to(render.device) < self.config.photographic
        return torch.where(chosen, disturb(shown, self.rng), render)

    def _synthesis(self, w_plus: Tensor) -> Tensor:
        return self.model.generator.synthesis(w_plus, dtype=training_dtype(self.device)).image

    @torch.no_grad()
    def _sample(self, count: int) -> Tensor:
        """Latents of random samples, `[count, num_ws, w_dim]`, with random truncation and some style mixing."""
        c, generator = self.config, self.model.generator
        num_ws = generator.num_rows
        z = torch.randn(2 * count, generator.z_dim, generator=self.rng)
        least = min(0.5, c.max_truncation_psi)
        psi = least + (c.max_truncation_psi - least) * torch.rand(count, 1, generator=self.rng)
        cut = torch.randint(1, num_ws, (count, 1, 1), generator=self.rng)
        mixed = torch.rand(count, 1, 1, generator=self.rng) < c.style_mixing
        w, other = generator.mapping(z.to(self.device)).split(count) if count else (z[:0, :0], z[:0, :0])
        second = mixed & (torch.arange(num_ws)[None, :, None] >= cut)
        w_plus = torch.where(second.to(self.device), other[:, None], generator.w_plus(w))
        return torch.lerp(generator.mean_w.expand_as(w_plus), w_plus, psi[:, :, None].to(self.device))

    def modules(self) -> dict[str, dict[str, Tensor]]:
        """State dicts of everything, for a bundle."""
        return {"encoder": self.encoder.state_dict(), "optimizer": optimizer_tensors(self.optimizer)}

    def metadata(self) -> dict[str, Any]:
        """Configuration and counters."""
        return {
            "encoder_config": self.encoder.config.to_dict(),
            "generator": self.model.fingerprint,
            "training": self.config.to_dict(),
            "perceptual_features": None if self.perceptual is None else self.perceptual.name,
            "state": {name: getattr(self, name) for name in ("steps", "images", "renders", "seconds")},
        }

    def resume(self, path: Path) -> None:
        """Continue from a checkpoint of the same run."""
        bundle = read_bundle(path)
        mine = json.loads(json.dumps(self.metadata()))
        for name in ("generator", "encoder_config"):
            if bundle.metadata.get(name) != mine[name]:
                raise CheckpointError(
                    f"{path} is of a training with another {name.replace('_', ' ')} ({bundle.metadata.get(name)}, "
                    f"here {mine[name]}): delete it or choose another file to start again"
                )
        self.encoder.load_state_dict(bundle.modules["encoder"])
        load_optimizer(self.optimizer, bundle.modules.get("optimizer", {}))
        for name, value in bundle.metadata["state"].items():
            setattr(self, name, value)


def _on_samples(model: EditGAN, encoder: Encoder, config: TrainEncoderConfig) -> tuple[float, float]:
    """Median PSNR and root mean square error in W over samples that no training step drew."""
    seeds = range(10_000_019, 10_000_019 + max(config.held_out, 1))
    w_plus = torch.cat([model.sample_w_plus(seed) for seed in seeds])
    parts = w_plus.split(16)
    with torch.no_grad():
        image = torch.cat([model.generator.synthesis(part).image.clamp(-1, 1) for part in parts])
        guess = torch.cat([encoder(part) for part in image.split(16)])
    error = ((guess - w_plus) / encoder.w_std).square().mean().sqrt()
    return float(reconstruction_psnr(model, encoder, image).median()), float(error)


def _on_renders(model: EditGAN, encoder: Encoder, data: TrainingData | None) -> float:
    """Median PSNR over the held-out renders; nan without any."""
    if data is None or not data.held_out:
        return float("nan")
    indices = torch.arange(data.count, data.count + data.held_out).numpy()
    return float(reconstruction_psnr(model, encoder, data.batch(indices, model.device).image).median())
