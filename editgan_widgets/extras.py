"""Optional libraries: imported where they are needed, with an error that says how to install them."""

import importlib
from types import ModuleType


class MissingExtraError(ImportError):
    """An optional library is not installed; the message has the command that installs it."""


def scikit_learn(module: str) -> ModuleType:
    """Import a module of scikit-learn, for example "svm". Raises MissingExtraError, which says how to install it."""
    return _optional(f"sklearn.{module}", "this analysis needs scikit-learn: pip install 'editgan-widgets[analysis]'")


def distributed() -> ModuleType:
    """Import dask.distributed. Raises MissingExtraError, which says how to install it."""
    return _optional("distributed", "a cluster needs dask.distributed: pip install 'editgan-widgets[dask]'")


def _optional(module: str, advice: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise
        raise MissingExtraError(advice) from error
