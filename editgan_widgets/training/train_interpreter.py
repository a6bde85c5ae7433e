"""Train an Interpreter on a few labelled generator samples, about 16 (DatasetGAN, section 3.1).

Features stay at their native sizes (a few MB per picture). Every step draws pixels and interpolates the levels
bilinearly at these pixels, as the interpreter does in use. The ensemble is trained as one batched model.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from editgan_kernels import bilinear_taps
from editgan_widgets.models.generators.protocol import Generator
from editgan_widgets.models.interpreter import Interpreter, InterpreterConfig
from editgan_widgets.schedules import learning_rate


@dataclass(frozen=True)
class InterpreterTrainingConfig:
    """Settings of the training."""

    ensemble: int = 5
    hidden: tuple[int, int] = (64, 32)
    steps: int = 400
    pixels: int = 2048  # per step, drawn from all pictures
    lr: float = 3e-3  # Adam, cosine to zero
    weight_decay: float = 1e-4  # on the three linear layers, because there are only 16 pictures
    balanced_fraction: float = 0.5  # share of pixels drawn by label first; the others are uniform over pixels
    balance_power: float = 0.5  # probability of a label ~ its area ** (1 - power): 1 = all labels equally likely


@dataclass(frozen=True)
class InterpreterProgress:
    """Argument of the progress callback: step 1..total, cross-entropy and accuracy (0..1) of the batch."""

    step: int
    total: int
    loss: float
    accuracy: float


def train_interpreter(
    generator: Generator,
    w_plus: Float[Tensor, "n num_ws w_dim"],
    label_maps: UInt8[Tensor, "n h w"],
    num_labels: int,
    config: InterpreterTrainingConfig | None = None,
    generator_rng: torch.Generator | None = None,
    on_progress: Callable[[InterpreterProgress], None] | None = None,
) -> Interpreter:
    """Train on n labelled samples and return the interpreter in eval mode, on the generator's device.

    Args:
        generator: the frozen generator whose features the interpreter reads.
        w_plus: latents of the samples.
        label_maps: their label maps, of the generator's resolution.
        num_labels: number of labels in the set; ids in the maps are below it.
        config: None for the defaults.
        generator_rng: source of all randomness (a CPU torch.Generator); None for one seeded with 0.
        on_progress: called at intervals, and at the last step.

    Raises ValueError for maps of another size or count, or with an id that is not below num_labels.
    """
    config = config or InterpreterTrainingConfig()
    rng = generator_rng or torch.Generator().manual_seed(0)
    resolution = generator.resolution
    if label_maps.shape[1:] != (resolution, resolution) or len(label_maps) != len(w_plus):
        raise ValueError(
            f"label_maps have shape {tuple(label_maps.shape)}; {len(w_plus)} latents of this generator need "
            f"({len(w_plus)}, {resolution}, {resolution})"
        )
    if int(label_maps.max()) >= num_labels:
        raise ValueError(f"label_maps contain id {int(label_maps.max())}, but ids are 0..{num_labels - 1}")
    pool = _FeaturePool(generator, w_plus)
    labels = label_maps.flatten().long().cpu()
    sampler = _PixelDraw(labels, num_labels, config, rng)
    interpreter = Interpreter(
        InterpreterConfig(tuple(generator.feature_channels), num_labels, config.ensemble, config.hidden)
    )
    interpreter.reset_parameters(rng)
    interpreter.to(w_plus.device).train()
    interpreter.feature_mean.copy_(pool.mean)
    interpreter.feature_std.copy_(pool.std)
    linear = [interpreter.weight1, interpreter.weight2, interpreter.weight3]
    others = [p for p in interpreter.parameters() if all(p is not x for x in linear)]
    optimizer = torch.optim.AdamW(
        [{"params": linear, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}], lr=config.lr
    )
    for step in range(1, config.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(config.lr, 1, (step - 1) / config.steps)
        picked = sampler()
        target = labels[picked].to(w_plus.device)
        logits = interpreter.members(pool(picked))  # [ensemble, n, num_labels]
        loss = F.cross_entropy(logits.flatten(0, 1), target.repeat(config.ensemble))
        optimizer.zero_grad(set_to_none=True)
        # Summed over members, so that each has the full learning rate.
        (loss * config.ensemble).backward()
        optimizer.step()
        if on_progress is not None and (step % 20 == 0 or step == config.steps):
            accuracy = (logits.detach().mean(0).argmax(1) == target).float().mean()
            on_progress(InterpreterProgress(step, config.steps, loss.item(), accuracy.item()))
    return interpreter.eval().requires_grad_(False)


class _FeaturePool:
    """Native-size features of all samples as rows, sampled at pixels numbered over all pictures."""

    def __init__(self, generator: Generator, w_plus: Tensor):
        self.resolution = generator.resolution
        with torch.no_grad():
            pyramids = [[x[0].detach() for x in generator.synthesis(w[None]).features] for w in w_plus]
        means, stds = [], []
        self.levels: list[tuple[tuple[int, int], Tensor]] = []
        for level in zip(*pyramids, strict=True):
            stack = torch.stack(level)  # [n, C, h, w]
            rows = stack.permute(0, 2, 3, 1).flatten(0, 2)
            means.append(rows.mean(0))
            stds.append(rows.std(0))
            size = (stack.shape[2], stack.shape[3])
            if self.levels and self.levels[-1][0] == size:
                rows = torch.cat([self.levels.pop()[1], rows], dim=1)
            self.levels.append((size, rows.contiguous()))
        self.mean = torch.cat(means)
        # The scale is bounded below, so that constant channels are not amplified.
        self.std = torch.cat(stds).clamp_min(1e-2)

    def __call__(self, picked: Tensor) -> Tensor:
        """Features `[len(picked), channels]` of the pixels."""
        side = self.resolution
        picture, rest = picked // (side * side), picked % (side * side)
        sampled = []
        for size, rows in self.levels:
            index, weight = bilinear_taps(rest // side, rest % side, size, (side, side))
            index = (index + (picture * (size[0] * size[1]))[:, None]).to(rows.device)
            sampled.append(F.embedding_bag(index, rows, per_sample_weights=weight.to(rows.device), mode="sum"))
        return torch.cat(sampled, dim=1)


class _PixelDraw:
    """Draws pixel indices: part of them uniformly, part by drawing the label first."""

    def __init__(self, labels: Tensor, num_labels: int, config: InterpreterTrainingConfig, rng: torch.Generator):
        self.rng, self.total = rng, len(labels)
        self.balanced = int(config.pixels * config.balanced_fraction)
        self.uniform = config.pixels - self.balanced
        self.order = torch.argsort(labels, stable=True)
        self.count = torch.bincount(labels, minlength=num_labels)
        self.start = torch.cumsum(self.count, 0) - self.count
        self.chance = self.count.double().pow(1 - config.balance_power) * (self.count > 0)

    def __call__(self) -> Tensor:
        uniform = torch.randint(self.total, (self.uniform,), generator=self.rng)
        if not self.balanced:
            return uniform
        label = torch.multinomial(self.chance, self.balanced, replacement=True, generator=self.rng)
        inside = (torch.rand(self.balanced, generator=self.rng, dtype=torch.float64) * self.count[label]).long()
        return torch.cat([uniform, self.order[self.start[label] + inside]])
