"""State of a generator's training: networks, optimisers and counters, and one step of training.

Adversarial training follows Karras et al. 2020 (see train_generator.py). The generator's forward pass serves every
loss, and so does the discriminator's on generated pictures.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from editgan_widgets.models.discriminator import Discriminator, DiscriminatorConfig
from editgan_widgets.models.generators.stylegan2 import StyleGAN2
from editgan_widgets.schedules import learning_rate
from editgan_widgets.training.augment import adapt, augment
from editgan_widgets.training.generator_config import TrainGeneratorConfig
from editgan_widgets.training.losses import adversarial_losses, feature_loss, paired_loss, r1_penalty
from editgan_widgets.training.runs import load_optimizer, optimizer_tensors, progress_of, training_dtype
from editgan_widgets.training.training_data import Batch, TrainingData


class GeneratorState:
    """State of a run.

    Attributes:
        generator, average: the trained generator and the moving average of its weights.
        discriminator: None without adversarial training.
        steps, images, seconds: counters since the start, over all resumed parts.
        rate: learning rate of the last step.
    """

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

    def load(self, modules: Mapping[str, dict[str, Tensor]], counters: Mapping[str, Any]) -> None:
        """Restore what `modules` and `metadata` of the same run gave."""
        self.average.load_state_dict(modules["generator"])
        self.generator.load_state_dict(modules["generator_live"])
        load_optimizer(self.optimizer_g, modules["optimizer_g"])
        if self.discriminator is not None and self.optimizer_d is not None:
            self.discriminator.load_state_dict(modules["discriminator"])
            load_optimizer(self.optimizer_d, modules["optimizer_d"])
        for name, value in counters.items():
            setattr(self, name, value)
