"""Effect of an edit vector on portraits' factors, and detection of two vectors with opposite effects.

Two vectors may have opposite effects and yet be orthogonal in latent space, such as smile and frown. Effects are
therefore measured on pictures: the mean change of each factor over a few sampled portraits, in standard deviations of
the factor over all portraits.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from editgan_widgets.analysis.transfer import picture_of
from editgan_widgets.domains.domain import FactorReader
from editgan_widgets.domains.registry import domain_of
from editgan_widgets.models.editgan import EditGAN

Effect: TypeAlias = dict[str, float]
"""Change of factors by name, in standard deviations."""

SEEDS = range(40_000_100, 40_000_112)  # portraits on which a vector is measured
TRUNCATION_PSI = 0.7
SEEN = 0.6  # minimum change of a factor, standard deviations
MAIN = 0.5  # a main factor of a vector changes at least by this share of its largest change
READ_WELL = 0.45  # minimum R² of a factor that is compared


def vector_effects(
    model: EditGAN, delta: Float[Tensor, "num_ws w_dim"], regressor: FactorReader, seeds: Iterable[int] = SEEDS
) -> Iterator[Effect]:
    """Yield the effect of a latent offset on each sampled portrait; `mean_effect` averages them."""
    deviations = dict(zip(regressor.names, regressor.std.tolist(), strict=True))
    found = domain_of(model)
    incidental = frozenset() if found is None else found.incidental
    compared = [
        name for name in regressor.names if name not in incidental and regressor.report.get(name, 0.0) >= READ_WELL
    ]
    for seed in seeds:
        w_plus = model.sample_w_plus(seed, TRUNCATION_PSI)
        read = regressor.read(picture_of(model, torch.cat([w_plus, w_plus + delta.to(w_plus)])))
        yield {name: float(read[name][1] - read[name][0]) / deviations[name] for name in compared}


def mean_effect(effects: Iterable[Effect]) -> Effect:
    """Mean effect over portraits; {} for no portraits."""
    found = list(effects)
    return {name: sum(effect[name] for effect in found) / len(found) for name in (found[0] if found else ())}


def opposed_factor(first: Mapping[str, float], second: Mapping[str, float]) -> str | None:
    """Main factor of both effects that changes in opposite directions, the largest one; None if there is none."""
    shared = {
        name: min(abs(first[name]), abs(second[name]))
        for name in _main(first) & _main(second)
        if first[name] * second[name] < 0
    }
    return max(shared, key=lambda name: shared[name]) if shared else None


def _main(effect: Mapping[str, float]) -> set[str]:
    greatest = max((abs(change) for change in effect.values()), default=0.0)
    return {name for name, change in effect.items() if abs(change) >= max(SEEN, MAIN * greatest)}
