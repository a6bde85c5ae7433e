"""What an edit or a direction does, measured: each function answers one question in one line of a notebook.

    model = load_model("portraits")
    smile = load_vectors(model)["smile"]
    effect_map(model, smile)                                                where does it act
    attribute_curve(model, smile, "smile", attributes_of(model))            how does the smile follow the strength
    cosines(load_vectors(model).values())                                   which vectors are alike

A result shows a sentence, a plot and a table in a notebook, and gives them by `.sentence()`, `.figure()`, `.table()`.
Names are loaded at first use.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from editgan_widgets.analysis.attribute_curves import attribute_curve, leakage
    from editgan_widgets.analysis.attributes import attributes_of, by_picture
    from editgan_widgets.analysis.effects import effect_map
    from editgan_widgets.analysis.linearity import interaction, nonlinearity
    from editgan_widgets.analysis.sample_size import benjamini_hochberg, sample_size_of_mean, sample_size_of_share
    from editgan_widgets.analysis.vector_cosines import cosines
    from editgan_widgets.analysis.vector_pca import pca_vectors
    from editgan_widgets.analysis.vector_rows import row_norms
    from editgan_widgets.analysis.w_ellipsoid import safe_strength
    from editgan_widgets.latent.directions.conditioning import orthogonalise
    from editgan_widgets.latent.directions.unsupervised import ganspace, sefa

__all__ = [
    "attribute_curve",
    "attributes_of",
    "benjamini_hochberg",
    "by_picture",
    "cosines",
    "effect_map",
    "ganspace",
    "interaction",
    "leakage",
    "nonlinearity",
    "orthogonalise",
    "pca_vectors",
    "row_norms",
    "safe_strength",
    "sample_size_of_mean",
    "sample_size_of_share",
    "sefa",
]

_HOMES = {
    "attribute_curve": "editgan_widgets.analysis.attribute_curves",
    "attributes_of": "editgan_widgets.analysis.attributes",
    "benjamini_hochberg": "editgan_widgets.analysis.sample_size",
    "by_picture": "editgan_widgets.analysis.attributes",
    "cosines": "editgan_widgets.analysis.vector_cosines",
    "effect_map": "editgan_widgets.analysis.effects",
    "ganspace": "editgan_widgets.latent.directions.unsupervised",
    "interaction": "editgan_widgets.analysis.linearity",
    "leakage": "editgan_widgets.analysis.attribute_curves",
    "nonlinearity": "editgan_widgets.analysis.linearity",
    "orthogonalise": "editgan_widgets.latent.directions.conditioning",
    "pca_vectors": "editgan_widgets.analysis.vector_pca",
    "row_norms": "editgan_widgets.analysis.vector_rows",
    "safe_strength": "editgan_widgets.analysis.w_ellipsoid",
    "sample_size_of_mean": "editgan_widgets.analysis.sample_size",
    "sample_size_of_share": "editgan_widgets.analysis.sample_size",
    "sefa": "editgan_widgets.latent.directions.unsupervised",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
