"""Registers asked over the network: what they say of organisations that are here becomes a source of its own.

Nothing is written until every answer is whole. The answers then go through the door of every other load, as
files of a register with the addresses they came from.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pyoxigraph import Literal
from tertius.loaders.job import LoadError, LoadJob, LoadReport
from tertius.loaders.problems import Problem
from tertius.loaders.registers.companies_house_api import PROFILE
from tertius.loaders.registers.walk import mapping
from tertius.loaders.registers.wikidata import ASKED, question
from tertius.ontology.namespaces import DEFAULT_BASE
from tertius.queries.binding import bind
from tertius.queries.tokens import tokenise
from tertius.store import (
    Fetched,
    Outbound,
    OutboundRequest,
    Provenance,
    ServiceUnavailable,
    Snapshots,
)
from tertius.store.outbound_sparql import sparql_request
from tertius.store.search_file import reading

LIVE: Final = ("companies-house", "gleif", "wikidata")
"""Registers that can be asked; the services in the settings have the same names."""

_SCHEMES: Final = {"companies-house": ("gb-coh",), "gleif": ("lei",), "wikidata": ASKED}
_AT_ONCE: Final = 100
_PARENTS: Final = ("direct-parent-relationship", "ultimate-parent-relationship")
_JSON_API: Final = {"Accept": "application/vnd.api+json"}

Advance = Callable[[int, int], None]
"""Told how many identifiers have been asked about, and of how many."""


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What a live register is asked about, and what becomes of its answers.

    Attributes:
        data: Data directory.
        register: One of `LIVE`.
        of: Source whose organisations are asked about; `None` for those of every source.
        source: Name of the source that the answers become; made of the two where it is empty.
        base: Base IRI of the individuals.
        keep: Published snapshots to keep.
        parents: Whether GLEIF is also asked for the parents of each organisation, two requests for each.
        key: Key of the register's API, where it wants one.
    """

    data: Path
    register: str
    of: str | None = None
    source: str = ""
    base: str = DEFAULT_BASE
    keep: int = 5
    parents: bool = False
    key: str = field(default="", repr=False)

    @property
    def target(self) -> str:
        """Name of the source that the answers become."""
        return self.source or f"{self.register}-{self.of or 'live'}"

    @contextmanager
    def fetched(self, outbound: Outbound, advance: Advance) -> Iterator[LoadJob]:
        """Ask the register and give the job that loads what it said; the files are gone afterwards.

        Args:
            outbound: Who asks.
            advance: Told how far the asking is.

        Raises:
            LoadError: There is nothing to ask about, or the register knows none of it.
            OutboundError: The register is not configured, cannot be reached, or gives no usable answer.
        """
        outbound.service(self.register)
        asked = {scheme: self._identifiers(scheme) for scheme in _SCHEMES[self.register]}
        total = sum(map(len, asked.values()))
        if not total:
            raise self._nothing(
                f"no organisation of {self.of or 'any source'} has an identifier that {self.register} "
                f"is asked by ({', '.join(asked)})"
            )
        with tempfile.TemporaryDirectory(prefix="tertius-enrich-") as folder:
            answers = _Answers(Path(folder), self.register)
            done = 0
            for scheme, values in asked.items():
                for start in range(0, len(values), _AT_ONCE):
                    some = values[start : start + _AT_ONCE]
                    self._ask(outbound, answers, scheme, some)
                    done += len(some)
                    advance(done, total)
            if not answers.files:
                raise self._nothing(
                    f"{self.register} knows none of the {total:,} identifiers it was asked by"
                )
            yield LoadJob(
                data=self.data,
                source=self.target,
                files=tuple(answers.files),
                mapping=self.register,
                base=self.base,
                retrieved=min(one.retrieved for one in answers.provenance).date(),
                keep=self.keep,
                origins=tuple(answers.origins),
            )

    def _identifiers(self, scheme: str) -> list[str]:
        """Return the identifiers of a scheme that organisations bear, not counting an earlier answer."""
        snapshot = Snapshots(self.data).current()
        if snapshot is None:
            raise self._nothing("there is no snapshot; load data first")
        if self.of is not None and self.of not in snapshot.manifest.sources:
            known = ", ".join(sorted(snapshot.manifest.sources)) or "none"
            raise self._nothing(f"there is no source '{self.of}'; there are: {known}")
        with closing(reading(snapshot.search_path)) as database:
            rows = database.execute(
                "SELECT DISTINCT value FROM mention_identifier WHERE scheme = :scheme AND source <> :own "
                "AND (:source IS NULL OR source = :source) ORDER BY value",
                {"scheme": scheme, "own": self.target, "source": self.of},
            )
            return [value for (value,) in rows]

    def _nothing(self, message: str) -> LoadError:
        problem = Problem("nothing-to-ask", message)
        report = LoadReport(self.target, problems=(problem,), problem_count={problem.code: 1})
        return LoadError(message, report)

    def _ask(self, outbound: Outbound, answers: _Answers, scheme: str, values: Sequence[str]) -> None:
        if self.register == "gleif":
            self._ask_gleif(outbound, answers, values)
        elif self.register == "wikidata":
            terms = {"values": [Literal(value) for value in values]}
            text = bind(tokenise(question(scheme)), terms)
            with outbound.fetch(sparql_request(outbound.service(self.register), text)) as found:
                if mapping(json_of(found).get("results")).get("bindings"):
                    answers.keep(found, scheme)
        else:
            secret = None
            if self.key:
                secret = "Basic " + base64.b64encode(f"{self.key}:".encode()).decode()
            for value in values:
                request = OutboundRequest(self.register, f"/company/{value}", missing=True, secret=secret)
                with outbound.fetch(request) as found:
                    if found.provenance.status == 200:
                        answers.add_line(found, outbound.service(self.register).url)

    def _ask_gleif(self, outbound: Outbound, answers: _Answers, values: Sequence[str]) -> None:
        page, last = 1, 1
        while page <= last:
            query = (
                ("filter[lei]", ",".join(values)),
                ("page[size]", str(_AT_ONCE)),
                ("page[number]", str(page)),
            )
            request = OutboundRequest(self.register, "/lei-records", query, headers=_JSON_API)
            with outbound.fetch(request) as found:
                said = json_of(found)
                if not isinstance(said.get("data"), list):
                    raise _strange(self.register)
                pages = mapping(mapping(said.get("meta")).get("pagination")).get("lastPage")
                last = min(pages, _AT_ONCE) if isinstance(pages, int) else 1
                if said["data"]:
                    answers.keep(found, "records")
            page += 1
        if not self.parents:
            return
        for value in values:
            for kind in _PARENTS:
                request = OutboundRequest(
                    self.register, f"/lei-records/{value}/{kind}", headers=_JSON_API, missing=True
                )
                with outbound.fetch(request) as found:
                    if found.provenance.status == 200:
                        answers.keep(found, "relationship")


