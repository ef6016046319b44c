"""What the routes answer with. Fields may be added, never renamed; what is unknown is `null`."""

from __future__ import annotations

import datetime as dt
from typing import Final, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from tertius.queries.network.answers import Standing
from tertius.queries.network.between import Side

DataT = TypeVar("DataT")


class Model(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Meta(Model):
    """Where an answer comes from and how to go on.

    For network answers the parameters that it was computed with are filled in; they are `null` elsewhere.
    """

    snapshot: int | None = Field(
        description="Number of the snapshot that was asked; `null` where a remote store was.", examples=[1]
    )
    as_of: dt.date | None = Field(description="Day for which the network stands.", examples=["2020-12-01"])
    window: int | Literal["all"] | None = Field(
        description="Years before `as_of` that count; 0 for that day alone, `all` for everything.",
        examples=[5],
    )
    weight: str | None = Field(description="How ties are weighted.", examples=["newman"])
    next: str | None = Field(description="Path of the next page; `null` is the only end.", examples=[None])
    max_partners: int | None = Field(None, description="Alliances with more partners were left out.")
    exclude: list[str] | None = Field(None, description="Keys of organisations left out.")
    assumed_years: int | None = Field(
        None, description="Years that a participation without a known end is taken to last."
    )
    partition: str | None = Field(None, description="The partition that roles and circles refer to.")
    note: str | None = Field(None, description="Something to know before using the numbers.")


class Envelope(Model, Generic[DataT]):
    """Every JSON answer of the REST routes."""

    data: DataT
    meta: Meta


class Identifier(Model):
    """An identifier that an organisation bears in a scheme."""

    scheme: str = Field(examples=["pic"])
    value: str = Field(examples=["999981634"])


class Circles(Model):
    """The circles that an organisation belongs to, one per partition."""

    country: str | None = Field(examples=["DE"])
    sector: str | None = Field(examples=[None])
    type: str | None = Field(examples=["HES"])


class Organization(Model):
    """An organisation, the same wherever it appears."""

    key: str = Field(description="Stable key; last part of the IRI.", examples=["aebagbafaydqqcij"])
    iri: str = Field(examples=["https://w3id.org/tertius/id/organization/aebagbafaydqqcij"])
    name: str = Field(description="Name as its source gives it.", examples=["TIAMAT"])
    country: str | None = Field(description="ISO 3166-1 alpha-2 code, where known.", examples=["FR"])
    circles: Circles
    identifiers: list[Identifier]


class Record(Model):
    """What one source says under a key of its own, which judgements join with others."""

    key: str = Field(examples=["aebagbafaydqqcij"])
    iri: str = Field(examples=["https://w3id.org/tertius/id/organization/aebagbafaydqqcij"])
    name: str = Field(description="Name as its source gives it.", examples=["TIAMAT"])
    country: str | None = Field(examples=["FR"])
    source: str = Field(examples=["clean-energy"])


class OrganizationDetail(Organization):
    """An organisation on its own page."""

    size: str | None = Field(description="Size as its source gives it.")
    source: str = Field(
        description="Name of the source that it was first seen in.", examples=["clean-energy"]
    )
    records: list[Record] = Field(
        description="Records that judgements join into this organisation, itself first; empty if it is one."
    )


class AllianceRef(Model):
    """An alliance in brief."""

    key: str = Field(examples=["bmbqibifa4eqscqa"])
    iri: str = Field(examples=["https://w3id.org/tertius/id/alliance/bmbqibifa4eqscqa"])
    name: str = Field(examples=["NAIMA"])
    start: dt.date | None = Field(examples=["2019-12-01"])
    end: dt.date | None = Field(examples=["2022-11-30"])
    form: str | None = Field(description="Notation of the form, such as `consortium`.")


LAST_OBSERVED: Final = "Day on which it was last seen to go on, without a known end; `null` otherwise."


class Participation(Model):
    """An organisation's part in an alliance."""

    organization: Organization
    role: str | None = Field(examples=["coordinator"])
    start: dt.date | None = Field(description="First day; the alliance's start where none was given.")
    end: dt.date | None = Field(description="Last day, where known.")
    last_observed: dt.date | None = Field(description=LAST_OBSERVED, examples=["2025-12-31"])


class Membership(Model):
    """An alliance that an organisation takes or took part in."""

    alliance: AllianceRef
    role: str | None = Field(examples=["partner"])
    start: dt.date | None
    end: dt.date | None
    last_observed: dt.date | None = Field(description=LAST_OBSERVED, examples=["2025-12-31"])


class Alliance(AllianceRef):
    """An alliance with its partners and how it is run."""

    purpose: str | None = Field(description="Purpose in the words of the source.")
    source: str | None = Field(examples=["clean-energy"])
    features: dict[str, list[str]] = Field(
        description="Notations by property: orientation, governance_mode, coordination, monitoring, "
        "trust_basis, search_channel, selection_basis, senior_involvement, equity.",
        examples=[{"orientation": ["exploration"]}],
    )
    partners: list[Participation]


class Roles(Model):
    """Pairs of partners without a tie between them, by the role that one plays between the two.

    After Gould & Fernandez (1989). Ties have no direction: a pair counts once, and gatekeeper and
    representative are one.
    """

    coordinator: int = Field(description="All three are in one part.")
    consultant: int = Field(description="The two are in one part, the organisation is in another.")
    gatekeeper: int = Field(description="Exactly one of the two is in the part of the organisation.")
    liaison: int = Field(description="The three are in three parts.")
    unclassified: int = Field(description="The part of one of the three is unknown.")


class Position(Model):
    """Where an organisation stands in the network. Without ties only `degree` (0) has a value."""

    organization: Organization
    standing: Standing = Field(description="Why there are values, or none.")
    degree: int = Field(description="Partners.", examples=[12])
    strength: float | None = Field(description="Sum of the weights of its ties.")
    constraint: float | None = Field(description="Burt's constraint; low where partners are unconnected.")
    effective_size: float | None = Field(description="Partners that are not redundant (Burt 1992).")
    efficiency: float | None = Field(description="Effective size divided by degree.")
    hierarchy: float | None = Field(
        description="Concentration of constraint on few partners, 0 to 1; 1 by convention for one partner."
    )
    betweenness: float | None = Field(
        description="Pairs of others whose shortest paths lead through it, each counted by its share."
    )
    community: int | None = Field(description="Number of its Leiden community; 0 is the largest.")
    percentiles: dict[str, float] | None = Field(
        description="Share (0 to 100) of tied organisations with a lower value, equal ones half, by measure."
    )
    clustering: float | None = Field(description="Share of its pairs of partners that are tied.")
    triangles: int | None = Field(description="Pairs of its partners that are tied to each other.")
    local_bridges: int | None = Field(description="Partners with whom it shares no partner.")
    core: int | None = Field(description="Largest k for which it is in the k-core.")
    participation_coefficient: float | None = Field(
        description="How evenly its partners spread over the parts of `partition`: 0 for one part, below 1; "
        "`null` where no partner's part is known."
    )
    articulation: bool | None = Field(description="Whether its component falls apart without it.")
    roles: Roles | None = Field(description="Brokerage roles over the parts of `partition`.")


class TieEvidence(Model):
    """What a tie rests on."""

    weight: float = Field(description="Weight under the parameters in `meta`.", examples=[0.25])
    alliances: list[AllianceRef] = Field(description="Shared alliances that count in the window.")
    first: dt.date | None = Field(description="First day on which both were active in one of them.")
    last: dt.date | None = Field(description="Last such day, planned or assumed ends included.")
    assumed: bool = Field(description="Whether the last day follows from an assumed end.")


class Tie(Model):
    """A tie of one organisation with a partner."""

    partner: Organization
    shared_partners: int = Field(description="Organisations tied to both.")
    local_bridge: bool = Field(description="Whether the two share no partner.")
    overlap: float | None = Field(description="Shared partners over all others tied to either.")
    span: int | None = Field(
        description="Steps between the two without their tie: 2 with a shared partner, more for a local "
        "bridge; `null` where nothing else joins them."
    )
    dyadic_constraint: float = Field(description="The partner's part of the organisation's constraint.")
    tie: TieEvidence


class Without(Model):
    """What would be left to an organisation if one of its partners left the network."""

    reach: int = Field(description="Organisations one or two steps away.")
    reach_lost: int = Field(description="Fewer than now, the partner itself included.")
    constraint: float | None = Field(description="Its constraint; `null` where it had no other partner.")
    constraint_change: float | None = Field(description="More than now; negative where it would be less.")


class Bridge(Model):
    """A partner through whom an organisation reaches others."""

    partner: Organization
    exclusive_reach: int = Field(description="Organisations at distance two that only this partner leads to.")
    local_bridge: bool = Field(description="Whether the two share no partner.")
    dyadic_constraint: float = Field(description="The partner's part of the organisation's constraint.")
    other_circle: bool | None = Field(description="Whether the partner is in another part of the partition.")
    community: int = Field(description="Number of the partner's Leiden community.")
    roles: Roles = Field(description="Brokerage roles that the partner plays over the partition.")
    without: Without = Field(description="What would be left if the partner left the network.")
    tie: TieEvidence


class BrokerBetween(Model):
    """An organisation through which two sides meet."""

    organization: Organization
    from_partners: int = Field(description="Its partners on the first side.")
    to_partners: int = Field(description="Its partners on the second side.")
    open_pairs: int = Field(description="Pairs of them, one on each side, that are not tied themselves.")
    side: Side | None = Field(description="Side on which it stands itself; `null` for neither.")
    constraint: float = Field(description="Burt's constraint.")
    betweenness: float | None = Field(
        description="Betweenness in the whole network; `null` for a newcomer whose own is not known yet."
    )


class EgoTie(Model):
    """A tie in an ego network."""

    source: str = Field(description="Key of one organisation.")
    target: str = Field(description="Key of the other.")
    weight: float
    alliances: int = Field(description="Number of shared alliances.")
    local_bridge: bool


class EgoNetwork(Model):
    """An organisation, its partners and all ties among them."""

    organization: Organization
    nodes: list[Position] = Field(description="The organisation first, then its partners by tie weight.")
    ties: list[EgoTie]
    omitted: int = Field(description="Partners left out because of `max_partners_shown`.")


class Community(Model):
    """A part of the network that is tied more closely within than without."""

    community: int = Field(description="Number; 0 is the largest.")
    size: int = Field(description="Organisations in it.")
    internal_ties: int
    external_ties: int
    bridging: int = Field(description="Members with a partner in another community.")
    brokers: list[Organization] = Field(description="Its members with the lowest constraint.")


class Source(Model):
    """Where facts come from, and what its licence asks to be shown."""

    name: str = Field(examples=["clean-energy"])
    title: str | None
    licence: str | None
    attribution: str | None
    retrieved: dt.date | None
    loaded: dt.datetime


class Shape(Model):
    """The shape of the whole network; ties count once whatever their weight."""

    degree_centralization: float | None = Field(
        description="0 where all have as many partners, 1 for a star (Freeman 1978)."
    )
    mean_clustering: float | None = Field(
        description="Mean share of tied pairs of partners, of those with two partners or more."
    )
    random_clustering: float | None = Field(
        description="What a random network of as many organisations and ties has."
    )
    mean_distance: float | None = Field(description="Mean steps between organisations that reach each other.")
    distances: str = Field(description="How distances were computed.", examples=["exact"])
    random_distance: float | None = Field(
        description="ln n / ln k for n organisations with k partners on average."
    )
    small_world: float | None = Field(
        description="Clustering over that by chance, divided by distance over that by chance."
    )
    brokerage_gini: float | None = Field(
        description="Concentration of betweenness: 0 where all broker alike, nearly 1 where one does alone."
    )


class Summary(Model):
    """The whole network in numbers."""

    organizations: int = Field(description="Organisations in the snapshot, without the excluded ones.")
    active: int = Field(description="Those with a participation in the window.")
    tied: int = Field(description="Those with ties.")
    isolates: int = Field(description="Active ones without ties.")
    participations: int
    alliances: int
    alliances_left_out: int = Field(description="Alliances above `max_partners`.")
    ties: int
    local_bridges: int = Field(description="Ties whose ends share no partner.")
    components: int
    largest_component: int
    density: float | None
    transitivity: float | None
    communities: int
    modularity: float | None
    betweenness: str = Field(description="How betweenness was computed.", examples=["exact"])
    communities_of: str = Field(description="What communities were found in.", examples=["these ties"])
    shape: Shape
    sources: list[Source]


class Health(Model):
    """How the service is."""

    status: Literal["ok", "ready"]
    snapshot: int | None = None


class RunningQuery(Model):
    """A caller's SPARQL query that is under way."""

    query_id: str = Field(examples=["0f8fad5bd9cb469fa16570867728950e"])
    state: Literal["waiting", "running"] = Field(description="Whether a process works on it already.")
    snapshot: int | None = Field(
        description="Number of the snapshot that it is asked of; `null` for a remote store.", examples=[1]
    )
    started: dt.datetime
    seconds: float = Field(description="How long ago it came in.", examples=[1.5])
    limit: float = Field(description="Its time limit in seconds.", examples=[30.0])


class ProblemDocument(BaseModel):
    """RFC 9457: what went wrong, where and what to do."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["https://w3id.org/tertius/problem/invalid-parameter"])
    title: str = Field(examples=["A parameter cannot be used"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["limit: input should be less than or equal to 1000"])
    instance: str = Field(examples=["/v1/organizations"])
    request_id: str | None
