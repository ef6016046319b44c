"""What would become of positions if ties were added or ended; nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from tertius.queries.network.activity import active
from tertius.queries.network.aftermath import Aftermath
from tertius.queries.network.answers import Position
from tertius.queries.network.errors import ParameterError, UnknownOrganizationError
from tertius.queries.network.introductions import slot_of
from tertius.queries.network.parameters import Weight
from tertius.queries.network.participants import rows_of_alliances

if TYPE_CHECKING:
    from tertius.queries.network.network import Network

LOCAL: Final = (
    "degree",
    "strength",
    "constraint",
    "effective_size",
    "efficiency",
    "hierarchy",
    "clustering",
    "triangles",
    "local_bridges",
)
"""Measures that look no farther than the ties among partners; the others are not recomputed."""

OTHERS: Final = 3
"""How many of the most affected others are told of."""


@dataclass(frozen=True, slots=True)
class NewTie:
    """A tie of the organisation with another, or more weight for the one there is.

    Attributes:
        organization: Key of the other.
        weight: Added weight, above 0; None for the organisation's median tie, 1 without ties. With
            binary weights every tie counts 1, and no other weight can be given.
    """

    organization: str
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class NewAlliance:
    """An alliance of the organisation with others, active at the same time in the window.

    Attributes:
        partners: Keys of the others, at least one.
    """

    partners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndedTie:
    """The end of the organisation's tie with another, whatever it rests on.

    Attributes:
        organization: Key of the other.
    """

    organization: str


@dataclass(frozen=True, slots=True)
class EndedAlliance:
    """The end of a whole alliance, for all of its partners.

    Attributes:
        alliance: Its key.
    """

    alliance: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Positions before and after a change.

    Attributes:
        before: The organisation's position as it is.
        after: Its position after the change; measures that look beyond partners' partners are None.
        others: The same for those whose constraint changes most, at most three; whoever gains its first
            tie or loses its last comes first.
        affected: Organisations whose constraint changes, the one asked about not counted.
    """

    before: Position
    after: Position
    others: tuple[tuple[Position, Position], ...]
    affected: int


Added = NewTie | NewAlliance
Ended = EndedTie | EndedAlliance


def what_if(network: Network, key: str, add: Sequence[Added], end: Sequence[Ended]) -> Outcome:
    """Compute positions after a change; see `Network.what_if`."""
    change = _Change(network, key)
    change.end(end)
    change.add(add)
    before = network.positions(np.array([change.organization]))[0]
    changed = change.weights()
    if not changed:
        return Outcome(before, _local(before), (), 0)
    aftermath = Aftermath(network.derived.ties, network.derived.holes, changed)
    affected = aftermath.affected(network.lookups.key_rank)
    others = affected[aftermath.ids[affected] != change.organization]
    told = others[:OTHERS]
    at = np.flatnonzero(aftermath.ids == change.organization)
    return Outcome(
        before=before,
        after=aftermath.position(int(at[0]), before) if at.size else _local(before),
        others=tuple(
            (was, aftermath.position(int(place), was))
            for place, was in zip(told, network.positions(aftermath.ids[told]), strict=True)
        ),
        affected=int(others.size),
    )


def _local(was: Position) -> Position:
    """Return a position that does not change, without the measures that look farther."""
    return Position(was.organization, was.standing, **{name: getattr(was, name) for name in LOCAL})


