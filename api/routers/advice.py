"""Advice: the playbook, checklists, and where alliances follow or depart from the evidence."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from pyoxigraph import Literal as Words
from pyoxigraph import NamedNode
from tertius.api import advice, checklists, evidence_graph
from tertius.api.advice_models import AlliancePractice, Checklist, OrganizationPractice, Playbook
from tertius.api.evidence import individual_of
from tertius.api.exchange import Exchange
from tertius.api.identity import alliance_iri, alliance_key, organization_iri, organization_key
from tertius.api.models import Envelope
from tertius.api.negotiate import JSON, JSONLD, NTRIPLES, TURTLE, Media
from tertius.api.openapi import responses
from tertius.api.parameters import KEY_PATTERN, Parameters
from tertius.api.routers.evidence import FACTS, triples

router = APIRouter(prefix="/v1", tags=["advice"])

MARKDOWN: Final = Media(
    "markdown", "text/markdown", content_type="text/markdown; charset=utf-8", names=("md",)
)
XLSX: Final = Media("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
_FORM: Final = (JSON, MARKDOWN, XLSX, JSONLD, TURTLE, NTRIPLES)


class PlaybookQuery(Parameters):
    """What advice is asked for."""

    orientation: Literal["any", "exploitation", "exploration", "ambidextrous"] = Field(
        "any", description="What the alliance is for.", examples=["exploration"]
    )
    phase: Literal[
        "any",
        "formation",
        "search",
        "selection",
        "design",
        "governance",
        "risk",
        "post-formation",
        "alignment",
        "monitoring",
    ] = Field("any", description="Phase of alliance management.", examples=["selection"])


class ChecklistQuery(Parameters):
    """A checklist to fill in."""

    alliance: str | None = Field(
        None, pattern=KEY_PATTERN, description="Key of the alliance to fill it in for."
    )


@router.get(
    "/playbook",
    operation_id="getPlaybook",
    summary="What the evidence advises",
    response_model=Envelope[Playbook],
    responses=responses(422, 504, offered=FACTS),
)
def get_playbook(request: Request, query: Annotated[PlaybookQuery, Query()]) -> Response:
    """Return what the evidence advises for an orientation and a phase, how strongly, and who says otherwise.

    Propositions come with the cases behind and against them, practices with the document that gives them;
    `phase_basis` is `reading` where we put an item under a phase and its document does not.
    """
    exchange = Exchange(request, query, FACTS)
    if exchange.media is not JSON:
        return triples(
            exchange,
            evidence_graph.PLAYBOOK,
            orientation=Words(query.orientation),
            phase=Words(query.phase),
        )
    return exchange.json(advice.playbook(exchange, query.orientation, query.phase))


@router.get(
    "/checklists/{key}",
    operation_id="getChecklist",
    summary="A checklist to fill in",
    response_model=Envelope[Checklist],
    responses=responses(404, 422, 504, offered=_FORM),
)
def get_checklist(
    request: Request,
    key: Annotated[str, Path(description="Key of the list.", examples=["due-diligence"], max_length=200)],
    query: Annotated[ChecklistQuery, Query()],
) -> Response:
    """Return a checklist as JSON, Markdown or XLSX, with an alliance and its partners where one is named."""
    exchange = Exchange(request, query, _FORM)
    form = checklists.checklist(exchange, key, query.alliance)
    if exchange.media is JSON:
        return exchange.json(form)
    if exchange.media is MARKDOWN:
        return exchange.reply(checklists.markdown(form))
    if exchange.media is XLSX:
        name = f'attachment; filename="{form.key}.xlsx"'
        return exchange.reply(checklists.spreadsheet(form), headers={"Content-Disposition": name})
    subject = NamedNode(individual_of(exchange, "framework", key))
    return triples(exchange, evidence_graph.FRAMEWORK, subject=subject)


@router.get(
    "/alliances/{key}/practice",
    operation_id="getAlliancePractice",
    summary="Where an alliance follows the evidence",
    response_model=Envelope[AlliancePractice],
    responses=responses(404, 422, 504, offered=FACTS),
)
def get_alliance_practice(
    request: Request,
    key: Annotated[
        str, Path(description="Key of the alliance.", examples=["bmbqibifa4eqscqa"], max_length=200)
    ],
    query: Annotated[Parameters, Query()],
) -> Response:
    """Return where an alliance follows and departs from the evidence, and what dissenting cases did.

    What the alliance does not record is silent. Without a recorded orientation only proposition 11 applies.
    """
    exchange = Exchange(request, query, FACTS)
    key = alliance_key(exchange, key)
    if exchange.media is not JSON:
        return triples(exchange, evidence_graph.ALLIANCE_PRACTICE, subject=alliance_iri(exchange, key))
    return exchange.json(advice.alliance_practice(exchange, key))


@router.get(
    "/organizations/{key}/practice",
    operation_id="getOrganizationPractice",
    summary="Where an organisation's alliances follow the evidence",
    response_model=Envelope[OrganizationPractice],
    responses=responses(404, 422, 504, offered=FACTS),
)
def get_organization_practice(
    request: Request,
    key: Annotated[
        str,
        Path(
            description="Key of the organisation, or an identifier as `scheme:value` (answered with 308).",
            examples=["aebagbafaydqqcij"],
            max_length=200,
        ),
    ],
    query: Annotated[Parameters, Query()],
) -> Response:
    """Return, by proposition, which of an organisation's alliances follow the evidence and which depart."""
    exchange = Exchange(request, query, FACTS)
    key = organization_key(exchange, key)
    if exchange.media is not JSON:
        return triples(
            exchange, evidence_graph.ORGANIZATION_PRACTICE, subject=organization_iri(exchange, key)
        )
    return exchange.json(advice.organization_practice(exchange, key))
