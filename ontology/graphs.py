"""The ontology and the shapes as merged graphs."""

from __future__ import annotations

from functools import cache

import pyoxigraph as ox
from tertius.ontology import files
from tertius.ontology.namespaces import PREFIXES


@cache
def ontology_graph() -> tuple[ox.Triple, ...]:
    """Return umbrella, modules, concept schemes and stubs as one list of triples without blank nodes.

    Sorted, so that the same release always gives the same sequence. Alignments are left out: they are
    opinions about other vocabularies, for people, and lie in `alignments.ttl`.
    """
    triples = files.triples([files.ROOT / "tertius.ttl", files.ROOT / "external.ttl", *files.modules()])
    return tuple(sorted(set(triples), key=str))


@cache
def shapes_graph() -> tuple[ox.Triple, ...]:
    """Return every SHACL shape as one list of triples."""
    return tuple(files.triples(files.shapes()))


def serialize(triples: tuple[ox.Triple, ...], media: ox.RdfFormat = ox.RdfFormat.TURTLE) -> bytes:
    """Write triples with the project's prefixes; `media` is any format of pyoxigraph that fits triples."""
    return ox.serialize(triples, format=media, prefixes=dict(PREFIXES)) or b""
