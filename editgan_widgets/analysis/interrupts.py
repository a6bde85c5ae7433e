"""Ctrl+C ends a measurement early: what was measured so far is the result, and its n says how much that is."""

from collections.abc import Iterator, Sized
from contextlib import contextmanager


@contextmanager
def interruptible(measured: Sized, least: int = 1) -> Iterator[None]:
    """End the block at Ctrl+C.

    Args:
        measured: what the block adds its results to, each by one call, so that Ctrl+C leaves whole ones.
        least: results that are needed; KeyboardInterrupt is raised while there are fewer.
    """
    try:
        yield
    except KeyboardInterrupt:
        if len(measured) < least:
            raise
