"""Questions to the graph that the REST routes ask for themselves; values enter as terms, never as text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from pyoxigraph import Literal, NamedNode
from tertius.ontology import schemes
from tertius.ontology.namespaces import PREFIXES
from tertius.queries.binding import bind
from tertius.queries.tokens import tokenise
from tertius.store import Answer, Budget, Lane, ResultFormat, Store, solutions

Row = Mapping[str, str]

_PROLOGUE: Final = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in sorted(PREFIXES.items()))

# DISTINCT, because a statement that two sources make matches once in each of their graphs.
ALLIANCES_OF: Final = """
SELECT DISTINCT ?participation ?key ?role ?from ?to ?seen WHERE {
  ?participation tt:organization $organization ; tt:alliance ?alliance .
  ?alliance tt:key ?key .
  OPTIONAL { ?participation tt:role ?role }
  OPTIONAL { ?participation tt:from ?from }
  OPTIONAL { ?participation tt:to ?to }
  OPTIONAL { ?participation tt:lastObserved ?seen }
}"""

PARTNERS_IN: Final = """
SELECT DISTINCT ?participation ?key ?role ?from ?to ?seen WHERE {
  ?participation tt:alliance $alliance ; tt:organization ?organization .
  ?organization tt:key ?key .
  OPTIONAL { ?participation tt:role ?role }
  OPTIONAL { ?participation tt:from ?from }
  OPTIONAL { ?participation tt:to ?to }
  OPTIONAL { ?participation tt:lastObserved ?seen }
}"""

FEATURES_OF: Final = """
SELECT DISTINCT ?property ?value WHERE { $alliance ?property ?value . FILTER(isIRI(?value)) }"""

ABOUT_ORGANIZATION: Final = """
CONSTRUCT { $subject ?property ?value . ?value ?inner ?detail . ?record tt:canonicalRecord $subject } WHERE {
  {
    $subject ?property ?value .
    OPTIONAL { $subject adms:identifier|tt:circle ?value . ?value ?inner ?detail }
  } UNION { ?record tt:canonicalRecord $subject }
}"""

ABOUT_ALLIANCE: Final = """
CONSTRUCT {
  $subject ?property ?value .
  ?participation ?inner ?detail .
} WHERE {
  { $subject ?property ?value }
  UNION { ?participation tt:alliance $subject ; ?inner ?detail }
}"""

KINDS_OF_ORGANIZATION: Final = """
SELECT DISTINCT ?notation ?label WHERE {
  ?circle skos:inScheme ttc:circle-type ; skos:notation ?notation ; skos:prefLabel ?label .
}"""

POSITION_OF: Final = """
CONSTRUCT { ?position ?property ?value . ?set ?setProperty ?setValue } WHERE {
  ?position a tt:NetworkPosition ; tt:organization $subject ; tt:measureSet ?set ; ?property ?value .
  ?set tt:default true ; ?setProperty ?setValue .
}"""


class Graph:
    """The graph of one snapshot, as the REST routes ask it.

    Args:
        store: Where the snapshot is.
        snapshot: Its number.
        budget: What one question may use.
    """

    def __init__(self, store: Store, snapshot: int, budget: Budget) -> None:
        self._store = store
        self._snapshot = snapshot
        self._budget = budget

    def select(self, text: str, **terms: NamedNode | Literal) -> list[Row]:
        """Ask for solutions; each maps variables to the text of their values, unbound ones left out."""
        answer = self._ask(text, terms, ResultFormat.TURTLE)
        return [
            {name: term.value for name, term in row.items() if isinstance(term, NamedNode | Literal)}
            for row in solutions(answer)
        ]

    def construct(self, text: str, form: ResultFormat, **terms: NamedNode | Literal) -> Answer:
        """Ask for triples in a serialisation."""
        return self._ask(text, terms, form)

    def _ask(self, text: str, terms: Mapping[str, NamedNode | Literal], form: ResultFormat) -> Answer:
        bound = bind(list(tokenise(_PROLOGUE + text)), {name: (term,) for name, term in terms.items()})
        return self._store.query(
            bound,
            solutions=ResultFormat.JSON,
            graph=form,
            budget=self._budget,
            lane=Lane.REST,
            snapshot=self._snapshot,
        )


@cache
def _notations() -> Mapping[str, str]:
    return {
        concept.iri: concept.notation for scheme in schemes().values() for concept in scheme.concepts.values()
    }


def notation(iri: str) -> str:
    """Return the notation of one of the ontology's concepts; the last part of any other IRI."""
    return _notations().get(iri) or iri.rpartition("/")[2]
