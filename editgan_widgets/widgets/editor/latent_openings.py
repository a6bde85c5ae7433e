"""Opening a file of latents in the editor: a session of one of its latents."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from editgan_widgets.documents.session import EditSession
from editgan_widgets.latent.latents import fitted_latents
from editgan_widgets.latent.latents_or_vector import by_name, compared
from editgan_widgets.latent.optimize import EditConfig
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.arrays import UNDECIDED
from editgan_widgets.models.official.latent_files import latents_in, latents_of_bundle
from editgan_widgets.models.official.sources import read_source

_ENDINGS = (".npy", ".npz", ".pt", ".pth", ".pkl", ".pickle", ".json", ".safetensors")
_STARTS = (
    b"\x93NUMPY",
    b"PK\x03\x04",
    b"\x80\x02",
    b"\x80\x03",
    b"\x80\x04",
    b"\x80\x05",
)  # first bytes of array files, not of pictures


@dataclass(frozen=True, eq=False)
class OpenedLatent:
    """A session of one latent of a file with `count` latents."""

    session: EditSession
    index: int
    count: int


def opened_latent(
    model: EditGAN, file: str | Path | bytes, name: str, index: int | None, config: EditConfig
) -> OpenedLatent | None:
    """Start a session from a latent of a file; None for a file of another kind, such as a picture.

    Args:
        model: the model of the latents.
        file: path or content of the file.
        name: name of a file given by its content; "" if unknown.
        index: index of the latent; None means the first.
        config: settings of the session.

    Raises CheckpointError for a file of tensors without latents of this model, a file that seems to contain a
    direction, and an index out of range.
    """
    if isinstance(file, bytes):
        if not file.startswith(_STARTS) and Path(name).suffix.lower() not in _ENDINGS:
            return None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / (Path(name.replace("\\", "/")).name or "latents")
            path.write_bytes(file)
            return _opened(model, path, index, config)
    path = Path(file)
    if path.suffix.lower() not in _ENDINGS:
        return None
    return _opened(model, path, index, config)


def _opened(model: EditGAN, path: Path, index: int | None, config: EditConfig) -> OpenedLatent:
    kind = "latents"
    if path.suffix == ".safetensors":
        content = latents_of_bundle(path)
    else:
        source = read_source(path)
        content, kind = source.content, source.kind
    if kind not in ("latents", "edit vector", UNDECIDED):
        raise CheckpointError(f"{path.name} is of kind {kind!r} and holds no latents; give a picture or a latent")
    latents = fitted_latents(path, latents_in(path, content), model)
    measured = compared(latents.w_plus, model)
    if kind == UNDECIDED and measured.kind == "edit vector" and by_name(path.stem) != "latents":
        raise CheckpointError(
            f"{path.name} seems to hold a direction, not a latent ({measured}): editor.load_direction(path) gives it a "
            "slider; EditSession.from_latent starts from it anyway"
        )
    count, at = len(latents), 0 if index is None else index
    if not 0 <= at < count:
        raise CheckpointError(f"{path.name} holds {count} latents and none of index {at}; give 0 to {count - 1}")
    recipe = {"latents": path.name, "index": at}
    return OpenedLatent(EditSession.from_latent(model, latents.w_plus[at], config, recipe), at, count)
