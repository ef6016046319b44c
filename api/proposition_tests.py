"""Tests of propositions as callers read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tertius.api import evidence
from tertius.api.evidence_models import (
    BearingEvidence,
    ExactTestResult,
    Proposition,
    PropositionEvidence,
    PropositionTestResult,
    TestedUnit,
    TestSummary,
    names,
)
from tertius.api.exchange import Exchange
from tertius.queries import Context
from tertius.queries.exact_test import ExactTest
from tertius.queries.propositions import (
    CASES,
    PropositionTest,
    Unit,
    Verdict,
    query_of,
    run_test,
)

DISSENT = frozenset({Verdict.CONTRADICTS, Verdict.MIXED})
"""Verdicts of units that speak against a proposition, wholly or in part."""


def run_on(exchange: Exchange[Any], number: int, scope: str = CASES) -> PropositionTest:
    """Test a proposition on the snapshot of a request.

    Raises:
        ParameterError: There is no such proposition or scope.
    """
    services, view = exchange.services, exchange.view
    with services.metrics.timed(query_of(number, scope)[0]):
        return run_test(
            services.catalogue,
            services.store,
            number,
            scope,
            context=Context(base=view.base, as_of=view.as_of),
            snapshot=view.snapshot.number,
        )


def result(proposition: Proposition, test: PropositionTest) -> PropositionTestResult:
    """Return a test as an answer."""
    counts = {verdict.value: test.count(verdict) for verdict in Verdict}
    return PropositionTestResult(
        number=test.number,
        scope=test.scope,
        statement=proposition.statement,
        query=query_of(test.number, test.scope)[0],
        units=units(test.units, test.scope),
        ambidextrous=units(test.apart, test.scope),
        comparison=units(test.comparison, test.scope),
        summary=TestSummary(
            units=len(test.units),
            exact_test=_exact(test.exact_test),
            exact_test_reason=test.untested,
            basis=test.basis,
            pattern=test.pattern,
            caveat=test.caveat,
            **counts,
        ),
    )


def bearing(exchange: Exchange[Any], proposition: Proposition) -> PropositionEvidence:
    """Return everything that bears on a proposition."""
    test = run_on(exchange, proposition.number)
    constructs = {
        one.construct for unit in (*test.units, *test.apart, *test.comparison) for one in unit.evidence
    }
    return PropositionEvidence(
        number=proposition.number,
        statement=proposition.statement,
        supporting=units(_of(test.units, {Verdict.SUPPORTS}), CASES),
        dissenting=units(_of(test.units, DISSENT), CASES),
        silent=[unit.label for unit in _of(test.units, {Verdict.SILENT})],
        ambidextrous=units(test.apart, CASES),
        group_statements=evidence.group_statements(exchange, constructs),
        literature=evidence.literature(exchange, proposition.number),
        places=evidence.stated_at(exchange, proposition.number),
    )


def units(found: Iterable[Unit], scope: str) -> list[TestedUnit]:
    """Return units as an answer has them: cases by letter, alliances by key."""
    return [
        TestedUnit(
            unit=unit.label if scope == CASES else unit.iri.rpartition("/")[2],
            iri=unit.iri,
            label=unit.label,
            verdict=unit.verdict.value,
            parts=unit.parts,
            observations=[
                BearingEvidence(**{name: getattr(one, name) for name in names(BearingEvidence)})
                for one in unit.evidence
            ],
        )
        for unit in found
    ]


def _of(found: Sequence[Unit], verdicts: Iterable[Verdict]) -> list[Unit]:
    wanted = set(verdicts)
    return [unit for unit in found if unit.verdict in wanted]


def _exact(found: ExactTest | None) -> ExactTestResult | None:
    if found is None:
        return None
    return ExactTestResult(
        method=found.method,
        table=[list(row) for row in found.table],
        p_value=found.p_value,
        odds_ratio=found.odds_ratio,
        risk_difference=found.risk_difference,
        risk_difference_95=list(found.interval),
        note=found.note,
    )
