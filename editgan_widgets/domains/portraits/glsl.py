"""Run shaders on numpy arrays: an interpreter for the subset of GLSL 3.30 that the portraits' shaders use.

The syntax tree of a shader is walked once for all vertices or fragments together. A scalar is an array [n], a vector
an array [components, n]; uniform values have n = 1. If fragments diverge in an `if`, both branches are computed, and a
mask selects the lanes whose variables change. Numbers are float32 and int32, as on a GPU.
"""

from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .glsl_tree import TYPES, GLSLError, Node, Tree, parse

Array = np.ndarray
_NO_FRAGMENT = np.zeros(1, bool)


@dataclass(frozen=True)
class Texture:
    """Texels [c, h, w], row 0 at the bottom; nearest texel with clamping, or linear interpolation with repetition."""

    texels: Array
    interpolated: bool = False

    def size(self, _level: Array) -> Array:
        """Width and height, an ivec2."""
        return np.array(self.texels.shape[:0:-1], np.int32)[:, None]

    def fetch(self, at: Array, _level: Array) -> Array:
        """Texels [c, n] at integer coordinates (column, row)."""
        _, height, width = self.texels.shape
        return self.texels[:, np.clip(at[1], 0, height - 1), np.clip(at[0], 0, width - 1)]

    def sample(self, uv: Array) -> Array:
        """Texels [c, n] at coordinates in 0 to 1."""
        _, height, width = self.texels.shape
        x, y = uv[0] * width, uv[1] * height
        if not self.interpolated:
            return self.fetch(np.stack([np.floor(x), np.floor(y)]).astype(np.int32), _NO_FRAGMENT)
        left, below = np.floor(x - 0.5), np.floor(y - 0.5)
        across, up = x - 0.5 - left, y - 0.5 - below
        i, j = left.astype(np.int32) % width, below.astype(np.int32) % height
        right, above = (i + 1) % width, (j + 1) % height
        lower = self.texels[:, j, i] * (1 - across) + self.texels[:, j, right] * across
        upper = self.texels[:, above, i] * (1 - across) + self.texels[:, above, right] * across
        return lower * (1 - up) + upper * up


# Built-in functions


def _dot(a: Array, b: Array) -> Array:
    return (a * b).sum(0) if a.ndim == 2 else a * b


def _length(a: Array) -> Array:
    return np.sqrt(_dot(a, a))


def _smoothstep(low: Array, high: Array, x: Array) -> Array:
    t = np.minimum(np.maximum((x - low) / (high - low), 0), 1)
    return t * t * (3 - 2 * t)


def _cross(a: Array, b: Array) -> Array:
    return np.stack(np.broadcast_arrays(*(a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1)))))


_BUILTINS: dict[str, Callable[..., Array]] = {
    **{"abs": np.abs, "sign": np.sign, "sqrt": np.sqrt, "pow": np.power, "degrees": np.degrees},
    **{"sin": np.sin, "cos": np.cos, "acos": np.arccos, "min": np.minimum, "max": np.maximum},
    **{"dot": _dot, "length": _length, "cross": _cross, "smoothstep": _smoothstep},
    "atan": lambda y, x=None: np.arctan(y) if x is None else np.arctan2(y, x),
    "clamp": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "fract": lambda x: x - np.floor(x),
    "mix": lambda a, b, t: a * (1 - t) + b * t,
    "normalize": lambda a: a / _length(a),
    "step": lambda edge, x: (x >= edge).astype(np.float32),
}
_ON_INTEGERS = ("abs", "min", "max", "clamp")
_ON_TEXTURES = {"texture": Texture.sample, "texelFetch": Texture.fetch, "textureSize": Texture.size}

_OPERATORS: dict[str, Callable[[Array, Array], Array]] = {
    **{"||": np.logical_or, "&&": np.logical_and, "|": np.bitwise_or, "&": np.bitwise_and},
    **{"==": np.equal, "!=": np.not_equal, "<": np.less, ">": np.greater, "<=": np.less_equal, ">=": np.greater_equal},
    **{"<<": np.left_shift, ">>": np.right_shift, "+": np.add, "-": np.subtract, "*": np.multiply, "%": np.fmod},
    "/": lambda a, b: a / b if a.dtype == np.float32 else (a / b).astype(np.int32),
}
_COMPARISONS = frozenset(("||", "&&", "==", "!=", "<", ">", "<=", ">="))


# Running


class Shader:
    """A shader that runs on arrays. Raises GLSLError for unsupported source."""

    def __init__(self, source: str, name: str = "shader"):
        self.tree = parse(source, name)

    def run(self, count: int, given: Mapping[str, Any]) -> tuple[dict[str, Array], Array]:
        """Run `main` for `count` vertices or fragments.

        Args:
            count: n, the number of vertices or fragments.
            given: inputs [n] or [components, n], uniforms as numbers or tuples, textures, and gl_ variables, by name.

        Returns:
            All outputs and gl_Position by name, [components, n] or [n]; and a mask [n] of the fragments not discarded.

        Raises GLSLError for unsupported constructs and missing inputs.
        """
        with np.errstate(all="ignore"):  # lanes outside a mask may divide by zero
            return _Run(self.tree, count, given).outputs()


