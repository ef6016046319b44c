"""Who took part in what: participations as the graph asserts them, dates filled in from the alliance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from tertius.api.exchange import Exchange
from tertius.api.graph import ALLIANCES_OF, FEATURES_OF, PARTNERS_IN, Row, notation
from tertius.api.identity import alliance_iri, record_iris
from tertius.api.models import Alliance, AllianceRef, Membership, Participation
from tertius.ontology.namespaces import TT

FEATURES: Final[Mapping[str, str]] = {
    "equity": f"{TT}equity",
    "orientation": f"{TT}orientation",
    "governance_mode": f"{TT}governanceMode",
    "search_channel": f"{TT}searchChannel",
    "selection_basis": f"{TT}selectionBasis",
    "coordination": f"{TT}coordination",
    "monitoring": f"{TT}monitoring",
    "senior_involvement": f"{TT}seniorInvolvement",
    "trust_basis": f"{TT}trustBasis",
}
"""The properties of an alliance that take concepts, by the names that callers read."""


def memberships_of(exchange: Exchange[Any], key: str) -> list[Membership]:
    """Return an organisation's memberships, the earliest first, those without a start last."""
    graph = exchange.graph()
    rows = [
        row
        for record in record_iris(exchange, key)
        for row in graph.select(ALLIANCES_OF, organization=record)
    ]
    alliances = exchange.view.directory.alliances(row["key"] for row in rows)
    found = [
        Membership(
            alliance=(alliance := alliances[row["key"]]),
            role=_role(row),
            start=_date(row, "from") or alliance.start,
            end=_date(row, "to") or alliance.end,
            last_observed=_date(row, "seen"),
        )
        for row in rows
    ]
    # Several records of one organisation may say the same.
    unique = {one.model_dump_json(): one for one in found}.values()
    return sorted(unique, key=lambda one: (one.start or dt.date.max, one.alliance.name, one.alliance.key))


def alliance_detail(exchange: Exchange[Any], key: str) -> Alliance:
    """Return an alliance with its partners (coordinators first) and its features."""
    directory = exchange.view.directory
    iri = alliance_iri(exchange, key)
    brief = directory.alliances([key])[key]
    purpose, source = directory.alliance_text(key)
    return Alliance(
        **brief.model_dump(),
        purpose=purpose,
        source=source,
        features=_features(exchange.graph().select(FEATURES_OF, alliance=iri)),
        partners=_partners(exchange, exchange.graph().select(PARTNERS_IN, alliance=iri), brief),
    )


def _partners(exchange: Exchange[Any], rows: list[Row], alliance: AllianceRef) -> list[Participation]:
    organizations = exchange.view.directory.organizations(row["key"] for row in rows)
    found = [
        Participation(
            organization=organizations[row["key"]],
            role=_role(row),
            start=_date(row, "from") or alliance.start,
            end=_date(row, "to") or alliance.end,
            last_observed=_date(row, "seen"),
        )
        for row in rows
    ]
    unique = {one.model_dump_json(): one for one in found}.values()
    return sorted(
        unique, key=lambda one: (one.role != "coordinator", one.organization.name, one.organization.key)
    )


def _features(rows: list[Row]) -> dict[str, list[str]]:
    names = {iri: name for name, iri in FEATURES.items()}
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["property"] in names:
            found.setdefault(names[row["property"]], []).append(notation(row["value"]))
    return {name: sorted(values) for name, values in sorted(found.items())}


def _role(row: Row) -> str | None:
    return notation(row["role"]) if "role" in row else None


def _date(row: Row, name: str) -> dt.date | None:
    return dt.date.fromisoformat(row[name]) if name in row else None
