"""Propositions, ambiguities and the documents themselves, as statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tertius.loaders.evidence import schema
from tertius.loaders.evidence.case_statements import concerns
from tertius.loaders.evidence.reading import Evidence
from tertius.loaders.evidence.writing import (
    DEFINITION,
    LABEL,
    NOTATION,
    NOTE,
    Names,
    Statement,
    a,
    bilingual,
    english,
    located,
    number,
    text,
    to,
    tt,
)
from tertius.ontology.identity import key
from tertius.ontology.namespaces import DCTERMS, concept

_PATTERNS = {
    "association": "positive-association",
    "no-association": "no-association",
    "necessity": "necessary-condition",
    "prevalence": "prevalent-configuration",
    "means-end": "means-end",
}
_DIRECTIONS = {"followed": "follows", "extended": "extends", "contradicted": "contradicts"}


def propositions(evidence: Evidence, names: Names) -> Iterator[Statement]:
    """Yield the propositions; one without orientation speaks of every unit."""
    for each in evidence.propositions:
        node = names.of("proposition", each.number)
        yield from a(node, tt("Proposition"))
        yield node, tt("number"), number(each.number)
        yield from bilingual(node, tt("statement"), each.statement)
        if each.orientation != "all":
            yield node, tt("orientation"), to(concept("orientation", each.orientation))
        yield node, tt("unit"), to(concept("analysis-unit", each.unit))
        yield from concerns(node, each.concerns)
        yield node, tt("predicts"), to(concept("pattern-type", _PATTERNS[each.relation.type]))
        yield node, tt("testBasis"), to(concept("test-basis", each.kind))
        yield node, tt("testQuery"), text(f"proposition-{each.number:02d}-cases")
        if each.note is not None:
            yield node, NOTE, english(each.note)
        for other in each.contrasts_with:
            yield node, tt("contrastsWith"), to(names.of("proposition", other))
        for side, given in (
            ("antecedent", each.relation.antecedent),
            ("consequent", each.relation.consequent),
        ):
            for condition in given:
                yield node, tt(side), to(names.codes.construct(condition.construct_key))
        yield from _conditions(names, each)
        for work in each.literature:
            claim = names.of("literature-claim", key("literature-claim", work.reference, work.claim))
            yield node, tt(_DIRECTIONS[work.direction]), to(claim)
            yield from a(claim, tt("LiteratureClaim"))
            yield claim, tt("publication"), text(work.reference)
            yield claim, tt("statement"), english(work.claim)
            yield from located(names, claim, [work.locator])
        yield from located(names, node, each.locators)


def _conditions(names: Names, each: schema.Proposition) -> Iterator[Statement]:
    sides: tuple[tuple[str, str, Sequence[schema.Condition]], ...] = (
        ("speaksFor", "for", each.speaks_for),
        ("speaksAgainst", "against", each.speaks_against),
        ("antecedentCondition", "antecedent", each.relation.antecedent),
        ("consequentCondition", "consequent", each.relation.consequent),
    )
    for predicate, side, conditions in sides:
        for order, condition in enumerate(conditions, start=1):
            node = names.of("condition", f"{each.number}_{side}_{order}")
            yield names.of("proposition", each.number), tt(predicate), to(node)
            yield from a(node, tt("Condition"))
            yield node, tt("construct"), to(names.codes.construct(condition.construct_key))
            for value in condition.values:
                yield node, tt("value"), to(names.codes.value(condition.construct_key, value))


def ambiguities(evidence: Evidence, names: Names) -> Iterator[Statement]:
    """Yield the places where the documents disagree, with every reading."""
    for each in evidence.ambiguities:
        node = names.of("ambiguity", each.key)
        yield from a(node, tt("Ambiguity"))
        yield node, tt("key"), text(each.key)
        yield node, LABEL, english(each.title.en)
        yield node, DEFINITION, english(each.summary.en)
        yield node, tt("ambiguityKind"), to(concept("ambiguity-kind", each.kind))
        yield node, tt("aspect"), to(concept("ambiguity-aspect", each.aspect))
        yield node, tt("codedAs"), english(each.coded_as.en)
        for document in each.documents:
            yield node, DCTERMS + "source", to(names.of("document", document))
        for subject in _subjects(names, each):
            yield node, tt("about"), to(subject)
        for reading in each.readings:
            taken = names.of("reading", f"{each.key}_{reading.key}")
            yield node, tt("reading"), to(taken)
            if each.follows in {reading.key, "both"}:
                yield node, tt("followed"), to(taken)
            yield from a(taken, tt("Reading"))
            yield taken, tt("key"), text(reading.key)
            yield taken, tt("paraphrase"), english(reading.text.en)
            yield from located(names, taken, [reading.locator, *reading.also_at])


def _subjects(names: Names, each: schema.Ambiguity) -> list[str]:
    """Return what a doubt bears on: what is named, or else the documents as they are."""
    return [
        *(names.framework_or_item(name) for name in each.concerns),
        *(names.of("case", letter) for letter in each.cases),
        *(names.codes.construct(name) for name in each.constructs),
        *(names.of("observation", name) for name in each.observations),
    ] or [names.of("document", document) for document in each.documents]


def documents(evidence: Evidence, names: Names) -> Iterator[Statement]:
    """Yield the source documents as their title pages describe them; their text is not part of the graph."""
    for each in evidence.documents:
        node = names.of("document", each.id)
        yield from a(node, tt("SourceDocument"))
        yield node, NOTATION, text(each.id)
        yield node, DCTERMS + "title", text(each.title)
        if each.subtitle is not None:
            yield node, DCTERMS + "description", text(each.subtitle)
        for author in each.authors:
            yield node, DCTERMS + "creator", text(author)
        if each.publisher is not None:
            yield node, DCTERMS + "publisher", text(each.publisher)
        issued = each.date or each.year
        if issued is not None:
            yield node, DCTERMS + "issued", text(str(issued))
        yield node, DCTERMS + "language", text(each.language)
        yield node, DCTERMS + "rights", english(each.confidentiality)
        yield node, tt("documentKind"), text(each.kind)
        yield node, tt("fileName"), text(each.file)
        yield node, tt("checksum"), text(f"sha256:{each.sha256}")
        yield node, tt("lineCount"), number(each.lines)
        for note in each.notes:
            yield node, NOTE, english(note)
        for part in each.not_in_text:
            yield (
                node,
                NOTE,
                english(f"Not in the text: {part.label} ({part.about}), announced in {part.locator.part}."),
            )
