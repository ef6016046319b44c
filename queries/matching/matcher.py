"""Who is meant by a description: candidates from the index, each with an explained score."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from rapidfuzz import fuzz, process
from tertius.queries.matching.blocking import candidates
from tertius.queries.matching.connections import Connections, listed
from tertius.queries.matching.features import fact_features, name_features
from tertius.queries.matching.identifiers import Compared, compare_identifiers
from tertius.queries.matching.model import Model, model
from tertius.queries.matching.names import Name, normalise, words_of
from tertius.queries.matching.reasons import explain
from tertius.queries.matching.schema import host

_CLOSER: Final = 10
"""Candidates that are compared in full."""

_ACRONYM: Final = 80.0
"""Likeness of a name and its initials, among those of names by their letters (0 to 100)."""

_NAMES_EACH: Final = 3
"""Names of each that are."""

NAMES_ASKED: Final = 24
"""Names under which an organisation of the index is asked for: some registers know a hundred of one."""

_ORGANIZATION: Final = (
    "SELECT p.place, o.id, o.name, o.country, a.city, a.website FROM organization o"
    " JOIN place p ON p.organization = o.id LEFT JOIN about a ON a.organization = o.id WHERE o.key = ?"
)
_NAMES_OF: Final = "SELECT name FROM name WHERE place = ? AND name <> ? ORDER BY name LIMIT ?"
_NUMBERS_OF: Final = "SELECT scheme, value FROM identifier WHERE organization = ? ORDER BY scheme, value"


class Outcome(StrEnum):
    """What a score says; the thresholds are the model's."""

    SAME = "same"
    UNDECIDED = "undecided"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Described:
    """An organisation that is asked about.

    Attributes:
        name: Its name.
        other_names: Former, translated and other names, and acronyms.
        country: ISO 3166-1 alpha-2 code.
        city: Its city.
        identifiers: Scheme and normalised value of each identifier.
        website: Its website, or the host of it.
    """

    name: str
    other_names: tuple[str, ...] = ()
    country: str | None = None
    city: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    website: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An organisation that may be meant.

    Attributes:
        key: Its key.
        iri: Its IRI.
        name: Its name in use.
        country: Its country.
        score: Probability that it is meant, between 0 and 1.
        features: What the score is made of (`features`, `identifiers`); None where a side knows nothing.
        reasons: The same in words, the weightiest first.
        outcome: What the score says.
        matched_name: The name of it that was the likest.
    """

    key: str
    iri: str
    name: str
    country: str | None
    score: float
    features: Mapping[str, float | None]
    reasons: tuple[str, ...]
    outcome: Outcome
    matched_name: str


@dataclass(slots=True)
class _Known:
    """What the index knows of a candidate."""

    place: int
    names: list[tuple[str, Name]] = field(default_factory=list)
    initials: frozenset[str] = frozenset()
    row: sqlite3.Row | None = None
    identifiers: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Compared:
    """A candidate with the score that it has alone."""

    row: sqlite3.Row
    alone: float
    given: str
    features: dict[str, float]
    numbers: Compared


class Matcher:
    """Finds organisations of one snapshot by description; read-only, safe to share between threads.

    Args:
        search_path: The snapshot's `search.sqlite`.
        using: The model of the score; None for the one that comes with this version.
    """

    def __init__(self, search_path: Path, using: Model | None = None) -> None:
        self._connections = Connections(search_path)
        self._model = using or model()

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._connections.close()

    def described(self, key: str) -> Described | None:
        """Return an organisation as the index knows it, to look for others like it; `None` without one.

        Args:
            key: Its key, or that of the record that stands for it.
        """
        with self._connections.use() as connection:
            row = connection.execute(_ORGANIZATION, (key,)).fetchone()
            if row is None:
                return None
            names = connection.execute(_NAMES_OF, (row["place"], row["name"], NAMES_ASKED - 1)).fetchall()
            numbers = connection.execute(_NUMBERS_OF, (row["id"],)).fetchall()
        return Described(
            name=row["name"],
            other_names=tuple(one["name"] for one in names),
            country=row["country"] or None,
            city=row["city"] or None,
            identifiers=tuple((one["scheme"], one["value"]) for one in numbers),
            website=row["website"] or None,
        )

    def match(
        self,
        what: Described,
        *,
        limit: int = 5,
        sources: Collection[str] | None = None,
        exclude: Collection[str] = (),
        apart: Collection[str] = (),
        one_each: bool = True,
    ) -> list[Candidate]:
        """Return the organisations that may be meant, the likeliest first.

        Of the organisations of one source one can be meant. With the odds o1, o2, ... that its candidates
        have alone, the first is meant with the probability o1 / (1 + o1 + o2 + ...): one of several causes
        that exclude each other, or none.

        Args:
            what: The organisation asked about.
            limit: Most to return.
            sources: Only organisations that one of these sources mentions; None for all.
            exclude: Keys of organisations to leave out.
            apart: Keys of organisations that are known not to be meant: they are judged alone, and make
                nobody else less likely.
            one_each: Whether one organisation of each source can be meant at most; otherwise every candidate
                is judged alone, as in a list that may name the same organisation twice.
        """
        asked = [normalise(name) for name in dict.fromkeys((what.name, *what.other_names)) if name.strip()]
        with self._connections.use() as connection:
            certain, likely = candidates(connection, asked, what.identifiers, what.country, sources)
            names = _names(connection, certain | likely)
            if not names or not asked:
                return []
            chosen = _closest(asked, names, certain, _CLOSER + len(exclude) + len(apart))
            _complete(connection, chosen)
        left_out = frozenset(exclude)
        compared = [
            self._compared(what, asked, one, one.row)
            for one in chosen
            if one.row is not None and one.row["key"] not in left_out
        ]
        against: dict[str, float] = {}
        for one in compared:
            if one.row["key"] in apart:
                continue
            against[one.row["source"]] = against.get(one.row["source"], 0.0) + _odds(one.alone)
        found = [
            self._candidate(
                what,
                one,
                0.0
                if not one_each or one.row["key"] in apart
                else against[one.row["source"]] - _odds(one.alone),
            )
            for one in compared
        ]
        found.sort(key=lambda one: (-one.score, one.key))
        return found[:limit]

    def _compared(self, what: Described, asked: Sequence[Name], one: _Known, row: sqlite3.Row) -> _Compared:
        facts = fact_features(
            {"country": what.country, "city": _city(what.city), "website": host(what.website)},
            {"country": row["country"], "city": _city(row["city"]), "website": row["website"]},
        )
        numbers = compare_identifiers(what.identifiers, one.identifiers)
        best: tuple[float, str, dict[str, float]] | None = None
        ours = frozenset[str]().union(*(name.initials for name in asked))
        for name in asked:
            for given, normal in one.names:
                features = {**name_features(name, normal, self._model.weight), **facts}
                if features["initials"] and (
                    (len(normal.core) == 1 and normal.compact in one.initials)
                    or (len(name.core) == 1 and name.compact in ours)
                ):
                    # The acronym is short for another name that the same organisation bears.
                    features["initials"] = 0.0
                score = self._model.score(features)
                if best is None or score > best[0]:
                    best = score, given, features
        score, given, features = best or (0.0, row["name"], dict(facts))
        return _Compared(row, numbers.applied(score), given, features, numbers)

    def _candidate(self, what: Described, one: _Compared, rivals: float) -> Candidate:
        row, numbers, given = one.row, one.numbers, one.given
        odds = _odds(one.alone)
        every_one = 1 + odds + rivals
        score = odds / every_one
        if numbers.agree:
            score = numbers.applied(score)
        every: dict[str, float | None] = {**one.features, **numbers.features(), "rivals": rivals / every_one}
        for fact, mine, theirs in (
            ("country", what.country, row["country"]),
            ("city", what.city, row["city"]),
            ("website", what.website, row["website"]),
        ):
            if not mine or not theirs:
                every[f"{fact}_same"] = every[f"{fact}_other"] = None
        return Candidate(
            key=row["key"],
            iri=row["iri"],
            name=row["name"],
            country=row["country"] or None,
            score=score,
            features=every,
            reasons=explain(every, self._model, numbers, given),
            outcome=outcome(score, self._model),
            matched_name=given,
        )


def outcome(score: float, using: Model) -> Outcome:
    """Return what a score says."""
    if score >= using.same:
        return Outcome.SAME
    return Outcome.DIFFERENT if score < using.different else Outcome.UNDECIDED


def _odds(score: float) -> float:
    return score / max(1e-9, 1.0 - score)


def _city(text: str | None) -> str | None:
    return " ".join(words_of(text)) or None if text else None


def _names(connection: sqlite3.Connection, places: Iterable[int]) -> list[tuple[int, str, str, str, str]]:
    """Return place, name, core, legal forms and initials of every name of some organisations."""
    sql = "SELECT place, name, core, forms, initials FROM name WHERE place IN ({})"
    return [tuple(row) for row in listed(connection, sql, list(places))]


def _closest(
    asked: Sequence[Name],
    names: Sequence[tuple[int, str, str, str, str]],
    certain: Collection[int],
    most: int,
) -> list[_Known]:
    """Keep the certain ones and the likest others, each with its likest names."""
    cores = [row[2] for row in names]
    texts = [name.text for name in asked]
    likeness = process.cdist(texts, cores, scorer=fuzz.token_sort_ratio).max(axis=0).tolist()
    short = {name.compact for name in asked if len(name.core) == 1}
    initials = frozenset[str]().union(*(name.initials for name in asked))
    found: dict[int, list[tuple[float, int]]] = {}
    shortened: dict[int, frozenset[str]] = {}
    for place, _, _, _, letters in names:
        if letters:
            shortened[place] = shortened.get(place, frozenset()) | frozenset(letters.split())
    for at, (place, _, core, _, letters) in enumerate(names):
        acronym = core in initials and core not in shortened.get(place, ())
        if acronym or (letters and not short.isdisjoint(letters.split())):
            likeness[at] = max(likeness[at], _ACRONYM)
        found.setdefault(place, []).append((likeness[at], at))
    order = sorted(found, key=lambda place: (place not in certain, -max(found[place])[0], place))
    kept = []
    for place in order[: max(most, sum(place in certain for place in found))]:
        likest = sorted(found[place], key=lambda pair: (-pair[0], pair[1]))[:_NAMES_EACH]
        kept.append(_Known(place, [_name(names[at]) for _, at in likest], shortened.get(place, frozenset())))
    return kept


def _name(row: tuple[int, str, str, str, str]) -> tuple[str, Name]:
    _, name, core, forms, initials = row
    words = tuple(core.split())
    return name, Name(words, words, frozenset(forms.split()), frozenset(initials.split()))


def _complete(connection: sqlite3.Connection, chosen: Sequence[_Known]) -> None:
    """Read what else the index knows of the chosen ones."""
    by_place = {one.place: one for one in chosen}
    by_id: dict[int, _Known] = {}
    rows = listed(
        connection,
        "SELECT p.place, o.id, o.key, o.iri, o.name, o.country, o.source, a.city, a.website FROM place p"
        " JOIN organization o ON o.id = p.organization LEFT JOIN about a ON a.organization = o.id"
        " WHERE p.place IN ({})",
        by_place,
    )
    for row in rows:
        by_place[row["place"]].row = row
        by_id[row["id"]] = by_place[row["place"]]
    numbers = listed(
        connection, "SELECT organization, scheme, value FROM identifier WHERE organization IN ({})", by_id
    )
    for organization, scheme, value in numbers:
        by_id[organization].identifiers.append((scheme, value))
