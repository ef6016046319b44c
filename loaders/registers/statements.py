"""What a register says becomes statements of its named graph, written as lines of N-Triples."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from tertius.loaders.circles import notation
from tertius.loaders.countries import names as country_names
from tertius.loaders.registers.records import Exemption, Name, Registered, Relation
from tertius.ontology.identifiers import CHECK, SCHEME, Identifier
from tertius.ontology.identity import graph as graph_iri
from tertius.ontology.identity import individual, key
from tertius.ontology.lines import date, iri, literal
from tertius.ontology.namespaces import ADMS, ORG, RDF, SKOS, TTC, XSD, concept
from tertius.ontology.terms import Class, Property

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

_TYPE: Final = f"<{RDF}type>"
_LABEL: Final = f"<{SKOS}prefLabel>"
_OTHER_LABEL: Final = f"<{SKOS}altLabel>"
_NOTATION: Final = f"<{SKOS}notation>"
_IN_SCHEME: Final = f"<{SKOS}inScheme>"
_IDENTIFIER: Final = f"<{ADMS}identifier>"
_IDENTIFIER_TYPE: Final = f"<{ADMS}Identifier>"
_ORGANIZATION: Final = f"<{ORG}Organization>"
_DECIMAL: Final = f"^^<{XSD}decimal>"
_TEXTS: Final = {name: f"<{term}>" for name, term in TEXTS.items()}
_P: Final = {term: f"<{term}>" for term in Property}
_C: Final = {term: f"<{term}>" for term in Class}
_CIRCLES: Final = {
    "country": _P[Property.COUNTRY],
    "sector": _P[Property.SECTOR],
    "type": _P[Property.ORGANIZATION_TYPE],
}


@cache
def _concept(scheme: str, name: str) -> str:
    return f"<{concept(scheme, name)}>"


class RegisterStatements:
    """Writes one register's records as lines; remembers only which circles were described.

    Args:
        source: Name of the source.
        base: Base IRI of the individuals.
    """

    def __init__(self, source: str, base: str) -> None:
        self.graph = graph_iri(source, base)
        self._base = base
        self._circles: dict[tuple[str, str], str] = {}

    def another_name(self, entry: Registered) -> str:
        """Return that an organisation that was described before is also called otherwise."""
        return f"{self.node('organization', entry.key)} {_OTHER_LABEL} {literal(entry.name)} .\n"

    def organization(self, entry: Registered) -> Iterator[str]:
        """Yield what is said of an organisation."""
        node = self.node("organization", entry.key)
        yield (
            f"{node} {_TYPE} {_ORGANIZATION} .\n{node} {_LABEL} {literal(entry.name)} .\n"
            f'{node} {_P[Property.KEY]} "{entry.key}" .\n'
        )
        yield from self._facts(node, entry)
        for other in entry.names:
            yield self._name(node, entry.key, other)
        for identifier in entry.identifiers:
            yield self._identifier(node, identifier)

    def _facts(self, node: str, entry: Registered) -> Iterator[str]:
        for kind, code, label in _circles(entry):
            yield from self._circle(node, kind, code, label)
        for name, text in entry.texts.items():
            yield f"{node} {_TEXTS[name]} {literal(text)} .\n"
        if entry.size:
            yield f"{node} {_P[Property.SIZE]} {literal(entry.size)} .\n"
        if entry.status:
            yield f"{node} {_P[Property.REGISTER_STATUS]} {_concept('register-status', entry.status)} .\n"
        if entry.founded:
            day, year_only = entry.founded
            yield f"{node} {_P[Property.FOUNDED_ON]} {date(day)} .\n"
            if year_only:
                yield f'{node} {_P[Property.DATE_AS_GIVEN]} "foundedOn={day.year:04}" .\n'
        if entry.dissolved:
            yield f"{node} {_P[Property.DISSOLVED_ON]} {date(entry.dissolved)} .\n"

    def _name(self, node: str, owner: str, name: Name) -> str:
        record = self.node("name", key("name", owner, name.kind, name.language, name.text))
        label = f"{literal(name.text)}@{name.language}" if name.language else literal(name.text)
        lines = (
            f"{node} {_OTHER_LABEL} {label} .\n{node} {_P[Property.NAME_RECORD]} {record} .\n"
            f"{record} {_TYPE} {_C[Class.NAME_RECORD]} .\n{record} {_LABEL} {label} .\n"
            f"{record} {_P[Property.NAME_KIND]} {_concept('name-kind', name.kind)} .\n"
        )
        if name.until:
            lines += f"{record} {_P[Property.VALID_TO]} {date(name.until)} .\n"
        return lines

    def _identifier(self, node: str, identifier: Identifier) -> str:
        own = self.node("identifier", key(identifier.scheme, identifier.value))
        return (
            f"{node} {_IDENTIFIER} {own} .\n{own} {_TYPE} {_IDENTIFIER_TYPE} .\n"
            f"{own} {_NOTATION} {literal(identifier.value)} .\n"
            f"{own} {_P[Property.SCHEME]} {_concept(SCHEME, identifier.scheme)} .\n"
            f"{own} {_P[Property.CHECK_RESULT]} {_concept(CHECK, identifier.check)} .\n"
        )

    def _circle(self, node: str, kind: str, code: str, label: str) -> Iterator[str]:
        circle = self._circles.get((kind, code))
        if circle is None:
            # The one IRI here that has a part from outside: the engine looks at it once.
            circle = iri(individual("circle", f"{kind}-{notation(kind, code)}", self._base))
            known = circle in self._circles.values()
            self._circles[kind, code] = circle
            if not known:
                yield (
                    f"{circle} {_TYPE} {_C[Class.CIRCLE]} .\n"
                    f"{circle} {_NOTATION} {literal(notation(kind, code))} .\n"
                    f"{circle} {_LABEL} {literal(label)} .\n"
                    f"{circle} {_IN_SCHEME} <{TTC}circle-{kind}> .\n"
                )
        yield f"{node} {_CIRCLES[kind]} {circle} .\n"

    def relation(self, entry: Relation) -> Iterator[str]:
        """Yield what is said of a relation."""
        node = self.node("relation", entry.key)
        yield (
            f"{node} {_TYPE} {_C[Class.REGISTERED_RELATION]} .\n"
            f"{node} {_P[Property.RELATION_OF]} {self.node('organization', entry.of)} .\n"
            f"{node} {_P[Property.RELATION_TO]} {self.node('organization', entry.to)} .\n"
            f"{node} {_P[Property.RELATION_KIND]} {_concept('relation-kind', entry.kind)} .\n"
        )
        for term, day in ((Property.VALID_FROM, entry.start), (Property.VALID_TO, entry.end)):
            if day:
                yield f"{node} {_P[term]} {date(day)} .\n"
        for term, share in ((Property.SHARE_MINIMUM, entry.least), (Property.SHARE_MAXIMUM, entry.most)):
            if share is not None:
                yield f'{node} {_P[term]} "{share:f}"{_DECIMAL} .\n'
        for nature in entry.natures:
            yield f"{node} {_P[Property.NATURE_AS_GIVEN]} {literal(nature)} .\n"
        for term, text in (
            (Property.STATUS_AS_GIVEN, entry.status),
            (Property.REGISTRATION_STATUS, entry.registration),
        ):
            if text:
                yield f"{node} {_P[term]} {literal(text)} .\n"

    def exemption(self, entry: Exemption) -> str:
        """Return what is said of a reporting exception; several reasons for one parent are one exception."""
        node = self.node("exception", key("exception", entry.of, entry.category))
        return (
            f"{node} {_TYPE} {_C[Class.REPORTING_EXCEPTION]} .\n"
            f"{node} {_P[Property.EXCEPTION_OF]} {self.node('organization', entry.of)} .\n"
            f"{node} {_P[Property.EXCEPTION_CATEGORY]} {literal(entry.category)} .\n"
            f"{node} {_P[Property.EXCEPTION_REASON]} {literal(entry.reason)} .\n"
        )

    def node(self, kind: str, name: str) -> str:
        """Return the IRI of an individual in angle brackets."""
        return f"<{self._base}id/{kind}/{name}>"


def _circles(entry: Registered) -> Iterator[tuple[str, str, str]]:
    if entry.country:
        yield "country", entry.country, country_names().get(entry.country, entry.country)
    for code, label in entry.sectors:
        yield "sector", code, label
    for kind in entry.types:
        yield "type", kind, kind
