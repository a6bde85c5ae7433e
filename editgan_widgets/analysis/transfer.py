"""Transfer: the effect of an edit vector on portraits other than those it was learned on.

For each held-out seed the vector is applied (and optionally refined), and three figures are measured: the change of an
attribute, by a factor regressor; identity, by an identity network; and the change of the picture outside the vector's
parts. As in EditGAN, section 4.2 and table 1, with intervals.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets import images
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.latent.directions.edit_vector import EditVector, Layers
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.latent.refine import best_step, refine, refine_target
from editgan_widgets.latent.terms.identity import IdentityModel
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import without_nan

Read: TypeAlias = Callable[[Tensor], Mapping[str, np.ndarray]]
"""Pictures [n, 3, H, W] in [-1, 1] -> factors by name, n values each: `FactorRegressor.read`."""

LEAST_SHARE = 0.5  # minimum share of the source's change that counts as success


@dataclass(frozen=True)
class TransferMeasure:
    """Figures of one held-out portrait; nan if a figure was not requested or cannot be measured."""

    seed: int
    change: float  # change of the attribute, in its own unit
    success: bool  # changed in the right direction by at least LEAST_SHARE of the source's change
    identity: float  # cosine of the embeddings before and after
    outside: float  # mean absolute change outside the parts, as a share of the value range


@dataclass(frozen=True)
class TransferReport:
    """Figures of a vector over held-out seeds, with 95% intervals."""

    vector: str
    attribute: str
    source_change: float  # change of the attribute on the source portrait at this scale, in its own unit
    scale: float
    refine_steps: int
    success: Estimate  # share of the portraits, Wilson's interval
    change: Estimate  # mean over the portraits
    identity: Estimate | None  # mean cosine; None without an identity network
    identity_median: float | None
    outside: Estimate | None  # None if the vector's region is unknown
    measures: tuple[TransferMeasure, ...]

    def to_dict(self) -> dict:
        """Return the fields as JSON values; nan becomes None."""
        return without_nan(asdict(self))


def transfer(
    model: EditGAN,
    vector: EditVector,
    seeds: Iterable[int],
    attribute: str,
    read: Read,
    identity: IdentityModel | None = None,
    source_change: float | None = None,
    scale: float = 1.0,
    layers: Layers = None,
    refine_steps: int = 0,
    config: EditConfig | None = None,
    truncation_psi: float = 0.7,
    force: bool = False,
    progress: bool = False,
) -> TransferReport:
    """Measure a vector over held-out seeds.

    Args:
        model: an EditGAN; without an interpreter the change outside is not measured and nothing is refined.
        vector: its recipe must have the seed or seeds that it was learned on, unless `source_change` is given.
        seeds: held-out seeds; the seed that the vector was learned on is refused.
        attribute: a factor that `read` predicts.
        read: predictor of factors.
        identity: maps pictures to unit vectors; None leaves identity out.
        source_change: mean change of the attribute on the source portraits at this scale; None measures it.
        scale, layers, force: as in EditVector.apply.
        refine_steps: steps of refining after the vector, of which the best is kept; 0 for the vector alone.
        config: settings of refining; None means the defaults.
        truncation_psi: truncation of the seeds.
        progress: show a progress bar.

    Ctrl+C ends it with the portraits so far. Raises ValueError for no seeds, the source's own seed, an attribute that
    is not predicted, or a source portrait on which the attribute does not change; WrongModelError for a vector of
    another model.
    """
    held_out = list(seeds)
    if not held_out:
        raise ValueError("no seeds were given; give some that the vector was not learned on")
    if known := sorted(set(source_seeds(vector)) & set(held_out)):
        raise ValueError(f"{vector.name!r} was learned on seed {known[0]}; leave it out of the seeds")
    if not force:
        vector.check(model)
    if scale == 0:
        raise ValueError(f"at scale 0 {vector.name!r} changes nothing; give another scale")
    if source_change is not None and (source_change == 0 or not math.isfinite(source_change)):
        raise ValueError(f"source_change is a change of {attribute!r}, a number other than 0; got {source_change:g}")
    if source_change is None:
        source_change = _source_change(model, vector, attribute, read, scale, layers)
    if source_change == 0 or not math.isfinite(source_change):
        raise ValueError(
            f"{attribute!r} changes by {source_change} on the portrait that {vector.name!r} was learned on; name an "
            "attribute that the vector changes"
        )
    measures: list[TransferMeasure] = []
    with interruptible(measures):
        for seed in tqdm(held_out, desc=vector.name, unit="portrait", disable=not progress):
            before = model.sample_w_plus(seed, truncation_psi)
            after = vector.apply(before, scale, None, force, layers)
            if refine_steps > 0:
                steps = list(refine(model, before, vector, refine_steps, scale, layers, config, force))
                after = best_step(steps).w_plus
            pictures = torch.cat([picture_of(model, before), picture_of(model, after)])
            first, second = attribute_values(read, pictures, attribute)
            change = float(second - first)
            measures.append(
                TransferMeasure(
                    seed,
                    change,
                    change / source_change >= LEAST_SHARE,
                    identity_cosine(identity, pictures),
                    _outside(model, vector, before, after, pictures, config or EditConfig()),
                )
            )
    cosines = np.array([x.identity for x in measures])
    outside = np.array([x.outside for x in measures])
    outside = outside[np.isfinite(outside)]
    return TransferReport(
        vector=vector.name,
        attribute=attribute,
        source_change=source_change,
        scale=scale,
        refine_steps=refine_steps,
        success=Estimate.of_share(np.array([x.success for x in measures])),
        change=Estimate.of_mean(np.array([x.change for x in measures])),
        identity=None if identity is None else Estimate.of_mean(cosines),
        identity_median=None if identity is None else float(np.median(cosines)),
        outside=Estimate.of_mean(outside) if len(outside) else None,
        measures=tuple(measures),
    )


def markdown_table(reports: Sequence[TransferReport]) -> str:
    """Markdown table with one row per report and 95% intervals in brackets."""
    lines = [
        "| vector | attribute | scale | refinement | n | success | change / source's | identity | outside |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for x in reports:
        success, share = _with_interval(x.success, ".0%"), f"{x.change.value / x.source_change:.2f}"
        identity, outside = _with_interval(x.identity, ".3f"), _with_interval(x.outside, ".4f")
        lines.append(
            f"| {x.vector} | {x.attribute} | {x.scale:g} | {x.refine_steps} | {x.success.n} | {success} | {share} | "
            f"{identity} | {outside} |"
        )
    return "\n".join(lines) + "\n"


def _with_interval(figure: Estimate | None, form: str) -> str:
    return "-" if figure is None else f"{figure.value:{form}} ({figure.low:{form}} to {figure.high:{form}})"


def source_seeds(vector: EditVector) -> list[int]:
    """Seeds of the portraits that a vector was learned on, from its recipe; none for a direction found by a method.

    A method's own seed is that of its random samples.
    """
    recipe = vector.recipe
    if "method" in recipe:
        return []
    return [recipe["seed"]] if "seed" in recipe else list(recipe.get("seeds", ()))


def _source_change(
    model: EditGAN, vector: EditVector, attribute: str, read: Read, scale: float, layers: Layers
) -> float:
    recipe, seeds = vector.recipe, source_seeds(vector)
    if not seeds:
        raise ValueError(
            f"the recipe of edit vector {vector.name!r} has no seed to measure its change at; give source_change"
        )
    psi, source = float(recipe.get("truncation_psi", 0.7)), str(recipe.get("seed_source", "torch"))
    before = torch.cat([model.sample_w_plus(int(seed), psi, source) for seed in seeds])
    after = vector.apply(before, scale, layers=layers)
    first, second = (attribute_values(read, picture_of(model, latent), attribute) for latent in (before, after))
    return float(np.mean(second - first))


def picture_of(model: EditGAN, w_plus: Tensor) -> Float[Tensor, "n 3 h w"]:
    """Pictures of latents, in [-1, 1]."""
    with torch.no_grad():
        return model.generator.synthesis(w_plus).image.clamp(-1, 1)


def edited_picture(
    model: EditGAN, w_plus: Tensor, vector: EditVector | None = None, strength: float = 0.0
) -> UInt8[np.ndarray, "h w 3"]:
    """Picture of one latent `[1, num_ws, w_dim]`, with a vector if the strength is not 0."""
    shown = w_plus if vector is None or strength == 0 else vector.apply(w_plus, strength)
    return images.to_uint8(picture_of(model, shown))[0]


def attribute_values(read: Read, pictures: Tensor, attribute: str) -> np.ndarray:
    """Attribute of each picture. Raises ValueError for an unknown attribute."""
    return checked_values(read(pictures), attribute)


def checked_values(found: Mapping[str, np.ndarray], attribute: str) -> np.ndarray:
    """One attribute of those that were read. Raises ValueError for an unknown attribute."""
    if attribute not in found:
        raise ValueError(f"unknown attribute {attribute!r}; known attributes: {', '.join(sorted(found))}")
    return np.asarray(found[attribute])


def attribute_change(
    read: Read,
    attribute: str,
    before: UInt8[np.ndarray, "h w 3"],
    after: UInt8[np.ndarray, "h w 3"],
    device: torch.device | str = "cpu",
) -> float:
    """Change of an attribute from `before` to `after`. Raises ValueError for an unknown attribute."""
    with torch.no_grad():
        first, second = attribute_values(read, images.from_uint8(np.stack([before, after]), device), attribute)
    return float(second - first)


def identity_cosine(identity: IdentityModel | None, pictures: Float[Tensor, "2 3 h w"]) -> float:
    """Cosine of the embeddings of two pictures; nan without an identity network."""
    if identity is None:
        return math.nan
    with torch.no_grad():
        first, second = identity(pictures)
    return float((first * second).sum())


def _outside(
    model: EditGAN, vector: EditVector, before: Tensor, after: Tensor, pictures: Tensor, config: EditConfig
) -> float:
    """Change outside the vector's parts, before and after; nan without an interpreter or if nothing is outside."""
    if model.interpreter is None:
        return math.nan
    try:
        region = refine_target(model, before, after, vector.labels, config).region
    except ValueError:  # no part is visible: everything is outside
        region = np.zeros((model.resolution, model.resolution), bool)
    if region.all():
        return math.nan
    difference = (pictures[1] - pictures[0]).abs().mean(0).cpu().numpy() / 2
    return float(difference[~region].mean())
