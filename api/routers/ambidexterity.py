"""Exploration and exploitation in an organisation's alliances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from pyoxigraph import NamedNode
from tertius.api import present
from tertius.api.ambidexterity_models import (
    Across,
    Ambidexterity,
    DependenceRule,
    Domains,
    DomainShare,
    Interdependence,
    PartnerDependence,
    PartnerOverlap,
    Portfolio,
    Year,
)
from tertius.api.exchange import Exchange
from tertius.api.graph import notation
from tertius.api.identity import organization_key
from tertius.api.models import Envelope
from tertius.api.openapi import responses
from tertius.api.parameters import NetworkQuery
from tertius.api.routers.organizations import Key
from tertius.ontology.identity import individual
from tertius.queries.network import ambidexterity as coded
from tertius.queries.network.function_coding import code_function
from tertius.queries.network.interdependence import (
    RULES,
    Dependence,
    alliances_with_partners,
    interdependence,
)
from tertius.queries.network.interdependence import Interdependence as Depends
from tertius.queries.network.portfolio import Overlap, portfolio
from tertius.queries.network.portfolio import Portfolio as Found

router = APIRouter(prefix="/v1/organizations", tags=["organizations"])

ORIENTATIONS_OF: Final = """
SELECT DISTINCT ?key ?orientation WHERE {
  ?participation tt:organization $organization ; tt:alliance ?alliance .
  ?alliance tt:key ?key ; tt:orientation ?orientation .
}"""


@router.get(
    "/{key}/ambidexterity",
    operation_id="getAmbidexterityOfOrganization",
    summary="Exploration and exploitation of an organisation",
    response_model=Envelope[Ambidexterity],
    responses=responses(404, 422, 429, 504),
)
def get_ambidexterity(request: Request, key: Key, query: Annotated[NetworkQuery, Query()]) -> Response:
    """Return exploration by year in three domains, and the partners in the window as a portfolio.

    Years count everything recorded up to `as_of`, whatever the window. Codings that nobody recorded are
    inferred by the rules in the documentation, and counted as such.
    """
    exchange = Exchange(request, query)
    key = organization_key(exchange, key)
    network = exchange.network()
    units = coded.units(network, key)
    met = alliances_with_partners(network, key)
    shared = {alliance for alliances in met.values() for alliance in alliances}
    function = _function(exchange, key, shared | {unit.alliance for unit in units})
    found = portfolio(network, key)
    depends = interdependence(network, met, function)
    pairs: list[Overlap | Dependence] = [*(found.overlaps if found else ()), *depends.named]
    keys = {key, *(end for pair in pairs for end in (pair.one, pair.other))}
    known = present.organizations(keys, exchange.view.directory)
    answer = Ambidexterity(
        organization=known[key],
        years=_years(coded.by_year(units, function)),
        portfolio=_portfolio(found, depends, known) if found else None,
    )
    return exchange.json(answer)


def _function(exchange: Exchange[Any], key: str, alliances: Iterable[str]) -> Mapping[str, coded.Coding]:
    """Code alliances in the function domain, those left out that nothing decides."""
    directory, table = exchange.view.directory, exchange.view.network.table
    own = table.canonical[table.organization_id(key)]
    recorded: dict[str, list[str]] = {}
    for record in table.organization_keys(np.flatnonzero(table.canonical == own)):
        iri = NamedNode(individual("organization", record, exchange.view.base))
        for row in exchange.graph().select(ORIENTATIONS_OF, organization=iri):
            recorded.setdefault(row["key"], []).append(notation(row["orientation"]))
    found = {
        alliance: code_function(recorded.get(alliance, ()), form, purpose)
        for alliance, (form, purpose) in directory.forms_and_purposes(alliances).items()
    }
    return {alliance: coding for alliance, coding in found.items() if coding is not None}


def _years(found: Sequence[coded.Year]) -> list[Year]:
    return [
        Year(
            year=one.year,
            units=one.units,
            domains=Domains(
                **{name.value: DomainShare(**asdict(share)) for name, share in one.domains.items()}
            ),
            across=Across(**{f"{a.value}_{b.value}": gap for (a, b), gap in one.across.items()}),
        )
        for one in found
    ]


def _portfolio(found: Found, depends: Depends, known: Mapping[str, Any]) -> Portfolio:
    def ends(pair: Overlap | Dependence) -> dict[str, Any]:
        return {**asdict(pair), "one": known[pair.one], "other": known[pair.other]}

    told = Interdependence(
        **{
            **asdict(depends),
            "named": [PartnerDependence(**ends(pair)) for pair in depends.named],
            "rules": [DependenceRule(**{**asdict(rule), "sources": list(rule.sources)}) for rule in RULES],
        }
    )
    overlaps = [PartnerOverlap(**ends(pair)) for pair in found.overlaps]
    return Portfolio(**{**asdict(found), "overlaps": overlaps, "interdependence": told})
