"""Every IRI and prefix that Tertius knows; no other module spells one out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DEFAULT_BASE: Final = "https://w3id.org/tertius/"
"""Base of the individuals' IRIs when the settings name no other."""

TT: Final = "https://w3id.org/tertius/ontology#"
"""Terms of the Tertius ontology."""

TTC: Final = "https://w3id.org/tertius/concept/"
"""SKOS concepts of the ontology's own schemes: `<scheme>-<notation>`."""

TTS: Final = "https://w3id.org/tertius/shapes#"
"""SHACL shapes."""

FORMATS: Final = "http://www.w3.org/ns/formats/"
"""Serialisations, as a SPARQL service description names them."""

SD: Final = "http://www.w3.org/ns/sparql-service-description#"
VOID: Final = "http://rdfs.org/ns/void#"
ADMS: Final = "http://www.w3.org/ns/adms#"
DCAT: Final = "http://www.w3.org/ns/dcat#"
DCTERMS: Final = "http://purl.org/dc/terms/"
OWL: Final = "http://www.w3.org/2002/07/owl#"
ORG: Final = "http://www.w3.org/ns/org#"
PROV: Final = "http://www.w3.org/ns/prov#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
ROV: Final = "http://www.w3.org/ns/regorg#"
SCHEMA: Final = "https://schema.org/"
SH: Final = "http://www.w3.org/ns/shacl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "adms": ADMS,
        "dcat": DCAT,
        "dcterms": DCTERMS,
        "org": ORG,
        "owl": OWL,
        "prov": PROV,
        "rdf": RDF,
        "rdfs": RDFS,
        "rov": ROV,
        "sh": SH,
        "skos": SKOS,
        "tt": TT,
        "ttc": TTC,
        "tts": TTS,
        "xsd": XSD,
    }
)
"""Prefixes known without typing, in every query and every serialisation."""


def concept(scheme: str, notation: str) -> str:
    """Return the IRI of a concept of one of the ontology's own schemes.

    Args:
        scheme: Notation of the scheme, such as `orientation`.
        notation: Notation of the concept, such as `exploration`.
    """
    return f"{TTC}{scheme}-{notation}"
