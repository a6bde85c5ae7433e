"""EditConfig: settings of an edit; ours, the paper's (EditGAN, section 3 and supplement) and the authors' release's.

The weights of the presets below are theirs, turned to pictures in [-1, 1] where theirs are in [0, 1]: a squared error
there is a quarter of one here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch

from editgan_widgets.latent.directions.rows import span_of
from editgan_widgets.latent.latent_frame import Units
from editgan_widgets.latent.objective import LossWeights
from editgan_widgets.latent.target import Region
from editgan_widgets.latent.terms.identity import IdentityModel
from editgan_widgets.scalars import Flag, flag, plain_fields, whole

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class EditConfig:
    """How an edit is optimised. Raises ValueError for settings out of range.

    `EditConfig.preset("paper")` and `preset("released")` give EditGAN's own settings.
    """

    steps: int = 30  # EditGAN's interactive setting; more than 60 gains little
    lr: float = 0.15  # Adam, in the units below a step
    warmup: int = 2  # first steps at part of the rate: Adam's first ones have full length whatever the gradient
    decay: float = 0.3  # the last third falls to this part of the rate, so that the result settles
    beta2: float = 0.95  # Adam's memory of squares: 0.999 remembers more steps than there are
    units: Units = field(default_factory=Units)  # of the latent's coordinates: what an edit is readily made of
    layers: tuple[int, int] | None = None  # rows of w_plus that move, first and one past the last; None = all
    weights: LossWeights = field(default_factory=LossWeights)
    outside_budget: float = 0.012  # of the value range: mean change outside that costs nothing when the best is chosen
    outside_penalty: float = 20.0  # what each further unit of it costs, in units of IoU
    best: Literal["iou", "objective"] = "iou"  # what tells the best step: agreement less that, or the lowest total
    stop_iou: float | None = None  # end early once a step's agreement is this high and its outside within budget
    # Of the generator's maps in a step; what is kept of an edit is drawn in float32. bfloat16 is quicker from 512 px up
    # where the device multiplies it in hardware; elsewhere float32 stands in for it (kernels/benchmarks/released.md).
    precision: Literal["float32", "bfloat16"] = "float32"
    embedding: IdentityModel | None = None  # picture in [-1, 1] -> unit vector; None = no identity term
    coordinates: Literal["units", "w"] = "units"  # unit of lr and prior: `units` along W's axes, or W's own
    nearest: bool = False  # the interpreter reads features of the nearest pixel: EditGAN's release, unlike its training
    region: Region = "parts"  # where the edit may act (latent/target.py), as a session makes the target
    buffer_px: float | None = None  # how far the region reaches beyond; None = 2% of the height, at least 2 px
    whole_parts: bool = False  # refining a vector: large parts are of the region wherever they are, not where changed
    prime: bool = True  # a session starts from a known edit vector where one comes closer (latent/priming.py)

    def __post_init__(self) -> None:
        plain_fields(self)
        whole(self.steps, "steps", least=1)
        object.__setattr__(self, "layers", span_of(self.layers))
        if self.best not in ("iou", "objective"):
            raise ValueError(f"best is 'iou' or 'objective'; got {self.best!r}")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision is one of {', '.join(map(repr, PRECISIONS))}; got {self.precision!r}")
        if not 0 < self.lr < float("inf"):
            raise ValueError(f"lr must be above 0 and finite; got {self.lr!r}")
        if self.stop_iou is not None and not 0 <= self.stop_iou <= 1:
            raise ValueError(f"stop_iou is an intersection over union, 0 to 1, or None; got {self.stop_iou!r}")
        if self.buffer_px is not None and not 0 <= self.buffer_px < float("inf"):
            raise ValueError(f"buffer_px must be 0 or more, or None; got {self.buffer_px!r}")

    @classmethod
    def preset(cls, name: str, refine: Flag = False) -> "EditConfig":
        """Settings by name: "default", "paper" or "released"; `refine` for those after applying a vector.

        Change some with dataclasses.replace. Raises ValueError for another name.
        """
        if name not in PRESETS:
            raise ValueError(f"preset {name!r} is not known; there are: {', '.join(PRESETS)}")
        return PRESETS[name](flag(refine, "refine"))


def default(refine: Flag = False) -> EditConfig:
    """EditConfig's own settings, whose reasons stand beside them.

    After applying a vector there is no prior, which would draw back to the picture before, and the best step is the one
    of the lowest objective: the vector alone agrees with its own segmentation by definition.
    """
    if not flag(refine, "refine"):
        return EditConfig()
    # Every step's objective is compared with the others', so each has its own perceptual distance and all pixels.
    return EditConfig(weights=LossWeights(prior=0.0, perceptual_every=1, pixels=None), best="objective")


def paper(refine: Flag = False) -> EditConfig:
    """The paper's settings.

    | | |
    |---|---|
    | loss | 15 (perceptual + L2 outside) + 1 CE inside + 10 identity; after applying a vector 5, 1 and 5 |
    | optimiser | Adam on all of w_plus, rate 0.02 in W's own unit throughout, 100 steps; after a vector 30 |
    | region | the edited parts before and after, and 5 px around |

    It differs from the paper in this: the perceptual distance is LPIPS only where VGG16 is on disk, and
    what is inside the region is taken from the picture before and not blackened; both terms outside are means over the
    outside, not the whole picture; the outside is held to the latent's own picture, not to a photo; the parts of Q_edit
    are those painted (latent/target.py), a large one counts where it changed; identity, after ArcFace there, is asked
    where `embedding` gives one; the paper does not say which range its L2 is taken in, [0, 1] is assumed; the best step
    is kept.
    """
    after = flag(refine, "refine")
    outside, segmentation, identity = (5.0, 1.0, 5.0) if after else (15.0, 1.0, 10.0)
    weights = LossWeights(
        segmentation=segmentation,
        dice=0.0,
        rgb=outside / 4,
        perceptual=outside,
        perceptual_every=1,
        prior=0.0,
        balance_power=0.0,
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

    It differs from the release in this: the perceptual distance is LPIPS only where VGG16 is on disk, and
    what is inside the region is taken from the picture before and not blackened; the encoder, which a model may lack,
    runs as it was trained, not on one picture's batch statistics; strokes that change no pixel are not of the region,
    and those of earlier edits do not stay in it; after a vector the 3 px are round; the best step is kept, which the
    release means to do, but it keeps the last.
    """
    weights = LossWeights(
        segmentation=1.0,
        dice=0.0,
        rgb=15.0 * 5.0 / 4,
        perceptual=15.0 * 10.0,
        perceptual_every=1,
        prior=0.0,
        balance_power=0.0,
        changed=1.0,
        pixels=None,
        identity=0.0,
        encoder=0.0 if flag(refine, "refine") else 1.0,
        picture_mean=True,
    )
    return EditConfig(
        steps=29, region="painted", buffer_px=3.0, whole_parts=True, nearest=True, weights=weights, **_PLAIN_ADAM
    )


_PLAIN_ADAM: dict = {"lr": 0.02, "warmup": 0, "decay": 1.0, "beta2": 0.999, "coordinates": "w", "prime": False}

PRESETS: dict[str, Callable[[bool], EditConfig]] = {"default": default, "paper": paper, "released": released}
