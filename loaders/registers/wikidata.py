"""Wikidata: organisations found by an identifier, as a SPARQL service answers (SPARQL 1.1 results in JSON).

The first column is named after the scheme asked about (`lei`, `gb_coh`) and holds the identifier; `item` is
the item that bears it; `what` and `said` are one fact about the item a row. `QUESTION` is what is asked.

An organisation's key comes from the identifier asked about, so that what Wikidata says of a LEI and what
GLEIF says of it are said of one organisation.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tertius.loaders.registers.bytes_in import open_bytes
from tertius.loaders.registers.json_in import document
from tertius.loaders.registers.records import (
    Layout,
    Left,
    Name,
    Raw,
    Registered,
    Statement,
    country,
    day,
    key_of,
    language,
    required,
)
from tertius.loaders.registers.walk import entries, mapping, text
from tertius.loaders.tables import refuse
from tertius.ontology.identifiers import identify

PROPERTIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "lei": "P1278",
        "ror": "P6782",
        "gb-coh": "P2622",
        "nl-kvk": "P3220",
        "grid": "P2427",
        "isin": "P946",
        "cik": "P5531",
        "isni": "P213",
    }
)
"""Properties of Wikidata that hold identifiers, by the scheme that they belong to."""

ASKED: Final = ("lei", "ror", "gb-coh", "nl-kvk")
"""Schemes by which Wikidata is asked, the most certain first."""

LANGUAGES: Final = ("en", "nl", "de", "fr")
"""Languages of names; a label in the first of them that there is becomes the main name."""

Said = tuple[str, str]
"""A text, and the language that it is in where that is told."""

Facts = dict[str, list[Said]]
"""What is said of an item, by what it is about."""

_ITEM: Final = re.compile(r"https?://www\.wikidata\.org/entity/(Q[1-9][0-9]*)")


def open_wikidata(path: Path, source: str) -> Layout:  # noqa: ARG001 - keys come from identifiers alone
    """Open an answer.

    Raises:
        TableError: It is none, or about no scheme that is known.
    """
    stream, _ = open_bytes(path)
    with stream:
        whole = mapping(document(stream, path))
    names = mapping(whole.get("head")).get("vars")
    results = mapping(whole.get("results")).get("bindings")
    first = str(names[0]) if isinstance(names, list) and names else ""
    scheme = first.replace("_", "-")
    if scheme not in PROPERTIES or not isinstance(results, list):
        refuse("unknown-layout", "not an answer about organisations by one of their identifiers", path)
    groups: dict[tuple[str, str], Facts] = defaultdict(lambda: defaultdict(list))
    for row in entries(results):
        cells = [mapping(row.get(name)) for name in (first, "item", "what", "said")]
        value, item, what, said = (text(cell, "value") for cell in cells)
        groups[value, item][what].append((said, language(cells[3].get("xml:lang"))))
    size = path.stat().st_size
    ordered = sorted(groups, key=lambda group: (group[0], len(group[1]), group[1]))
    records = (Raw(at, _Item(scheme, *group, groups[group])) for at, group in enumerate(ordered, start=1))
    return Layout("answer of Wikidata", records, _Taker(), lambda: size)


@dataclass(frozen=True, slots=True)
class _Item:
    """What is said of one item that bears one identifier."""

    scheme: str
    value: str
    item: str
    facts: Facts


class _Taker:
    """Turns what is said of one item into an organisation; of several items with one identifier the first."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, content: object) -> Iterator[Statement | Left]:
        """Yield the organisation."""
        if not isinstance(content, _Item):
            return
        number = required(content.scheme, content.value, content.scheme)
        place = _ITEM.fullmatch(content.item)
        said = {what: sorted(set(found)) for what, found in content.facts.items()}
        labels = sorted(said.get("label", []), key=lambda one: (_rank(one[1]), one))
        if place is None:
            yield Left("values that are no items")
        elif not labels:
            yield Left("items without a label in any of the languages asked for")
        elif key_of(number) in self._seen:
            yield Left("further items that bear the same identifier")
        else:
            self._seen.add(key_of(number))
            numbers = [number, identify("wikidata", place[1])]
            found = Registered(key_of(number), labels[0][0], identifiers=numbers)
            _name(found, labels[1:], said.get("alias", []))
            _describe(found, said)
            yield found


def _name(found: Registered, labels: Sequence[Said], aliases: Sequence[Said]) -> None:
    for kind, names in (("translated", labels), ("alternative", aliases)):
        for one, spoken in names:
            if one != found.name and all((one, spoken) != (name.text, name.language) for name in found.names):
                found.names.append(Name(one, kind, spoken))


def _describe(found: Registered, said: Mapping[str, Sequence[Said]]) -> None:
    for scheme in PROPERTIES:
        for one, _ in said.get(scheme, ()):
            known = identify(scheme, one)
            if known.well_formed and known not in found.identifiers:
                found.identifiers.append(known)
    found.country = next(filter(None, (country(one) for one, _ in said.get("country", ()))), "")
    for term in ("city", "website"):
        for one, _ in said.get(term, ())[:1]:
            found.say(term, one)
    founded = list(filter(None, (day(one) for one, _ in said.get("founded", ()))))
    if founded:
        # Wikidata writes a year alone as its first day, and does not tell the two apart in this answer.
        found.founded = (min(founded), (min(founded).month, min(founded).day) == (1, 1))
    found.dissolved = max(filter(None, (day(one) for one, _ in said.get("dissolved", ()))), default=None)


def _rank(spoken: str) -> int:
    return LANGUAGES.index(spoken) if spoken in LANGUAGES else len(LANGUAGES)


def question(scheme: str) -> str:
    """Return what is asked about identifiers of a scheme, with `$values` where their terms belong.

    Args:
        scheme: One of `ASKED`.
    """
    name = scheme.replace("-", "_")
    spoken = ", ".join(f'"{one}"' for one in LANGUAGES)
    facts = [
        f'{{ ?item rdfs:label ?said . FILTER(LANG(?said) IN ({spoken})) BIND("label" AS ?what) }}',
        f'{{ ?item skos:altLabel ?said . FILTER(LANG(?said) IN ({spoken})) BIND("alias" AS ?what) }}',
        '{ ?item wdt:P159/rdfs:label ?said . FILTER(LANG(?said) = "en") BIND("city" AS ?what) }',
        '{ ?item wdt:P17/wdt:P297 ?said . BIND("country" AS ?what) }',
        '{ ?item wdt:P856 ?said . BIND("website" AS ?what) }',
        '{ ?item wdt:P571 ?said . BIND("founded" AS ?what) }',
        '{ ?item wdt:P576 ?said . BIND("dissolved" AS ?what) }',
        *(
            f'{{ ?item wdt:{number} ?said . BIND("{other}" AS ?what) }}'
            for other, number in PROPERTIES.items()
            if other != scheme
        ),
    ]
    either = "\n  UNION ".join(facts)
    return (
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
        "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
        "PREFIX wdt: <http://www.wikidata.org/prop/direct/>\n"
        f"SELECT ?{name} ?item ?what ?said WHERE {{\n"
        f"  VALUES ?{name} {{ $values }}\n  ?item wdt:{PROPERTIES[scheme]} ?{name} .\n  {either}\n}}"
    )
