"""Facts become statements of the source's named graph, written as lines of N-Triples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

import pyoxigraph as ox
from tertius.loaders import columns
from tertius.loaders.circles import notation
from tertius.loaders.countries import names
from tertius.loaders.facts import Alliance, Facts, Organization, Participation
from tertius.loaders.values import Given, Precision
from tertius.ontology import lines
from tertius.ontology.identifiers import CHECK, SCHEME, identify
from tertius.ontology.identity import graph as graph_iri
from tertius.ontology.identity import individual, key
from tertius.ontology.lines import date, iri, literal
from tertius.ontology.namespaces import ADMS, ORG, RDF, SKOS, TT, TTC, concept

_TYPE: Final = f"<{RDF}type>"
_LABEL: Final = f"<{SKOS}prefLabel>"
_FORMER: Final = f"<{SKOS}altLabel>"
_NOTATION: Final = f"<{SKOS}notation>"
_IN_SCHEME: Final = f"<{SKOS}inScheme>"
_IDENTIFIER: Final = f"<{ADMS}identifier>"
_IDENTIFIER_TYPE: Final = f"<{ADMS}Identifier>"
_ORGANIZATION_TYPE: Final = f"<{ORG}Organization>"
_ALLIANCE_TYPE: Final = f"<{TT}Alliance>"
_CIRCLE_TYPE: Final = f"<{TT}Circle>"
_PARTICIPATION_TYPE: Final = f"<{TT}Participation>"
_KEY: Final = f"<{TT}key>"
_AS_GIVEN: Final = f"<{TT}dateAsGiven>"
_LAST_OBSERVED: Final = f"<{TT}lastObserved>"
_ALLIANCE: Final = f"<{TT}alliance>"
_ORGANIZATION: Final = f"<{TT}organization>"
_ROLE: Final = f"<{TT}role>"
_PURPOSE: Final = f"<{TT}purpose>"
_SIZE: Final = f"<{TT}size>"
_CHECK: Final = f"<{TT}checkResult>"
_SCHEME: Final = f"<{TT}scheme>"
_FORM_AS_GIVEN: Final = f"<{TT}formAsGiven>"

_CIRCLES: Final = {
    "country": f"<{TT}country>",
    "sector": f"<{TT}sector>",
    "type": f"<{TT}organizationType>",
}

_CONCEPTS: Final = {
    "form": f"<{TT}form>",
    "equity": f"<{TT}equity>",
    "orientation": f"<{TT}orientation>",
    "governance": f"<{TT}governanceMode>",
    "search_channel": f"<{TT}searchChannel>",
    "selection_basis": f"<{TT}selectionBasis>",
    "coordination": f"<{TT}coordination>",
    "monitoring": f"<{TT}monitoring>",
    "senior_involvement": f"<{TT}seniorInvolvement>",
    "trust_basis": f"<{TT}trustBasis>",
}

_DATES: Final = {column: f"<{TT}{column}>" for column in ("start", "end", "from", "to")}


@cache
def _concept(scheme: str, name: str) -> str:
    return iri(concept(scheme, name))


class Statements:
    """Writes one source's facts as lines.

    Args:
        source: Name of the source.
        base: Base IRI of the individuals.
        labels: Circle column -> notation -> label for people.

    Raises:
        ValueError: The base is no IRI.
    """

    def __init__(self, source: str, base: str, labels: Mapping[str, Mapping[str, str]]) -> None:
        self.graph = ox.NamedNode(graph_iri(source, base))
        self._base = base
        self._labels = labels

    def lines(self, facts: Facts) -> Iterator[str]:
        """Yield every statement of the facts, organisations first, some lines at a time."""
        yield from self._circles(facts)
        for organization in facts.organizations:
            yield self._organization(organization)
        for alliance in facts.alliances.values():
            yield self._alliance(alliance)
        for participation in facts.participations():
            yield self._participation(participation)

    def quads(self, facts: Facts) -> Iterator[ox.Quad]:
        """Yield every statement of the facts as a quad; for few facts only."""
        return lines.quads(self.lines(facts), self.graph)

    def _circles(self, facts: Facts) -> Iterator[str]:
        seen: set[tuple[str, str]] = set()
        for organization in facts.organizations:
            for kind, text in organization.circles.items():
                code = notation(kind, text)
                if (kind, code) not in seen:
                    seen.add((kind, code))
                    circle = self._circle(kind, code)
                    label = self._labels.get(kind, {}).get(text)
                    label = label or (names().get(code) if kind == "country" else None) or text
                    yield (
                        f"{circle} {_TYPE} {_CIRCLE_TYPE} .\n{circle} {_NOTATION} {literal(code)} .\n"
                        f"{circle} {_LABEL} {literal(label)} .\n"
                        f"{circle} {_IN_SCHEME} <{TTC}circle-{kind}> .\n"
                    )

    def _organization(self, entry: Organization) -> str:
        node = self._node("organization", entry.key)
        said = (
            f'{node} {_TYPE} {_ORGANIZATION_TYPE} .\n{node} {_KEY} "{entry.key}" .\n'
            f"{node} {_LABEL} {literal(entry.name)} .\n"
        )
        for name in sorted(entry.former):
            said += f"{node} {_FORMER} {literal(name)} .\n"
        for kind, text in entry.circles.items():
            said += f"{node} {_CIRCLES[kind]} {self._circle(kind, notation(kind, text))} .\n"
        if entry.size:
            said += f"{node} {_SIZE} {literal(entry.size)} .\n"
        for scheme, value in entry.identifiers:
            own = self._node("identifier", key(scheme, value))
            said += (
                f"{node} {_IDENTIFIER} {own} .\n{own} {_TYPE} {_IDENTIFIER_TYPE} .\n"
                f"{own} {_NOTATION} {literal(value)} .\n{own} {_SCHEME} {_concept(SCHEME, scheme)} .\n"
                f"{own} {_CHECK} {_concept(CHECK, identify(scheme, value).check)} .\n"
            )
        return said

    def _alliance(self, entry: Alliance) -> str:
        node = self._node("alliance", entry.key)
        said = (
            f'{node} {_TYPE} {_ALLIANCE_TYPE} .\n{node} {_KEY} "{entry.key}" .\n'
            f"{node} {_LABEL} {literal(entry.name)} .\n"
        )
        for name in sorted(entry.former):
            said += f"{node} {_FORMER} {literal(name)} .\n"
        for column in ("start", "end"):
            said += _date(node, column, entry.dates.get(column))
        if purpose := entry.texts.get("purpose"):
            said += f"{node} {_PURPOSE} {literal(purpose)} .\n"
        form = entry.texts.get("form")
        if form and (form,) != entry.concepts.get("form"):
            said += f"{node} {_FORM_AS_GIVEN} {literal(form)} .\n"
        for column, notations in entry.concepts.items():
            for value in notations:
                said += f"{node} {_CONCEPTS[column]} {_concept(columns.SCHEMES[column], value)} .\n"
        return said

    def _participation(self, entry: Participation) -> str:
        node = self._node("participation", entry.key)
        said = (
            f"{node} {_TYPE} {_PARTICIPATION_TYPE} .\n"
            f"{node} {_ALLIANCE} {self._node('alliance', entry.alliance.key)} .\n"
            f"{node} {_ORGANIZATION} {self._node('organization', entry.organization.key)} .\n"
            f"{node} {_ROLE} {_concept('participation-role', entry.role)} .\n"
            f"{_date(node, 'from', entry.start)}{_date(node, 'to', entry.end)}"
        )
        if entry.observed is not None:
            said += f"{node} {_LAST_OBSERVED} {date(entry.observed)} .\n"
        for bounds in entry.seen:
            said += f"{node} {_AS_GIVEN} {literal(bounds)} .\n"
        return said

    def _node(self, kind: str, name: str) -> str:
        return f"<{self._base}id/{kind}/{name}>"

    def _circle(self, kind: str, code: str) -> str:
        return iri(individual("circle", f"{kind}-{code}", self._base))


def _date(node: str, column: str, given: Given | None) -> str:
    if given is None:
        return ""
    said = f"{node} {_DATES[column]} {date(given.day)} .\n"
    if given.precision is Precision.DAY:
        return said
    return f'{said}{node} {_AS_GIVEN} "{column}={given.text}" .\n'
