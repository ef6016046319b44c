"""The default measure set as statements of the measures graph, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from functools import cache
from importlib.metadata import version
from operator import attrgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import Literal, NamedNode, Quad
from tertius.ontology.identity import graph, individual, key
from tertius.ontology.namespaces import DEFAULT_BASE, RDF, TT, XSD, concept
from tertius.queries.network.answers import Position, Standing
from tertius.queries.network.dates import from_days
from tertius.queries.network.network import BATCH, Network
from tertius.queries.network.parameters import NetworkParameters

MOST_TIES: Final = 2_000_000
"""Ties up to which every tie becomes a node of the graph."""

_TYPE: Final = NamedNode(f"{RDF}type")
_DATE, _DOUBLE, _INTEGER, _BOOLEAN = (
    NamedNode(f"{XSD}{name}") for name in ("date", "double", "integer", "boolean")
)
_VALUES: Final = (
    ("strength", "strength", _DOUBLE),
    ("constraint", "constraint", _DOUBLE),
    ("effectiveSize", "effective_size", _DOUBLE),
    ("efficiency", "efficiency", _DOUBLE),
    ("hierarchy", "hierarchy", _DOUBLE),
    ("clustering", "clustering", _DOUBLE),
    ("betweenness", "betweenness", _DOUBLE),
    ("community", "community", _INTEGER),
    ("core", "core", _INTEGER),
    ("participationCoefficient", "participation_coefficient", _DOUBLE),
    ("articulation", "articulation", _BOOLEAN),
    ("coordinatorPaths", "roles.coordinator", _INTEGER),
    ("consultantPaths", "roles.consultant", _INTEGER),
    ("gatekeeperPaths", "roles.gatekeeper", _INTEGER),
    ("liaisonPaths", "roles.liaison", _INTEGER),
)


def measure_set(base: str) -> str:
    """Return the IRI of the default measure set: the same in all snapshots, `tt:snapshot` says whose."""
    return individual("measure-set", key("measure-set", "default"), base)


def materialised(network: Network, *, base: str = DEFAULT_BASE, max_ties: int = MOST_TIES) -> dict[str, Any]:
    """Say what `measure_quads` writes, for the manifest.

    How many positions and ties, the cap on ties, by which software, and since which snapshot communities and
    betweenness date where they were carried (`None` where they are of this one).
    """
    summary = network.summary()
    dated = network.as_of is not None
    written = summary.ties if dated and summary.ties <= max_ties else 0
    return {
        "positions": summary.organizations if dated else 0,
        "ties": written,
        "tie_limit": max_ties,
        "ties_complete": summary.ties == written,
        "betweenness": summary.betweenness,
        "carried": asdict(network.derived.carried) if network.derived.carried else None,
        "set": measure_set(base),
        "software": version("tertius"),
    }


def measure_quads(
    network: Network, *, base: str = DEFAULT_BASE, snapshot: int, max_ties: int = MOST_TIES
) -> Iterator[Quad]:
    """Yield the measure set, one position per organisation, and the ties, as quads of BASE/graph/measures.

    An organisation without ties has a degree of 0 and no other value. Ties, and among them the local
    bridges, are written only if there are at most `max_ties`: all of them or none. A table without any
    date has no day that a measure set could be of, and yields nothing.

    Args:
        network: The default network.
        base: Base of individuals' IRIs.
        snapshot: Number of the snapshot that the values belong to.
        max_ties: Most ties to write.
    """
    if network.as_of is None:
        return
    this = NamedNode(measure_set(base))
    yield from set_quads(network, this, base, snapshot)
    for position in network.iter_positions():
        yield from position_quads(position, this, base)
    if network.summary().ties <= max_ties:
        yield from tie_quads(network, this, base)


def set_quads(network: Network, this: NamedNode, base: str, snapshot: int) -> Iterator[Quad]:
    """Yield what describes the measure set of a network that has an as-of."""
    target = _graph(base)
    if network.as_of is not None:
        for predicate, value in _description(network.parameters, network.as_of, snapshot):
            yield Quad(this, NamedNode(predicate), value, target)


def _description(
    parameters: NetworkParameters, as_of: date, snapshot: int
) -> Iterator[tuple[str, NamedNode | Literal]]:
    yield _TYPE.value, _term("MeasureSet")
    yield f"{TT}asOf", _literal(as_of)
    window = Literal("all") if parameters.window is None else _literal(parameters.window)
    yield f"{TT}window", window
    yield f"{TT}weighting", NamedNode(concept("tie-weight", parameters.weight.value))
    yield f"{TT}assumedYears", _literal(parameters.assumed_years)
    yield f"{TT}softwareVersion", Literal(version("tertius"))
    yield f"{TT}snapshot", _literal(snapshot)
    yield f"{TT}default", Literal("true", datatype=_BOOLEAN)


def position_node(organization: str, measures: NamedNode, base: str) -> NamedNode:
    """Return the node of an organisation's position in a measure set."""
    return NamedNode(individual("position", key("position", measures.value, organization), base))


