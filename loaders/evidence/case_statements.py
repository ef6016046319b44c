"""Codebook, cases and what is said of them, as statements."""

from __future__ import annotations

from collections.abc import Iterator

from tertius.loaders.evidence import schema
from tertius.loaders.evidence.reading import Evidence
from tertius.loaders.evidence.writing import (
    DEFINITION,
    IN_SCHEME,
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
from tertius.ontology import concepts
from tertius.ontology.namespaces import SKOS, TTC, concept

_GROUPS = {
    "exploration-and-ambidextrous": ("exploration", "ambidextrous"),
    "all": (),
    "outside-sample": (),
}
"""Orientations of a group, where they are not just its name."""


def codebook(evidence: Evidence, names: Names) -> Iterator[Statement]:
    """Yield the codebook: its rules, and every construct with its closed list of values."""
    book = evidence.codebook
    node = names.of("codebook", "case-study")
    yield from a(node, SKOS + "ConceptScheme")
    yield node, LABEL, english("codebook of the case study")
    yield node, DEFINITION, english(book.coding_unit)
    for rule in book.rules:
        yield node, NOTE, english(f"{rule.key}: {rule.rule}")
    for level, meaning in book.confidence.model_dump().items():
        yield node, NOTE, english(f"confidence {level}: {meaning}")
    for name, construct in names.codes.constructs.items():
        yield from _construct(name, construct, names)
        yield names.codes.construct(name), IN_SCHEME, to(node)


def _construct(name: str, construct: schema.Attribute, names: Names) -> Iterator[Statement]:
    node, scheme = names.codes.construct(name), names.codes.scheme(name)
    yield from a(node, tt("Construct"), SKOS + "Concept")
    yield node, NOTATION, text(name)
    yield from bilingual(node, LABEL, construct.label)
    yield node, DEFINITION, english(construct.definition)
    yield node, tt("valueScheme"), to(scheme)
    if isinstance(construct, schema.Construct):
        yield node, tt("unit"), to(concept("analysis-unit", construct.unit))
        yield node, tt("severalValues"), truth(construct.multiple)
        yield from concerns(node, construct.concerns)
    yield from a(scheme, SKOS + "ConceptScheme")
    yield scheme, LABEL, english(f"values of {construct.label.en}")
    for order, value in enumerate(construct.values, start=1):
        yield node, tt("codingRule"), english(f"{value.key}: {value.rule}")
        value_node = names.codes.value(name, value.key)
        yield value_node, IN_SCHEME, to(scheme)
        if names.codes.shared(construct, value) is None:
            yield from a(value_node, SKOS + "Concept")
            yield value_node, NOTATION, text(value.key)
            yield value_node, tt("orderNumber"), number(order)
            yield from bilingual(value_node, LABEL, value.label)
            yield value_node, DEFINITION, english(value.rule)


def concerns(node: str, subject: schema.Concerns) -> Iterator[Statement]:
    """Say which phase or theme something is about."""
    if subject.phase is not None:
        yield node, tt("concerns"), to(concept("daf-phase", subject.phase))
    if subject.structure is not None:
        yield node, tt("concerns"), to(concept("research-theme", subject.structure))


def cases(evidence: Evidence, names: Names) -> Iterator[Statement]:
    """Yield every case with its attributes and interviewees; what no source says is left out."""
    for case in evidence.cases:
        node = names.of("case", case.letter)
        yield from a(node, tt("Case"))
        yield node, tt("letter"), text(case.letter)
        yield from bilingual(node, LABEL, case.title)
        if case.note is not None:
            yield node, NOTE, english(case.note)
        yield from located(names, node, case.places.values())
        for name, construct in schema.ATTRIBUTES:
            coded = case.attributes.coded(name)
            if coded.value is not None:
                yield from _attribute(names, case, name, construct, coded)
        for order, interviewee in enumerate(case.interviewees, start=1):
            person = names.of("interviewee", f"{case.letter}-{order}")
            yield from a(person, tt("Interviewee"))
            yield person, tt("case"), to(node)
            yield from bilingual(person, LABEL, interviewee.role)
            yield person, tt("interviewCount"), number(interviewee.number)
            yield from located(names, person, [case.places[place] for place in interviewee.at])


_PLAIN = {
    "orientation_qualifier": "orientationQualifier",
    "is_alliance": "itselfAlliance",
    "channel_model": "channelModel",
    "daf_independent": "independentFunction",
}

_CONCEPTS = {
    "orientation": ("orientation", "orientation"),
    "innovation": ("innovation", "innovation-type"),
    "market_scope": ("marketScope", "market-scope"),
    "daf_form": ("functionForm", "daf-form"),
    "daf_level": ("organizationalLevel", "organizational-level"),
}


def _attribute(
    names: Names, case: schema.Case, name: str, attribute: str | None, coded: schema.Coded
) -> Iterator[Statement]:
    node = names.of("case", case.letter)
    about = names.of("case-attribute", f"{case.letter}_{name.replace('_', '-')}")
    yield from a(about, tt("CaseAttribute"))
    yield about, tt("case"), to(node)
    yield about, tt("attribute"), text(name.replace("_", "-"))
    yield from located(names, about, [case.places[place] for place in coded.at])
    if isinstance(coded.value, bool):
        yield node, tt(_PLAIN[name]), truth(coded.value)
        return
    value = str(coded.value)
    if attribute is None:
        yield node, tt(_PLAIN[name]), text(value)
        return
    code = f"case-{attribute}"
    yield about, tt("construct"), to(names.codes.construct(code))
    yield about, tt("value"), to(names.codes.value(code, value))
    if name == "sector":
        yield from _sector(names, node, code, value)
        return
    predicate, scheme = _CONCEPTS[name]
    for notation in _notations(names, code, scheme, value):
        yield node, tt(predicate), to(concept(scheme, notation))


def _notations(names: Names, code: str, scheme: str, key: str) -> list[str]:
    """Return the ontology's concepts that a value of an attribute stands for: none, one, or both of two."""
    value = next(each for each in names.codes.constructs[code].values if each.key == key)
    known = concepts(scheme)
    alternatives = ([value.key], [value.notation or value.key], value.key.split("-and-"))
    return next((each for each in alternatives if all(part in known for part in each)), [])


def _sector(names: Names, case: str, code: str, key: str) -> Iterator[Statement]:
    circle = names.of("circle", f"sector-case-{key}")
    value = next(each for each in names.codes.constructs[code].values if each.key == key)
    yield case, tt("sector"), to(circle)
    yield from a(circle, tt("Circle"), SKOS + "Concept")
    yield circle, NOTATION, text(f"case-{key}")
    yield from bilingual(circle, LABEL, value.label)
    yield circle, IN_SCHEME, to(TTC + "circle-sector")


def observations(evidence: Evidence, names: Names) -> Iterator[Statement]:
    """Yield the coded statements about single cases."""
    for each in evidence.observations:
        node = names.of("observation", each.id)
        yield from a(node, tt("Observation"), tt("CodedStatement"))
        yield node, tt("key"), text(each.id)
        yield node, tt("case"), to(names.of("case", each.case))
        yield node, tt("construct"), to(names.codes.construct(each.construct_key))
        yield node, tt("value"), to(names.codes.value(each.construct_key, each.value))
        yield node, tt("paraphrase"), english(each.paraphrase)
        yield node, tt("voice"), to(concept("voice", each.voice))
        yield node, tt("confidence"), to(concept("confidence-level", each.confidence))
        if each.repeats is not None:
            yield node, tt("repeats"), to(names.of("observation", each.repeats))
        yield from located(names, node, [each.locator])


def group_statements(evidence: Evidence, names: Names) -> Iterator[Statement]:
    """Yield the coded statements about groups of cases."""
    for each in evidence.group_statements:
        node = names.of("group-statement", each.id)
        yield from a(node, tt("GroupStatement"), tt("CodedStatement"))
        yield node, tt("key"), text(each.id)
        for orientation in _GROUPS.get(each.group, (each.group,)):
            yield node, tt("orientation"), to(concept("orientation", orientation))
        yield node, tt("group"), to(concept("case-group", each.group))
        yield node, tt("quantifier"), to(concept("quantifier", each.quantifier))
        if each.count is not None:
            yield node, tt("statedCount"), number(each.count)
        if each.total is not None:
            yield node, tt("statedTotal"), number(each.total)
        if each.construct_key is not None:
            yield node, tt("construct"), to(names.codes.construct(each.construct_key))
            if each.value is not None:
                yield node, tt("value"), to(names.codes.value(each.construct_key, each.value))
        for letter in each.illustrated_by:
            yield node, tt("illustratedBy"), to(names.of("case", letter))
        yield node, tt("paraphrase"), english(each.statement)
        yield node, tt("confidence"), to(concept("confidence-level", each.confidence))
        yield from located(names, node, [each.locator])
