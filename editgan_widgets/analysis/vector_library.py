"""The vector library of a model: named edit vectors, each learned from scripted mask edits on a few portraits.

An edit of one portrait (EditGAN, section 3.3) also contains changes that are specific to that portrait. Here the edit
is made on several portraits, the best ones are kept, and the vector is their mean.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from editgan_widgets import images
from editgan_widgets.analysis.transfer import Read, attribute_change, picture_of
from editgan_widgets.documents.session import EditSession
from editgan_widgets.domains.edits import LibraryEdit
from editgan_widgets.domains.registry import domain_of
from editgan_widgets.files import safe_name
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.models.editgan import EditGAN


@dataclass(frozen=True)
class LibraryConfig:
    """Settings of learning vectors."""

    first_seed: int = 1000  # seed of the first portrait
    candidates: int = 12  # portraits that are edited
    sources: int = 5  # the best of them, whose mean is the vector
    steps: int = 60  # steps of each edit
    truncation_psi: float = 0.7
    licence: str | None = None  # licence of the vectors


@dataclass(frozen=True)
class LearnedVector:
    """A library vector and the quality of its sources."""

    vector: EditVector
    attribute: str | None
    source_change: float  # mean change of the attribute by the vector on the sources; nan without an attribute
    scores: tuple[float, ...]  # scores of the sources' edits (EditStep.score), best first


def learn_vector(
    model: EditGAN, edit: LibraryEdit, config: LibraryConfig | None = None, read: Read | None = None
) -> LearnedVector | None:
    """Learn one vector; None if no candidate shows the parts that the edit needs.

    If `read` predicts the edit's attribute, only portraits are used on which it changed in the right direction, and at
    least half as much as on the best one. An edit that shortens hair that is already short teaches nothing.
    """
    config = config or LibraryConfig()
    found = []
    seed = config.first_seed
    while len(found) < config.candidates and seed < config.first_seed + 20 * config.candidates:
        session = EditSession.from_seed(model, seed, config.truncation_psi, EditConfig(layers=edit.layers))
        painted = edit.paint(session.label_map, model.labels)
        if painted is not None:
            session.set_label_map(painted)
            score = max(step.score for step in session.edit(steps=config.steps))
            moved = _change(model, read, edit.attribute, session.original_image, session.image)
            if not moved * edit.direction < 0:
                found.append((score, seed, session, abs(moved)))
        seed += 1
    if not found:
        return None
    furthest = max(moved for *_, moved in found)
    best = sorted((x for x in found if not x[3] < furthest / 2), key=lambda x: -x[0])[: config.sources]
    single = [session.edit_vector(edit.name) for _, _, session, _ in best]
    delta = torch.stack([vector.delta_w_plus for vector in single]).mean(0)
    labels = tuple(dict.fromkeys(name for vector in single for name in vector.labels))
    recipe = {key: value for key, value in single[0].recipe.items() if key not in ("seed", "steps")}
    recipe |= {"seeds": [seed for _, seed, *_ in best], "steps": config.steps, "edit": edit.name}
    vector = EditVector(edit.name, delta, labels, recipe, config.licence)
    before = [session.original_image for _, _, session, _ in best]
    origins = torch.cat([session.origin for _, _, session, _ in best])
    after = images.to_uint8(picture_of(model, vector.apply(origins, 1.0, model)))
    pairs = zip(before, after, strict=True)
    change = float(np.mean([_change(model, read, edit.attribute, *pair) for pair in pairs]))
    if edit.attribute is not None and read is not None:
        recipe |= {"attribute": edit.attribute, "attribute_change": change}
    vector = replace(vector, recipe=recipe, preview=np.concatenate([before[0], after[0]], axis=1))
    return LearnedVector(vector, edit.attribute, change, tuple(score for score, *_ in best))


def learn_library(
    model: EditGAN,
    folder: str | Path | None = None,
    config: LibraryConfig | None = None,
    read: Read | None = None,
    edits: Iterable[LibraryEdit] | None = None,
) -> Iterator[LearnedVector]:
    """Learn all vectors of the library; write each to `folder`, if given.

    If `edits` is None, those of the model's domain are used; ValueError is raised if it has none. A vector is not
    learned again if its file exists and was made with this model.
    """
    for edit in edits_of(model) if edits is None else edits:
        path = None if folder is None else Path(folder) / f"{safe_name(edit.name.replace(' ', '_'))}.safetensors"
        learned = None if path is None or not path.is_file() else _kept(path, model, edit)
        if learned is None:
            learned = learn_vector(model, edit, config, read)
            if learned is not None and path is not None:
                learned.vector.save(path)
        if learned is not None:
            yield learned


def edits_of(model: EditGAN) -> tuple[LibraryEdit, ...]:
    """The library edits of a model's domain. Raises ValueError for a model without a domain, or a domain without."""
    found = domain_of(model)
    if found is None or not found.library_edits():
        raise ValueError(
            f"no library edits are known for {model}: it belongs to {'no domain' if found is None else found.name}; "
            "register a domain with library_edits (domains/registry.py) and name it in the model's metadata"
        )
    return found.library_edits()


def _kept(path: Path, model: EditGAN, edit: LibraryEdit) -> LearnedVector | None:
    try:
        vector = EditVector.load(path)
    except EditVectorError:  # an incomplete file
        return None
    if vector.fingerprint != model.base_fingerprint:
        return None
    return LearnedVector(vector, edit.attribute, vector.recipe.get("attribute_change", float("nan")), ())


def _change(model: EditGAN, read: Read | None, attribute: str | None, before: np.ndarray, after: np.ndarray) -> float:
    """Change of an attribute from one picture to another; nan if it is not predicted."""
    if read is None or attribute is None:
        return float("nan")
    return attribute_change(read, attribute, before, after, model.device)
