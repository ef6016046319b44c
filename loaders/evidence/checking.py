"""Checks between entries: what one of them names, another must be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tertius.loaders.evidence import schema, schema_lists
from tertius.loaders.evidence.reading import Evidence
from tertius.ontology import UnknownSchemeError, concepts, schemes

_SHOWN: Final = 12


def check(evidence: Evidence) -> list[str]:
    """Return what is wrong between entries, one line each with file, entry and field; empty if nothing is."""
    parts: tuple[Callable[[_Known], Iterator[_Wrong]], ...] = (
        _locators,
        _codebook,
        _cases,
        _observations,
        _groups,
        _propositions,
        _frameworks,
        _ambiguities,
    )
    known = _Known(evidence)
    return [wrong.line(evidence) for part in parts for wrong in part(known)]


@dataclass(frozen=True, slots=True)
class _Wrong:
    kind: str
    entry: str
    field: str
    message: str

    def line(self, evidence: Evidence) -> str:
        file = evidence.files.get((self.kind, self.entry), self.kind)
        return f"{file}, entry {self.entry}, field '{self.field}': {self.message}"


class _Known:
    """What there is to be named."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.letters = {case.letter for case in evidence.cases}
        self.documents = {document.id: document for document in evidence.documents}
        self.observations = {observation.id: observation for observation in evidence.observations}
        self.numbers = {proposition.number for proposition in evidence.propositions}
        self.frameworks = {framework.key: framework for framework in evidence.frameworks}
        self.items = {
            f"{framework.key}/{item.key}": (framework, item)
            for framework in evidence.frameworks
            for item in framework.items
        }
        self.values = {
            construct.key: {value.key for value in construct.values}
            for construct in evidence.codebook.constructs
        }


def _unknown(name: object, known: Collection[object]) -> str:
    listed = sorted(map(str, known))
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return f"'{name}' is unknown; there is {', '.join(listed[:_SHOWN])}{more}"


def _locators(known: _Known) -> Iterator[_Wrong]:
    for kind, name, place in known.evidence.locators():
        document = known.documents.get(place.document)
        if document is None:
            yield _Wrong(kind, name, "locator", _unknown(place.document, known.documents))
        elif place.lines[1] > document.lines:
            message = f"line {place.lines[1]} of document {document.id}, which has {document.lines}"
            yield _Wrong(kind, name, "locator", message)


def _codebook(known: _Known) -> Iterator[_Wrong]:
    codebook = known.evidence.codebook
    if codebook.document not in known.documents:
        yield _Wrong("codebook", codebook.document, "document", _unknown(codebook.document, known.documents))
    attributes: Iterable[tuple[str, schema.Attribute]] = [
        *(("case_attributes", each) for each in codebook.case_attributes),
        *(("constructs", each) for each in codebook.constructs),
    ]
    for kind, construct in attributes:
        keys = [value.key for value in construct.values]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield _Wrong(kind, construct.key, "values", f"'{key}' is given twice")
        yield from _scheme(kind, construct)
    for each in codebook.constructs:
        for message in _concerns(each.concerns):
            yield _Wrong("constructs", each.key, "concerns", message)


def _scheme(kind: str, construct: schema.Attribute) -> Iterator[_Wrong]:
    if construct.scheme is None:
        for value in construct.values:
            if value.notation is not None:
                message = f"value '{value.key}' has a notation, yet the construct shares no scheme"
                yield _Wrong(kind, construct.key, "values", message)
        return
    try:
        known = concepts(construct.scheme)
    except UnknownSchemeError:
        yield _Wrong(kind, construct.key, "scheme", _unknown(construct.scheme, schemes()))
        return
    for value in construct.values:
        if value.notation is not None and value.notation not in known:
            yield _Wrong(kind, construct.key, "values", _unknown(value.notation, known))


