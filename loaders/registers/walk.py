"""Walking through JSON that may have another shape than its schema promises."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from tertius.loaders.registers.records import tidy

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object, empty for what is none."""
    return value if isinstance(value, dict) else _NOTHING


def entries(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list, empty for what is none."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def text(value: Mapping[str, Any], name: str) -> str:
    """Return a text of an object, on one line; nothing where there is none."""
    return tidy(value.get(name))
