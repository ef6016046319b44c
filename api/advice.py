"""Advice with its evidence: what is advised for a phase, and where alliances follow or depart from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from tertius.api import evidence, proposition_tests
from tertius.api.advice_models import (
    AdvisedProposition,
    AlliancePractice,
    ChecklistHint,
    CodedPractice,
    Dissent,
    Finding,
    OrganizationPractice,
    Playbook,
    PortfolioFinding,
    PortfolioUnit,
    Practice,
    Record,
    Strength,
)
from tertius.api.evidence_models import Ambiguity, Bilingual, Proposition, names
from tertius.api.exchange import Exchange
from tertius.api.graph import FEATURES_OF, notation
from tertius.api.identity import alliance_iri
from tertius.ontology.namespaces import TT
from tertius.queries import Row
from tertius.queries.propositions import Evidence, PropositionTest, Unit, Verdict, caveat

Standing = Literal["follows", "departs", "mixed", "silent"]
Basis = Literal["source", "reading"]

ANY: Final = "any"
_PHASES: Final[Mapping[str, str]] = {
    "search": "formation",
    "selection": "formation",
    "governance": "design",
    "risk": "design",
    "alignment": "post-formation",
    "monitoring": "post-formation",
}
_PROPOSITIONS: Final[Mapping[str, tuple[int, ...]]] = {
    "search": (1, 2, 3, 5, 6),
    "selection": (7, 8),
    "governance": (9, 10),
    "alignment": (4, 11),
}
"""Propositions by phase: as figure 3 of the case study arranges them, except 4, which it leaves out."""

_OUR_READING: Final = frozenset({4})
_INSTRUMENTS: Final = "alliance-tool"
_STANDINGS: Final[Mapping[Verdict, Standing]] = {
    Verdict.SUPPORTS: "follows",
    Verdict.CONTRADICTS: "departs",
    Verdict.MIXED: "mixed",
    Verdict.SILENT: "silent",
}
_BASES: Final[Mapping[object, Basis]] = {"source": "source", "reading": "reading"}


class Cases:
    """How the cases stand to the propositions, tested once per request and only where asked.

    Args:
        exchange: The request.
    """

    def __init__(self, exchange: Exchange[Any]) -> None:
        self._exchange = exchange
        self._tests: dict[int, PropositionTest] = {}
        self.propositions: Final = {one.number: one for one in evidence.propositions(exchange)}
        self._orientations = {
            str(row["letter"]): str(row["orientation"]) for row in evidence.rows(exchange, "cases")
        }

    def test(self, number: int) -> PropositionTest:
        """Return the test of a proposition on the cases."""
        if number not in self._tests:
            self._tests[number] = proposition_tests.run_on(self._exchange, number)
        return self._tests[number]

    def strength(self, number: int) -> Strength:
        """Return the verdicts of the cases in scope, counted."""
        test = self.test(number)
        return Strength(basis=test.basis, **{verdict.value: test.count(verdict) for verdict in Verdict})

    def supporting(self, number: int) -> list[str]:
        """Return the letters of the cases in scope that support a proposition."""
        return [unit.label for unit in self.test(number).units if unit.verdict is Verdict.SUPPORTS]

    def dissenting(self, number: int) -> list[Dissent]:
        """Return the cases, ambidextrous ones included, that speak against a proposition."""
        test = self.test(number)
        found = [one for one in (*test.units, *test.apart) if one.verdict in proposition_tests.DISSENT]
        return [self._dissent(unit) for unit in found]

    def _dissent(self, unit: Unit) -> Dissent:
        against = [one for one in unit.evidence if one.role == "decides" and one.direction == "contradicts"]
        return Dissent(
            letter=unit.label,
            orientation=self._orientations[unit.label],
            verdict=unit.verdict.value,
            did=list(dict.fromkeys(str(one.paraphrase) for one in against)),
            places=list(dict.fromkeys(str(one.place) for one in against)),
        )


def playbook(exchange: Exchange[Any], orientation: str, phase: str) -> Playbook:
    """Return what the evidence advises.

    Args:
        exchange: The request.
        orientation: Notation of an orientation, or `any`.
        phase: Notation of a phase, or `any`.
    """
    cases = Cases(exchange)
    advised = [
        _advised(cases, cases.propositions[number], name)
        for name, numbers in _PROPOSITIONS.items()
        if phase in {ANY, name, _PHASES[name]}
        for number in numbers
        if number in cases.propositions and _speaks(cases.propositions[number], orientation)
    ]
    items = evidence.rows(exchange, "practices", orientation=orientation, phase=phase)
    practices = [_practice(row, advised, cases.propositions) for row in items if not row["checklist"]]
    coded = [
        CodedPractice(
            cases=str(row["letters"]).split(),
            **{name: row[name] for name in names(CodedPractice) if name != "cases"},
        )
        for row in evidence.rows(exchange, "coded-practices", orientation=orientation, phase=phase)
    ]
    return Playbook(
        orientation=orientation,
        phase=phase,
        propositions=advised,
        practices=[one for one in practices if one.orientation is not None],
        general_practices=[one for one in practices if one.orientation is None],
        instruments=[one for one in coded if one.construct_key == _INSTRUMENTS],
        coded=[one for one in coded if one.construct_key != _INSTRUMENTS],
        checklists=_checklists(row for row in items if row["checklist"]),
        ambiguities=_doubts(exchange, practices, coded),
    )


def alliance_practice(exchange: Exchange[Any], key: str) -> AlliancePractice:
    """Return where an alliance follows and departs from the evidence.

    Args:
        exchange: The request.
        key: Key of an alliance that exists.
    """
    cases = Cases(exchange)
    iri = alliance_iri(exchange, key)
    orientation = sorted(
        notation(row["value"])
        for row in exchange.graph().select(FEATURES_OF, alliance=iri)
        if row["property"] == f"{TT}orientation"
    )
    recorded: dict[int, list[Row]] = {}
    for row in evidence.rows(exchange, "alliance-practice", alliance=key):
        recorded.setdefault(int(row["proposition"] or 0), []).append(row)
    findings = [
        _finding(cases, one, recorded.get(one.number, []))
        for one in cases.propositions.values()
        if one.orientation == "all" or one.orientation in orientation
    ]
    standings = [finding.standing for finding in findings]
    return AlliancePractice(
        alliance=exchange.view.directory.alliances([key])[key],
        orientation=orientation,
        findings=findings,
        **{name: standings.count(name) for name in _STANDINGS.values()},
    )


def organization_practice(exchange: Exchange[Any], key: str) -> OrganizationPractice:
    """Return where an organisation's alliances follow and depart from the evidence.

    Args:
        exchange: The request.
        key: Key of an organisation that exists.
    """
    cases = Cases(exchange)
    scope = f"organization:{key}"
    findings = []
    for proposition in cases.propositions.values():
        test = proposition_tests.run_on(exchange, proposition.number, scope)
        if not test.units:
            continue
        counts = {_STANDINGS[verdict]: test.count(verdict) for verdict in Verdict}
        findings.append(
            PortfolioFinding(
                proposition=proposition.number,
                statement=proposition.statement,
                following=_portfolio(test.units, lambda one: one is Verdict.SUPPORTS),
                departing=_portfolio(test.units, lambda one: one in proposition_tests.DISSENT),
                strength=cases.strength(proposition.number),
                dissenting=cases.dissenting(proposition.number),
                caveat=test.caveat,
                **counts,
            )
        )
    return OrganizationPractice(
        organization=exchange.view.directory.organizations([key])[key], findings=findings
    )


def _speaks(proposition: Proposition, orientation: str) -> bool:
    """Tell whether a proposition is of use for an orientation; who does both needs both sides."""
    return orientation in {ANY, "ambidextrous"} or proposition.orientation in {"all", orientation}


def _advised(cases: Cases, proposition: Proposition, phase: str) -> AdvisedProposition:
    number = proposition.number
    return AdvisedProposition(
        number=number,
        statement=proposition.statement,
        phase=phase,
        phase_basis="reading" if number in _OUR_READING else "source",
        strength=cases.strength(number),
        supporting=cases.supporting(number),
        dissenting=cases.dissenting(number),
        caveat=cases.test(number).caveat,
    )


def _practice(row: Row, advised: Sequence[AdvisedProposition], known: Mapping[int, Proposition]) -> Practice:
    bearing = [
        one
        for one in advised
        if one.phase == row["phase"] and known[one.number].orientation in {"all", row["orientation"]}
    ]
    if row["orientation"] is None:
        bearing = []
    return Practice(
        label=Bilingual(en=str(row["label_en"]), nl=str(row["label_nl"])),
        phase_basis=_BASES[row["phase_basis"]],
        documents=sorted(str(row["documents"]).split()),
        cases=sorted(str(row["cases"] or "").split()),
        propositions=[one.number for one in bearing],
        supporting=sorted({letter for one in bearing for letter in one.supporting}),
        dissenting=sorted({dissent.letter for one in bearing for dissent in one.dissenting}),
        orientation=None if row["orientation"] is None else str(row["orientation"]),
        **{
            name: str(row[name]) for name in ("key", "framework", "framework_label", "text", "phase", "place")
        },
    )


def _checklists(rows: Iterable[Row]) -> list[ChecklistHint]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row["framework"]), []).append(row)
    return [
        ChecklistHint(
            checklist=key,
            label=str(items[0]["framework_label"]),
            href=f"/v1/checklists/{key}",
            phase_basis=_BASES[items[0]["phase_basis"]],
            items=list(dict.fromkeys(str(item["label_en"]) for item in items)),
        )
        for key, items in found.items()
    ]


def _doubts(
    exchange: Exchange[Any], practices: Iterable[Practice], coded: Iterable[CodedPractice]
) -> list[Ambiguity]:
    """Return the ambiguities about an item, its framework as a whole, or a construct of the phase."""
    subjects = {("item", one.key) for one in practices} | {("framework", one.framework) for one in practices}
    subjects |= {("construct", one.construct_key) for one in coded}
    return [
        one
        for one in evidence.ambiguities(exchange)
        if any((subject.kind, subject.name) in subjects for subject in one.about)
    ]


def _finding(cases: Cases, proposition: Proposition, found: Sequence[Row]) -> Finding:
    deciding = {row["direction"] for row in found if row["role"] == "decides"}
    standing: Standing = "silent"
    if deciding:
        standing = "mixed" if len(deciding) > 1 else ("follows" if "supports" in deciding else "departs")
    return Finding(
        proposition=proposition.number,
        statement=proposition.statement,
        standing=standing,
        records=[Record(**{name: row[name] for name in names(Record)}) for row in found],
        strength=cases.strength(proposition.number),
        dissenting=cases.dissenting(proposition.number),
        caveat=caveat("organization:", proposition.basis, proposition.pattern),
    )


def _portfolio(units: Iterable[Unit], wanted: Callable[[Verdict], bool]) -> list[PortfolioUnit]:
    return [
        PortfolioUnit(
            key=unit.iri.rpartition("/")[2],
            iri=unit.iri,
            name=unit.label,
            records=[_record(one) for one in unit.evidence],
        )
        for unit in units
        if wanted(unit.verdict)
    ]


def _record(one: Evidence) -> Record:
    return Record(**{name: getattr(one, name) for name in names(Record)})
