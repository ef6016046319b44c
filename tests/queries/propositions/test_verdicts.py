"""Every proposition gives the verdicts that its rules give by hand, and some case speaks against it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import yaml
from tertius.ontology.terms import Property
from tertius.queries import Catalogue, ParameterError
from tertius.queries.propositions import NUMBERS, Group, PropositionTest, Unit, Verdict, ask, run_test
from tertius.store import MemoryStore

GOLDEN: dict[int, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "verdicts.yaml").read_text("utf-8")
)
CATALOGUE = Path(__file__).parents[3] / "queries" / "catalogue" / "propositions"
RULE = re.compile(r'\("([a-z-]+)" "([a-z-]+)" "[a-z ]+" "(supports|contradicts)" (true|false)\)')
MATRIX_RULE = re.compile(r'\((\d+) "([a-z-]+)" "([a-z-]+)" "(supports|contradicts)"\)')

STATEMENT = """
GRAPH <graph/evidence> {{
  e:case-J a tt:Case ; tt:letter "J" ; tt:orientation ttc:orientation-exploration .
  {statements}
}}
"""
CODED = """
  e:{name} a tt:Observation ; tt:case e:case-J ; tt:construct e:{construct} ; tt:value e:{value} ;
    tt:voice ttc:voice-author ; tt:confidence ttc:confidence-level-{sure} ; tt:paraphrase "Said."@en ;
    tt:locator e:where {repeats} .
  e:where tt:place "annex 2" .
  e:{construct} skos:notation "{construct}" . e:{value} skos:notation "{value}" .
