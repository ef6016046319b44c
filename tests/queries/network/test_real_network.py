"""The real clean-energy consortia of Horizon 2020, against igraph computing from the same CSV files."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date
from importlib.resources import files
from itertools import combinations

import igraph
import networkx as nx
import numpy as np
import pytest
from tertius.ontology.identity import key
from tertius.queries.network import ColumnsBuilder, Network, NetworkParameters, Order, Weight, build
from tertius.queries.network.derived import derive
from tertius.queries.network.measures import betweenness


def rows(name: str) -> list[dict[str, str]]:
    text = files("tertius.loaders").joinpath("demo_data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def on(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.fixture(scope="module")
def dates() -> dict[str, tuple[date | None, date | None]]:
    return {row["rcn"]: (on(row["startDate"]), on(row["endDate"])) for row in rows("projects.csv")}


@pytest.fixture(scope="module")
def network(
    tmp_path_factory: pytest.TempPathFactory, dates: dict[str, tuple[date | None, date | None]]
) -> Network:
    builder = ColumnsBuilder()
    for project, (start, end) in dates.items():
        builder.alliance(key("project", project), start=start, end=end)
    for row in rows("participations.csv"):
        who = key("organization", row["org_name"])
        builder.organization(who)
        builder.participation(who, key("project", row["project_rcn"]), role=row["role"])
    return build(tmp_path_factory.mktemp("real") / "network", None, {"demo": builder.finish()}).network


def peer(projects: set[str], weight: Weight) -> tuple[igraph.Graph, list[str], list[float]]:
    """Build the network of some projects from the CSV, with Python dictionaries and igraph only."""
    members: dict[str, set[str]] = defaultdict(set)
    everybody = set()
    for row in rows("participations.csv"):
        who = key("organization", row["org_name"])
        everybody.add(who)
        if row["project_rcn"] in projects:
            members[row["project_rcn"]].add(who)
    weights: dict[tuple[str, str], float] = defaultdict(float)
    for partners in members.values():
        for pair in combinations(sorted(partners), 2):
            weights[pair] += 1 / (len(partners) - 1) if weight is Weight.NEWMAN else 1
    names = sorted(everybody)
    at = {name: number for number, name in enumerate(names)}
    graph = igraph.Graph(n=len(names), edges=[(at[a], at[b]) for a, b in weights])
    values = [1.0] * len(weights) if weight is Weight.BINARY else list(weights.values())
    return graph, names, values


def effective_size(graph: nx.Graph, who: str, weight: str | None) -> float:
    return float(nx.effective_size(graph, nodes=[who], weight=weight)[who])


@pytest.mark.parametrize(
    ("parameters", "as_of"),
    [
        (NetworkParameters(window=None, weight=Weight.BINARY), None),
        (NetworkParameters(window=None), None),
        (NetworkParameters(as_of=date(2018, 3, 1), window=0, weight=Weight.BINARY), date(2018, 3, 1)),
        (NetworkParameters(as_of=date(2017, 1, 1), window=0, weight=Weight.NEWMAN), date(2017, 1, 1)),
    ],
    ids=["binary, all time", "newman, all time", "binary, one day", "newman, one day"],
)
def test_every_organisation_has_igraphs_values(
    network: Network,
    dates: dict[str, tuple[date | None, date | None]],
    parameters: NetworkParameters,
    as_of: date | None,
) -> None:
    mine = Network(network.table, derive(network.table, parameters))
    running = {
        project
        for project, (start, end) in dates.items()
        if as_of is None or (start and end and start <= as_of <= end)
    }
    graph, names, weights = peer(running, parameters.weight)
    found = {position.organization: position for position in mine.iter_positions()}
    assert set(found) == set(names)
    constraint = graph.constraint(weights=weights)
    local = graph.transitivity_local_undirected(mode="nan")
    degree = graph.degree()
    for number, who in enumerate(names):
        position = found[who]
        assert position.degree == degree[number]
        if not degree[number]:
            assert position.constraint is None
            continue
        assert position.constraint == pytest.approx(constraint[number], abs=1e-9)
        assert position.clustering == pytest.approx(None if degree[number] < 2 else local[number], abs=1e-12)
        if parameters.weight is Weight.BINARY:
            # Burt's redundancy for equal ties: n - 2t / n.
            closed = local[number] * (degree[number] - 1) if degree[number] > 1 else 0.0
            assert position.effective_size == pytest.approx(degree[number] - closed, abs=1e-9)
    summary = mine.summary()
    assert summary.ties == graph.ecount()
    sizes = [size for size in graph.connected_components().sizes() if size > 1]
    assert (summary.components, summary.largest_component) == (len(sizes), max(sizes))
    membership = [found[who].community for who in names]
    tied = [number for number, community in enumerate(membership) if community is not None]
    part = graph.induced_subgraph(tied)
    part.es["weight"] = [weights[edge.index] for edge in graph.es]
    quality = part.modularity([membership[number] for number in tied], weights="weight")
    assert summary.modularity == pytest.approx(quality, abs=1e-9)


@pytest.mark.parametrize("as_of", [date(2016, 6, 1), pytest.param(date(2020, 3, 1), marks=pytest.mark.long)])
def test_every_organisation_has_igraphs_betweenness(
    network: Network, dates: dict[str, tuple[date | None, date | None]], as_of: date
) -> None:
    parameters = NetworkParameters(as_of=as_of, window=0)
    mine = Network(network.table, derive(network.table, parameters))
    running = {p for p, (start, end) in dates.items() if start and end and start <= as_of <= end}
    graph, names, _ = peer(running, Weight.BINARY)
    found = {position.organization: position for position in mine.iter_positions()}
    for who, degree, between in zip(names, graph.degree(), graph.betweenness(), strict=True):
        if degree:
            assert found[who].betweenness == pytest.approx(between, rel=1e-9, abs=1e-6)
        else:
            assert found[who].betweenness is None


def test_weighted_effective_size_equals_networkx_for_each_node_on_its_own(network: Network) -> None:
    graph, names, weights = peer({row["rcn"] for row in rows("projects.csv")}, Weight.NEWMAN)
    theirs = nx.Graph()
    theirs.add_weighted_edges_from(
        (names[edge.source], names[edge.target], weights[edge.index]) for edge in graph.es
    )
    mine = Network(network.table, derive(network.table, NetworkParameters(window=None)))
    some = [row for row in mine.iter_positions(Order.DEGREE) if 4 <= row.degree <= 8][:6]
    for row in some:
        assert row.effective_size == pytest.approx(
            effective_size(theirs, row.organization, "weight"), abs=1e-9
        )


def test_sampling_ranks_the_real_organisations_like_the_exact_betweenness(network: Network) -> None:
    ties = network.derived.ties
    exact, sampled = betweenness(ties).values, betweenness(ties, exact_up_to=1000)
    assert sampled.sources == 512
    ranks = [
        np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in (exact, sampled.values)
    ]
    between = exact > 0
    assert np.corrcoef(*ranks)[0, 1] > 0.95
    assert np.corrcoef(*(rank[between] for rank in ranks))[0, 1] > 0.95


def test_shipped_data_are_the_ones_the_readme_counts(network: Network) -> None:
    assert network.as_of == date(2020, 10, 1)
    assert network.summary().organizations == 5677
    assert sum(network.table.sources.values()) == 10_873
