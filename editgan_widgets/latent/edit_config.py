"""EditConfig: settings of an edit; ours, the paper's (EditGAN, section 3 and supplement) and the authors' release's.

The weights of the paper and the release are converted from pictures in [0, 1] to pictures in [-1, 1], where a squared
error is four times as large.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch

from editgan_widgets.latent.directions.rows import span_of
from editgan_widgets.latent.latent_frame import Units
from editgan_widgets.latent.objective import LossWeights
from editgan_widgets.latent.target import Region
from editgan_widgets.latent.terms.identity import IdentityModel
from editgan_widgets.scalars import Flag, flag, plain_fields, shown, whole

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_CHOICES = {
    "best": ("iou", "objective"),
    "precision": tuple(PRECISIONS),
    "coordinates": ("units", "w"),
    "region": ("parts", "painted"),
}


@dataclass(frozen=True)
class EditConfig:
    """Settings of an edit's optimisation. Raises ValueError for settings out of range.

    `EditConfig.preset("paper")` and `preset("released")` give EditGAN's own settings.
    """

    steps: int = 30  # EditGAN's interactive setting; more than 60 gains little
    lr: float = 0.15  # Adam, in the units below a step
    warmup: int = 2  # steps with a reduced rate, because Adam's first steps have full length for any gradient
    decay: float = 0.3  # share of the rate at the end; the rate decays over the last third of the steps
    beta2: float = 0.95  # beta2 of Adam; 0.999 averages over more steps than an edit has
    units: Units = field(default_factory=Units)  # units of the latent's coordinates: which directions an edit prefers
    layers: tuple[int, int] | None = None  # rows of w_plus that move, first and one past the last; None = all
    weights: LossWeights = field(default_factory=LossWeights)
    outside_budget: float = 0.012  # mean change outside, share of the value range, that is not penalised in the score
    outside_penalty: float = 20.0  # penalty in units of IoU per unit of change outside beyond the budget
    best: Literal["iou", "objective"] = "iou"  # the best step has the highest agreement_score, or the lowest total
    stop_iou: float | None = None  # end early at a step with this IoU or more and a change outside within the budget
    # Of the generator's maps in a step; the kept picture is rendered in float32. bfloat16 is faster from 512 px up on
    # devices that multiply it in hardware; on others float32 is used instead (kernels/benchmarks/released.md).
    precision: Literal["float32", "bfloat16"] = "float32"
    embedding: IdentityModel | None = None  # picture in [-1, 1] -> unit vector; None = no identity term
    coordinates: Literal["units", "w"] = "units"  # unit of lr and prior: `units` along W's axes, or W's own
    nearest: bool = False  # upsample features by nearest pixel, as EditGAN's release does (but not its training)
    region: Region = "parts"  # how a session computes the region where the edit may act (latent/target.py)
    buffer_px: float | None = None  # margin of the region around the parts; None = 2% of the height, at least 2 px
    whole_parts: bool = False  # refining a vector: the region contains whole large parts, not only their changed pixels
    prime: bool = True  # a session starts from a known edit vector where one comes closer (latent/priming.py)

    def __post_init__(self) -> None:
        plain_fields(self)
        whole(self.steps, "steps", least=1)
        object.__setattr__(self, "layers", span_of(self.layers))
        whole(self.warmup, "warmup", least=0)
        for name, choices in _CHOICES.items():
            if (value := getattr(self, name)) not in choices:
                raise ValueError(f"{name} must be {' or '.join(map(repr, choices))}; got {shown(value)}")
        for name, kind in (("units", Units), ("weights", LossWeights)):
            if not isinstance(value := getattr(self, name), kind):
                raise ValueError(f"{name} must be of type {kind.__name__}; got {shown(value)}")
        if self.embedding is not None and not callable(self.embedding):
            raise ValueError(
                f"embedding must be a network from a picture to a unit vector, or None; got {shown(self.embedding)}"
            )
        if not 0 < self.lr < math.inf:
            raise ValueError(f"lr must be above 0 and finite; got {shown(self.lr)}")
        if not 0 <= self.decay <= 1:
            raise ValueError(f"decay must be a share of the rate, 0 to 1; got {shown(self.decay)}")
        if not 0 <= self.beta2 < 1:
            raise ValueError(f"beta2 must be 0 or more and below 1; got {shown(self.beta2)}")
        for name in ("outside_budget", "outside_penalty"):
            if not 0 <= (value := getattr(self, name)) < math.inf:
                raise ValueError(f"{name} must be 0 or more and finite; got {shown(value)}")
        if self.stop_iou is not None and not 0 <= self.stop_iou <= 1:
            raise ValueError(f"stop_iou must be an IoU, 0 to 1, or None; got {self.stop_iou!r}")
        if self.buffer_px is not None and not 0 <= self.buffer_px < float("inf"):
            raise ValueError(f"buffer_px must be 0 or more, or None; got {self.buffer_px!r}")

    @classmethod
    def preset(cls, name: str, refine: Flag = False) -> "EditConfig":
        """Settings by name: "default", "paper" or "released"; `refine` for those after applying a vector.

        Change some with dataclasses.replace. Raises ValueError for another name.
        """
        if name not in PRESETS:
            raise ValueError(f"unknown preset {name!r}; use one of {', '.join(PRESETS)}")
        return PRESETS[name](flag(refine, "refine"))


def default(refine: Flag = False) -> EditConfig:
    """The defaults of EditConfig, where the reasons are given.

    After applying a vector there is no prior, because it would pull towards the picture before, and the best step is
    the one with the lowest objective, because the vector alone agrees with its own segmentation by definition.
    """
    if not flag(refine, "refine"):
        return EditConfig()
    # The objectives of all steps are compared, so each needs its own perceptual distance and all pixels.
    return EditConfig(weights=LossWeights(prior=0.0, perceptual_every=1, pixels=None), best="objective")


def paper(refine: Flag = False) -> EditConfig:
    """The paper's settings.

    | | |
    |---|---|
    | loss | 15 (perceptual + L2 outside) + 1 CE inside + 10 identity; after applying a vector 5, 1 and 5 |
    | optimiser | Adam on all of w_plus, rate 0.02 in W's own unit throughout, 100 steps; after a vector 30 |
    | region | the edited parts before and after, and 5 px around |

    Differences from the paper:

    - the perceptual distance is LPIPS only if VGG16 is on disk;
    - the inside of the region is filled from the picture before, not with black;
    - both terms outside are means over the outside, not over the whole picture;
    - the outside is compared with the latent's own picture, not with a photo;
    - Q_edit are the painted parts, and large ones only where they changed (latent/target.py);
    - the identity term, ArcFace in the paper, needs `embedding`;
    - the paper does not give the value range of its L2; [0, 1] is assumed;
    - the best step is kept.
    """
    after = flag(refine, "refine")
    outside, segmentation, identity = (5.0, 1.0, 5.0) if after else (15.0, 1.0, 10.0)
    weights = LossWeights.only(
        segmentation=segmentation,
        rgb=outside / 4,
        perceptual=outside,
        perceptual_every=1,
        drag=LossWeights.drag,  # for drags, which EditGAN does not have
        changed=1.0,
        pixels=None,
        identity=identity,
    )
    return EditConfig(steps=30 if after else 100, buffer_px=5.0, whole_parts=True, weights=weights, **_PLAIN_ADAM)


def released(refine: Flag = False) -> EditConfig:
    """The settings of the authors' released tool.

    | | |
    |---|---|
    | loss | 15 (10 perceptual + 5 L2 outside) + 1 CE inside + 1 L2 to the encoder's latent, not after a vector |
    | means | of the terms outside over the whole picture, of CE over the region |
    | optimiser | Adam on all of w_plus, rate 0.02 in W's own unit throughout, 29 steps (it counts 30) |
    | region | the painted pixels and 3 px around, by squares; after a vector the parts before and after, and 3 px |
    | features | of the nearest pixel |

    Differences from the release:

    - the perceptual distance is LPIPS only if VGG16 is on disk;
    - the inside of the region is filled from the picture before, not with black;
    - the encoder runs in eval mode, not with the batch statistics of one picture; a model may have no encoder;
    - strokes that change no pixel, and those of earlier edits, are not part of the region;
    - after a vector, the 3 px are round;
    - the best step is kept; the release intends this but keeps the last.
    """
    weights = LossWeights.only(
        segmentation=1.0,
        rgb=15.0 * 5.0 / 4,
        perceptual=15.0 * 10.0,
        perceptual_every=1,
        drag=LossWeights.drag,  # for drags, which EditGAN does not have
        changed=1.0,
        pixels=None,
        encoder=0.0 if flag(refine, "refine") else 1.0,
        picture_mean=True,
    )
    return EditConfig(
        steps=29, region="painted", buffer_px=3.0, whole_parts=True, nearest=True, weights=weights, **_PLAIN_ADAM
    )


_PLAIN_ADAM: dict = {"lr": 0.02, "warmup": 0, "decay": 1.0, "beta2": 0.999, "coordinates": "w", "prime": False}

PRESETS: dict[str, Callable[[bool], EditConfig]] = {"default": default, "paper": paper, "released": released}
