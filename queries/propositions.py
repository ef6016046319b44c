"""Testing a proposition: what every unit says, a verdict for each, and what all of them together can show.

Verdicts are computed by the named queries `proposition-NN-cases` and `proposition-NN-organization` from coded
values; their headers say in words what counts for and what against. Here their rows become units, counts, an
exact test where there is something to compare, and a caveat.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tertius.queries.errors import ParameterError
from tertius.queries.exact_test import ExactTest, compare_groups
from tertius.queries.named_queries import Catalogue
from tertius.queries.params import Argument, Context
from tertius.queries.rows import Row
from tertius.queries.runner import NO_CONTEXT, run
from tertius.store import Store

NUMBERS: Final = range(1, 12)
"""Numbers of the propositions."""

CASES: Final = "cases"
"""The scope that takes the cases of the study as its units."""

ORGANIZATION: Final = "organization:"
"""What the scope begins with whose units are an organization's own alliances; its key follows."""

_MOST_ROWS: Final = 200_000
_PAGE: Final = 1000
_UNTESTED: Final = {
    4: "A necessity is refuted by exceptions, which are counted; comparing two groups would not test it.",
    11: "The proposition speaks of every unit and every case has an alliance function, so nothing is left to "
    "compare with.",
}


class Verdict(StrEnum):
    """How a unit stands to a proposition; silent where nothing is known, which never speaks against."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    MIXED = "mixed"
    SILENT = "silent"


class Group(StrEnum):
    """Whether a unit is one of those that a proposition speaks of."""

    IN_SCOPE = "in-scope"
    AMBIDEXTROUS = "ambidextrous"
    COMPARISON = "comparison"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One coded value that bears on a proposition.

    Attributes:
        part: part of the proposition.
        construct: notation of the construct.
        value: notation of the value.
        direction: `supports` or `contradicts`.
        role: `decides`, `bears` (adds to the picture), `repeat` (printed elsewhere too) or `doubtful` (low
            confidence); only what decides enters the verdict.
        observation: IRI of the coded statement, `None` for an alliance's own record.
        confidence: `high`, `medium` or `low`; `None` for an alliance's own record.
        voice: `author` or `interviewee`; `None` for an alliance's own record.
        paraphrase: what the passage says; `None` for an alliance's own record.
        place: where it can be read; `None` for an alliance's own record.
        repeats: IRI of the observation with the same words.
        source: IRI of the graph of an alliance's own record; `None` for what is derived, and for cases.
    """

    part: str
    construct: str
    value: str
    direction: str
    role: str
    observation: str | None = None
    confidence: str | None = None
    voice: str | None = None
    paraphrase: str | None = None
    place: str | None = None
    repeats: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A case or an alliance and how it stands to a proposition.

    Attributes:
        iri: the unit.
        label: letter of the case, name of the alliance.
        group: whether the proposition speaks of it.
        verdict: computed from the evidence that decides.
        evidence: everything coded that bears on the proposition.
    """

    iri: str
    label: str
    group: Group
    verdict: Verdict
    evidence: Sequence[Evidence] = field(default_factory=tuple)

    @property
    def parts(self) -> list[str]:
        """Parts of the proposition on which something not doubtful is known of the unit, in their order."""
        return list(dict.fromkeys(one.part for one in self.evidence if one.role != "doubtful"))


@dataclass(frozen=True, slots=True)
class PropositionTest:
    """A proposition tested.

    Attributes:
        number: number of the proposition.
        scope: `cases` or `organization:<key>`.
        units: units that the proposition speaks of.
        apart: ambidextrous units, not counted.
        comparison: units of the other orientation, not counted.
        exact_test: comparison of the two groups; `None` where there is none.
        untested: why there is no exact test; `None` where there is one.
        caveat: what this can and cannot show.
        basis: `data` where facts can settle the proposition, `coded-statements` where it rests on what
            is said.
        pattern: notation of the predicted pattern.
    """

    number: int
    scope: str
    units: Sequence[Unit]
    apart: Sequence[Unit]
    comparison: Sequence[Unit]
    exact_test: ExactTest | None
    untested: str | None
    caveat: str
    basis: str
    pattern: str

    def count(self, verdict: Verdict) -> int:
        """Return the number of units in scope with a verdict."""
        return sum(unit.verdict is verdict for unit in self.units)


def run_test(
    catalogue: Catalogue,
    store: Store,
    number: int,
    scope: str = CASES,
    *,
    context: Context = NO_CONTEXT,
    snapshot: int | None = None,
) -> PropositionTest:
    """Test a proposition.

    Args:
        catalogue: the named queries.
        store: where to ask.
        number: number of the proposition, 1 to 11.
        scope: `cases`, or `organization:` and a key: the alliances of that organization.
        context: base IRI and as-of date.
        snapshot: number of the snapshot, the current one when left out.

    Raises:
        ParameterError: there is no such proposition or scope.
        StoreError: whatever the store raises.
    """
    if number not in NUMBERS:
        raise ParameterError("n", f"propositions are numbered {NUMBERS[0]} to {NUMBERS[-1]}")
    name, arguments = query_of(number, scope)
    units = _units(ask(catalogue, store, name, arguments, context=context, snapshot=snapshot))
    known = ask(catalogue, store, "propositions", {"number": number}, context=context, snapshot=snapshot)
    if not known:
        raise ParameterError("n", "this snapshot holds no evidence base, hence no propositions")
    basis, pattern = str(known[0]["basis"]), str(known[0]["pattern"])
    groups = {group: [unit for unit in units if unit.group is group] for group in Group}
    untested = _UNTESTED.get(number)
    exact = None
    if untested is None:
        exact = compare_groups(
            _spread(groups[Group.IN_SCOPE]),
            _spread(groups[Group.COMPARISON]),
            denies=pattern == "no-association",
        )
        if exact is None:
            untested = "One of the two groups has no unit that speaks, so there is nothing to compare."
    return PropositionTest(
        number=number,
        scope=scope,
        units=groups[Group.IN_SCOPE],
        apart=groups[Group.AMBIDEXTROUS],
        comparison=groups[Group.COMPARISON],
        exact_test=exact,
        untested=untested,
        caveat=caveat(scope, basis, pattern),
        basis=basis,
        pattern=pattern,
    )


def query_of(number: int, scope: str) -> tuple[str, dict[str, Argument]]:
    """Return the named query that tests a proposition in a scope, and its arguments.

    Raises:
        ParameterError: there is no such scope.
    """
    if scope == CASES:
        return f"proposition-{number:02d}-cases", {}
    key = scope.removeprefix(ORGANIZATION)
    if not scope.startswith(ORGANIZATION) or not key:
        raise ParameterError("scope", "is `cases`, or `organization:` and the key of an organization")
    return f"proposition-{number:02d}-organization", {"organization": key}


def ask(
    catalogue: Catalogue,
    store: Store,
    name: str,
    arguments: dict[str, Argument] | None = None,
    *,
    context: Context = NO_CONTEXT,
    snapshot: int | None = None,
) -> list[Row]:
    """Return every row of a named query, page after page from one snapshot.

    Raises:
        ParameterError: the answer has more rows than anybody reads; ask page by page.
        StoreError: whatever the store raises.
    """
    rows: list[Row] = []
    cursor = None
    while True:
        page = run(
            catalogue,
            store,
            name,
            arguments,
            limit=_PAGE,
            cursor=cursor,
            context=context,
            snapshot=snapshot,
        )
        rows.extend(page.rows)
        cursor, snapshot = page.next, page.snapshot
        if cursor is None:
            return rows
        if len(rows) >= _MOST_ROWS:
            raise ParameterError("scope", f"the answer has over {_MOST_ROWS} rows; ask {name} page by page")


def _units(rows: Iterable[Row]) -> list[Unit]:
    """Gather the rows of each unit, in the order of the query."""
    found: dict[tuple[str, str], tuple[Row, list[Evidence]]] = {}
    for row in rows:
        _, evidence = found.setdefault((str(row["unit"]), str(row["group"])), (row, []))
        if row["construct"] is not None:
            evidence.append(_evidence(row))
    return [
        Unit(
            iri=str(row["unit"]),
            label=str(row["label"]),
            group=Group(str(row["group"])),
            verdict=Verdict(str(row["verdict"])),
            evidence=tuple(evidence),
        )
        for row, evidence in found.values()
    ]


def _evidence(row: Row) -> Evidence:
    given = {name: value if value is None else str(value) for name, value in row.items()}
    return Evidence(
        part=str(row["part"]),
        construct=str(row["construct"]),
        value=str(row["value"]),
        direction=str(row["direction"]),
        role=str(row["role"]),
        **{
            name: given.get(name)
            for name in ("observation", "confidence", "voice", "paraphrase", "place", "repeats", "source")
        },
    )


def _spread(units: Iterable[Unit]) -> tuple[int, int]:
    """Return how many units support without dissent and how many speak otherwise; silent ones are neither."""
    verdicts = [unit.verdict for unit in units]
    supporting = verdicts.count(Verdict.SUPPORTS)
    return supporting, len(verdicts) - supporting - verdicts.count(Verdict.SILENT)


def caveat(scope: str, basis: str, pattern: str) -> str:
    """Say what a test can and cannot show.

    Args:
        scope: `cases` or `organization:<key>`.
        basis: `data` or `coded-statements`.
        pattern: notation of the predicted pattern.
    """
    return " ".join((_scope_caveat(scope), _basis_caveat(basis), _PATTERN_CAVEATS.get(pattern, ""))).strip()


def _scope_caveat(scope: str) -> str:
    if scope == CASES:
        return (
            "Seventeen cases were chosen on purpose and told by few people each (24 interviews in all). They "
            "show that a pattern occurs, where it does not, and who says so, but not how often it occurs "
            "elsewhere. Numbers this small leave all but the largest differences undetected, and a p-value "
            "describes these cases and no population."
        )
    return (
        "These are one organization's alliances as recorded, not a sample. What is not recorded is silent, "
        "and what was recorded may follow the habits of whoever wrote it down. A p-value describes these "
        "alliances and no population."
    )


def _basis_caveat(basis: str) -> str:
    if basis == "data":
        return (
            "The proposition speaks of association or prevalence, which facts can settle given enough units."
        )
    return (
        "The proposition speaks of means and ends or of necessity, which such facts do not settle: it rests "
        "on what people say, and agreement among them is no proof."
    )


_PATTERN_CAVEATS: Final = {
    "no-association": "Finding no difference would not show that there is none.",
    "necessary-condition": (
        "One clear exception refutes a necessity; support without exceptions does not prove it."
    ),
}
