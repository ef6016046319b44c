"""The default measure set as statements of the measures graph, written as lines of N-Triples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tertius.ontology.identity import individual, key
from tertius.ontology.lines import date, iri, literal
from tertius.ontology.namespaces import DEFAULT_BASE, RDF, TT, XSD, concept
from tertius.queries.network.answers import Partition
from tertius.queries.network.dates import from_days
from tertius.queries.network.network import BATCH, Network
from tertius.queries.network.parameters import MOST_TIES
from tertius.queries.network.positions import brokerage

_TYPE: Final = f"<{RDF}type>"
_DOUBLE: Final = f"^^<{XSD}double>"
_INTEGER: Final = f"^^<{XSD}integer>"
_BOOLEAN: Final = f"^^<{XSD}boolean>"
_POSITION, _TIE, _LOCAL_BRIDGE = f"<{TT}NetworkPosition>", f"<{TT}Tie>", f"<{TT}LocalBridge>"
_MEASURE_SET, _ORGANIZATION, _DEGREE = f"<{TT}measureSet>", f"<{TT}organization>", f"<{TT}degree>"
_PARTNER, _WEIGHT, _SHARED = f"<{TT}partner>", f"<{TT}weight>", f"<{TT}sharedAlliances>"
_FIRST, _LAST = f"<{TT}firstDate>", f"<{TT}lastDate>"


@cache
def measure_set(base: str) -> str:
    """Return the IRI of the default measure set: the same in all snapshots, `tt:snapshot` says whose."""
    return individual("measure-set", key("measure-set", "default"), base)


def materialised(network: Network, *, base: str = DEFAULT_BASE, max_ties: int = MOST_TIES) -> dict[str, Any]:
    """Say what `measure_lines` writes, for the manifest.

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


def measure_lines(
    network: Network, *, base: str = DEFAULT_BASE, snapshot: int, max_ties: int = MOST_TIES
) -> Iterator[str]:
    """Yield what BASE/graph/measures says, some lines at a time.

    That is the measure set, one position per organisation, and the ties. An organisation without ties has a
    degree of 0 and no other value. Ties, and among them the local bridges, are written only if there are at
    most `max_ties`: all of them or none. A table without any date has no day that a measure set could be of,
    and yields nothing.

    Args:
        network: The default network.
        base: Base of individuals' IRIs.
        snapshot: Number of the snapshot that the values belong to.
        max_ties: Most ties to write.

    Raises:
        ValueError: The base is no IRI.
    """
    if network.as_of is None:
        return
    yield set_lines(network, base, snapshot)
    yield from position_lines(network, np.flatnonzero(nodes(network)), base)
    if network.summary().ties <= max_ties:
        yield from tie_lines(network, np.arange(network.derived.ties.low.size), base)


def nodes(network: Network) -> NDArray[np.bool_]:
    """Tell which organisation ids have a position in the measure set."""
    found = network.table.nodes()
    found[network.table.canonical_ids(network.parameters.exclude)] = False
    return found


def set_lines(network: Network, base: str, snapshot: int) -> str:
    """Return what describes the measure set of a network; nothing without an as-of."""
    if network.as_of is None:
        return ""
    parameters = network.parameters
    window = '"all"' if parameters.window is None else f'"{parameters.window}"{_INTEGER}'
    said = {
        _TYPE: f"<{TT}MeasureSet>",
        f"<{TT}asOf>": date(network.as_of),
        f"<{TT}window>": window,
        f"<{TT}weighting>": iri(concept("tie-weight", parameters.weight.value)),
        f"<{TT}assumedYears>": f'"{parameters.assumed_years}"{_INTEGER}',
        f"<{TT}softwareVersion>": literal(version("tertius")),
        f"<{TT}snapshot>": f'"{snapshot}"{_INTEGER}',
        f"<{TT}default>": f'"true"{_BOOLEAN}',
    }
    this = iri(measure_set(base))
    return "".join([f"{this} {term} {value} .\n" for term, value in said.items()])


def position_node(organization: str, base: str) -> str:
    """Return the IRI of an organisation's position in the measure set."""
    return individual("position", key("position", measure_set(base), organization), base)


