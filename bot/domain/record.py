"""The decorator for every record of the domain."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[T]) -> type[T]:
    """Make `cls` an immutable record with keyword arguments only and without a `__dict__`."""
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)
