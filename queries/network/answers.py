"""The answers of the network, as values that any format can be written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Generic, TypeVar

T = TypeVar("T")


class Standing(StrEnum):
    """Why an organisation has values or has none.

    `tied`: it has ties. `isolate`: active in the window, tied to nobody. `inactive`: no participation
    in the window. `excluded`: left out by the parameters.
    """

    TIED = "tied"
    ISOLATE = "isolate"
    INACTIVE = "inactive"
    EXCLUDED = "excluded"


THESE_TIES: Final = "these ties"
"""Where communities were found that are a network's own."""


class Order(StrEnum):
    """How brokers are ordered; organisations of equal value follow by key, those without ties come last.

    `constraint` ascending (the default: Burt's summary index of how little an organisation brokers);
    `effective_size`, `betweenness`, `degree` descending.
    """

    CONSTRAINT = "constraint"
    EFFECTIVE_SIZE = "effective_size"
    BETWEENNESS = "betweenness"
    DEGREE = "degree"


class Partition(StrEnum):
    """What divides the organisations into circles."""

    COMMUNITY = "community"
    COUNTRY = "country"
    SECTOR = "sector"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of an ordered list; offsets are stable within one snapshot and one set of parameters.

    Attributes:
        rows: The rows asked for.
        next: Offset of the next page, or None at the end.
    """

    rows: tuple[T, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Roles:
    """Open two-paths that lead through an organisation, by the role it plays (Gould & Fernandez 1989).

    Ties have no direction, so each two-path counts once; all five add up to the pairs of partners that
    are not tied to each other.

    Attributes:
        coordinator: Both others are in its own part.
        consultant: Both others are in one part, it is in another.
        gatekeeper: Exactly one of the others is in its own part (gatekeeper and representative alike).
        liaison: The three are in three parts.
        unclassified: It, or one of the others, has no known part.
    """

    coordinator: int
    consultant: int
    gatekeeper: int
    liaison: int
    unclassified: int


@dataclass(frozen=True, slots=True)
class Position:
    """An organisation's position. Without ties every value but `degree` (0) is None.

    Attributes:
        organization: Key.
        standing: Why there are values or none.
        degree: Number of partners.
        strength: Sum of its ties' weights.
        constraint: Burt's constraint; above 0, can exceed 1.
        effective_size: Burt's effective size, 0..degree.
        efficiency: effective_size / degree.
        hierarchy: Concentration of the constraint on few partners, 0..1; one partner: 1.
        clustering: Share of its pairs of partners that are tied; None for fewer than two partners.
        triangles: Pairs of its partners that are tied to each other.
        local_bridges: Partners with whom it shares no partner.
        betweenness: Pairs of others whose shortest paths lead through it, each by its share of those paths;
            unweighted, not normalised.
        community: Number of its Leiden community, 0 being the largest.
        core: Largest k for which it is in the k-core: everybody there has k partners there.
        participation_coefficient: How evenly its partners spread over the parts of the partition, 0 (one
            part) to below 1; None where no partner's part is known.
        articulation: True if its component falls apart without it.
        roles: Brokerage roles over the partition.
        percentiles: Share (0..100) of organisations with ties that have a lower value, ties counted half.
    """

    organization: str
    standing: Standing
    degree: int
    strength: float | None = None
    constraint: float | None = None
    effective_size: float | None = None
    efficiency: float | None = None
    hierarchy: float | None = None
    clustering: float | None = None
    triangles: int | None = None
    local_bridges: int | None = None
    betweenness: float | None = None
    community: int | None = None
    core: int | None = None
    participation_coefficient: float | None = None
    articulation: bool | None = None
    roles: Roles | None = None
    percentiles: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a tie rests on.

    Attributes:
        weight: Its weight.
        alliances: Keys of the shared alliances that count in the window.
        first: First day on which both were active in one of them; None where no start is known.
        last: Last such day, planned or assumed ends included; None where no end can be told.
        assumed: True if the last day follows from an assumed end.
    """

    weight: float
    alliances: tuple[str, ...]
    first: date | None
    last: date | None
    assumed: bool


