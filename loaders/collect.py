"""Rows become facts: every cell is checked, every contradiction named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from tertius.loaders import columns
from tertius.loaders.binding import Binding
from tertius.loaders.cells import Cells
from tertius.loaders.constants import Constants
from tertius.loaders.facts import Alliance, Facts, Organization
from tertius.loaders.mapping import Mapping
from tertius.loaders.observed import Sighting, Sightings
from tertius.loaders.problems import Problems, shorten
from tertius.loaders.values import Given, ValueProblem, clean, parse_date, parse_notation
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


class FileCollector(Cells):
    """Takes the rows of one file and makes facts of them.

    Attributes:
        rows: Rows taken.
        right: Rows without a problem.
    """

    def __init__(self, collector: Collector, name: str, binding: Binding) -> None:
        super().__init__(collector, name, binding)
        self.rows = self.right = 0
        self._alliance = [c for c in columns.ALLIANCE if c in self._places]
        described = [*columns.ORGANIZATION, *self._identifiers]
        self._organization = [c for c in described if c in self._places]

    def row(self, number: int, cells: list[str]) -> None:
        """Take a row: add what it says to the facts, or its problems to the problems."""
        self._begin(number)
        self.rows += 1
        if self._sound(cells):
            self._take(cells)
        self.right += not self._wrong

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

    def _formerly(
        self, column: Literal["alliance", "partner"], cells: list[str], entry: Alliance | Organization
    ) -> None:
        """Keep the name that a row gives where the mapping knows a later one."""
        renames = self._to.mapping.renames.get(column)
        if renames and (new := renames.get((name := clean(self._value(column, cells))).casefold())):
            entry.former |= {name}
            self._to.tally["rename", f"'{shorten(name)}' is '{shorten(new)}'"] += 1

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


def _shown(value: object) -> str:
    if isinstance(value, Given):
        return value.text
    return "'" + shorten(", ".join(value) if isinstance(value, tuple) else value) + "'"
