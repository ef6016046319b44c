"""From what the network room answers, in keys, to what callers read, in organisations and alliances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Final

from tertius.api.directory import Directory
from tertius.api.models import (
    AllianceRef,
    Bridge,
    BrokerBetween,
    Community,
    EgoNetwork,
    EgoTie,
    Organization,
    Position,
    Roles,
    Shape,
    Source,
    Summary,
    Tie,
    TieEvidence,
    Without,
)
from tertius.queries import network
from tertius.queries.network.export import Describe, Label

_NUMBERS: Final = (
    "standing",
    "degree",
    "strength",
    "constraint",
    "effective_size",
    "efficiency",
    "hierarchy",
    "betweenness",
    "community",
    "clustering",
    "triangles",
    "local_bridges",
    "core",
    "participation_coefficient",
    "articulation",
)
ROLES: Final = ("coordinator", "consultant", "gatekeeper", "liaison", "unclassified")
POSITION_COLUMNS: Final = ("key", "name", "country", *_NUMBERS, *ROLES)
BRIDGE_COLUMNS: Final = (
    "key",
    "name",
    "country",
    "exclusive_reach",
    "local_bridge",
    "dyadic_constraint",
    "other_circle",
    "community",
    *ROLES,
    "reach_without",
    "reach_lost",
    "constraint_without",
    "constraint_change",
    "weight",
    "alliances",
    "first",
    "last",
    "assumed",
)
BETWEEN_COLUMNS: Final = (
    "key",
    "name",
    "country",
    "from_partners",
    "to_partners",
    "open_pairs",
    "side",
    "constraint",
    "betweenness",
)
TIE_COLUMNS: Final = (
    "key",
    "name",
    "country",
    "shared_partners",
    "local_bridge",
    "overlap",
    "span",
    "dyadic_constraint",
    "weight",
    "alliances",
    "first",
    "last",
    "assumed",
)


def positions(found: Sequence[network.Position], directory: Directory) -> list[Position]:
    """Put the organisations to their positions."""
    known = organizations((one.organization for one in found), directory)
    return [positioned(one, known[one.organization]) for one in found]


def positioned(one: network.Position, organization: Organization) -> Position:
    """Put an organisation to its position."""
    return Position(
        organization=organization,
        percentiles=dict(one.percentiles) if one.percentiles is not None else None,
        roles=roles(one.roles),
        **{name: getattr(one, name) for name in _NUMBERS},
    )


def roles(found: network.Roles | None) -> Roles | None:
    """Write brokerage roles as they are answered."""
    return None if found is None else _played(found)


def bridges(
    found: Sequence[network.BridgingPartner], ego: network.Position, reach: int, directory: Directory
) -> list[Bridge]:
    """Put organisations and alliances to bridging partners, and what goes with each of them.

    Args:
        found: The partners.
        ego: Position of the organisation whose partners they are.
        reach: Organisations one or two steps away from it.
        directory: Names.
    """
    known = organizations((one.partner for one in found), directory)
    alliances = _alliances((one.tie for one in found), directory)
    return [
        Bridge(
            partner=known[one.partner],
            exclusive_reach=one.exclusive_reach,
            local_bridge=one.local_bridge,
            dyadic_constraint=one.dyadic_constraint,
            other_circle=one.other_circle,
            community=one.community,
            roles=_played(one.roles),
            without=_without(one.without, ego, reach),
            tie=evidence(one.tie, alliances),
        )
        for one in found
    ]


def _played(found: network.Roles) -> Roles:
    return Roles(**{name: getattr(found, name) for name in ROLES})


def _without(left: network.Without, ego: network.Position, reach: int) -> Without:
    change = None
    if left.constraint is not None and ego.constraint is not None:
        change = left.constraint - ego.constraint
    return Without(
        reach=left.reach,
        reach_lost=reach - left.reach,
        constraint=left.constraint,
        constraint_change=change,
    )


def ties(found: Sequence[network.Partner], directory: Directory) -> list[Tie]:
    """Put organisations and alliances to ties."""
    known = organizations((one.partner for one in found), directory)
    alliances = _alliances((one.tie for one in found), directory)
    return [
        Tie(
            partner=known[one.partner],
            shared_partners=one.shared_partners,
            local_bridge=one.local_bridge,
            overlap=one.overlap,
            span=one.span,
            dyadic_constraint=one.dyadic_constraint,
            tie=evidence(one.tie, alliances),
        )
        for one in found
    ]


def ego(found: network.EgoNetwork, directory: Directory) -> EgoNetwork:
    """Put organisations to an ego network."""
    nodes = positions(found.nodes, directory)
    return EgoNetwork(
        organization=nodes[0].organization,
        nodes=nodes,
        ties=[
            EgoTie(
                source=tie.source,
                target=tie.target,
                weight=tie.weight,
                alliances=tie.alliances,
                local_bridge=tie.local_bridge,
            )
            for tie in found.ties
        ],
        omitted=found.omitted,
    )


def communities(found: Sequence[network.Community], directory: Directory) -> list[Community]:
    """Put organisations to communities."""
    known = organizations((key for one in found for key in one.brokers), directory)
    return [
        Community(
            community=one.community,
            size=one.size,
            internal_ties=one.internal_ties,
            external_ties=one.external_ties,
            bridging=one.bridging,
            brokers=[known[key] for key in one.brokers],
        )
        for one in found
    ]


def summary(found: network.Summary, shape: network.Shape, sources: Sequence[Source]) -> Summary:
    """Put the shape and the sources to the network's numbers."""
    names = (field.name for field in fields(found) if field.name not in {"as_of", "window", "weight"})
    return Summary(
        shape=Shape(**asdict(shape)),
        sources=list(sources),
        **{name: getattr(found, name) for name in names},
    )