"""
PROPOSITION = """
GRAPH <graph/evidence> {
  e:p a tt:Proposition ; tt:number 4 ; tt:statement "Said."@en, "Gezegd."@nl ;
    tt:concerns ttc:daf-phase-search ;
    tt:predicts ttc:pattern-type-necessary-condition ; tt:testBasis ttc:test-basis-coded-statements .
}
"""


def coded(name: str, value: str, sure: str = "high", repeats: str = "") -> str:
    link = f"; tt:repeats e:{repeats}" if repeats else ""
    return CODED.format(name=name, construct="integration-tie-need", value=value, sure=sure, repeats=link)


def letters(units: list[Unit]) -> dict[str, str]:
    said = {
        verdict.value: "".join(one.label for one in units if one.verdict is verdict) for verdict in Verdict
    }
    return {verdict: found for verdict, found in said.items() if found}


@pytest.fixture(scope="module")
def results(catalogue: Catalogue, evidence_base: MemoryStore) -> dict[int, PropositionTest]:
    return {number: run_test(catalogue, evidence_base, number) for number in NUMBERS}


@pytest.mark.parametrize("number", NUMBERS)
def test_verdicts_of_all_cases(number: int, results: dict[int, PropositionTest]) -> None:
    test, golden = results[number], GOLDEN[number]
    assert letters(list(test.units)) == golden["in_scope"]
    assert letters(list(test.apart)) == golden["ambidextrous"]
    assert letters(list(test.comparison)) == golden["comparison"]
    assert len(test.units) + len(test.apart) + len(test.comparison) == 17


@pytest.mark.parametrize("number", NUMBERS)
def test_somebody_speaks_against_it_for_a_stated_reason(
    number: int, results: dict[int, PropositionTest]
) -> None:
    against = {
        unit.label: unit
        for unit in (*results[number].units, *results[number].apart)
        if unit.verdict in {Verdict.CONTRADICTS, Verdict.MIXED}
    }
    reasons = GOLDEN[number]["because"]
    assert set(against) == set(reasons)
    assert reasons, "the sources hold a case against every proposition"
    for letter, (key, construct, value) in reasons.items():
        said = {
            (str(one.observation).rpartition("/")[2], one.construct, one.value)
            for one in against[letter].evidence
            if one.role == "decides" and one.direction == "contradicts"
        }
        assert (key, construct, value) in said


@pytest.mark.parametrize("number", NUMBERS)
def test_every_unit_shows_what_its_verdict_rests_on(number: int, results: dict[int, PropositionTest]) -> None:
    test = results[number]
    for unit in (*test.units, *test.apart, *test.comparison):
        ways = {one.direction for one in unit.evidence if one.role == "decides"}
        expected = {
            frozenset(): Verdict.SILENT,
            frozenset({"supports"}): Verdict.SUPPORTS,
            frozenset({"contradicts"}): Verdict.CONTRADICTS,
            frozenset({"supports", "contradicts"}): Verdict.MIXED,
        }
        assert unit.verdict is expected[frozenset(ways)], unit.label
        for one in unit.evidence:
            assert one.place
            assert one.paraphrase
            assert (one.role == "doubtful") == (one.confidence == "low")
            assert one.role == "doubtful" or (one.role == "repeat") == (one.repeats is not None)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_exact_test_compares_those_who_speak(number: int, results: dict[int, PropositionTest]) -> None:
    test = results[number]
    if "table" not in GOLDEN[number]:
        assert test.exact_test is None
        assert test.untested
        return
    assert test.exact_test is not None
    assert [list(row) for row in test.exact_test.table] == GOLDEN[number]["table"]
    supporting = sum(one.verdict is Verdict.SUPPORTS for one in test.units)
    silent = sum(one.verdict is Verdict.SILENT for one in test.units)
    assert test.exact_test.table[0] == (supporting, len(test.units) - supporting - silent)


def test_ambidextrous_cases_stand_apart_except_where_all_are_meant(
    results: dict[int, PropositionTest],
) -> None:
    for number, test in results.items():
        apart = "".join(unit.label for unit in test.apart)
        assert apart == ("" if number == 11 else "BKLM")
        assert all(unit.group is Group.AMBIDEXTROUS for unit in test.apart)


def test_caveats_say_which_kind_a_proposition_is(results: dict[int, PropositionTest]) -> None:
    settled = {number for number, test in results.items() if test.basis == "data"}
    assert settled == {2, 3, 5, 6, 9, 10}
    for number, test in results.items():
        assert "chosen on purpose" in test.caveat
        assert ("facts can settle" in test.caveat) == (number in settled)
        assert ("rests on what people say" in test.caveat) == (number not in settled)


def test_the_matrix_agrees_with_every_test(
    catalogue: Catalogue, evidence_base: MemoryStore, results: dict[int, PropositionTest]
) -> None:
    rows = ask(catalogue, evidence_base, "evidence-matrix")
    assert len(rows) == 17 * 11
    matrix = {(row["proposition"], row["letter"]): row for row in rows}
    for number, test in results.items():
        for unit in (*test.units, *test.apart, *test.comparison):
            row = matrix[number, unit.label]
            assert (row["verdict"], row["group"]) == (unit.verdict, unit.group)
            for column, way in (("statements_for", "supports"), ("statements_against", "contradicts")):
                said = [one for one in unit.evidence if one.role == "decides" and one.direction == way]
                assert row[column] == len(said)


def test_rules_are_written_alike_wherever_they_stand() -> None:
    """A query needs its rules twice, and the matrix needs all of them."""
    gathered = set()
    for number in NUMBERS:
        text = (CATALOGUE / f"proposition-{number:02d}-cases.rq").read_text("utf-8")
        found = RULE.findall(text)
        half = len(found) // 2
        assert found[:half] == found[half:]
        assert half
        codes = [(construct, value) for construct, value, _, _ in found[:half]]
        assert len(set(codes)) == half, "a code speaks one way"
        gathered |= {(str(number), *rule[:3]) for rule in found if rule[3] == "true"}
    matrix = (CATALOGUE / "evidence-matrix.rq").read_text("utf-8")
    assert set(MATRIX_RULE.findall(matrix)) == gathered


def test_rules_use_codes_of_the_codebook(catalogue: Catalogue, evidence_base: MemoryStore) -> None:
    known = {(row["construct"], row["value"]) for row in ask(catalogue, evidence_base, "codebook")}
    for number in NUMBERS:
        text = (CATALOGUE / f"proposition-{number:02d}-cases.rq").read_text("utf-8")
        assert {rule[:2] for rule in RULE.findall(text)} <= known


def test_rules_never_turn_a_code_of_the_coding_around(
    catalogue: Catalogue, evidence_base: MemoryStore
) -> None:
    """What the coding lists is left out where it is no evidence, but never read the other way."""
    sides = {"for": "supports", "against": "contradicts"}
    listed = {
        (row["number"], row["construct"], row["value"]): sides[str(row["side"])]
        for row in ask(catalogue, evidence_base, "proposition-codes")
        if row["side"] in sides
    }
    added = set()
    for number in NUMBERS:
        text = (CATALOGUE / f"proposition-{number:02d}-cases.rq").read_text("utf-8")
        for construct, value, way, core in RULE.findall(text):
            if (number, construct, value) in listed:
                assert listed[number, construct, value] == way
            elif core == "true":
                added.add((number, construct, value))
    assert added == ADDED


ADDED = {(10, "senior-involvement-value", "unimportant"), (10, "relationship-management", "limited")}
"""Deciding codes that the coding does not list: each denies a part of what the proposition says."""


@pytest.mark.parametrize(
    ("statements", "verdict", "roles"),
    [
        ("", Verdict.SILENT, []),
        (coded("a", "required"), Verdict.SUPPORTS, ["decides"]),
        (coded("a", "helpful"), Verdict.CONTRADICTS, ["decides"]),
        (coded("a", "required") + coded("b", "not-required"), Verdict.MIXED, ["decides", "decides"]),
        (coded("a", "required", "low"), Verdict.SILENT, ["doubtful"]),
        (coded("a", "required") + coded("b", "helpful", "low"), Verdict.SUPPORTS, ["decides", "doubtful"]),
        (
            coded("a", "helpful") + coded("b", "helpful", repeats="a"),
            Verdict.CONTRADICTS,
            ["decides", "repeat"],
        ),
    ],
)
def test_low_confidence_and_repetition_decide_nothing(
    statements: str,
    verdict: Verdict,
    roles: list[str],
    catalogue: Catalogue,
    small: Callable[[str], MemoryStore],
) -> None:
    store = small(STATEMENT.format(statements=statements) + PROPOSITION)
    (unit,) = run_test(catalogue, store, 4).units
    assert unit.verdict is verdict
    assert [one.role for one in unit.evidence] == roles


@pytest.mark.parametrize(
    ("number", "scope", "parameter"),
    [(12, "cases", "n"), (3, "case", "scope"), (3, "organization:", "scope")],
)
def test_refuses_what_does_not_exist(
    number: int, scope: str, parameter: str, catalogue: Catalogue, evidence_base: MemoryStore
) -> None:
    with pytest.raises(ParameterError) as caught:
        run_test(catalogue, evidence_base, number, scope)
    assert caught.value.parameter == parameter


def test_says_when_there_is_no_evidence_base(catalogue: Catalogue) -> None:
    with pytest.raises(ParameterError, match="no evidence base"):
        run_test(catalogue, MemoryStore(), 3)


def test_the_graph_names_queries_that_exist(catalogue: Catalogue, evidence_base: MemoryStore) -> None:
    pattern = (None, ox.NamedNode(Property.TEST_QUERY.value), None, None)
    named = {quad.object.value for quad in evidence_base.graph.quads_for_pattern(*pattern)}
    assert len(named) == len(NUMBERS)
    assert {catalogue[name].header.proposition for name in named} == {str(number) for number in NUMBERS}
