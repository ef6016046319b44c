"""Comparing two small groups: Fisher's exact test with effect sizes and the table they come from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from scipy import stats

_LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class ExactTest:
    """Two groups compared on whether their units support a proposition without dissent.

    Attributes:
        table: two rows (units in scope, comparison) of two counts (support; contradict or mixed).
            Silent units are left out.
        p_value: two-sided probability of a table at least this unlikely, margins fixed (Fisher 1935).
        odds_ratio: sample odds ratio; `None` where a cell of its denominator is empty.
        risk_difference: share of support in scope minus share in the comparison, -1 to 1.
        interval: 95 % interval of the risk difference (Newcombe 1998, method 10, from Wilson intervals).
        note: what a large p-value does not mean; `None` where the proposition predicts a difference.
    """

    table: tuple[tuple[int, int], tuple[int, int]]
    p_value: float
    odds_ratio: float | None
    risk_difference: float
    interval: tuple[float, float]
    note: str | None

    @property
    def method(self) -> str:
        """Name of the test."""
        return "Fisher's exact test, two-sided"


def compare_groups(
    scope: tuple[int, int], comparison: tuple[int, int], *, denies: bool = False
) -> ExactTest | None:
    """Compare two groups.

    Args:
        scope: units in scope that support, and that speak otherwise.
        comparison: the same of the comparison.
        denies: whether the proposition denies an association, so that the answer must say what a large
            p-value does not mean.

    Returns:
        The test; `None` where one of the groups has no unit that speaks.
    """
    if not sum(scope) or not sum(comparison):
        return None
    (a, b), (c, d) = scope, comparison
    _, p_value = stats.fisher_exact([[a, b], [c, d]])
    return ExactTest(
        table=(scope, comparison),
        p_value=float(p_value),
        odds_ratio=a * d / (b * c) if b * c else None,
        risk_difference=a / (a + b) - c / (c + d),
        interval=_newcombe(scope, comparison),
        note="A large p-value is no evidence that there is no association." if denies else None,
    )


def _newcombe(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float]:
    """Return the interval of a difference of two shares (Newcombe 1998, method 10)."""
    p, (low_p, high_p) = _wilson(one)
    q, (low_q, high_q) = _wilson(other)
    return (
        p - q - math.hypot(p - low_p, high_q - q),
        p - q + math.hypot(high_p - p, q - low_q),
    )


def _wilson(counts: tuple[int, int]) -> tuple[float, tuple[float, float]]:
    total = sum(counts)
    found = stats.binomtest(counts[0], total).proportion_ci(_LEVEL, method="wilson")
    return counts[0] / total, (float(found.low), float(found.high))
