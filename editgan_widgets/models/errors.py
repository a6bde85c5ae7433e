"""The error of files that hold weights, latents or label maps."""


class CheckpointError(ValueError):
    """A weights file cannot be used; the message says which file, what it holds, what would fit and what to do."""
