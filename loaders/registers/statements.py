"""What a register says becomes statements of its named graph."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import pyoxigraph as ox
from tertius.loaders.circles import notation
from tertius.loaders.countries import names as country_names
from tertius.loaders.registers.records import Exemption, Name, Registered, Relation
from tertius.loaders.statements import DATE, Value
from tertius.ontology.identifiers import CHECK, SCHEME, Identifier
from tertius.ontology.identity import graph as graph_iri
from tertius.ontology.identity import individual, key
from tertius.ontology.namespaces import ADMS, ORG, RDF, SKOS, TTC, XSD, concept
from tertius.ontology.terms import Class, Property

DECIMAL: Final = ox.NamedNode(XSD + "decimal")

TEXTS: Final = {
    "legalForm": Property.LEGAL_FORM,
    "jurisdiction": Property.JURISDICTION,
    "registeredAddress": Property.REGISTERED_ADDRESS,
    "headquartersAddress": Property.HEADQUARTERS_ADDRESS,
    "city": Property.CITY,
    "postalCode": Property.POSTAL_CODE,
    "website": Property.WEBSITE,
    "registrationNumber": Property.REGISTRATION_NUMBER,
    "successorName": Property.SUCCESSOR_NAME,
    "statusAsGiven": Property.STATUS_AS_GIVEN,
    "registrationStatus": Property.REGISTRATION_STATUS,
}
"""Names of texts that a record may have -> the property that says each."""

_TYPE: Final = ox.NamedNode(RDF + "type")
_LABEL: Final = ox.NamedNode(SKOS + "prefLabel")
_OTHER_LABEL: Final = ox.NamedNode(SKOS + "altLabel")
_NOTATION: Final = ox.NamedNode(SKOS + "notation")
_IN_SCHEME: Final = ox.NamedNode(SKOS + "inScheme")
_IDENTIFIER: Final = ox.NamedNode(ADMS + "identifier")
_ORGANIZATION: Final = ox.NamedNode(ORG + "Organization")


@lru_cache(maxsize=1 << 12)
def _term(name: str) -> ox.NamedNode:
    return ox.NamedNode(name)


def _day(day: dt.date) -> ox.Literal:
    return ox.Literal(day.isoformat(), datatype=DATE)


class RegisterStatements:
    """Writes one register's records as quads; remembers only which circles were described.

    Args:
        source: Name of the source.
        base: Base IRI of the individuals.
    """

    def __init__(self, source: str, base: str) -> None:
        self.graph = ox.NamedNode(graph_iri(source, base))
        self._base = base
        self._circles: set[str] = set()

    def another_name(self, entry: Registered) -> ox.Quad:
        """Return that an organisation that was described before is also called otherwise."""
        return self._quad(self._node("organization", entry.key), _OTHER_LABEL, ox.Literal(entry.name))

    def organization(self, entry: Registered) -> Iterator[ox.Quad]:
        """Yield what is said of an organisation."""
        node = self._node("organization", entry.key)
        yield self._quad(node, _TYPE, _ORGANIZATION)
        yield self._quad(node, _LABEL, ox.Literal(entry.name))
        yield self._quad(node, _term(Property.KEY), ox.Literal(entry.key))
        yield from self._facts(node, entry)
        for other in entry.names:
            yield from self._name(node, entry.key, other)
        for identifier in entry.identifiers:
            yield from self._identifier(node, identifier)

    def _facts(self, node: ox.NamedNode, entry: Registered) -> Iterator[ox.Quad]:
        for kind, code, label in _circles(entry):
            yield from self._circle(node, kind, code, label)
        for name, text in entry.texts.items():
            yield self._quad(node, _term(TEXTS[name]), ox.Literal(text))
        if entry.size:
            yield self._quad(node, _term(Property.SIZE), ox.Literal(entry.size))
        if entry.status:
            status = _term(concept("register-status", entry.status))
            yield self._quad(node, _term(Property.REGISTER_STATUS), status)
        if entry.founded:
            day, year_only = entry.founded
            yield self._quad(node, _term(Property.FOUNDED_ON), _day(day))
            if year_only:
                given = ox.Literal(f"foundedOn={day.year:04}")
                yield self._quad(node, _term(Property.DATE_AS_GIVEN), given)
        if entry.dissolved:
            yield self._quad(node, _term(Property.DISSOLVED_ON), _day(entry.dissolved))

    def _name(self, node: ox.NamedNode, owner: str, name: Name) -> Iterator[ox.Quad]:
        record = self._node("name", key("name", owner, name.kind, name.language, name.text))
        label = ox.Literal(name.text, language=name.language) if name.language else ox.Literal(name.text)
        yield self._quad(node, _OTHER_LABEL, label)
        yield self._quad(node, _term(Property.NAME_RECORD), record)
        yield self._quad(record, _TYPE, _term(Class.NAME_RECORD))
        yield self._quad(record, _LABEL, label)
        yield self._quad(record, _term(Property.NAME_KIND), _term(concept("name-kind", name.kind)))
        if name.until:
            yield self._quad(record, _term(Property.VALID_TO), _day(name.until))

    def _identifier(self, node: ox.NamedNode, identifier: Identifier) -> Iterator[ox.Quad]:
        own = self._node("identifier", key(identifier.scheme, identifier.value))
        yield self._quad(node, _IDENTIFIER, own)
        yield self._quad(own, _TYPE, _term(ADMS + "Identifier"))
        yield self._quad(own, _NOTATION, ox.Literal(identifier.value))
        yield self._quad(own, _term(Property.SCHEME), _term(concept(SCHEME, identifier.scheme)))
        yield self._quad(own, _term(Property.CHECK_RESULT), _term(concept(CHECK, identifier.check)))

    def _circle(self, node: ox.NamedNode, kind: str, code: str, label: str) -> Iterator[ox.Quad]:
        name = f"{kind}-{notation(kind, code)}"
        circle = _term(individual("circle", name, self._base))
        yield self._quad(node, _term(_CIRCLES[kind]), circle)
        if name not in self._circles:
            self._circles.add(name)
            yield self._quad(circle, _TYPE, _term(Class.CIRCLE))
            yield self._quad(circle, _NOTATION, ox.Literal(notation(kind, code)))
            yield self._quad(circle, _LABEL, ox.Literal(label))
            yield self._quad(circle, _IN_SCHEME, _term(f"{TTC}circle-{kind}"))

    def relation(self, entry: Relation) -> Iterator[ox.Quad]:
        """Yield what is said of a relation."""
        node = self._node("relation", entry.key)
        yield self._quad(node, _TYPE, _term(Class.REGISTERED_RELATION))
        yield self._quad(node, _term(Property.RELATION_OF), self._node("organization", entry.of))
        yield self._quad(node, _term(Property.RELATION_TO), self._node("organization", entry.to))
        kind = _term(concept("relation-kind", entry.kind))
        yield self._quad(node, _term(Property.RELATION_KIND), kind)
        for term, day in ((Property.VALID_FROM, entry.start), (Property.VALID_TO, entry.end)):
            if day:
                yield self._quad(node, _term(term), _day(day))
        for term, share in ((Property.SHARE_MINIMUM, entry.least), (Property.SHARE_MAXIMUM, entry.most)):
            if share is not None:
                yield self._quad(node, _term(term), ox.Literal(f"{share:f}", datatype=DECIMAL))
        for nature in entry.natures:
            yield self._quad(node, _term(Property.NATURE_AS_GIVEN), ox.Literal(nature))
        for term, text in (
            (Property.STATUS_AS_GIVEN, entry.status),
            (Property.REGISTRATION_STATUS, entry.registration),
        ):
            if text:
                yield self._quad(node, _term(term), ox.Literal(text))

    def exemption(self, entry: Exemption) -> Iterator[ox.Quad]:
        """Yield what is said of a reporting exception; several reasons for one parent are one exception."""
        node = self._node("exception", key("exception", entry.of, entry.category))
        yield self._quad(node, _TYPE, _term(Class.REPORTING_EXCEPTION))
        yield self._quad(node, _term(Property.EXCEPTION_OF), self._node("organization", entry.of))
        yield self._quad(node, _term(Property.EXCEPTION_CATEGORY), ox.Literal(entry.category))
        yield self._quad(node, _term(Property.EXCEPTION_REASON), ox.Literal(entry.reason))

    def _node(self, kind: str, name: str) -> ox.NamedNode:
        return ox.NamedNode(individual(kind, name, self._base))

    def _quad(self, subject: ox.NamedNode, predicate: ox.NamedNode, value: Value) -> ox.Quad:
        return ox.Quad(subject, predicate, value, self.graph)


_CIRCLES: Final = {
    "country": Property.COUNTRY,
    "sector": Property.SECTOR,
    "type": Property.ORGANIZATION_TYPE,
}


def _circles(entry: Registered) -> Iterator[tuple[str, str, str]]:
    if entry.country:
        yield "country", entry.country, country_names().get(entry.country, entry.country)
    for code, label in entry.sectors:
        yield "sector", code, label
    for kind in entry.types:
        yield "type", kind, kind
