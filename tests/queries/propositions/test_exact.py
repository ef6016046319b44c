"""The exact test gives published and hand-made numbers."""

from __future__ import annotations

import pytest
from tertius.queries.exact_test import compare_groups


def test_fisher_on_the_tea_of_1935() -> None:
    """Eight cups, three of four guessed right: one-sided 17/70, two-sided 34/70 (Fisher 1935)."""
    found = compare_groups((3, 1), (1, 3))
    assert found is not None
    assert found.p_value == pytest.approx(34 / 70)
    assert found.odds_ratio == pytest.approx(9)
    assert found.risk_difference == pytest.approx(0.5)


def test_interval_of_a_published_example() -> None:
    """56 of 70 against 48 of 80: 0.0524 to 0.3339 (Newcombe 1998, table II, example a, method 10)."""
    found = compare_groups((56, 14), (48, 32))
    assert found is not None
    assert found.risk_difference == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_an_empty_cell_leaves_the_odds_ratio_open() -> None:
    found = compare_groups((2, 2), (0, 5))
    assert found is not None
    assert found.odds_ratio is None
    assert found.p_value == pytest.approx(1 / 6)
    assert found.note is None


def test_no_odds_where_nobody_dissents_twice() -> None:
    found = compare_groups((3, 0), (2, 0), denies=True)
    assert found is not None
    assert (found.odds_ratio, found.p_value, found.risk_difference) == (None, 1.0, 0.0)
    assert found.note is not None
    assert "no evidence" in found.note


@pytest.mark.parametrize(("scope", "comparison"), [((0, 0), (1, 2)), ((2, 1), (0, 0))])
def test_nothing_to_compare(scope: tuple[int, int], comparison: tuple[int, int]) -> None:
    assert compare_groups(scope, comparison) is None
