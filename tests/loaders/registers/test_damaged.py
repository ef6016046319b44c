"""Damaged and hostile files are refused with the place named; nothing changes; packed ones are read."""

from __future__ import annotations

import gzip
import io
import json
import re
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from tertius.loaders import LoadError, LoadJob, load
from tertius.loaders.registers.bytes_in import open_bytes
from tertius.loaders.registers.json_in import items
from tertius.loaders.registers.xml_in import elements
from tertius.loaders.tables import TableError

DATA = Path(__file__).parent / "data"
BOMB = (
    b'<?xml version="1.0"?>\n<!DOCTYPE lolz [\n<!ENTITY a "ha">\n<!ENTITY b "&a;&a;&a;&a;&a;&a;">\n]>\n'
    b'<lei:LEIData xmlns:lei="http://www.gleif.org/data/schema/leidata/2016">&b;</lei:LEIData>'
)


def cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def latin(data: bytes) -> bytes:
    return data.replace(b"LIMITED", "LIMITÉ".encode("latin-1"), 1).replace(b"Fidelity", b"Fid\xe9lity", 1)


def swapped(data: bytes) -> bytes:
    return data.replace(b"CompanyName, CompanyNumber", b"CompanyNumber,CompanyName", 1)


def dates_swapped(data: bytes) -> bytes:
    return data.replace(
        b"DissolutionDate,IncorporationDate,Accounts.AccountRefDay",
        b"DissolutionDate,Accounts.AccountRefDay,IncorporationDate",
    )


