"""Measures of a network whose rows and ties kept their places, taken again where something touched them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.adoption import adopt, modularity
from tertius.queries.network.answers import Order
from tertius.queries.network.blocks import Blocks
from tertius.queries.network.columns import Ids
from tertius.queries.network.derived import PERCENTILES, Carried, Derived, array_names, measured, ordering
from tertius.queries.network.kernel_cores import raise_cores
from tertius.queries.network.kernel_local import measures_at, strengths_at, surroundings, take_closed_of
from tertius.queries.network.kernel_roles import two_paths
from tertius.queries.network.kernel_types import Floats
from tertius.queries.network.measures import Communities, StructuralHoles
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.ranks import Ranks, comparable, put_in_order
from tertius.queries.network.revise import Revised, revise, rows_after
from tertius.queries.network.revision import Revision
from tertius.queries.network.roles import Cuts, Structure, cores, cuts
from tertius.queries.network.summary import summarise
from tertius.queries.network.table import ParticipationTable
from tertius.queries.network.tie_changes import TieChanges
from tertius.queries.network.tie_network import TieNetwork
from tertius.queries.network.workers import Aside, Workers

_WALK: Final = 24
"""Slots per tie that measuring the touched rows may visit before measuring all rows is quicker."""

_MOST_ROWS: Final = 20_000
"""Rows that may be measured again, and put into the orders one by one, before all are."""

_MOST_MOVED: Final = 16
"""Ranks of which one value in so many has changed are taken anew, or every load would write more of them."""

_FEW_TIES: Final = 8
"""New ties up to which cores are raised tie by tie."""


def remeasure(
    old: Derived,
    revision: Callable[[], Revision],
    table: ParticipationTable,
    parameters: NetworkParameters,
    changes: TieChanges,
    *,
    carried: Carried,
    threads: int | None = None,
) -> Derived | None:
    """Put changes into a network and measure what they touch; its files are written but for the numbers.

    Args:
        old: The network before.
        revision: Begins the new network's files; not called where nothing is returned.
        table: The base table now.
        parameters: With the as-of filled in.
        changes: What becomes of the ties.
        carried: Since when communities and betweenness date.
        threads: At most so many threads.

    Returns:
        The network, or None where nobody has a tie any longer or too many rows are touched.
    """
    if not rows_after(old.ties, changes)[0].size or _too_many(old.ties, changes):
        return None
    files = revision()
    by_tie: dict[str, NDArray[Any]] = {
        "closure": old.holes.closure,
        "shared": old.holes.shared,
        "bridge": old.structure.bridge,
    }
    with Workers(threads) as workers, Aside(threads) as aside:
        revised = revise(old.ties, changes, by_tie, table, files=files, workers=workers)
        ties = revised.ties
        held = aside.begin(lambda: _frame(old, changes, revised, files))
        reached = np.zeros(ties.organization.size, dtype=np.bool_)
        surroundings(ties.offsets, ties.partner, revised.touched, reached)
        rows = np.flatnonzero(reached).astype(np.int32)
        holes = _holes(old.holes, revised, rows, files)
        number = _communities(old, revised, files)
        roles, participation = _roles(old.structure, revised, number, rows, files)
        between = _betweenness(old, revised, holes, rows, files)
        quality = modularity(ties, number)
        found = held()
    structure = Structure(
        found.core,
        found.cuts.articulation,
        found.cuts.bridge,
        found.cuts.block,
        found.cuts.top,
        found.cuts.component,
        roles,
        participation,
    )
    now = measured(ties, holes, between, lambda: structure)
    other_rows = np.union1d(rows, revised.rows.coming)
    ranks, orders = _ranks(old, table, revised, now, (other_rows, found.other_cores), files=files)
    files.finish()
    return Derived(
        parameters=parameters,
        ties=ties,
        holes=holes,
        betweenness=between,
        community=number,
        structure=structure,
        ranks=ranks,
        orders=orders,
        summary=summarise(
            table,
            parameters,
            ties,
            holes,
            component=structure.component,
            found=Communities(number, quality),
            method=carried.method(old.summary),
            origin=carried.origin,
        ),
        carried=carried,
    )


def settle(between: Floats, degree: NDArray[np.int64], clustering: Floats) -> None:
    """Write the betweenness, unknown so far, of those whose partners are all tied to each other.

    Nobody's shortest path leads through them.
    """
    between[np.isnan(between) & ((degree == 1) | (clustering == 1.0))] = 0.0


def _too_many(old: TieNetwork, changes: TieChanges) -> bool:
    """Tell whether measuring everybody is quicker than measuring those touched."""
    touched = [changes.ties.low[changes.weighty], changes.ties.high[changes.weighty]]
    touched += [old.organization[end[changes.ended]] for end in (old.low, old.high)]
    ids = np.unique(np.concatenate(touched))
    rows = old.position[ids[ids < old.position.size]]
    reached = np.zeros(old.organization.size, dtype=np.bool_)
    visits = surroundings(old.offsets, old.partner, rows[rows >= 0], reached)
    return bool(visits > _WALK * old.low.size or reached.sum() > _MOST_ROWS)


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """Cores and cuts.

    Attributes:
        core: As in `Structure`.
        other_cores: Rows whose core is another, or that are new.
        cuts: Cuts.
    """

    core: Ids
    other_cores: NDArray[np.integer[Any]]
    cuts: Cuts


def _frame(old: Derived, changes: TieChanges, revised: Revised, files: Revision) -> _Frame:
    """Bring cores and cuts up to date tie by tie, or find them again where that will not do."""
    ties, known = revised.ties, old.ties.organization.size
    new = np.arange(old.ties.low.size, ties.low.size)
    if changes.ended.size or new.size > _FEW_TIES:
        core = files.put("core", cores(ties))
        before = revised.rows.before()
        other = (before < 0) | (core != old.structure.core[before])
        return _Frame(core, np.flatnonzero(other), _cut_again(ties, files))
    core, others = _raised(ties, new, known, files)
    arrays = {
        name: files.change(name, ties.organization.size) for name in array_names(Cuts) if name != "bridge"
    }
    blocks = Blocks(ties, Cuts(**arrays, bridge=revised.columns["bridge"]), known)
    if not all(blocks.join(tie) for tie in new.tolist()):
        return _Frame(core, others, _cut_again(ties, files))
    for name in arrays:
        files.mark(name, blocks.rows)
    files.mark("bridge", blocks.ties)
    return _Frame(core, others, blocks.cuts)


def _raised(
    ties: TieNetwork, new: NDArray[np.int64], known: int, files: Revision
) -> tuple[Ids, NDArray[np.integer[Any]]]:
    """Raise cores tie by tie; return them and the rows that have another or are new."""
    core, slots = files.change("core", ties.organization.size), (ties.partner, ties.slot_tie)
    room = np.empty(core.size, dtype=np.int32)
    raised: list[NDArray[np.integer[Any]]] = [np.arange(known, core.size)]
    for tie in new.tolist():
        one, other = int(ties.low[tie]), int(ties.high[tie])
        raised.append(room[: raise_cores(ties.offsets, slots, core, one, other, tie, room)].copy())
    others = np.unique(np.concatenate(raised))
    files.mark("core", others)
    return core, others


def _cut_again(ties: TieNetwork, files: Revision) -> Cuts:
    found = cuts(ties)
    return Cuts(**{name: files.put(name, getattr(found, name)) for name in array_names(Cuts)})


def _holes(old: StructuralHoles, revised: Revised, rows: Ids, files: Revision) -> StructuralHoles:
    """Bring Burt's measures up to date."""
    ties = revised.ties
    names = [name for name in array_names(StructuralHoles) if name not in revised.columns]
    by_row: dict[str, Any] = {name: revised.rows.carry(files, name, getattr(old, name)) for name in names}
    closure, shared = revised.columns["closure"], revised.columns["shared"]
    strengths_at(ties.offsets, ties.slot_weight, revised.touched, by_row["strength"])
    measures_at(
        ties.offsets,
        (ties.partner, ties.slot_tie),
        ties.slot_weight,
        by_row["strength"],
        rows,
        closure,
        shared,
        (by_row["constraint"], by_row["effective_size"], by_row["hierarchy"]),
        by_row["triangles"],
        by_row["local_bridges"],
    )
    degree: Floats = np.diff(ties.offsets)[rows].astype(np.float64)
    pairs = degree * (degree - 1) / 2
    by_row["efficiency"][rows] = by_row["effective_size"][rows] / degree
    by_row["clustering"][rows] = np.divide(
        by_row["triangles"][rows], pairs, out=np.full(rows.size, np.nan), where=pairs > 0
    )
    for name in names:
        files.mark(name, rows)
    own = [ties.slot_tie[ties.offsets[row] : ties.offsets[row + 1]] for row in rows.tolist()]
    measured_ties = np.unique(np.concatenate([*own, ties.slot_tie[:0]]))
    for name in ("closure", "shared"):
        files.mark(name, measured_ties)
    return StructuralHoles(**by_row, closure=closure, shared=shared)


