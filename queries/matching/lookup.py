"""Search as somebody types: names and numbers by the beginnings of their words, typos forgiven, ranked.

Order of the hits:

1. organisations that have a word, number or circle for every word asked, of which the first `HEAD` in the
   order of the index (short names first) are put in order of likeness: the share of letters in common, words
   met whole before words begun, names in use before former and other names, equal names first;
2. the others of them, short names first;
3. only where there are fewer than `FEW` of them: organisations that have such words but for a slip of the
   keyboard, in order of likeness.

Reading stops at `HEAD` hits, so a word that a hundred thousand organisations bear
costs little more than a rare one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz
from tertius.queries.matching.connections import listed
from tertius.queries.matching.names import normalise, words_of
from tertius.queries.matching.schema import circle_token, identifier_token
from tertius.queries.matching.words import neighbours

HEAD: Final = 200
"""Hits that are ranked by likeness."""

FEW: Final = 10
"""Hits below which typos are forgiven."""

MOST_WORDS: Final = 12
"""Words of a search that are looked at."""

_EXACT: Final = 50
_KEPT: Final = 4
"""Letters of beginnings that the index keeps."""

_WHOLE: Final = 200
"""Words with one beginning that are asked for one by one."""

_WEIGHTS: Final = {"current": 1.0, "acronym": 0.97, "initials": 0.5}
_OTHER: Final = 0.93


@dataclass(frozen=True, slots=True)
class Filter:
    """What else the organisations must have.

    Attributes:
        circles: Kind (`country`, `sector`, `type`) and notation of circles.
        identifier: Scheme and value of an identifier.
    """

    circles: tuple[tuple[str, str], ...] = ()
    identifier: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Keys of organisations in their order, and where the next page begins; None where there is none."""

    keys: Sequence[str]
    next: tuple[str, int] | None


def search(
    connection: sqlite3.Connection,
    text: str,
    *,
    wanted: Filter,
    after: tuple[str, int] | None,
    limit: int,
) -> Found:
    """Return organisations for what somebody typed.

    Args:
        connection: The index; rows by name.
        text: Words or beginnings of words, numbers, in any order.
        wanted: What else they must have.
        after: `next` of the page before.
        limit: Most organisations to return.
    """
    words = words_of(text)[:MOST_WORDS]
    if not words:
        return Found((), None)
    exact = _matching(connection, words, wanted)
    if after is not None and after[0] == "tail":
        return _tail(connection, exact, wanted, after[1], limit)
    start = after[1] if after is not None else 0
    places = _places(connection, exact, wanted, 0, HEAD)
    complete = len(places) < HEAD
    pool = dict.fromkeys([*places, *_equal(connection, text, wanted)])
    ranked = _ranked(connection, text, words, list(pool))
    if len(ranked) < FEW and (typos := _forgiving(connection, words, wanted)):
        others = [place for place in _places(connection, typos, wanted, 0, HEAD) if place not in pool]
        ranked += _ranked(connection, text, words, others)
    chosen = ranked[start : start + limit]
    if len(ranked) > start + limit:
        return Found(_keys(connection, chosen), ("head", start + limit))
    keys = _keys(connection, chosen)
    if complete:
        return Found(keys, None)
    # What lies beyond the head follows in the index' order; equal names found beforehand are not given twice.
    rest = _tail(connection, exact, wanted, places[-1], limit - len(chosen) or 1)
    if len(chosen) == limit:
        return Found(keys, ("tail", places[-1]) if rest.keys else None)
    return Found([*keys, *(key for key in rest.keys if key not in keys)], rest.next)


