"""What the routes about the shape of the whole network answer with."""

from __future__ import annotations

from pydantic import Field
from tertius.api.models import Model, Organization


class Part(Model):
    """A part of a partition."""

    notation: str = Field(description="Country, sector, type, or number of the community.", examples=["DE"])
    size: int = Field(description="Its organisations with ties.")
    tie_ends: int = Field(description="Ends of ties that lie in it.")


class Bridger(Model):
    """An organisation of one part that leads, or could lead, into the other."""

    organization: Organization
    part: str = Field(description="Its own part.", examples=["DE"])
    ways: int = Field(description="Ties into the other part; for one that could, partners with such ties.")


class Hole(Model):
    """Two parts, or one with itself: the ties there are and those to be expected by chance."""

    first: Part
    second: Part
    observed: int = Field(description="Ties between the two, or within the one.")
    expected: float = Field(description="Ties to be expected: K_r K_s / 2m, within a part K_r² / 4m.")
    bridging: int = Field(description="Organisations with a tie into the other part; 0 within a part.")
    bridges: list[Bridger] = Field(description="Those with most such ties, at most five.")
    possible: int = Field(description="Organisations at distance two from the other part; 0 within a part.")
    could_bridge: list[Bridger] = Field(description="Those with most partners who lead there, at most five.")