def _communities(old: Derived, revised: Revised, files: Revision) -> Ids:
    """Carry communities; newcomers join one."""
    places = revised.rows
    number: Ids = places.carry(files, "community", old.community, missing=-1)
    if places.coming.size:
        number[places.coming] = adopt(revised.ties, number)[places.coming]
    return number


def _betweenness(
    old: Derived, revised: Revised, holes: StructuralHoles, rows: Ids, files: Revision
) -> Floats:
    """Carry betweenness; newcomers have none but where it must be nothing."""
    between: Floats = revised.rows.carry(files, "betweenness", old.betweenness, missing=np.nan)
    part = between[rows]
    settle(part, np.diff(revised.ties.offsets)[rows], holes.clustering[rows])
    between[rows] = part
    files.mark("betweenness", rows)
    return between


def _roles(
    old: Structure, revised: Revised, number: Ids, rows: Ids, files: Revision
) -> tuple[NDArray[np.int64], Floats]:
    """Bring roles and participation over the communities up to date."""
    ties = revised.ties
    roles = revised.rows.carry(files, "roles", old.roles, width=5)
    participation = revised.rows.carry(files, "participation", old.participation)
    counts = np.zeros(int(number.max(initial=-1)) + 1, dtype=np.int32)
    for row in rows.tolist():
        five, one = slice(5 * row, 5 * row + 5), slice(row, row + 1)
        two_paths(ties.offsets, ties.partner, number, row, row + 1, counts, roles[five], participation[one])
    take_closed_of(ties.offsets, ties.partner, number, rows, roles)
    files.mark("roles", (5 * rows[:, None].astype(np.int64) + np.arange(5)).ravel())
    files.mark("participation", rows)
    return roles, participation


