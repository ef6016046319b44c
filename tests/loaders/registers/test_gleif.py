"""GLEIF: every record of the files is in the graph as an independent reading of the files has it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tertius.ontology.identity import individual, key
from tertius.ontology.namespaces import TTC

DATA = Path(__file__).parent / "data"
LEI, RR, EX = (f"{{http://www.gleif.org/data/schema/{name}/2016}}" for name in ("leidata", "rr", "repex"))
KINDS = {
    "IS_DIRECTLY_CONSOLIDATED_BY": "direct-parent",
    "IS_ULTIMATELY_CONSOLIDATED_BY": "ultimate-parent",
    "IS_FUND-MANAGED_BY": "fund-manager",
    "IS_SUBFUND_OF": "umbrella-fund",
}


def organization(lei: str) -> str:
    return individual("organization", key("lei", lei))


@pytest.fixture(scope="module")
def records():
    return ElementTree.parse(DATA / "gleif-level-1.xml").getroot().findall(f".//{LEI}LEIRecord")


def told(world, term: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for node, value in world.rows("gleif", f"?o ?v {{ ?o a org:Organization ; {term} ?v"):
        found.setdefault(node, set()).add(value)
    return found


def test_counts_are_those_of_the_files(world, records):
    report = world.reports["gleif"]
    relations = ElementTree.parse(DATA / "gleif-level-2.xml").getroot().findall(f".//{RR}RelationshipRecord")
    exceptions = ElementTree.parse(DATA / "gleif-exceptions.xml").getroot().findall(f".//{EX}Exception")
    assert (len(records), len(relations), len(exceptions)) == (16, 10, 10)
    assert report.rows == report.rows_right == 36
    assert report.counts["organizations"] == 16
    assert report.counts["relations"] == 10
    assert report.counts["reporting_exceptions"] == 10
    assert report.counts["rejected"] == report.counts["left_out"] == 0
    assert report.counts["statements"] == len(world.triples("gleif"))
    notes = [note.message for note in report.notes if note.code == "layout"]
    assert notes == [
        "read as LEI records (LEI-CDF 3.1)",
        "read as relationship records (RR-CDF 2.1)",
        "read as reporting exceptions",
    ]


@pytest.mark.parametrize(
    ("term", "path"),
    [
        ("skos:prefLabel", "Entity/LegalName"),
        ("tt:jurisdiction", "Entity/LegalJurisdiction"),
        ("tt:statusAsGiven", "Entity/EntityStatus"),
        ("tt:registrationStatus", "Registration/RegistrationStatus"),
        ("tt:city", "Entity/LegalAddress/City"),
        ("tt:postalCode", "Entity/LegalAddress/PostalCode"),
        ("tt:country/skos:notation", "Entity/LegalAddress/Country"),
    ],
)
def test_each_text_is_the_file_s(world, records, term, path):
    place = "/".join(f"{LEI}{part}" for part in path.split("/"))
    expected = {
        organization(record.findtext(f"{LEI}LEI")): {" ".join(text.split())}
        for record in records
        if (text := record.findtext(place))
    }
    assert told(world, term) == expected


def test_other_names_have_kind_and_language(world, records):
    expected = set()
    for record in records:
        for entry in record.iterfind(f".//{LEI}OtherEntityName"):
            assert entry.get("type") == "PREVIOUS_LEGAL_NAME"
            expected.add((organization(record.findtext(f"{LEI}LEI")), entry.text, "former"))
        for entry in record.iterfind(f".//{LEI}TransliteratedOtherEntityName"):
            expected.add((organization(record.findtext(f"{LEI}LEI")), entry.text, "transliterated"))
    pattern = "?o ?n ?k { ?o tt:nameRecord ?r ; skos:altLabel ?n . ?r skos:prefLabel ?n ; tt:nameKind ?k"
    found = {(o, n, k.removeprefix(f"{TTC}name-kind-")) for o, n, k in world.rows("gleif", pattern)}
    assert found == expected
    assert {"former", "transliterated"} == {kind for _, _, kind in found}


def test_legal_forms_are_codes_or_words(world, records):
    expected = {}
    for record in records:
        code = record.findtext(f"{LEI}Entity/{LEI}LegalForm/{LEI}EntityLegalFormCode")
        words = record.findtext(f"{LEI}Entity/{LEI}LegalForm/{LEI}OtherLegalForm")
        form = (words or code) if code in {"8888", "9999"} else code
        if form:
            expected[organization(record.findtext(f"{LEI}LEI"))] = {form}
    assert told(world, "tt:legalForm") == expected


def test_days_and_statuses(world, records):
    founded = {
        organization(record.findtext(f"{LEI}LEI")): {text[:10]}
        for record in records
        if (text := record.findtext(f"{LEI}Entity/{LEI}EntityCreationDate"))
    }
    assert founded
    assert told(world, "tt:foundedOn") == founded
    status = {node: value.pop() for node, value in told(world, "tt:registerStatus").items()}
    for record in records:
        given = record.findtext(f"{LEI}Entity/{LEI}EntityStatus")
        assert status[organization(record.findtext(f"{LEI}LEI"))] == f"{TTC}register-status-{given.lower()}"


def test_identifiers_are_checked_and_local_numbers_known(world, records):
    checks = dict(
        world.rows(
            "gleif", "?v ?c { ?i tt:scheme ttc:identifier-scheme-lei ; skos:notation ?v ; tt:checkResult ?c"
        )
    )
    assert checks == {record.findtext(f"{LEI}LEI"): f"{TTC}identifier-check-valid" for record in records}
    british = {
        record.findtext(f".//{LEI}RegistrationAuthorityEntityID")
        for record in records
        if record.findtext(f".//{LEI}RegistrationAuthorityID") in {"RA000585", "RA000586", "RA000587"}
    }
    found = world.rows("gleif", "?v { ?i tt:scheme ttc:identifier-scheme-gb-coh ; skos:notation ?v")
    assert {value for (value,) in found} == british
    assert british


def test_relations_are_the_file_s(world):
    root = ElementTree.parse(DATA / "gleif-level-2.xml").getroot()
    expected = set()
    for record in root.iterfind(f".//{RR}Relationship"):
        periods = {
            period.findtext(f"{RR}PeriodType"): (period.findtext(f"{RR}StartDate") or "")[:10]
            for period in record.iterfind(f".//{RR}RelationshipPeriod")
        }
        expected.add(
            (
                organization(record.findtext(f"{RR}StartNode/{RR}NodeID")),
                organization(record.findtext(f"{RR}EndNode/{RR}NodeID")),
                f"{TTC}relation-kind-{KINDS[record.findtext(f'{RR}RelationshipType')]}",
                periods.get("RELATIONSHIP_PERIOD") or None,
                record.findtext(f"{RR}RelationshipStatus"),
            )
        )
    pattern = (
        "?of ?to ?kind ?from ?status { ?r a tt:RegisteredRelation ; tt:relationOf ?of ; tt:relationTo ?to ;"
        " tt:relationKind ?kind ; tt:statusAsGiven ?status OPTIONAL { ?r tt:validFrom ?from }"
    )
    assert set(world.rows("gleif", pattern)) == expected
    assert len(expected) == 10


def test_exceptions_are_the_file_s(world):
    root = ElementTree.parse(DATA / "gleif-exceptions.xml").getroot()
    expected = {
        (
            organization(entry.findtext(f"{EX}LEI")),
            entry.findtext(f"{EX}ExceptionCategory"),
            entry.findtext(f"{EX}ExceptionReason"),
        )
        for entry in root.iterfind(f".//{EX}Exception")
    }
    pattern = "?of ?c ?r { ?x tt:exceptionOf ?of ; tt:exceptionCategory ?c ; tt:exceptionReason ?r"
    assert set(world.rows("gleif", pattern)) == expected


def test_the_api_s_records_say_the_same_things(world):
    data = json.loads((DATA / "gleif-api-records.json").read_text())["data"]
    expected, former = set(), set()
    for record in data:
        entity = record["attributes"]["entity"]
        node = organization(record["id"])
        expected.add((node, entity["legalName"]["name"], entity["jurisdiction"], entity["creationDate"][:10]))
        former |= {(node, name["name"]) for name in entity["otherNames"]}
    pattern = "?o ?n ?j ?d { ?o skos:prefLabel ?n ; tt:jurisdiction ?j ; tt:foundedOn ?d"
    assert set(world.rows("gleif-api", pattern)) == expected
    assert set(world.rows("gleif-api", "?o ?n { ?o skos:altLabel ?n")) == former
    assert former