def position_lines(network: Network, ids: NDArray[np.integer[Any]], base: str) -> Iterator[str]:
    """Yield the statements of organisations' positions."""
    this = iri(measure_set(base))
    for begin in range(0, ids.size, BATCH):
        part = ids[begin : begin + BATCH]
        at = network.derived.ties.position[part]
        measured = iter(_measured(network, at[at >= 0]))
        for name, row in zip(network.table.organization_keys(part), at.tolist(), strict=True):
            node = f"<{position_node(name, base)}>"
            degree, values = next(measured) if row >= 0 else (0, ())
            yield (
                f"{node} {_TYPE} {_POSITION} .\n{node} {_MEASURE_SET} {this} .\n"
                f"{node} {_ORGANIZATION} <{individual('organization', name, base)}> .\n"
                f'{node} {_DEGREE} "{degree}"{_INTEGER} .\n'
            ) + "".join([f"{node}{value}" for value in values if value])


def _measured(network: Network, rows: NDArray[np.integer[Any]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield degree and values of positions with ties: predicates and objects, empty where there is none."""
    derived = network.derived
    holes, structure = derived.holes, derived.structure
    roles, spread = brokerage(network, rows, Partition.COMMUNITY)
    articulation = np.where(structure.articulation[rows], "true", "false")
    offsets = derived.ties.offsets
    return zip(
        (offsets[rows + 1] - offsets[rows]).tolist(),
        zip(
            _column("strength", holes.strength[rows].tolist(), _DOUBLE),
            _column("constraint", holes.constraint[rows].tolist(), _DOUBLE),
            _column("effectiveSize", holes.effective_size[rows].tolist(), _DOUBLE),
            _column("efficiency", holes.efficiency[rows].tolist(), _DOUBLE),
            _column("hierarchy", holes.hierarchy[rows].tolist(), _DOUBLE),
            _column("clustering", holes.clustering[rows].tolist(), _DOUBLE),
            _column("betweenness", derived.betweenness[rows].tolist(), _DOUBLE),
            _column("community", derived.community[rows].tolist(), _INTEGER),
            _column("core", structure.core[rows].tolist(), _INTEGER),
            _column("participationCoefficient", spread, _DOUBLE),
            _column("articulation", articulation.tolist(), _BOOLEAN),
            _column("coordinatorPaths", [played.coordinator for played in roles], _INTEGER),
            _column("consultantPaths", [played.consultant for played in roles], _INTEGER),
            _column("gatekeeperPaths", [played.gatekeeper for played in roles], _INTEGER),
            _column("liaisonPaths", [played.liaison for played in roles], _INTEGER),
            strict=True,
        ),
        strict=True,
    )


def _column(term: str, values: list[Any], kind: str) -> list[str]:
    before, after = f' <{TT}{term}> "', f'"{kind} .\n'
    # Only what is not a number differs from itself.
    return [f"{before}{value}{after}" if value == value else "" for value in values]  # noqa: PLR0124


def tie_node(one: str, other: str, base: str) -> str:
    """Return the IRI of the tie of two organisations."""
    return individual("tie", key("tie", *sorted((one, other))), base)


def tie_lines(network: Network, chosen: NDArray[np.int64], base: str) -> Iterator[str]:
    """Yield the statements of ties, given by their places in the network's order."""
    ties, table, shared = network.derived.ties, network.table, network.derived.holes.shared
    this = iri(measure_set(base))
    for begin in range(0, chosen.size, BATCH):
        part = chosen[begin : begin + BATCH]
        low, high = ties.low[part], ties.high[part]
        rows = zip(
            table.organization_keys(ties.organization[low]),
            table.organization_keys(ties.organization[high]),
            ties.weight[part].tolist(),
            ties.evidence_size[part].tolist(),
            shared[part].tolist(),
            ties.first[part].tolist(),
            ties.last[part].tolist(),
            strict=True,
        )
        for one, other, weight, alliances, common, first, last in rows:
            node = f"<{tie_node(one, other, base)}>"
            said = (
                f"{node} {_TYPE} {_TIE} .\n{node} {_MEASURE_SET} {this} .\n"
                f"{node} {_PARTNER} <{individual('organization', one, base)}> .\n"
                f"{node} {_PARTNER} <{individual('organization', other, base)}> .\n"
                f'{node} {_WEIGHT} "{weight}"{_DOUBLE} .\n{node} {_SHARED} "{alliances}"{_INTEGER} .\n'
            )
            if common == 0:
                said += f"{node} {_TYPE} {_LOCAL_BRIDGE} .\n"
            if day := _day(first):
                said += f"{node} {_FIRST} {day} .\n"
            if day := _day(last):
                said += f"{node} {_LAST} {day} .\n"
            yield said


@lru_cache(maxsize=1 << 16)
def _day(days: int) -> str:
    day = from_days(days)
    return date(day) if day else ""
