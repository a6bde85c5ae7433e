"""Settings of the training of a StyleGAN2 generator (train_generator.py)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from editgan_widgets.models.generators.stylegan2 import StyleGAN2Config
from editgan_widgets.training.losses import CHARBONNIER, COARSE_WEIGHT, GRADIENT_WEIGHT


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
        if self.frozen_resolution and self.path_length_weight > 0:
            raise ValueError(
                "path_length_weight needs gradients of the mapping, which frozen_resolution freezes; set one to 0"
            )
        if self.batch < 1 or self.total_images < self.batch:
            raise ValueError(
                f"batch is {self.batch} and total_images {self.total_images}; need 1 <= batch <= total_images"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, for JSON."""
        return asdict(self) | {"network": self.network.to_dict(), "part_weights": dict(self.part_weights)}
