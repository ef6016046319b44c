"""What the route about exploration, exploitation and the portfolio answers with."""

from __future__ import annotations

from pydantic import Field
from tertius.api.models import Model, Organization
from tertius.queries.network.interdependence import Effect, Rule


class DomainShare(Model):
    """Exploration in one domain and year."""

    exploration: float | None = Field(
        description="Mean coding, 0 exploitation to 1 exploration.", examples=[0.75]
    )
    balance: float | None = Field(description="1 - |2x - 1|: 1 where both are in balance.", examples=[0.5])
    units: int = Field(description="Partners in alliances that could be coded.", examples=[4])
    inferred: int = Field(description="Those of them whose coding is inferred, not recorded.", examples=[0])


class Domains(Model):
    """The three domains of Lavie & Rosenkopf (2006)."""

    function: DomainShare = Field(description="Whether alliances generate knowledge (1) or use it (0).")
    structure: DomainShare = Field(description="Whether partners are new (1) or repeated (0).")
    attribute: DomainShare = Field(description="How unlike earlier partners partners are, 0 to 1.")


class Across(Model):
    """|x_a - x_b| of pairs of domains: 1 where one explores and the other exploits."""

    function_structure: float | None
    function_attribute: float | None
    structure_attribute: float | None


class Year(Model):
    """One year."""

    year: int = Field(examples=[2018])
    units: int = Field(description="Partners met in alliances, each once per alliance, coded or not.")
    domains: Domains
    across: Across


class PartnerOverlap(Model):
    """Two partners who lead to the same others."""

    one: Organization
    other: Organization
    shared_others: int = Field(description="Organisations tied to both, the organisation itself left aside.")
    overlap: float = Field(description="Those over all that are tied to either.")
    tied: bool = Field(description="Whether the two are tied.")


class DependenceRule(Model):
    """A rule by which pairs of partners are coded."""

    rule: Rule = Field(examples=["strong-tie"])
    effect: Effect = Field(examples=["facilitating"])
    statement: str = Field(description="When it applies, and why.")
    sources: list[str] = Field(description="Where that is said.")


class PartnerDependence(Model):
    """Two partners to whom a rule applies."""

    one: Organization = Field(
        description="Of opposing functions, the partner with whom knowledge is generated."
    )
    other: Organization
    effect: Effect
    rule: Rule
    shared_alliances: int = Field(description="Alliances that the two share in the window.")
    inferred: bool = Field(description="Whether the function of an alliance is inferred, not recorded.")


class Interdependence(Model):
    """Whether partners help or hinder the alliances with one another, as far as a rule tells."""

    pairs: int = Field(description="Pairs of partners compared.")
    facilitating: int = Field(description="Pairs to which a facilitating rule applies.")
    hindering: int = Field(description="Pairs to which a hindering rule applies.")
    both: int = Field(description="Pairs counted in both.")
    uncoded: int = Field(description="Pairs to which no rule applies: nothing is known, not that nothing is.")
    function_unknown: int = Field(
        description="Pairs in which opposing functions could not be looked for: the function of an alliance "
        "with one of the two is not coded."
    )
    inferred: int = Field(description="Hindering pairs whose coding rests on an inferred function.")
    named: list[PartnerDependence] = Field(description="At most ten pairs of each effect.")
    rules: list[DependenceRule] = Field(description="Every rule there is.")


class Portfolio(Model):
    """The partners in the window as a portfolio."""

    partners: int
    compared: int = Field(description="Partners compared pair by pair: those with the heaviest ties.")
    redundant: float = Field(description="Share of partners that are redundant: 1 - efficiency.")
    concentration: float = Field(description="Sum of p² over the partners (Herfindahl index).")
    effective_partners: float = Field(description="1 / concentration.")
    largest_share: float = Field(description="Largest share of tie weight that one partner has.")
    mean_overlap: float | None = Field(description="Mean overlap of the pairs compared.")
    overlaps: list[PartnerOverlap] = Field(description="The pairs with the largest overlap, at most ten.")
    interdependence: Interdependence


class Ambidexterity(Model):
    """Exploration and exploitation by year, and the portfolio in the window."""

    organization: Organization
    years: list[Year] = Field(description="Every year from the first alliance to the last.")
    portfolio: Portfolio | None = Field(description="`null` without ties.")
