"""Values of a pickle: tensors, arrays and plain data, and what stands for everything else.

The functions here do what the few known globals of a pickle would do; pickle_reader.py calls them by the table
BUILDERS. They check their arguments, which come from the file, and raise PickleRefusedError.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

LONGEST_NAME = 1000  # characters of a global, or of a key: comparing and copying long ones again and again takes hours
MOST_COPIED = 2**25  # elements of tensors that are not kept in a file as they are: repeated, negated or conjugated
_LARGEST_KEY = 2**60  # smaller integers have hashes of their own; larger ones can be chosen so that all collide
_MOST_AXES = 32  # maximum for an array


class PickleRefusedError(ValueError):
    """A pickle contains something that is not data, or is incomplete."""


@dataclass(frozen=True)
class StorageKind:
    """A torch storage class, as data: what its elements are."""

    dtype: torch.dtype


@dataclass(eq=False, repr=False)
class Opaque:
    """A class, function or object that is not plain data. It was neither built nor run; these attributes are all data.

    Attributes:
        name: full name of its class, or of the function that would have made it; at most 200 characters.
        state: the attributes that the file sets on it, as unpickling would pass to `__setstate__`; None without any.
        entries, elements: items that the file puts into it, if it is a kind of dict or list.
    """

    name: str
    state: Any = None
    entries: dict[Any, Any] = field(default_factory=dict)
    elements: list[Any] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<{self.name}, not built>"


@dataclass(frozen=True)
class Global:
    """A global that has a meaning here, by its full name; nothing was imported."""

    name: str


@dataclass(frozen=True)
class Storage:
    """A flat tensor that represents a torch storage."""

    flat: Tensor


@dataclass
class Dtype:
    """A numpy dtype under construction."""

    code: str
    order: str = "<"

    def build(self) -> np.dtype:
        """The dtype itself."""
        return np.dtype(self.code).newbyteorder(">" if self.order == ">" else "<")


@dataclass
class Array:
    """A numpy array under construction; its BUILD brings everything."""

    value: Any = None  # the array, or an Opaque where its elements are no numbers
    memo: int | None = None  # where the file remembers it


def finished(value: Any) -> Any:
    """Final value: arrays and dtypes under construction are completed."""
    if isinstance(value, Array):
        if value.value is None:
            raise PickleRefusedError("it holds an array without its data")
        return value.value
    if isinstance(value, Storage):
        return value.flat
    return Opaque(value.name) if isinstance(value, Global) else value


def pairs(items: Any) -> dict[Any, Any]:
    """A dict with plain keys, each quick to hash and to compare (see `_key`)."""
    return {_key(key): finished(value) for key, value in items}


def _key(key: Any) -> Any:
    """A key that takes little time; a nested or very long one becomes an Opaque, a very large integer its digits."""
    if isinstance(key, int) and abs(key) >= _LARGEST_KEY and key.bit_length() <= 64:
        return str(key)
    long = isinstance(key, (str, bytes)) and len(key) > LONGEST_NAME
    large = isinstance(key, int) and abs(key) >= _LARGEST_KEY
    plain = isinstance(key, (str, int, float, bytes, type(None), Opaque)) and not long and not large
    return key if plain else Opaque(type(key).__name__)


def checked_count(value: Any) -> int:
    """A number of elements, below 2**48."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**48:
        raise PickleRefusedError("it names a size that is not a number of elements")
    return value


def _ordered_dict(items: Any = ()) -> dict[Any, Any]:
    if isinstance(items, dict):
        return pairs(items.items())
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in items):
        raise PickleRefusedError("it builds a dict from values that are not pairs")
    return pairs(items)


def _tensor(
    storage: Any, offset: Any, size: Any, stride: Any, grad: Any = None, hooks: Any = None, metadata: Any = None
) -> Tensor:
    """torch._utils._rebuild_tensor and its second version: a view of a storage, which must hold all of its elements.

    `metadata` may say that the numbers are meant negated ("neg") or conjugated ("conj").
    """
    if not isinstance(storage, Storage):
        raise PickleRefusedError("it builds a tensor from a value that is not a storage")
    shape, steps = [checked_count(n) for n in size], [checked_count(n) for n in stride]
    if len(shape) != len(steps) or len(shape) > 16:
        raise PickleRefusedError("it builds a tensor whose shape and strides do not fit")
    numel = 1
    for n in shape:
        numel *= n
    last = checked_count(offset) + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
    if numel and (numel > max(len(storage.flat), MOST_COPIED) or last >= len(storage.flat)):
        raise PickleRefusedError(f"it builds a tensor of shape {tuple(shape)} of {len(storage.flat)} values")
    view = storage.flat.as_strided(shape, steps, offset)
    signs = {} if metadata is None else metadata
    if not isinstance(signs, dict) or any(
        not isinstance(x, bool) or (x and name not in ("neg", "conj")) for name, x in signs.items()
    ):
        raise PickleRefusedError(
            "it builds a tensor with properties other than 'neg' and 'conj'; save its numbers alone (tensor.clone())"
        )
    if (signs.get("conj") and not view.is_complex()) or (signs.get("neg") and view.dtype == torch.bool):
        raise PickleRefusedError(f"it negates or conjugates a tensor of {view.dtype}")
    view = view.conj() if signs.get("conj") else view
    return torch._neg_view(view) if signs.get("neg") else view  # type: ignore[reportPrivateImportUsage]


