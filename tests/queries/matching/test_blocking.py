"""Candidates by a name that many bear: those of the country are found, whatever the size of the country."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pycountry
import pytest
from tertius.loaders import LoadJob, load
from tertius.queries.matching import Connections, Described, Matcher, normalise
from tertius.queries.matching.blocking import candidates
from tertius.store import Snapshots

COUNTRIES = [*sorted(one.alpha_2 for one in pycountry.countries if one.alpha_2 != "IE")[:70], "IE"]
"""More than are looked at wherever they are; the one asked for comes last."""


def _index(folder: Path, others: int) -> Path:
    """Return an index where one of each country bears a name, beside others of Ireland."""
    rows = [f"a{at // 2},Alder,{country},2019" for at, country in enumerate(COUNTRIES)]
    rows += [f"b{at // 2},Zimmer{at:04},IE,2019" for at in range(others)]
    table = folder / "alliances.csv"
    table.write_text("alliance,partner,country,start\n" + "\n".join(rows), encoding="utf-8")
    load(LoadJob(data=folder / "data", source="alliances", files=(table,)))
    snapshot = Snapshots(folder / "data").current()
    assert snapshot is not None
    return snapshot.search_path


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    return _index(tmp_path_factory.mktemp("small"), 10)


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    return _index(tmp_path_factory.mktemp("large"), 1500)


def _steps(path: Path) -> int:
    """Return what a look-up of a name in one country costs, in hundreds of the database's own steps."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1

    with closing(Connections(path)) as connections, connections.use() as connection:
        connection.set_progress_handler(step, 100)
        candidates(connection, [normalise("Alder")], (), "IE")
        connection.set_progress_handler(None, 0)
    return count


def test_of_many_with_one_name_that_of_the_country_is_found(small):
    with closing(Matcher(small)) as matcher:
        found = matcher.match(Described("Alder", country="IE"), limit=200)
    assert (found[0].name, found[0].country) == ("Alder", "IE")
    assert len(found) < len(COUNTRIES)


def test_a_country_is_not_gone_through_for_one_name(small, large):
    assert 0 < _steps(large) < 2 * _steps(small)