class _Run:
    def __init__(self, tree: Tree, count: int, given: Mapping[str, Any]):
        self.tree, self.count = tree, count
        self.kept, self.returned = np.ones(count, bool), list[Array | None]()
        self.known: dict[str, Any] = {name: value for name, value in given.items() if name.startswith("gl_")}
        for name, type_name in (tree.uniforms | tree.inputs).items():
            if name not in given:
                raise GLSLError(f"{tree.name}: {type_name} {name!r} was not given")
            self.known[name] = given[name] if type_name == "sampler2D" else _value(type_name, given[name])
        for name, type_name in tree.outputs.items():
            self.known[name] = _zero(type_name)
        self.known.setdefault("gl_Position", _zero("vec4"))
        self.scope: ChainMap[str, Any] = ChainMap(self.known)

    def outputs(self) -> tuple[dict[str, Array], Array]:
        all_fragments = np.ones(1, bool)
        for constant in self.tree.constants:
            self.run(constant, all_fragments)
        self.call("main", [], all_fragments)
        names = (*self.tree.outputs, "gl_Position")
        return {name: np.broadcast_to(v := self.known[name], (*v.shape[:-1], self.count)) for name in names}, self.kept

    def run(self, node: Node, mask: Array) -> Array:
        """Execute a statement for the lanes of the mask; return the lanes that continue with the next statement."""
        try:
            after = getattr(self, f"_{node.kind}")(mask, *node.parts)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            if isinstance(error, GLSLError):
                raise
            self.tree.refuse(node.line, str(error))
        return mask if after is None else after

    def value(self, node: Node, mask: Array) -> Any:
        return getattr(self, f"_{node.kind}")(mask, *node.parts)

    def call(self, name: str, arguments: list[Any], mask: Array) -> Array | None:
        result, parameters, body = self.tree.functions[name]
        if len(parameters) != len(arguments):
            raise TypeError(f"{name} takes {len(parameters)} arguments, not {len(arguments)}")
        outside = self.scope
        self.scope = ChainMap({p: _cast(t, a) for (t, p), a in zip(parameters, arguments, strict=True)}, self.known)
        self.returned.append(None)
        self.run(body, mask)
        self.scope, value = outside, self.returned.pop()
        return None if value is None else _cast(result, value)

    # statements

    def _block(self, mask: Array, inside: list[Node]) -> Array:
        self.scope = self.scope.new_child()
        for statement in inside:
            mask = self.run(statement, mask)
            if not mask.any():
                break
        self.scope = self.scope.parents
        return mask

    def _declare(self, mask: Array, type_name: str, variables: list[tuple[str, int | None, Node | None]]) -> None:
        for name, length, first in variables:
            value = _zero(type_name) if first is None else _cast(type_name, self.value(first, mask))
            self.scope[name] = value if length is None else [value] * length

    def _assign(self, mask: Array, target: Node, value: Node) -> None:
        self.store(target, self.value(value, mask), mask)

    def store(self, target: Node, new: Array, mask: Array) -> None:
        if target.kind == "name":
            scope = self.home(*target.parts)
            scope[target.parts[0]] = _chosen(mask, new, scope[target.parts[0]])
        elif target.kind == "index":
            items, at = self.value(target.parts[0], mask), self.the_same(target.parts[1], mask)
            if not isinstance(items, list):
                raise TypeError("only items of an array can be assigned by index")
            items[at] = _chosen(mask, new, items[at])
        elif target.kind == "swizzle":
            rows, places = list(self.value(target.parts[0], mask)), _places(target.parts[1])
            for row, place in enumerate(places):
                rows[place] = _chosen(mask, new if len(places) == 1 else new[row], rows[place])
            self.store(target.parts[0], np.stack(np.broadcast_arrays(*rows)), mask)
        else:
            raise TypeError("cannot assign to this expression")

    def _evaluate(self, mask: Array, node: Node) -> None:
        self.value(node, mask)

    def _if(self, mask: Array, condition: Node, then: Node, otherwise: Node | None) -> Array:
        chosen = self.value(condition, mask)
        yes, no = mask & chosen, mask & ~chosen
        if yes.any():
            yes = self.run(then, yes)
        if otherwise is not None and no.any():
            no = self.run(otherwise, no)
        return yes | no

    def _for(self, mask: Array, first: Node, condition: Node, step: Node, body: Node) -> Array:
        self.scope = self.scope.new_child()
        self.run(first, mask)
        while mask.any() and self.the_same(condition, mask):
            mask = self.run(body, mask)
            self.run(step, np.ones(1, bool))
        self.scope = self.scope.parents
        return mask

    def _return(self, mask: Array, result: Node | None) -> Array:
        if result is not None:
            value, before = self.value(result, mask), self.returned[-1]
            self.returned[-1] = value if before is None else np.where(mask, value, before)
        return _NO_FRAGMENT

    def _discard(self, mask: Array) -> Array:
        self.kept &= ~mask
        return _NO_FRAGMENT

    # expressions

    def home(self, name: str) -> Any:
        scope = next((scope for scope in self.scope.maps if name in scope), None)
        if scope is None:
            raise TypeError(f"{name!r} is not declared")
        return scope

    def the_same(self, node: Node, mask: Array) -> int:
        """Value of an expression that must be the same in all lanes."""
        value = self.value(node, mask)
        if value.size != 1:
            raise TypeError("a loop bound or an index must be the same for all fragments")
        return int(value[0])

    def _number(self, _: Array, value: Array) -> Array:
        return value

    def _name(self, _: Array, name: str) -> Any:
        return self.home(name)[name]

    def _unary(self, mask: Array, sign: str, inner: Node) -> Array:
        value = self.value(inner, mask)
        return {"-": np.negative, "!": np.logical_not, "+": np.positive}[sign](value)

    def _binary(self, mask: Array, sign: str, left: Node, right: Node) -> Array:
        a, b = _one_kind(self.value(left, mask), self.value(right, mask))
        if sign in _COMPARISONS and a.ndim + b.ndim > 2:
            raise TypeError(f"{sign!r} compares numbers, not vectors")
        return _OPERATORS[sign](a, b)

    def _choice(self, mask: Array, condition: Node, yes: Node, no: Node) -> Array:
        chosen = self.value(condition, mask)
        return np.where(chosen, *_one_kind(self.value(yes, mask), self.value(no, mask)))

    def _index(self, mask: Array, items: Node, at: Node) -> Array:
        value = self.value(items, mask)
        if not isinstance(value, list) and value.ndim != 2:
            raise TypeError("a scalar has no items")
        return value[self.the_same(at, mask)]

    def _swizzle(self, mask: Array, inner: Node, letters: str) -> Array:
        value, places = self.value(inner, mask), _places(letters)
        if value.ndim != 2:
            raise TypeError(f"a scalar has no component {letters!r}")
        return value[places[0]] if len(places) == 1 else value[places]

    def _call(self, mask: Array, name: str, parts: list[Node]) -> Any:
        arguments = [self.value(part, mask) for part in parts]
        if name in TYPES:
            return _constructed(name, arguments)
        if name in self.tree.functions:
            return self.call(name, arguments, mask)
        if name in _ON_TEXTURES:
            return _ON_TEXTURES[name](*arguments)
        if name not in _BUILTINS:
            raise TypeError(f"unknown function {name!r}")
        if name not in _ON_INTEGERS or any(a.dtype == np.float32 for a in arguments):
            arguments = [a.astype(np.float32, copy=False) for a in arguments]
        return _BUILTINS[name](*arguments)


