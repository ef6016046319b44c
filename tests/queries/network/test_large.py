"""Large networks for other than the default parameters: communities of the default one, no betweenness."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from tertius.queries.network import (
    ChangeKind,
    Comparison,
    Network,
    NetworkParameters,
    Order,
    ParameterError,
    build,
)
from tertius.queries.network.derived import Derived, derive

from tests.queries.network.conftest import P, columns, org

ROWS = [
    # Two circles, and a pair that only the early years know.
    *(P(f"o{who}", f"a{at}", "2019-01-01", "2024-01-01") for at in range(3) for who in range(4)),
    *(P(f"o{who}", f"b{at}", "2019-01-01", "2024-01-01") for at in range(3) for who in range(4, 8)),
    *(P(f"o{who}", "old", "2001-01-01", "2003-01-01") for who in (8, 9)),
    # One that was tied to the second circle in those years, and to nobody since.
    *(P(f"o{who}", "older", "2001-01-01", "2003-01-01") for who in (5, 10)),
]
THEN = NetworkParameters(as_of=date(2002, 1, 1))


@pytest.fixture
def default(tmp_path: Path) -> Network:
    return build(tmp_path / "1", None, {"one": columns(ROWS)}).network


@pytest.fixture
def large(default: Network) -> Network:
    derived = derive(default.table, THEN, default=default.derived, most_measured=2)
    return Network(default.table, derived, default=False)


def community(network: Network, number: int) -> int | None:
    return network.position(org(f"o{number}")).community


def test_everything_but_communities_and_betweenness_is_that_network_s_own(
    default: Network, large: Network
) -> None:
    whole = derive(default.table, THEN, default=default.derived)
    for part in ("ties", "holes"):
        for field in fields(getattr(whole, part)):
            one, other = (getattr(getattr(found, part), field.name) for found in (large.derived, whole))
            np.testing.assert_array_equal(one, other, err_msg=field.name)
    np.testing.assert_array_equal(large.derived.structure.core, whole.structure.core)
    assert whole.summary.communities_of == "these ties"
    assert whole.summary.betweenness == "exact"


def test_communities_are_the_default_network_s_and_newcomers_join_where_their_ties_lead(
    default: Network, large: Network
) -> None:
    assert {community(default, number) for number in (8, 9, 10)} == {None}
    assert community(large, 10) == community(large, 5)
    # No tie of theirs leads into a community of the default network: they make one of their own.
    assert community(large, 8) == community(large, 9) not in {None, community(large, 5)}
    assert large.summary().communities == 2
    assert large.summary().communities_of == f"the default network, as of {default.as_of}"


def test_betweenness_is_unknown_and_no_order(default: Network, large: Network, tmp_path: Path) -> None:
    assert large.position(org("o5")).betweenness is None
    assert large.summary().betweenness == "not computed for more than 2 organizations with ties"
    with pytest.raises(ParameterError, match=r"not computed for more than 2 organizations.*order by"):
        large.brokers(Order.BETWEENNESS)
    with pytest.raises(ParameterError, match="not computed"):
        Comparison(default, large, order=Order.BETWEENNESS).page(tuple(ChangeKind))
    large.derived.write(tmp_path)
    assert Derived.open(tmp_path).summary == large.summary()


def test_small_ones_have_both(default: Network) -> None:
    small = derive(default.table, THEN, default=default.derived, most_measured=4)
    assert not np.isnan(small.betweenness).any()
    assert replace(small.summary, communities_of="") != small.summary
