"""Optional libraries: imported where they are needed, with an error that says how to install them."""

import importlib
from types import ModuleType


def scikit_learn(module: str) -> ModuleType:
    """Import a module of scikit-learn, for example "svm". Raises ImportError with the command that installs it."""
    try:
        return importlib.import_module(f"sklearn.{module}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != "sklearn":
            raise
        raise ImportError("this analysis needs scikit-learn: pip install 'editgan-widgets[analysis]'") from error
