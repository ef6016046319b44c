"""One snapshot with a source of every register, made once; only read it."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.loaders import LoadJob, LoadReport, load
from tertius.ontology.identity import graph
from tertius.ontology.namespaces import DEFAULT_BASE, PREFIXES
from tertius.store import Snapshots

DATA = Path(__file__).parent / "data"

SOURCES = {
    "gleif": ("gleif", "gleif-level-1.xml", "gleif-level-2.xml", "gleif-exceptions.xml"),
    "gleif-api": ("gleif", "gleif-api-records.json"),
    "companies": ("companies-house", "companies-house.csv"),
    "control": ("companies-house", "companies-house-control.jsonl"),
    "ror": ("ror", "ror.json"),
    "owners": ("bods", "bods-fermcat.json", "bods-fi-soe.json", "bods-indirect.json"),
}


class World:
    """What was loaded: reports by source, and the triples of each source's graph."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.reports: dict[str, LoadReport] = {}
        for source, (register, *files) in SOURCES.items():
            paths = tuple(DATA / name for name in files)
            self.reports[source] = load(LoadJob(data=data, source=source, files=paths, mapping=register))
        self.snapshot = Snapshots(data).current()
        self.store = ox.Store.read_only(str(self.snapshot.store_path))

    def rows(self, source: str, pattern: str) -> list[tuple[str | None, ...]]:
        """Run `SELECT ... { GRAPH <source> { pattern } }`; the pattern begins with the variables."""
        names, _, where = pattern.partition("{")
        prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
        text = f"{prefixes}SELECT {names} {{ GRAPH <{graph(source)}> {{ {where} }} }}"
        found = self.store.query(text)
        return [tuple(term.value if term else None for term in row) for row in found]

    def triples(self, source: str) -> list[ox.Quad]:
        return list(self.store.quads_for_pattern(None, None, None, ox.NamedNode(graph(source))))


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> World:
    return World(tmp_path_factory.mktemp("registers") / "data")


def iri(key: str) -> str:
    return f"{DEFAULT_BASE}id/organization/{key}"