def _cases(known: _Known) -> Iterator[_Wrong]:
    listed = {each.key: {v.key for v in each.values} for each in known.evidence.codebook.case_attributes}
    for case in known.evidence.cases:
        for name, attribute in schema.ATTRIBUTES:
            coded = case.attributes.coded(name)
            yield from _places(case, f"attributes.{name}", coded.at)
            message = (
                None if coded.value is None else _attribute(name, coded.value, listed.get(attribute or ""))
            )
            if message is not None:
                yield _Wrong("cases", case.letter, f"attributes.{name}", message)
        for interviewee in case.interviewees:
            yield from _places(case, "interviewees", interviewee.at)
        total = sum(interviewee.number for interviewee in case.interviewees)
        if total != case.interviews:
            message = f"{case.interviews} interviews, where the interviewees make {total}"
            yield _Wrong("cases", case.letter, "interviews", message)


def _attribute(name: str, value: str | bool, listed: set[str] | None) -> str | None:
    """Return what is wrong with the value of an attribute, None if nothing is."""
    allowed = {"mainly"} if name == "orientation_qualifier" else listed
    if allowed is None:
        return None if isinstance(value, bool) else f"'{value}' is not true or false"
    return None if value in allowed else _unknown(value, allowed)


def _places(case: schema.Case, field: str, names: Iterable[str]) -> Iterator[_Wrong]:
    for name in names:
        if name not in case.places:
            yield _Wrong("cases", case.letter, field, _unknown(name, case.places))


def _observations(known: _Known) -> Iterator[_Wrong]:
    for each in known.evidence.observations:
        if each.case not in known.letters:
            yield _Wrong("observations", each.id, "case", _unknown(each.case, known.letters))
        yield from _code(known, "observations", each.id, each.construct_key, each.value)
        if each.repeats is None:
            continue
        first = known.observations.get(each.repeats)
        if first is None:
            message = f"'{each.repeats}' is no observation"
        elif first.repeats is not None:
            message = f"'{each.repeats}' repeats '{first.repeats}' itself; name that one"
        elif (first.case, first.construct_key, first.value) != (each.case, each.construct_key, each.value):
            message = f"'{each.repeats}' has another case, construct or value"
        else:
            continue
        yield _Wrong("observations", each.id, "repeats", message)


def _code(known: _Known, kind: str, entry: str, construct: str, value: str | None) -> Iterator[_Wrong]:
    if construct not in known.values:
        yield _Wrong(kind, entry, "construct", _unknown(construct, known.values))
    elif value is not None and value not in known.values[construct]:
        yield _Wrong(kind, entry, "value", _unknown(value, known.values[construct]))


def _groups(known: _Known) -> Iterator[_Wrong]:
    for each in known.evidence.group_statements:
        if each.construct_key is not None:
            yield from _code(known, "group_statements", each.id, each.construct_key, each.value)
        for letter in each.illustrated_by:
            if letter not in known.letters:
                yield _Wrong("group_statements", each.id, "illustrated_by", _unknown(letter, known.letters))


def _propositions(known: _Known) -> Iterator[_Wrong]:
    for each in known.evidence.propositions:
        entry = str(each.number)
        for field, message in _conditions(known, each):
            yield _Wrong("propositions", entry, field, message)
        for number in each.contrasts_with:
            if number not in known.numbers or number == each.number:
                yield _Wrong("propositions", entry, "contrasts_with", _unknown(number, known.numbers))
        if each.concerns.phase is None and each.concerns.structure is None:
            yield _Wrong("propositions", entry, "concerns", "give a phase or a structure")
        for message in _concerns(each.concerns):
            yield _Wrong("propositions", entry, "concerns", message)


def _conditions(known: _Known, each: schema.Proposition) -> Iterator[tuple[str, str]]:
    conditions = {
        "relation.antecedent": each.relation.antecedent,
        "relation.consequent": each.relation.consequent,
        "speaks_for": each.speaks_for,
        "speaks_against": each.speaks_against,
    }
    for field, given in conditions.items():
        for condition in given:
            for value in condition.values:
                for wrong in _code(known, "propositions", "", condition.construct_key, value):
                    yield field, wrong.message
    sides = [
        {(condition.construct_key, value) for condition in side for value in condition.values}
        for side in (each.speaks_for, each.speaks_against)
    ]
    for construct, value in sorted(sides[0] & sides[1]):
        yield "speaks_against", f"{construct} {value} speaks for it too"


