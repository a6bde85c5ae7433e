"""Snapshots: the state of a document that the browser shows. Only differences from the last snapshot are sent."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from editgan_widgets.widgets.core import encoding


class Encoded:
    """Arrays encoded for the browser. An array is encoded again only after it has changed."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[np.ndarray, bytes]] = {}

    def still(self, name: str, pixels: np.ndarray) -> bytes:
        """Encode a picture, uint8 `[H, W, 3]`."""
        return self._once(name, pixels, encoding.still)

    def frame(self, name: str, pixels: np.ndarray) -> bytes:
        """Encode a picture that is shown small, uint8 `[H, W, 3]`, as a JPEG."""
        return self._once(name, pixels, encoding.jpeg)

    def packed(self, name: str, array: np.ndarray | None) -> bytes:
        """Encode a label map or a mask `[H, W]`. Returns b"" for None and for an empty mask."""
        if array is None or (array.dtype == bool and not array.any()):
            return b""
        return self._once(name, array, encoding.packed)

    def _once(self, name: str, array: np.ndarray, encode: Callable[[np.ndarray], bytes]) -> bytes:
        known = self._known.get(name)
        if known is None or not (known[0] is array or np.array_equal(known[0], array)):
            known = array, encode(array)
            self._known[name] = known
        return known[1]


def differences(new: Mapping[str, Any], last: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the traits whose values differ from those of the last snapshot; all of them if there is none."""
    return {name: value for name, value in new.items() if last is None or name not in last or last[name] != value}
