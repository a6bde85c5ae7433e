"""The domain "spots": pictures with a dark and a bright part. Two labels, a palette, judges, an edit and a renderer."""

from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor, nn

from editgan_widgets.domains.domain import Domain, Judges
from editgan_widgets.domains.edits import LibraryEdit, ScriptedEdit
from editgan_widgets.domains.portraits.scene import Portrait
from editgan_widgets.labels import Label, LabelSet
from editgan_widgets.masks.part_operations import OfPart, grow

LABELS = LabelSet("spots", [Label(0, "ground", "#203040"), Label(1, "spot", "#ffcc33", groups=("light",))])
PALETTES = {"night": {"ground": "#000000", "spot": "#ffffff"}}


class Threshold(nn.Module):
    """Segments by brightness: above 0 is spot."""

    def forward(self, image: Tensor) -> Tensor:
        brightness = image.mean(1, keepdim=True)
        return torch.cat([-brightness, brightness], dim=1)


class Brightness:
    """Reads two factors: mean brightness, and the share of bright pixels."""

    names = ("brightness", "area")
    report = MappingProxyType({"brightness": 0.99, "area": 0.9})
    std = torch.tensor([0.1, 0.1])

    def read(self, image: Tensor) -> dict[str, np.ndarray]:
        return {"brightness": image.mean((1, 2, 3)).numpy(), "area": (image.mean(1) > 0).float().mean((1, 2)).numpy()}


class Colour(nn.Module):
    """Embeds a picture as its mean colour, of length 1."""

    def forward(self, image: Tensor) -> Tensor:
        return nn.functional.normalize(image.mean((2, 3)) + 1e-3, dim=1)


def render(seed: int, size: int) -> Portrait:
    """A bright disc on a dark ground."""
    y, x = np.mgrid[:size, :size] / size - 0.5
    disc = (x**2 + y**2 < np.random.default_rng(seed).uniform(0.05, 0.15)).astype(np.uint8)
    return Portrait(LABELS.colorize(disc), disc, {}, np.zeros((0, 2), np.float32))


DOMAIN = Domain(
    "spots",
    (LABELS,),
    palettes=PALETTES,
    coarse_parts={"ground": "all", "spot": "all"},
    load_judges=lambda device: Judges(Threshold().to(device), Brightness(), Colour().to(device)),
    incidental=frozenset({"area"}),
    probe="brightness",
    scripted_edits=lambda: (ScriptedEdit("bigger spot", ("spot",), grow("spot", OfPart(0.3))),),
    library_edits=lambda: (LibraryEdit("brightness", grow("spot", OfPart(0.3)), "brightness"),),
    captions=("a bright spot on a dark ground",),
    render=render,
)
