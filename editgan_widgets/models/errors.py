"""The error of files that hold weights, latents or label maps."""


class CheckpointError(ValueError):
    """A weights file cannot be used; the message names the file, its content, what would fit and a remedy."""
