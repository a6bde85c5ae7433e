"""Check that the tensors of a StyleGAN2 generator are complete and consistent, and name those that are not.

The expected tensors are derived from those present: all blocks up to the largest one that occurs, all mapping layers
up to the highest, and for each width the value that most tensors have. So one odd tensor is reported, not all others.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor

from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from editgan_widgets.models.misfit import misfit

NEXT_MOVE = "give a complete one: copy or download the file again, or save it again (torch.save(G.state_dict(), path))"
_LARGEST, _MOST_LAYERS = 2048, 64  # px; layers of a mapping
_ANY_SHAPE = re.compile(r"mapping\.w_avg|.*\.resample_filter")

Named: TypeAlias = tuple[str, int]
"""A name, and how many axes of length 1 come first; -1 for the bias of a picture, [1, n, 1, 1]."""


def check_whole(path: Path, weights: Mapping[str, Tensor], theirs: Mapping[str, Named] | None = None) -> None:
    """Raise CheckpointError where tensors are missing, of another shape, or of no StyleGAN2 generator.

    Args:
        path: path of the file.
        weights: tensors by StyleGAN2-ADA names.
        theirs: for names that differ, our name -> the file's name and the number of leading axes of length 1.
    """
    given = {name: tuple(x.shape) for name, x in weights.items() if not name.endswith("torgb.resample_filter")}
    needed = {name: tuple(shape) for name, shape in whole_shapes(weights).items()}
    optional = {name for name in needed if _is_filled_in(name, given)}
    # A filter may have any size, and a mean of W any shape: their content is checked elsewhere.
    given |= {name: needed[name] for name in given if name in needed and _ANY_SHAPE.fullmatch(name)}
    shown = dict(theirs or {})
    words = misfit(
        {_name(name, shown): _shape(name, shape, shown) for name, shape in needed.items()},
        {_name(name, shown): _shape(name, shape, shown) for name, shape in given.items()},
        "StyleGAN2 generator",
        {_name(name, shown) for name in optional},
    )
    if words:
        raise CheckpointError(f"{path}: its {len(weights)} tensors are not a StyleGAN2 generator: {words}; {NEXT_MOVE}")


def whole_shapes(weights: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    """Shapes of the generator that most of these tensors belong to, in StyleGAN2-ADA names."""
    sizes = [int(m[1]) for name in weights if (m := re.match(r"synthesis\.b(\d{1,5})\.", name))]
    largest = max((size for size in sizes if size in [4 * 2**k for k in range(10)]), default=8)
    resolutions = [4 * 2**k for k in range(1, max(largest, 8).bit_length() - 2)]
    layers = [int(m[1]) for name in weights if (m := re.match(r"mapping\.fc(\d{1,3})\.", name))]
    count = min(max(layers, default=0) + 1, _MOST_LAYERS)
    by_layers = _most(weights, r"synthesis\.b\d+\.\w+\.affine\.weight", 1)
    width = by_layers or _most(weights, r"mapping\.fc\d+\.bias", 0) or 512
    config = StyleGAN2Config(
        resolution=resolutions[-1],
        z_dim=_most(weights, r"mapping\.fc0\.weight", 1) or width,
        w_dim=width,
        mapping_layers=count,
        channels=tuple(_channels(weights, size) for size in (4, *resolutions)),
        filter_taps=4,
    )
    with torch.device("meta"):
        return {name: x.shape for name, x in StyleGAN2(config).state_dict().items()}


def _is_filled_in(name: str, given: Mapping[str, tuple[int, ...]]) -> bool:
    """True if a missing tensor has a default; a layer without noise needs no noise strength."""
    if name.endswith(".noise_strength"):
        return f"{name.removesuffix('strength')}const" not in given
    return name.endswith(".noise_const") or _ANY_SHAPE.fullmatch(name) is not None


def _name(name: str, theirs: Mapping[str, Named]) -> str:
    return theirs[name][0] if name in theirs else name


def _shape(name: str, shape: tuple[int, ...], theirs: Mapping[str, Named]) -> tuple[int, ...]:
    axes = theirs[name][1] if name in theirs else 0
    return (1, *shape, 1, 1) if axes < 0 else (1,) * axes + shape


def _channels(weights: Mapping[str, Tensor], size: int) -> int:
    """Channels of a block, as most of its tensors and the first ones of the next block say."""
    votes: Counter[int] = Counter()
    for pattern, axis in (
        (rf"synthesis\.b{size}\.const", 0),
        (rf"synthesis\.b{size}\.conv[01]\.(weight|bias)", 0),
        (rf"synthesis\.b{size}\.(conv1|torgb)\.affine\.(weight|bias)", 0),
        (rf"synthesis\.b{size}\.(conv1|torgb)\.weight", 1),
        (rf"synthesis\.b{2 * size}\.conv0\.weight", 1),
        (rf"synthesis\.b{2 * size}\.conv0\.affine\.bias", 0),
    ):
        votes.update(_sizes(weights, pattern, axis))
    return votes.most_common(1)[0][0] if votes else 16


def _most(weights: Mapping[str, Tensor], pattern: str, axis: int) -> int | None:
    votes = Counter(_sizes(weights, pattern, axis))
    return votes.most_common(1)[0][0] if votes else None


def _sizes(weights: Mapping[str, Tensor], pattern: str, axis: int) -> list[int]:
    return [x.shape[axis] for name, x in weights.items() if re.fullmatch(pattern, name) and x.ndim > axis and x.numel()]
