"""The ontology's own files, found inside the installed package."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

import pyoxigraph as ox

ROOT: Final = files("tertius.ontology")
"""Directory of the installed ontology."""


def modules() -> list[Traversable]:
    """Return the modules (classes, properties and concept schemes) in alphabetical order."""
    return _turtle(ROOT / "modules")


def shapes() -> list[Traversable]:
    """Return the SHACL files in alphabetical order."""
    return _turtle(ROOT / "shapes")


def triples(paths: Iterable[Traversable]) -> list[ox.Triple]:
    """Parse Turtle files into one list of triples; blank nodes of different files stay apart.

    Raises:
        SyntaxError: A file is not Turtle; the message says where.
    """
    return [
        quad.triple
        for path in paths
        for quad in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    ]


def _turtle(directory: Traversable) -> list[Traversable]:
    found = (path for path in directory.iterdir() if path.name.endswith(".ttl"))
    return sorted(found, key=lambda path: path.name)
