"""Golden copy as CSV, profiles of the KvK, organisations of CORDIS: each against the file it comes from."""

from __future__ import annotations

import csv
import importlib.util
import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.loaders import LoadError, LoadJob, load
from tertius.ontology.identity import graph, individual, key
from tertius.ontology.namespaces import PREFIXES, TTC
from tertius.store import Snapshots

DATA = Path(__file__).parent / "data"
spec = importlib.util.spec_from_file_location("golden", Path(__file__).parent / "golden.py")
golden = importlib.util.module_from_spec(spec)
spec.loader.exec_module(golden)
KINDS = {"level-1": "LEIRecord", "level-2": "RelationshipRecord", "exceptions": "Exception"}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("golden")
    for name, record in KINDS.items():
        golden.write(DATA / f"gleif-{name}.xml", folder / f"{name}.csv", record)
    return folder


def facts(store, source):
    """Return a source's triples without those that describe the source and its load."""
    found = set()
    for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(graph(source))):
        if "/id/source" not in quad.subject.value and "/id/load" not in quad.subject.value:
            found.add(quad.triple)
    return found


@pytest.fixture(scope="module")
def loaded(tables, tmp_path_factory):
    data = tmp_path_factory.mktemp("layouts") / "data"
    jobs = {
        "table": ("gleif", [tables / f"{name}.csv" for name in KINDS]),
        "cordis": ("cordis-organizations", [DATA / "cordis-organizations.csv"]),
        "profiles": ("kvk", [DATA / "kvk-profiles.json"]),
    }
    reports = {
        source: load(LoadJob(data=data, source=source, files=tuple(files), mapping=register))
        for source, (register, files) in jobs.items()
    }
    store = ox.Store.read_only(str(Snapshots(data).current().store_path))
    return reports, store


def rows(store, source, pattern):
    names, _, where = pattern.partition("{")
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    found = store.query(f"{prefixes}SELECT {names} {{ GRAPH <{graph(source)}> {{ {where} }} }}")
    return [tuple(term.value if term else None for term in row) for row in found]


def test_the_golden_copy_says_the_same_as_csv_and_as_xml(world, loaded):
    reports, store = loaded
    assert facts(store, "table") == facts(world.store, "gleif")
    assert len(facts(store, "table")) > 500
    assert reports["table"].rows == world.reports["gleif"].rows == 36
    notes = [note.message for note in reports["table"].notes if note.code == "layout"]
    assert notes == [
        "read as LEI records (CSV)",
        "read as relationship records (CSV)",
        "read as reporting exceptions (CSV)",
    ]


def test_organizations_of_cordis(loaded):
    reports, store = loaded
    with (DATA / "cordis-organizations.csv").open(encoding="utf-8", newline="") as file:
        given = list(csv.DictReader(file))
    first = {}
    for row in given:
        first.setdefault(row["organisationID"], row)
    expected = {
        (individual("organization", key("pic", pic)), " ".join(row["name"].split()), row["city"])
        for pic, row in first.items()
    }
    found = rows(store, "cordis", "?o ?n ?c { ?o skos:prefLabel ?n ; tt:city ?c ; a org:Organization")
    assert set(found) == expected
    report = reports["cordis"]
    assert (report.rows, report.counts["organizations"]) == (len(given), len(first)) == (40, len(first))
    assert report.counts.get("repeated", 0) == len(given) - len(first)
    small = {individual("organization", key("pic", p)) for p, row in first.items() if row["SME"] == "True"}
    assert {node for (node,) in rows(store, "cordis", '?o { ?o tt:size "SME"')} == small
    vat = rows(store, "cordis", "?v { ?i skos:notation ?v ; tt:scheme ttc:identifier-scheme-eu-vat")
    assert ("NL811383696B01",) in vat
    assert len(vat) > len(first) / 2
    assert {code for (code,) in rows(store, "cordis", "?c { ?o tt:country/skos:notation ?c")} <= {
        {"EL": "GR", "UK": "GB"}.get(row["country"], row["country"]) for row in given
    }


def test_profiles_of_the_kvk(loaded):
    reports, store = loaded
    report = reports["profiles"]
    assert (report.rows, report.counts["organizations"], report.counts["left_out"]) == (3, 2, 1)
    company = individual("organization", key("nl-kvk", "68750110"))
    assert rows(
        store,
        "profiles",
        f"?n ?f ?d ?c {{ <{company}> skos:prefLabel ?n ; tt:legalForm ?f ; tt:foundedOn ?d ; tt:city ?c",
    ) == [("Voorbeeld Pompen Nederland B.V.", "Besloten Vennootschap", "2015-01-01", "Hengelo")]
    assert rows(
        store,
        "profiles",
        f"?a ?p ?w {{ <{company}> tt:registeredAddress ?a ; tt:postalCode ?p ; tt:website ?w",
    ) == [("Kadeweg 12 b, 7521AG, Hengelo, Nederland", "7521AG", "www.voorbeeldpompen.example")]
    names = rows(
        store, "profiles", f"?n ?k {{ <{company}> tt:nameRecord ?r . ?r skos:prefLabel ?n ; tt:nameKind ?k"
    )
    assert set(names) == {(name, f"{TTC}name-kind-trading") for name in ("Voorbeeld Pompen", "Pompwinkel")}
    ended = rows(
        store, "profiles", "?f ?e ?s { ?o tt:dissolvedOn ?e ; tt:foundedOn ?f ; tt:registerStatus ?s"
    )
    assert ended == [("2012-01-01", "2022-12-31", f"{TTC}register-status-inactive")]
    texts = {quad.object.value for quad in store if isinstance(quad.object, ox.Literal)}
    assert not any("Jansma" in text or "Geheimpad" in text for text in texts)


