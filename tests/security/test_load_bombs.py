"""Files made to exhaust whoever loads them: the command says why, and nothing of them is published."""

from __future__ import annotations

import gzip
import io
import resource
import shutil
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest

TERTIUS = str(Path(sys.executable).parent / "tertius")
HEADER = b"alliance,partner,start\n"
MEMORY = 3 * 2**30
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET = (
    '<?xml version="1.0"?>{doctype}<worksheet xmlns="' + MAIN + '"><sheetData>{rows}</sheetData></worksheet>'
)
CELL = '<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def row(number, *texts):
    cells = "".join(CELL.format(place=f"{chr(65 + at)}{number}", text=text) for at, text in enumerate(texts))
    return f'<row r="{number}">{cells}</row>'


HEAD_ROW = row(1, "alliance", "partner")


def packed(path, parts):
    """Write gzip members one after another: bytes, and bytes with how often they come."""
    with gzip.open(path, "wb", compresslevel=6) as file:
        for part, times in parts:
            for _ in range(times):
                file.write(part)


def workbook(path, sheet, more=()):
    """Write a workbook whose one sheet comes in pieces."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            for part, times in sheet:
                for _ in range(times):
                    file.write(part)
        for name, data in more:
            archive.writestr(name, data)


def sheet_of(doctype="", rows=HEAD_ROW):
    return SHEET.format(doctype=doctype, rows=rows).encode()


def split_sheet(middle, times):
    start, end = sheet_of(rows=HEAD_ROW + "\0").split(b"\0")
    return [(start, 1), (middle, times), (end, 1)]


def gz_of_blanks(folder):
    """A table whose rows pack a thousandfold."""
    path = folder / "blanks.csv.gz"
    packed(path, [(HEADER, 1), (b" " * 2**20, 600)])
    return path


def gz_of_rows(folder):
    """The same with rows that look like rows."""
    path = folder / "rows.csv.gz"
    packed(path, [(HEADER, 1), (b"a,b,2019-01-01\n" * 70_000, 600)])
    return path


def gz_in_gz(folder):
    inner = io.BytesIO()
    with gzip.open(inner, "wb") as file:
        file.write(HEADER + b"\0" * 2**24)
    path = folder / "nested.csv.gz"
    packed(path, [(inner.getvalue(), 1)])
    return path


def gz_cut(folder):
    path = folder / "cut.csv.gz"
    packed(path, [(HEADER, 1), (b"a,One,2019-01-01\na,Two,2019-01-01\n", 1000)])
    path.write_bytes(path.read_bytes()[:-20])
    return path


def gz_with_a_tail(folder):
    path = folder / "tail.csv.gz"
    packed(path, [(HEADER + b"a,One,2019-01-01\na,Two,2019-01-01\n", 1)])
    path.write_bytes(path.read_bytes() + b"tail" * 1000)
    return path


def xlsx_of_blanks(folder):
    """A sheet of a few hundred kilobytes that unpacks to most of a gigabyte."""
    path = folder / "blanks.xlsx"
    workbook(path, split_sheet(b" " * 2**20, 600))
    return path


def xlsx_that_lies(folder):
    """A sheet whose size, as its archive says it, is a few bytes."""
    path = folder / "lies.xlsx"
    workbook(path, split_sheet(b" " * 2**20, 600))
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        real = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    place = data.rfind(real.to_bytes(4, "little"))
    data[place : place + 4] = (1000).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    return path


def xlsx_of_entities(folder):
    """Entities that would unfold to a thousand million characters."""
    names = "abcdefghi"
    entities = '<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
    )
    rows = HEAD_ROW + row(2, "&i;", "&i;")
    path = folder / "entities.xlsx"
    workbook(path, [(sheet_of(f"<!DOCTYPE worksheet [{entities}]>", rows), 1)])
    return path


def xlsx_of_a_file(folder):
    """An entity that stands for a file of this machine."""
    doctype = '<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    path = folder / "outside.xlsx"
    workbook(path, [(sheet_of(doctype, HEAD_ROW + row(2, "&x;", "&x;")), 1)])
    return path


def xlsx_of_a_far_cell(folder):
    """Two cells as far apart as a sheet is wide and long."""
    far = f'<row r="1048576">{CELL.format(place="XFD1048576", text="x")}</row>'
    path = folder / "far.xlsx"
    workbook(path, [(sheet_of(rows=HEAD_ROW + far), 1)])
    return path


def xlsx_that_climbs(folder):
    path = folder / "climbs.xlsx"
    workbook(path, [(sheet_of(), 1)], more=[("../../climbed.txt", b"x"), ("/climbed.txt", b"x")])
    return path


def one_long_line(folder):
    path = folder / "long.csv"
    path.write_bytes(HEADER + b"a," + b"x" * 50_000_000 + b",2019-01-01\n")
    return path


def many_columns(folder):
    path = folder / "wide.csv"
    path.write_bytes(
        b"alliance,partner," + b",".join(b"c%d" % n for n in range(200_000)) + b"\n" + b"," * 200_001
    )
    return path


def unclosed_quotation(folder):
    path = folder / "open.csv"
    path.write_bytes(HEADER + b'a,"' + b"One,2019-01-01\na,\n" * 500_000)
    return path


def null_bytes(folder):
    path = folder / "null.csv"
    path.write_bytes(HEADER + b"\0" * 1_000_000)
    return path


QUICK = [xlsx_of_a_far_cell, xlsx_of_entities]
SLOW = [
    gz_in_gz, gz_cut, gz_with_a_tail, gz_of_blanks, gz_of_rows, xlsx_of_a_file, xlsx_that_climbs,
    xlsx_of_blanks, xlsx_that_lies, null_bytes, one_long_line, many_columns, unclosed_quotation,
]  # fmt: skip


@pytest.fixture
def data(mini_data, tmp_path):
    return shutil.copytree(mini_data, tmp_path / "data")


def refused(make, data, folder):
    before = {path.name for path in (data / "snapshots").iterdir()}
    live = (data / "CURRENT").read_text()
    done = subprocess.run(
        [TERTIUS, "load", str(make(folder)), "--source", "bomb", "--data", str(data), "--quiet"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    said = done.stdout + done.stderr
    assert done.returncode in {1, 2}, (done.returncode, said[-2000:])
    assert said.strip()
    assert len(said) < 20_000
    assert "Traceback" not in said
    assert "root:" not in said
    assert (data / "CURRENT").read_text() == live
    assert {path.name for path in (data / "snapshots").iterdir()} == before
    assert not list(folder.rglob("climbed.txt"))


@pytest.mark.parametrize("make", QUICK)
def test_a_bomb_is_refused_and_leaves_nothing(make, data, tmp_path):
    refused(make, data, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("make", SLOW)
def test_a_large_bomb_is_refused_and_leaves_nothing(make, data, tmp_path):
    refused(make, data, tmp_path)
