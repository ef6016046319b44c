"""Every sample of the registers' own files beside the checkout loads, and says what the file says."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tertius.loaders import LoadError, LoadJob, load

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


def bods_case(tmp_path, path):
    given = json.loads(path.read_text(encoding="utf-8"))
    report = read(tmp_path, "bods", path)
    assert report.rows >= len(given) > 0
    assert report.rows_right == report.rows
    texts = {one["recordId"] for one in given if one["recordType"] == "entity"}
    assert report.counts.get("organizations", 0) <= len(texts)


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
