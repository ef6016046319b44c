"""Which organisations of an index may be meant: few enough to be looked at one by one.

A name is looked up as one word and by initials, and by its rarest words: alone where few organisations bear
them, together where many do. A word that hardly anybody bears is looked up with the words that are a slip of
the keyboard away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
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
"""Organisations with one name, or with one form of initials, that are looked at."""

_BEARERS: Final = 4_000
"""Bearers of one name or of the same initials among which those of a country or a source are looked for."""

_COMMON: Final = 4
"""Common words that are combined."""

_WITH_IDENTIFIER: Final = (
    "SELECT k.place FROM identifier i JOIN place k USING (organization) WHERE i.scheme = ? AND i.value = ?"
)
_WITH_NAME: Final = (
    "SELECT k.place FROM (SELECT place FROM name_key WHERE form = ? ORDER BY place LIMIT ?) k WHERE 1"
)
# `CROSS JOIN` keeps the order: SQLite would rather go through all organisations of the country.
_WITH_NAME_IN: Final = (
    "SELECT k.place FROM (SELECT place FROM name_key WHERE form = ? ORDER BY place LIMIT ?) k"
    " CROSS JOIN place p ON p.place = k.place"
    " CROSS JOIN organization o ON o.id = p.organization WHERE o.country = ?"
)
_MENTIONED: Final = """
AND EXISTS (
    SELECT 1 FROM place q JOIN mention m ON m.id = q.organization
    WHERE q.place = k.place AND m.source IN ({})
    UNION ALL
    SELECT 1 FROM place q JOIN record r ON r.organization = q.organization JOIN mention m ON m.id = r.id
    WHERE q.place = k.place AND m.source IN ({}))
"""


def candidates(
    connection: sqlite3.Connection,
    names: Sequence[Name],
    identifiers: Iterable[tuple[str, str]],
    country: str | None,
    sources: Collection[str] | None = None,
) -> tuple[set[int], set[int]]:
    """Return places of organisations that may be meant.

    Args:
        connection: The index.
        names: Names of the organisation asked about.
        identifiers: Scheme and value of its identifiers.
        country: Its country.
        sources: Only organisations that one of these sources mentions; None for all.

    Returns:
        Those that bear an equal name or one of the identifiers, and others that have words in common.
    """
    if sources is not None and not sources:
        return set(), set()
    within = _Within() if sources is None else _Within.of(sources)
    certain: set[int] = set()
    for scheme, value in identifiers:
        certain.update(
            row[0]
            for row in connection.execute(
                _WITH_IDENTIFIER + within.sql,
                (scheme, value, *within.values),
            )
        )
    likely: set[int] = set()
    for name in names:
        certain.update(_bearing(connection, name.compact, country, within))
        for letters in (f"~{name.compact}", *sorted(name.initials)):
            likely.update(_bearing(connection, letters, country, within))
        likely.update(_by_words(connection, name, country, within))
    return certain, likely - certain


@dataclass(frozen=True, slots=True)
class _Within:
    """Keeps to the organisations that some sources mention; to all where there are no tokens.

    Attributes:
        sql: Condition on the place `k.place`, after others.
        values: What its question marks stand for.
        match: The same for the index of words, after other words.
    """

    sql: str = ""
    values: tuple[str, ...] = ()
    match: str = ""

    @classmethod
    def of(cls, sources: Collection[str]) -> _Within:
        names = sorted(set(sources))
        marks = ",".join("?" * len(names))
        tokens = [f'"{circle_token("source", name)}"' for name in names]
        return cls(
            _MENTIONED.format(marks, marks),
            (*names, *names),
            f" AND ({' OR '.join(tokens)})",
        )


def _bearing(
    connection: sqlite3.Connection, form: str, country: str | None, within: _Within
) -> Iterable[int]:
    """Return organisations with a name, or with initials where the form begins with `~`."""
    if form in {"", "~"}:
        return
    rows = connection.execute(
        f"{_WITH_NAME}{within.sql} LIMIT ?",
        (form, _BEARERS, *within.values, _EQUAL),
    ).fetchall()
    yield from (row[0] for row in rows)
    if len(rows) == _EQUAL and country:
        here = connection.execute(
            f"{_WITH_NAME_IN}{within.sql} LIMIT ?",
            (form, _BEARERS, country, *within.values, _EQUAL),
        )
        yield from (row[0] for row in here)


def _by_words(
    connection: sqlite3.Connection, name: Name, country: str | None, within: _Within
) -> Iterable[int]:
    groups = _groups(connection, name, within)
    left, alone = _RARE, []
    for count, match in groups:
        if count > left:
            break
        alone.append(match)
        left -= count
    rest = [match for _, match in groups[len(alone) :]]
    if alone:
        yield from _matching(connection, f"({' OR '.join(alone)}){within.match}", _RARE)
    if len(alone) <= 1:
        together = (alone + rest)[:_COMMON]
        if len(together) > 2:
            yield from _matching(connection, " AND ".join(together) + within.match, _TOGETHER)
        if not alone:
            yield from _of_common(connection, together, country, within)


def _of_common(
    connection: sqlite3.Connection, words: list[str], country: str | None, within: _Within
) -> Iterable[int]:
    """Return organisations for words of which none is rare: two by two, and the rarest with the country."""
    if country and words:
        here = f'"{circle_token("country", country)}"'
        yield from _matching(connection, f"{words[0]} AND {here}{within.match}", _TOGETHER)
    for one, other in combinations(words[:3], 2):
        yield from _matching(connection, f"{one} AND {other}{within.match}", _TOGETHER)
    if len(words) == 1:
        yield from _matching(connection, words[0] + within.match, _TOGETHER)


def _groups(connection: sqlite3.Connection, name: Name, within: _Within) -> list[tuple[int, str]]:
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
            match = f"({' OR '.join(spelt)})"
            if within.match and count > 1:
                # A word that is common in the whole index may be rare in these sources, or not there.
                count = len(_matching(connection, match + within.match, _RARE + 1))
            if count:
                found.append((count, match))
    return sorted(found)


def _matching(connection: sqlite3.Connection, match: str, limit: int) -> list[int]:
    rows = connection.execute(
        "SELECT rowid FROM name_words WHERE name_words MATCH ? ORDER BY rowid LIMIT ?", (match, limit)
    )
    return [int(row[0]) for row in rows]
