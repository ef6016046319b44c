"""Queries of the evidence base return what the coding holds: counts against the files, samples by hand."""

from __future__ import annotations

import pytest
from tertius.loaders.evidence import Evidence, read_evidence
from tertius.queries import Argument, Catalogue, run
from tertius.queries.propositions import ask
from tertius.queries.runner import Row
from tertius.store import MemoryStore


@pytest.fixture(scope="module")
def coding() -> Evidence:
    return read_evidence()


def rows_of(catalogue: Catalogue, store: MemoryStore, name: str, **arguments: Argument) -> list[Row]:
    return ask(catalogue, store, name, arguments)


def test_every_query_answers_its_example(catalogue: Catalogue, evidence_base: MemoryStore) -> None:
    for name, query in catalogue.items():
        about_alliances = {"organization", "alliance"} & set(query.params)
        if query.topic in {"evidence", "propositions"} and not about_alliances:
            assert run(catalogue, evidence_base, name, query.examples).rows, name


def test_pages_join_without_gap_or_repetition(catalogue: Catalogue, evidence_base: MemoryStore) -> None:
    for name in ("evidence-matrix", "proposition-01-cases", "practices", "framework-items"):
        arguments = {"framework": "negotiation-checklist"} if name == "framework-items" else {}
        whole = rows_of(catalogue, evidence_base, name, **arguments)
        part, cursor = [], None
        while True:
            page = run(catalogue, evidence_base, name, arguments, limit=37, cursor=cursor)
            part += page.rows
            cursor = page.next
            if cursor is None:
                break
        assert part == whole, name


def test_cases(catalogue: Catalogue, evidence_base: MemoryStore, coding: Evidence) -> None:
    rows = rows_of(catalogue, evidence_base, "cases")
    assert "".join(str(row["letter"]) for row in rows) == "ABCDEFGHIJKLMNOPQ"
    assert sum(int(row["interviews"] or 0) for row in rows) == 24
    assert sum(int(row["observations"] or 0) for row in rows) == len(coding.observations)
    distinct = sum(one.repeats is None for one in coding.observations)
    assert sum(int(row["distinct"] or 0) for row in rows) == distinct
    by_letter = {row["letter"]: row for row in rows}
    assert by_letter["H"]["orientation_qualifier"] == "mainly"
    assert by_letter["F"]["daf_level"] is None
    assert by_letter["B"]["itself_alliance"] is True
    assert by_letter["J"]["innovation"] == "incremental-and-radical"


def test_observations_of_a_case(catalogue: Catalogue, evidence_base: MemoryStore, coding: Evidence) -> None:
    for letter in "AJQ":
        rows = rows_of(catalogue, evidence_base, "case-observations", letter=letter)
        expected = {
            (one.id, one.construct_key, one.value, one.confidence, one.locator.lines[0])
            for one in coding.observations
            if one.case == letter
        }
        found = {
            (row["key"], row["construct"], row["value"], row["confidence"], row["first_line"]) for row in rows
        }
        # A value shared with the ontology bears the concept's notation, which may differ from its key.
        assert {one[0] for one in found} == {one[0] for one in expected}
        assert len(found & expected) >= len(expected) - 5
    assert rows_of(catalogue, evidence_base, "case-observations", letter="Z") == []


def test_frameworks_and_items(catalogue: Catalogue, evidence_base: MemoryStore, coding: Evidence) -> None:
    rows = rows_of(catalogue, evidence_base, "frameworks")
    assert {row["key"]: row["items"] for row in rows} == {
        one.key: len(one.items) for one in coding.frameworks
    }
    read = {one.key: one.phase_basis for one in coding.frameworks}
    assert {row["key"]: row["phase_basis"] for row in rows} == read
    for one in coding.frameworks:
        if one.usable_as_form:
            items = rows_of(catalogue, evidence_base, "framework-items", framework=one.key)
            keys = list(dict.fromkeys(str(row["key"]) for row in items))
            assert keys == [f"{one.key}/{item.key}" for item in one.items]
            assert all(row["question_en"] and row["answer"] for row in items)


def test_ambiguities_and_readings(catalogue: Catalogue, evidence_base: MemoryStore, coding: Evidence) -> None:
    assert len(rows_of(catalogue, evidence_base, "ambiguities")) == len(coding.ambiguities)
    readings = {
        (row["key"], row["reading"]) for row in rows_of(catalogue, evidence_base, "ambiguity-readings")
    }
    assert readings == {(one.key, each.key) for one in coding.ambiguities for each in one.readings}
    doubted = {row["key"] for row in rows_of(catalogue, evidence_base, "ambiguity-subjects")}
    assert doubted == {one.key for one in coding.ambiguities}


def test_group_statements_keep_their_numbers(
    catalogue: Catalogue, evidence_base: MemoryStore, coding: Evidence
) -> None:
    rows = {row["key"]: row for row in rows_of(catalogue, evidence_base, "group-statements")}
    assert set(rows) == {one.id for one in coding.group_statements}
    assert (rows["g-005"]["count"], rows["g-005"]["total"], rows["g-005"]["group"]) == (8, 17, "exploitation")
    assert rows["g-005"]["illustrated_by"] is None


def test_practices_follow_phase_and_orientation(catalogue: Catalogue, evidence_base: MemoryStore) -> None:
    rows = rows_of(catalogue, evidence_base, "practices", orientation="exploration", phase="selection")
    assert {row["orientation"] for row in rows} == {"exploration", None}
    assert {row["phase"] for row in rows} == {"selection"}
    below = rows_of(catalogue, evidence_base, "practices", orientation="exploration", phase="formation")
    assert {row["phase"] for row in below} >= {"search", "selection"}
    basis = {row["framework"]: row["phase_basis"] for row in rows}
    assert basis["exploitation-exploration-matrix"] == "source"
    assert basis["due-diligence"] == "reading"


def test_coded_practices_count_cases_once(catalogue: Catalogue, evidence_base: MemoryStore) -> None:
    rows = rows_of(catalogue, evidence_base, "coded-practices", orientation="exploration", phase="selection")
    found = {(row["construct"], row["value"]): (row["letters"], row["cases"]) for row in rows}
    assert found["selection-criterion", "personal-fit"] == ("J N P Q", 4)
    assert found["selection-criterion", "mutual-gain"] == ("N", 1)


def test_literature_and_contrasts(catalogue: Catalogue, evidence_base: MemoryStore) -> None:
    rows = rows_of(catalogue, evidence_base, "proposition-literature", number=9)
    said = {(row["direction"], row["publication"]) for row in rows}
    assert ("contradicts", "Gulati 1995") in said
    assert ("follows", "Poppo & Zenger 2002") in said
    pairs = {
        (row["number"], row["other"]) for row in rows_of(catalogue, evidence_base, "proposition-contrasts")
    }
    assert pairs >= {(5, 6), (6, 5), (7, 8), (9, 10), (1, 3), (3, 1)}