def _term(connection: sqlite3.Connection, word: str) -> str:
    """Return how to ask for a word begun.

    For a beginning longer than those that the index keeps, all its rows would be put together before the
    first is given: asking for each of the words that begin so is ten times as fast.
    """
    begun = [f'"{word}"*']
    if len(word) > _KEPT:
        rows = connection.execute(
            "SELECT word FROM word WHERE word >= ? AND word < ? LIMIT ?",
            (word, f"{word}\x7f", _WHOLE + 1),
        ).fetchall()
        if 0 < len(rows) <= _WHOLE:
            begun = [f'"{row[0]}"' for row in rows]
    if any(map(str.isdigit, word)):
        begun += [f'"{token}"*' for token in identifier_token(word)]
    return f"({' OR '.join(begun)})"


def _circles(wanted: Filter) -> list[str]:
    return [f'"{circle_token(kind, notation)}"' for kind, notation in wanted.circles]


def _matching(connection: sqlite3.Connection, words: Sequence[str], wanted: Filter) -> str:
    return " AND ".join([*(_term(connection, word) for word in words), *_circles(wanted)])


def _forgiving(connection: sqlite3.Connection, words: Sequence[str], wanted: Filter) -> str:
    """Return the search with the neighbours of its words; nothing where no word has any."""
    terms, found = [], False
    for word in words:
        near = [f'"{one.text}"' for one in neighbours(connection, word)]
        found = found or bool(near)
        terms.append(f"({' OR '.join([_term(connection, word), *near])})")
    return " AND ".join([*terms, *_circles(wanted)]) if found else ""


def _places(connection: sqlite3.Connection, match: str, wanted: Filter, after: int, limit: int) -> list[int]:
    if wanted.identifier is None:
        rows = connection.execute(
            "SELECT rowid FROM name_words WHERE name_words MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?",
            (match, after, limit),
        )
    else:
        rows = connection.execute(
            "SELECT place FROM identifier i JOIN place USING (organization) WHERE scheme = ? AND value = ?"
            " AND place > ? AND place IN (SELECT rowid FROM name_words WHERE name_words MATCH ?)"
            " ORDER BY place LIMIT ?",
            (*wanted.identifier, after, match, limit),
        )
    return [int(row[0]) for row in rows]


def _tail(connection: sqlite3.Connection, match: str, wanted: Filter, after: int, limit: int) -> Found:
    places = _places(connection, match, wanted, after, limit + 1)
    more = len(places) > limit
    places = places[:limit]
    return Found(_keys(connection, places), ("tail", places[-1]) if more else None)


def _equal(connection: sqlite3.Connection, text: str, wanted: Filter) -> list[int]:
    """Return where names are equal to the text, or have it for initials."""
    form = normalise(text).compact
    if len(form) < 2 or wanted.circles or wanted.identifier:
        return []
    rows = connection.execute(
        "SELECT place FROM name_key WHERE form = ?"
        " UNION ALL SELECT place FROM name_key WHERE form = ? LIMIT ?",
        (form, f"~{form}", _EXACT),
    )
    return [int(row[0]) for row in rows]


def _ranked(
    connection: sqlite3.Connection, text: str, words: Sequence[str], places: Sequence[int]
) -> list[int]:
    """Put places in order of their best name's likeness."""
    if len(places) < 2:
        return list(places)
    asked = normalise(text)
    joined = " ".join(asked.core)
    best: dict[int, float] = {}
    rows = listed(connection, "SELECT place, kind, core FROM name WHERE place IN ({})", places)
    for place, kind, core in rows:
        likeness = fuzz.ratio(joined, core) / 100
        has = set(core.split())
        whole = sum(word in has for word in words) / len(words)
        first = core.startswith(words[0])
        value = _WEIGHTS.get(kind, _OTHER) * (0.5 * likeness + 0.35 * whole + 0.15 * first)
        best[place] = max(best.get(place, 0.0), value)
    return sorted(best, key=lambda place: (-best[place], place))


def _keys(connection: sqlite3.Connection, places: Sequence[int]) -> list[str]:
    rows = listed(
        connection,
        "SELECT p.place, o.key FROM place p JOIN organization o ON o.id = p.organization"
        " WHERE p.place IN ({})",
        places,
    )
    keys = {int(place): str(key) for place, key in rows}
    return [keys[place] for place in places]
