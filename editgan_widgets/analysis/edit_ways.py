"""The ways to edit an attribute that EditGAN's vectors are compared with (edit_comparison.py)."""

import numpy as np

from editgan_widgets.analysis.arguments import attributes_read, checked
from editgan_widgets.analysis.boundary_quality import boundary_of
from editgan_widgets.analysis.directions import LabelledLatents, labelled_latents, mean_difference, svm_boundary
from editgan_widgets.analysis.edit_comparison import EditWay
from editgan_widgets.analysis.found_directions import AttributeScale, unsupervised_directions
from editgan_widgets.analysis.label_classes import ClassesError
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.latent.directions.boundaries import known_method
from editgan_widgets.latent.directions.conditioning import regularise
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.directions.style_space import channel_vector, part_channels
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.scalars import is_whole, whole

REGULARISED = "edit vector, regularised"
_SCORED_ON = 24  # portraits on which the candidates of SeFa and StyleSpace are compared


@checked()
def ways_to_edit(
    model: EditGAN,
    vector: EditVector,
    attribute: str,
    read: Read,
    refined: tuple[int, ...] = (10, 30, 60),
    samples: int = 2000,
    few: tuple[int, ...] = (16,),
    candidates: int = 10,
    seed: int = 0,
    progress: bool = False,
) -> list[EditWay]:
    """An edit vector, alone, refined and regularised, beside the directions that other methods find for the attribute.

    The regularised one (latent/directions/conditioning.py) has only the rows of layers up to 32 px.

    Args:
        model: the model of the vector.
        vector: learned from painted masks; its labels are the labelled pictures of the interpreter.
        attribute: a name that `read` gives.
        read: attributes of pictures, which label the samples of the boundary and of the mean difference.
        refined: numbers of refinement steps, a way for each.
        samples: labelled pictures of the boundary (InterFaceGAN) and of the mean difference.
        few: smaller numbers of labelled pictures, each of which gives a boundary and a mean difference too: 16 are as
            many as EditGAN's interpreter needs. A number whose pictures all have the same label is left out.
        candidates: directions of SeFa and channels of StyleSpace, of which the one that changes the attribute most is
            taken. They need no labels, but this choice looks at the attribute of 24 pictures. StyleSpace is
            left out if the vector names no parts.
        seed: seed of the samples.
        progress: show progress bars.

    Ctrl+C ends the sampling; the boundary and the mean difference are learned from the samples so far.
    Raises ValueError for an unknown attribute or a generator that a method does not fit.
    """
    vector.check(model)
    known_method("svm")
    samples, candidates = whole(samples, "samples", least=20), whole(candidates, "candidates", least=1)
    refined, few = (
        tuple(whole(one, name, least=least) for one in ([given] if is_whole(given) else given))
        for given, name, least in ((refined, "refined", 1), (few, "few", 2))
    )
    attributes_read(model, read, [attribute])
    masks = len(model.metadata.get("interpreter", {}).get("seeds", ()))
    latents = labelled_latents(model, attribute, read, samples, seed, progress=progress)
    ways = [EditWay("edit vector", vector, masks)]
    ways += [EditWay(f"edit vector, {steps} steps", vector, masks, steps) for steps in refined]
    shapes = regularise(vector, model).masked((0, model.generator.coarse_rows + 1))
    if shapes.layers:
        ways.append(EditWay(REGULARISED, shapes, masks))
    ways += [
        EditWay("InterFaceGAN", boundary_of(model, latents, "svm", seed=seed).vector, len(latents.w)),
        EditWay("mean difference", mean_difference(model, latents), len(latents.w)),
    ]
    for count in few:
        some = LabelledLatents(latents.w[:count], latents.values[:count], attribute)
        try:
            ways += [
                EditWay(f"InterFaceGAN, {count} labels", svm_boundary(model, some), count),
                EditWay(f"mean difference, {count} labels", mean_difference(model, some), count),
            ]
        except ClassesError:
            continue
    found = {"SeFa": unsupervised_directions(model, "sefa", candidates)}
    if vector.labels:
        channels = part_channels(
            model, model.labels.exact_ids(vector.labels), count=candidates, seed=seed, progress=progress
        )
        found["StyleSpace"] = [channel_vector(model, x.row, x.layer, x.channel) for x in channels]
    scale = AttributeScale(model, read, range(_SCORED_ON))
    at = scale.names.index(attribute)
    return ways + [
        EditWay(name, _best(vectors, [float(np.nan_to_num(scale.change(x)[at])) for x in vectors]), _SCORED_ON)
        for name, vectors in found.items()
        if vectors
    ]


def _best(vectors: list[EditVector], effects: list[float]) -> EditVector:
    """The vector with the largest effect, turned so that the effect is positive."""
    best = max(range(len(vectors)), key=lambda i: abs(effects[i]))
    vector = vectors[best]
    return vector if effects[best] > 0 else vector.times(-1)
