"""KID and FID of two sets of pictures, such as edited portraits and sampled ones, as one result."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets import images
from editgan_widgets.analysis.arguments import checked, network_of
from editgan_widgets.analysis.distribution import Estimate, frechet_distance, kernel_distance
from editgan_widgets.analysis.results import Basis, Record, Result
from editgan_widgets.scalars import shown

Pictures: TypeAlias = np.ndarray | Tensor | Sequence[Any]
"""Pictures or features as `picture_distances` takes them."""

FID_FROM = 2048  # pictures: with fewer, the FID says more about their number than about the sets
_LEAST = 10  # pictures of a set: KID takes five blocks of two
_AT_ONCE = 16  # pictures whose features are computed together
_RANGE = 8.0  # the largest value of pictures in about [-1, 1]; those in 0..255 exceed it
_FITS = "give pictures, uint8 [n, H, W, 3] or floats [n, 3, H, W] in [-1, 1], or features [n, d]"


class FewPicturesWarning(UserWarning):
    """A set has too few pictures for an FID that can be compared."""


@dataclass(frozen=True, eq=False)
class PictureDistances(Result):
    """How far two sets of pictures are apart; figures are comparable only for the same features and the same n."""

    kid: Estimate  # about 0 for equal distributions, and may be negative; interval over blocks
    fid: Estimate  # above 0 for equal distributions, the more so the fewer pictures; bootstrap interval
    counts: tuple[int, int]  # pictures of both sets
    basis: Basis

    @property
    def few(self) -> bool:
        """True if a set has fewer than FID_FROM pictures."""
        return min(self.counts) < FID_FROM

    def table(self) -> list[Record]:
        """One record for each distance."""
        found = {"KID": self.kid, "FID": self.fid}
        return [
            {"distance": name, "value": x.value, "low": x.low, "high": x.high, "n": x.n} for name, x in found.items()
        ]

    def figure(self) -> Figure:
        """Both distances with their intervals."""
        figure = Figure(figsize=(5, 2), layout="constrained")
        for axes, row in zip(figure.subplots(1, 2), self.table(), strict=True):
            below, above = max(row["value"] - row["low"], 0), max(row["high"] - row["value"], 0)
            axes.errorbar([row["value"]], [0], xerr=[[below], [above]], fmt="o", capsize=4)
            axes.axvline(0, color="grey", linewidth=0.7)
            axes.set_yticks([])
            axes.set_xlabel(row["distance"])
        return figure

    def answer(self) -> str:
        """State the KID, whether its interval contains 0, and whether the FID can be compared."""
        apart = "the sets cannot be told apart" if self.kid.low <= 0 <= self.kid.high else "the sets differ"
        few = f" The FID, {self.fid.value:.4g}, is of fewer than {FID_FROM:,} pictures: do not compare it."
        fid = few if self.few else f" FID {self.fid}."
        return f"KID {self.kid}: {apart}.{fid}"


@checked()
def picture_distances(
    first: Pictures,
    second: Pictures,
    features: Callable[[Tensor], Tensor] | None = None,
    seed: int = 0,
    progress: bool = False,
) -> PictureDistances:
    """Measure how far two sets of pictures are apart: KID and FID, with 95% intervals.

    Args:
        first: pictures, uint8 `[n, H, W, 3]` or floats `[n, 3, H, W]` in [-1, 1]; or their features `[n, d]`; as one
            array or tensor, or a list of such arrays, of single pictures (also PIL's) or of vectors.
        second: likewise; the number may differ.
        features: pictures `[n, 3, H, W]` in [-1, 1] -> `[n, d]`, for example `judges_of(model).factors.features`; not
            needed for features.
        seed: seed of the FID's bootstrap.
        progress: show progress bars.

    Warns with FewPicturesWarning below FID_FROM pictures. Raises ValueError for arrays of another form, pictures
    without `features`, features of different length, or fewer than 10 pictures.
    """
    sets = [_joined(given, name) for given, name in ((first, "first"), (second, "second"))]
    for name, given in zip(("first", "second"), sets, strict=True):
        _check(given, name, features)
    x, y = (_features(given, features, progress) for given in sets)
    for name, found in (("first", x), ("second", y)):
        if not np.isfinite(found).all():
            raise ValueError(f"{name} has features that are not finite numbers; leave those pictures out")
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"the sets have features of {x.shape[1]} and {y.shape[1]} numbers; take one network for both")
    if min(len(x), len(y)) < _LEAST:
        raise ValueError(f"{len(x)} and {len(y)} pictures were given; give {_LEAST} or more of both sets")
    fid = frechet_distance(x, y, np.random.default_rng(seed))
    counts = len(x), len(y)
    basis = Basis(min(counts), seed, "95%: KID over blocks, FID by bootstrap")
    found = PictureDistances(kernel_distance(x, y), fid, counts, basis)
    if found.few:
        warnings.warn(
            f"FID of {counts[0]} and {counts[1]} pictures: below {FID_FROM:,} it depends on their number; use the KID",
            FewPicturesWarning,
            stacklevel=2,
        )
    return found


def _joined(given: Any, name: str) -> np.ndarray | Tensor:
    """One array or tensor of several; single pictures and vectors become rows."""
    if isinstance(given, (np.ndarray, Tensor)):
        return given
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise ValueError(f"{name} must be pictures or features; got {shown(given)}; {_FITS}")
    several = [one if isinstance(one, (np.ndarray, Tensor)) else np.asarray(one) for one in given]
    if not several:
        raise ValueError(f"{name} is empty; {_FITS}")
    several = [one[None] if one.ndim in (1, 3) else one for one in several]
    shapes = sorted({tuple(one.shape[1:]) for one in several})
    if len(shapes) > 1:
        raise ValueError(f"{name} has pictures of several shapes, {shapes[0]} and {shapes[1]}; bring them to one size")
    if all(isinstance(one, Tensor) for one in several):
        return torch.cat([one for one in several if isinstance(one, Tensor)])
    return np.concatenate([np.asarray(one) for one in several])


def _check(given: np.ndarray | Tensor, name: str, features: Callable[[Tensor], Tensor] | None) -> None:
    """Raise ValueError for what is neither pictures nor features."""
    floats = given.is_floating_point() if isinstance(given, Tensor) else np.issubdtype(given.dtype, np.floating)
    rgb = not isinstance(given, Tensor) and given.dtype == np.uint8 and given.ndim == 4 and given.shape[3] == 3
    if not isinstance(given, Tensor) and given.dtype.kind not in "biuf":
        raise ValueError(f"{name} is an array of {given.dtype}, which are no numbers; {_FITS}")
    if given.ndim == 2 and not given.shape[1]:
        raise ValueError(f"{name} has features of no numbers, {list(given.shape)}; {_FITS}")
    if given.ndim == 2 or rgb or (floats and given.ndim == 4 and given.shape[1] == 3):
        if given.ndim == 4 and features is None:
            raise ValueError("pictures need a network: features=judges_of(model).factors.features")
        if given.ndim == 4 and floats and len(given) and float(abs(given).max()) > _RANGE:
            raise ValueError(f"{name} has values up to {float(abs(given).max()):.3g}; {_FITS}")
        if given.ndim == 4 and floats and len(given) and float(given.min()) >= 0 and 0 < float(given.max()) <= 1:
            warnings.warn(
                f"{name} has values from 0 to 1 only, and pictures are taken to be in [-1, 1]; give 2 * {name} - 1 if "
                "0 is black",
                stacklevel=4,
            )
        return
    one = "; this is one picture" if given.ndim == 3 and 3 in (given.shape[0], given.shape[2]) else ""
    raise ValueError(f"{name} is an array {list(given.shape)} of {given.dtype}{one}; {_FITS}")


@torch.no_grad()
def _features(
    given: np.ndarray | Tensor, features: Callable[[Tensor], Tensor] | None, progress: bool
) -> Float[np.ndarray, "n d"]:
    if given.ndim == 2:
        return np.asarray(given.detach().cpu() if isinstance(given, Tensor) else given, np.float64)
    assert features is not None
    if isinstance(given, np.ndarray):
        given = images.from_uint8(given) if given.dtype == np.uint8 else torch.from_numpy(given).float()
    bar = tqdm(given.split(_AT_ONCE), desc="features", unit="batch", disable=not progress)
    return torch.cat([network_of(features, "features")(some).cpu() for some in bar]).double().numpy()
