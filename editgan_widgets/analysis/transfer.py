"""Transfer: whether an edit vector does to other portraits what it did to the one that it was learned on.

For each held-out seed the vector is applied (and refined, where asked), and three things are read: how far an attribute
moved, by a regressor of factors; whether it is still the same person, by an embedding; and how far the picture changed
outside the vector's parts. As EditGAN, section 4.2 and table 1, with intervals.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from editgan_widgets import images
from editgan_widgets.analysis.distribution import Estimate
from editgan_widgets.latent.directions.edit_vector import EditVector, Layers
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.latent.refine import best_step, refine, refine_target
from editgan_widgets.latent.terms.identity import IdentityModel
from editgan_widgets.models.editgan import EditGAN

Read: TypeAlias = Callable[[Tensor], Mapping[str, np.ndarray]]
"""Pictures [n, 3, H, W] in [-1, 1] -> factors by name, n values each: `FactorRegressor.read`."""

LEAST_SHARE = 0.5  # of the source's change, that counts as a transfer


@dataclass(frozen=True)
class TransferMeasure:
    """One held-out portrait; nan where a figure was not asked for or cannot be told."""

    seed: int
    change: float  # of the attribute, in its own unit
    success: bool  # the right way, by at least LEAST_SHARE of the source's change
    identity: float  # cosine of the embeddings before and after
    outside: float  # mean absolute change outside the parts, as a share of the value range


@dataclass(frozen=True)
class TransferReport:
    """A vector over held-out seeds; intervals are of 95%."""

    vector: str
    attribute: str
    source_change: float  # of the attribute where the vector was learned, in its own unit; at this scale
    scale: float
    refine_steps: int
    success: Estimate  # share of the portraits, Wilson's interval
    change: Estimate  # mean over the portraits
    identity: Estimate | None  # mean cosine; None where no embedding was given
    identity_median: float | None
    outside: Estimate | None  # None where no region could be told
    measures: tuple[TransferMeasure, ...]

    def to_dict(self) -> dict:
        """JSON-ready form; nan becomes None."""
        return {name: _without_nan(value) for name, value in asdict(self).items()}

    def to_markdown(self) -> str:
        """One-row table."""
        return markdown_table([self])


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
) -> TransferReport:
    """Measure a vector over held-out seeds.

    Args:
        model: with an interpreter, or else no change outside is told and nothing refined.
        vector: with the seed that it was learned on in its recipe, unless `source_change` is given.
        seeds: of portraits that had no part in it; the source's own is refused.
        attribute: a name that `read` gives.
        read: factors of pictures.
        identity: embeds pictures; None leaves identity out.
        source_change: of the attribute by the vector, at this scale, where it was learned; None measures it there.
        scale, layers, force: as of EditVector.apply.
        refine_steps: of refining after the vector, the best step counts; 0 for the vector alone.
        config: of refining; None takes the default's.
        truncation_psi: of the seeds.

    Raises ValueError for no seeds, the source's own seed, an attribute that is not read, or a source where the
    attribute does not change; WrongModelError for another model's vector.
    """
    held_out = list(seeds)
    if not held_out:
        raise ValueError("no seeds were given; give some that the vector was not learned on")
    sources = {vector.recipe.get("seed"), *vector.recipe.get("seeds", ())}
    if known := sorted(sources & set(held_out), key=str):
        raise ValueError(f"seed {known[0]} is one that {vector.name!r} was learned on; leave it out of the seeds")
    if not force:
        vector.check(model)
    if source_change is None:
        source_change = _source_change(model, vector, attribute, read, scale, layers)
    if source_change == 0 or not math.isfinite(source_change):
        raise ValueError(
            f"{attribute!r} changes by {source_change} where {vector.name!r} was learned, which is nothing to follow; "
            "name an attribute that the vector is for"
        )
    measures = []
    for seed in held_out:
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
    """Table of reports, a row each; intervals of 95% in brackets."""
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


def _source_change(
    model: EditGAN, vector: EditVector, attribute: str, read: Read, scale: float, layers: Layers
) -> float:
    if "seed" not in vector.recipe:
        raise ValueError(
            f"the recipe of edit vector {vector.name!r} has no seed to measure its change at; give source_change"
        )
    recipe = vector.recipe
    psi, source = float(recipe.get("truncation_psi", 0.7)), str(recipe.get("seed_source", "torch"))
    before = model.sample_w_plus(int(recipe["seed"]), psi, source)
    after = vector.apply(before, scale, layers=layers)
    first, second = attribute_values(read, torch.cat([picture_of(model, before), picture_of(model, after)]), attribute)
    return float(second - first)


def picture_of(model: EditGAN, w_plus: Tensor) -> Float[Tensor, "n 3 h w"]:
    """Pictures of latents, in [-1, 1]."""
    with torch.no_grad():
        return model.generator.synthesis(w_plus, noise_mode="const").image.clamp(-1, 1)


def attribute_values(read: Read, pictures: Tensor, attribute: str) -> np.ndarray:
    """An attribute of each picture. Raises ValueError for one that is not read."""
    found = read(pictures)
    if attribute not in found:
        raise ValueError(f"attribute {attribute!r} is not read; there are: {', '.join(sorted(found))}")
    return np.asarray(found[attribute])


def attribute_change(
    read: Read,
    attribute: str,
    before: UInt8[np.ndarray, "h w 3"],
    after: UInt8[np.ndarray, "h w 3"],
    device: torch.device | str = "cpu",
) -> float:
    """Change of an attribute from one picture to another. Raises ValueError for one that is not read."""
    with torch.no_grad():
        first, second = attribute_values(read, images.from_uint8(np.stack([before, after]), device), attribute)
    return float(second - first)


def identity_cosine(identity: IdentityModel | None, pictures: Float[Tensor, "2 3 h w"]) -> float:
    """Cosine of the embeddings of two pictures; nan where nothing embeds them."""
    if identity is None:
        return math.nan
    with torch.no_grad():
        first, second = identity(pictures)
    return float((first * second).sum())


def _outside(
    model: EditGAN, vector: EditVector, before: Tensor, after: Tensor, pictures: Tensor, config: EditConfig
) -> float:
    """Change outside the vector's parts before and after; nan without an interpreter, or where nothing is outside."""
    if model.interpreter is None:
        return math.nan
    try:
        region = refine_target(model, before, after, vector.labels, config).region
    except ValueError:  # no part is to be seen: all is outside
        region = np.zeros((model.resolution, model.resolution), bool)
    if region.all():
        return math.nan
    difference = (pictures[1] - pictures[0]).abs().mean(0).cpu().numpy() / 2
    return float(difference[~region].mean())


def _without_nan(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nan(x) for key, x in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(x) for x in value]
    return None if isinstance(value, float) and math.isnan(value) else value
