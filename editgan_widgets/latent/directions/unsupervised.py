"""Directions found without labels: SeFa, from the generator's weights, and GANSpace, from samples of W.

SeFa (Shen & Zhou 2021, section 3): the eigenvectors of AᵀA, where A stacks the linear maps by which layers read a row
of w_plus, in falling order of their eigenvalues. GANSpace (Härkönen et al. 2020, section 3.1): the principal components
of W. Both become EditVectors that move chosen rows alike.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.latent.directions.arguments import checked
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError, Layers, layer_weights
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.generators.protocol import StyledGenerator
from editgan_widgets.scalars import Whole, whole

_BATCH = 10_000  # codes mapped at a time


@checked()
def sefa(model: EditGAN, count: Whole = 10, rows: Layers = None, normalise: bool = False) -> list[EditVector]:
    """Find the directions of W that change the layers' styles most.

    Args:
        model: with a generator whose layers read w by linear maps.
        count: directions, 1 to w_dim.
        rows: rows of w_plus to analyse and to move: (first, one past the last); None = all.
        normalise: bring each column of A to length 1 first, so that no coordinate of w counts more than another.

    Returns unit directions; their scale in the rows is one. Eigenvalues are in the recipes. Raises ValueError for a
    generator without such maps, or a count that does not fit; EditVectorError for rows that do not exist, or have only
    weights of 0.
    """
    generator = model.generator
    if not isinstance(generator, StyledGenerator):
        raise ValueError(f"SeFa needs linear maps from w to styles, which generators of kind {generator.kind!r} lack")
    wanted = _checked_count(count, generator.w_dim)
    weights = _row_weights(rows, generator.num_rows)
    chosen = [row for row in range(generator.num_rows) if weights[row] != 0]
    a = torch.cat([weight.detach().double().cpu() for row in chosen for weight in generator.style_weights(row)])
    if normalise:
        a = a / a.norm(dim=0).clamp_min(1e-12)
    values, axes = torch.linalg.eigh(a.T @ a)  # rising
    recipe = {"method": "SeFa", "normalised": bool(normalise)}
    return [
        _vector(model, f"SeFa {k + 1}", axes[:, -1 - k], weights, {**recipe, "eigenvalue": float(values[-1 - k])})
        for k in range(wanted)
    ]


@checked()
def ganspace(
    model: EditGAN, count: Whole = 10, rows: Layers = None, samples: Whole = 20_000, seed: Whole = 0
) -> list[EditVector]:
    """Find the principal components of W.

    Args:
        model: an EditGAN; its W is analysed.
        count: components, 1 to w_dim.
        rows: rows of w_plus that the directions move: (first, one past the last); None = all.
        samples: number of samples of z, drawn from a normal distribution; the paper takes 10,000 or more.
        seed: seed of the samples.

    Returns directions whose scale 1 is one standard deviation of W along them. The recipes hold that deviation and the
    share of W's variance. Raises ValueError for a count or number of samples that does not fit, and EditVectorError as
    `sefa` does.
    """
    generator = model.generator
    wanted, samples = _checked_count(count, generator.w_dim), whole(samples, "samples")
    if samples <= generator.w_dim:
        raise ValueError(f"{samples} samples do not span a W that is {generator.w_dim} wide; take 10,000 or more")
    w = sampled_w(model, samples, seed)
    variance, axes = torch.linalg.eigh(torch.cov(w.T))
    std = variance.clamp_min(0).sqrt()
    share = variance / variance.sum()
    weights = _row_weights(rows, generator.num_rows)
    return [
        _vector(
            model,
            f"GANSpace {k + 1}",
            axes[:, -1 - k] * std[-1 - k],
            weights,
            {"method": "GANSpace", "std": float(std[-1 - k]), "share": float(share[-1 - k]), "samples": samples},
        )
        for k in range(wanted)
    ]


@torch.no_grad()
def sampled_w(model: EditGAN, samples: Whole, seed: Whole) -> Float[Tensor, "samples w_dim"]:
    """Sample w without truncation; float64 on the CPU."""
    rng = torch.Generator().manual_seed(whole(seed, "seed", least=0))
    z = torch.randn(whole(samples, "samples", least=1), model.generator.z_dim, generator=rng)
    return torch.cat([model.generator.mapping(part.to(model.device)).double().cpu() for part in z.split(_BATCH)])


def _vector(model: EditGAN, name: str, direction: Tensor, weights: Tensor, recipe: dict) -> EditVector:
    """The direction in the chosen rows; its largest coordinate is positive, since eigenvectors have no sign."""
    sign = torch.sign(direction[direction.abs().argmax()])
    delta = (sign * direction).float() * weights[:, None]
    about = {"fingerprint": model.base_fingerprint, "resolution": model.resolution}
    return EditVector(name, delta, (), {**about, **recipe})


def _row_weights(rows: Layers, num_rows: int) -> Float[Tensor, " rows"]:
    weights = layer_weights(rows, num_rows)
    if not bool(weights.any()):
        raise EditVectorError(f"all {num_rows} rows have the weight 0; give at least one row another weight")
    return weights


def _checked_count(count: Whole, width: int) -> int:
    wanted = whole(count, "count")
    if not 1 <= wanted <= width:
        raise ValueError(f"count is the number of directions, 1 to {width}; got {wanted}")
    return wanted
