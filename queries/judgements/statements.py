"""Judgements as statements of their own graph, and back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pyoxigraph as ox
from tertius.ontology.identity import graph, individual
from tertius.ontology.namespaces import DEFAULT_BASE, PROV, RDF, TT, XSD, concept
from tertius.queries.judgements.model import Judgement, Verdict
from tertius.queries.judgements.status import Status

_TYPE: Final = ox.NamedNode(RDF + "type")
_JUDGEMENT: Final = ox.NamedNode(TT + "Judgement")
_JUDGES: Final = ox.NamedNode(TT + "judges")
_VERDICT: Final = ox.NamedNode(TT + "verdict")
_STATUS: Final = ox.NamedNode(TT + "judgementStatus")
_BY: Final = ox.NamedNode(TT + "judgedBy")
_KIND: Final = ox.NamedNode(TT + "judgeKind")
_WHEN: Final = ox.NamedNode(PROV + "endedAtTime")
_SCORE: Final = ox.NamedNode(TT + "matchScore")
_REASON: Final = ox.NamedNode(TT + "reason")
_CANONICAL: Final = ox.NamedNode(TT + "canonicalRecord")
_MOMENT: Final = ox.NamedNode(XSD + "dateTime")
_DOUBLE: Final = ox.NamedNode(XSD + "double")


def judgement_quads(
    judgements: Iterable[Judgement],
    statuses: Mapping[str, Status],
    same: Mapping[str, str],
    *,
    base: str = DEFAULT_BASE,
) -> Iterator[ox.Quad]:
    """Yield the judgements graph: every judgement, and which record stands for which.

    Args:
        judgements: All of them, history included.
        statuses: What became of each, by its key.
        same: Key of a record -> key of the one that stands for it.
        base: Base of individuals' IRIs.
    """
    target = ox.NamedNode(graph("judgements", base))
    for one in judgements:
        this = ox.NamedNode(individual("judgement", one.key, base))
        yield ox.Quad(this, _TYPE, _JUDGEMENT, target)
        for record in one.pair:
            yield ox.Quad(this, _JUDGES, _organization(record, base), target)
        yield ox.Quad(this, _VERDICT, ox.NamedNode(concept("judgement-verdict", one.verdict)), target)
        status = concept("judgement-status", statuses[one.key])
        yield ox.Quad(this, _STATUS, ox.NamedNode(status), target)
        yield ox.Quad(this, _BY, ox.Literal(one.by), target)
        yield ox.Quad(this, _KIND, ox.NamedNode(concept("judge-kind", one.kind)), target)
        yield ox.Quad(this, _WHEN, ox.Literal(one.when.isoformat(), datatype=_MOMENT), target)
        if one.score is not None:
            yield ox.Quad(this, _SCORE, ox.Literal(repr(one.score), datatype=_DOUBLE), target)
        for reason in one.reasons:
            yield ox.Quad(this, _REASON, ox.Literal(reason), target)
    for record, stands in sorted(same.items()):
        yield ox.Quad(_organization(record, base), _CANONICAL, _organization(stands, base), target)


def read_judgements(
    triples: Iterable[ox.Quad | ox.Triple],
) -> tuple[dict[str, tuple[Judgement, str]], dict[str, str]]:
    """Read a judgements graph back.

    Args:
        triples: What the graph holds.

    Returns:
        Judgements with the notation of their status by key, the smaller record on the left and reasons in
        alphabetical order, since the graph keeps neither order; and which record stands for which.

    Raises:
        ValueError: A judgement lacks a part, or a part is not what it must be.
    """
    parts: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    same: dict[str, str] = {}
    for triple in triples:
        if not isinstance(triple.object, ox.NamedNode | ox.Literal):
            continue
        subject, value = _local(str(triple.subject.value)), triple.object.value  # type: ignore[union-attr]
        if triple.predicate == _CANONICAL:
            same[subject] = _local(value)
        else:
            parts[subject][triple.predicate.value].append(value)
    return {name: _judgement(name, found) for name, found in parts.items()}, same


def _judgement(name: str, found: Mapping[str, list[str]]) -> tuple[Judgement, str]:
    try:
        left, right = sorted(map(_local, found[_JUDGES.value]))
        (verdict,), (status,), (by,) = found[_VERDICT.value], found[_STATUS.value], found[_BY.value]
        (kind,), (when,) = found[_KIND.value], found[_WHEN.value]
        score = found.get(_SCORE.value)
        one = Judgement(
            left,
            right,
            Verdict(_notation(verdict, "judgement-verdict")),
            by,
            "person" if _notation(kind, "judge-kind") == "person" else "machine",
            dt.datetime.fromisoformat(when),
            float(score[0]) if score else None,
            tuple(sorted(found.get(_REASON.value, ()))),
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"the judgement {name} lacks a part or has a wrong one: {error}") from error
    return one, _notation(status, "judgement-status")


def _organization(record: str, base: str) -> ox.NamedNode:
    return ox.NamedNode(individual("organization", record, base))


def _local(iri: str) -> str:
    return iri.rpartition("/")[2]


def _notation(iri: str, scheme: str) -> str:
    return iri.removeprefix(concept(scheme, ""))
