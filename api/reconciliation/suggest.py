"""Suggestions while somebody types: organisations, types and properties whose names begin so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

from tertius.api.identity import normalised
from tertius.api.parameters import KEY_PATTERN
from tertius.api.reconciliation.candidates import description
from tertius.api.reconciliation.kinds import Kind, kinds, of_organization
from tertius.api.reconciliation.properties import Property, properties
from tertius.api.services import Services, View
from tertius.ontology import concepts
from tertius.ontology.identifiers import SCHEME

PER_PAGE: Final = 10
MOST_SKIPPED: Final = 990
_KEY: Final = re.compile(KEY_PATTERN)
_WORD: Final = re.compile(r"[\s\-_]+")

T = TypeVar("T", Kind, Property)


def entities(services: Services, view: View, prefix: str, cursor: int, limit: int) -> list[dict[str, Any]]:
    """Suggest organisations by the beginnings of words of their names, by key and by identifier.

    Args:
        services: What answers.
        view: The snapshot.
        prefix: What was typed so far.
        cursor: How many suggestions to skip.
        limit: Most suggestions.
    """
    keys = (
        list(_outright(view, prefix))
        or view.directory.list_organizations(q=prefix, limit=cursor + limit).keys
    )
    known = view.directory.organizations(keys)
    every = kinds(services, view)
    return [
        {
            "id": one.key,
            "name": one.name,
            "description": description(one),
            "notable": of_organization(every, one.circles.type),
        }
        for key in keys[cursor : cursor + limit]
        if (one := known.get(key)) is not None
    ]


def types(services: Services, view: View, prefix: str, cursor: int, limit: int) -> list[dict[str, Any]]:
    """Suggest types by the beginnings of words of their ids and names."""
    found = _beginning(prefix, kinds(services, view).values())
    return [one.as_json() for one in found[cursor : cursor + limit]]


def some_properties(prefix: str, cursor: int, limit: int) -> list[dict[str, Any]]:
    """Suggest properties by the beginnings of words of their ids and names."""
    found = _beginning(prefix, properties().values())
    return [dict(one.brief()) for one in found[cursor : cursor + limit]]


def _outright(view: View, prefix: str) -> Sequence[str]:
    text = prefix.strip()
    if _KEY.fullmatch(text):
        key = view.directory.canonical(text)
        return () if key is None else (key,)
    scheme, colon, value = text.partition(":")
    if colon and scheme.lower() in concepts(SCHEME):
        return view.directory.by_identifier(*normalised(scheme, value.strip()))
    return ()


def _beginning(prefix: str, among: Iterable[T]) -> list[T]:
    words = _WORD.split(prefix.strip().casefold())

    def fits(one: T) -> bool:
        own = _WORD.split(f"{one.id} {one.name}".casefold())
        return all(any(part.startswith(word) for part in own) for word in words)

    return [one for one in among if fits(one)]
