"""Delta files: base and deltas say what the full file of the new state says, as XML and as CSV."""

from __future__ import annotations

import copy
import datetime as dt
import importlib.util
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from tertius.loaders import LoadError, LoadJob, load
from tertius.ontology.identity import graph
from tertius.ontology.identity import key as identity
from tertius.queries.judgements import Judgement, Status, Verdict, read_judgements
from tertius.queries.network import Network
from tertius.store import Snapshots
from tertius.store.search_file import reading

DATA = Path(__file__).parent / "data"
spec = importlib.util.spec_from_file_location("golden", Path(__file__).parent / "golden.py")
golden = importlib.util.module_from_spec(spec)
spec.loader.exec_module(golden)
EXTENSION = "http://www.gleif.org/data/schema/golden-copy/extensions/1.0"
FILES = {
    "lei": ("gleif-level-1.xml", "LEIRecord", "http://www.gleif.org/data/schema/leidata/2016"),
    "rr": ("gleif-level-2.xml", "RelationshipRecord", "http://www.gleif.org/data/schema/rr/2016"),
    "repex": ("gleif-exceptions.xml", "Exception", "http://www.gleif.org/data/schema/repex/2016"),
}


class Editor:
    """A file's records, to be changed."""

    def __init__(self, kind):
        name, self.record, self.namespace = FILES[kind]
        self.kind = kind
        root = ElementTree.parse(DATA / name).getroot()
        self.records = [element for element in root.iter() if element.tag == self.tag(self.record)]

    def tag(self, name):
        return f"{{{self.namespace}}}{name}"

    def changed(self, number, change):
        made = copy.deepcopy(self.records[number])
        change(made, self.tag)
        return made

    def write(self, path, records, content):
        root = ElementTree.Element(
            self.tag({"lei": "LEIData", "rr": "RelationshipData"}.get(self.kind, "ReportingExceptionData"))
        )
        header = ElementTree.SubElement(root, self.tag("Header"))
        ElementTree.SubElement(header, self.tag("FileContent")).text = f"GLEIF_{content}_PUBLISHED"
        ElementTree.SubElement(root, self.tag("Records")).extend(records)
        ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
        return path


def renamed(record, tag):
    name = record.find(f".//{tag('LegalName')}")
    others = record.find(f".//{tag('OtherEntityNames')}")
    if others is None:
        others = ElementTree.SubElement(record.find(tag("Entity")), tag("OtherEntityNames"))
    old = ElementTree.SubElement(others, tag("OtherEntityName"), {"type": "PREVIOUS_LEGAL_NAME"})
    old.text, name.text = name.text, "A New Name of the Firm"


def moved(record, tag):
    for country in record.iter(tag("Country")):
        country.text = "IS"


def retired(record, tag):
    record.find(f".//{tag('EntityStatus')}").text = "INACTIVE"
    record.find(f".//{tag('RegistrationStatus')}").text = "RETIRED"
    successor = ElementTree.SubElement(record.find(tag("Entity")), tag("SuccessorEntity"))
    ElementTree.SubElement(successor, tag("SuccessorLEI")).text = "HWUPKR0MPOU8FGXBT394"


def dropped(record, tag):
    extension = ElementTree.SubElement(record, tag("Extension"))
    deletion = ElementTree.SubElement(extension, f"{{{EXTENSION}}}Deletion")
    ElementTree.SubElement(deletion, f"{{{EXTENSION}}}DeletedAt").text = "2024-01-02T00:00:00Z"


def later(record, tag):
    for period in record.iter(tag("StartDate")):
        period.text = "2020-02-29T00:00:00Z"


def reasoned(record, tag):
    record.find(tag("ExceptionReason")).text = "NON_CONSOLIDATING"


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """Write the base, two deltas and the state after them; the last two records of each are new."""
    folder = tmp_path_factory.mktemp("states")
    plans = {
        "lei": [{0: renamed, 1: moved}, {0: moved, 2: retired}],
        "rr": [{0: later, 1: dropped}, {0: dropped, 2: later}],
        "repex": [{0: reasoned}, {1: dropped}],
    }
    for kind, plan in plans.items():
        editor = Editor(kind)
        editor.write(folder / f"base-{kind}.xml", editor.records[:-2], "FULL")
        for number, changes in enumerate(plan):
            told = {at: editor.changed(at, change) for at, change in changes.items()}
            new = len(editor.records) - 2 + number
            written = [*told.values(), editor.records[new]]
            editor.write(folder / f"delta-{number}-{kind}.xml", written, "DELTA")
            for at, record in told.items():
                editor.records[at] = record
        gone = editor.tag("Extension")
        kept = [one for one in editor.records if not any(True for _ in one.iter(f"{{{EXTENSION}}}Deletion"))]
        assert (gone and len(kept) < len(editor.records)) or kind == "lei"
        editor.write(folder / f"after-{kind}.xml", kept, "FULL")
    for path in sorted(folder.glob("*.xml")):
        golden.write(path, path.with_suffix(".csv"), FILES[path.stem.rpartition("-")[2]][1])
    return folder


def files(folder, stem, form):
    return tuple(folder / f"{stem}-{kind}.{form}" for kind in FILES)


def facts(data, source):
    store = ox.Store.read_only(str(Snapshots(data).current().store_path))
    found = store.quads_for_pattern(None, None, None, ox.NamedNode(graph(source)))
    return {
        q.triple for q in found if "/id/source" not in q.subject.value and "/id/load" not in q.subject.value
    }


