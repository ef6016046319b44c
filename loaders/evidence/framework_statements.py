"""Lists and models of the documents, as ordered collections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyoxigraph as ox
from tertius.loaders.evidence import schema_lists
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
    truth,
    tt,
)
from tertius.ontology.namespaces import DCTERMS, RDF, RDFS, SKOS, concept


def frameworks(evidence: Evidence, names: Names) -> Iterator[Statement]:
    """Yield every framework with its items in order."""
    for each in evidence.frameworks:
        node = names.of("framework", each.key)
        yield from a(node, tt("Framework"), SKOS + "OrderedCollection")
        if each.usable_as_form:
            yield from a(node, tt("Checklist"))
        yield node, tt("key"), text(each.key)
        yield from bilingual(node, LABEL, each.title)
        yield node, DEFINITION, english(each.description.en)
        yield node, tt("frameworkKind"), to(concept("framework-kind", each.kind))
        yield node, tt("gloss"), truth(each.text_basis == "gloss")
        if each.phase_basis is not None:
            yield node, tt("phaseRead"), truth(each.phase_basis == "reading")
        if each.attributed_to is not None:
            yield node, tt("ascribedTo"), text(each.attributed_to)
        for document in each.documents:
            yield node, DCTERMS + "source", to(names.of("document", document))
        for other in each.see_also:
            yield node, RDFS + "seeAlso", to(names.framework_or_item(other))
        yield from _axis(names, each.key, "rowHeading", each.rows)
        yield from _axis(names, each.key, "columnHeading", each.columns)
        yield from located(names, node, each.locators)
        yield from _members(names, each)
        for order, item in enumerate(each.items, start=1):
            yield from _item(names, each.key, order, item)


def _axis(
    names: Names, framework: str, predicate: str, headings: Sequence[schema_lists.Axis]
) -> Iterator[Statement]:
    for order, heading in enumerate(headings, start=1):
        node = names.of("framework-axis", f"{framework}_{heading.key}")
        yield names.of("framework", framework), tt(predicate), to(node)
        yield from _answer(node, order, heading)


def _answer(node: str, order: int, heading: schema_lists.Axis) -> Iterator[Statement]:
    yield from a(node, SKOS + "Concept")
    yield node, NOTATION, text(heading.key)
    yield node, tt("orderNumber"), number(order)
    yield from bilingual(node, LABEL, heading.label)


def _members(names: Names, framework: schema_lists.Framework) -> Iterator[Statement]:
    """Yield the items as members and as a list, whose cells have names instead of being blank."""
    node = names.of("framework", framework.key)
    cells = [names.of("list", f"{framework.key}_{order}") for order in range(1, len(framework.items) + 1)]
    yield node, SKOS + "memberList", to(cells[0])
    for item, cell, rest in zip(framework.items, cells, [*cells[1:], RDF + "nil"], strict=True):
        member = to(names.item(f"{framework.key}/{item.key}"))
        yield node, SKOS + "member", member
        yield from a(cell, RDF + "List")
        yield cell, RDF + "first", member
        yield cell, RDF + "rest", to(rest)


def _item(names: Names, framework: str, order: int, item: schema_lists.Item) -> Iterator[Statement]:
    node = names.item(f"{framework}/{item.key}")
    yield from a(node, tt("FrameworkItem"), SKOS + "Concept")
    yield node, tt("key"), text(f"{framework}/{item.key}")
    yield node, tt("orderNumber"), number(order)
    yield node, tt("groupNumber"), number(item.number)
    yield from bilingual(node, LABEL, item.label)
    yield node, DEFINITION, english(item.text.en)
    for predicate, value in _concepts(item):
        yield node, predicate, value
    if item.parent is not None:
        yield node, SKOS + "broader", to(names.item(f"{framework}/{item.parent}"))
    for predicate, heading in (("inRow", item.row), ("inColumn", item.column)):
        if heading is not None:
            yield node, tt(predicate), to(names.of("framework-axis", f"{framework}_{heading}"))
    for letter in item.cases:
        yield node, tt("illustratedBy"), to(names.of("case", letter))
    for other in item.same_as:
        yield node, tt("restates"), to(names.item(other))
    for other in item.see_also:
        predicate = SKOS + "related" if "/" in other else RDFS + "seeAlso"
        yield node, predicate, to(names.framework_or_item(other))
    if item.note is not None:
        yield node, NOTE, english(item.note)
    yield from _form(names, framework, item)
    yield from located(names, node, [item.locator, *item.also_at])


def _concepts(item: schema_lists.Item) -> Iterator[tuple[str, ox.NamedNode | ox.Literal]]:
    if item.orientation is not None:
        yield tt("orientation"), to(concept("orientation", item.orientation))
    for phase in item.phase:
        yield tt("phase"), to(concept("daf-phase", phase))
    if item.topic is not None:
        yield tt("topic"), text(item.topic)
    if item.party is not None:
        yield tt("perspective"), to(concept("perspective", item.party))
    if item.level is not None:
        yield tt("managementLevel"), to(concept("management-level", item.level))
    if item.role is not None:
        yield tt("staffRole"), to(concept("staff-role", item.role))
    if item.concept is not None:
        yield SKOS + "exactMatch", to(concept(*item.concept.split("/", maxsplit=1)))


def _form(names: Names, framework: str, item: schema_lists.Item) -> Iterator[Statement]:
    node = names.item(f"{framework}/{item.key}")
    if item.question is None or item.answer is None:
        return
    yield from bilingual(node, tt("question"), item.question)
    yield node, tt("answerKind"), to(concept("answer-kind", item.answer))
    if item.scale is not None:
        yield node, tt("scaleFrom"), number(item.scale.low_end)
        yield node, tt("scaleTo"), number(item.scale.high_end)
        yield from bilingual(node, tt("scaleLow"), item.scale.low)
        yield from bilingual(node, tt("scaleHigh"), item.scale.high)
    for order, option in enumerate(item.options, start=1):
        answer = names.of("framework-option", f"{framework}_{item.key}_{option.key}")
        yield node, tt("option"), to(answer)
        yield from _answer(answer, order, option)
