"""The evidence base as callers read it, put together from the rows of named queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from tertius.api.errors import NotFound
from tertius.api.evidence_models import (
    Ambiguity,
    AmbiguityReading,
    Bilingual,
    Case,
    CaseDetail,
    Claim,
    Framework,
    FrameworkDetail,
    FrameworkItem,
    GroupStatement,
    Interviewee,
    ItemLink,
    Observation,
    Place,
    Proposition,
    Subject,
    names,
)
from tertius.api.exchange import Exchange
from tertius.ontology.identity import individual
from tertius.queries import Argument, Context, Row
from tertius.queries.propositions import NUMBERS, ask

T = TypeVar("T")


def rows(exchange: Exchange[Any], name: str, **arguments: Argument) -> list[Row]:
    """Return all rows of a named query on the snapshot of a request."""
    services, view = exchange.services, exchange.view
    with services.metrics.timed(name):
        return ask(
            services.catalogue,
            services.store,
            name,
            arguments,
            context=Context(base=view.base, as_of=view.as_of),
            snapshot=view.snapshot.number,
        )


def page(exchange: Exchange[Any], found: Sequence[T], limit: int) -> tuple[Sequence[T], str | None]:
    """Return the part of a list that a request asks for, and the path of the next part."""
    end = exchange.offset + limit
    return found[exchange.offset : end], exchange.following(end if end < len(found) else None)


def cases(exchange: Exchange[Any]) -> list[Case]:
    """Return the cases in the order of their letters."""
    return [Case(**_case(row)) for row in rows(exchange, "cases")]


def case(exchange: Exchange[Any], letter: str) -> CaseDetail:
    """Return one case with its interviewees and its verdicts.

    Raises:
        NotFound: No case has this letter.
    """
    known = {str(row["letter"]): row for row in rows(exchange, "cases")}
    row = known.get(letter)
    if row is None:
        raise NotFound(
            f"no case has the letter {letter[:10]!r}; the cases are {' '.join(known) or 'not loaded'}"
        )
    interviewees = {
        str(one["interviewee"]): Interviewee(post=_both(one, "post"), interviews=_int(one, "interviews"))
        for one in rows(exchange, "interviewees")
        if one["letter"] == letter
    }
    return CaseDetail(
        **_case(row),
        interviewees=list(interviewees.values()),
        verdicts={
            str(one["proposition"]): str(one["verdict"])
            for one in rows(exchange, "evidence-matrix")
            if one["letter"] == letter
        },
    )


def observations(exchange: Exchange[Any], letter: str) -> list[Observation]:
    """Return every coded statement about a case.

    Raises:
        NotFound: No case has this letter.
    """
    found = rows(exchange, "case-observations", letter=letter)
    if not found:
        case(exchange, letter)
    return [
        Observation(
            iri=str(row["observation"]),
            source=place(row),
            **{name: row[name] for name in names(Observation) if name not in {"iri", "source"}},
        )
        for row in found
    ]


def proposition(exchange: Exchange[Any], number: int) -> Proposition:
    """Return the proposition with a number.

    Raises:
        NotFound: The snapshot has no proposition of this number.
    """
    found = propositions(exchange, number) if number in NUMBERS else []
    if not found:
        raise NotFound(f"this snapshot has no proposition {number}; they are numbered 1 to 11")
    return found[0]


def propositions(exchange: Exchange[Any], number: int = 0) -> list[Proposition]:
    """Return the propositions, or those with a number where it is not 0."""
    found = rows(exchange, "propositions", number=number)
    contrasts = defaultdict(list)
    for row in rows(exchange, "proposition-contrasts"):
        contrasts[row["number"]].append(_int(row, "other"))
    stated = {}
    for row in rows(exchange, "proposition-places", number=number):
        if row["place"] and "argument" not in str(row["place"]) and "figure" not in str(row["place"]):
            stated[row["number"]] = place(row)
    return [
        Proposition(
            number=_int(row, "number"),
            iri=str(row["proposition"]),
            statement=_both(row, "statement"),
            orientation=str(row["orientation"] or "all"),
            concerns=str(row["concerns"]),
            pattern=str(row["pattern"]),
            basis=str(row["basis"]),
            note=_text(row, "note"),
            contrasts_with=sorted(set(contrasts[row["number"]])),
            queries=[f"proposition-{row['number']:0>2}-{scope}" for scope in ("cases", "organization")],
            source=stated[row["number"]],
        )
        for row in found
    ]


def literature(exchange: Exchange[Any], number: int) -> list[Claim]:
    """Return the earlier work with which a proposition is compared."""
    return [
        Claim(**{name: str(row[name]) for name in Claim.model_fields})
        for row in rows(exchange, "proposition-literature", number=number)
    ]


def stated_at(exchange: Exchange[Any], number: int) -> list[Place]:
    """Return where a proposition is stated and argued."""
    return [place(row) for row in rows(exchange, "proposition-places", number=number)]


def group_statements(exchange: Exchange[Any], codes: Iterable[str]) -> list[GroupStatement]:
    """Return what is said of groups of cases on any of some constructs."""
    wanted = set(codes)
    return [
        GroupStatement(
            illustrated_by=_words(row, "illustrated_by"),
            **{name: row[name] for name in names(GroupStatement) if name != "illustrated_by"},
        )
        for row in rows(exchange, "group-statements")
        if row["construct"] in wanted
    ]


def frameworks(exchange: Exchange[Any]) -> list[Framework]:
    """Return the lists and models of the documents, by key."""
    return [Framework(**_framework(row)) for row in rows(exchange, "frameworks")]


def framework(exchange: Exchange[Any], key: str) -> FrameworkDetail:
    """Return one list or model with its items.

    Raises:
        NotFound: None has this key.
    """
    known = next((row for row in rows(exchange, "frameworks") if row["key"] == key), None)
    if known is None:
        raise NotFound(f"no framework has the key {key[:100]!r}; `/v1/frameworks` lists them")
    links = defaultdict(list)
    for row in rows(exchange, "framework-links", framework=key):
        links[row["key"]].append(
            ItemLink(
                relation=str(row["relation"]),
                key=str(row["other"]),
                label=str(row["other_label"]),
                documents=_words(row, "documents"),
            )
        )
    items: dict[str, list[Row]] = defaultdict(list)
    for row in rows(exchange, "framework-items", framework=key):
        items[str(row["key"])].append(row)
    return FrameworkDetail(
        **_framework(known), entries=[_item(places, links[name]) for name, places in items.items()]
    )


def ambiguities(exchange: Exchange[Any]) -> list[Ambiguity]:
    """Return every place where the documents disagree, with its readings."""
    about = defaultdict(list)
    for row in rows(exchange, "ambiguity-subjects"):
        about[row["key"]].append(
            Subject(kind=str(row["kind"]), name=str(row["subject"]), iri=str(row["iri"]))
        )
    readings: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(exchange, "ambiguity-readings"):
        readings[str(row["key"])][str(row["reading"])].append(row)
    return [
        Ambiguity(
            iri=str(row["ambiguity"]),
            documents=_words(row, "documents"),
            about=about[row["key"]],
            readings=[
                AmbiguityReading(
                    key=name,
                    text=str(places[0]["text"]),
                    followed=bool(places[0]["followed"]),
                    sources=[place(one) for one in places],
                )
                for name, places in readings[str(row["key"])].items()
            ],
            **{name: str(row[name]) for name in ("key", "title", "summary", "kind", "aspect", "coded_as")},
        )
        for row in rows(exchange, "ambiguities")
    ]


def place(row: Row) -> Place:
    """Return the place that a row names."""
    return Place(**{name: row[name] for name in Place.model_fields})


def _case(row: Row) -> dict[str, Any]:
    same = ("letter", "orientation", "orientation_qualifier", "innovation", "scope", "sector")
    also = ("itself_alliance", "channel_model", "interviews", "observations", "note")
    return {name: row[name] for name in (*same, *also)} | {
        "iri": row["case"],
        "label": _both(row, "label"),
        "alliance_function": {name: row[f"daf_{name}"] for name in ("form", "level", "independent")},
        "distinct_observations": row["distinct"],
        "source": place(row),
    }


def _framework(row: Row) -> dict[str, Any]:
    same = ("key", "description", "kind", "checklist", "items", "gloss", "phase_basis", "ascribed_to")
    return {name: row[name] for name in same} | {
        "iri": row["framework"],
        "title": _both(row, "title"),
        "documents": _words(row, "documents"),
    }


def _item(places: Sequence[Row], links: list[ItemLink]) -> FrameworkItem:
    row = places[0]
    same = ("key", "position", "group_number", "text", "parent", "row", "column", "orientation")
    also = ("topic", "party", "level", "role", "note")
    return FrameworkItem(
        iri=str(row["item"]),
        label=_both(row, "label"),
        question=_both(row, "question") if row["question_en"] else None,
        links=links,
        sources=[place(one) for one in places],
        **{name: row[name] for name in (*same, *also)},
    )


def individual_of(exchange: Exchange[Any], kind: str, name: str) -> str:
    """Return the IRI of an individual of the evidence base."""
    return individual(kind, name, exchange.view.base)


def _both(row: Row, name: str) -> Bilingual:
    return Bilingual(en=str(row[f"{name}_en"]), nl=str(row[f"{name}_nl"]))


def _int(row: Row, name: str) -> int:
    value = row[name]
    return int(value) if value is not None else 0


def _text(row: Row, name: str) -> str | None:
    value = row[name]
    return None if value is None else str(value)


def _words(row: Row, name: str) -> list[str]:
    return sorted(str(row[name] or "").split())
