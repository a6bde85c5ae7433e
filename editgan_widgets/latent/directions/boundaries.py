"""Normals of the hyperplane between two sets of latents.

Linear SVM (InterFaceGAN, Shen et al. 2020, section 3.1), logistic regression, and the difference of the means. The
first two are scikit-learn's, on standardised latents; `in_axes` fits them to whitened latents instead. The difference
of the means follows the axes along which the latents vary most: it is the normal only if they vary alike along all.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Bool, Float

from editgan_widgets.extras import scikit_learn

Plane: TypeAlias = tuple[Float[np.ndarray, " d"], float]
"""Unit normal and offset: `w @ normal + offset` is above 0 on the positive side."""

Fit: TypeAlias = Callable[[Float[np.ndarray, "n d"], Bool[np.ndarray, " n"]], Plane]
"""Latents and which of them are positive -> the plane between them."""

_PENALTY = 1e-3  # weight of the squared norm relative to the mean loss of a sample


def svm(w: Float[np.ndarray, "n d"], positive: Bool[np.ndarray, " n"], penalty: float = _PENALTY) -> Plane:
    """Fit a linear SVM with squared hinge loss. Raises ImportError without scikit-learn."""
    return _fitted(scikit_learn("svm").LinearSVC(C=1 / (penalty * len(w)), dual=False, max_iter=5000), w, positive)


def logistic(w: Float[np.ndarray, "n d"], positive: Bool[np.ndarray, " n"], penalty: float = _PENALTY) -> Plane:
    """Fit a logistic regression. Raises ImportError without scikit-learn."""
    model = scikit_learn("linear_model").LogisticRegression(C=1 / (penalty * len(w)), max_iter=5000)
    return _fitted(model, w, positive)


def mean_difference(w: Float[np.ndarray, "n d"], positive: Bool[np.ndarray, " n"]) -> Plane:
    """Take the difference of the two means; the plane is halfway between them."""
    one, other = w[positive].mean(0), w[~positive].mean(0)
    normal = (one - other) / max(float(np.linalg.norm(one - other)), 1e-12)
    return normal, -float(normal @ (one + other) / 2)


def whitening(w: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "d axes"]:
    """Axes `A` for which the covariance of `w @ A` is the identity; axes along which w is constant are left out."""
    variance, axes = np.linalg.eigh(np.cov(w.T))
    varies = variance > 1e-10 * variance.max()
    return axes[:, varies] / np.sqrt(variance[varies])


def in_axes(fit: Fit, axes: Float[np.ndarray, "d axes"]) -> Fit:
    """The method in the coordinates `w @ axes`; its plane is one of w again."""

    def run(w: np.ndarray, positive: np.ndarray) -> Plane:
        inner, offset = fit(w @ axes, positive)
        normal = axes @ inner
        length = max(float(np.linalg.norm(normal)), 1e-12)
        return normal / length, offset / length

    return run


METHODS: dict[str, Fit] = {"svm": svm, "logistic": logistic, "mean difference": mean_difference}


def known_method(method: str) -> str:
    """A name of METHODS. Raises ValueError for another one, MissingExtraError where its library is not installed."""
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"unknown method {method!r}; use one of {', '.join(map(repr, METHODS))}")
    if method != "mean difference":
        scikit_learn("svm")
    return method


def _fitted(model: Any, w: np.ndarray, positive: np.ndarray) -> Plane:
    mean, std = w.mean(0), np.maximum(w.std(0), 1e-6)
    model.fit((w - mean) / std, positive)
    normal = model.coef_[0] / std  # in w's own unit
    length = max(float(np.linalg.norm(normal)), 1e-12)
    return normal / length, float(model.intercept_[0] - normal @ mean) / length
