"""Propositions: what they state, what bears on them, and their tests."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from pyoxigraph import NamedNode
from tertius.api import evidence, evidence_graph, proposition_tests
from tertius.api.errors import BadParameter
from tertius.api.evidence_models import (
    Proposition,
    PropositionEvidence,
    PropositionTestResult,
    TestedUnit,
    names,
)
from tertius.api.exchange import Exchange
from tertius.api.identity import organization_key
from tertius.api.models import Envelope
from tertius.api.negotiate import CSV, JSON
from tertius.api.openapi import responses
from tertius.api.parameters import KEY_PATTERN, ListParameters, Parameters
from tertius.api.routers.evidence import FACTS, TABLE, flat, triples
from tertius.queries.propositions import CASES, ORGANIZATION

router = APIRouter(prefix="/v1/propositions", tags=["evidence"])

_TESTED: Final = (JSON, CSV)
_UNIT: Final = ("group", "unit", "label", "verdict", "parts", "supporting", "contradicting")

Number = Annotated[int, Path(description="Number of the proposition.", examples=[6])]


class TestQuery(Parameters):
    """The test of a proposition."""

    scope: str = Field(
        CASES,
        max_length=60,
        pattern=rf"^({CASES}|{ORGANIZATION}.+)$",
        description="`cases`, or `organization:` and a key: the alliances of that organisation.",
        examples=["cases"],
    )


@router.get(
    "",
    operation_id="listPropositions",
    summary="The propositions",
    response_model=Envelope[list[Proposition]],
    responses=responses(410, 422, 504, offered=TABLE),
)
def list_propositions(request: Request, query: Annotated[ListParameters, Query()]) -> Response:
    """List the propositions, restated in English and Dutch."""
    exchange = Exchange(request, query, TABLE)
    if exchange.media in FACTS[1:]:
        return triples(exchange, evidence_graph.PROPOSITIONS)
    found, following = evidence.page(exchange, evidence.propositions(exchange), query.limit)
    return exchange.rows(found, flat, names(Proposition), next_page=following)


@router.get(
    "/{n}",
    operation_id="getProposition",
    summary="One proposition",
    response_model=Envelope[Proposition],
    responses=responses(404, 422, 504, offered=FACTS),
)
def get_proposition(request: Request, n: Number, query: Annotated[Parameters, Query()]) -> Response:
    """Return a proposition: what it states, of whom, and what can settle it."""
    exchange = Exchange(request, query, FACTS)
    found = evidence.proposition(exchange, n)
    if exchange.media is not JSON:
        return triples(exchange, evidence_graph.PROPOSITION, subject=NamedNode(found.iri))
    return exchange.json(found)


@router.get(
    "/{n}/evidence",
    operation_id="getPropositionEvidence",
    summary="What bears on a proposition",
    response_model=Envelope[PropositionEvidence],
    responses=responses(404, 422, 504, offered=FACTS),
)
def get_evidence(request: Request, n: Number, query: Annotated[Parameters, Query()]) -> Response:
    """Return the coded statements for and against a proposition, by case, and the earlier work it meets.

    As RDF: the codes that count, and every coded statement that has one of them.
    """
    exchange = Exchange(request, query, FACTS)
    found = evidence.proposition(exchange, n)
    if exchange.media is not JSON:
        return triples(exchange, evidence_graph.PROPOSITION_EVIDENCE, subject=NamedNode(found.iri))
    return exchange.json(proposition_tests.bearing(exchange, found))


@router.get(
    "/{n}/test",
    operation_id="testProposition",
    summary="Test a proposition",
    response_model=Envelope[PropositionTestResult],
    responses=responses(404, 422, 504, offered=_TESTED),
)
def test_proposition(request: Request, n: Number, query: Annotated[TestQuery, Query()]) -> Response:
    """Compute a verdict for every unit from coded values, and compare groups where there are two.

    Nothing is stored: the named query in `query` computes the verdicts, and its header states the rules.
    """
    exchange = Exchange(request, query, _TESTED)
    proposition = evidence.proposition(exchange, n)
    scope = query.scope
    if scope != CASES:
        key = query.scope.removeprefix(ORGANIZATION)
        if ":" in key:
            raise BadParameter(
                "scope", f"give the key of the organization ({KEY_PATTERN}), not an identifier"
            )
        key = organization_key(exchange, exchange.view.directory.standing([key])[key])
        scope = f"{ORGANIZATION}{key}"
    test = proposition_tests.run_on(exchange, n, scope)
    answer = proposition_tests.result(proposition, test)
    if exchange.media is CSV:
        groups = (
            ("in-scope", answer.units),
            ("ambidextrous", answer.ambidextrous),
            ("comparison", answer.comparison),
        )
        return exchange.csv(_UNIT, [_record(group, unit) for group, found in groups for unit in found])
    return exchange.json(answer)


def _record(group: str, unit: TestedUnit) -> list[object]:
    decisive = [one for one in unit.observations if one.role == "decides"]
    for_it = [f"{one.construct_key}={one.value}" for one in decisive if one.direction == "supports"]
    against = [f"{one.construct_key}={one.value}" for one in decisive if one.direction == "contradicts"]
    sides = (" ".join(dict.fromkeys(side)) for side in (for_it, against))
    return [group, unit.unit, unit.label, unit.verdict, " ".join(unit.parts), *sides]
