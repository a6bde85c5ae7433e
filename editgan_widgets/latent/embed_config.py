"""EmbedConfig: settings of an embedding; ours, the paper's (EditGAN, section 3 and supplement) and the release's."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from editgan_widgets.latent.latent_frame import Units
from editgan_widgets.scalars import plain_fields, whole


@dataclass(frozen=True)
class EmbedConfig:
    """Settings of an embedding. Raises ValueError for settings out of range."""

    steps: int = 100  # updates after the first pass; 0 keeps the first pass
    lr: float = 0.2  # Adam, in the units below a step
    warmup: int = 4  # steps with a reduced rate, because Adam's first steps have full length for any gradient
    decay_share: float = 0.4  # share of the steps, at the end, in which the rate decays to 0 along a cosine
    beta2: float = 0.95  # beta2 of Adam; 0.999 averages over more steps than an embedding has
    units: Units = field(default_factory=lambda: Units(spread=0.5, fine=0.7))  # stiff rows stay where edits work
    together: int = 10  # without an encoder: first steps in which all rows of w_plus move together, to stay in W
    perceptual: float = 1.0  # weight of perceptual_distance; 0: not computed
    perceptual_every: int = 2  # steps between two computations; their weight is scaled accordingly
    prior: float = 0.1  # weight of the squared distance from the start in these units, mean over the latent
    error: Literal["log", "squared"] = "log"  # log of the mean squared error, or the error, pictures in [-1, 1]
    error_weight: float = 1.0  # weight of that term
    encoder: float = 0.0  # weight of the squared distance from the encoder's latent of the picture, in W's own unit
    coordinates: Literal["units", "w"] = "units"  # unit of lr and prior: `units` along W's axes, or W's own
    lookahead: int = 0  # steps between two updates of the slow weights (Zhang et al. 2019) with step size 0.5; 0: off

    def __post_init__(self) -> None:
        plain_fields(self)
        whole(self.steps, "steps", least=0)
        if not 0 < self.lr < math.inf:
            raise ValueError(f"lr must be above 0 and finite; got {self.lr!r}")
        if not 0 <= self.decay_share <= 1:
            raise ValueError(f"decay_share must be a share of the steps, 0 to 1; got {self.decay_share!r}")
        if self.error not in ("log", "squared") or self.coordinates not in ("units", "w"):
            raise ValueError(
                "error must be 'log' or 'squared', and coordinates 'units' or 'w'; got "
                f"{self.error!r}, {self.coordinates!r}"
            )
        for name, least in (("warmup", 0), ("perceptual_every", 1), ("lookahead", 0), ("together", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be a whole number from {least} up; got {getattr(self, name)!r}")
        for name in ("perceptual", "prior", "error_weight", "encoder"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be 0 or more and finite; got {getattr(self, name)!r}")

    @classmethod
    def preset(cls, name: str) -> "EmbedConfig":
        """Settings by name: "default", "fast", "paper" or "released".

        Change some with dataclasses.replace. Raises ValueError for another name.
        """
        if name not in EMBED_PRESETS:
            raise ValueError(f"unknown preset {name!r}; use one of {', '.join(EMBED_PRESETS)}")
        return EMBED_PRESETS[name]()


def fast_embedding() -> EmbedConfig:
    """The defaults with 30 steps after the encoder's pass."""
    return EmbedConfig(steps=30)


def paper_embedding() -> EmbedConfig:
    """The paper's settings: Adam with Lookahead on w_plus, rate 0.001 throughout, 500 steps of 10 perceptual + 1 L2.

    Differences from the paper: the perceptual distance is LPIPS only if VGG16 is on disk; the paper gives neither the
    value range of its L2 ([0, 1] is assumed) nor Lookahead's settings (those of Lookahead's paper are used: 5 steps,
    step size 0.5); the best step by PSNR is kept.
    """
    return EmbedConfig(steps=500, lr=0.001, warmup=0, decay_share=0.0, lookahead=5, **_PLAIN_EMBEDDING)


def released_embedding() -> EmbedConfig:
    """The released app's settings: 99 steps (it counts 100) of 10 perceptual + 1 MSE + 1 to the encoder's latent.

    Adam's rate is 0.1, rises over the first 5% and falls to 0 along a cosine over the last 25%.

    Differences from the release: the perceptual distance is LPIPS only if VGG16 is on disk; the encoder runs in eval
    mode, not with the batch statistics of one picture, and a model may have no encoder; the best step by PSNR is kept,
    which the release intends, but it keeps the last.
    """
    return EmbedConfig(steps=99, lr=0.1, warmup=5, decay_share=0.25, encoder=1.0, **_PLAIN_EMBEDDING)


_PLAIN_EMBEDDING: dict = {
    "error": "squared",
    "error_weight": 0.25,  # a squared error in [0, 1] is a quarter of one in [-1, 1]
    "perceptual": 10.0,
    "perceptual_every": 1,
    "prior": 0.0,
    "beta2": 0.999,
    "coordinates": "w",
    "together": 0,
}

EMBED_PRESETS: dict[str, Callable[[], EmbedConfig]] = {
    "default": EmbedConfig,
    "fast": fast_embedding,
    "paper": paper_embedding,
    "released": released_embedding,
}
