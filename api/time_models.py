"""What the routes over time answer with."""

from __future__ import annotations

import datetime as dt

from pydantic import Field
from tertius.api.models import Model, Organization, Position
from tertius.queries.network import ChangeKind


class PositionAt(Position):
    """Where an organisation stood on one day. Community numbers mean nothing outside their day."""

    as_of: dt.date = Field(description="The day.", examples=["2018-12-01"])
    reach: int = Field(description="Organisations one or two steps away.")


class Moment(Model):
    """One of two networks that are compared."""

    snapshot: int = Field(description="Number of the snapshot.", examples=[1])
    as_of: dt.date | None = Field(description="Day for which the network stands.", examples=["2018-12-01"])


class ChangeCounts(Model):
    """How much changed."""

    ties_formed: int
    ties_ended: int
    brokers_risen: int = Field(description="Organisations with ties at both moments whose standing rose.")
    brokers_fallen: int
    organizations_entered: int = Field(description="Organisations with ties that had none before.")
    organizations_left: int = Field(description="Organisations that lost all their ties.")


class Change(Model):
    """One thing that differs between two networks."""

    kind: ChangeKind
    organization: Organization = Field(description="The broker, or one end of the tie.")
    partner: Organization | None = Field(description="The other end of the tie.")
    weight: float | None = Field(description="Weight of the tie while it was there.")
    before: float | None = Field(description="The broker's value of the measure in `order`, before.")
    after: float | None = Field(description="The same, after.")
    standing_before: float | None = Field(
        description="Share (0 to 100) of tied organisations that broker less, before."
    )
    standing_after: float | None = Field(description="The same, after.")


class Changes(Model):
    """What changed between two networks."""

    before: Moment
    after: Moment
    counts: ChangeCounts = Field(description="All kinds, whatever `kind` lists.")
    changes: list[Change] = Field(
        description="Brokers by how far they rose or fell, ties by weight; then by key."
    )
