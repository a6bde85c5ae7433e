"""Edit vectors made orthogonal to others, in the Euclidean metric or in that of W's covariance, or closer to W.

InterFaceGAN (Shen et al. 2020, section 3.2), for several conditions: d' = d - C (CᵀMC)⁻¹ CᵀM d, where the columns of C
are the conditions. M is the identity, or the inverse of W's covariance, in which a condition that W hardly varies along
counts as much as one along which it varies a lot.
"""

from dataclasses import replace
from typing import Literal, TypeAlias

import torch

from editgan_widgets.latent.directions.arguments import Vectors, checked, of_one_model, one_strength, several_vectors
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError, parts_of_delta
from editgan_widgets.latent.latent_shapes import alike
from editgan_widgets.models.editgan import EditGAN

Metric: TypeAlias = Literal["plain", "covariance"]

_ROUNDING = 1e-6  # share of a vector's length that is rounding of float32
FLOOR = 0.035  # of `regularise`
_LEAST_STD = 1e-3  # minimum deviation of an axis relative to W's largest; a constant axis has no finite metric


@checked()
def orthogonalise(
    vector: EditVector,
    against: Vectors,
    metric: Metric = "plain",
    model: EditGAN | None = None,
    name: str | None = None,
) -> EditVector:
    """Return the part of a vector that is orthogonal to others; products are those of `delta_w_plus`.

    The result is zero if the vector is a combination of the others. Orthogonal vectors may still change the same
    attributes: `leakage` measures whether a side effect is less.

    Args:
        vector: to change; it stays as it is.
        against: one or more vectors of the same shape.
        metric: "plain", or "covariance" for the Mahalanobis metric of W, the same in every row.
        model: provides W's covariance; needed for "covariance".
        name: name of the result; None takes "<name> without <names>".

    Raises EditVectorError for other shapes, no conditions, conditions that are zero or linearly dependent,
    WrongModelError for vectors of several models, and ValueError for "covariance" without a model.
    """
    conditions = several_vectors(against, "against")
    for other in conditions:
        if other.delta_w_plus.shape != vector.delta_w_plus.shape:
            raise EditVectorError(
                f"{other.name!r} has {tuple(other.delta_w_plus.shape)} rows x width, {vector.name!r} has "
                f"{tuple(vector.delta_w_plus.shape)}; both must be of one model"
            )
    of_one_model([vector, *conditions])
    d = vector.delta_w_plus.double()
    c = torch.stack([other.delta_w_plus.double() for other in conditions])
    weighted = _weighted(c, metric, model)
    products = (weighted[:, None] * c[None]).sum((-1, -2))
    scale = products.diagonal().sqrt()
    if not bool((scale > 0).all()) or torch.linalg.cond(products / (scale[:, None] * scale[None])) > 1e10:
        names = ", ".join(repr(other.name) for other in conditions)
        raise EditVectorError(f"the conditions {names} are zero or linearly dependent; leave one out")
    weights = torch.linalg.solve(products, (weighted * d).sum((-1, -2)))
    whole, *subtracted = alike(vector.delta.double(), *(other.delta.double() for other in conditions))
    left = whole - (weights[:, None, None] * torch.stack(subtracted)).sum(0)
    if left.norm() <= _ROUNDING * whole.norm():
        left = torch.zeros_like(left)
    names = [other.name for other in conditions]
    recipe = {**vector.recipe, "orthogonalised": {"against": names, "metric": metric}}
    delta_w_plus, styles = parts_of_delta(left, d.shape[1])
    return replace(
        vector,
        name=name or f"{vector.name} without {', '.join(names)}",
        delta_w_plus=delta_w_plus,
        recipe=recipe,
        preview=None,
        delta_styles=styles,
    )


@checked(floor=one_strength)
def regularise(vector: EditVector, model: EditGAN, floor: float = FLOOR, name: str | None = None) -> EditVector:
    """Shrink a vector along the axes that W hardly varies along, so that edited latents stay closer to W.

    An edit learned on one portrait may use axes along which samples hardly differ. The result is S (S + f I)^-1 d, with
    W's covariance S and f = (floor * largest standard deviation)^2: the most likely offset of a Gaussian prior with
    covariance S if d is observed with noise of variance f. An axis with the deviation `floor` (as a share of the
    largest) is halved.

    Args:
        vector: to change; it stays as it is.
        model: the model of the vector.
        floor: 0 leaves the vector as it is; 0.01 to 0.2 are usual. A larger value shrinks more: compare at scales with
            equal effect.
        name: name of the result; None takes "<name>, regularised".

    Raises WrongModelError for a vector of another model, ValueError for a negative floor.
    """
    vector.check(model)
    if not 0 <= floor < float("inf"):
        raise ValueError(f"floor is a share of W's largest standard deviation, 0 or more; got {floor}")
    statistics = model.w_statistics()
    variance, axes = statistics.std.double().cpu().square(), statistics.axes.double().cpu()
    noise = floor**2 * variance.max()
    kept = torch.where(variance > 0, variance / (variance + noise), float(noise == 0))
    # What lies outside the axes has no variance.
    delta = vector.delta_w_plus.double() if noise == 0 else (vector.delta_w_plus.double() @ axes.T * kept) @ axes
    recipe = {**vector.recipe, "regularised": {"floor": float(floor)}}
    return replace(
        vector, name=name or f"{vector.name}, regularised", delta_w_plus=delta.float(), recipe=recipe, preview=None
    )


def _weighted(deltas: torch.Tensor, metric: Metric, model: EditGAN | None) -> torch.Tensor:
    """M applied to the width of deltas [n, num_ws, w_dim]."""
    if metric == "plain":
        return deltas
    if metric != "covariance":
        raise ValueError(f"metric must be 'plain' or 'covariance'; got {metric!r}")
    if model is None:
        raise ValueError(
            "the metric 'covariance' needs the model, which knows W's covariance: orthogonalise(…, model=model)"
        )
    statistics = model.w_statistics()
    std = statistics.std.double().cpu()
    axes = statistics.axes.double().cpu()
    std = std.clamp_min(float(std.max()) * _LEAST_STD)
    return (deltas @ axes.T / std.square()) @ axes
