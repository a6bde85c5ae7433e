"""Directions in W as baselines for edit vectors: mean difference and SVM boundary.

Both are learned from sampled latents with a binary attribute, as in InterFaceGAN (Shen et al. 2020, section 3.1) and in
EditGAN's comparison (table 1). A direction becomes an EditVector that moves all rows of w_plus by the same amount.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from editgan_widgets.analysis.arguments import attributes_read, checked
from editgan_widgets.analysis.interrupts import interruptible
from editgan_widgets.analysis.label_classes import classes_of
from editgan_widgets.analysis.transfer import Read, attribute_values, checked_values, picture_of
from editgan_widgets.latent.directions.arguments import kind_of
from editgan_widgets.latent.directions.boundaries import svm
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import Whole, as_array, whole

LEAST_SAMPLES = 20  # of which a boundary is learned: 10 of each class


@dataclass(frozen=True)
class LabelledLatents:
    """Sampled latents and an attribute of their pictures: scores, or labels (True and False, 0 and 1)."""

    w: Tensor  # [n, w_dim]; arrays and lists are converted
    values: np.ndarray  # [n], the attribute
    attribute: str

    def __post_init__(self) -> None:
        try:
            w = torch.as_tensor(self.w if isinstance(self.w, Tensor) else np.asarray(self.w, np.float32)).detach()
        except (TypeError, ValueError):
            raise ValueError(f"w are latents of W, numbers [n, w_dim]; got {kind_of(self.w)}") from None
        if not bool(w.isfinite().all()):
            raise ValueError("w are latents of W; some of them are not finite numbers, leave those samples out")
        object.__setattr__(self, "w", w)
        object.__setattr__(self, "values", as_array(self.values))


@checked()
def labelled_latents(
    model: EditGAN,
    attribute: str,
    read: Read,
    count: Whole = 2000,
    first_seed: Whole = 30_000_000,
    batch: Whole = 50,
    progress: bool = False,
) -> LabelledLatents:
    """Sample latents without truncation and predict an attribute.

    Args:
        model: the model to sample.
        attribute: a name that `read` returns.
        read: attributes of pictures (analysis/attributes.py).
        count: number of samples.
        first_seed: seed of their random codes.
        batch: samples that are generated together.
        progress: show a progress bar.

    Ctrl+C keeps the samples so far, if there are at least 20. Raises ValueError for an unknown attribute.
    """
    attributes_read(model, read, [attribute])
    return latents_by_attribute(model, read, [attribute], count, first_seed, batch, progress)[0]


def latents_by_attribute(
    model: EditGAN,
    read: Read,
    attributes: Sequence[str] | None = None,
    count: Whole = 2000,
    first_seed: Whole = 30_000_000,
    batch: Whole = 50,
    progress: bool = False,
) -> list[LabelledLatents]:
    """Sample latents without truncation once, and label them with each attribute; None takes all that `read` gives.

    Ctrl+C keeps the samples so far, if there are at least 20. Raises ValueError for an attribute that is not read.
    """
    rng = torch.Generator().manual_seed(whole(first_seed, "seed", least=0))
    z = torch.randn(whole(count, "samples", least=1), model.generator.z_dim, generator=rng).to(model.device)
    at_once = whole(batch, "batch", least=1)
    found: list[tuple[Tensor, Mapping[str, np.ndarray]]] = []
    bar = tqdm(total=len(z), desc="samples", unit="picture", disable=not progress)
    with bar, interruptible(found, math.ceil(LEAST_SAMPLES / at_once)):
        for part in z.split(at_once):
            with torch.no_grad():
                w = model.generator.mapping(part)
            values = read(picture_of(model, model.generator.w_plus(w)))
            names = list(values) if attributes is None else list(attributes)
            found.append((w, {name: checked_values(values, name) for name in names}))
            bar.update(len(part))
    w = torch.cat([w for w, _ in found])
    return [LabelledLatents(w, np.concatenate([x[name] for _, x in found]), name) for name in found[0][1]]


def mean_difference(model: EditGAN, latents: LabelledLatents, share: float = 0.3) -> EditVector:
    """Mean latent of the `share` with the highest attribute values minus that of the `share` with the lowest.

    Of 0/1 labels, all are used. Values that are not finite are left out. Raises ValueError if all values are the same.
    """
    w, positive = _ends(latents, share)
    difference = w[positive].mean(0) - w[~positive].mean(0)
    return _vector(model, "mean difference", torch.from_numpy(difference).float(), latents)


def svm_boundary(model: EditGAN, latents: LabelledLatents, share: float = 0.3, penalty: float = 1e-3) -> EditVector:
    """Unit normal of the hyperplane between the `share` with the highest attribute values and that with the lowest.

    A linear SVM with squared hinge loss on standardised latents. Labels and errors as of `mean_difference`.
    """
    normal, _ = svm(*_ends(latents, share), penalty)
    return _vector(model, "SVM boundary", torch.from_numpy(normal).float(), latents)


def _ends(latents: LabelledLatents, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Latents at both ends, and which of them are at the upper one."""
    classes = classes_of(latents.values, latents.attribute, len(latents.w))
    chosen = classes.ends(np.arange(len(classes.values)), share)
    return latents.w.double().cpu().numpy()[classes.kept][chosen], classes.positive[chosen]


def _vector(model: EditGAN, name: str, direction: Tensor, latents: LabelledLatents) -> EditVector:
    rows = direction[None].repeat(model.generator.num_rows, 1)
    recipe = {"fingerprint": model.base_fingerprint, "resolution": model.resolution, "attribute": latents.attribute}
    return EditVector(f"{latents.attribute}, {name}", rows, (), recipe | {"labelled": len(latents.values)})


def scale_for(
    model: EditGAN,
    vector: EditVector,
    attribute: str,
    read: Read,
    change: float,
    seeds: range,
    truncation_psi: float = 0.7,
    most: float = 64.0,
) -> float:
    """Scale at which a vector changes the attribute's mean over seeds by `change`, to compare vectors.

    Found by bisection in the vector's own unit; `most` if no scale up to it suffices. Raises ValueError for a change
    of 0.
    """
    if change == 0:
        raise ValueError("change is 0; give a positive or negative change of the attribute")
    w_plus = torch.cat([model.sample_w_plus(seed, truncation_psi) for seed in seeds])

    def mean(scale: float) -> float:
        return float(np.mean(attribute_values(read, picture_of(model, vector.apply(w_plus, scale)), attribute)))

    start, low, high = mean(0.0), 0.0, 0.25
    while high < most and (mean(high) - start) / change < 1:
        low, high = high, high * 2
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (middle, high) if (mean(middle) - start) / change < 1 else (low, middle)
    return min(high, most)
