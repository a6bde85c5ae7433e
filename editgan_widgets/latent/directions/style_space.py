"""StyleSpace: single style channels of the generator's layers, as edit vectors (Wu et al. 2021).

A layer reads a row of w_plus by a linear map: style = A w + b. To change only one channel of S, the row is shifted by
the vector that the pseudo-inverse of the maps gives for it. Where the layers of a row have no more channels than w has
numbers, and their maps are of full rank, the shift is exact. Elsewhere it is the least-squares one, and the rest of the
change is added to the styles themselves (`EditVector.delta_styles`). So a channel is an `EditVector` like any other:
saved, applied, combined with those of W+.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm.auto import tqdm

from editgan_widgets.latent.directions.arguments import Parts, checked, part_ids
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.directions.unsupervised import sampled_w
from editgan_widgets.latent.label_maps import predicted_label_map
from editgan_widgets.latent.latent_shapes import alike
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generators.protocol import ExtendedGenerator, StyledGenerator, Synthesis
from editgan_widgets.scalars import Real, Whole, real, whole

_PROJECTIONS = 4  # random projections of the pixels; each needs one backward pass
_LEAST_CANDIDATES = 8  # minimum number of channels that are applied to the portraits
_EXACT = 1e-6  # norm of what a shift of w misses of a channel's unit change, below which nothing is added to styles
_RANK_TOLERANCE = 1e-5  # relative to the largest singular value


@dataclass(frozen=True)
class StyleChannel:
    """One channel of S, and how local its effect is."""

    row: int  # row of w_plus
    layer: int  # among the layers that read the row, in the order of `StyledGenerator.style_layers`
    channel: int
    overlap: float  # share of the squared change of the picture that lies in the part, 0 to 1
    effect: float  # RMS change of the part's pixels, of the value range, for one standard deviation of the channel

    @property
    def name(self) -> str:
        """Row, layer and channel, for example "S 7.0.42"."""
        return f"S {self.row}.{self.layer}.{self.channel}"


@torch.no_grad()
def styles(model: EditGAN, w_plus: Float[Tensor, "n rows width"]) -> Float[Tensor, "n channels"]:
    """Styles of all layers, row by row, for latents with or without columns for styles.

    Raises ValueError for a generator without such layers.
    """
    generator, w_dim = _styled(model), model.generator.w_dim
    found = []
    for row in range(model.generator.num_rows):
        of_row = torch.cat([layer(w_plus[:, row, :w_dim]) for layer in generator.style_layers(row)], 1)
        found.append(of_row + w_plus[:, row, w_dim:][:, : of_row.shape[1]] if w_plus.shape[2] > w_dim else of_row)
    return torch.cat(found, 1)


@checked()
def channel_vector(
    model: EditGAN, row: Whole, layer: Whole, channel: Whole, samples: Whole = 4000, seed: Whole = 0
) -> EditVector:
    """Return the edit vector of one channel; its scale 1 is one standard deviation of the channel over W.

    `recipe["purity"]` is the channel's share of the squared change of all styles of the row. It is 1, except for a
    generator that takes no style offsets (ExtendedGenerator); `recipe["purity of w_plus"]` is that of `delta_w_plus`
    alone.

    Args:
        model: an EditGAN whose generator's layers read w by linear maps.
        row, layer, channel: as in StyleChannel.
        samples: number of samples of w, for the standard deviation.
        seed: seed of the samples.

    Raises ValueError for a generator without such layers, IndexError for a row, layer or channel that it has not.
    """
    generator = _styled(model)
    row, layer, channel = whole(row, "row"), whole(layer, "layer"), whole(channel, "channel")
    weights = [weight.detach().double().cpu() for weight in generator.style_weights(row)]
    if not 0 <= layer < len(weights):
        raise IndexError(f"row {row} is read by {len(weights)} layers; got layer {layer}")
    if not 0 <= channel < len(weights[layer]):
        raise IndexError(f"layer {layer} of row {row} has {len(weights[layer])} channels; got channel {channel}")
    std = float((sampled_w(model, samples, seed) @ weights[layer][channel]).std())
    stacked = torch.cat(weights)
    position = sum(len(weight) for weight in weights[:layer]) + channel
    shift = torch.linalg.pinv(stacked, rtol=_RANK_TOLERANCE)[:, position]
    change = stacked @ shift
    rest = -change
    rest[position] += 1
    exact = float(rest.norm()) < _EXACT
    share = float(change[position] ** 2 / change.square().sum().clamp_min(1e-30))
    delta, styles = torch.zeros(model.generator.num_rows, model.generator.w_dim), None
    if exact or isinstance(generator, ExtendedGenerator):
        delta[row] = (shift * std).float()
    else:  # the least-squares shift, with the channel's change as wanted
        reached = float(change[position])
        delta[row] = (shift * (std / reached if abs(reached) > _EXACT else std)).float()
    if not exact and isinstance(generator, ExtendedGenerator):
        styles = torch.zeros(model.generator.num_rows, generator.style_width)
        styles[row, : len(rest)] = (rest * std).float()
    recipe = {
        "fingerprint": model.base_fingerprint, "resolution": model.resolution, "method": "StyleSpace",
        "space": "S", "row": row, "layer": layer, "channel": channel, "std": std,
        "purity": share if styles is None else 1.0, "purity of w_plus": share,
    }  # fmt: skip
    return EditVector(f"S {row}.{layer}.{channel}", delta, (), recipe, delta_styles=styles)


@checked()
def part_channels(
    model: EditGAN,
    parts: Parts,
    seeds: Iterable[Whole] = range(8),
    count: Whole = 5,
    truncation_psi: Real = 0.7,
    least_effect: Real = 0.002,
    seed: Whole = 0,
    progress: bool = False,
) -> list[StyleChannel]:
    """Find the channels that act on parts of the picture and nowhere else.

    A channel's sensitivity at a pixel is the pixel's derivative by the channel's style. Its squared sum over a region
    is estimated for all channels at once, with random projections of the pixels (Hutchinson's estimator). The most
    local channels are then applied to the portraits, and ordered by the share of the squared change that is in the
    parts.

    Args:
        model: an EditGAN with an interpreter, whose generator's layers read w by linear maps.
        parts: names or ids of parts, or of groups of parts, one or several; the predicted parts of each portrait are
            looked at.
        seeds: seeds of the portraits; those without the parts are skipped.
        count: channels, the most local first.
        truncation_psi: truncation of the portraits.
        least_effect: channels with a smaller effect (StyleChannel.effect) are left out.
        seed: seed of the projections.
        progress: show a progress bar.

    Raises ValueError for a model that does not fit, or parts that no portrait shows.
    """
    if model.interpreter is None:
        raise ValueError("channels of parts need an interpreter, which this model lacks")
    _styled(model)
    chosen = part_ids(model.labels, parts)
    wanted, least = whole(count, "count", least=1), real(least_effect, "least_effect", least=0)
    rng = torch.Generator().manual_seed(whole(seed, "seed", least=0))
    portraits = _portraits_with(model, chosen, seeds, real(truncation_psi, "truncation_psi"))
    inside, outside = _estimated(model, portraits, rng)
    std = styles(model, model.generator.w_plus(sampled_w(model, 2000, seed).float().to(model.device))).std(0).cpu()
    pixels = sum(int(region.sum()) * 3 for _, region in portraits)
    overlap = inside / (inside + outside).clamp_min(1e-20)
    effect = (inside / pixels).sqrt() * std / 2
    overlap = torch.where(effect >= least, overlap, -1.0)
    candidates = overlap.argsort(descending=True)[: max(2 * wanted, _LEAST_CANDIDATES)].tolist()
    places = _places(model)
    applied = [i for i in candidates if overlap[i] >= 0]
    bar = tqdm(applied, desc="channels", unit="channel", disable=not progress)
    measured = [_measured(model, places[i], portraits) for i in bar]
    measured = [channel for channel in measured if channel.effect >= least]
    return sorted(measured, key=lambda channel: -channel.overlap)[:wanted]


_Portraits: TypeAlias = list[tuple[Tensor, Tensor]]  # w_plus [1, rows, w_dim], bool region of the parts [H, W]


def _portraits_with(model: EditGAN, parts: Sequence[int], seeds: Iterable[Whole], truncation_psi: float) -> _Portraits:
    found = []
    for seed in seeds:
        w_plus = model.sample_w_plus(seed, truncation_psi)
        with torch.no_grad():
            label_map = predicted_label_map(model, model.generator.synthesis(w_plus).features)
        region = torch.isin(label_map.long(), torch.tensor(list(parts), device=label_map.device))
        if region.any():
            found.append((w_plus, region))
    if not found:
        names = ", ".join(model.labels[part].name for part in parts)
        raise ValueError(f"no portrait of these seeds shows {names}; give other seeds or parts")
    return found


def _places(model: EditGAN) -> list[tuple[int, int, int]]:
    """Row, layer and channel of each style, in the order of `styles`."""
    return [
        (row, layer, channel)
        for row in range(model.generator.num_rows)
        for layer, weight in enumerate(_styled(model).style_weights(row))
        for channel in range(len(weight))
    ]


def _estimated(model: EditGAN, portraits: _Portraits, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Squared derivatives by each style, summed over the pixels inside the regions and outside them; `[channels]`."""
    inside = outside = torch.zeros(len(_places(model)))
    for w_plus, region in portraits:
        made, recorded = _made_with_styles(model, w_plus)
        inside = inside + _energy(made.image, recorded, region, rng)
        outside = outside + _energy(made.image, recorded, ~region, rng)
    return inside, outside


@torch.no_grad()
def _measured(model: EditGAN, place: tuple[int, int, int], portraits: _Portraits) -> StyleChannel:
    """Apply a channel to the portraits and measure where the pictures change."""
    vector = channel_vector(model, *place)
    inside, whole, pixels = 0.0, 0.0, 0
    for w_plus, region in portraits:
        before, after = model.generator.synthesis(torch.cat(alike(w_plus, vector.apply(w_plus)))).image
        change = (after - before).square().sum(0)
        inside, whole = inside + float(change[region].sum()), whole + float(change.sum())
        pixels += int(region.sum()) * 3
    return StyleChannel(*place, inside / max(whole, 1e-20), (inside / pixels) ** 0.5 / 2)


def _energy(image: Tensor, recorded: list[Tensor], region: Tensor, rng: torch.Generator) -> Tensor:
    """Squared derivatives of the region's pixels by each style, summed over the pixels; `[channels]`."""
    total = torch.zeros(sum(styles.shape[1] for styles in recorded))
    for _ in range(_PROJECTIONS):
        signs = (torch.randint(0, 2, image.shape, generator=rng) * 2 - 1).to(image)
        gradients = torch.autograd.grad(
            (image * signs * region).sum(), recorded, retain_graph=True, materialize_grads=True
        )
        total += torch.cat([gradient[0] for gradient in gradients]).square().cpu() / _PROJECTIONS
    return total


def _made_with_styles(model: EditGAN, w_plus: Tensor) -> tuple[Synthesis, list[Tensor]]:
    """Synthesise, and keep the styles `[1, channels]` that the layers compute, in the order of rows and layers."""
    generator = _styled(model)
    layers = [layer for row in range(model.generator.num_rows) for layer in generator.style_layers(row)]
    found: dict[nn.Module, Tensor] = {}

    def keep(layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        found[layer] = output

    handles = [layer.register_forward_hook(keep) for layer in layers]
    try:
        made = model.generator.synthesis(w_plus.clone().requires_grad_())
    finally:
        for handle in handles:
            handle.remove()
    return made, [found[layer] for layer in layers]


def _styled(model: EditGAN) -> StyledGenerator:
    if not isinstance(model.generator, StyledGenerator):
        kind = model.generator.kind
        raise ValueError(f"StyleSpace needs linear maps from w to styles, which generators of kind {kind!r} lack")
    return model.generator
