"""Training losses: comparison with target pictures, and adversarial losses."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

COARSE_WEIGHT, GRADIENT_WEIGHT, CHARBONNIER = 0.5, 0.5, 0.02  # constants of `paired_loss`


def paired_loss(
    image: Float[Tensor, "b 3 h w"],
    target: Float[Tensor, "b 3 h w"],
    weight: Float[Tensor, "b 1 h w"] | None,
    coarse_weight: float = COARSE_WEIGHT,
    gradient_weight: float = GRADIENT_WEIGHT,
    charbonnier: float = CHARBONNIER,
) -> Float[Tensor, ""]:
    """Distance between pictures and their targets: Charbonnier, L1 at 1/2 and 1/4 size, L1 of differences.

    Args:
        image, target: in [-1, 1].
        weight: weight of pixels, mean 1; None for equal weights.
        coarse_weight: weight of the L1 at 1/2 and at 1/4 size, each.
        gradient_weight: weight of the L1 between horizontal and vertical differences.
        charbonnier: pixel value below which the full-size L1 is rounded off.
    """
    weight = torch.ones_like(target[:, :1]) if weight is None else weight
    error = image - target
    eps = charbonnier
    loss = (weight * ((error.square() + eps**2).sqrt() - eps)).mean()
    if gradient_weight:
        dx, dy = error[..., 1:] - error[..., :-1], error[..., 1:, :] - error[..., :-1, :]
        edges = (weight[..., 1:] * dx.abs()).mean() + (weight[..., 1:, :] * dy.abs()).mean()
        loss = loss + gradient_weight * edges
    if coarse_weight:
        for _ in range(2):
            error, weight = F.avg_pool2d(error, 2), F.avg_pool2d(weight, 2)
            loss = loss + coarse_weight * (weight * error.abs()).mean()
    return loss


def feature_loss(
    features: Callable[[Tensor], list[Tensor]], image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"]
) -> Float[Tensor, ""]:
    """Mean absolute difference of activations, relative to those of the target; each channel has the same weight.

    A perceptual loss (Johnson et al. 2016, section 3.2) with a segmenter as the network.
    """
    with torch.no_grad():
        wanted = features(target)
    losses = []
    for ours, theirs in zip(features(image), wanted, strict=True):
        theirs = theirs.float()
        size = theirs.abs().mean((0, 2, 3)) + 1e-2
        losses.append(((ours.float() - theirs).abs().mean((0, 2, 3)) / size).mean())
    return torch.stack(losses).mean()


def adversarial_losses(
    real: Float[Tensor, "b scores"], fake: Float[Tensor, "b scores"], relativistic: bool
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Losses of generator and discriminator: non-saturating logistic of scores, or of score differences of pairs.

    The relativistic loss (Jolicoeur-Martineau 2019; Huang et al. 2024) asks which picture of a pair is real. If both
    show the portrait of the same code, content cancels in the difference and only the rendering is judged.
    """
    if relativistic:
        return F.softplus(real.detach() - fake).mean(), F.softplus(fake - real).mean()
    return F.softplus(-fake).mean(), F.softplus(fake).mean() + F.softplus(-real).mean()


def r1_penalty(score: Float[Tensor, "b scores"], image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, ""]:
    """R1: mean squared norm of the scores' gradient at real pictures (Mescheder et al. 2018), mean over patches."""
    (gradient,) = torch.autograd.grad(score.sum() / math.sqrt(score.shape[1]), image, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean()