class _Answers:
    """Answers as files of a register, with where each comes from."""

    def __init__(self, folder: Path, register: str) -> None:
        self.files: list[Path] = []
        self.origins: list[tuple[str, str]] = []
        self.provenance: list[Provenance] = []
        self._folder, self._register = folder, register

    def keep(self, found: Fetched, kind: str) -> None:
        """Put an answer aside as a file of its own."""
        found.rewind()
        path = self._next(kind, "json", found.provenance.url)
        with path.open("wb") as file:
            while chunk := found.file.read(65_536):
                file.write(chunk)
        self.provenance.append(found.provenance)

    def add_line(self, found: Fetched, url: str) -> None:
        """Add an answer to one file that has one a line, all of them from one service."""
        if not self.files:
            self._next("profiles", "jsonl", url)
        # Escaped, because JSON can tell half a character, of which no UTF-8 can be made.
        with self.files[0].open("a", encoding="ascii") as file:
            said = json_of(found)
            # First, for it is by this that the kind of file is known.
            told = {PROFILE: said.get(PROFILE), **said}
            file.write(json.dumps(told) + "\n")
        self.provenance.append(found.provenance)

    def _next(self, kind: str, ending: str, url: str) -> Path:
        path = self._folder / f"{self._register}-{kind}-{len(self.files) + 1:04}.{ending}"
        self.files.append(path)
        self.origins.append((path.name, url))
        return path


def json_of(found: Fetched) -> dict[str, object]:
    """Read an answer that is one JSON object.

    Raises:
        ServiceUnavailable: It is none.
    """
    try:
        said = json.loads(found.read())
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise _strange(found.provenance.service)
    return said


def _strange(service: str) -> ServiceUnavailable:
    return ServiceUnavailable(service, "answer", "sent an answer of another shape than its API has")
