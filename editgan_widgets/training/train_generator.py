"""Train StyleGAN2 on a folder of pictures, adversarially, on pairs, or both.

Adversarial training follows Karras et al. 2020: non-saturating logistic loss, lazy R1 and path-length regularisation,
style mixing, an exponential moving average of the generator, adaptive augmentation. Each rendered picture comes with
the normal code `z` that determines it, which allows paired training: `synthesis(mapping(z_i))` is compared with picture
i, as in neural rendering. This makes training on a CPU possible. `adversarial_weight=0` needs no discriminator;
`paired_weight=0` is a plain GAN.
"""

import argparse
import copy
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from editgan_widgets import images as pictures
from editgan_widgets.files import write_text
from editgan_widgets.models.checkpoints import Bundle, CheckpointError, read_bundle, write_bundle
from editgan_widgets.models.devices import resolve_device
from editgan_widgets.models.discriminator import Discriminator, DiscriminatorConfig
from editgan_widgets.models.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from editgan_widgets.schedules import learning_rate
from editgan_widgets.training.augment import adapt, augment
from editgan_widgets.training.losses import (
    CHARBONNIER,
    COARSE_WEIGHT,
    GRADIENT_WEIGHT,
    adversarial_losses,
    feature_loss,
    paired_loss,
    r1_penalty,
)
from editgan_widgets.training.runs import (
    load_optimizer,
    optimizer_tensors,
    progress_of,
    stop_flag,
    training_dtype,
)
from editgan_widgets.training.training_data import Batch, TrainingData


