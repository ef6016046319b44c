"""What is wrong with a file, or worth knowing about it: collected, counted, listed up to a limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

LISTED: Final = 100
"""Problems that a report lists in full; the rest are only counted."""

EXAMPLES: Final = 5
"""Notes of each kind that a report lists in full; the rest are only counted."""

SHOWN: Final = 120
"""Characters of an offending value that a message repeats."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or one thing worth knowing, at a place in the input.

    Attributes:
        code: Stable word for the kind of problem, such as `bad-date`.
        message: What is wrong and what to do about it, one sentence or two.
        file: Name of the file, without its folder; `None` if the job as a whole is meant.
        row: Line of a delimited file, row of a sheet, record of a Parquet file; the header is row 1.
        column: Header of the column as the file writes it.
        value: The offending value, shortened.
    """

    code: str
    message: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        """Return `file, row 3, column 'start': message`, leaving out what is unknown."""
        places = [
            self.file,
            f"row {self.row}" if self.row is not None else None,
            f"column '{self.column}'" if self.column is not None else None,
        ]
        place = ", ".join(part for part in places if part)
        return f"{place}: {self.message}" if place else self.message


def shorten(value: object) -> str:
    """Return a value as one printable line of at most `SHOWN` characters."""
    text = str(value)
    line = "".join(c if c.isprintable() else "�" for c in text[: SHOWN + 1])
    return f"{line[:SHOWN]}…" if len(line) > SHOWN else line


@dataclass(slots=True)
class Problems:
    """A list with a limit: everything is counted, the first ones are kept.

    Attributes:
        limit: How many to keep in all.
        each: How many to keep of one kind.
        listed: Those kept, in the order found.
        counts: How often each kind occurred.
    """

    limit: int = LISTED
    each: int = LISTED
    listed: list[Problem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    _kept: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of_notes(cls) -> Problems:
        """Return a list for notes: a few examples of each kind, so that one kind cannot hide the others."""
        return cls(limit=1000, each=EXAMPLES)

    def add(self, problem: Problem, times: int = 1) -> None:
        """Count a problem (one that stands for several: `times`) and keep it while there is room."""
        self.counts[problem.code] = self.counts.get(problem.code, 0) + times
        kept = self._kept.get(problem.code, 0)
        if kept < self.each and len(self.listed) < self.limit:
            self._kept[problem.code] = kept + 1
            self.listed.append(problem)

    def more(self, code: str, times: int) -> None:
        """Count problems of a kind of which enough are listed."""
        if times > 0:
            self.counts[code] = self.counts.get(code, 0) + times

    def extend(self, problems: Iterable[Problem]) -> None:
        """Add several."""
        for problem in problems:
            self.add(problem)

    def __len__(self) -> int:
        return sum(self.counts.values())

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.listed)
