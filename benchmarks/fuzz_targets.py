"""What is fuzzed: every reader of what strangers wrote, with the small files that each begins with.

What a reader may do with any input is to read it or to refuse it in its own words. Where what was read
becomes statements, those must be N-Triples, whatever the input put into them.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pyoxigraph as ox
from tertius.loaders import Enrichment, LoadError, LoadJob, load
from tertius.loaders.mapping import Mapping, load_mapping
from tertius.loaders.reading import read
from tertius.loaders.registers.reading import RegisterReader
from tertius.loaders.registers.records import Registered
from tertius.loaders.registers.shipped import REGISTERS
from tertius.loaders.registers.staging import Staging
from tertius.loaders.registers.statements import RegisterStatements
from tertius.loaders.reviewed import read_reviewed
from tertius.loaders.statements import Statements
from tertius.loaders.tables import TableError, open_table
from tertius.ontology.namespaces import DEFAULT_BASE
from tertius.queries.errors import QueryError
from tertius.queries.guard import check_read_only
from tertius.queries.tokens import join, tokenise
from tertius.store import Fetched, OutboundError, Provenance, parse_services

from benchmarks import fuzz_seeds

MOST_RECORDS: Final = 200
MOST_LINES: Final = 5_000
_WHEN: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads.

    Attributes:
        read: Reads a file; raises what no reader should.
        starts: What mutations begin with.
        json: Whether inputs are JSON, of which mutations change the values as well as the bytes.
    """

    read: Callable[[Path], None]
    starts: list[bytes]
    json: bool = False


def query(path: Path) -> None:
    """Tokens put together are the text again, and the guard answers or refuses."""
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    if join(tokenise(text)) != text:
        raise AssertionError("tokens lose a part of the text")
    try:
        check_read_only(text)
    except QueryError:
        return


def table(path: Path) -> None:
    """Every row of a table is read."""
    try:
        with open_table(path) as opened:
            for number, _ in enumerate(opened.rows):
                if number > MOST_RECORDS:
                    return
    except TableError:
        return


def alliances(mapping: str | None) -> Callable[[Path], None]:
    """Return what reads an alliance table, or one that a mapping explains, into statements."""
    known, _ = load_mapping(mapping)

    def run(path: Path) -> None:
        _facts(path, known)

    return run


def _facts(path: Path, mapping: Mapping) -> None:
    try:
        reading = read((path,), "fuzz", mapping, None)
    except TableError:
        return
    if not reading.problems:
        _parsed(Statements("fuzz", DEFAULT_BASE, mapping.labels).lines(reading.facts))


def mapping_file(path: Path) -> None:
    """A mapping file is read, and explains a small table."""
    try:
        found, _ = load_mapping(path)
    except TableError:
        return
    rows = path.with_name("table.csv")
    rows.write_text("alliance,partner,start,snapshot_date,org_name\na1,One,2015,2020-01-01,A\n")
    _facts(rows, found)


def reviewed(path: Path) -> None:
    """A table of pairs with verdicts is read."""
    try:
        read_reviewed(path, by="fuzz", when=_WHEN)
    except TableError:
        return


class Register:
    """Reads a register's file into statements."""

    def __init__(self, name: str) -> None:
        self._name, self._runs = name, 0
        self._stack = ExitStack()

    def __call__(self, path: Path) -> None:
        """Read one file."""
        # One file of names for many runs: making one for each would take most of the time.
        if self._runs % 500 == 0:
            names = path.with_name(f"names-{self._runs}.sqlite")
            self._stack.close()
            self._names = _Names(names)
            self._stack.callback(names.unlink)
            self._stack.callback(self._names.close)
        self._runs += 1
        statements = RegisterStatements("fuzz", DEFAULT_BASE)
        reader = RegisterReader(REGISTERS[self._name], "fuzz", statements, self._names)
        try:
            _parsed(islice(chain.from_iterable(reader.batches((path,), lambda *_: None)), MOST_LINES))
        except TableError:
            return
        finally:
            self._names.forget_all()


class _Names(Staging):
    """Names put aside, of which the next run knows nothing."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._keys: set[str] = set()

    def add(self, entry: Registered) -> tuple[bool, bool]:
        """Put an organisation aside."""
        self._keys.add(entry.key)
        return super().add(entry)

    def forget_all(self) -> None:
        """Forget what this run put aside."""
        for key in self._keys:
            self.forget(key)
        self._keys.clear()


def _parsed(lines: Iterator[str]) -> None:
    text = "".join(lines).encode()
    for _ in ox.parse(text, format=ox.RdfFormat.N_TRIPLES):
        pass


class Live:
    """Takes an answer of a register that is asked over the network, and reads what becomes of it."""

    def __init__(self, name: str) -> None:
        self._name, self._reader = name, Register(name)
        (self._service,) = parse_services(f"{name}=https://register.example/").values()

    def __call__(self, path: Path) -> None:
        """Take one answer."""
        data = path.with_name("data")
        if not data.exists():
            table = path.with_name("mine.csv")
            table.write_text(fuzz_seeds.BEARERS)
            load(LoadJob(data=data, source="mine", files=(table,)))
        said = path.read_bytes()
        outbound: Any = SimpleNamespace(
            fetch=lambda _: Fetched(self._provenance(len(said)), io.BytesIO(said)),
            service=lambda _: self._service,
        )
        try:
            with Enrichment(data, self._name).fetched(outbound, lambda *_: None) as job:
                for file in job.files:
                    self._reader(file)
        except (OutboundError, LoadError):
            return

    def _provenance(self, size: int) -> Provenance:
        return Provenance(self._name, self._service.url, _WHEN, "", 200, "application/json", size)


def targets() -> dict[str, Target]:
    """Return every target by name."""
    found = {
        "query": Target(query, fuzz_seeds.QUERIES),
        "table": Target(table, fuzz_seeds.TABLES),
        "alliances": Target(alliances(None), fuzz_seeds.ALLIANCES),
        "observed": Target(alliances("cncf-membership"), fuzz_seeds.OBSERVED),
        "mapping": Target(mapping_file, fuzz_seeds.MAPPINGS),
        "reviewed": Target(reviewed, fuzz_seeds.REVIEWED),
    }
    for name, (register, starts, is_json) in fuzz_seeds.registers().items():
        found[name] = Target(Register(register), starts, is_json)
    for name, start in fuzz_seeds.answers().items():
        found[f"live-{name}"] = Target(Live(name), start, json=True)
    return found
