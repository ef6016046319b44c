"""Every sample of the registers' own files beside the checkout loads, and says what the file says."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from tertius.loaders import LoadError, LoadJob, load
from tertius.ontology.identity import graph
from tertius.ontology.namespaces import PREFIXES, TTC
from tertius.store import Snapshots

SAMPLES = Path(__file__).parents[4] / "shared" / "data"
GLEIF, HOUSE = SAMPLES / "gleif", SAMPLES / "companies-house"
RECORDS = {"LEIRecord", "RelationshipRecord", "Exception"}


def read(tmp_path, register, *files):
    return load(LoadJob(data=tmp_path, source="s", files=files, mapping=register, dry_run=True))


def xml_files():
    found = sorted([*GLEIF.glob("level*/*.xml"), *GLEIF.glob("repex/*.xml")])
    return {f"gleif {path.name}": path for path in found}


def xml_case(tmp_path, path):
    elements = [e for e in ElementTree.parse(path).getroot().iter() if e.tag.rpartition("}")[2] in RECORDS]
    report = read(tmp_path, "gleif", path)
    assert report.rows == report.rows_right == len(elements) > 0
    kind = elements[0].tag.rpartition("}")[2]
    names = {
        "LEIRecord": "organizations",
        "RelationshipRecord": "relations",
        "Exception": "reporting_exceptions",
    }
    counted = report.counts.get(names[kind], 0) + report.counts.get("repeated", 0)
    assert counted + report.counts["left_out"] == len(elements)


def api_files():
    """Return the recorded answers about the three kinds of resource that are read, failures left out."""
    found = {}
    for path in sorted(GLEIF.glob("api-v1-json/*/*.json")):
        data = json.loads(path.read_text(encoding="utf-8")).get("data")
        listed = data if isinstance(data, list) else [data] if data else []
        kinds = {entry.get("type") for entry in listed}
        if kinds and kinds <= {"lei-records", "relationship-records", "reporting-exceptions"}:
            found[path] = len(listed)
    return found


def api_case(tmp_path, _):
    files = api_files()
    report = read(tmp_path, "gleif", *files)
    assert report.rows == report.rows_right == sum(files.values()) == 84
    leis = set()
    for path in files:
        data = json.loads(path.read_text(encoding="utf-8"))["data"]
        for entry in data if isinstance(data, list) else [data]:
            if entry["type"] == "lei-records":
                leis.add(entry["id"])
    assert report.counts["organizations"] == len(leis) == 31


def thousand_case(tmp_path, path):
    with path.open(encoding="utf-8", newline="") as file:
        given = list(csv.DictReader(file))
    report = read(tmp_path, "companies-house", path)
    assert (report.rows, report.counts["organizations"]) == (len(given), 1000)
    assert report.rows_right == len(given)


def official_case(tmp_path, path):
    report = read(tmp_path, "companies-house", path)
    assert (report.rows, report.counts["organizations"], report.counts["other_names"]) == (11, 11, 5)


def empty_case(tmp_path, path):
    with pytest.raises(LoadError) as caught:
        read(tmp_path, "companies-house", path)
    assert list(caught.value.report.problem_count) == ["no-rows"]


def control_case(tmp_path, path):
    report = read(tmp_path, "companies-house", path)
    assert (report.rows, report.counts["relations"], report.counts["left_out"]) == (11, 3, 8)


def ror_case(tmp_path, path):
    given = json.loads(path.read_text(encoding="utf-8"))
    report = read(tmp_path, "ror", path)
    assert report.rows == report.rows_right == len(given) == 5552
    assert report.counts["organizations"] == 5552
    told = sum(len(entry["relationships"]) for entry in given)
    assert report.counts["relations"] == told == 15375
    others = sum(len([n for n in entry["names"] if "ror_display" not in n["types"]]) for entry in given)
    assert report.counts["other_names"] == others


OF_ORG_ID_GUIDE = {
    "GB-COH": ("gb-coh", r"([A-Z]{2})(\d{1,6})|()(\d{1,8})", 8),
    "XI-LEI": ("lei", r"([A-Z0-9]{18})(\d{2})", 20),
}
"""The schemes of the samples that are ours: how values are written, zeros left out, and their length."""


def newest_statements(given):
    """Return the statement that counts of each record, by its identifier: the last one that was made."""
    found = {}
    for one in given:
        known = found.get(one["recordId"])
        if known is None or one["statementDate"] >= known["statementDate"]:
            found[one["recordId"]] = one
    return found


def bods_entities(newest):
    """Return what is expected of each entity: name, facts, other names and identifiers."""
    facts, others, identifiers = set(), set(), set()
    for one in newest.values():
        if one["recordType"] != "entity":
            continue
        details = one["recordDetails"]
        name, strange = details["name"], []
        for entry in details.get("identifiers", []):
            scheme, pattern, length = OF_ORG_ID_GUIDE.get(entry.get("scheme"), ("", "", 0))
            if not scheme:
                strange.append(f"{entry.get('scheme') or entry['schemeName']} {entry['id']}")
            elif match := re.fullmatch(pattern, entry["id"]):
                letters, digits = filter(lambda part: part is not None, match.groups())
                identifiers.add((name, scheme, letters + digits.zfill(length - len(letters))))
        facts.add(
            (
                name,
                details["entityType"]["type"],
                one["recordStatus"],
                details.get("jurisdiction", {}).get("code"),
                details.get("foundingDate"),
                details.get("dissolutionDate"),
                strange[0] if strange else None,
            )
        )
        others |= {(name, other) for other in details.get("alternateNames", [])}
    return facts, others, identifiers


def bods_relations(newest):
    """Return what is expected of each relation of two entities: who, whom, how, how much, when, status."""
    names = {
        record: one["recordDetails"]["name"]
        for record, one in newest.items()
        if one["recordType"] == "entity"
    }
    found = []
    for one in newest.values():
        details = one["recordDetails"]
        if one["recordType"] != "relationship" or not isinstance(details["interestedParty"], str):
            continue
        if details["interestedParty"] not in names:
            continue
        interests = details.get("interests", [])
        share = next((entry["share"] for entry in interests if "share" in entry), {})
        least = share.get("exact", share.get("minimum", share.get("exclusiveMinimum")))
        most = share.get("exact", share.get("maximum", share.get("exclusiveMaximum")))
        starts = [entry["startDate"] for entry in interests if "startDate" in entry]
        ends = [entry["endDate"] for entry in interests if "endDate" in entry]
        closed = one["statementDate"][:10] if one["recordStatus"] == "closed" else None
        found.append(
            (
                names[details["subject"]],
                names[details["interestedParty"]],
                frozenset(entry.get("type", "unspecified") for entry in interests),
                None if least is None else Decimal(str(least)),
                None if most is None else Decimal(str(most)),
                min(starts, default=None),
                max(ends) if ends and len(ends) == len(interests) else closed,
                one["recordStatus"],
            )
        )
    return found


def rows(data, pattern):
    """Ask the graph of the source; the pattern begins with the variables."""
    names, _, where = pattern.partition("{")
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    store = ox.Store.read_only(str(Snapshots(data).current().store_path))
    found = store.query(f"{prefixes}SELECT {names} {{ GRAPH <{graph('s')}> {{ {where} }} }}")
    return [tuple(term.value if term else None for term in row) for row in found]


def bods_case(tmp_path, path):
    given = json.loads(path.read_text(encoding="utf-8"))
    newest = newest_statements(given)
    report = load(LoadJob(data=tmp_path, source="s", files=(path,), mapping="bods"))
    assert report.published
    facts, others, identifiers = bods_entities(newest)
    relations = bods_relations(newest)
    kinds = Counter(one["recordType"] for one in newest.values())
    left_out = len(given) - len(newest) + kinds["person"] + kinds["relationship"] - len(relations)
    assert report.rows == report.rows_right == len(given) > 0
    assert report.counts.get("organizations", 0) == kinds["entity"] == len(facts) > 0
    assert report.counts.get("relations", 0) == len(relations)
    assert report.counts.get("left_out", 0) == left_out

    found = rows(
        tmp_path,
        "?name ?type ?status ?law ?founded ?dissolved ?number { ?o a org:Organization ;"
        " skos:prefLabel ?name ; tt:organizationType/skos:prefLabel ?type ; tt:registrationStatus ?status"
        " OPTIONAL { ?o tt:jurisdiction ?law } OPTIONAL { ?o tt:foundedOn ?founded }"
        " OPTIONAL { ?o tt:dissolvedOn ?dissolved } OPTIONAL { ?o tt:registrationNumber ?number }",
    )
    assert sorted(found, key=str) == sorted(facts, key=str)
    assert set(rows(tmp_path, "?n ?other { ?o skos:prefLabel ?n ; skos:altLabel ?other")) == others
    numbers = rows(
        tmp_path,
        "?n ?s ?v { ?o skos:prefLabel ?n ; adms:identifier ?i . ?i tt:scheme ?s ; skos:notation ?v",
    )
    assert {(n, s.removeprefix(f"{TTC}identifier-scheme-"), v) for n, s, v in numbers} == identifiers

    told = rows(
        tmp_path,
        "?r ?of ?to ?least ?most ?from ?until ?status { ?r tt:relationOf/skos:prefLabel ?of ;"
        " tt:relationTo/skos:prefLabel ?to ; tt:relationKind ttc:relation-kind-control ;"
        " tt:registrationStatus ?status OPTIONAL { ?r tt:shareMinimum ?least }"
        " OPTIONAL { ?r tt:shareMaximum ?most } OPTIONAL { ?r tt:validFrom ?from }"
        " OPTIONAL { ?r tt:validTo ?until }",
    )
    natures = {}
    for relation, nature in rows(tmp_path, "?r ?nature { ?r tt:natureAsGiven ?nature"):
        natures.setdefault(relation, set()).add(nature)
    shown = [
        (
            of,
            to,
            frozenset(natures.get(relation, ())),
            Decimal(least) if least else None,
            Decimal(most) if most else None,
            start,
            end,
            status,
        )
        for relation, of, to, least, most, start, end, status in told
    ]
    assert sorted(shown, key=str) == sorted(relations, key=str)


def cordis_case(tmp_path, path):
    with path.open(encoding="utf-8", newline="") as file:
        given = list(csv.DictReader(file))
    report = read(tmp_path, "cordis-organizations", path)
    assert report.rows == report.rows_right == len(given) == 100
    assert report.counts["organizations"] == len({row["organisationID"] for row in given})
    coded = [row["vatNumber"] for row in given if re.fullmatch(r"[A-Z]{2}\w+", row["vatNumber"])]
    assert len(coded) > 50


CASES = {
    **{name: (xml_case, path) for name, path in xml_files().items()},
    "gleif api": (api_case, GLEIF),
    "a thousand companies": (thousand_case, HOUSE / "companieshr-1000-companies-14cols.csv"),
    "company data": (official_case, HOUSE / "BasicCompanyData-sample-2023-08.csv"),
    "a header only": (empty_case, HOUSE / "BasicCompanyData-sample-2023-07-02.csv"),
    "control": (control_case, HOUSE / "psc-snapshot-kinds.jsonl"),
    "ror": (ror_case, SAMPLES / "ror" / "ror-v2-records-subset.json"),
    **{f"bods {path.stem}": (bods_case, path) for path in sorted((SAMPLES / "bods/examples").glob("*.json"))},
    "cordis": (
        cordis_case,
        SAMPLES / "cordis-horizon-europe-format-sample" / "organization_df_100.csv",
    ),
}

if any(path.exists() for _, path in CASES.values()):

    @pytest.mark.long
    @pytest.mark.parametrize("name", sorted(CASES))
    def test_a_sample_of_a_register_s_own(tmp_path, name):
        check, path = CASES[name]
        check(tmp_path, path)

    @pytest.mark.long
    def test_the_statements_of_all_samples_bear_what_is_checked():
        """Without these in the files, the comparisons of the samples would compare nothing."""
        files = sorted((SAMPLES / "bods/examples").glob("*.json"))
        newest = [newest_statements(json.loads(path.read_text(encoding="utf-8"))) for path in files]
        relations = [one for found in newest for one in bods_relations(found)]
        assert len(relations) == 16
        assert {least for *_, least, _, _, _, _ in relations} >= {
            None,
            Decimal("76.5"),
            Decimal(75),
            Decimal(80),
        }
        assert any(least != most for *_, least, most, _, _, _ in relations)
        parts = [bods_entities(found) for found in newest]
        assert sum(len(facts) for facts, _, _ in parts) == 33
        assert {other for _, others, _ in parts for _, other in others} >= {"Republic of Finland"}
        assert {scheme for _, _, numbers in parts for _, scheme, _ in numbers} == {"gb-coh", "lei"}
