"""Companies House: company data as the csv module reads it, and control without a natural person."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.ontology.identity import individual, key
from tertius.ontology.namespaces import TTC

DATA = Path(__file__).parent / "data"


def company(number: str) -> str:
    return individual("organization", key("gb-coh", number))


def iso(text: str) -> str:
    return datetime.strptime(text, "%d/%m/%Y").date().isoformat()


@pytest.fixture(scope="module")
def rows():
    with (DATA / "companies-house.csv").open(encoding="utf-8", newline="") as file:
        return [{name.strip(): cell for name, cell in row.items()} for row in csv.DictReader(file)]


def test_every_company_is_there_with_its_name_and_days(world, rows):
    expected = {
        (
            company(row["CompanyNumber"]),
            row["CompanyName"],
            iso(row["IncorporationDate"]),
            row["CompanyStatus"],
        )
        for row in rows
        if row["IncorporationDate"]
    }
    pattern = "?o ?n ?d ?s { ?o skos:prefLabel ?n ; tt:foundedOn ?d ; tt:statusAsGiven ?s"
    assert set(world.rows("companies", pattern)) == expected
    assert world.reports["companies"].counts["organizations"] == len(rows) == 11
    assert len(world.rows("companies", "?o { ?o a org:Organization")) == 11


def test_former_names_carry_the_day_of_their_change(world, rows):
    expected = {
        (
            company(row["CompanyNumber"]),
            row[f"PreviousName_{at}.CompanyName"],
            iso(row[f"PreviousName_{at}.CONDATE"]),
        )
        for row in rows
        for at in range(1, 11)
        if row[f"PreviousName_{at}.CompanyName"]
    }
    pattern = (
        "?o ?n ?d { ?o tt:nameRecord ?r . ?r skos:prefLabel ?n ; tt:validTo ?d ;"
        " tt:nameKind ttc:name-kind-former"
    )
    assert set(world.rows("companies", pattern)) == expected
    assert len(expected) == 5


def test_statuses_become_concepts(world, rows):
    found = dict(world.rows("companies", "?o ?s { ?o tt:registerStatus ?s"))
    for row in rows:
        status = "active" if row["CompanyStatus"] in {"Active", "Registered"} else "closing"
        assert found[company(row["CompanyNumber"])] == f"{TTC}register-status-{status}"
    assert set(found.values()) == {f"{TTC}register-status-{name}" for name in ("active", "closing")}


def test_activities_and_forms(world, rows):
    expected = {
        (
            company(row["CompanyNumber"]),
            "SIC" + row[f"SICCode.SicText_{at}"][:5],
            row[f"SICCode.SicText_{at}"][8:],
        )
        for row in rows
        for at in range(1, 5)
        if row[f"SICCode.SicText_{at}"] not in {"", "None Supplied"}
    }
    found = world.rows("companies", "?o ?n ?l { ?o tt:sector ?s . ?s skos:notation ?n ; skos:prefLabel ?l")
    assert set(found) == expected
    forms = {(company(row["CompanyNumber"]), row["CompanyCategory"]) for row in rows}
    assert set(world.rows("companies", "?o ?f { ?o tt:legalForm ?f")) == forms


def test_control_names_organizations_only(world):
    lines = [json.loads(line) for line in (DATA / "companies-house-control.jsonl").read_text().splitlines()]
    wanted = {
        "corporate-entity-person-with-significant-control",
        "legal-person-person-with-significant-control",
    }
    named = [line for line in lines if line["data"]["kind"] in wanted]
    report = world.reports["control"]
    assert (len(lines), len(named)) == (11, 3)
    assert (report.rows, report.counts["relations"], report.counts["left_out"]) == (11, 3, 8)
    (note,) = [note.message for note in report.notes if note.code == "left-out"]
    assert "2 records of the kind individual-person-with-significant-control" in note
    assert "1 records of the kind unknown-kind" in note
    relations = set(
        world.rows("control", "?o ?t ?k { ?r tt:relationOf ?o ; tt:relationTo ?t ; tt:relationKind ?k")
    )
    control = f"{TTC}relation-kind-control"
    unregistered = individual("organization", key("control", "Foo Bar Limited", ""))
    assert relations == {
        (company("01234567"), company("89101112"), control),
        (company("01234567"), unregistered, control),
    }


def test_nothing_about_natural_persons_is_written(world):
    for source in ("control", "owners"):
        texts = [quad.object.value for quad in world.triples(source) if isinstance(quad.object, ox.Literal)]
        assert texts
        for word in ("Bloggs", "Joe", "Riyadh", "Byrne", "O'Donohue", "IRL-TAXID", "1990-06-12"):
            assert not any(word in text for text in texts), word
