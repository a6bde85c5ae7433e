"""Adam (Kingma and Ba 2015, algorithm 1) on one tensor.

torch.optim imports torch's compiler, which would delay the first edit of a kernel by seconds.
"""

import torch
from torch import Tensor


class Adam:
    """Updates `x` in place. For about a hundred steps, `beta2` should be well below 0.999."""

    def __init__(self, x: Tensor, beta2: float, beta1: float = 0.9, eps: float = 1e-8):
        self.x, self.betas, self.eps = x, (beta1, beta2), eps
        self.mean, self.square = torch.zeros_like(x), torch.zeros_like(x)
        self.steps = 0

    def step(self, rate: float, gradient: Tensor) -> None:
        """Update `x` with the gradient of the loss."""
        self.steps += 1
        beta1, beta2 = self.betas
        with torch.no_grad():
            self.mean.lerp_(gradient, 1 - beta1)
            self.square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
            root = (self.square / (1 - beta2**self.steps)).sqrt_().add_(self.eps)
            self.x.addcdiv_(self.mean, root, value=-rate / (1 - beta1**self.steps))