@dataclass(frozen=True)
class TrainGeneratorConfig:
    """Settings of the training. The defaults are for a 64 px network on a CPU. Raises ValueError for contradictions."""

    network: StyleGAN2Config = field(default_factory=StyleGAN2Config)  # sizes of the generator
    seed: int = 0  # seed of weights, order of pictures and all random draws

    total_images: int = 100_000  # length of the run, counted in pictures shown
    max_minutes: float | None = None  # time limit; the learning rate decays accordingly
    batch: int = 16  # pictures per step; several times mbstd's group of 4
    learning_rate: float = 2.5e-3  # for both networks; StyleGAN2's value for equalised layers
    discriminator_rate: float = 1.0  # the discriminator's learning rate as a multiple of the generator's (TTUR)
    beta1: float = 0.0  # Adam's momentum; 0 for adversarial training, 0.9 is quicker for paired training alone
    beta2: float = 0.99  # Adam's second moment, StyleGAN2's value
    frozen_resolution: int = 0  # mapping and blocks up to this many px are frozen, to train new blocks alone
    warmup_images: int = 2_000  # the rate rises linearly from 0: fresh Adam moments are unreliable
    decay_fraction: float = 0.5  # last part of the run, in which the rate falls along a cosine …
    final_rate: float = 0.02  # … to this share of itself
    ema_half_life: int = 5_000  # images; half-life of the weights' moving average
    ema_rampup: float = 0.05  # the half-life is at most this share of the images seen, to forget early weights soon

    paired_weight: float = 0.0  # weight of the comparison with the picture of the same code; 0: codes not needed
    part_weights: Mapping[int, float] = field(default_factory=dict)  # label id -> weight of its pixels; others weigh 1
    coarse_weight: float = COARSE_WEIGHT  # weight of the L1 at 1/2 and at 1/4 size, each; moves large shapes first
    gradient_weight: float = GRADIENT_WEIGHT  # weight of the L1 of neighbour differences; keeps edges sharp
    feature_weight: float = 0.0  # weight of the distance of a network's activations; keeps small parts recognisable
    feature_interval: int = 1  # steps between these comparisons, which cost as much as the rest; scales their weight
    charbonnier: float = CHARBONNIER  # px value (of [-1, 1]) below which the full-size L1 is rounded off

    adversarial_weight: float = 1.0  # weight of the generator's GAN loss; 0: no discriminator
    relativistic: bool = False  # score differences of real and generated pairs instead of single pictures
    patches: int = 1  # per side, each with a separate score; 1: one score for the whole picture
    adversarial_rampup: int = 2_000  # images over which the weight grows from 0, because a new discriminator is random
    prior_fraction: float = 0.5  # share of random codes in a batch when training is both paired and adversarial
    style_mixing: float = 0.5  # probability that the layers of a random code are split between two codes; paper: 0.9
    r1_gamma: float = 0.4  # gradient penalty on real pictures
    r1_interval: int = 16  # steps between penalties
    path_length_weight: float = 0.0  # StyleGAN2 uses 2; costs 40% more time, and paired training makes W smooth already
    path_length_interval: int = 4  # steps between path-length penalties
    augment_target: float = 0.6  # mean sign of the scores of real pictures above which augmentation rises; 0: none
    augment_images: int = 100_000  # images over which its probability may change from 0 to 1
    horizontal_flips: bool = False  # mirror real pictures; must be off if labels or codes distinguish left and right

    held_out: int = 64  # last pictures of the folder, never trained on: for the validation error and sample sheets
    log_images: int = 800  # images between two lines of metrics.jsonl
    sample_minutes: float = 5.0  # between sample sheets, each with a validation
    checkpoint_minutes: float = 5.0  # between checkpoints

    def __post_init__(self):
        if self.paired_weight <= 0 and self.adversarial_weight <= 0:
            raise ValueError("paired_weight and adversarial_weight are both 0, so there is no loss; raise one of them")
        if self.horizontal_flips and self.paired_weight > 0:
            raise ValueError(
                "horizontal_flips cannot be combined with paired_weight: a code belongs to one picture and not to its "
                "mirror image; leave one out"
            )
        if self.relativistic and self.adversarial_weight > 0 and self.augment_target > 0:
            raise ValueError(
                "relativistic scores are differences, which augment_target cannot use; set augment_target to 0"
            )
        if self.frozen_resolution >= self.network.resolution:
            raise ValueError(
                f"frozen_resolution {self.frozen_resolution} freezes all of a {self.network.resolution} px network; "
                "use a lower one, or 0 to train all of it"
            )
        if self.batch < 1 or self.total_images < self.batch:
            raise ValueError(
                f"batch is {self.batch} and total_images {self.total_images}; need 1 <= batch <= total_images"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, for JSON."""
        return asdict(self) | {"network": self.network.to_dict(), "part_weights": dict(self.part_weights)}


@dataclass(frozen=True)
class TrainingResult:
    """Result of a run."""

    checkpoint: Path
    images: int  # shown since the start, over all resumed parts
    minutes: float  # likewise
    finished: bool  # False: interrupted; the same call continues
    metrics: dict[str, float]  # last line of metrics.jsonl


def train_generator(
    data_dir: str | Path,
    out_dir: str | Path,
    config: TrainGeneratorConfig,
    *,
    device: torch.device | str = "cpu",
    grow_from: str | Path | None = None,
    features: Callable[[Tensor], list[Tensor]] | None = None,
    progress: bool = True,
    on_metrics: Callable[[dict[str, float]], None] | None = None,
) -> TrainingResult:
    """Train until the number of images or minutes is reached; the same call continues an interrupted run.

    Writes to `out_dir`: `checkpoint.safetensors` (bundle with `generator` = averaged weights, `generator_live`,
    `discriminator` and the optimisers' states), `metrics.jsonl`, `samples/*.png`, `config.json`.

    `grow_from` starts from the checkpoint of a smaller or equally large model: its weights are copied, and new blocks,
    channels and numbers of the code do not change the picture until they are trained. `features` returns the
    activations `[batch, C, h, w]` that `feature_weight` compares; do not use this network as a judge. Ctrl-C and
    SIGTERM save and end the run. `on_metrics` gets each line of metrics.

    Raises DataError for a folder that does not fit, CheckpointError for a checkpoint that does not, ValueError for a
    device that this machine does not have.
    """
    target = resolve_device(device)
    data = open_data(data_dir, config)
    out = Path(out_dir)
    (out / "samples").mkdir(parents=True, exist_ok=True)
    if (features is None) != (config.feature_weight <= 0):
        raise ValueError(f"feature_weight is {config.feature_weight} and features {features}: give both or neither")
    state = _State(config, target, features)
    checkpoint = out / "checkpoint.safetensors"
    if checkpoint.exists():
        state.resume(read_bundle(checkpoint), checkpoint)
    elif grow_from is not None:
        state.grow(read_bundle(grow_from), Path(grow_from))
    write_text(out / "config.json", json.dumps(config.to_dict(), indent=1))

    started, seconds_before = time.monotonic(), state.seconds
    saved = sampled = logged = started
    losses: dict[str, list[float]] = {}
    steps, images_logged = 0, state.images
    line: dict[str, float] = {}
    bar = tqdm(
        total=config.total_images,
        initial=state.images,
        unit="img",
        disable=not progress,
        smoothing=0.05,
        mininterval=1.0,
    )

    with stop_flag() as stop, (out / "metrics.jsonl").open("a") as log, bar:
        while True:
            state.seconds = seconds_before + time.monotonic() - started
            done = state.progress >= 1
            now = time.monotonic()
            if (done or stop.is_set() or state.images - images_logged >= config.log_images) and steps:
                line = {"images": state.images, "minutes": round(state.seconds / 60, 2), "lr": state.rate}
                line |= {name: float(np.mean(values)) for name, values in losses.items()}
                line["images_per_second"] = steps * config.batch / (now - logged)
                if done or now - sampled > config.sample_minutes * 60:
                    line["validation_l1"] = _validate(state, data, out / "samples" / f"{state.images:08d}.png")
                    sampled = time.monotonic()
                log.write(json.dumps({k: round(v, 6) for k, v in line.items()}) + "\n")
                log.flush()
                if on_metrics:
                    on_metrics(line)
                bar.set_postfix({k: f"{v:.3f}" for k, v in line.items() if k in ("paired", "d_loss", "validation_l1")})
                losses, steps, images_logged, logged = {}, 0, state.images, time.monotonic()
            if done or stop.is_set() or now - saved > config.checkpoint_minutes * 60:
                write_bundle(checkpoint, state.modules(), state.metadata())
                saved = time.monotonic()
            if done or stop.is_set():
                return TrainingResult(checkpoint, state.images, state.seconds / 60, done, line)
            for name, value in state.step(data).items():
                losses.setdefault(name, []).append(value)
            steps += 1
            bar.update(config.batch)


def open_data(folder: str | Path, config: TrainGeneratorConfig) -> TrainingData:
    """Open the pictures of a folder as a training of this configuration reads them. Raises DataError."""
    return TrainingData(
        folder,
        config.network.resolution,
        config.network.z_dim if config.paired_weight > 0 else None,
        config.part_weights,
        config.held_out,
        config.batch,
        config.seed,
    )


class _State:
    """State of a run: networks, optimisers, counters."""

    def __init__(
        self,
        config: TrainGeneratorConfig,
        device: torch.device,
        features: Callable[[Tensor], list[Tensor]] | None = None,
    ):
        self.config, self.device, self.features = config, device, features
        self.dtype = training_dtype(device)
        torch_seed = torch.Generator().manual_seed(config.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(2**31, (), generator=torch_seed)))
            self.generator = StyleGAN2(config.network).to(device)
            self.discriminator = None
            if config.adversarial_weight > 0:
                sizes = {name: getattr(config.network, name) for name in ("resolution", "channel_base", "channel_max")}
                self.discriminator = Discriminator(DiscriminatorConfig(**sizes, patches=config.patches)).to(device)
        if config.frozen_resolution:
            self.generator.mapping.requires_grad_(False)
            for resolution in config.network.resolutions:
                if resolution <= config.frozen_resolution:
                    self.generator.synthesis.get_submodule(f"b{resolution}").requires_grad_(False)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        if self.dtype != torch.float32:
            for module in (self.generator, self.average, self.discriminator):
                if module is not None:
                    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer_g = self._adam(self.generator)
        self.optimizer_d = None if self.discriminator is None else self._adam(self.discriminator)
        self.rng = torch.Generator(device)
        self.steps = self.images = 0
        self.seconds = 0.0
        self.rate = 0.0
        self.augment_probability = 0.0
        self.path_length = 0.0

    def _adam(self, module: nn.Module) -> torch.optim.Adam:
        c = self.config
        # Not fused: on a CPU, fused Adam permutes elements if a weight and its gradient differ in memory layout.
        parameters = [p for p in module.parameters() if p.requires_grad]
        return torch.optim.Adam(parameters, lr=c.learning_rate, betas=(c.beta1, c.beta2), eps=1e-8)

    @property
    def progress(self) -> float:
        """Progress of the run, by images or by time, whichever is further."""
        return progress_of(self.images, self.config.total_images, self.seconds, self.config.max_minutes)

    # One step: the generator's forward pass serves every loss; so does the discriminator's on generated pictures.

    def step(self, data: TrainingData) -> dict[str, float]:
        """Train on one batch; return the losses."""
        c = self.config
        self.rng.manual_seed(c.seed * 1_000_003 + self.steps)  # so that a resumed run draws the same numbers
        self._set_rate()
        batch = data.batch(data.indices(self.images), self.device)
        image, paired = self._generate(batch)
        losses: dict[str, Tensor] = {}
        objective = image.new_zeros([])
        if c.paired_weight > 0:
            weight = None if batch.weight is None else batch.weight[:paired]
            losses["paired"] = paired_loss(
                image[:paired], batch.image[:paired], weight, c.coarse_weight, c.gradient_weight, c.charbonnier
            )
            objective = c.paired_weight * losses["paired"]
            if self.features is not None and self.steps % c.feature_interval == 0:
                with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
                    losses["features"] = feature_loss(self.features, image[:paired], batch.image[:paired])
                objective = objective + c.feature_weight * c.feature_interval * losses["features"]
        image_gradient = None
        if self.discriminator is not None and self.optimizer_d is not None:
            image_gradient, d_losses = self._discriminate(image.detach(), batch.image)
            losses |= d_losses
        self.optimizer_g.zero_grad(set_to_none=True)
        if image_gradient is not None:
            objective = objective + (image * image_gradient).sum()
        if c.path_length_weight > 0 and self.steps % c.path_length_interval == 0:
            losses["path_length"] = self._path_length_penalty()
            objective = objective + losses["path_length"] * (c.path_length_weight * c.path_length_interval)
        objective.backward()
        self.optimizer_g.step()
        self.steps += 1
        self.images += c.batch
        self._average()
        return {name: float(value.detach()) for name, value in losses.items()} | {"augment": self.augment_probability}

    def _set_rate(self) -> None:
        c = self.config
        up = (self.images + c.batch) / max(c.warmup_images, 1)
        down = 1 - (1 - self.progress) / max(c.decay_fraction, 1e-9)
        self.rate = learning_rate(c.learning_rate, up, down, c.final_rate)
        for optimizer, share in ((self.optimizer_g, 1.0), (self.optimizer_d, c.discriminator_rate)):
            if optimizer is not None:
                for group in optimizer.param_groups:
                    group["lr"] = self.rate * share

    def _generate(self, batch: Batch) -> tuple[Tensor, int]:
        """Pictures for the batch: first those of its codes (returns their number too), then those of random codes."""
        c, g = self.config, self.generator
        size = len(batch.image)
        paired = 0 if batch.latents is None else size
        if paired and c.adversarial_weight > 0:
            paired = max(size - round(size * c.prior_fraction), 1)
        z = torch.randn(size, c.network.z_dim, generator=self.rng, device=self.device)
        if paired and batch.latents is not None:
            z[:paired] = batch.latents[:paired]
        w = g.mapping(z)
        if not c.frozen_resolution:
            g.mapping.w_avg.lerp_(w.detach().mean(dim=0), 0.005)
        w_plus = g.w_plus(w)
        if paired < size and c.style_mixing > 0:
            other = g.mapping(torch.randn(size - paired, c.network.z_dim, generator=self.rng, device=self.device))
            w_plus = torch.cat([w_plus[:paired], self._mix(w_plus[paired:], other)])
        return g.with_fresh_noise(w_plus, self.rng, self.dtype).image, paired

    def _mix(self, w_plus: Tensor, other: Tensor) -> Tensor:
        """Replace the later layers of some samples by those of another code."""
        count, layers = w_plus.shape[:2]
        cut = torch.randint(1, layers, (count, 1, 1), generator=self.rng, device=self.device)
        keep = torch.rand(count, 1, 1, generator=self.rng, device=self.device) >= self.config.style_mixing
        first = torch.arange(layers, device=self.device)[None, :, None] < cut
        return torch.where(first | keep, w_plus, other[:, None])

    def _discriminate(self, fake: Tensor, real: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Train the discriminator; return the generator's adversarial gradient at its pictures, and losses."""
        c, discriminator, optimizer = self.config, self.discriminator, self.optimizer_d
        assert discriminator is not None
        assert optimizer is not None
        if c.horizontal_flips:
            flipped = torch.rand(len(real), 1, 1, 1, generator=self.rng, device=self.device) < 0.5
            real = torch.where(flipped, real.flip(3), real)
        penalise = c.r1_gamma > 0 and self.steps % c.r1_interval == 0
        fake.requires_grad_()
        real = real.detach().requires_grad_(penalise)
        fake_score = discriminator(augment(fake, self.augment_probability, self.rng), self.dtype)
        real_score = discriminator(augment(real, self.augment_probability, self.rng), self.dtype)
        generator_loss, loss = adversarial_losses(real_score, fake_score, c.relativistic)
        weight = c.adversarial_weight * min((self.images + c.batch) / max(c.adversarial_rampup, 1), 1.0)
        (gradient,) = torch.autograd.grad(generator_loss * weight, fake, retain_graph=True)
        losses = {"g_loss": generator_loss, "d_loss": loss, "real_score": real_score.mean()}
        losses["fake_score"] = fake_score.mean()
        if penalise:
            losses["r1"] = r1_penalty(real_score, real)
            loss = loss + losses["r1"] * (c.r1_gamma / 2 * c.r1_interval)
        parameters = list(discriminator.parameters())
        optimizer.zero_grad(set_to_none=True)
        for parameter, found in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = found
        optimizer.step()
        if c.augment_target > 0:
            signs = float(real_score.detach().sign().mean())
            move = c.batch / c.augment_images
            self.augment_probability = adapt(self.augment_probability, signs, c.augment_target, move)
        return gradient, losses

    def _path_length_penalty(self) -> Tensor:
        """Deviation of |J^T y| from its running mean, on half a batch of fresh codes (StyleGAN2, section 3.2)."""
        c, g = self.config, self.generator
        z = torch.randn(max(c.batch // 2, 1), c.network.z_dim, generator=self.rng, device=self.device)
        w_plus = g.w_plus(g.mapping(z))
        image = g.with_fresh_noise(w_plus, self.rng, self.dtype).image
        y = torch.randn(image.shape, generator=self.rng, device=self.device) / c.network.resolution
        (jacobian,) = torch.autograd.grad((image * y).sum(), w_plus, create_graph=True)
        lengths = jacobian.square().sum(dim=2).mean(dim=1).sqrt()
        self.path_length += 0.01 * (float(lengths.detach().mean()) - self.path_length)
        return (lengths - self.path_length).square().mean()

    @torch.no_grad()
    def _average(self) -> None:
        c = self.config
        half_life = min(c.ema_half_life, c.ema_rampup * self.images)
        keep = 0.5 ** (c.batch / max(half_life, 1e-6))
        for mine, theirs in zip(self.average.parameters(), self.generator.parameters(), strict=True):
            mine.lerp_(theirs, 1 - keep)
        for mine, theirs in zip(self.average.buffers(), self.generator.buffers(), strict=True):
            mine.copy_(theirs)

    # On disk

    def modules(self) -> dict[str, dict[str, Tensor]]:
        """State dicts of everything, for a bundle."""
        found = {"generator": self.average.state_dict(), "generator_live": self.generator.state_dict()}
        found["optimizer_g"] = optimizer_tensors(self.optimizer_g)
        if self.discriminator is not None and self.optimizer_d is not None:
            found["discriminator"] = self.discriminator.state_dict()
            found["optimizer_d"] = optimizer_tensors(self.optimizer_d)
        return found

    def metadata(self) -> dict[str, Any]:
        """Configuration and counters."""
        counters = {k: getattr(self, k) for k in ("steps", "images", "seconds", "augment_probability", "path_length")}
        found = {
            "generator_config": self.config.network.to_dict(),
            "training": self.config.to_dict(),
            "state": counters,
        }
        if self.discriminator is not None:
            found["discriminator_config"] = self.discriminator.config.to_dict()
        return found

    def resume(self, bundle: Bundle, path: Path) -> None:
        """Continue from a checkpoint of the same run."""
        theirs = StyleGAN2Config.from_dict(bundle.metadata["generator_config"])
        adversarial = "discriminator" in bundle.modules
        if theirs != self.config.network or adversarial != (self.discriminator is not None):
            raise CheckpointError(
                f"{path} is of a run with {theirs}{' and' if adversarial else ', no'} discriminator; this one has "
                f"{self.config.network}{' and' if self.discriminator else ', no'} discriminator. "
                f"Give another out_dir, with grow_from={path} to start from its weights"
            )
        frozen = bundle.metadata.get("training", {}).get("frozen_resolution", 0)
        if frozen != self.config.frozen_resolution:
            raise CheckpointError(
                f"{path} is of a run with frozen_resolution {frozen}, here {self.config.frozen_resolution}; use the "
                f"same, or give another out_dir, with grow_from={path}"
            )
        scores = bundle.metadata.get("discriminator_config", {}).get("patches", 1)
        if self.discriminator is not None and scores != self.config.patches:
            raise CheckpointError(
                f"{path} is of a run whose discriminator scores {scores} patches a side, here {self.config.patches}; "
                f"use the same, or give another out_dir, with grow_from={path}"
            )
        self.average.load_state_dict(bundle.modules["generator"])
        self.generator.load_state_dict(bundle.modules["generator_live"])
        load_optimizer(self.optimizer_g, bundle.modules["optimizer_g"])
        if self.discriminator is not None and self.optimizer_d is not None:
            self.discriminator.load_state_dict(bundle.modules["discriminator"])
            load_optimizer(self.optimizer_d, bundle.modules["optimizer_d"])
        for name, value in bundle.metadata["state"].items():
            setattr(self, name, value)

    def grow(self, bundle: Bundle, path: Path) -> None:
        """Start from another model: copy its weights; new weights do not change the picture until they are trained.

        New weights are blocks of finer resolutions, additional channels, and numbers appended to the code.
        """
        weights = bundle.modules.get("generator")
        if weights is None:
            raise CheckpointError(
                f"{path} has no module 'generator' but {sorted(bundle.modules)}; give a training checkpoint"
            )
        theirs = bundle.metadata.get("generator_config", {}).get("mapping_lr_multiplier")
        if theirs not in (
            None,
            self.config.network.mapping_lr_multiplier,
        ):  # the multiplier scales the weights, so another one would change w
            raise CheckpointError(
                f"{path} has mapping_lr_multiplier {theirs}, this network {self.config.network.mapping_lr_multiplier}; "
                "use the same"
            )
        known = StyleGAN2Config.from_dict(bundle.metadata["generator_config"]) if theirs is not None else None
        if known is not None and known.mapping_hinges:
            network = self.config.network
            kept = network.mapping_hinges[: len(known.mapping_hinges)] == known.mapping_hinges
            if not kept or network.z_dim != known.z_dim:
                raise CheckpointError(
                    f"{path} has mapping_hinges {known.mapping_hinges} and z_dim {known.z_dim}, this network "
                    f"{network.mapping_hinges} and {network.z_dim}; start with the same hinges and keep z_dim"
                )
        own = self.generator.state_dict()
        foreign = [n for n, v in weights.items() if n not in own or not _fits_into(v, own[n])]
        if foreign:
            raise CheckpointError(
                f"{path} does not fit into {self.config.network}: {len(foreign)} tensors do not fit, the first is "
                f"{foreign[0]} {tuple(weights[foreign[0]].shape)}; grow to a network of at least its resolution, "
                "channels, w_dim, mapping_layers and z_dim"
            )
        for resolution in self.config.network.resolutions:
            if f"synthesis.b{resolution}.torgb.weight" not in weights:
                own[f"synthesis.b{resolution}.torgb.weight"].zero_()
        if self.config.network.mapping_skip and "mapping.skip.weight" not in weights:
            own["mapping.skip.weight"].zero_()
        weights = {name: _widened(value, own[name]) for name, value in weights.items()}
        for module in (self.generator, self.average):
            module.load_state_dict(own | weights)
        if self.discriminator is not None and "discriminator" in bundle.modules:
            mine = self.discriminator.state_dict()
            fits = {n: v for n, v in bundle.modules["discriminator"].items() if n in mine and mine[n].shape == v.shape}
            self.discriminator.load_state_dict(mine | fits)


def _fits_into(small: Tensor, large: Tensor) -> bool:
    return small.dim() == large.dim() and all(a <= b for a, b in zip(small.shape, large.shape, strict=True))


def _widened(small: Tensor, large: Tensor) -> Tensor:
    """Copy a layer's weights into a wider layer; the old outputs get weight 0 for the new inputs."""
    wide = large.clone()
    if small.dim() > 1 and small.shape[1] < large.shape[1]:
        wide[: small.shape[0], small.shape[1] :] = 0
        small = small * math.sqrt(large.shape[1] / small.shape[1])  # layers scale by 1 / sqrt(inputs)
    wide[tuple(slice(n) for n in small.shape)] = small
    return wide


@torch.no_grad()
def _validate(state: _State, data: TrainingData, path: Path, columns: int = 8) -> float:
    """Write a sheet of held-out pictures, their reconstructions and samples; return the held-out mean L1."""
    c, g = state.config, state.average
    rng = torch.Generator().manual_seed(c.seed)
    z = torch.randn(2 * columns, c.network.z_dim, generator=rng).to(state.device)
    rows, error = [], math.nan
    if data.held_out:
        indices = np.arange(data.count, data.count + data.held_out)
        real = data.batch(indices, state.device)
        rows.append(real.image[:columns])
        if real.latents is not None:
            parts = [g.synthesis(g.w_plus(g.mapping(part))).image for part in real.latents.split(c.batch)]
            fake = torch.cat(parts)
            error = float((fake - real.image).abs().mean())
            rows.append(fake[:columns])
    rows.append(g(z))
    rows.append(g(z[:columns], truncation_psi=0.7))
    sheet = torch.cat([F.pad(row, (0, 0, 0, 0, 0, 0, 0, -len(row) % columns), value=1.0) for row in rows])
    pictures.save(pictures.grid(pictures.to_uint8(sheet), columns), path)
    return error


def config_from_options(network: Mapping[str, Any], options: Mapping[str, Any]) -> TrainGeneratorConfig:
    """Build a configuration from plain values; None means the default."""
    given = {k: v for k, v in options.items() if v is not None}
    return TrainGeneratorConfig(network=StyleGAN2Config(**{k: v for k, v in network.items() if v is not None}), **given)


def _part_weights(text: str) -> dict[int, float]:
    return {int(part.split("=")[0]): float(part.split("=")[1]) for part in text.split(",") if part}


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _thresholds(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def _segmenter_levels(path: str | None, device: str) -> Callable[[Tensor], list[Tensor]] | None:
    from editgan_widgets.domains.portraits.segmenter import read_segmenter

    if path is None:
        return None
    segmenter = read_segmenter(path).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return segmenter.levels


def main(arguments: list[str] | None = None) -> None:
    """Run a training from the command line; every configuration field is an option of the same name."""
    parser = argparse.ArgumentParser(description="Train a StyleGAN2 generator on a folder of pictures.")
    parser.add_argument("--data", required=True, help="folder with images.npy, label_maps.npy, latents.npy")
    parser.add_argument(
        "--out", required=True, help="folder for checkpoint, metrics and samples; resumes if it has a checkpoint"
    )
    parser.add_argument("--grow-from", help="checkpoint of a smaller or equally large model to start from")
    parser.add_argument("--features", help="portrait segmenter's weights, for --feature-weight")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    groups = {}
    for owner in (StyleGAN2Config, TrainGeneratorConfig):
        group = parser.add_argument_group(owner.__name__)
        groups[owner] = [f.name for f in fields(owner) if f.name != "network"]
        for f in fields(owner):
            option = f"--{f.name.replace('_', '-')}"
            if f.name == "part_weights":
                group.add_argument(option, type=_part_weights, help="label id = weight, such as 5=4,6=4")
            elif f.name == "channels":
                group.add_argument(option, type=_numbers, help="one per size 4, 8, … px, such as 128,128,64,32,16")
            elif f.name == "mapping_hinges":
                group.add_argument(
                    option, type=_thresholds, help="such as =-1,0,1, with the equals sign; default: none"
                )
            elif isinstance(f.default, bool):
                group.add_argument(option, action=argparse.BooleanOptionalAction, help=f"default: {f.default}")
            elif f.name in groups[owner]:
                kind = float if f.default is None else type(f.default)
                group.add_argument(option, type=kind, help=f"default: {f.default}")
    values = vars(parser.parse_args(arguments))
    config = config_from_options(
        {name: values[name] for name in groups[StyleGAN2Config]},
        {name: values[name] for name in groups[TrainGeneratorConfig]},
    )
    train_generator(
        values["data"],
        values["out"],
        config,
        device=values["device"],
        grow_from=values["grow_from"],
        features=_segmenter_levels(values["features"], values["device"]),
    )


if __name__ == "__main__":
    main()
