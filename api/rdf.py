"""Which serialisation stands behind each name that `format` takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tertius.store import ResultFormat

FORMATS: Final[Mapping[str, ResultFormat]] = {
    "json": ResultFormat.JSON,
    "xml": ResultFormat.XML,
    "csv": ResultFormat.CSV,
    "tsv": ResultFormat.TSV,
    "turtle": ResultFormat.TURTLE,
    "ntriples": ResultFormat.NTRIPLES,
    "rdfxml": ResultFormat.RDFXML,
    "jsonld": ResultFormat.JSONLD,
}
