"""Conversion of arrays of real numbers, given in various types, to a float32 tensor on the CPU."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

ArrayLike: TypeAlias = Tensor | np.ndarray | Sequence[Any]
"""A torch tensor, a numpy array, or a nested list or tuple of numbers, tensors and arrays."""


def float_tensor(value: Any, name: str) -> Tensor:
    """Copy an array of floating-point numbers into a float32 tensor on the CPU, detached from any graph.

    Args:
        value: a tensor or Parameter of any device, an array of any byte order and float type, or a nested list of
            numbers, tensors or arrays.
        name: name of the argument, for the error.

    Raises ValueError for other types, ragged lists, integer, Boolean or complex arrays, and for NaN or infinity.
    """
    tensor = _tensor(value, name)
    if not tensor.is_floating_point():
        raise ValueError(f"{name} is of {tensor.dtype}; give floating-point numbers, such as float32")
    tensor = tensor.detach().to("cpu", torch.float32).contiguous().clone()
    if not bool(tensor.isfinite().all()):
        raise ValueError(f"{name} contains nan or inf, or numbers beyond float32; give finite numbers")
    return tensor


def _tensor(value: Any, name: str) -> Tensor:
    if isinstance(value, Tensor):
        return value.to_dense() if value.layout != torch.strided else value
    if isinstance(value, np.ndarray):
        return _from_numpy(value, name)
    if isinstance(value, (list, tuple)):
        try:
            if any(isinstance(item, (Tensor, np.ndarray)) for item in value):
                return torch.stack([_tensor(item, name).detach().cpu().float() for item in value])
            return _from_numpy(np.array(_plain(value), np.float64), name)
        except (ValueError, TypeError, RuntimeError) as error:
            raise ValueError(
                f"{name} is a {type(value).__name__} that is not an array of numbers ({_first_line(error)}); "
                "give rows of one length"
            ) from error
    raise ValueError(
        f"{name} is of type {type(value).__name__}; give a torch.Tensor, a numpy array or a list of numbers"
    )


def _from_numpy(array: np.ndarray, name: str) -> Tensor:
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} is an array of {array.dtype}; give floating-point numbers, such as float32")
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):  # a number beyond float32 becomes inf, which is refused
            array = array.astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(array).reshape(array.shape))


def _plain(value: Any) -> Any:
    """Replace tensors in nested lists by arrays, because numpy would read their numbers one by one."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (Tensor, np.ndarray)):
        return np.asarray(_tensor(value, "it").detach().cpu().float())
    return value


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]
