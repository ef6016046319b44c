"""The cells of a row as values: each is read as its column asks, or a problem says what is wrong with it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

from tertius.loaders import columns
from tertius.loaders.binding import Binding
from tertius.loaders.countries import ALIASES, parse_country
from tertius.loaders.facts import ONGOING, Place
from tertius.loaders.problems import Problem, shorten
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

if TYPE_CHECKING:
    from tertius.loaders.collect import Collector


class Cells:
    """Reads the cells of one row after another.

    Args:
        collector: Where problems, notes and counts go.
        name: Name of the file.
        binding: Which column is which.
    """

    def __init__(self, collector: Collector, name: str, binding: Binding) -> None:
        self._to, self._name, self._binding = collector, name, binding
        self._places = binding.places
        self._used = sorted(set(binding.places.values()))
        self._identifiers = [c for c in self._places if c.startswith(columns.IDENTIFIER)]
        self._values = {
            column: {given.casefold(): meant for given, meant in table.items()}
            for column, table in collector.mapping.values.items()
        }
        self._fill = {c: v for c, v in collector.mapping.constants.items() if c not in columns.ALLIANCE}
        self._number = 0
        # One for all values of a row: millions of alliances keep the place of each.
        self._place: Place = (name, 0)
        self._wrong = False

    def _begin(self, number: int) -> None:
        """Go on to a row; nothing is wrong with it yet."""
        self._number, self._wrong = number, False
        self._place = self._name, number

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

    def _name_in(self, column: Literal["alliance", "partner"], cells: list[str]) -> str:
        name = clean(self._value(column, cells))
        renames = self._to.mapping.renames.get(column)
        return renames.get(name.casefold(), name) if renames else name

    def _value(self, column: str, cells: list[str]) -> str:
        place = self._places.get(column)
        text = cells[place] if place is not None else ""
        table = self._values.get(column)
        if table:
            text = table.get(text.casefold(), text)
        return text or self._fill.get(column, "")

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
