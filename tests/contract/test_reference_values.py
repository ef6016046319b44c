"""What brokers answers equals what others compute from the CSV files, for every organisation."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import math
from collections import defaultdict
from importlib import resources

import igraph
import pytest

FOLDER = resources.files("tertius.loaders") / "demo_data"


def spaced(name):
    """Names are told apart by their words; how many spaces lie between them says nothing."""
    return " ".join(name.split())


def consortia():
    """Read the published tables with nothing of ours: partners' names and dates of each project."""
    with (FOLDER / "projects.csv").open(encoding="utf-8-sig", newline="") as file:
        dates = {row["id"]: (row["startDate"], row["endDate"]) for row in csv.DictReader(file)}
    partners = defaultdict(set)
    with (FOLDER / "participations.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            partners[row["project_id"]].add(spaced(row["org_name"]))
    return [
        (names, *(dt.date.fromisoformat(day) if day else None for day in dates[project]))
        for project, names in partners.items()
    ]


def reference(active):
    """Degree and constraint by igraph, effective size by Borgatti's n - 2t/n on igraph's triangles."""
    names = sorted({name for partners, *_ in consortia() for name in partners})
    number = {name: at for at, name in enumerate(names)}
    ties = {
        tuple(sorted((number[one], number[other])))
        for partners, start, end in consortia()
        if active(start, end)
        for one, other in itertools.combinations(partners, 2)
    }
    graph = igraph.Graph(n=len(names), edges=sorted(ties))
    neighbours = graph.get_adjlist()
    sets = [set(found) for found in neighbours]
    constraints = graph.constraint()
    values = {}
    for name, at in number.items():
        degree = len(neighbours[at])
        if degree == 0:
            values[name] = (0, None, None)
            continue
        among = sum(len(sets[one] & sets[at]) for one in neighbours[at]) / 2
        values[name] = (degree, constraints[at], degree - 2 * among / degree)
    return values


def served(client, query):
    rows, path = {}, f"/v1/network/brokers?{query}&limit=1000"
    while path is not None:
        body = client.get(path).json()
        for row in body["data"]:
            rows[spaced(row["organization"]["name"])] = row
        path = body["meta"]["next"]
    return rows


@pytest.mark.parametrize(
    ("query", "active"),
    [
        ("weight=binary&window=all", lambda start, end: True),
        (
            "weight=binary&window=0&as_of=2018-03-15",
            lambda start, end: start <= dt.date(2018, 3, 15) <= end,
        ),
    ],
    ids=["everything", "one day"],
)
def test_brokers_equal_an_independent_computation_for_every_organization(demo, query, active):
    expected = reference(active)
    found = served(demo, query)
    assert found.keys() == expected.keys()
    assert any(degree for degree, *_ in expected.values())
    for name, (degree, constraint, size) in expected.items():
        row = found[name]
        assert row["degree"] == degree, name
        if degree == 0:
            assert row["constraint"] is None
            assert row["effective_size"] is None
        else:
            assert math.isclose(row["constraint"], constraint, rel_tol=0, abs_tol=1e-9), name
            assert math.isclose(row["effective_size"], size, rel_tol=0, abs_tol=1e-9), name


def test_the_order_is_ascending_constraint_with_the_untied_last(demo):
    rows = list(served(demo, "weight=binary&window=all").values())
    values = [row["constraint"] for row in rows if row["degree"]]
    assert [round(value, 12) for value in values] == sorted(round(value, 12) for value in values)
    assert all(row["degree"] == 0 for row in rows[len(values) :])