@pytest.mark.parametrize("form", ["one", "lines"])
def test_profiles_alone_or_one_a_line(tmp_path, form):
    profiles = json.loads((DATA / "kvk-profiles.json").read_text(encoding="utf-8"))
    text = json.dumps(profiles[0], indent=1) if form == "one" else "\n".join(map(json.dumps, profiles))
    path = tmp_path / "kvk.json"
    path.write_text(text, encoding="utf-8")
    report = load(LoadJob(data=tmp_path, source="s", files=(path,), mapping="kvk", dry_run=True))
    assert report.counts["organizations"] == (1 if form == "one" else 2)


def test_cordis_as_published_with_semicolons(tmp_path):
    with (DATA / "cordis-organizations.csv").open(encoding="utf-8", newline="") as file:
        given = list(csv.reader(file))
    path = tmp_path / "organization.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows(given)
    job = LoadJob(data=tmp_path, source="s", files=(path,), mapping="cordis-organizations", dry_run=True)
    assert load(job).rows == 40


def swap(first, second):
    def damage(data):
        lines = data.split(b"\n")
        head = lines[0].replace(first, b"@@").replace(second, first).replace(b"@@", second)
        return b"\n".join([head, *lines[1:]])

    return damage


@pytest.mark.parametrize(
    ("register", "name", "damage", "code", "place"),
    [
        ("gleif", "level-1.csv", lambda d: d[: len(d) // 2], None, "cut off"),
        (
            "gleif",
            "level-1.csv",
            swap(b"LEI,", b"Entity.LegalName,"),
            "bad-identifier",
            "row 2, column 'LEI'",
        ),
        (
            "gleif",
            "level-1.csv",
            swap(b"Entity.EntityCreationDate", b"Entity.EntityStatus"),
            "bad-date",
            "row 2, column 'Entity.EntityCreationDate'",
        ),
        (
            "gleif",
            "level-1.csv",
            lambda d: d.replace(b"Entity.LegalName,", b"Name,"),
            "unknown-layout",
            "row 1",
        ),
        ("gleif", "level-1.csv", lambda d: d.replace(b"Fid", b"F\xe9d"), "bad-encoding", "row 2"),
        (
            "gleif",
            "level-2.csv",
            swap(b"Relationship.StartNode.NodeID,", b"Relationship.StartNode.NodeIDType,"),
            None,
            "row 2",
        ),
        (
            "gleif",
            "exceptions.csv",
            swap(b"LEI,", b"Exception.Category,"),
            "bad-identifier",
            "row 2, column 'LEI'",
        ),
        (
            "cordis-organizations",
            "cordis-organizations.csv",
            swap(b"name,", b"country,"),
            "bad-country",
            "row 2",
        ),
        ("cordis-organizations", "cordis-organizations.csv", lambda d: d[:-40], "ragged-row", "cut off"),
        (
            "cordis-organizations",
            "cordis-organizations.csv",
            swap(b"organisationID", b"rcn"),
            None,
            "row",
        ),
        (
            "cordis-organizations",
            "cordis-organizations.csv",
            lambda d: d.replace(b"Wageningen", b"W\xe4"),
            "bad-encoding",
            "row 2",
        ),
        ("kvk", "kvk-profiles.json", lambda d: d[:700], "bad-json", "cut off"),
        (
            "kvk",
            "kvk-profiles.json",
            lambda d: d.replace(b"kvkNummer", b"nummer"),
            "no-identifier",
            "row 2, column 'kvkNummer'",
        ),
        ("kvk", "kvk-profiles.json", lambda d: d.replace(b"Pompen", b"Pomp\xebn"), "bad-encoding", "row 2"),
        ("kvk", "kvk-profiles.json", lambda _: b"a,b\n", "unknown-layout", "JSON"),
    ],
)
def test_damaged_copies_are_refused_with_the_place(tables, tmp_path, register, name, damage, code, place):
    source = tables / name if (tables / name).exists() else DATA / name
    path = tmp_path / name
    path.write_bytes(damage(source.read_bytes()))
    with pytest.raises(LoadError) as caught:
        load(LoadJob(data=tmp_path / "data", source="s", files=(path,), mapping=register, dry_run=True))
    problem = caught.value.report.problems[0]
    assert problem.file == name
    assert code is None or problem.code == code, str(caught.value)
    assert place in str(caught.value)
