"""The interpreter in the textbook form, without projected and folded layers: what its results must equal."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from editgan_widgets.models.interpreter import Interpreter

EPS = 1e-5  # epsilon of PyTorch's batch norm


def textbook_logits(
    interpreter: Interpreter, features: Sequence[Float[Tensor, "batch _ _ _"]]
) -> Float[Tensor, "batch num_labels h w"]:
    """Upsample and concatenate the features, apply each member separately, and take the mean of their logits."""
    size = (features[-1].shape[2], features[-1].shape[3])
    levels = [nn.functional.interpolate(x, size=size, mode="bilinear", align_corners=False) for x in features]
    pixels = torch.cat(levels, dim=1).permute(0, 2, 3, 1)
    x = (pixels - interpreter.feature_mean) / interpreter.feature_std
    width, logits = interpreter.config.hidden[0], []
    for m in range(interpreter.config.ensemble):
        rows = slice(m * width, (m + 1) * width)
        y = _normed(interpreter.norm1, (x @ interpreter.weight1[rows].T + interpreter.bias1[rows]).relu(), m)
        y = _normed(interpreter.norm2, (y @ interpreter.weight2[m].T + interpreter.bias2[m]).relu(), m)
        logits.append(y @ interpreter.weight3[m].T + interpreter.bias3[m])
    return torch.stack(logits).mean(0).permute(0, 3, 1, 2)


def _normed(norm: nn.Module, x: Tensor, member: int) -> Tensor:
    weight, bias, mean, var = (
        tensor[member] for tensor in (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    )
    return (x - mean) / (var + EPS).sqrt() * weight + bias
