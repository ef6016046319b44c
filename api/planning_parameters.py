"""Query parameters of the routes that look ahead."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, Field
from tertius.api.paging import MAX_LIMIT
from tertius.api.parameters import KEY_PATTERN, Line, NetworkListQuery, NetworkQuery, key_list

MOST_COMPETITORS: Final = 1000
MOST_INTRODUCTIONS: Final = 10


class SearchFields(BaseModel):
    """What makes a path of introduction."""

    strong_min: int = Field(
        2, ge=1, le=1000, description="Shared alliances that make a tie strong.", examples=[2]
    )
    competitor: Annotated[list[str], AfterValidator(key_list)] = Field(
        default_factory=list,
        max_length=MOST_COMPETITORS,
        description="Keys of organisations neither to propose nor to be introduced by; may be repeated.",
    )


class ProspectsQuery(SearchFields, NetworkListQuery):
    """Whom to ally with next."""

    limit: int = Field(20, ge=1, le=MAX_LIMIT, description="Entries per page.", examples=[10])
    mode: Literal["exploitation", "exploration"] = Field(
        "exploration",
        description="`exploitation`: within the circle, along strong ties; `exploration`: outside it.",
    )
    country: Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")] | None = Field(
        None, description="Only prospects of this country, as ISO 3166-1 alpha-2 code.", examples=["DE"]
    )
    circle: Annotated[str, Field(pattern=r"^(community|country|sector|type)-.{1,150}$")] | None = Field(
        None,
        description="Only prospects of this circle: `community-`, `country-`, `sector-` or `type-` and its "
        "notation.",
        examples=["type-PRC"],
    )
    size: Line | None = Field(None, description="Only prospects of this size, as the source gives it.")
    has_identifier: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")] | None = Field(
        None,
        description="Only prospects that bear an identifier of this scheme, `any` for any.",
        examples=["pic"],
    )
    introductions: int = Field(
        3, ge=0, le=MOST_INTRODUCTIONS, description="Most introductions for each prospect.", examples=[1]
    )


class IntroductionsQuery(SearchFields, NetworkQuery):
    """Who could introduce one organisation to another."""

    to: Annotated[str, Field(pattern=KEY_PATTERN)] = Field(
        description="Key of the organisation to be introduced to.", examples=["aebagbafaydqqcij"]
    )
    limit: int = Field(10, ge=1, le=100, description="Most introductions.", examples=[10])
