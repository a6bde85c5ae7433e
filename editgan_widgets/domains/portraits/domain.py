"""The domain of rendered portraits: its label sets and judges."""

import torch

from editgan_widgets.domains.domain import Domain, Judges
from editgan_widgets.domains.portraits.parts import (
    COARSE_LABELS,
    FINE_LABELS,
    GROUP_LABELS,
    PORTRAIT_LABELS,
    ids_within,
)


def _judges(device: torch.device) -> Judges:
    from editgan_widgets.domains.portraits.factor_regressor import load_factor_regressor
    from editgan_widgets.domains.portraits.identity import load_identity
    from editgan_widgets.domains.portraits.segmenter import load_segmenter

    return Judges(load_segmenter().to(device), load_factor_regressor().to(device), load_identity().to(device))


DOMAIN = Domain(
    name="portraits",
    label_sets=(FINE_LABELS, COARSE_LABELS, PORTRAIT_LABELS),
    load_judges=_judges,
    coarse_parts={
        part.name: GROUP_LABELS[group].name
        for part, group in zip(PORTRAIT_LABELS, ids_within(GROUP_LABELS), strict=True)
    },
    incidental=frozenset(
        {"skin_tone", "hair_darkness", "lip_redness", "iris_color", "light_azimuth", "light_elevation"}
    ),
    probe="smile",
)