def _ranks(
    old: Derived,
    table: ParticipationTable,
    revised: Revised,
    values: Mapping[str, Callable[[], NDArray[Any]]],
    rows: tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]]],
    *,
    files: Revision,
) -> tuple[dict[str, Ranks], dict[str, Ids]]:
    """Bring ranks and orders up to date for the rows that were measured, and for those with another core."""
    places, organization = revised.rows, revised.ties.organization
    before, other_places = places.before(), bool(places.gone.size)
    old_values = measured(old.ties, old.holes, old.betweenness, lambda: old.structure)
    orders = dict(old.orders)
    ranks: dict[str, Ranks] = {}
    for name in PERCENTILES:
        now, then = values[name](), old_values[name]()
        moved = _moved(rows[name == "core"], before, now, then)
        removed = before[moved][before[moved] >= 0]
        ranks[name] = old.ranks[name].revised(then[np.append(removed, places.gone)], now[moved])
        parts = ["removed", "added"]
        if max(ranks[name].removed.size, ranks[name].added.size) * _MOST_MOVED > now.size:
            ranks[name] = Ranks.of(now)
            parts.append("values")
        for part in parts:
            files.put(f"{part}-{name}", getattr(ranks[name], part))
        if name in orders and (moved.size or other_places):
            order = places.now(orders[name]) if other_places else orders[name]
            order = put_in_order(
                order[order >= 0].astype(np.int32),
                ordering(Order(name), now),
                moved,
                lambda rows: table.organizations[organization[rows]],
            )
            orders[name] = files.put(f"order-{name}", order)
    return ranks, orders


def _moved(
    rows: NDArray[np.integer[Any]], before: NDArray[np.int64], now: NDArray[Any], then: NDArray[Any]
) -> NDArray[np.int64]:
    """Return the rows whose value is another or that are new."""
    known = before[rows] >= 0
    one, other = comparable(now[rows[known]]), comparable(then[before[rows[known]]])
    differs = np.ones(rows.size, dtype=np.bool_)
    differs[known] = (one != other) & ~(np.isnan(one) & np.isnan(other))
    return rows[differs].astype(np.int64)
