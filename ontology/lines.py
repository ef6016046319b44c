"""Statements as lines of N-Triples, for whatever there is much of.

The engine's bulk loader reads text while Python writes it; an object for each statement would cost more than
everything else together.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import pyoxigraph as ox
from tertius.ontology.namespaces import XSD

_PIECE: Final = 4000
"""Strings, of one or a few lines each, that are handed on at once."""

_MARKS: Final = re.compile('[\x00-\x1f"\\\\\x7f\ufffe\uffff]')
_ESCAPES: Final = {code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF)} | {
    ord(mark): f"\\{letter}" for mark, letter in zip('\b\t\n\f\r"\\', 'btnfr"\\', strict=True)
}


@lru_cache(maxsize=1 << 16)
def iri(text: str) -> str:
    """Return an IRI as a term.

    Raises:
        ValueError: It is not an IRI.
    """
    return str(ox.NamedNode(text))


def literal(text: str) -> str:
    """Return a text as a term, spelled as the engine spells it."""
    return f'"{text.translate(_ESCAPES)}"' if _MARKS.search(text) else f'"{text}"'


@lru_cache(maxsize=1 << 16)
def date(day: dt.date) -> str:
    """Return a day as a term of the datatype `xsd:date`."""
    return f'"{day.isoformat()}"^^<{XSD}date>'


def pieces(lines: Iterable[str]) -> Iterator[bytes]:
    """Join lines into pieces worth handing to the engine.

    Args:
        lines: Strings of one or more whole lines each, consumed once.
    """
    ahead: list[str] = []
    for line in lines:
        ahead.append(line)
        if len(ahead) == _PIECE:
            yield "".join(ahead).encode()
            ahead.clear()
    if ahead:
        yield "".join(ahead).encode()


def quads(lines: Iterable[str], graph: ox.NamedNode) -> Iterator[ox.Quad]:
    """Read lines back as quads of a graph, for whoever must look at them one by one.

    Raises:
        SyntaxError: A line is not one statement in N-Triples.
    """
    for piece in pieces(lines):
        for read in ox.parse(piece, ox.RdfFormat.N_TRIPLES):
            yield ox.Quad(read.subject, read.predicate, read.object, graph)
