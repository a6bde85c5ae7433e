"""EditGAN's and DatasetGAN's interpreters: one file for each member of the ensemble -> our stacked Interpreter.

A file is `{"model_state_dict": …}` of one MLP, Linear-ReLU-BN-Linear-ReLU-BN-Linear at `layers.0`, 2, 3, 5 and 6, with
the prefix `module.` of a parallel training. Names are `model_{i}.pth`, `car_model_{i}.pth` or
`…model_iter{N}_number_{i}.pth`. All sizes are read off the shapes; the features' channels are the generator's.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from editgan_widgets.models.checkpoints import with_weights
from editgan_widgets.models.errors import CheckpointError
from editgan_widgets.models.interpreter import Interpreter, InterpreterConfig
from editgan_widgets.models.misfit import missing_and_unknown
from editgan_widgets.models.official.tensor_files import state_dict

_NORM = ("weight", "bias", "running_mean", "running_var")
_NAMES = (
    *(f"layers.{i}.{kind}" for i in (0, 3, 6) for kind in ("weight", "bias")),
    *(f"layers.{i}.{kind}" for i in (2, 5) for kind in _NORM),
)


def is_member(content: Any) -> bool:
    """True if the content is one member of an interpreter."""
    weights = content.get("model_state_dict") if isinstance(content, Mapping) else None
    return isinstance(weights, Mapping) and any(re.match(r"(module\.)?layers\.\d", str(name)) for name in weights)


def member_weights(path: Path, content: Mapping[str, Any]) -> dict[str, Tensor]:
    """One member's tensors as `layers.*`; raises CheckpointError for wrong names or shapes."""
    tensors = state_dict(path, content["model_state_dict"], "model_state_dict")
    weights = {name.removeprefix("module."): value for name, value in tensors.items()}
    if words := missing_and_unknown(_NAMES, weights, "member of an interpreter"):
        raise CheckpointError(
            f"{path} is not a member of an EditGAN interpreter: of its tensors, {words}; give model_0.pth, model_1.pth "
            "… as its trainer wrote them"
        )
    linear = [weights[f"layers.{i}.weight"] for i in (0, 3, 6)]
    sound = all(x.ndim == 2 and x.numel() for x in linear)
    if not sound or linear[0].shape[0] != linear[1].shape[1] or linear[1].shape[0] != linear[2].shape[1]:
        raise CheckpointError(f"{path}: its linear layers {[tuple(x.shape) for x in linear]} do not follow one another")
    for i, width in (
        (0, len(linear[0])),
        (2, len(linear[0])),
        (3, len(linear[1])),
        (5, len(linear[1])),
        (6, len(linear[2])),
    ):
        for kind in _NORM if i in (2, 5) else ("bias",):
            if tuple(weights[f"layers.{i}.{kind}"].shape) != (width,):
                shape = tuple(weights[f"layers.{i}.{kind}"].shape)
                raise CheckpointError(f"{path}: layers.{i}.{kind} has shape {shape}, its layer takes ({width},)")
    return weights


def member_number(path: Path) -> int:
    """The number in a member's file name, which orders the ensemble; 0 if there is none."""
    numbers = re.findall(r"\d+", path.stem)
    return int(numbers[-1][:9]) if numbers else 0


def stack_members(members: Sequence[tuple[Path, Mapping[str, Tensor]]], feature_channels: Sequence[int]) -> Interpreter:
    """Make one interpreter of its members, in eval mode.

    Raises CheckpointError if members differ in size, or read other features than `feature_channels`.
    """
    path, first = members[0]
    shapes = {name: value.shape for name, value in first.items()}
    for other, weights in members[1:]:
        if wrong := [name for name in shapes if weights[name].shape != shapes[name]]:
            raise CheckpointError(
                f"{other}: {wrong[0]} has shape {tuple(weights[wrong[0]].shape)}, that of {path} is "
                f"{tuple(shapes[wrong[0]])}; give the members of one ensemble"
            )
    (h1, channels), (h2, _), (num_labels, _) = (shapes[f"layers.{i}.weight"] for i in (0, 3, 6))
    if channels != sum(feature_channels):
        raise CheckpointError(
            f"{path} reads features of {channels} channels, the generator gives {sum(feature_channels)} "
            f"({list(feature_channels)}); give the generator that it was trained on"
        )

    def stacked(name: str) -> Tensor:
        return torch.stack([weights[name] for _, weights in members])

    config = InterpreterConfig(tuple(feature_channels), num_labels, ensemble=len(members), hidden=(h1, h2))
    ours = {
        "weight1": stacked("layers.0.weight").flatten(0, 1),
        "bias1": stacked("layers.0.bias").flatten(),
        "weight2": stacked("layers.3.weight"),
        "bias2": stacked("layers.3.bias"),
        "weight3": stacked("layers.6.weight"),
        "bias3": stacked("layers.6.bias"),
        **{f"norm1.{kind}": stacked(f"layers.2.{kind}") for kind in _NORM},
        **{f"norm2.{kind}": stacked(f"layers.5.{kind}") for kind in _NORM},
        "feature_mean": torch.zeros(channels),
        "feature_std": torch.ones(channels),
    }
    return with_weights(lambda: Interpreter(config), ours)