def labels(directory: Directory) -> Describe:
    """Return a function that names organisations for an export."""

    def describe(keys: Sequence[str]) -> Sequence[Label]:
        known = organizations(keys, directory)
        return [Label(known[key].name, known[key].country) for key in keys]

    return describe


def brokers_between(found: Sequence[network.BrokerBetween], directory: Directory) -> list[BrokerBetween]:
    """Put organisations to brokers between two sides."""
    known = organizations((one.organization for one in found), directory)
    names = ("from_partners", "to_partners", "open_pairs", "side", "constraint", "betweenness")
    return [
        BrokerBetween(organization=known[one.organization], **{name: getattr(one, name) for name in names})
        for one in found
    ]


def flat_position(row: Position) -> Mapping[str, object]:
    """Write a position as one CSV record."""
    played = row.roles.model_dump() if row.roles is not None else dict.fromkeys(ROLES)
    return {**_flat(row.organization), **{name: getattr(row, name) for name in _NUMBERS}, **played}


def flat_bridge(row: Bridge) -> Mapping[str, object]:
    """Write a bridging partner as one CSV record."""
    return {
        **_flat(row.partner),
        **row.model_dump(exclude={"partner", "tie", "roles", "without"}),
        **row.roles.model_dump(),
        "reach_without": row.without.reach,
        "reach_lost": row.without.reach_lost,
        "constraint_without": row.without.constraint,
        "constraint_change": row.without.constraint_change,
        **_flat_evidence(row.tie),
    }


def flat_broker_between(row: BrokerBetween) -> Mapping[str, object]:
    """Write a broker between two sides as one CSV record."""
    return {**_flat(row.organization), **row.model_dump(mode="json", exclude={"organization"})}


def flat_tie(row: Tie) -> Mapping[str, object]:
    """Write a tie as one CSV record."""
    return {**_flat(row.partner), **row.model_dump(exclude={"partner", "tie"}), **_flat_evidence(row.tie)}


def _flat(organization: Organization) -> dict[str, object]:
    return {"key": organization.key, "name": organization.name, "country": organization.country}


def _flat_evidence(tie: TieEvidence) -> dict[str, object]:
    return {
        "weight": tie.weight,
        "alliances": " ".join(alliance.key for alliance in tie.alliances),
        "first": tie.first,
        "last": tie.last,
        "assumed": tie.assumed,
    }


def evidence(tie: network.Evidence, alliances: Mapping[str, AllianceRef]) -> TieEvidence:
    """Put alliances to what a tie rests on."""
    return TieEvidence(
        weight=tie.weight,
        alliances=[alliances[key] for key in tie.alliances],
        first=tie.first,
        last=tie.last,
        assumed=tie.assumed,
    )


def organizations(keys: Iterable[str], directory: Directory) -> Mapping[str, Organization]:
    """Return organisations by key.

    Raises:
        LookupError: The directory lacks one that the network has.
    """
    wanted = set(keys)
    known = directory.organizations(wanted)
    missing = wanted - known.keys()
    if missing:
        raise LookupError(f"the directory lacks {len(missing)} organizations of the network: {min(missing)}")
    return known


def _alliances(ties: Iterable[network.Evidence], directory: Directory) -> Mapping[str, AllianceRef]:
    return directory.alliances(key for tie in ties for key in tie.alliances)
