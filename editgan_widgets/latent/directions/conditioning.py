"""Edit vectors made orthogonal to others, in the Euclidean metric or in that of W's covariance.

InterFaceGAN (Shen et al. 2020, section 3.2), for several conditions: d' = d - C (CᵀMC)⁻¹ CᵀM d, where the columns of C
are the conditions. M is the identity, or the inverse of W's covariance, in which a condition that W hardly varies along
counts as much as one along which it varies a lot.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, TypeAlias

import torch

from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError
from editgan_widgets.models.editgan import EditGAN

Metric: TypeAlias = Literal["plain", "covariance"]

_LEAST_STD = 1e-3  # minimum deviation of an axis relative to W's largest; a constant axis has no finite metric


def orthogonalise(
    vector: EditVector,
    against: EditVector | Iterable[EditVector],
    metric: Metric = "plain",
    model: EditGAN | None = None,
    name: str | None = None,
) -> EditVector:
    """Return the part of a vector that is orthogonal to others.

    Args:
        vector: to change; it stays as it is.
        against: one or more vectors of the same shape.
        metric: "plain", or "covariance" for the Mahalanobis metric of W, the same in every row.
        model: provides W's covariance; needed for "covariance".
        name: name of the result; None takes "<name> without <names>".

    Raises EditVectorError for other shapes, no conditions, conditions that are zero or linearly dependent, and
    ValueError for "covariance" without a model.
    """
    conditions = [against] if isinstance(against, EditVector) else list(against)
    if not conditions:
        raise EditVectorError(
            "no condition was given; give one or more vectors that the result should be orthogonal to"
        )
    for other in conditions:
        if other.delta_w_plus.shape != vector.delta_w_plus.shape:
            raise EditVectorError(
                f"{other.name!r} has {tuple(other.delta_w_plus.shape)} rows x width, {vector.name!r} has "
                f"{tuple(vector.delta_w_plus.shape)}; both must be of one model"
            )
    d = vector.delta_w_plus.double()
    c = torch.stack([other.delta_w_plus.double() for other in conditions])
    weighted = _weighted(c, metric, model)
    products = (weighted[:, None] * c[None]).sum((-1, -2))
    scale = products.diagonal().sqrt()
    if not bool((scale > 0).all()) or torch.linalg.cond(products / (scale[:, None] * scale[None])) > 1e10:
        names = ", ".join(repr(other.name) for other in conditions)
        raise EditVectorError(f"the conditions {names} are zero or linearly dependent; leave one out")
    weights = torch.linalg.solve(products, (weighted * d).sum((-1, -2)))
    left = d - (weights[:, None, None] * c).sum(0)
    names = [other.name for other in conditions]
    recipe = {**vector.recipe, "orthogonalised": {"against": names, "metric": metric}}
    return replace(
        vector,
        name=name or f"{vector.name} without {', '.join(names)}",
        delta_w_plus=left.float(),
        recipe=recipe,
        preview=None,
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
