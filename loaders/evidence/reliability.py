"""How far two coders agree: Cohen's kappa for each construct over the rows that both have coded.

Cohen, J. (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement
20(1), p. 40: kappa = (p_o - p_c) / (1 - p_c), where p_o is the share of units on which the coders agree and
p_c the share on which they would agree by chance, given how often each of them uses each category.

The unit is a sampled row of an annex. The category is the set of values that a coder gives a construct in
that row, or "not coded" where there is none; two sets that overlap are two categories. Figures are those
before any difference was settled: `resolutions.yaml` keeps what the first coder had.

`python -m tertius.loaders.evidence.reliability` prints the table of `docs/coding-reliability.md`.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tertius.loaders.evidence.reading import Evidence, read_evidence
from tertius.loaders.evidence.second_coding import (
    Resolutions,
    RowName,
    SecondCoding,
    read_resolutions,
    read_second_coding,
)

Coding = Mapping[RowName, Mapping[str, frozenset[str]]]
"""Row -> construct -> values; a construct that is not coded in a row is absent."""

_NOT_CODED: Final[frozenset[str]] = frozenset()
_CONTINUED: Final = " (continued)"
_PARTS: Final = (
    ("Selectie", "selection"),
    ("Partnerselectie", "selection"),
    # Printed by mistake for search in case P, where a part on selection follows.
    ("Partner selectie", "search"),
    ("Partner search", "search"),
    ("Partnersearch", "search"),
    ("Al", "alignment"),
    ("Monitor", "monitoring"),
    ("Governance", "governance"),
    ("Juiste governance", "governance"),
)
"""How annex 4 prints the heading of a part, and what observations call that part."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two coders on one construct.

    Attributes:
        construct: Key of the construct.
        first: Rows in which the first coder coded it.
        second: Rows in which the second coder did.
        both: Rows in which both did, whatever the values.
        agreement: Share of all rows with the same category, "not coded" included.
        kappa: Kappa over sets of values; None where both use one category only.
        presence: Kappa over coded or not coded; None likewise.
    """

    construct: str
    first: int
    second: int
    both: int
    agreement: float
    kappa: float | None
    presence: float | None


@dataclass(frozen=True, slots=True)
class Pooled:
    """Agreement over all constructs that either coder used in the sample.

    Attributes:
        pairs: Row-construct pairs.
        coded: Pairs that at least one coder coded.
        agreement: Share of pairs with the same category.
        agreement_coded: The same among `coded`, which leaves out agreement on what is absent.
        kappa: Kappa over construct and set of values.
        interval: 2.5th and 97.5th percentile of kappa when the rows are drawn anew with replacement.
        presence: Kappa over coded or not coded.
    """

    pairs: int
    coded: int
    agreement: float
    agreement_coded: float
    kappa: float | None
    interval: tuple[float, float]
    presence: float | None


def cohen_kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Return Cohen's kappa (1960, p. 40) of the categories that two coders gave the same units.

    Args:
        pairs: For each unit the category of the first and of the second coder.

    Returns:
        A number up to 1, 0 where agreement is what chance would give; None where both coders put every unit
        into one and the same category, so that chance alone explains all and the quotient is 0 / 0.

    Raises:
        ValueError: There are no units.
    """
    if not pairs:
        raise ValueError("kappa needs at least one unit that both coders have coded")
    units = len(pairs)
    agreed = sum(a == b for a, b in pairs)
    first = Counter(a for a, _ in pairs)
    second = Counter(b for _, b in pairs)
    # Whole numbers, so that the degenerate case is found exactly: both shares times the square of the units.
    chance = sum(count * second[category] for category, count in first.items())
    if chance == units * units:
        return None
    return (agreed * units - chance) / (units * units - chance)


def part(row: RowName) -> str | None:
    """Return the part of annex 4 that a printed heading opens; None for the other annexes.

    Raises:
        ValueError: The heading is none of the five parts.
    """
    if row.annex != 4:
        return None
    for heading, found in _PARTS:
        if row.row.startswith(heading):
            return found
    raise ValueError(f"'{row.row}' is no heading of annex 4")


def present_coding(evidence: Evidence, rows: Iterable[RowName]) -> Coding:
    """Return what the observations now hold for some rows."""
    wanted = {(f"annex {row.annex}", row.case, part(row)): row for row in rows}
    found: dict[RowName, dict[str, frozenset[str]]] = {row: {} for row in wanted.values()}
    for each in evidence.observations:
        _, _, label = (each.locator.row or "").removesuffix(_CONTINUED).partition(", ")
        row = wanted.get((each.locator.part, each.case, label or None))
        if row is not None:
            values = found[row].get(each.construct_key, _NOT_CODED)
            found[row][each.construct_key] = values | {each.value}
    return found


