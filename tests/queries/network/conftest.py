"""Networks made by hand, from edges or from participations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from tertius.ontology.identity import key
from tertius.queries.network import ColumnsBuilder, Network, NetworkParameters, ParticipationColumns, build
from tertius.queries.network.tie_network import TieNetwork
from tertius.queries.network.ties import Ties, in_degree_order


def org(name: str) -> str:
    return key("organization", name)


def alliance(name: str) -> str:
    return key("alliance", name)


@dataclass(frozen=True)
class P:
    """A participation; dates as ISO text."""

    who: str
    what: str
    start: str | None = None
    end: str | None = None
    seen: str | None = None
    ongoing: bool = False


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def columns(
    participations: Iterable[P],
    *,
    alliances: Mapping[str, tuple[str | None, str | None]] | None = None,
    circles: Mapping[str, Mapping[str, str]] | None = None,
    observed: str | None = None,
) -> ParticipationColumns:
    builder = ColumnsBuilder(observed=day(observed))
    for what, (start, end) in (alliances or {}).items():
        builder.alliance(alliance(what), start=day(start), end=day(end))
    for p in participations:
        builder.organization(org(p.who), **(circles or {}).get(p.who, {}))
        builder.alliance(alliance(p.what))
        builder.participation(
            org(p.who),
            alliance(p.what),
            start=day(p.start),
            end=day(p.end),
            last_observed=day(p.seen),
            ongoing=p.ongoing,
        )
    return builder.finish()


def consortia(text: str) -> list[P]:
    """Read `X: A B C; Y: A D`: alliances with their partners, undated."""
    found = []
    for part in text.split(";"):
        what, partners = part.split(":")
        found += [P(who, what.strip()) for who in partners.split()]
    return found


Make = Callable[..., Network]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Build a network from one source of participations."""
    made = 0

    def of(
        participations: Iterable[P], parameters: NetworkParameters | None = None, **about: object
    ) -> Network:
        nonlocal made
        made += 1
        parameters = parameters or NetworkParameters(window=None)
        source = columns(participations, **about)  # type: ignore[arg-type]
        return build(tmp_path / str(made), None, {"one": source}, parameters=parameters).network

    return of


def ties_of(edges: Mapping[tuple[int, int], float], nodes: int) -> TieNetwork:
    """Lay weighted edges between 0..nodes-1 out as ties, without alliances behind them."""
    pairs = sorted((min(a, b), max(a, b), w) for (a, b), w in edges.items())
    m = len(pairs)
    none = np.zeros(m, dtype=np.int32)
    ties = Ties(
        low=np.array([a for a, _, _ in pairs], dtype=np.int32),
        high=np.array([b for _, b, _ in pairs], dtype=np.int32),
        first=none,
        last=none,
        assumed=np.zeros(m, dtype=np.bool_),
        weight=np.array([w for _, _, w in pairs], dtype=np.float64),
        evidence=np.arange(m + 1, dtype=np.int64),
        alliances=none,
    )
    return in_degree_order(
        ties,
        np.ones(nodes, dtype=np.bool_),
        np.arange(nodes, dtype=np.int32),
        participations=0,
        alliance_count=0,
        left_out=0,
    )


def edges_of(graph: nx.Graph, weight: str | None = "weight") -> dict[tuple[int, int], float]:
    return {(a, b): float(data[weight]) if weight else 1.0 for a, b, data in graph.edges(data=True)}


def random_graph(nodes: int, probability: float, seed: int) -> nx.Graph:
    """A weighted random graph with isolates left in."""
    graph = nx.gnp_random_graph(nodes, probability, seed=seed)
    draw = np.random.default_rng(seed)
    for _, _, data in graph.edges(data=True):
        data["weight"] = float(draw.choice([1.0, 0.5, 1 / 3, 2.0, draw.random() + 0.01]))
    return graph
