"""Arguments as notebook users give them: converted where the meaning is clear, else refused with the next move.

`checked` wraps a public function. It checks each argument by its name before the function runs, so that a wrong one is
found before anything is computed. What has several forms (vectors, strengths, parts) has a function of its own here.
"""

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

from editgan_widgets.labels import LabelSet
from editgan_widgets.latent.directions.edit_vector import EditVector, EditVectorError, WrongModelError
from editgan_widgets.models.editgan import EditGAN
from editgan_widgets.models.seeds import SEED_SOURCES
from editgan_widgets.scalars import Flag, Real, Whole, is_flag, is_real, is_whole, plain, real, shown, whole

Vectors: TypeAlias = EditVector | Iterable[EditVector] | Mapping[str, EditVector]
"""One vector, several, a library by name, or a result that has vectors, such as that of `find_directions`."""

Strengths: TypeAlias = Real | Iterable[Real]
"""One scale of a vector, or several."""

Parts: TypeAlias = str | Whole | Iterable[str | Whole]
"""Names of labels or of groups of labels, or ids; one or several."""

Check: TypeAlias = Callable[[Any, str], Any]
"""Value and name of an argument -> the value that the function takes. Raises ValueError."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def checked(**checks: Check) -> Callable[[_Function], _Function]:
    """Decorate a function so that its arguments are checked before it runs.

    Args:
        checks: name of a parameter -> its check, beside the usual ones of `model`, `vector`, `seeds`, `strength` and
            others (_USUAL).

    A model and a vector in the wrong order are exchanged. None is passed on where it is the default.
    """

    def decorate(function: _Function) -> _Function:
        parameters = inspect.signature(function).parameters
        chosen = {name: check for name, check in {**_USUAL, **checks}.items() if name in parameters}
        signature = inspect.signature(function)

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError:
                return function(*args, **kwargs)  # raises Python's own error, with the function's name
            given = bound.arguments
            if isinstance(given.get("model"), EditVector) and isinstance(given.get("vector"), EditGAN):
                given["model"], given["vector"] = given["vector"], given["model"]
            for name, check in chosen.items():
                if name in given and not (given[name] is None and parameters[name].default is None):
                    given[name] = check(given[name], name)
            return function(*bound.args, **bound.kwargs)

        return call  # type: ignore[return-value]

    return decorate


def one_vector(given: Any, name: str = "vector") -> EditVector:
    """An EditVector, or that of a result such as a boundary. Raises EditVectorError for anything else."""
    if isinstance(given, EditVector):
        return given
    if isinstance(inner := getattr(given, "vector", None), EditVector):
        return inner
    said = f"{name} must be an EditVector; got {kind_of(given)}"
    if isinstance(given, str):
        file = given.endswith(".safetensors")
        raise EditVectorError(
            f"{said}; give {f'EditVector.load({given!r})' if file else f'load_vectors(model)[{given!r}]'}"
        )
    if isinstance(given, Mapping) and given:
        raise EditVectorError(f"{said}; choose one of {_some(given)}")
    if isinstance(given, (list, tuple)) and given:
        raise EditVectorError(f"{said}; give one of them")
    raise EditVectorError(
        f"{said}; load_vectors(model)['smile'], EditVector.load(path) or EditVector(name, delta) are some"
    )


def several_vectors(given: Any, name: str = "vectors") -> list[EditVector]:
    """Vectors as a list. Raises EditVectorError for none, and for anything that is no vector."""
    if isinstance(given, (EditVector, str)) or isinstance(getattr(given, "vector", None), EditVector):
        return [one_vector(given, name)]
    inner = getattr(given, "vectors", None)
    given = inner if isinstance(inner, (list, tuple)) else given
    if not isinstance(given, Iterable):
        raise EditVectorError(
            f"{name} must be EditVectors; got {kind_of(given)}; give one, a list, or load_vectors(model)"
        )
    found = [one_vector(one, f"each of {name}") for one in (given.values() if isinstance(given, Mapping) else given)]
    if not found:
        raise EditVectorError(f"{name}: no edit vector was given; give one, a list, or load_vectors(model)")
    return found


def of_one_model(vectors: Iterable[EditVector]) -> None:
    """Raise WrongModelError for vectors whose recipes name several models."""
    fingerprints = {vector.fingerprint: vector.name for vector in vectors if vector.fingerprint is not None}
    if len(fingerprints) > 1:
        made = " and ".join(f"{name!r} with {fingerprint}" for fingerprint, name in fingerprints.items())
        raise WrongModelError(f"the vectors were made with several models ({made}); take those of one model")


def portrait_seeds(seeds: Any, name: str = "seeds") -> list[int]:
    """Seeds as a list without repetitions: a portrait counts once. Raises ValueError for none, and for other values."""
    if is_whole(seeds):
        number = int(plain(seeds))
        raise ValueError(
            f"{name} are the seeds of portraits, several numbers; got {number}; give range({max(number, 1)}) for the "
            f"first {max(number, 1)} portraits, or [{number}] for that of seed {number}"
        )
    if isinstance(seeds, (str, bytes)) or not isinstance(seeds, Iterable):
        raise ValueError(f"{name} are the seeds of portraits, such as range(100) or [3, 7]; got {shown(seeds)}")
    chosen = list(dict.fromkeys(whole(seed, f"each of {name}", least=0, most=2**63 - 1) for seed in seeds))
    if not chosen:
        raise ValueError("no seeds were given; give some, such as range(100)")
    return chosen


def several_strengths(strengths: Any, name: str = "strengths") -> tuple[float, ...]:
    """Scales of a vector without repetitions, in the order given. Raises ValueError for none, and for other values."""
    if isinstance(strengths, (str, bytes)) or not (is_real(strengths) or isinstance(strengths, Iterable)):
        raise ValueError(f"{name} are scales of a vector, such as [0.5, 1]; got {shown(strengths)}")
    several = [strengths] if is_real(strengths) else list(strengths)
    if not several:
        raise ValueError(f"no {name} were given; 1 is a vector as it was made")
    return tuple(dict.fromkeys(one_strength(one, f"each of {name}") for one in several))


def one_strength(given: Any, name: str = "strength") -> float:
    """A finite number. Raises ValueError for anything else."""
    if not is_real(given) or not math.isfinite(number := real(given, name)):
        raise ValueError(f"{name} must be a finite number; got {shown(given)}")
    return number


def several_names(given: Any, name: str) -> tuple[str, ...]:
    """Names as a tuple; a single text is one name. Raises ValueError for none, and for other values."""
    several = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else None
    if several is None or not all(isinstance(one, str) for one in several):
        raise ValueError(f"{name} are names, one or several; got {shown(given)}")
    if not several:
        raise ValueError(f"no name was given in {name}; leave it out, or name some")
    return several


def part_ids(labels: LabelSet, parts: Any, name: str = "parts") -> tuple[int, ...]:
    """Ids of parts that are given by name, group or id. Raises UnknownLabelError for each that the set lacks."""
    return tuple(sorted({id for ids in ids_of_each(labels, parts, name) for id in ids}))


def ids_of_each(labels: LabelSet, parts: Any, name: str = "parts") -> list[tuple[int, ...]]:
    """For each of several parts its ids: one, or those of a group. Errors as of `part_ids`."""
    if isinstance(parts, str) or is_whole(parts):
        several = [parts]
    else:
        several = list(parts) if isinstance(parts, Iterable) else []
    if not several:
        raise ValueError(f"{name} are names or ids of parts, such as ['hair']; got {shown(parts)}")
    return [labels.resolve(one) for one in several]


def kind_of(given: Any) -> str:
    """A value as it is called in errors."""
    if isinstance(given, type) or (callable(given) and hasattr(given, "__name__")):
        return f"{given.__name__} itself"
    if given is None or isinstance(given, (str, bytes, int, float)):
        return shown(given)
    name = type(given).__name__
    count = f" of {len(given)}" if isinstance(given, (Mapping, list, tuple)) else ""
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}{count}"


def _some(names: Iterable[Any]) -> str:
    """The first names of a library."""
    known = list(names)
    return ", ".join(map(repr, known[:8])) + (" …" if len(known) > 8 else "")


def one_model(given: Any, name: str = "model") -> EditGAN:
    """An EditGAN. Raises ValueError for anything else."""
    if isinstance(given, EditGAN):
        return given
    advice = f"load_model({given!r})" if isinstance(given, str) else "load_model('portraits') returns one"
    raise ValueError(f"{name} must be an EditGAN; got {kind_of(given)}; {advice}")


def _random_seed(given: Any, name: str) -> int:
    return whole(given, name, least=0)


def _switch(given: Any, name: str) -> Flag:
    if is_flag(given) or is_real(given):
        return bool(plain(given))
    raise ValueError(f"{name} must be True or False; got {shown(given)}")


def _source(given: Any, name: str) -> str:
    if given not in SEED_SOURCES:
        raise ValueError(f"{name} is {' or '.join(map(repr, SEED_SOURCES))}; got {shown(given)}")
    return given


_USUAL: dict[str, Check] = {
    "model": one_model,
    "vector": one_vector,
    "seeds": portrait_seeds,
    "strength": one_strength,
    "scale": one_strength,
    "truncation_psi": one_strength,
    "seed": _random_seed,
    "progress": _switch,
    "seed_source": _source,
}
