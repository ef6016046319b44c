"""ROR and BODS: names, relations and shares as the json module reads them from the files."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from tertius.ontology.identity import individual, key
from tertius.ontology.namespaces import TTC

DATA = Path(__file__).parent / "data"


def organization(address: str) -> str:
    return individual("organization", key("ror", address.removeprefix("https://ror.org/")))


@pytest.fixture(scope="module")
def records():
    return json.loads((DATA / "ror.json").read_text(encoding="utf-8"))


def test_names_of_every_kind_and_language(world, records):
    main, others = set(), set()
    for record in records:
        for name in record["names"]:
            if "ror_display" in name["types"]:
                main.add((organization(record["id"]), name["value"]))
            else:
                kinds = {"label": "translated", "alias": "alternative", "acronym": "acronym"}
                others.add((organization(record["id"]), name["value"], kinds[name["types"][0]]))
    assert set(world.rows("ror", "?o ?n { ?o a org:Organization ; skos:prefLabel ?n")) == main
    pattern = "?o ?n ?k { ?o tt:nameRecord ?r . ?r skos:prefLabel ?n ; tt:nameKind/skos:notation ?kind"
    pattern = pattern.replace("tt:nameKind/skos:notation ?kind", "tt:nameKind ?k")
    found = {(o, n, k.removeprefix(f"{TTC}name-kind-")) for o, n, k in world.rows("ror", pattern)}
    assert found == others
    assert {kind for _, _, kind in others} == {"translated", "alternative", "acronym"}


def test_statuses_and_years(world, records):
    pattern = "?o ?s { ?o tt:registerStatus ?s"
    expected = {(organization(one["id"]), f"{TTC}register-status-{one['status']}") for one in records}
    assert set(world.rows("ror", pattern)) == expected
    assert len({status for _, status in expected}) == 3
    years = {
        (organization(one["id"]), f"{one['established']:04}-01-01", f"foundedOn={one['established']}")
        for one in records
        if one["established"]
    }
    assert set(world.rows("ror", "?o ?d ?g { ?o tt:foundedOn ?d ; tt:dateAsGiven ?g")) == years


def test_relations_are_kept_in_one_direction(world, records):
    expected = set()
    listed = 0
    for record in records:
        for one in record["relationships"]:
            listed += 1
            own, other = organization(record["id"]), organization(one["id"])
            kind = {"child": "parent", "predecessor": "successor"}.get(one["type"], one["type"])
            if one["type"] in {"child", "predecessor"} or (kind == "related" and other < own):
                own, other = other, own
            expected.add((own, other, f"{TTC}relation-kind-{kind}"))
    found = world.rows("ror", "?o ?t ?k { ?r tt:relationOf ?o ; tt:relationTo ?t ; tt:relationKind ?k")
    assert sorted(found) == sorted(expected)
    assert listed > len(expected)
    assert world.reports["ror"].counts["relations"] == listed
    assert {kind.rsplit("-", 1)[1] for _, _, kind in expected} >= {"parent", "successor"}


def test_external_identifiers_are_normalised_and_checked(world, records):
    expected = {
        (
            organization(record["id"]),
            entry["type"],
            value.replace(" ", "") if entry["type"] == "isni" else value,
        )
        for record in records
        for entry in record["external_ids"]
        for value in entry["all"]
    } | {(organization(one["id"]), "ror", one["id"].rsplit("/", 1)[1]) for one in records}
    pattern = "?o ?s ?v ?c { ?o adms:identifier ?i . ?i tt:scheme ?s ; skos:notation ?v ; tt:checkResult ?c"
    found = world.rows("ror", pattern)
    assert {(o, s.removeprefix(f"{TTC}identifier-scheme-"), v) for o, s, v, _ in found} == expected
    assert {c for _, s, _, c in found if s.endswith("-ror")} == {f"{TTC}identifier-check-valid"}


def statements():
    names = ("bods-fermcat.json", "bods-fi-soe.json", "bods-indirect.json")
    return [one for name in names for one in json.loads((DATA / name).read_text(encoding="utf-8"))]


def test_only_the_newest_statement_of_an_entity_counts(world):
    newest = {}
    for one in statements():
        known = newest.get(one["recordId"])
        if known is None or one["statementDate"] >= known["statementDate"]:
            newest[one["recordId"]] = one
    entities = {one["recordId"]: one for one in newest.values() if one["recordType"] == "entity"}
    report = world.reports["owners"]
    assert report.rows == len(statements())
    assert report.counts["organizations"] == len(entities)
    found = world.rows("owners", "?n { ?o a org:Organization ; skos:prefLabel ?n")
    assert sorted(name for (name,) in found) == sorted(
        one["recordDetails"]["name"] for one in entities.values()
    )
    persons = [one for one in newest.values() if one["recordType"] == "person"]
    (note, *_) = [note.message for note in report.notes if note.code == "left-out"]
    assert "natural persons" in note
    assert persons


def test_shares_and_days_of_ownership(world):
    relations = [one for one in statements() if one["recordType"] == "relationship"]
    entities = {one["recordId"] for one in statements() if one["recordType"] == "entity"}
    expected = set()
    for one in relations:
        details = one["recordDetails"]
        if details["interestedParty"] in entities:
            share = next(
                (entry["share"]["exact"] for entry in details["interests"] if "share" in entry), None
            )
            start = min(
                (entry["startDate"] for entry in details["interests"] if "startDate" in entry), default=None
            )
            expected.add((None if share is None else Decimal(str(share)), start))
    pattern = "?s ?m ?d { ?r a tt:RegisteredRelation OPTIONAL { ?r tt:shareMinimum ?s ; tt:shareMaximum ?m }"
    found = world.rows("owners", pattern + " OPTIONAL { ?r tt:validFrom ?d }")
    assert {(Decimal(s) if s else None, d) for s, _, d in found} == expected
    assert all(least == most for least, most, _ in found)
    assert (Decimal("76.5"), "2020-01-01") in expected
