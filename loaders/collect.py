"""Rows become facts: every cell is checked, every contradiction named."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from tertius.loaders import columns
from tertius.loaders.binding import Binding
from tertius.loaders.constants import Constants
from tertius.loaders.countries import ALIASES, parse_country
from tertius.loaders.facts import ONGOING, Alliance, Facts, Organization, Place
from tertius.loaders.mapping import Mapping
from tertius.loaders.observed import Sighting, Sightings
from tertius.loaders.problems import Problem, Problems, shorten
from tertius.loaders.tables import CELL_CAP
from tertius.loaders.values import (
    FORBIDDEN,
    Given,
    Precision,
    ValueProblem,
    clean,
    doubt,
    parse_date,
    parse_identifier,
    parse_notation,
)
from tertius.ontology.identity import key
from tertius.queries.network.columns import PARTITIONS

T = TypeVar("T")

_ROLE: Final = "partner"
"""The role where a row names none."""


@dataclass(slots=True)
class Collector:
    """Turns the rows of a source's files into facts, one file after another.

    Attributes:
        source: Name of the source.
        mapping: How columns and values are to be read.
        constants: What alliances have where no row says otherwise.
        facts: What the rows say.
        problems: What is wrong.
        notes: What was decided.
        tally: Counts behind the notes that are written once, at the end.
        sightings: Observations not yet turned into participations, where rows are observations.
    """

    source: str
    mapping: Mapping
    constants: Constants
    facts: Facts
    problems: Problems = field(default_factory=Problems)
    notes: Problems = field(default_factory=Problems.of_notes)
    tally: Counter[tuple[str, str]] = field(default_factory=Counter)
    sightings: Sightings = field(default_factory=Sightings)
    _organizations: dict[tuple[str, str], Organization] = field(default_factory=dict)
    _unlocated: set[str] = field(default_factory=set)
    _located: set[str] = field(default_factory=set)

    def file(self, name: str, binding: Binding) -> FileCollector:
        """Return what takes the rows of one file."""
        return FileCollector(self, name, binding)

    def organization(self, partner: str, country: str, identifiers: MappingOf[str, str]) -> Organization:
        """Return the organisation that a row means, making it at its first mention."""
        rule = self.mapping.identity
        scheme = rule.removeprefix(columns.IDENTIFIER)
        value = identifiers.get(scheme)
        if value:
            identity, parts = (scheme, value), [scheme, value]
        else:
            where = "" if rule == "name" else country
            identity, parts = (where, partner), [self.source, partner, where]
            if rule == "name+country":
                (self._located if country else self._unlocated).add(partner)
            elif rule != "name":
                self.tally["without-identifier", scheme] += 1
        known = self._organizations.get(identity)
        if known is None:
            known = Organization(key(*parts), partner, number=len(self.facts.organizations))
            self._organizations[identity] = known
            self.facts.organizations.append(known)
        return known

    def half_located(self) -> int:
        """Return how many names occur both with and without a country, as two organisations each."""
        return len(self._located & self._unlocated)


class FileCollector:
    """Takes the rows of one file.

    Attributes:
        rows: Rows taken.
        right: Rows without a problem.
    """

    def __init__(self, collector: Collector, name: str, binding: Binding) -> None:
        self.rows = self.right = 0
        self._to, self._name, self._binding = collector, name, binding
        self._places = binding.places
        self._used = sorted(set(binding.places.values()))
        self._alliance = [c for c in columns.ALLIANCE if c in self._places]
        self._identifiers = [c for c in self._places if c.startswith(columns.IDENTIFIER)]
        described = [*columns.ORGANIZATION, *self._identifiers]
        self._organization = [c for c in described if c in self._places]
        self._values = {
            column: {given.casefold(): meant for given, meant in table.items()}
            for column, table in collector.mapping.values.items()
        }
        self._fill = {c: v for c, v in collector.mapping.constants.items() if c not in columns.ALLIANCE}
        self._number = 0
        # One for all values of a row: millions of alliances keep the place of each.
        self._place: Place = (name, 0)
        self._wrong = False

    def row(self, number: int, cells: list[str]) -> None:
        """Take a row: add what it says to the facts, or its problems to the problems."""
        self._number, self._wrong = number, False
        self._place = self._name, number
        self.rows += 1
        if self._sound(cells):
            self._take(cells)
        self.right += not self._wrong

    def _sound(self, cells: list[str]) -> bool:
        width = len(self._binding.headers)
        if len(cells) != width:
            message = (
                f"{len(cells)} cells where the header has {width}; look for a missing quote or delimiter"
            )
            self._problem("ragged-row", message)
            return False
        used = "\t".join([cells[place] for place in self._used])
        if len(used) > CELL_CAP or FORBIDDEN.search(used):
            for column, place in self._places.items():
                if len(cells[place]) > CELL_CAP:
                    self._problem("giant-cell", f"longer than {CELL_CAP:,} characters", column, cells[place])
                elif found := FORBIDDEN.search(cells[place]):
                    message = f"holds the invisible character U+{ord(found.group()):04X}; remove it"
                    self._problem("invisible-character", message, column, cells[place])
        return not self._wrong

    def _take(self, cells: list[str]) -> None:
        given, partner = self._name_in("alliance", cells), ""
        if not given:
            self._problem(
                "missing-value", "the cell is empty, but every row must name its alliance", "alliance"
            )
        if self._binding.part == "participations":
            partner = self._name_in("partner", cells)
            if not partner:
                self._problem(
                    "missing-value", "the cell is empty, but every row must name a partner", "partner"
                )
        if self._wrong:
            return
        alliance = self._to.facts.alliance(self._to.source, given)
        alliance.listed |= self._binding.part == "alliances"
        self._formerly("alliance", cells, alliance)
        self._describe_alliance(alliance, cells)
        if partner:
            self._participation(alliance, partner, cells)
            for place, said in self._binding.remarks.items():
                if remark := said.get(cells[place].casefold()):
                    self._to.tally["remark", remark] += 1

    def _name_in(self, column: Literal["alliance", "partner"], cells: list[str]) -> str:
        name = clean(self._value(column, cells))
        renames = self._to.mapping.renames.get(column)
        return renames.get(name.casefold(), name) if renames else name

    def _formerly(
        self, column: Literal["alliance", "partner"], cells: list[str], entry: Alliance | Organization
    ) -> None:
        """Keep the name that a row gives where the mapping knows a later one."""
        renames = self._to.mapping.renames.get(column)
        if renames and (new := renames.get((name := clean(self._value(column, cells))).casefold())):
            entry.former |= {name}
            self._to.tally["rename", f"'{shorten(name)}' is '{shorten(new)}'"] += 1

    def _value(self, column: str, cells: list[str]) -> str:
        place = self._places.get(column)
        text = cells[place] if place is not None else ""
        table = self._values.get(column)
        if table:
            text = table.get(text.casefold(), text)
        return text or self._fill.get(column, "")

    def _describe_alliance(self, alliance: Alliance, cells: list[str]) -> None:
        seen = (self._name, *[cells[self._places[column]] for column in self._alliance])
        if seen == alliance.seen:
            return
        for column in self._alliance:
            text = self._value(column, cells)
            if text:
                self._alliance_value(alliance, column, text, cells[self._places[column]])
        first, last = alliance.dates.get("start"), alliance.dates.get("end")
        if not self._wrong and first and last and last.day < first.day:
            row = alliance.places["start"][1]
            message = f"the alliance ends on {last.day} but starts on {first.day} (row {row})"
            self._problem("end-before-start", message, "end" if "end" in self._places else "start")
        if not self._wrong:
            alliance.seen = seen

    def _alliance_value(self, alliance: Alliance, column: str, text: str, written: str) -> None:
        try:
            if column in {"start", "end"}:
                date = parse_date(text, end=column == "end")
                self._agree(alliance, column, alliance.dates, date, lambda value: value.day)
            elif column == "form":
                self._agree(alliance, column, alliance.texts, clean(written or text), str.casefold)
                self._form(alliance, text)
            elif column in columns.SCHEMES:
                parts = text.split(self._to.mapping.separator) if column in columns.MANY else [text]
                scheme = columns.SCHEMES[column]
                notations = tuple(
                    dict.fromkeys(parse_notation(scheme, p.strip()) for p in parts if p.strip())
                )
                self._agree(alliance, column, alliance.concepts, notations, frozenset)
            else:
                self._agree(alliance, column, alliance.texts, clean(text), str)
        except ValueProblem as problem:
            self._problem(problem.code, str(problem), column, text)

    def _form(self, alliance: Alliance, text: str) -> None:
        try:
            alliance.concepts["form"] = (parse_notation("alliance-form", text),)
        except ValueProblem:
            self._to.tally["form", alliance.texts["form"]] += 1

    def _agree(
        self, alliance: Alliance, column: str, values: dict[str, T], value: T, same: Callable[[T], object]
    ) -> None:
        known = values.setdefault(column, value)
        place = alliance.places.setdefault(column, self._place)
        if same(known) != same(value):
            there = f"row {place[1]}" + ("" if place[0] == self._name else f" of {place[0]}")
            message = (
                f"{_shown(value)} here, but {_shown(known)} in {there}, for the same alliance "
                f"'{shorten(alliance.given)}'; all its rows must agree"
            )
            self._problem("contradiction", message, column)

    def _participation(self, alliance: Alliance, partner: str, cells: list[str]) -> None:
        country = self._country(cells)
        identifiers = self._identify(cells)
        role = self._notation("role", "participation-role", cells) or _ROLE
        start, end, ongoing = self._period(cells)
        day = self._snapshot(cells)
        if self._wrong:
            return
        organization = self._to.organization(partner, country, identifiers)
        seen = tuple([cells[self._places[column]] for column in self._organization])
        if seen != organization.seen:
            self._describe_organization(organization, country, identifiers, cells)
            organization.seen = seen
        self._formerly("partner", cells, organization)
        if day is not None:
            sighting = Sighting(organization.number, alliance.number, day, role, start, self._number)
            self._to.sightings.append(sighting)
            return
        self._to.facts.add(organization, alliance, role, start, end, ongoing=ongoing, row=self._number)

    def _snapshot(self, cells: list[str]) -> dt.date | None:
        """Return the day on which a row's membership was observed; None where rows are no observations."""
        if not self._to.mapping.observed or self._binding.snapshot is not None:
            return self._binding.snapshot
        text = self._value(columns.SNAPSHOT, cells)
        if not text:
            message = "the cell is empty, but every row must say when the membership was seen"
            self._problem("missing-value", message, columns.SNAPSHOT)
            return None
        try:
            given = parse_date(text, end=False)
        except ValueProblem as problem:
            self._problem(problem.code, str(problem), columns.SNAPSHOT, text)
            return None
        if given.precision is not Precision.DAY:
            self._problem("bad-date", "a snapshot has a day; write YYYY-MM-DD", columns.SNAPSHOT, text)
        return given.day

    def _country(self, cells: list[str]) -> str:
        text = self._value("country", cells)
        if not text:
            return ""
        try:
            code = parse_country(text)
        except ValueProblem as problem:
            self._problem(problem.code, str(problem), "country", text)
            return ""
        if text.upper() in ALIASES:
            self._to.tally["country", text.upper()] += 1
        return code

    def _identify(self, cells: list[str]) -> dict[str, str]:
        found = {}
        for column in self._identifiers:
            text = self._value(column, cells)
            if not text:
                continue
            scheme = column.removeprefix(columns.IDENTIFIER)
            try:
                found[scheme] = parse_identifier(scheme, text)
            except ValueProblem as problem:
                if column in self._to.mapping.lenient:
                    self._note("identifier-left-out", f"left out: {problem}", column, text)
                else:
                    self._problem(problem.code, str(problem), column, text)
            else:
                if reason := doubt(scheme, found[scheme]):
                    self._note("identifier-doubtful", reason, column, text)
        return found

    def _notation(self, column: str, scheme: str, cells: list[str]) -> str:
        text = self._value(column, cells)
        try:
            return parse_notation(scheme, text) if text else ""
        except ValueProblem as problem:
            self._problem(problem.code, str(problem), column, text)
            return ""

    def _period(self, cells: list[str]) -> tuple[Given | None, Given | None, bool]:
        dates: dict[str, Given | None] = {"from": None, "to": None}
        ongoing = False
        for column in dates:
            text = self._value(column, cells)
            if column == "to" and text.casefold() == ONGOING:
                ongoing = True
                if self._to.facts.observed is None:
                    message = (
                        "an ongoing participation needs the day on which the table was fetched ('retrieved')"
                    )
                    self._problem("ongoing-undated", message, column, text)
            elif text:
                try:
                    dates[column] = parse_date(text, end=column == "to")
                except ValueProblem as problem:
                    self._problem(problem.code, str(problem), column, text)
        first, last = dates["from"], dates["to"]
        if first and last and last.day < first.day:
            message = f"the participation ends on {last.day} but starts on {first.day}"
            self._problem("end-before-start", message, "to")
        return first, last, ongoing

    def _describe_organization(
        self, organization: Organization, country: str, identifiers: dict[str, str], cells: list[str]
    ) -> None:
        name = clean(self._value("partner_name", cells))
        if name and not organization.named:
            organization.name, organization.named = name, True
        elif name and name != organization.name:
            self._differs(organization, "partner_name", name, organization.name)
        for kind in PARTITIONS:
            text = country if kind == "country" else clean(self._value(kind, cells))
            if text and organization.circles.setdefault(kind, text) != text:
                self._differs(organization, kind, text, organization.circles[kind])
        size = clean(self._value("size", cells))
        if size and organization.size and size != organization.size:
            self._differs(organization, "size", size, organization.size)
        organization.size = organization.size or size
        for scheme, value in identifiers.items():
            if (scheme, value) not in organization.identifiers:
                others = [known for other, known in organization.identifiers if other == scheme]
                if others:
                    message = (
                        f"{shorten(organization.name)} has another {scheme} in an earlier row; both are kept"
                    )
                    self._note("second-identifier", message, columns.IDENTIFIER + scheme, value)
                organization.identifiers.append((scheme, value))

    def _differs(self, organization: Organization, column: str, value: str, known: str) -> None:
        message = (
            f"differs for {shorten(organization.name)}, which had '{shorten(known)}' before; the first stays"
        )
        self._note("organization-differs", message, column, value)

    def _problem(self, code: str, message: str, column: str | None = None, value: str | None = None) -> None:
        self._wrong = True
        self._to.problems.add(self._at(code, message, column, value))

    def _note(self, code: str, message: str, column: str, value: str) -> None:
        self._to.notes.add(self._at(code, message, column, value))

    def _at(self, code: str, message: str, column: str | None, value: str | None) -> Problem:
        header = self._binding.header(column) if column in self._places else column
        if value:
            message = f"'{shorten(value)}': {message}"
        return Problem(code, message, self._name, self._number, header, shorten(value) if value else None)


def _shown(value: object) -> str:
    if isinstance(value, Given):
        return value.text
    return "'" + shorten(", ".join(value) if isinstance(value, tuple) else value) + "'"