def _concerns(subject: schema.Concerns) -> Iterator[str]:
    for scheme, notation in (("daf-phase", subject.phase), ("research-theme", subject.structure)):
        if notation is not None and notation not in concepts(scheme):
            yield _unknown(notation, concepts(scheme))


def _frameworks(known: _Known) -> Iterator[_Wrong]:
    for framework in known.evidence.frameworks:
        keys = [item.key for item in framework.items]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield _Wrong("frameworks", framework.key, "items", f"'{key}' is given twice")
        for document in framework.documents:
            if document not in known.documents:
                message = _unknown(document, known.documents)
                yield _Wrong("frameworks", framework.key, "documents", message)
        for name in framework.see_also:
            if name not in known.frameworks and name not in known.items:
                message = f"'{name}' is no framework or item"
                yield _Wrong("frameworks", framework.key, "see_also", message)
        for item in framework.items:
            for field, message in _item(known, framework, item):
                yield _Wrong("frameworks", framework.key, f"{item.key}.{field}", message)


def _item(
    known: _Known, framework: schema_lists.Framework, item: schema_lists.Item
) -> Iterator[tuple[str, str]]:
    keys = {each.key for each in framework.items}
    if item.parent is not None and (item.parent not in keys or item.parent == item.key):
        yield "parent", _unknown(item.parent, keys - {item.key})
    for field, given, axis in (("row", item.row, framework.rows), ("column", item.column, framework.columns)):
        placed = framework.kind == "matrix" or given is not None
        if placed and given not in {each.key for each in axis}:
            yield field, _unknown(given, [each.key for each in axis])
    if item.phase and framework.phase_basis is None:
        message = "the framework does not say (phase_basis) whether its source or we put items under phases"
        yield "phase", message
    yield from _notations(item)
    for letter in item.cases:
        if letter not in known.letters:
            yield "cases", _unknown(letter, known.letters)
    yield from _links(known, f"{framework.key}/{item.key}", item)


def _links(known: _Known, name: str, item: schema_lists.Item) -> Iterator[tuple[str, str]]:
    for other in item.same_as:
        if other not in known.items:
            yield "same_as", f"'{other}' is no item"
        elif name not in known.items[other][1].same_as:
            yield "same_as", f"'{other}' does not say the same of '{name}'"
    for other in item.see_also:
        if other not in known.frameworks and other not in known.items:
            yield "see_also", f"'{other}' is no framework or item"


def _notations(item: schema_lists.Item) -> Iterator[tuple[str, str]]:
    given = [("phase", "daf-phase", phase) for phase in item.phase]
    given += [("party", "perspective", item.party)] if item.party else []
    given += [("level", "management-level", item.level)] if item.level else []
    if item.concept is not None:
        scheme, _, notation = item.concept.partition("/")
        given.append(("concept", scheme, notation))
    for field, scheme, notation in given:
        if scheme not in schemes():
            yield field, _unknown(scheme, schemes())
        elif notation not in concepts(scheme):
            yield field, _unknown(notation, concepts(scheme))


def _ambiguities(known: _Known) -> Iterator[_Wrong]:
    for each in known.evidence.ambiguities:
        keys = [reading.key for reading in each.readings]
        if len(set(keys)) < len(keys):
            yield _Wrong("ambiguities", each.key, "readings", "two readings have the same key")
        if each.follows is not None and each.follows not in {*keys, "both", "neither"}:
            yield _Wrong(
                "ambiguities", each.key, "follows", _unknown(each.follows, [*keys, "both", "neither"])
            )
        for name in each.concerns:
            if name not in known.frameworks and name not in known.items:
                yield _Wrong("ambiguities", each.key, "concerns", f"'{name}' is no framework or item")
        for field, names, there in (
            ("cases", each.cases, known.letters),
            ("constructs", each.constructs, known.values),
            ("observations", each.observations, known.observations),
            ("documents", each.documents, known.documents),
        ):
            for name in names:
                if name not in there:
                    yield _Wrong("ambiguities", each.key, field, _unknown(name, there))
        pointed = {place.document for r in each.readings for place in (r.locator, *r.also_at)}
        if pointed != set(each.documents):
            message = f"the readings point into {', '.join(sorted(pointed))}"
            yield _Wrong("ambiguities", each.key, "documents", message)