def position_quads(position: Position, measures: NamedNode, base: str) -> Iterator[Quad]:
    """Yield the statements of one position."""
    target = _graph(base)
    this = position_node(position.organization, measures, base)
    yield Quad(this, _TYPE, _POSITION, target)
    yield Quad(this, _MEASURE_SET, measures, target)
    organization = NamedNode(individual("organization", position.organization, base))
    yield Quad(this, _ORGANIZATION, organization, target)
    yield Quad(this, _DEGREE, _literal(position.degree), target)
    if position.standing is Standing.TIED:
        for term, read, kind in _VALUE_TERMS:
            value = read(position)
            if value is not None:
                text = str(value).lower() if kind is _BOOLEAN else repr(value)
                yield Quad(this, term, Literal(text, datatype=kind), target)


def tie_node(one: str, other: str, base: str) -> NamedNode:
    """Return the node of the tie of two organisations."""
    return NamedNode(individual("tie", key("tie", *sorted((one, other))), base))


def tie_quads(
    network: Network, measures: NamedNode, base: str, chosen: NDArray[np.int64] | None = None
) -> Iterator[Quad]:
    """Yield the statements of ties: those chosen, in the network's order, or all."""
    target = _graph(base)
    ties, table, shared = network.derived.ties, network.table, network.derived.holes.shared
    length = np.diff(ties.evidence)
    chosen = np.arange(ties.low.size) if chosen is None else chosen
    for begin in range(0, chosen.size, BATCH):
        part = chosen[begin : begin + BATCH]
        low, high = ties.low[part], ties.high[part]
        rows = zip(
            table.organization_keys(ties.organization[low]),
            table.organization_keys(ties.organization[high]),
            ties.weight[part].tolist(),
            length[part].tolist(),
            shared[part].tolist(),
            ties.first[part].tolist(),
            ties.last[part].tolist(),
            strict=True,
        )
        for one, other, weight, alliances, common, first, last in rows:
            this = tie_node(one, other, base)
            yield Quad(this, _TYPE, _TIE, target)
            if common == 0:
                yield Quad(this, _TYPE, _LOCAL_BRIDGE, target)
            yield Quad(this, _MEASURE_SET, measures, target)
            for partner in (one, other):
                yield Quad(this, _PARTNER, NamedNode(individual("organization", partner, base)), target)
            yield Quad(this, _WEIGHT, Literal(repr(weight), datatype=_DOUBLE), target)
            yield Quad(this, _SHARED, _literal(alliances), target)
            for term, days in ((_FIRST, first), (_LAST, last)):
                day = from_days(days)
                if day:
                    yield Quad(this, term, _literal(day), target)


@cache
def _graph(base: str) -> NamedNode:
    return NamedNode(graph("measures", base))


def _literal(value: int | date) -> Literal:
    kind = _DATE if isinstance(value, date) else _INTEGER
    return Literal(str(value), datatype=kind)


def _term(name: str) -> NamedNode:
    return NamedNode(f"{TT}{name}")


_POSITION, _TIE, _LOCAL_BRIDGE = _term("NetworkPosition"), _term("Tie"), _term("LocalBridge")
_MEASURE_SET, _ORGANIZATION, _DEGREE = _term("measureSet"), _term("organization"), _term("degree")
_PARTNER, _WEIGHT, _SHARED = _term("partner"), _term("weight"), _term("sharedAlliances")
_FIRST, _LAST = _term("firstDate"), _term("lastDate")
_VALUE_TERMS: Final = tuple((_term(term), attrgetter(field), kind) for term, field, kind in _VALUES)
