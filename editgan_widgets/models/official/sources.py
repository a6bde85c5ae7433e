"""What a file of the public releases is: read once and told by its content, its tensors as the file has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from editgan_widgets.models.official.arrays import kind_of_array
from editgan_widgets.models.official.encoder_files import is_encoder
from editgan_widgets.models.official.generators import holds_generator, none_found
from editgan_widgets.models.official.interpreter_files import is_member
from editgan_widgets.models.official.tensor_files import read_tensors

KINDS = ("generator", "interpreter", "encoder", "edit vector", "latents", "label map")


@dataclass(frozen=True)
class Source:
    """One file: its path, which of `KINDS` it is, and what `read_tensors` found in it."""

    path: Path
    kind: str
    content: Any


def read_source(path: str | Path) -> Source:
    """Read a file of a public release and say what it is. Raises CheckpointError for anything else."""
    path = Path(path)
    content = read_tensors(path)
    if isinstance(content, np.ndarray):
        return Source(path, kind_of_array(content), content)
    if is_member(content):
        return Source(path, "interpreter", content)
    if is_encoder(content):
        return Source(path, "encoder", content)
    if isinstance(content, Mapping) and "edit_vector" in content:
        return Source(path, "edit vector", content)
    if holds_generator(path, content):
        return Source(path, "generator", content)
    raise none_found(path, content)