def index(data, source):
    told = "JOIN mention USING (id, source) WHERE source = ?"
    with closing(reading(Snapshots(data).current().search_path)) as database:
        return [
            sorted(database.execute(text, (source,)), key=repr)
            for text in (
                "SELECT key, name, country, type FROM mention WHERE source = ?",
                f"SELECT key, scheme, value FROM mention_identifier {told}",
                f"SELECT key, n.name FROM mention_name n {told}",
            )
        ]


def joined(data):
    """Return what became of each judgement, which record stands for which, and who is in the network."""
    current = Snapshots(data).current()
    store = ox.Store.read_only(str(current.store_path))
    quads = store.quads_for_pattern(None, None, None, ox.NamedNode(graph("judgements")))
    judged, same = read_judgements(quads)
    names = {one.organization for one in Network.open(current.network_path).iter_positions()}
    return {one: status for one, (_, status) in judged.items()}, same, names


@pytest.mark.parametrize("form", ["xml", "csv"])
def test_base_and_deltas_say_what_a_full_reload_says(states, tmp_path, form):
    data, other = tmp_path / "data", tmp_path / "other"
    load(LoadJob(data=data, source="lei", files=files(states, "base", form), mapping="gleif"))
    before = facts(data, "lei")
    for number in range(2):
        job = LoadJob(
            data=data, source="lei", files=files(states, f"delta-{number}", form), mapping="gleif-delta"
        )
        checked = load(LoadJob(data=data, source="lei", files=job.files, mapping=job.mapping, dry_run=True))
        assert checked.rows == checked.rows_right > 6
        report = load(job)
        assert report.published
    whole = load(LoadJob(data=other, source="lei", files=files(states, "after", form), mapping="gleif"))
    after = facts(data, "lei")
    assert after == facts(other, "lei")
    assert after != before
    assert index(data, "lei") == index(other, "lei")
    for name in ("organizations", "relations"):
        assert report.counts[name] == whole.counts[name]
    store = ox.Store.read_only(str(Snapshots(data).current().store_path))
    held = sum(1 for _ in store.quads_for_pattern(None, None, None, ox.NamedNode(graph("lei"))))
    assert report.counts["statements"] == held
    assert report.counts["deleted"] == 2
    again = load(job)
    assert again.unchanged
    assert again.snapshot == report.snapshot


def test_judgements_on_records_that_a_delta_does_not_tell_of_stay_in_force(states, tmp_path):
    data = tmp_path / "data"
    load(LoadJob(data=data, source="lei", files=files(states, "base", "xml"), mapping="gleif"))
    told = (states / "delta-0-lei.xml").read_text(encoding="utf-8")
    leis = {key: value for key, scheme, value in index(data, "lei")[1] if scheme == "lei"}
    changed = sorted(key for key, value in leis.items() if value in told)
    others = sorted(key for key, value in leis.items() if value not in told)
    assert len(changed) > 1
    assert len(others) > 3
    table = tmp_path / "deals.csv"
    table.write_text("alliance,partner,start\nx,Me,2020\nx,You,2020\n", encoding="utf-8")
    load(LoadJob(data=data, source="deals", files=(table,)))
    me = identity("deals", "Me", "")
    when = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)
    pairs = [(me, others[0]), (others[1], others[2]), (others[3], changed[0])]
    judged = [Judgement(*pair, Verdict.SAME, by="Ada", kind="person", when=when) for pair in pairs]
    load(LoadJob.judged(data, judged))
    before = joined(data)
    assert set(before[0].values()) == {Status.STANDING}
    assert len(before[1]) == 3
    assert others[0] in before[2]
    for number in range(2):
        delta = files(states, f"delta-{number}", "xml")
        assert load(LoadJob(data=data, source="lei", files=delta, mapping="gleif-delta")).published
        assert joined(data) == before


def test_deltas_at_once_are_taken_in_their_order(states, tmp_path):
    data, other = tmp_path / "data", tmp_path / "other"
    load(LoadJob(data=data, source="lei", files=files(states, "base", "xml"), mapping="gleif"))
    both = (*files(states, "delta-0", "xml"), *files(states, "delta-1", "csv"))
    load(LoadJob(data=data, source="lei", files=both, mapping="gleif-delta"))
    load(LoadJob(data=other, source="lei", files=files(states, "after", "xml"), mapping="gleif"))
    assert facts(data, "lei") == facts(other, "lei")
    assert index(data, "lei") == index(other, "lei")


@pytest.mark.parametrize(
    ("mapping", "stem", "code"),
    [("gleif", "delta-0", "delta"), ("gleif-delta", "base", "not-a-delta")],
)
def test_what_a_file_is_must_be_what_is_asked_for(states, tmp_path, mapping, stem, code):
    load(LoadJob(data=tmp_path, source="lei", files=files(states, "base", "csv"), mapping="gleif"))
    with pytest.raises(LoadError) as caught:
        load(LoadJob(data=tmp_path, source="lei", files=files(states, stem, "xml"), mapping=mapping))
    assert list(caught.value.report.problem_count) == [code]
    assert Snapshots(tmp_path).current().number == 1


def test_a_delta_needs_something_to_be_put_onto(states, tmp_path):
    with pytest.raises(LoadError, match="load the full files first"):
        load(
            LoadJob(data=tmp_path, source="lei", files=files(states, "delta-0", "xml"), mapping="gleif-delta")
        )


def test_a_full_file_leaves_out_what_was_taken_back(states, tmp_path):
    path = states / "delta-1-repex.csv"
    report = load(LoadJob(data=tmp_path, source="lei", files=(path,), mapping="gleif", dry_run=True))
    assert report.counts["left_out"] == 1
