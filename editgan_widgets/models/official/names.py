"""Comparison of names in files: "W_plus", "w-plus" and "wplus" are the same."""

from typing import Any

# Arrays of directions, as `plain` gives them.
EIGENVECTORS = ("eigvec", "eigvecs", "eigenvector", "eigenvectors")
COMPONENTS = {"latcomp": "latstdev", "actcomp": "actstdev", "comp": "std", "components": "stdev"}  # and deviations
DIRECTION_SETS = ("boundaries", "directions", "vectors", "latentdirections")
DIRECTIONS = (
    *("editvector", "boundary", "direction", "latentdirection", "vector", "delta", "deltaw", "deltawplus", "wdelta"),
    *("normal", "meandifference", "editingvector"),
)


def plain(key: Any) -> str:
    """A name in lower case without "_", "-" and spaces; "" for a value that is not text."""
    return key.lower().translate(str.maketrans("", "", "_- ")) if isinstance(key, str) else ""


MEANS = ("latent_avg", "w_avg", "mean_latent", "latent_mean", "avg_latent", "dlatent_avg")  # names of the mean of W
