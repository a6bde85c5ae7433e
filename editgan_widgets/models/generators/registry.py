"""Registry of the kinds of generators: a file names the kind, and the class of that kind builds the generator.

`register` adds a kind of your own; the package's own ones are imported when they are first needed.
"""

import importlib
from collections.abc import Mapping
from typing import Any

from editgan_widgets.models.generators.protocol import Generator, GeneratorModule
from editgan_widgets.scalars import shown

_SHIPPED = {"stylegan2": ("editgan_widgets.models.generators.stylegan2", "StyleGAN2")}  # kind -> module, class
_WITHOUT_KIND = "stylegan2"  # kind of the generators in files that name none
_registered: dict[str, type[GeneratorModule]] = {}


def register(made: type[GeneratorModule]) -> type[GeneratorModule]:
    """Add a class by its `kind`; usable as a decorator.

    Raises ValueError for anything but a subclass of GeneratorModule with `from_config`, and for no kind or another
    class's.
    """
    if not isinstance(made, type) or not issubclass(made, GeneratorModule):
        raise ValueError(f"a generator's class must be a subclass of GeneratorModule; got {shown(made)}")
    kind = getattr(made, "kind", None)
    if not isinstance(kind, str) or not kind:
        raise ValueError(f"the class {made.__name__} needs an attribute kind, a text; got {shown(kind)}")
    known = _registered.get(made.kind)
    if made.kind in _SHIPPED or (known is not None and known is not made):
        raise ValueError(f"there is a generator of kind {made.kind!r} already; choose another kind")
    if made.from_config.__func__ is GeneratorModule.from_config.__func__:
        raise ValueError(f"the class {made.__name__} needs a class method from_config that builds it from its sizes")
    _registered[made.kind] = made
    return made


def generator_kinds() -> tuple[str, ...]:
    """Names of all known kinds."""
    return (*_SHIPPED, *_registered)


def build_generator(config: Mapping[str, Any]) -> Generator:
    """Build a generator with fresh weights from what its `config.to_dict` gave; no kind means "stylegan2".

    Raises ValueError for an unknown kind, and ValueError or TypeError for sizes that the kind does not take.
    """
    if not isinstance(config, Mapping):
        raise ValueError(f"a generator's config must be a mapping, as config.to_dict gives it; got {shown(config)}")
    kind = config.get("kind", _WITHOUT_KIND)
    if not isinstance(kind, str):
        raise ValueError(f"the kind of a generator is a text, such as {_WITHOUT_KIND!r}; got {shown(kind)}")
    if kind in _registered:
        made = _registered[kind]
    elif kind in _SHIPPED:
        module, name = _SHIPPED[kind]
        made = getattr(importlib.import_module(module), name)
    else:
        raise ValueError(
            f"the generator is of kind {kind!r}, which this installation does not know; it knows "
            f"{', '.join(generator_kinds())}. Register its class first (models.generators.registry.register)"
        )
    return made.from_config(config)
