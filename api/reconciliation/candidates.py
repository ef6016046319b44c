"""Candidates for a query: found, held against what was demanded, and explained."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tertius.api.errors import BadParameter
from tertius.api.identity import normalised
from tertius.api.models import Organization
from tertius.api.parameters import KEY_PATTERN
from tertius.api.problems import kind_of
from tertius.api.reconciliation.kinds import Kind, Restriction, kinds, of_organization, restriction
from tertius.api.reconciliation.properties import COUNTRY
from tertius.api.reconciliation.wanted import MOST_CANDIDATES, Demand, Wanted
from tertius.api.services import Services, View
from tertius.ontology import concepts
from tertius.ontology.identifiers import SCHEME
from tertius.queries.matching import Candidate, Outcome
from tertius.store import QueryTimeout

_KEY: Final = re.compile(KEY_PATTERN)
_WIDER: Final = 5
"""Candidates to look at for each one asked for, where some may be left out again."""

_POINTS: Final = 100


@dataclass(frozen=True, slots=True)
class Found:
    """One candidate.

    Attributes:
        organization: Who it is; the canonical record.
        score: 0 to 100: how likely, in percent, it is the one meant.
        match: Whether it is certain enough to be taken without asking.
        features: What the score was computed from.
        reasons: The same in words.
    """

    organization: Organization
    score: float
    match: bool
    features: Mapping[str, float]
    reasons: tuple[str, ...]


class Reconciler:
    """Answers the queries of one batch from one snapshot.

    Args:
        services: What answers.
        view: The snapshot.
    """

    def __init__(self, services: Services, view: View) -> None:
        self._view = view
        self._kinds: Mapping[str, Kind] = kinds(services, view)
        self._seconds = services.settings.reconcile_seconds
        self._deadline = time.monotonic() + self._seconds

    def answer(self, given: object, read: Callable[[object], Wanted], name: str) -> dict[str, Any]:
        """Answer one query; a mistake in it becomes an `error` beside an empty list.

        Args:
            given: The query as it came.
            read: Reads a query of the version that it is written in.
            name: Member of the answer that the candidates go into.

        Raises:
            QueryTimeout: The batch took too long; half of it would look like organisations not found.
        """
        if time.monotonic() > self._deadline:
            raise QueryTimeout(self._seconds)
        try:
            wanted = read(given)
            only = restriction(self._kinds, wanted.kinds)
        except BadParameter as error:
            kind = kind_of(error)
            said = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": error.detail}
            return {name: [], "error": {**said, "parameter": error.parameter}}
        found = [self._described(one) for one in self._find(wanted, only)]
        return {name: found, **({"notes": list(wanted.notes)} if wanted.notes else {})}

    def _find(self, wanted: Wanted, only: Restriction) -> list[Found]:
        outright = self._outright(wanted)
        if outright:
            return self._kept(((key, _OUTRIGHT) for key in outright), wanted, only)
        if not wanted.described.name:
            return []
        narrowed = wanted.demands or only.notations is not None
        limit = min(wanted.limit * _WIDER, MOST_CANDIDATES) if narrowed else wanted.limit
        found = self._view.matcher.match(wanted.described, limit=limit, sources=only.sources)
        return self._kept(((one.key, _explained(one)) for one in found), wanted, only)

    def _outright(self, wanted: Wanted) -> Sequence[str]:
        """Return keys that the query names: as ids, as its text, or by an identifier where it has no name."""
        keys = [key for key in wanted.keys if _KEY.fullmatch(key)]
        text = wanted.described.name
        if _KEY.fullmatch(text):
            keys.append(text)
        identifiers = () if text else wanted.described.identifiers
        scheme, colon, value = text.partition(":")
        if colon and scheme.lower() in concepts(SCHEME):
            identifiers = (normalised(scheme, value.strip()),)
        for one in identifiers:
            keys += self._view.directory.by_identifier(*one)
        return list(dict.fromkeys(keys))

    def _kept(
        self, found: Iterable[tuple[str, _Explained]], wanted: Wanted, only: Restriction
    ) -> list[Found]:
        """Put organisations to keys and leave out what does not meet the demands."""
        by_key = dict(found)
        known = self._view.directory.organizations(by_key)
        kept: dict[str, Found] = {}
        for key, explained in by_key.items():
            organization = known.get(key)
            # Two records that judgements made one are one candidate.
            if organization is None or organization.key in kept:
                continue
            if _fits(organization, wanted.demands, only):
                kept[organization.key] = Found(
                    organization, explained.score, explained.match, explained.features, explained.reasons
                )
        return list(kept.values())[: wanted.limit]

    def _described(self, one: Found) -> dict[str, Any]:
        organization = one.organization
        return {
            "id": organization.key,
            "name": organization.name,
            "description": description(organization),
            "score": one.score,
            "match": one.match,
            "features": [
                {"id": name, "name": name.replace("_", " "), "value": round(value, 4)}
                for name, value in one.features.items()
            ],
            "type": of_organization(self._kinds, organization.circles.type),
            "reasons": list(one.reasons),
        }


@dataclass(frozen=True, slots=True)
class _Explained:
    score: float
    match: bool
    features: Mapping[str, float]
    reasons: tuple[str, ...]


_OUTRIGHT: Final = _Explained(
    float(_POINTS), True, {"identifier": 1.0}, ("it was asked for by its identifier",)
)


def _explained(one: Candidate) -> _Explained:
    features = {name: float(value) for name, value in one.features.items() if value is not None}
    return _Explained(
        round(one.score * _POINTS, 2), one.outcome is Outcome.SAME, features, tuple(one.reasons)
    )


def _fits(organization: Organization, demands: Sequence[Demand], only: Restriction) -> bool:
    if only.notations is not None and organization.circles.type not in only.notations:
        return False
    return all(one.met(_values(organization, one.what)) for one in demands)


def _values(organization: Organization, what: str) -> list[str]:
    if what == "id":
        return [organization.key]
    if what == "name":
        return [organization.name]
    if what == COUNTRY:
        return [organization.country] if organization.country else []
    return [one.value for one in organization.identifiers if one.scheme == what]


def description(organization: Organization) -> str:
    """Tell an organisation from its namesakes in one line: country, kind and numbers."""
    parts = [organization.country, organization.circles.type]
    parts += [f"{one.scheme} {one.value}" for one in organization.identifiers[:3]]
    return " · ".join(part for part in parts if part)
