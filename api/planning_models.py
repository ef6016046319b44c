"""What the routes answer with that look ahead: prospects, introductions, positions after a change."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from tertius.api.models import Meta, Model, Organization, Position, TieEvidence
from tertius.api.parameters import KEY_PATTERN


class Step(Model):
    """One step of an introduction: `source` presents the organisation to `target`, a partner of its own."""

    source: Organization
    target: Organization
    p: float = Field(description="Share of the source's tie weight that it gives the target.", examples=[0.2])
    shared_alliances: int = Field(description="Alliances that the two share in the window.", examples=[3])
    tie: TieEvidence


class Introduction(Model):
    """A path of at most three steps along strong ties."""

    shared_alliances: int = Field(
        description="The least number of alliances that two neighbours on the path share.", examples=[2]
    )
    product: float = Field(description="Product of `p` over the steps.", examples=[0.04])
    steps: list[Step]


class Prospect(Model):
    """An organisation that is no partner yet, and what a tie with it would do."""

    organization: Organization
    constraint_before: float | None = Field(description="Constraint as it is; `null` without ties.")
    constraint_after: float = Field(description="Constraint after a tie of the weight in `meta.tie_weight`.")
    new_reach: int = Field(description="Organisations newly within two steps, the prospect included.")
    other_circle: bool | None = Field(
        description="Whether it is in another part of the partition; `null` where either is unknown."
    )
    introductions: list[list[Step]] = Field(description="The best paths along strong ties, best first.")


class SearchMeta(Meta):
    """Where the answer comes from, and what the search followed."""

    mode: Literal["exploitation", "exploration"] | None = Field(
        None, description="What partners are sought for; `null` for introductions to one organisation."
    )
    propositions: list[int] = Field(
        description="Numbers of the propositions that the search follows.", examples=[[3]]
    )
    strong_min: int = Field(description="Shared alliances that make a tie strong.", examples=[2])
    tie_weight: float | None = Field(
        None, description="Weight of the tie that is tried: the organisation's median tie, 1 without ties."
    )
    left_out: int | None = Field(
        None, description="Active organisations left out because nobody knows their circle."
    )


class ProspectsAnswer(Model):
    """A page of prospects."""

    data: list[Prospect]
    meta: SearchMeta


class IntroductionsAnswer(Model):
    """Introductions to one organisation."""

    data: list[Introduction]
    meta: SearchMeta


Key = Annotated[str, Field(pattern=KEY_PATTERN, examples=["aebagbafaydqqcij"])]


class AddedTie(Model):
    """A tie with another organisation, or more weight for the one there is."""

    organization: Key = Field(description="Key of the other organisation.")
    weight: float | None = Field(
        None,
        gt=0,
        le=1_000_000,
        description="Added weight; by default the organisation's median tie, 1 without ties.",
        examples=[1.0],
    )


class AddedAlliance(Model):
    """An alliance of the organisation with others, active together in the window."""

    alliance: list[Key] = Field(
        min_length=1,
        max_length=100,
        description="Keys of the partners; the organisation itself is one anyway.",
    )


class EndedTie(Model):
    """The end of a tie, whatever it rests on."""

    organization: Key = Field(description="Key of the other organisation.")


class EndedAlliance(Model):
    """The end of a whole alliance, for all of its partners."""

    alliance: Key = Field(description="Key of the alliance.")


class Change(Model):
    """What to suppose: ties and alliances end first, then others are added."""

    add: list[AddedTie | AddedAlliance] = Field(
        default_factory=list,
        max_length=20,
        description="Ties and alliances to add.",
        examples=[[{"organization": "aebagbafaydqqcij"}]],
    )
    end: list[EndedTie | EndedAlliance] = Field(
        default_factory=list, max_length=20, description="Ties and alliances to end."
    )


class Effect(Model):
    """A position before and after a change.

    After it, measures that look beyond the ties among partners (betweenness, community, percentiles and
    the like) are `null`: they are not recomputed.
    """

    before: Position
    after: Position


class WhatIf(Effect):
    """What a change would do. Nothing is stored."""

    others: list[Effect] = Field(
        description="The same for the others whose constraint changes most, at most three."
    )
    affected: int = Field(description="Other organisations whose constraint changes.", examples=[12])
