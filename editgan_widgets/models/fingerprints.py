"""A short hash of a network's weights, which identifies the model of a latent or an edit vector."""

import hashlib

from torch import nn


def fingerprint(module: nn.Module) -> str:
    """Hash all names, shapes and values (as float32) of a module's state dict: 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(f"{name}{tuple(value.shape)}".encode())
        digest.update(value.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
