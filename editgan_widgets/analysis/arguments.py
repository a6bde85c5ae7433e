"""Arguments of measurements: functions that read pictures are tried on two portraits before anything is measured.

The forms of vectors, seeds, strengths and parts are in latent/directions/arguments.py.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from editgan_widgets.analysis.attributes import by_picture
from editgan_widgets.analysis.picture_functions import Network, Reader
from editgan_widgets.analysis.transfer import Read, picture_of
from editgan_widgets.latent.directions import arguments
from editgan_widgets.latent.directions.arguments import kind_of
from editgan_widgets.models.editgan import EditGAN

_MAKERS = {  # functions that return what an argument takes, and that are easily passed without calling them
    "attributes_of": "attributes_of(model)",
    "compared_attributes": "compared_attributes(model)",
    "default_attributes": "attributes_of(model)",
    "by_picture": "by_picture(smile=my_function)",
    "by_labels": "by_labels(model, {3: 1, 7: 0, …}, 'glasses')",
    "judged_parts": "judged_parts(model)",
    "dlib_identity": "dlib_identity()",
    "judges_of": "judges_of(model).identity",
}
_TRIED = (0, 1)  # seeds of the portraits on which functions are tried
_MISFIT = (
    AttributeError,
    TypeError,
    RuntimeError,
    LookupError,
    AssertionError,
)  # of a function that takes other things


def reader_of(read: Any, name: str = "read") -> Read:
    """A function of pictures: one as it is, the `read` of a judge, or functions of a picture by name.

    It is called without gradients, and its values are float arrays (picture_functions.py). Raises ValueError for
    anything else.
    """
    if isinstance(read, Reader):
        return read
    if isinstance(read, Mapping) and read and all(callable(function) for function in read.values()):
        return Reader(by_picture(**read))
    judge: Any = read
    if not isinstance(judge, type) and callable(getattr(judge, "read", None)):
        return Reader(judge.read)
    fits = "attributes of pictures: attributes_of(model), or by_picture(smile=my_function)"
    return Reader(_function(read, name, fits))


def network_of(given: Any, name: str) -> Network:
    """Return a function of pictures that gives a tensor [n, d] without gradients.

    Raises ValueError for anything else, such as `dlib_identity` without its call.
    """
    return given if isinstance(given, Network) else Network(function_of(given, name), name)


def identity_of(given: Any, name: str = "identity") -> Network:
    """Return a function of pictures that gives unit vectors. Errors as of `network_of`."""
    return given if isinstance(given, Network) and given.unit else Network(function_of(given, name), name, unit=True)


def function_of(given: Any, name: str) -> Callable[..., Any]:
    """Return a function as it is. Errors as of `network_of`."""
    return _function(given, name, "a function of pictures [n, 3, H, W], such as those of judges_of(model)")


def _function(given: Any, name: str, fits: str) -> Any:
    called = getattr(given, "__name__", None)
    if called in _MAKERS and str(getattr(given, "__module__", "")).startswith(__name__.partition(".")[0]):
        raise ValueError(f"{name} got {called} itself, which makes such a function; call it: {name}={_MAKERS[called]}")
    if callable(given):
        return given
    raise ValueError(f"{name} must be {fits}; got {kind_of(given)}")


def _attribute(given: Any, name: str) -> str:
    if isinstance(given, str):
        return given
    raise ValueError(f"{name} is the name of one attribute, such as 'smile'; got {kind_of(given)}")


checked = functools.partial(
    arguments.checked,
    read=reader_of,
    attribute=_attribute,
    identity=identity_of,
    features=network_of,
    truth=function_of,
    distance=function_of,
    should_stop=function_of,
)
"""`latent.directions.arguments.checked` with the checks of functions of pictures."""


def attributes_read(model: EditGAN, read: Read, needed: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of the attributes that `read` gives, from two portraits; before a long measurement.

    Raises ValueError if `read` does not fit: it fails, gives no numbers by name, or not one for each picture; and for a
    needed attribute that it does not give.
    """
    found = _tried(reader_of(read), tried_pictures(model), "read")
    if not found:
        raise ValueError("read returns no attributes; give a function of your own: by_picture(smile=my_function)")
    for name in needed:
        if name not in found:
            raise ValueError(f"unknown attribute {name!r}; known attributes: {', '.join(sorted(found))}")
    return tuple(found)


def try_network(model: EditGAN, function: Callable[[Tensor], Any], name: str) -> None:
    """Raise ValueError unless a function gives a vector for each of two pictures."""
    _tried(network_of(function, name), tried_pictures(model), name)


@torch.no_grad()
def tried_pictures(model: EditGAN) -> Tensor:
    """Two portraits `[2, 3, H, W]` in [-1, 1]."""
    return picture_of(model, torch.cat([model.sample_w_plus(seed) for seed in _TRIED]))


@torch.no_grad()
def _tried(function: Callable[[Tensor], Any], pictures: Tensor, name: str) -> Any:
    try:
        return function(pictures)
    except _MISFIT as error:
        raise ValueError(
            f"{name} fails on pictures {list(pictures.shape)} in [-1, 1]: {type(error).__name__}: {error}; "
            "by_picture(smile=my_function) makes a reader of a function of one picture"
        ) from error