def first_coding(evidence: Evidence, second: SecondCoding, resolutions: Resolutions) -> Coding:
    """Return what the first coder had for the sampled rows before differences were settled."""
    before = {row: dict(codes) for row, codes in present_coding(evidence, second.draw()).items()}
    for each in resolutions.resolutions:
        before[each.name][each.construct_key] = frozenset(each.first)
    return {row: {key: values for key, values in codes.items() if values} for row, codes in before.items()}


def blind_coding(second: SecondCoding) -> Coding:
    """Return what the second coder found."""
    found: dict[RowName, dict[str, frozenset[str]]] = {}
    for row in second.coding:
        codes = found.setdefault(row.name, {})
        for code in row.codes:
            codes[code.construct_key] = codes.get(code.construct_key, _NOT_CODED) | {code.value}
    return found


def agreements(first: Coding, second: Coding) -> list[Agreement]:
    """Return agreement for every construct that either coder used, in alphabetical order."""
    found = []
    for construct in _constructs(first, second):
        pairs = _pairs(first, second, [construct])
        found.append(
            Agreement(
                construct=construct,
                first=sum(bool(a) for a, _ in pairs),
                second=sum(bool(b) for _, b in pairs),
                both=sum(bool(a) and bool(b) for a, b in pairs),
                agreement=sum(a == b for a, b in pairs) / len(pairs),
                kappa=cohen_kappa(pairs),
                presence=cohen_kappa([(bool(a), bool(b)) for a, b in pairs]),
            )
        )
    return found


def pooled(first: Coding, second: Coding, *, draws: int = 2000, seed: int = 1960) -> Pooled:
    """Return agreement over all constructs that either coder used.

    Args:
        first: What the first coder gave.
        second: What the second coder gave the same rows.
        draws: How often rows are drawn anew for the interval.
        seed: Seed of those draws.
    """
    constructs = _constructs(first, second)
    by_row = [_named(first, second, row, constructs) for row in sorted(second)]
    pairs = [pair for row in by_row for pair in row]
    coded = [(a, b) for a, b in pairs if a or b]
    chance = random.Random(seed)  # noqa: S311 - no secret
    again = sorted(
        kappa
        for _ in range(draws)
        if (kappa := cohen_kappa([pair for row in chance.choices(by_row, k=len(by_row)) for pair in row]))
        is not None
    )
    return Pooled(
        pairs=len(pairs),
        coded=len(coded),
        agreement=sum(a == b for a, b in pairs) / len(pairs),
        agreement_coded=sum(a == b for a, b in coded) / len(coded),
        kappa=cohen_kappa(pairs),
        interval=(again[round(0.025 * (len(again) - 1))], again[round(0.975 * (len(again) - 1))]),
        presence=cohen_kappa([(bool(a), bool(b)) for a, b in pairs]),
    )


def table(first: Coding, second: Coding) -> str:
    """Return the figures as a Markdown table, followed by those of all constructs together."""
    lines = [
        "| construct | rows, first coder | second | both | same category | kappa | kappa of presence |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    lines.extend(
        f"| {each.construct} | {each.first} | {each.second} | {each.both} | {each.agreement:.0%} "
        f"| {_figure(each.kappa)} | {_figure(each.presence)} |"
        for each in agreements(first, second)
    )
    total = pooled(first, second)
    low, high = total.interval
    sentence = (
        f"All constructs together, {len(second)} rows and {total.pairs} pairs of row and construct: same "
        f"category in {total.agreement:.1%}, kappa {_figure(total.kappa)} (95% interval {low:.2f} to "
        f"{high:.2f}), kappa of presence {_figure(total.presence)}. Of the {total.coded} pairs that at least "
        f"one coder coded, {total.agreement_coded:.1%} have the same category."
    )
    return "\n".join([*lines, "", sentence, ""])


def main() -> None:
    """Print the table of the coding that is shipped."""
    second = read_second_coding()
    first = first_coding(read_evidence(), second, read_resolutions())
    sys.stdout.write(table(first, blind_coding(second)))


def _constructs(first: Coding, second: Coding) -> list[str]:
    return sorted(
        {construct for coding in (first, second) for codes in coding.values() for construct in codes}
    )


def _pairs(
    first: Coding, second: Coding, constructs: Sequence[str]
) -> list[tuple[frozenset[str], frozenset[str]]]:
    return [
        (first.get(row, {}).get(construct, _NOT_CODED), second[row].get(construct, _NOT_CODED))
        for row in sorted(second)
        for construct in constructs
    ]


def _named(
    first: Coding, second: Coding, row: RowName, constructs: Sequence[str]
) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Return a row's pairs; each value carries its construct, as constructs share names of values."""
    return [
        (
            frozenset(f"{construct}={value}" for value in first.get(row, {}).get(construct, _NOT_CODED)),
            frozenset(f"{construct}={value}" for value in second[row].get(construct, _NOT_CODED)),
        )
        for construct in constructs
    ]


def _figure(kappa: float | None) -> str:
    return "undefined" if kappa is None else f"{kappa:.2f}"


if __name__ == "__main__":
    main()
