"""Types of commands' fields that several widgets share."""

from typing import Annotated

from msgspec import Meta

LIMIT = 4.0  # maximum absolute strength of a vector

Seed = Annotated[int, Meta(ge=0, le=2**53, description="is a whole number from 0 up")]
Strength = Annotated[float, Meta(ge=-LIMIT, le=LIMIT, description="is a number from -4 to 4")]
