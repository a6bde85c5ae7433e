"""The known domains, and the one that a model belongs to.

`register` adds a domain of your own; the package's own ones are imported when they are first looked up.
"""

import importlib
from functools import cache
from typing import Any

import torch

from editgan_widgets.domains.domain import Domain, Judges

_SHIPPED = {"portraits": "editgan_widgets.domains.portraits.domain"}  # name -> module with a DOMAIN
_registered: dict[str, Domain] = {}


def register(domain: Domain) -> None:
    """Add a domain. Raises ValueError where another one has its name."""
    if domain.name in domain_names() and _registered.get(domain.name) != domain:
        raise ValueError(f"there is a domain {domain.name!r} already; choose another name")
    _registered[domain.name] = domain


def domain_names() -> tuple[str, ...]:
    """Names of all known domains."""
    return tuple(dict.fromkeys((*_SHIPPED, *_registered)))


def domain(name: str) -> Domain:
    """Give a domain by name. Raises ValueError that lists the names."""
    if name in _registered:
        return _registered[name]
    if name in _SHIPPED:
        return importlib.import_module(_SHIPPED[name]).DOMAIN
    raise ValueError(f"there is no domain {name!r}; there are {', '.join(domain_names())}")


def domain_of(model: Any) -> Domain | None:
    """Give the domain of an EditGAN; None where it belongs to none that is known.

    The model's metadata name it (`metadata["domain"]`); else it is the domain that has the model's label set.
    """
    named = getattr(model, "metadata", {}).get("domain")
    if named is not None:
        return domain(named) if named in domain_names() else None
    known = (domain(name) for name in domain_names())
    return next((found for found in known if model.labels in found.label_sets), None)


def judges_of(model: Any) -> Judges:
    """Give the judges of a model's domain, on the model's device; none of them where the domain has no judges.

    They are loaded once for each device, and shared: do not change or move them.
    """
    found = domain_of(model)
    return Judges() if found is None or found.load_judges is None else _judges(found, model.device)


@cache
def _judges(found: Domain, device: torch.device) -> Judges:
    assert found.load_judges is not None
    return found.load_judges(device)