@pytest.mark.parametrize(
    ("register", "name", "damage", "code", "place"),
    [
        ("gleif", "gleif-level-1.xml", cut, "bad-xml", "cut off"),
        ("gleif", "gleif-level-2.xml", cut, "bad-xml", "cut off"),
        ("gleif", "gleif-level-1.xml", latin, "bad-xml", "row 13: the file is not well-formed XML"),
        ("gleif", "gleif-level-1.xml", lambda _: BOMB, "document-type", "row 2"),
        (
            "gleif",
            "gleif-level-1.xml",
            lambda d: re.sub(b'encoding="[^"]*"', b'encoding="UTF-88"', d, count=1),
            "bad-xml",
            "row 1: the encoding",
        ),
        (
            "gleif",
            "gleif-level-1.xml",
            lambda d: d.replace(b"<lei:LEI>", b"<lei:LOI>").replace(b"</lei:LEI>", b"</lei:LOI>"),
            "no-identifier",
            "row 8, column 'LEI'",
        ),
        (
            "gleif",
            "gleif-level-1.xml",
            lambda d: d.replace(b"leidata/2016", b"leidata/2014"),
            "unknown-layout",
            "leidata/2014",
        ),
        (
            "gleif",
            "gleif-level-1.xml",
            lambda d: d.replace(b"<lei:LegalName", b"<lei:Deep>" * 100 + b"<lei:LegalName", 1),
            "record-too-large",
            "deep",
        ),
        ("gleif", "gleif-api-records.json", cut, "bad-json", "cut off"),
        (
            "gleif",
            "gleif-api-records.json",
            lambda _: b'{"data": [{"type": "isins"}]}',
            "unknown-layout",
            "isins",
        ),
        ("gleif", "gleif-api-records.json", lambda _: b"[1]", "unknown-layout", "no 'data'"),
        ("gleif", "ror.json", lambda d: d, "unknown-layout", "no 'data'"),
        ("companies-house", "companies-house.csv", cut, "bad-csv", "row 8: the file is cut off"),
        ("companies-house", "companies-house.csv", latin, "bad-encoding", "byte"),
        (
            "companies-house",
            "companies-house.csv",
            swapped,
            "bad-identifier",
            "row 2, column 'CompanyNumber'",
        ),
        (
            "companies-house",
            "companies-house.csv",
            dates_swapped,
            "bad-date",
            "row 2, column 'IncorporationDate': '31'",
        ),
        (
            "companies-house",
            "companies-house.csv",
            lambda d: d.split(b"\n")[0] + b"\n",
            "no-rows",
            "no record",
        ),
        ("companies-house", "companies-house.csv", lambda _: b"a,b\n1,2\n", "missing-column", "row 1"),
        (
            "companies-house",
            "companies-house.csv",
            lambda d: d.replace(b'"GU1 4RY"', b'"GU1 4RY', 1),
            "bad-csv",
            "row 2",
        ),
        (
            "companies-house",
            "companies-house.csv",
            lambda d: d.replace(b"GU1", b"G\0", 1),
            "nul-byte",
            "row 2",
        ),
        ("companies-house", "companies-house-control.jsonl", cut, "bad-json", "row 6: the file is cut off"),
        (
            "companies-house",
            "companies-house-control.jsonl",
            lambda d: d.replace(b'"kind"', b'"kinds"'),
            "no-kind",
            "row 1",
        ),
        ("ror", "ror.json", cut, "bad-json", "cut off"),
        (
            "ror",
            "ror.json",
            lambda d: d.replace(b'"label"', b'"lab\xf6l"', 1),
            "bad-encoding",
            "not UTF-8",
        ),
        (
            "ror",
            "ror.json",
            lambda d: d.replace(b"https://ror.org/0", b"https://ror.org/x"),
            "bad-identifier",
            "row 2, column 'id'",
        ),
        (
            "ror",
            "ror.json",
            lambda d: d.replace(b'"ror_display"', b'"shown"'),
            "no-name",
            "row 2, column 'names'",
        ),
        ("ror", "ror.json", lambda _: b"[" * 100_000, "bad-json", "row 1"),
        ("ror", "ror.json", lambda d: d + b"{}", "bad-json", "goes on"),
        ("ror", "ror.json", lambda d: d.replace(b",\n{", b"\n{", 1), "bad-json", "row 3: there is no comma"),
        ("bods", "bods-fermcat.json", cut, "bad-json", "cut off"),
        ("bods", "bods-fermcat.json", lambda d: d.replace(b'"0.4"', b'"0.2"'), "other-version", "0.2"),
        (
            "bods",
            "bods-fermcat.json",
            lambda d: d.replace(b'"recordType"', b'"type"'),
            "bad-statement",
            "recordType",
        ),
        (
            "bods",
            "bods-fi-soe.json",
            lambda d: d.replace(b'"recordId": "', b'"recordId": "x'),
            "unknown-record",
            "recordDetails.subject",
        ),
        (
            "bods",
            "bods-fi-soe.json",
            lambda d: re.sub(rb'("subject": )"[^"]*"', rb'\1"\\ud800"', d),
            "unknown-record",
            "recordDetails.subject",
        ),
        ("ror", "ror.json", lambda _: b"", "empty-file", "empty"),
        (
            "companies-house",
            "companies-house.csv",
            lambda d: d.replace(b'"GU1 4RY",', b"", 1),
            "ragged-row",
            "row 2: 54 cells",
        ),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(tmp_path, register, name, damage, code, place):
    path = tmp_path / name
    original = (DATA / name).read_bytes()
    changed = damage(original)
    path.write_bytes(changed)
    with pytest.raises(LoadError) as caught:
        load(LoadJob(data=tmp_path / "data", source="s", files=(path,), mapping=register, dry_run=True))
    report = caught.value.report
    assert list(report.problem_count) == [code], str(caught.value)
    assert report.problems[0].file == name
    assert place in str(caught.value)


def test_kinds_of_a_name_that_are_no_texts_are_passed_over(tmp_path):
    path = tmp_path / "ror.json"
    records = json.loads((DATA / "ror.json").read_text(encoding="utf-8"))
    for record in records:
        record["names"].append({"value": "Odd", "types": [{"label": 1}, ["alias"], None], "lang": {}})
    path.write_text(json.dumps(records))
    report = load(LoadJob(data=tmp_path / "data", source="s", files=(path,), mapping="ror", dry_run=True))
    assert report.rows_right == len(records)
    assert report.counts["other_names"] >= len(records)


def test_nothing_changes_when_a_register_is_refused(tmp_path):
    data = tmp_path / "data"
    good, bad = DATA / "gleif-level-2.xml", tmp_path / "bad.xml"
    load(LoadJob(data=data, source="s", files=(good,), mapping="gleif"))
    bad.write_bytes(cut((DATA / "gleif-level-1.xml").read_bytes()))
    with pytest.raises(LoadError):
        load(LoadJob(data=data, source="s", files=(bad,), mapping="gleif"))
    again = load(LoadJob(data=data, source="s", files=(good,), mapping="gleif"))
    assert again.unchanged
    assert again.snapshot == 1
    assert again.counts["relations"] == 10


def test_one_record_in_twenty_may_be_wrong_and_is_named(tmp_path):
    header, *rows = (DATA / "companies-house.csv").read_text(encoding="utf-8").splitlines()
    rows = [row.replace(row.split('","')[1], f"{at:08}", 1) for at, row in enumerate([*rows, *rows])][:20]
    rows[7] = rows[7].replace("00000007", "NOT-A-NUMBER", 1)
    path = tmp_path / "companies.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    job = LoadJob(data=tmp_path / "data", source="s", files=(path,), mapping="companies-house", dry_run=True)
    report = load(job)
    assert (report.rows, report.rows_right) == (20, 19)
    (note,) = [note for note in report.notes if note.code == "bad-identifier"]
    assert (note.row, note.column) == (9, "CompanyNumber")
    assert not (tmp_path / "data" / "snapshots").exists()


def packed(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.write(DATA / name, name)
    return path


def test_packed_files_say_the_same(tmp_path):
    one = tmp_path / "companies.csv.gz"
    one.write_bytes(gzip.compress((DATA / "companies-house.csv").read_bytes()))
    two = packed(tmp_path / "companies.zip", "companies-house.csv")
    found = []
    for path in (DATA / "companies-house.csv", one, two):
        job = LoadJob(data=tmp_path, source="s", files=(path,), mapping="companies-house", dry_run=True)
        found.append(load(job).counts)
    assert found[0] == found[1] == found[2]
    assert found[0]["organizations"] == 11


def test_archives_that_hold_more_or_are_cut_off_are_refused(tmp_path):
    two = packed(tmp_path / "two.zip", "companies-house.csv", "ror.json")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(cut(packed(tmp_path / "one.zip", "ror.json").read_bytes()))
    short = tmp_path / "short.gz"
    short.write_bytes(cut(gzip.compress((DATA / "companies-house.csv").read_bytes())))
    for path, code in ((two, "archive"), (broken, "bad-archive"), (short, "bad-archive")):
        with pytest.raises(LoadError) as caught:
            load(LoadJob(data=tmp_path, source="s", files=(path,), mapping="companies-house", dry_run=True))
        assert list(caught.value.report.problem_count) == [code]


def peak(run) -> int:
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file(tmp_path):
    """Twenty times the file takes no more memory; a reader that keeps records takes twenty times as much."""
    whole = (DATA / "gleif-level-1.xml").read_text(encoding="utf-8")
    begin, end = (
        whole.index("<lei:LEIRecord>") if "<lei:LEIRecord>" in whole else whole.index("<lei:LEIRecord "),
        whole.rindex("</lei:LEIRecords>"),
    )
    records = json.loads((DATA / "ror.json").read_text(encoding="utf-8"))
    peaks: dict[str, list[int]] = {"xml": [], "json": []}
    for times in (5, 100):
        path = tmp_path / f"{times}.xml"
        path.write_text(whole[:begin] + whole[begin:end] * times + whole[end:], encoding="utf-8")

        def read_xml(path: Path = path, times: int = times) -> None:
            found, _ = elements(path, "http://www.gleif.org/data/schema/leidata/2016", "LEIRecord")
            assert sum(1 for _ in found) == 16 * times

        peaks["xml"].append(peak(read_xml))
        path = tmp_path / f"{times}.json"
        path.write_text(json.dumps(records * times), encoding="utf-8")

        def read_json(path: Path = path, times: int = times) -> None:
            stream, _ = open_bytes(path)
            assert sum(1 for _ in items(stream, path)) == len(records) * times

        peaks["json"].append(peak(read_json))
    for small, large in peaks.values():
        assert large < max(2 * small, 6 << 20)


@pytest.mark.parametrize(
    "text", ["[]", "[1,2]", ' [ {"a": "\\u00e9]"} , [1] ] ', '["' + "x" * 3_000_000 + '", 7]']
)
def test_items_are_those_of_the_json_module(tmp_path, text):
    path = tmp_path / "list.json"
    path.write_text(text, encoding="utf-8")
    stream, _ = open_bytes(path)
    assert [record.content for record in items(stream, path)] == json.loads(text)


@pytest.mark.parametrize("text", ["", "{}", "[", "[1", "[1,]", "[1 2]", "[NaN]", "[1]]", '["\ud800"]'])
def test_what_is_no_list_is_refused(tmp_path, text):
    path = tmp_path / "list.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(TableError):
        list(items(io.BufferedReader(open_bytes(path)[0]), path))
