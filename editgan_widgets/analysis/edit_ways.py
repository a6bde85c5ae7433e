"""The ways to edit an attribute that EditGAN's vectors are compared with (edit_comparison.py)."""

from dataclasses import replace

from editgan_widgets.analysis.boundary_quality import boundary_of
from editgan_widgets.analysis.directions import labelled_latents, mean_difference
from editgan_widgets.analysis.edit_comparison import EditWay
from editgan_widgets.analysis.found_directions import Directions, find_directions
from editgan_widgets.analysis.transfer import Read
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.models.editgan import EditGAN


def ways_to_edit(
    model: EditGAN,
    vector: EditVector,
    attribute: str,
    read: Read,
    refined: tuple[int, ...] = (10, 30, 60),
    samples: int = 2000,
    candidates: int = 10,
    seed: int = 0,
) -> list[EditWay]:
    """An edit vector, alone and refined, beside the directions that other methods find for the attribute.

    Args:
        model: of the vector.
        vector: learned from painted masks; its labels are the labelled pictures of the interpreter.
        attribute: a name that `read` gives.
        read: attributes of pictures, which label the samples of the boundary and of the mean difference.
        refined: numbers of refinement steps, a way for each.
        samples: labelled pictures of the boundary (InterFaceGAN) and of the mean difference.
        candidates: directions of SeFa and channels of StyleSpace, of which the one that changes the attribute most is
            taken. They need no labels, but this choice looks at the attribute of 24 pictures. A vector without parts
            has no channels beside it.
        seed: of the samples.

    Raises ValueError for an unknown attribute or a generator that a method does not fit.
    """
    masks = int(model.metadata.get("interpreter", {}).get("samples", 0))
    latents = labelled_latents(model, attribute, read, samples, seed)
    ways = [EditWay("edit vector", vector, masks)]
    ways += [EditWay(f"edit vector, {steps} steps", vector, masks, steps) for steps in refined]
    ways += [
        EditWay("InterFaceGAN", boundary_of(model, latents, "svm", seed=seed).vector, samples),
        EditWay("mean difference", mean_difference(model, latents), samples),
    ]
    found = {"SeFa": find_directions(model, read, "sefa", candidates, seed=seed)}
    if vector.labels:
        of_each = max(1, candidates // len(vector.labels))
        found["StyleSpace"] = find_directions(model, read, "stylespace", of_each, parts=vector.labels, seed=seed)
    return ways + [EditWay(name, _best(directions, attribute), 24) for name, directions in found.items()]


def _best(found: Directions, attribute: str) -> EditVector:
    """The direction that changes the attribute most, turned so that it raises it."""
    effects = found.effects[:, found.attributes.index(attribute)]
    best = abs(effects).argmax()
    vector = found.vectors[best]
    return vector if effects[best] > 0 else replace(vector, delta_w_plus=-vector.delta_w_plus)
