"""Shipped mappings on real data, counted a second time without them."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from tertius.loaders import LoadJob, load
from tertius.loaders.description import Description
from tertius.loaders.mapping import load_mapping
from tertius.loaders.reading import read
from tertius.loaders.shape_check import check_shapes
from tertius.loaders.statements import Statements
from tertius.queries.network import Network
from tertius.store import Snapshots


def table(path: Path) -> list[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def partners(rows, alliance: str, partner: str) -> dict[str, set[str]]:
    members = defaultdict(set)
    for row in rows:
        members[row[alliance]].add(row[partner])
    return members


def test_clean_energy_says_what_its_files_say(slices):
    files = [slices / "participations.csv.gz", slices / "projects.csv.gz"]
    rows, projects = table(files[0]), {row["id"]: row for row in table(files[1])}
    found = read(files, "clean-energy", load_mapping("cordis-h2020-cleantech")[0], None)
    assert not found.problems
    assert not any(note.code == "unused-column" for note in found.notes)
    assert found.rows == found.right == len(rows) + len(projects)
    members = partners(rows, "project_id", "org_name")
    assert found.single == sum(len(who) == 1 for who in members.values())
    assert sorted(
        (p.alliance.given, p.organization.name, p.role) for p in found.facts.participations()
    ) == sorted(
        (row["project_id"], row["org_name"], row["role"].replace("participant", "partner")) for row in rows
    )
    for given, alliance in found.facts.alliances.items():
        project = projects[given]
        assert alliance.name == project["acronym"]
        assert str(alliance.day("start")) == project["startDate"]
        assert str(alliance.day("end")) == project["endDate"]
        assert alliance.texts["form"] == project["fundingScheme"]
        assert ("form" in alliance.concepts) == (
            project["fundingScheme"].split("-")[-1] in {"RIA", "IA", "ETN", "RISE"}
        )
        assert alliance.concepts["equity"] == ("non-equity",)
    codes = {"EL": "GR", "UK": "GB"}
    located = {row["org_name"]: codes.get(row["country"], row["country"]) for row in rows if row["country"]}
    # Countries come with coordinators and stay with the name wherever it takes part.
    assert {o.name: o.circles["country"] for o in found.facts.organizations if o.circles} == located


def test_participations_by_pic_need_no_names(slices):
    rows = table(slices / "h2020.csv.gz")
    found = read([slices / "h2020.csv.gz"], "h2020", load_mapping("cordis-pic")[0], None)
    assert not found.problems
    assert found.right == len(rows) == len(found.facts)
    by_pic = {row["pic"]: row for row in rows}
    assert len(found.facts.organizations) == len(by_pic)
    for organization in found.facts.organizations:
        row = by_pic[organization.name]
        assert organization.identifiers == [("pic", row["pic"])]
        assert organization.circles["type"] == row["type"]
        assert organization.circles["country"] == {"EL": "GR", "UK": "GB"}.get(row["country"], row["country"])
    missing = {row["rcn"] for row in rows if row["start_date"] == "NA"}
    assert missing
    assert {a.given for a in found.facts.alliances.values() if not a.day("start")} == missing
    assert {o.circles["country"] for o in found.facts.organizations} >= {"NA"}
    roles = {"coordinator": "coordinator", "participant": "partner", "partner": "associated-partner"}
    assert sorted(p.role for p in found.facts.participations()) == sorted(roles[row["role"]] for row in rows)


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_the_official_export_loads_with_commas_and_semicolons(slices, tmp_path, delimiter):
    files = []
    for name in ("organization", "project"):
        rows = table(slices / f"{name}.csv.gz")
        path = tmp_path / f"{name}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
        files.append(path)
    rows, projects = table(slices / "organization.csv.gz"), table(slices / "project.csv.gz")
    found = read(files, "horizon", load_mapping("cordis-export")[0], None)
    assert not found.problems
    assert not any(note.code == "unused-column" for note in found.notes)
    with_partners = {row["projectID"] for row in rows}
    assert set(found.facts.alliances) == with_partners
    assert found.notes.counts["no-partner"] == len({row["id"] for row in projects} - with_partners)
    by_pic = {row["organisationID"]: row for row in rows}
    for organization in found.facts.organizations:
        identifiers = dict(organization.identifiers)
        row = by_pic[identifiers["pic"]]
        assert organization.name == row["name"].strip()
        assert identifiers.get("eu-vat", "") == row["vatNumber"]
        assert organization.circles["type"] == row["activityType"]
    roles = {"thirdParty": "third-party", "associatedPartner": "associated-partner", "participant": "partner"}
    assert sorted(p.role for p in found.facts.participations()) == sorted(
        roles.get(row["role"], row["role"]) for row in rows
    )


def test_organisations_of_projects_that_are_not_in_the_file_are_kept_without_dates(slices, tmp_path):
    projects = table(slices / "project.csv.gz")
    wanted = {row["projectID"] for row in table(slices / "organization.csv.gz")}
    dropped = min(wanted)
    path = tmp_path / "project.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(projects[0]))
        writer.writeheader()
        writer.writerows(row for row in projects if row["id"] != dropped)
    found = read([path, slices / "organization.csv.gz"], "horizon", load_mapping("cordis-export")[0], None)
    assert not found.problems
    assert found.notes.counts["undescribed-alliance"] == 1
    assert found.facts.alliances[dropped].dates == {}


def test_early_leavers_and_odd_vat_numbers_of_the_export_are_noted(slices, tmp_path):
    rows = table(slices / "organization.csv.gz")
    rows[0]["endOfParticipation"], rows[1]["endOfParticipation"] = "True", "true"
    rows[2]["vatNumber"] = "not applicable"
    path = tmp_path / "organization.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    found = read([path, slices / "project.csv.gz"], "horizon", load_mapping("cordis-export")[0], None)
    assert not found.problems
    assert (found.notes.counts["remark"], found.notes.counts["identifier-left-out"]) == (2, 1)
    assert any("left the alliance before its end" in note.message for note in found.notes)


def test_the_demo_s_network_counts_what_its_files_count(slices, tmp_path):
    files = (slices / "participations.csv.gz", slices / "projects.csv.gz")
    job = replace(LoadJob.demo(tmp_path / "data"), files=files)
    report = load(job)
    network = Network.open(Snapshots(job.data).current().network_path)
    members = partners(table(files[0]), "project_id", "org_name")
    starts = {row["id"]: row["startDate"] for row in table(files[1])}
    assert report.as_of.isoformat() == max(starts.values())
    assert (
        report.counts["organizations"]
        == len(set().union(*members.values()))
        == network.summary().organizations
    )
    assert report.counts["single_partner_alliances"] == sum(len(who) == 1 for who in members.values())


def test_the_demo_files_are_those_their_readme_describes():
    job = LoadJob.demo(Path("unused"))
    projects, participations = (table(path) for path in job.files)
    members = partners(participations, "project_id", "org_name")
    readme = (job.files[0].parent / "README.md").read_text(encoding="utf-8")
    assert "CORDIS, © European Union" in readme
    for number in (
        len(projects),
        len(participations),
        len(set().union(*members.values())),
    ):
        assert f"{number:,}" in readme
    assert str(sum(len(who) > 1 for who in members.values())) in readme


@pytest.mark.long
def test_the_whole_demo_fits_the_shapes():
    job = LoadJob.demo(Path("unused"))
    mapping, _ = load_mapping(job.mapping)
    found = read(job.files, job.source, mapping, mapping.source.retrieved)
    began = dt.datetime.now(dt.UTC)
    description = Description(
        job.source, job.base, mapping.source, mapping.source.retrieved, (("projects.csv", "0" * 64),), began
    )
    check = check_shapes(
        found.facts, Statements(job.source, job.base, mapping.labels), description, whole=True
    )
    assert check.participations == 10_873
    assert check.problems == ()
