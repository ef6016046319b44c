"""What SPARQL says about bridges equals what the compiled kernel says, on the demo and on drawn networks."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import key
from tertius.ontology.namespaces import DEFAULT_BASE, TT, XSD
from tertius.queries import Catalogue, Context, run
from tertius.queries.network import Network, NetworkParameters
from tertius.queries.network.building import build
from tertius.queries.network.columns import ColumnsBuilder
from tertius.queries.network.derived import derive
from tertius.store import MemoryStore, Snapshots


@dataclass(frozen=True)
class Both:
    """The same participations as triples and as arrays."""

    catalogue: Catalogue
    store: MemoryStore
    network: Network

    def seen(self, **parameters: Any) -> Network:
        """Return the network for other parameters."""
        if not parameters:
            return self.network
        table = self.network.table
        return Network(table, derive(table, NetworkParameters(**parameters)), default=False)

    def ask(self, name: str, organization: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """Return all rows of a query about one organisation, page after page."""
        context = Context(as_of=self.network.as_of)
        arguments = {"organization": organization}
        for parameter, value in parameters.items():
            arguments[parameter] = "all" if value is None else str(value)
        page = run(self.catalogue, self.store, name, arguments, context=context, limit=1000)
        rows = page.rows
        while page.next is not None:
            page = run(
                self.catalogue, self.store, name, arguments, context=context, limit=1000, cursor=page.next
            )
            rows += page.rows
        return [dict(row) for row in rows]

    def compare(self, organization: str, network: Network, parameters: dict[str, Any]) -> int:
        """Compare the three queries with the kernel for one organisation; return how many partners it has."""
        expected = network.bridges(organization, limit=100_000).rows
        partners = {
            tail(row["partner"]): (
                row["exclusive_reach"],
                row["local_bridge"],
                row["shared_alliances"],
                row["first"],
                row["last"],
            )
            for row in self.ask("bridging-partners", organization, parameters)
        }
        assert partners == {
            partner.partner: (
                partner.exclusive_reach,
                partner.local_bridge,
                len(partner.tie.alliances),
                day(partner.tie.first),
                day(partner.tie.last),
            )
            for partner in expected
        }
        local = {tail(row["partner"]) for row in self.ask("local-bridges", organization, parameters)}
        assert local == {partner.partner for partner in expected if partner.local_bridge}
        reached: dict[str, list[str]] = {}
        for row in self.ask("exclusive-reach", organization, parameters):
            reached.setdefault(tail(row["partner"]), []).append(tail(row["reached"]))
        assert {partner: sorted(keys) for partner, keys in reached.items()} == {
            partner.partner: network.exclusive_reach(organization, partner.partner)
            for partner in expected
            if partner.exclusive_reach
        }
        ties = {tail(row["partner"]) for row in self.ask("ties-with-evidence", organization, parameters)}
        assert ties == set(partners)
        return len(partners)


def tail(iri: str) -> str:
    return iri.rpartition("/")[2]


def day(value: dt.date | None) -> str | None:
    return None if value is None else value.isoformat()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[Both]:
    directory = tmp_path_factory.mktemp("demo")
    load(LoadJob.demo(directory))
    snapshot = Snapshots(directory).current()
    assert snapshot is not None
    store = MemoryStore(pyoxigraph.Store.read_only(str(snapshot.store_path)))
    yield Both(catalogue, store, Network.open(snapshot.network_path))
    store.close()


VIEWS: list[dict[str, Any]] = [
    {},
    {"window": None},
    {"as_of": dt.date(2018, 6, 30), "window": 0},
    {"as_of": dt.date(2019, 12, 31), "window": 2},
]


def by_degree(network: Network) -> list[str]:
    """Return organisations with ties, most partners first."""
    positions = [position for position in network.iter_positions() if position.degree]
    return [
        position.organization for position in sorted(positions, key=lambda p: (-p.degree, p.organization))
    ]


@pytest.mark.parametrize("parameters", VIEWS, ids=["default", "all", "one-day", "two-years"])
def test_equals_the_kernel_on_the_demo(demo: Both, parameters: dict[str, Any]) -> None:
    network = demo.seen(**parameters)
    ranked = by_degree(network)
    busiest = ranked[0] if not parameters else ranked[30]
    chosen = [busiest, ranked[len(ranked) // 3], ranked[-1]]
    assert sum(demo.compare(organization, network, parameters) for organization in chosen) > 50


@pytest.mark.long
def test_equals_the_kernel_for_many_of_the_demo(demo: Both) -> None:
    network = demo.seen()
    for organization in by_degree(network)[::60]:
        demo.compare(organization, network, {})


def test_an_organization_without_ties_has_no_rows(demo: Both) -> None:
    isolate = next(p.organization for p in demo.network.iter_positions() if not p.degree)
    assert demo.compare(isolate, demo.network, {}) == 0


@dataclass
class Drawing:
    """Participations drawn at random, written down twice."""

    seed: int
    quads: list[Quad] = field(default_factory=list)
    columns: ColumnsBuilder = field(default_factory=ColumnsBuilder)
    organizations: list[str] = field(default_factory=list)

    def draw(self) -> None:
        chance = random.Random(self.seed)
        self.organizations = [key("org", str(number)) for number in range(chance.randint(3, 9))]
        for organization in self.organizations:
            self.columns.organization(organization)
        for number in range(chance.randint(2, 8)):
            alliance = key("alliance", str(number))
            start, end = maybe(chance, 0.15), maybe(chance, 0.4)
            if start and end and end < start:
                start, end = end, start
            self.columns.alliance(alliance, start=start, end=end)
            self.say("alliance", alliance, "start", start)
            self.say("alliance", alliance, "end", end)
            for place in range(chance.randint(1, 5)):
                self.join(chance, alliance, place)

    def join(self, chance: random.Random, alliance: str, place: int) -> None:
        organization = chance.choice(self.organizations)
        start, end, seen = maybe(chance, 0.6), maybe(chance, 0.7), maybe(chance, 0.7)
        self.columns.participation(
            organization, alliance, start=start, end=end, last_observed=seen, ongoing=seen is not None
        )
        name = f"{alliance}-{place}"
        node = NamedNode(f"{DEFAULT_BASE}id/participation/{name}")
        for predicate, kind, individual in (
            ("organization", "organization", organization),
            ("alliance", "alliance", alliance),
        ):
            target = NamedNode(f"{DEFAULT_BASE}id/{kind}/{individual}")
            self.quads.append(Quad(node, NamedNode(TT + predicate), target, GRAPH))
        for predicate, value in (("from", start), ("to", end), ("lastObserved", seen)):
            self.say("participation", name, predicate, value)

    def say(self, kind: str, name: str, predicate: str, value: dt.date | None) -> None:
        if value is not None:
            node = NamedNode(f"{DEFAULT_BASE}id/{kind}/{name}")
            literal = Literal(value.isoformat(), datatype=NamedNode(f"{XSD}date"))
            self.quads.append(Quad(node, NamedNode(TT + predicate), literal, GRAPH))


GRAPH = NamedNode(f"{DEFAULT_BASE}graph/drawn")


def maybe(chance: random.Random, missing: float) -> dt.date | None:
    """Return no date, a leap day or any day of ten years."""
    if chance.random() < missing:
        return None
    if chance.random() < 0.1:
        return dt.date(chance.choice([2012, 2016, 2020]), 2, 29)
    return dt.date(2012, 1, 1) + dt.timedelta(days=chance.randrange(3650))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(min_value=0, max_value=10**9),
    st.sampled_from([0, 1, 5, None]),
    st.none() | st.dates(dt.date(2011, 1, 1), dt.date(2024, 1, 1)),
    st.sampled_from([0, 4, 5]),
)
def test_equals_the_kernel_on_drawn_networks(
    catalogue: Catalogue, seed: int, window: int | None, as_of: dt.date | None, assumed_years: int
) -> None:
    drawing = Drawing(seed)
    drawing.draw()
    with tempfile.TemporaryDirectory() as directory:
        built = build(Path(directory) / "network", None, {"drawn": drawing.columns.finish()})
        both = Both(catalogue, MemoryStore(drawing.quads), built.network)
        parameters: dict[str, Any] = {"window": window, "assumed_years": assumed_years}
        if as_of is not None:
            parameters["as_of"] = as_of
        if built.network.as_of is None and as_of is None:
            return
        network = both.seen(**parameters)
        for organization in drawing.organizations:
            both.compare(organization, network, parameters)
