"""Read a file of a public release once and identify its kind by its content."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from editgan_widgets.file_kinds import convert_line
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.official.arrays import UNDECIDED, kind_of_array, kind_of_named
from editgan_widgets.models.official.direction_files import holds_directions
from editgan_widgets.models.official.encoder_files import is_encoder
from editgan_widgets.models.official.generators import holds_generator, none_found
from editgan_widgets.models.official.interpreter_files import is_member
from editgan_widgets.models.official.json_files import number_array
from editgan_widgets.models.official.latent_files import holds_latents_by_name
from editgan_widgets.models.official.tensor_files import read_tensors

ARRAY_KINDS = ("edit vector", "latents", "label map", UNDECIDED)
KINDS = ("generator", "interpreter", "encoder", *ARRAY_KINDS)


@dataclass(frozen=True)
class Source:
    """One file: its path, its kind (one of `KINDS`), and the result of `read_tensors`."""

    path: Path
    kind: str
    content: Any


def refuse_network(path: Path, content: Any, wanted: str) -> None:
    """Raise CheckpointError if a file holds a network and no latents or directions by name.

    Args:
        path: the file.
        content: result of `read_tensors`.
        wanted: name of the wanted content for the message: "latents" or "a direction".
    """
    if isinstance(content, (np.ndarray, Tensor)) or holds_latents_by_name(content) or holds_directions(content):
        return
    try:
        if is_member(content):
            kind = "an interpreter of EditGAN"
        elif is_encoder(content):
            kind = "an encoder of EditGAN"
        elif holds_generator(path, content):
            kind = "a generator"
        else:
            return
    except CheckpointError:  # nested too deeply for a checkpoint
        return
    raise CheckpointError(f"{path} is {kind}, not {wanted}; {convert_line(path)}")


def read_source(path: str | Path) -> Source:
    """Read a file and identify its kind by content. Raises CheckpointError for a file of no known kind."""
    path = Path(path)
    content = read_tensors(path)
    if isinstance(content, (list, tuple)) and (array := number_array(content)) is not None:
        content = array
    if isinstance(content, np.ndarray):
        return Source(path, kind_of_array(content), content)
    if is_member(content):
        return Source(path, "interpreter", content)
    if is_encoder(content):
        return Source(path, "encoder", content)
    if holds_generator(path, content):
        return Source(path, "generator", content)
    if kind := kind_of_named(content):
        return Source(path, kind, content)
    raise none_found(path, content)
