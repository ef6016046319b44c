"""Which organisations of an index may be meant: few enough to be looked at one by one.

A name is looked up as one word and by initials, and by its rarest words: alone where few organisations bear
them, together where many do. A word that hardly anybody bears is looked up with the words that are a slip of
the keyboard away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Final

from tertius.queries.matching.names import Name
from tertius.queries.matching.schema import circle_token
from tertius.queries.matching.words import known, neighbours

_HARDLY: Final = 3
"""Organisations that bear a word up to which it may be a misspelling."""

_RARE: Final = 250
"""Organisations that are looked at for words that they share with the name."""

_TOGETHER: Final = 80
"""Organisations that are looked at for each pair of common words."""

_WORDS: Final = 16
"""Words of a name that are looked up."""

_EQUAL: Final = 60
_COMMON: Final = 4
"""Common words that are combined."""


def candidates(
    connection: sqlite3.Connection,
    names: Sequence[Name],
    identifiers: Iterable[tuple[str, str]],
    country: str | None,
) -> tuple[set[int], set[int]]:
    """Return places of organisations that may be meant.

    Args:
        connection: The index.
        names: Names of the organisation asked about.
        identifiers: Scheme and value of its identifiers.
        country: Its country.

    Returns:
        Those that bear an equal name or one of the identifiers, and others that have words in common.
    """
    certain: set[int] = set()
    for scheme, value in identifiers:
        certain.update(
            row[0]
            for row in connection.execute(
                "SELECT place FROM identifier JOIN place USING (organization) WHERE scheme = ? AND value = ?",
                (scheme, value),
            )
        )
    likely: set[int] = set()
    for name in names:
        certain.update(_equal(connection, name, country))
        likely.update(_by_words(connection, name, country))
    return certain, likely - certain


def _equal(connection: sqlite3.Connection, name: Name, country: str | None) -> Iterable[int]:
    forms = [name.compact, f"~{name.compact}", *sorted(name.initials)]
    for form in filter(None, forms):
        rows = connection.execute(
            "SELECT place FROM name_key WHERE form = ? LIMIT ?",
            (form, _EQUAL),
        ).fetchall()
        yield from (row[0] for row in rows)
        if len(rows) == _EQUAL and country:
            here = connection.execute(
                "SELECT k.place FROM name_key k JOIN place p ON p.place = k.place"
                " JOIN organization o ON o.id = p.organization WHERE k.form = ? AND o.country = ? LIMIT ?",
                (form, country, _EQUAL),
            )
            yield from (row[0] for row in here)


def _by_words(connection: sqlite3.Connection, name: Name, country: str | None) -> Iterable[int]:
    groups = _groups(connection, name)
    left, alone = _RARE, []
    for count, match in groups:
        if count > left:
            break
        alone.append(match)
        left -= count
    rest = [match for _, match in groups[len(alone) :]]
    if alone:
        yield from _matching(connection, " OR ".join(alone), _RARE)
    if len(alone) <= 1:
        together = (alone + rest)[:_COMMON]
        if len(together) > 2:
            yield from _matching(connection, " AND ".join(together), _TOGETHER)
        if not alone:
            yield from _of_common(connection, together, country)


def _of_common(connection: sqlite3.Connection, words: list[str], country: str | None) -> Iterable[int]:
    """Return organisations for words of which none is rare: two by two, and the rarest with the country."""
    if country and words:
        here = f'"{circle_token("country", country)}"'
        yield from _matching(connection, f"{words[0]} AND {here}", _TOGETHER)
    for one, other in combinations(words[:3], 2):
        yield from _matching(connection, f"{one} AND {other}", _TOGETHER)
    if len(words) == 1:
        yield from _matching(connection, words[0], _TOGETHER)


def _groups(connection: sqlite3.Connection, name: Name) -> list[tuple[int, str]]:
    """Return for each word how many organisations bear it or a neighbour, and how to ask for them."""
    words = list(dict.fromkeys(name.core))[:_WORDS]
    counts = known(connection, words)
    found = []
    for word in words:
        count = counts.get(word, 0)
        spelt = [f'"{word}"'] if count else []
        if count <= _HARDLY:
            for near in neighbours(connection, word):
                spelt.append(f'"{near.text}"')
                count += near.count
        if spelt:
            found.append((count, f"({' OR '.join(spelt)})"))
    return sorted(found)


def _matching(connection: sqlite3.Connection, match: str, limit: int) -> Iterable[int]:
    rows = connection.execute(
        "SELECT rowid FROM name_words WHERE name_words MATCH ? ORDER BY rowid LIMIT ?", (match, limit)
    )
    return [int(row[0]) for row in rows]
