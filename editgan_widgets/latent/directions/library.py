"""The edit vectors that ship with a model: `load_vectors(model)["smile"]`."""

from functools import cache
from pathlib import Path

from editgan_widgets.domains.registry import domain, domain_names
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError
from editgan_widgets.latent.directions.vector_stack import list_edit_vectors
from editgan_widgets.models.editgan import EditGAN


def shipped_vectors(model: EditGAN) -> tuple[EditVector, ...]:
    """Vectors that ship with a model, read once; empty if it has no library."""
    known = (model.fingerprint, model.base_fingerprint)
    return tuple(vector for folder in _folders() for vector in _read(folder) if vector.fingerprint in known)


def _folders() -> list[Path]:
    """Existing folders of all domains' vectors. The fingerprints of the vectors tell which ones fit a model."""
    return [folder for name in domain_names() for folder in domain(name).vectors if folder.is_dir()]


@cache
def _read(folder: Path) -> tuple[EditVector, ...]:
    return tuple(file.vector for file in list_edit_vectors(folder) if file.vector is not None)


def load_vectors(model: EditGAN, folder: str | Path | None = None) -> dict[str, EditVector]:
    """Read a model's library of edit vectors, by name.

    Args:
        model: the model; a copy that was tuned around a photo has the vectors of the original model.
        folder: folder of .safetensors files; None means the shipped libraries.

    Raises EditVectorError if there is no library for this model, FileNotFoundError if the folder does not exist.
    """
    folders = _folders() if folder is None else [Path(folder)]
    for place in folders:
        found = {x.vector.name: x.vector for x in list_edit_vectors(place, model) if x.vector and x.problem is None}
        if found:
            return found
    where = "ships with" if folder is None else f"in {folder} fits"
    raise EditVectorError(
        f"no library {where} the model {model.base_fingerprint}; `editgan vectors --model FILE --out FOLDER` learns one"
    )
