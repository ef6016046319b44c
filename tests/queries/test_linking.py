"""What counts for a pair of which one record is gone: the same whatever order its judgements lie in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from tertius.loaders import LoadJob, load
from tertius.ontology.identity import key
from tertius.queries.judgements import Judgement, Kind, Verdict
from tertius.queries.linking import Linking
from tertius.store import Snapshots

WHEN = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
LATER = WHEN + dt.timedelta(microseconds=1)
PAIRS = 8
STAYS = [key("stays", f"Stays {at}", "") for at in range(PAIRS)]
GOES = [key("goes", f"Goes {at}", "") for at in range(PAIRS)]


def _said(at: int, verdict: Verdict, kind: Kind, when: dt.datetime, score: float | None = None) -> Judgement:
    return Judgement(STAYS[at], GOES[at], verdict, kind, kind, when, score, (f"{kind} {verdict} {when}",))


def _orders(at: int) -> list[Judgement]:
    """Return what is said of a pair, what counts first: two for persons, two for time, two for caution."""
    same, different, undecided = Verdict.SAME, Verdict.DIFFERENT, Verdict.UNDECIDED
    return [
        [_said(at, undecided, "person", WHEN), _said(at, same, "machine", LATER, 0.9)],
        [_said(at, different, "person", WHEN), _said(at, undecided, "machine", LATER, 0.5)],
        [_said(at, undecided, "machine", LATER, 0.5), _said(at, same, "machine", WHEN, 0.9)],
        [_said(at, same, "machine", LATER, 0.9), _said(at, undecided, "machine", WHEN, 0.5)],
        [_said(at, undecided, "machine", WHEN, 0.5), _said(at, same, "machine", WHEN, 0.9)],
        [_said(at, different, "machine", WHEN, 0.1), _said(at, undecided, "machine", WHEN, 0.5)],
        [_said(at, same, "machine", LATER, 0.9), _said(at, different, "machine", WHEN, 0.1)],
        [_said(at, undecided, "person", LATER), _said(at, same, "person", WHEN)],
    ][at]


@pytest.fixture(scope="module")
def linking(tmp_path_factory) -> Iterator[Linking]:
    """Return the judgements of a snapshot in which nobody has one record of each pair."""
    folder = tmp_path_factory.mktemp("linking")

    def loaded(source: str, names: list[str]) -> None:
        table = folder / f"{source}.csv"
        rows = "".join(f"a{at},{name},2019\n" for at, name in enumerate(names))
        table.write_text(f"alliance,partner,start\n{rows}", encoding="utf-8")
        load(LoadJob(data=folder / "data", source=source, files=(table,)))

    loaded("stays", [f"Stays {at}" for at in range(PAIRS)])
    loaded("goes", [f"Goes {at}" for at in range(PAIRS)])
    load(LoadJob.judged(folder / "data", [one for at in range(PAIRS) for one in _orders(at)]))
    loaded("goes", ["Somebody Else"])
    snapshot = Snapshots(folder / "data").current()
    assert snapshot is not None
    opened = Linking(snapshot.search_path)
    yield opened
    opened.close()


def test_of_several_judgements_of_a_pair_the_strongest_counts(linking):
    first = [_orders(at)[0] for at in range(PAIRS)]
    machine = [one for one in first if one.kind == "machine"]
    listed = {(left, right) for left, right, _ in linking.undecided()}
    assert listed == {one.pair for one in machine if one.verdict is Verdict.UNDECIDED}
    joined = {(left, right): said.score for left, right, said in linking.machine_same()}
    assert joined == {one.pair: one.score for one in machine if one.verdict is Verdict.SAME}


@pytest.mark.parametrize("at", range(PAIRS))
def test_its_reasons_are_given(linking, at):
    (strongest, _) = _orders(at)
    assert linking.record(strongest.right) is None or linking.record(strongest.left) is None
    assert linking.reasons(strongest.left, strongest.right) == strongest.reasons
    assert linking.reasons(strongest.right, strongest.left) == strongest.reasons
