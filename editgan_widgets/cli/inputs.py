"""Loading of the vector and the latent that a command starts from: by name, seed or file."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from editgan_widgets.latent.directions.edit_vector import EditVector
    from editgan_widgets.models.editgan import EditGAN


def given_vector(
    model: "EditGAN",
    name: str,
    index: str | None = None,
    unit: str = "file",
    columns: bool | None = None,
    force: bool = False,
) -> "EditVector":
    """Load a vector or direction from a file, or a vector of the model's library by name."""
    from editgan_widgets import EditVector
    from editgan_widgets.latent.directions.direction_files import load_direction
    from editgan_widgets.latent.directions.library import load_vectors

    if Path(name).suffix == ".safetensors" and unit == "file":
        return EditVector.load(name)
    if Path(name).suffix:
        return load_direction(name, model, index, unit=unit, columns=columns, force=force)  # type: ignore[arg-type]
    library = load_vectors(model)
    if name not in library:
        raise ValueError(
            f"{name!r} is neither a file nor in the library; the library has: {', '.join(sorted(library))}"
        )
    return library[name]


def starting_latent(
    model: "EditGAN",
    seed: int,
    seed_source: str,
    truncation_psi: float,
    latent: Path | None,
    latent_index: int | None,
    force: bool = False,
) -> "tuple[Tensor, str]":
    """Latent [1, num_ws, w_dim] from a file or a seed, and its name for messages."""
    from editgan_widgets import EditSession

    if latent is not None:
        return _latent(model, latent, latent_index, force)
    w_plus = EditSession.from_seed(model, seed, truncation_psi, source=seed_source).w_plus
    return w_plus, f"seed {seed}" + ("" if seed_source == "torch" else f" ({seed_source})")


def _latent(model: "EditGAN", path: Path, index: int | None, force: bool) -> "tuple[Tensor, str]":
    """One latent of a file, [1, num_ws, w_dim], and its name for messages."""
    from editgan_widgets.latent.latents import load_latents

    latents = load_latents(path, model, force=force)
    count = len(latents)
    if index is None and count > 1:
        raise ValueError(f"{path} holds {count} latents; choose one with --latent-index 0 to {count - 1}")
    if (index or 0) >= count:
        raise ValueError(f"{path} holds {count} latents and none of index {index}; --latent-index runs to {count - 1}")
    return latents[index or 0][None], path.name if count == 1 else f"{path.name}, latent {index}"
