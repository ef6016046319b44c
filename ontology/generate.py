"""Writes the files that follow from others: stubs, disjointness, terms and the JSON-LD context.

Run `python -m tertius.ontology.generate` after changing a module or a shape; a test compares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pyoxigraph as ox
from tertius.ontology import disjointness, external, files
from tertius.ontology.namespaces import OWL, PREFIXES, RDF, RDFS, SH, TT, XSD

_JSON_TYPES: Final = frozenset({XSD + "string", XSD + "boolean", XSD + "integer"})
"""Datatypes that JSON-LD reads from, and writes as, plain JSON values."""


def terms() -> str:
    """Return the module of IRI constants: one enumeration for classes, one for properties."""
    kinds = _own_terms()
    lines = [
        '"""IRIs of the ontology\'s classes and properties; generated from the modules, do not edit."""',
        "",
        "from enum import StrEnum",
    ]
    for title, doc, wanted in (
        ("Class", "Classes of the ontology.", {OWL + "Class"}),
        ("Property", "Properties of the ontology.", {OWL + "ObjectProperty", OWL + "DatatypeProperty"}),
    ):
        lines += ["", "", f"class {title}(StrEnum):", f'    """{doc}"""', ""]
        lines += [f'    {_constant(iri)} = "{iri}"' for iri, kind in sorted(kinds.items()) if kind in wanted]
    return "\n".join(lines) + "\n"


def context() -> str:
    """Return the JSON-LD context: prefixes, own and foreign terms, and how their values are typed.

    The ontology gives IRIs and numbers; dates, which OWL reasoners cannot read, get their type from the
    shapes.
    """
    datatypes = _shape_datatypes()
    entries: dict[str, Any] = {"id": "@id", "type": "@type"}
    entries |= {prefix: iri for prefix, iri in sorted(PREFIXES.items()) if prefix not in {"sh", "tts"}}
    for term in external.FOREIGN_TERMS:
        by_iri = {"@id": term.name, "@type": "@id"}
        entries[term.name.partition(":")[2]] = by_iri if term.kind is external.Kind.OBJECT else term.name
    for iri, kind in sorted(_own_terms().items()):
        name = iri.removeprefix(TT)
        if name in entries:
            raise ValueError(f"{name} would hide a foreign term of that name in the JSON-LD context")
        entries[name] = f"tt:{name}"
        if kind == OWL + "ObjectProperty":
            entries[name] = {"@id": f"tt:{name}", "@type": "@id"}
        elif iri in datatypes and datatypes[iri].startswith(XSD) and datatypes[iri] not in _JSON_TYPES:
            entries[name] = {"@id": f"tt:{name}", "@type": "xsd:" + datatypes[iri].removeprefix(XSD)}
    return json.dumps({"@context": entries}, indent=2) + "\n"


GENERATED: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "external.ttl": external.render,
        "modules/disjointness.ttl": disjointness.render,
        "terms.py": terms,
        "context.jsonld": context,
    }
)
"""Generated files by path inside the room, in the order in which they build on each other."""


def main() -> None:
    """Write every generated file into the room that this module was imported from."""
    room = Path(__file__).parent
    for path, render in GENERATED.items():
        (room / path).write_text(render(), encoding="utf-8")


def _own_terms() -> dict[str, str]:
    wanted = {OWL + "Class", OWL + "ObjectProperty", OWL + "DatatypeProperty"}
    return {
        subject.value: value.value
        for subject, predicate, value in files.triples(files.modules())
        if isinstance(subject, ox.NamedNode)
        and isinstance(value, ox.NamedNode)
        and predicate.value == RDF + "type"
        and value.value in wanted
        and subject.value.startswith(TT)
    }


def _shape_datatypes() -> dict[str, str]:
    """Map each property to the one datatype that all shapes and the ontology ask of it."""
    found: dict[str, set[str]] = {}
    shapes = files.triples(files.shapes())
    paths = {
        subject: value.value
        for subject, predicate, value in shapes
        if predicate.value == SH + "path" and isinstance(value, ox.NamedNode)
    }
    for subject, predicate, value in shapes:
        if predicate.value == SH + "datatype" and subject in paths and isinstance(value, ox.NamedNode):
            found.setdefault(paths[subject], set()).add(value.value)
    for subject, predicate, value in files.triples(files.modules()):
        if (
            predicate.value == RDFS + "range"
            and isinstance(subject, ox.NamedNode)
            and isinstance(value, ox.NamedNode)
            and value.value.startswith(XSD)
        ):
            found.setdefault(subject.value, set()).add(value.value)
    return {iri: datatypes.pop() for iri, datatypes in found.items() if len(datatypes) == 1}


def _constant(iri: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", iri.removeprefix(TT)).upper()


if __name__ == "__main__":
    main()