class _Change:
    """Collects the new weights of pairs: what ends first, then what is added."""

    def __init__(self, network: Network, key: str) -> None:
        self._network = network
        self.organization = self._id(key, "key")
        self._old: dict[tuple[int, int], float] = {}
        self._new: dict[tuple[int, int], float] = {}

    def end(self, ended: Sequence[Ended]) -> None:
        """Take away whole alliances, then ties.

        Raises:
            ParameterError: There is no such tie or alliance in this network.
        """
        alliances = {one.alliance for one in ended if isinstance(one, EndedAlliance)}
        gone: Counter[tuple[int, int]] = Counter()
        for alliance in sorted(alliances):
            for pair, share in self._pairs_of(alliance):
                self._set(pair, self._weight(pair) - share)
                gone[pair] += 1
        for pair, count in gone.items():
            evidence = self._evidence(pair)
            if count == len(evidence):
                self._new[pair] = 0.0
            elif self._network.parameters.weight is Weight.BINARY:
                self._new[pair] = 1.0
        for one in ended:
            if isinstance(one, EndedTie):
                pair = self._pair(self._id(one.organization, "end"), "end")
                if self._slot(pair) < 0:
                    raise ParameterError("end", f"there is no tie with {one.organization} in this network")
                self._set(pair, 0.0)

    def add(self, added: Sequence[Added]) -> None:
        """Add ties and alliances.

        Raises:
            ParameterError: An organisation is left out of this network, or a weight does not fit.
        """
        for one in added:
            if isinstance(one, NewTie):
                pair = self._pair(self._id(one.organization, "add"), "add")
                self._gain(pair, self._tie_weight(one.weight))
            else:
                self._ally({self.organization, *(self._id(partner, "add") for partner in one.partners)})

    def weights(self) -> dict[tuple[int, int], float]:
        """Return the pairs whose weight changes, with their new weights."""
        return {pair: value for pair, value in self._new.items() if value != self._old[pair]}

    def _ally(self, partners: set[int]) -> None:
        parameters = self._network.parameters
        if len(partners) < 2:
            raise ParameterError("add", "an alliance needs a partner other than the organization itself")
        if parameters.max_partners is not None and len(partners) > parameters.max_partners:
            raise ParameterError(
                "add",
                f"an alliance of {len(partners)} does not count with max_partners={parameters.max_partners}",
            )
        share = 1.0 / (len(partners) - 1) if parameters.weight is Weight.NEWMAN else 1.0
        for pair in combinations(sorted(partners), 2):
            self._gain(pair, share)

    def _gain(self, pair: tuple[int, int], weight: float) -> None:
        binary = self._network.parameters.weight is Weight.BINARY
        self._set(pair, 1.0 if binary else self._weight(pair) + weight)

    def _tie_weight(self, given: float | None) -> float:
        ties = self._network.derived.ties
        binary = self._network.parameters.weight is Weight.BINARY
        if given is not None:
            if binary and given != 1:
                raise ParameterError("add", f"weight {given:g}: with binary weights every tie counts 1")
            return given
        row = int(ties.position[self.organization])
        if binary or row < 0:
            return 1.0
        return float(np.median(ties.slot_weight[ties.offsets[row] : ties.offsets[row + 1]]))

    def _pairs_of(self, alliance: str) -> Iterable[tuple[tuple[int, int], float]]:
        """Return the pairs that an alliance ties, and what it adds to the weight of each."""
        network = self._network
        number = network.table.alliance_id(alliance)
        if number is None:
            raise ParameterError("end", f"no alliance has the key {alliance}")
        rows = rows_of_alliances(network.table, np.array([number], dtype=np.int32))
        present = np.unique(active(network.table, network.parameters, rows).organization)
        present = present[~network.lookups.excluded[present]]
        pairs = [pair for pair in combinations(present.tolist(), 2) if number in self._evidence(pair)]
        if not pairs:
            raise ParameterError("end", f"the alliance {alliance} ties nobody in this network")
        share = 1.0 / (present.size - 1) if network.parameters.weight is Weight.NEWMAN else 1.0
        return [(pair, share) for pair in pairs]

    def _slot(self, pair: tuple[int, int]) -> int:
        ties = self._network.derived.ties
        row, partner = int(ties.position[pair[0]]), int(ties.position[pair[1]])
        return slot_of(ties, row, partner) if min(row, partner) >= 0 else -1

    def _evidence(self, pair: tuple[int, int]) -> list[int]:
        ties, slot = self._network.derived.ties, self._slot(pair)
        if slot < 0:
            return []
        found: list[int] = ties.alliances_of(int(ties.slot_tie[slot])).tolist()
        return found

    def _weight(self, pair: tuple[int, int]) -> float:
        if pair not in self._new:
            slot = self._slot(pair)
            weight = float(self._network.derived.ties.slot_weight[slot]) if slot >= 0 else 0.0
            self._old[pair] = self._new[pair] = weight
        return self._new[pair]

    def _set(self, pair: tuple[int, int], weight: float) -> None:
        self._weight(pair)
        self._new[pair] = weight

    def _pair(self, other: int, parameter: str) -> tuple[int, int]:
        if other == self.organization:
            raise ParameterError(parameter, "an organization has no tie with itself")
        return min(other, self.organization), max(other, self.organization)

    def _id(self, key: str, parameter: str) -> int:
        table = self._network.table
        try:
            found = int(table.canonical[table.organization_id(key)])
        except UnknownOrganizationError as error:
            if parameter == "key":
                raise
            raise ParameterError(parameter, str(error)) from None
        if self._network.lookups.excluded[found]:
            raise ParameterError(parameter, f"{key} is left out of this network by exclude")
        return found
