"""Identity: an embedding for recognising the same person in two portraits, despite pose, light and expression.

It is trained on renders of people in several views. A person is defined by all factors except those in `CHANGING`,
which are drawn anew for every view, and those in `STYLE`, which are drawn anew for some views.
"""

import copy
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from .factors import FACTOR_NAMES, code_from_seed
from .measuring import Trunk, level_means, read_network, save_network

WEIGHTS = Path(__file__).parent / "identity.safetensors"

EXPRESSION = frozenset(
    {
        *("smile", "smile_side", "upper_lip_raise", "jaw_open", "tongue", "frown", "pucker"),
        *("blink", "wink", "squint", "eyes_wide", "pupil_size", "brow_raise", "brow_lower", "brow_side"),
    }
)
POSE = frozenset({"yaw", "pitch", "roll", "gaze_x", "gaze_y"})
SCENE = frozenset(
    {
        *("light_azimuth", "light_elevation", "light_warmth", "light_contrast", "fill_light", "rim_light"),
        *("skin_gloss", "shirt_hue", "shirt_saturation", "shirt_value", "shirt_pattern", "neckline", "collar"),
        *("background_hue", "background_saturation", "background_value", "background_gradient"),
    }
)
STYLE = frozenset(
    {
        *("hair_length", "hair_volume", "fringe", "hair_part", "hair_curl", "hair_tied", "hair_sweep", "hair_mess"),
        *("hair_layers", "sideburns", "beard", "moustache", "lip_redness", "blush", "eye_shadow", "lash_length"),
        *("glasses", "glasses_shape", "glasses_size", "glasses_tone"),
    }
)
CHANGING = EXPRESSION | POSE | SCENE
RESTYLED_SHARE = 0.3  # share of the views with a new STYLE: a haircut does not change who a person is


def view_code(person: int, view: int) -> Float[np.ndarray, " code"]:
    """Code of a person's portrait in one view; view 0 is the person's own code, `code_from_seed(person)`."""
    own = code_from_seed(person)
    if view == 0:
        return own
    rng = np.random.default_rng([person, view, 0x1DE27171])
    other = rng.standard_normal(len(own))
    changed = CHANGING | STYLE if rng.random() < RESTYLED_SHARE else CHANGING
    return np.where([name in changed for name in FACTOR_NAMES], other, own)


class Identity(nn.Module):
    """Picture [batch, 3, H, W] in [-1, 1], any size -> embedding [batch, 64] of length 1.

    Attributes:
        report: AUC and mean similarities on held-out people, measured after training.
    """

    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 96, 128), size: int = 64):
        super().__init__()
        self.size = size
        self.report: dict[str, float] = {}
        self.trunk = Trunk(widths)
        self.head = nn.Linear(widths[-1] * 16, size)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b size"]:
        """Embed pictures; the dot product of two embeddings is their similarity in -1 … 1."""
        return F.normalize(self.head(self.trunk(image).flatten(1)), dim=1)

    def features(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c"]:
        """Mean activations of all levels, for distances between sets of pictures."""
        return level_means(self.trunk.activations(image))

    def similarity(self, first: Float[Tensor, "b 3 h w"], second: Float[Tensor, "b 3 h2 w2"]) -> Float[Tensor, " b"]:
        """Cosine similarity of each pair of pictures, -1 to 1."""
        return (self(first) * self(second)).sum(1)

    def save(self, path: str | Path) -> None:
        """Write weights (half precision) and report as one safetensors file."""
        save_network(self, path, {"widths": list(self.trunk.widths), "size": self.size}, {"report": self.report})


@dataclass(frozen=True)
class IdentityReport:
    """Quality of an identity embedding."""

    auc: float  # probability that a pair of one person is more similar than a pair of two
    same: float  # mean cosine of two views of one person
    different: float  # mean cosine of views of two people
    pairs: int  # pairs of one person
    people: int

    def to_dict(self) -> dict[str, float]:
        """Return the fields as JSON values."""
        return asdict(self)


@torch.no_grad()
def evaluate_identity(
    network: Identity, image: Float[Tensor, "n 3 h w"], people: Int[np.ndarray, " n"], batch: int = 64
) -> IdentityReport:
    """Compare all pairs of pictures; `people` has the person's id of each.

    Raises ValueError if no person appears twice, or only one person appears.
    """
    device = next(network.parameters()).device
    embedded = torch.cat([network(part.to(device)).cpu() for part in image.split(batch)])
    first, second = np.triu_indices(len(people), 1)
    cosine = (embedded @ embedded.T).numpy()[first, second]
    equal = people[first] == people[second]
    if not equal.any() or equal.all():
        raise ValueError(
            f"got {len(people)} pictures of {len(set(people.tolist()))} people; pairs of the same person and of two "
            "people are both needed"
        )
    same, different = cosine[equal], cosine[~equal]
    from scipy.stats import mannwhitneyu  # takes a second

    auc = float(mannwhitneyu(same, different).statistic) / (len(same) * len(different))
    return IdentityReport(auc, float(same.mean()), float(different.mean()), len(same), len(set(people.tolist())))


def read_identity(path: str | Path) -> Identity:
    """Read what `Identity.save` wrote. Raises FileNotFoundError, or MeasuringFileError for another file."""

    def build(config: dict) -> Identity:
        return Identity(tuple(config["widths"]), config["size"])

    network, metadata = read_network(path, "identity", build, "an embedding of trunk.* and head.*")
    network.report = metadata.get("report", {})
    return network


@cache
def _shipped() -> Identity:
    return read_identity(WEIGHTS)


def load_identity(path: str | Path | None = None) -> Identity:
    """Load a copy of the shipped identity embedding, or another file.

    `.similarity(a, b)` compares pictures, `.report` has the AUC.

    Raises FileNotFoundError, or MeasuringFileError for a broken or different file.
    """
    return copy.deepcopy(_shipped()) if path is None else read_identity(path)
