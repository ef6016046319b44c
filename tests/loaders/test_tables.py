"""Readers: whatever a file is, numbered rows of text come out, or one clear problem."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tertius.loaders import text_bytes
from tertius.loaders.tables import CELL_CAP, TableError, digest, open_table

TEXT = "alliance,partner\na1,Società Äß\n"


def rows_of(path: Path):
    with open_table(path) as table:
        return table.header, list(table.rows), [note.code for note in table.notes]


@pytest.mark.parametrize(
    ("data", "notes"),
    [
        (TEXT.encode("utf-8"), []),
        (TEXT.encode("utf-8-sig"), []),
        (TEXT.encode("utf-16"), []),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), []),
        (TEXT.encode("utf-32"), []),
        (TEXT.encode("cp1252"), ["encoding"]),
        (TEXT.replace(",", ";").encode(), ["delimiter"]),
        (TEXT.replace(",", "\t").encode(), ["delimiter"]),
        (TEXT.replace(",", "|").encode(), ["delimiter"]),
        (("sep=;\n" + TEXT.replace(",", ";")).encode(), ["delimiter"]),
        (TEXT.replace("\n", "\r\n").encode(), []),
        (TEXT.replace("\n", "\r").encode(), []),
        (("\n\n" + TEXT).encode(), []),
        (gzip.compress(TEXT.encode(), mtime=0), []),
        (gzip.compress(TEXT.encode("utf-16"), mtime=0), []),
    ],
)
def test_delimited_text_reads_the_same_however_it_is_written(write, data, notes):
    header, rows, said = rows_of(write(data))
    assert header == ["alliance", "partner"]
    assert [cells for _, cells in rows] == [["a1", "Società Äß"]]
    assert said == notes


def test_rows_are_numbered_by_the_line_on_which_they_start(write):
    path = write('a,b\n\n1,"two\nlines"\n,\n3,4\n')
    assert rows_of(path)[1] == [(3, ["1", "two\nlines"]), (6, ["3", "4"])]


def test_a_separator_line_counts_as_a_line(write):
    assert rows_of(write("sep=;\na;b\n1;2\n"))[1] == [(3, ["1", "2"])]


def test_a_header_may_run_over_lines(write):
    header, rows, _ = rows_of(write('alliance,"part\nner"\n1,2\n'))
    assert header == ["alliance", "part ner"]
    assert rows == [(3, ["1", "2"])]


def test_ragged_rows_are_passed_on_and_empty_ends_are_not(write):
    assert rows_of(write("a,b\n1\n1,2,\n1,2,3\n"))[1] == [(2, ["1"]), (3, ["1", "2"]), (4, ["1", "2", "3"])]


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (b"", "empty-file", None),
        (b"\n\n", "empty-file", None),
        (gzip.compress(b"", mtime=0), "empty-file", None),
        (b",,\n1,2,3\n", "no-header", 1),
        (b"a,b\n1,\x002\n", "nul-byte", 2),
        ("a,b\n1,2\n".encode("utf-16-le"), "nul-byte", 1),
        (b'a,b\n1,2\n"3,4\n5,6\n', "open-quote", 3),
        (b'a,b\n"1"x,2\n', "bad-quote", 2),
        (b'a,b\n1,"' + b"x" * (CELL_CAP + 1) + b'"\n', "giant-cell", 2),
        (b'a,b\n1,2\n1,"' + b"x\n" * CELL_CAP + b'"\n', "giant-cell", 3),
        (b"a,b\n" + b"x" * (8 * CELL_CAP + 1) + b",1\n", "giant-line", 2),
        (b"\xef\xbb\xbfa,b\n1,\xff\n", "bad-encoding", 2),
        (b"a,b\n1,\x81\n", "bad-encoding", 2),
        ("a,b\n1,éééé".encode() + b"\xff\n", "bad-encoding", 2),
        (gzip.compress(b"a,b\n1,2\n" * 100, mtime=0)[:-12], "bad-gzip", None),
        (b"\x1f\x8b\x08\x00garbage garbage", "bad-gzip", None),
        (b"PK\x03\x04garbage", "bad-archive", None),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, "old-workbook", None),
        (b"PAR1 garbage PAR1", "bad-parquet", None),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_place(write, data, code, row):
    with pytest.raises(TableError) as caught:
        rows_of(write(data))
    assert (caught.value.problem.code, caught.value.problem.row) == (code, row)
    assert caught.value.problem.file == "table.csv"


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        for reader in (open_table, digest):
            with pytest.raises(TableError) as caught:
                reader(path)
            assert caught.value.problem.code == "unreadable"


def test_a_file_that_unpacks_to_far_too_much_is_refused(write, monkeypatch):
    monkeypatch.setattr(text_bytes, "RATIO_FROM", 1 << 16)
    with pytest.raises(TableError, match="unpacks to over"):
        rows_of(write(gzip.compress(b"a,b\n" + b"1,2\n" * (1 << 19), mtime=0)))


def test_an_archive_of_tables_asks_to_be_unpacked(write):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.csv", TEXT)
    with pytest.raises(TableError, match="unpack it"):
        rows_of(write(data.getvalue()))


def workbook(path: Path, sheets) -> Path:
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, hidden, rows in sheets:
        sheet = book.add_worksheet(name)
        if hidden:
            sheet.hide()
        else:
            # A workbook cannot open on a hidden sheet.
            sheet.activate()
            sheet.set_first_sheet()
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, dt.date):
                    sheet.write_datetime(r, c, dt.datetime.combine(value, dt.time()), day)
                elif value is not None:
                    sheet.write(r, c, value)
    book.close()
    return path


def test_a_workbook_gives_the_text_a_csv_would_hold(tmp_path):
    rows = [
        [],
        ["alliance", "partner", "start", "n", "flag"],
        ["a1", " Ajax ", dt.date(2019, 5, 3), 2019, True],
        [],
        ["a1", "Borealis", None, 1.5, None],
    ]
    path = workbook(tmp_path / "t.xlsx", [("Data", False, rows)])
    header, read, notes = rows_of(path)
    assert header == ["alliance", "partner", "start", "n", "flag"]
    assert read == [
        (3, ["a1", "Ajax", "2019-05-03", "2019", "true"]),
        (5, ["a1", "Borealis", "", "1.5", ""]),
    ]
    assert notes == []


def test_the_first_visible_sheet_with_values_is_read_and_others_are_named(tmp_path):
    sheets = [
        ("Hidden", True, [["x"]]),
        ("Blank", False, []),
        ("Data", False, [["alliance", "partner"], ["a", "b"]]),
        ("More", False, [["y"]]),
    ]
    with open_table(workbook(tmp_path / "t.xlsx", sheets)) as table:
        assert [cells for _, cells in table.rows] == [["a", "b"]]
        assert [(note.code, note.message) for note in table.notes] == [
            ("sheet", "sheet 'Data' was read; not read: 'More'")
        ]


@pytest.mark.parametrize("sheets", [[("A", False, [])], [("A", False, [[None]])]])
def test_an_empty_workbook_is_refused(tmp_path, sheets):
    with pytest.raises(TableError) as caught:
        rows_of(workbook(tmp_path / "t.xlsx", sheets))
    assert caught.value.problem.code == "empty-file"


def test_a_damaged_workbook_is_refused(tmp_path):
    whole = workbook(tmp_path / "t.xlsx", [("A", False, [["a", "b"], ["1", "2"]])])
    damaged = tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(damaged, "w") as target:
        for entry in source.namelist():
            target.writestr(entry, b"<broken" if "sheet" in entry else source.read(entry))
    with pytest.raises(TableError) as caught:
        rows_of(damaged)
    assert caught.value.problem.code == "bad-workbook"


def test_parquet_gives_the_text_a_csv_would_hold(tmp_path):
    path = tmp_path / "t.parquet"
    columns = {
        "alliance": ["a1", "a2", None],
        "pic": [999999999, None, None],
        "start": [dt.date(2020, 1, 2), None, None],
        "seen": [dt.datetime(2020, 1, 2, 3, 4), dt.datetime(2020, 1, 2), None],
        "share": [0.5, 2.0, float("nan")],
    }
    pq.write_table(pa.table(columns), path)
    header, rows, _ = rows_of(path)
    assert header == list(columns)
    assert rows == [
        (2, ["a1", "999999999", "2020-01-02", "2020-01-02 03:04:00", "0.5"]),
        (3, ["a2", "", "", "2020-01-02", "2"]),
    ]


@pytest.mark.parametrize("column", [[["a"]], [{"x": 1}], [b"raw"]])
def test_parquet_columns_that_are_not_flat_are_refused(tmp_path, column):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"alliance": column}), path)
    with pytest.raises(TableError) as caught:
        rows_of(path)
    assert (caught.value.problem.code, caught.value.problem.column) == ("nested-column", "alliance")


CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=12
).map(str.strip)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8), st.sampled_from([",", ";", "\t"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_the_csv_module_writes_is_read_back(tmp_path, rows, delimiter):
    path = tmp_path / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([("x", "y", "z"), *rows])
    header, read, _ = rows_of(path)
    assert header == ["x", "y", "z"]
    assert [tuple(cells) for _, cells in read] == [row for row in rows if any(row)]
