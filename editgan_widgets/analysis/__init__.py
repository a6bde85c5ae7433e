"""Measurements of edits and directions: each function answers one question in one line of a notebook.

    model = load_model("portraits")
    smile = load_vectors(model)["smile"]
    effect_map(model, smile)                                                where does it act
    attribute_curve(model, smile, "smile", attributes_of(model))            how does the smile follow the strength
    cosines(load_vectors(model).values())                                   which vectors are similar

A result shows a sentence, a plot and a table in a notebook; `.sentence()`, `.figure()` and `.table()` return them.
Names are imported at first use.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from editgan_widgets.analysis.attribute_curves import attribute_curve
    from editgan_widgets.analysis.attributes import attributes_of, by_picture, compared_attributes
    from editgan_widgets.analysis.batch.apply import apply_to
    from editgan_widgets.analysis.boundary_quality import boundary, boundary_of
    from editgan_widgets.analysis.directions import LabelledLatents, labelled_latents
    from editgan_widgets.analysis.disentanglement_scores import disentanglement, disentanglement_of
    from editgan_widgets.analysis.edit_comparison import EditWay, compare_edits
    from editgan_widgets.analysis.edit_ways import ways_to_edit
    from editgan_widgets.analysis.effects import effect_map
    from editgan_widgets.analysis.ensemble_uncertainty import interpreter_uncertainty, judged_parts
    from editgan_widgets.analysis.found_directions import find_directions
    from editgan_widgets.analysis.hand_labels import by_labels, labelled_seeds
    from editgan_widgets.analysis.leakage_matrix import leakage
    from editgan_widgets.analysis.linearity import interaction, nonlinearity
    from editgan_widgets.analysis.marked_boundaries import marked_boundary
    from editgan_widgets.analysis.outside_identity import dlib_identity
    from editgan_widgets.analysis.path_lengths import linear_separability, path_length
    from editgan_widgets.analysis.results import Results, Table
    from editgan_widgets.analysis.sample_size import benjamini_hochberg, sample_size_of_mean, sample_size_of_share
    from editgan_widgets.analysis.set_distances import picture_distances
    from editgan_widgets.analysis.strength_strips import strength_strip
    from editgan_widgets.analysis.transfer_rates import transfer_rate
    from editgan_widgets.analysis.vector_cosines import cosines
    from editgan_widgets.analysis.vector_pca import pca_vectors
    from editgan_widgets.analysis.vector_rows import row_norms
    from editgan_widgets.analysis.vector_stability import stability
    from editgan_widgets.analysis.vector_studies import study_vector
    from editgan_widgets.analysis.vector_tables import compare_vectors
    from editgan_widgets.analysis.w_ellipsoid import safe_strength
    from editgan_widgets.latent.directions.conditioning import orthogonalise, regularise
    from editgan_widgets.latent.directions.style_space import channel_vector, part_channels
    from editgan_widgets.latent.directions.unsupervised import ganspace, sefa

__all__ = [
    "EditWay",
    "LabelledLatents",
    "Results",
    "Table",
    "apply_to",
    "attribute_curve",
    "attributes_of",
    "benjamini_hochberg",
    "boundary",
    "boundary_of",
    "by_labels",
    "by_picture",
    "channel_vector",
    "compare_edits",
    "compare_vectors",
    "compared_attributes",
    "cosines",
    "disentanglement",
    "disentanglement_of",
    "dlib_identity",
    "effect_map",
    "find_directions",
    "ganspace",
    "interaction",
    "interpreter_uncertainty",
    "judged_parts",
    "labelled_latents",
    "labelled_seeds",
    "leakage",
    "linear_separability",
    "marked_boundary",
    "nonlinearity",
    "orthogonalise",
    "part_channels",
    "path_length",
    "pca_vectors",
    "picture_distances",
    "regularise",
    "row_norms",
    "safe_strength",
    "sample_size_of_mean",
    "sample_size_of_share",
    "sefa",
    "stability",
    "strength_strip",
    "study_vector",
    "transfer_rate",
    "ways_to_edit",
]

_HOMES = {
    "LabelledLatents": "editgan_widgets.analysis.directions",
    "boundary_of": "editgan_widgets.analysis.boundary_quality",
    "by_labels": "editgan_widgets.analysis.hand_labels",
    "labelled_latents": "editgan_widgets.analysis.directions",
    "labelled_seeds": "editgan_widgets.analysis.hand_labels",
    "EditWay": "editgan_widgets.analysis.edit_comparison",
    "Results": "editgan_widgets.analysis.results",
    "Table": "editgan_widgets.analysis.results",
    "apply_to": "editgan_widgets.analysis.batch.apply",
    "attribute_curve": "editgan_widgets.analysis.attribute_curves",
    "attributes_of": "editgan_widgets.analysis.attributes",
    "benjamini_hochberg": "editgan_widgets.analysis.sample_size",
    "boundary": "editgan_widgets.analysis.boundary_quality",
    "by_picture": "editgan_widgets.analysis.attributes",
    "channel_vector": "editgan_widgets.latent.directions.style_space",
    "compare_vectors": "editgan_widgets.analysis.vector_tables",
    "compared_attributes": "editgan_widgets.analysis.attributes",
    "compare_edits": "editgan_widgets.analysis.edit_comparison",
    "cosines": "editgan_widgets.analysis.vector_cosines",
    "disentanglement": "editgan_widgets.analysis.disentanglement_scores",
    "disentanglement_of": "editgan_widgets.analysis.disentanglement_scores",
    "dlib_identity": "editgan_widgets.analysis.outside_identity",
    "effect_map": "editgan_widgets.analysis.effects",
    "find_directions": "editgan_widgets.analysis.found_directions",
    "ganspace": "editgan_widgets.latent.directions.unsupervised",
    "interaction": "editgan_widgets.analysis.linearity",
    "interpreter_uncertainty": "editgan_widgets.analysis.ensemble_uncertainty",
    "judged_parts": "editgan_widgets.analysis.ensemble_uncertainty",
    "leakage": "editgan_widgets.analysis.leakage_matrix",
    "linear_separability": "editgan_widgets.analysis.path_lengths",
    "marked_boundary": "editgan_widgets.analysis.marked_boundaries",
    "nonlinearity": "editgan_widgets.analysis.linearity",
    "orthogonalise": "editgan_widgets.latent.directions.conditioning",
    "part_channels": "editgan_widgets.latent.directions.style_space",
    "path_length": "editgan_widgets.analysis.path_lengths",
    "pca_vectors": "editgan_widgets.analysis.vector_pca",
    "picture_distances": "editgan_widgets.analysis.set_distances",
    "regularise": "editgan_widgets.latent.directions.conditioning",
    "row_norms": "editgan_widgets.analysis.vector_rows",
    "safe_strength": "editgan_widgets.analysis.w_ellipsoid",
    "sample_size_of_mean": "editgan_widgets.analysis.sample_size",
    "sample_size_of_share": "editgan_widgets.analysis.sample_size",
    "sefa": "editgan_widgets.latent.directions.unsupervised",
    "stability": "editgan_widgets.analysis.vector_stability",
    "strength_strip": "editgan_widgets.analysis.strength_strips",
    "study_vector": "editgan_widgets.analysis.vector_studies",
    "transfer_rate": "editgan_widgets.analysis.transfer_rates",
    "ways_to_edit": "editgan_widgets.analysis.edit_ways",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