@dataclass(frozen=True, slots=True)
class Partner:
    """One tie seen from an organisation.

    Attributes:
        partner: Key of the other.
        shared_partners: Number of organisations tied to both.
        local_bridge: True if there is none.
        overlap: shared_partners / (number of others tied to either); None if nobody else is tied to either.
        span: Steps from one to the other without their tie: 2 with a shared partner, 3 or more for a local
            bridge; None where no other way joins them.
        dyadic_constraint: c_ij of the organisation asked about.
        dyadic_constraint_on_partner: c_ji.
        tie: The evidence.
    """

    partner: str
    shared_partners: int
    local_bridge: bool
    overlap: float | None
    span: int | None
    dyadic_constraint: float
    dyadic_constraint_on_partner: float
    tie: Evidence


@dataclass(frozen=True, slots=True)
class Without:
    """An organisation's position if one of its partners left the network.

    Attributes:
        reach: Organisations one or two steps away, the partner itself left out.
        constraint: Its constraint; None if it had no other partner.
    """

    reach: int
    constraint: float | None


@dataclass(frozen=True, slots=True)
class BridgingPartner:
    """A partner through whom an organisation reaches others.

    Attributes:
        partner: Key.
        exclusive_reach: Organisations at distance two that only this partner leads to.
        local_bridge: True if the two share no partner.
        dyadic_constraint: Constraint that this partner exerts; lower is better.
        other_circle: True if it belongs to another part of the partition; None where either is unknown.
        community: Number of its Leiden community.
        roles: Brokerage roles that it plays over the partition.
        without: What would be left if it left the network.
        tie: The evidence.
    """

    partner: str
    exclusive_reach: int
    local_bridge: bool
    dyadic_constraint: float
    other_circle: bool | None
    community: int
    roles: Roles
    without: Without
    tie: Evidence


@dataclass(frozen=True, slots=True)
class EgoTie:
    """A tie inside an ego network, both ends by key."""

    source: str
    target: str
    weight: float
    alliances: int
    local_bridge: bool


@dataclass(frozen=True, slots=True)
class EgoNetwork:
    """An organisation, its partners, and all ties among them.

    Attributes:
        organization: Key of the ego.
        nodes: Positions of the ego (first) and its partners, by descending tie weight, then key.
        ties: All ties among those nodes.
        omitted: Partners left out because of the caller's bound.
    """

    organization: str
    nodes: tuple[Position, ...]
    ties: tuple[EgoTie, ...]
    omitted: int


@dataclass(frozen=True, slots=True)
class Community:
    """A Leiden community.

    Attributes:
        community: Number, 0 being the largest; equal sizes by smallest key.
        size: Organisations in it.
        internal_ties: Ties between two of its members.
        external_ties: Ties that leave it.
        brokers: Keys of its members with the lowest constraint, at most five.
        bridging: Members with at least one partner in another community.
    """

    community: int
    size: int
    internal_ties: int
    external_ties: int
    brokers: tuple[str, ...]
    bridging: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole network in a few numbers.

    Attributes:
        as_of: The day it is seen from; None for an empty table.
        window: Years, or None for all time.
        weight: Name of the weighting.
        organizations: Organisations in the snapshot, after judgements, without the excluded ones.
        active: Those with a participation in the window.
        tied: Those with ties.
        isolates: Active without ties.
        participations: Participations active in the window.
        alliances: Alliances with a participation in the window.
        alliances_left_out: Alliances above `max_partners`.
        ties: Number of ties.
        local_bridges: Ties whose ends share no partner.
        components: Connected components among organisations with ties.
        largest_component: Organisations in the largest.
        density: Ties over pairs of active organisations; None for fewer than two.
        transitivity: Closed over all two-paths; None without two-paths.
        communities: Number of communities.
        modularity: Newman's modularity of the communities on tie weights; None without ties.
        betweenness: How it was computed: `exact`, or `sampled from N sources`, and in which snapshot, if it
            was carried from an earlier one; or that it was not.
        communities_of: What the communities were found in: `these ties`, a snapshot from which they were
            carried, or the default network.
    """

    as_of: date | None
    window: int | None
    weight: str
    organizations: int
    active: int
    tied: int
    isolates: int
    participations: int
    alliances: int
    alliances_left_out: int
    ties: int
    local_bridges: int
    components: int
    largest_component: int
    density: float | None
    transitivity: float | None
    communities: int
    modularity: float | None
    betweenness: str
    communities_of: str = THESE_TIES