def _zero(type_name: str) -> Array:
    components, kind = TYPES[type_name]
    return np.zeros((components, 1) if components > 1 else 1, kind)


def _value(type_name: str, given: Any) -> Array:
    """Convert a uniform or an input to the shader's type."""
    components, kind = TYPES[type_name]
    value = np.asarray(given, kind)
    return _cast(type_name, value[..., None] if value.ndim == (components > 1) else value)


def _cast(type_name: str, value: Array) -> Array:
    components, kind = TYPES[type_name]
    if value.shape[:-1] != ((components,) if components > 1 else ()):
        raise TypeError(f"{type_name} cannot take {value.shape[0] if value.ndim == 2 else 1} component(s)")
    return value.astype(kind, copy=False)


def _constructed(type_name: str, arguments: list[Array]) -> Array:
    components, kind = TYPES[type_name]
    rows = [row for a in arguments for row in (a if a.ndim == 2 else [a])]
    rows = rows * components if len(rows) == 1 else rows
    if len(rows) < components:
        raise TypeError(f"{type_name} needs {components} components, not {len(rows)}")
    if components == 1:
        return rows[0].astype(kind, copy=False)
    return np.stack(np.broadcast_arrays(*rows[:components])).astype(kind, copy=False)


def _chosen(mask: Array, new: Array, old: Array) -> Array:
    """New values in the lanes of the mask, old values elsewhere."""
    if new.shape[:-1] != old.shape[:-1]:
        raise TypeError(f"{new.shape[:-1] or 1} component(s) are assigned to {old.shape[:-1] or 1}")
    new = new.astype(old.dtype, copy=False)
    return new if mask.all() else np.where(mask, new, old)


def _one_kind(a: Array, b: Array) -> tuple[Array, Array]:
    if a.dtype == b.dtype:
        return a, b
    return a.astype(np.float32, copy=False), b.astype(np.float32, copy=False)


def _places(letters: str) -> list[int]:
    names = "xyzw" if letters[0] in "xyzw" else "rgba"
    if not set(letters) <= set(names):
        raise TypeError(f"unknown component {letters!r}")
    return [names.index(letter) for letter in letters]
