"""Describe a mismatch of a network's tensors in one sentence: missing ones, wrong shapes, unknown ones."""

from collections.abc import Collection, Mapping, Sequence

_NAMED = 3  # tensors of each kind; the rest is counted

Shape = Sequence[int]


def misfit(
    needed: Mapping[str, Shape], given: Mapping[str, Shape], what: str, optional: Collection[str] = ()
) -> str | None:
    """Compare tensors with those of a network, by names and shapes; None if all fit.

    Args:
        needed: shapes of the network's tensors, in its order.
        given: shapes of the given tensors.
        what: the network, as in "no StyleGAN2 generator has".
        optional: names that may be missing.
    """
    missing = [name for name in needed if name not in given and name not in optional]
    wrong = [name for name, shape in needed.items() if name in given and tuple(given[name]) != tuple(shape)]
    shapes = [f"{name} is {_shape(given[name])} and {_shape(needed[name])} fits" for name in wrong]
    unknown = [name for name in given if name not in needed]
    said = []
    if missing:
        said.append(f"{len(missing)} of {len(needed)} {_is(missing)} missing: {listed(missing)}")
    if wrong:
        said.append(f"{len(wrong)} {_has(wrong)} another shape than the others ask for: {listed(shapes)}")
    if unknown:
        said.append(f"{len(unknown)} {_is(unknown)} there that no {what} has: {listed(unknown)}")
    return "; ".join(said) or None


def missing_and_unknown(needed: Collection[str], given: Collection[str], what: str) -> str | None:
    """Like `misfit`, by names only."""
    return misfit(dict.fromkeys(needed, ()), dict.fromkeys(given, ()), what)


def listed(names: Sequence[str]) -> str:
    """The first three of several, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _shape(shape: Shape) -> str:
    return "x".join(map(str, shape)) if shape else "a single number"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _has(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"
