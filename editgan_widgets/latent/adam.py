"""Adam (Kingma and Ba 2015, algorithm 1) on one tensor.

Building torch.optim's own imports torch's compiler first: two seconds that the first edit of a kernel would wait.
"""

import torch
from torch import Tensor


class Adam:
    """Changes `x` in place. A short memory of squares, `beta2` well below 0.999, suits a hundred steps."""

    def __init__(self, x: Tensor, beta2: float, beta1: float = 0.9, eps: float = 1e-8):
        self.x, self.betas, self.eps = x, (beta1, beta2), eps
        self.mean, self.square = torch.zeros_like(x), torch.zeros_like(x)
        self.steps = 0

    def step(self, rate: float, gradient: Tensor) -> None:
        """Move `x` by the gradient of what is to fall."""
        self.steps += 1
        beta1, beta2 = self.betas
        with torch.no_grad():
            self.mean.lerp_(gradient, 1 - beta1)
            self.square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
            root = (self.square / (1 - beta2**self.steps)).sqrt_().add_(self.eps)
            self.x.addcdiv_(self.mean, root, value=-rate / (1 - beta1**self.steps))