def _parameter(tensor: Any, *_: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise PickleRefusedError("it builds a parameter from a value that is not a tensor")
    return tensor


def array_of(data: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    """An array of numbers, in native byte order, from its bytes."""
    if not isinstance(data, bytes) or not isinstance(dtype, Dtype):
        raise PickleRefusedError("it builds an array from values that are not bytes or numbers")
    kind, shape = dtype.build(), tuple(checked_count(n) for n in (shape if isinstance(shape, tuple) else (shape,)))
    if order not in ("C", "F"):
        raise PickleRefusedError("it builds an array in an unknown order")
    array = np.frombuffer(data, kind).reshape(shape, order=order)
    return array.astype(kind.newbyteorder("="))


def objects_of(data: list, shape: tuple, order: Literal["C", "F"]) -> Any:
    """Content of an array of Python objects: the object of an array without axes, else nested lists of objects."""
    if math.prod(checked_count(n) for n in shape) != len(data) or len(shape) > _MOST_AXES:
        raise PickleRefusedError(f"it holds an array of {len(data)} objects that is not of its shape")
    if len(shape) < 2:
        return data if shape else data[0]
    places = np.arange(len(data)).reshape(shape, order=order)

    def nested(part: np.ndarray) -> Any:
        return [nested(inner) for inner in part] if part.ndim > 1 else [data[i] for i in part]

    return nested(places)


def _scalar(dtype: Any, data: Any) -> float | int:
    return array_of(data, dtype, (), "C").item()


def _dtype(code: Any, *_: Any) -> Dtype | Opaque:
    if not isinstance(code, str) or not re.fullmatch(r"[biu][1248]|f[248]", code):
        return Opaque("numpy.dtype")  # a dtype of text, times, records or Python objects
    return Dtype(code)


def _persistent_object(meta: Any) -> Opaque:
    if not isinstance(meta, dict) or not isinstance(meta.get("state"), dict):
        raise PickleRefusedError("it holds an object without its state")
    name = meta.get("class_name", "")
    return Opaque(name[:200] if isinstance(name, str) else "", meta["state"])


def _encoded(text: Any, encoding: Any = "latin1") -> bytes:
    """_codecs.encode: how protocols below 3 write bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise PickleRefusedError("it builds bytes from a value that is not text")
    return text.encode("latin1")


STORAGES = {
    f"torch.{name}Storage": dtype
    for name, dtype in {
        "Float": torch.float32,
        "Double": torch.float64,
        "Half": torch.float16,
        "BFloat16": torch.bfloat16,
        "Long": torch.int64,
        "Int": torch.int32,
        "Short": torch.int16,
        "Char": torch.int8,
        "Byte": torch.uint8,
        "Bool": torch.bool,
        "ComplexFloat": torch.complex64,
        "ComplexDouble": torch.complex128,
    }.items()
}
DTYPES = {str(x): x for x in STORAGES.values()}
_NUMPY = ("numpy.core", "numpy._core")
OF_A_CLASS = {"copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__"}
OF_A_TENSOR = {"torch._tensor._rebuild_from_type", "torch._tensor._rebuild_from_type_v2"}
TENSORS = {f"torch._utils._rebuild_{kind}" for kind in ("tensor", "tensor_v2", "parameter", "parameter_with_state")}
ANY = {
    "collections.defaultdict",
    "torch.device",
    "builtins.set",
    "builtins.list",
    "__builtin__.set",
    "numpy.ndarray",
} | {"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"}  # builders that take any argument
BUILDERS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _ordered_dict,
    "dnnlib.util.EasyDict": _ordered_dict,
    "builtins.dict": _ordered_dict,
    "collections.defaultdict": lambda *_: {},  # its items follow
    "builtins.set": lambda items=(): list(items),
    "builtins.list": lambda items=(): list(items),
    "__builtin__.set": lambda items=(): list(items),
    "_codecs.encode": _encoded,
    "torch.Size": lambda size=(): tuple(size),
    "torch.device": lambda *name: None,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch_utils.persistence._reconstruct_persistent_obj": _persistent_object,
    "numpy.ndarray": lambda *_: Array(),
    "numpy.dtype": _dtype,
    **{f"{core}.multiarray._reconstruct": lambda *_: Array() for core in _NUMPY},
    **{f"{core}.multiarray.scalar": _scalar for core in _NUMPY},
    **{f"{core}.numeric._frombuffer": array_of for core in _NUMPY},
}
