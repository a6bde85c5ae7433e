"""Registry of domains, and the lookup of a model's domain and of label sets by name.

`register` adds a domain. The package's own domains are imported when they are first looked up.
"""

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import torch

from editgan_widgets.domains.domain import Domain, Judges
from editgan_widgets.label_sets import LABEL_SETS
from editgan_widgets.labels import LabelSet
from editgan_widgets.scalars import shown

_SHIPPED = {"portraits": "editgan_widgets.domains.portraits.domain"}  # name -> module with a DOMAIN
_registered: dict[str, Domain] = {}


def register(domain: Domain) -> None:
    """Add a domain. Raises ValueError if the name is taken, or for anything but a Domain."""
    if not isinstance(domain, Domain):
        raise ValueError(f"register takes a Domain, such as Domain('cars', (labels,)); got {shown(domain)}")
    if domain.name in domain_names() and _registered.get(domain.name) != domain:
        raise ValueError(f"a domain named {domain.name!r} is registered already; choose another name")
    _registered[domain.name] = domain


def domain_names() -> tuple[str, ...]:
    """Names of all registered domains."""
    return tuple(dict.fromkeys((*_SHIPPED, *_registered)))


def domain(name: str) -> Domain:
    """Return the domain of that name. Raises ValueError that lists the known names."""
    if name in _registered:
        return _registered[name]
    if name in _SHIPPED:
        return importlib.import_module(_SHIPPED[name]).DOMAIN
    raise ValueError(f"unknown domain {name!r}; known domains: {', '.join(domain_names())}")


def domain_of(model: Any) -> Domain | None:
    """Return the domain of an EditGAN, or None if it belongs to no registered domain.

    It is the domain named in the model's metadata (`metadata["domain"]`), or else the one that has its label set.
    """
    named = getattr(model, "metadata", {}).get("domain")
    if named is not None:
        return domain(named) if named in domain_names() else None
    known = (domain(name) for name in domain_names())
    return next((found for found in known if model.labels in found.label_sets), None)


def find_label_set(name: str) -> LabelSet:
    """Return the label set of that name: one of the public releases (label_sets.py) or of a registered domain.

    Raises ValueError that lists the known names.
    """
    of_domains = (labels for found in domain_names() for labels in domain(found).label_sets)
    known = {**LABEL_SETS, **{labels.name: labels for labels in of_domains}}
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"unknown label set {shown(name)}; known label sets: {', '.join(known)}")
    return known[name]


def palettes_for(model: Any, labels: LabelSet) -> dict[str, Mapping[str, str]]:
    """Further palettes of a model's labels: those of its domain, or of any domain that has its parts if it has none."""
    found = domain_of(model)
    domains = [found] if found is not None else [domain(name) for name in domain_names()]
    palettes = {name: colours for one in domains for name, colours in one.palettes.items()}
    return {name: colours for name, colours in palettes.items() if all(label.name in colours for label in labels)}


def judges_of(model: Any) -> Judges:
    """Return the judges of a model's domain on the model's device; all None if the domain has no judges.

    They are loaded once per device and shared: do not modify or move them.
    """
    found = domain_of(model)
    return Judges() if found is None or found.load_judges is None else _judges(found, model.device)


@cache
def _judges(found: Domain, device: torch.device) -> Judges:
    assert found.load_judges is not None
    return found.load_judges(device)
