"""The measures graph follows the network node by node, and says what one written whole would say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, Store
from tertius.loaders import LoadJob, load, publishing
from tertius.ontology.identity import graph as graph_iri
from tertius.ontology.lines import quads
from tertius.queries.network import Network, build, measure_lines
from tertius.store import Draft, Snapshot, Snapshots

Write = Callable[[str | bytes, str], Path]

HEAD = "alliance,partner,country,start,end\n"


def pairs(count: int) -> str:
    """Write alliances of two that touch each other in a row, far from each other in the network."""
    return HEAD + "".join(
        f"a{at},P{at + step},NL,2019-01-01,2022-12-31\n" for at in range(count) for step in (0, 1)
    )


@pytest.fixture
def data(tmp_path: Path, write: Write) -> Path:
    load(LoadJob(data=tmp_path / "data", source="many", files=(write(pairs(40), "many.csv"),)))
    return tmp_path / "data"


def live(data: Path) -> Snapshot:
    snapshot = Snapshots(data).current()
    assert snapshot is not None
    return snapshot


def measures(snapshot: Snapshot) -> set[Quad]:
    target = NamedNode(graph_iri("measures", snapshot.manifest.base))
    return set(Store.read_only(str(snapshot.store_path)).quads_for_pattern(None, None, None, target))


def as_if_whole(snapshot: Snapshot, max_ties: int = 2_000_000) -> set[Quad]:
    network = Network.open(snapshot.network_path)
    base = snapshot.manifest.base
    # Through an engine, which spells numbers in its own way.
    store = Store()
    lines = measure_lines(network, base=base, snapshot=snapshot.number, max_ties=max_ties)
    store.extend(quads(lines, NamedNode(graph_iri("measures", base))))
    return set(store)


def check(data: Path, max_ties: int = 2_000_000) -> None:
    snapshot = live(data)
    found = measures(snapshot)
    assert found == as_if_whole(snapshot, max_ties)
    said = snapshot.manifest.materialised["measures"]
    assert isinstance(said, dict)
    assert said["statements"] == len(found)


class Counting:
    """Counts what drafts are asked to do."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.whole: list[str] = []
        self.come = 0
        replace_subjects = Draft.replace_subjects

        def counted(replace_graph: Callable[[Draft, str, object], int]) -> Callable[..., int]:
            def graph(draft: Draft, iri: str, content: object) -> int:
                self.whole.append(iri.rsplit("/", 1)[1])
                return replace_graph(draft, iri, content)

            return graph

        def subjects(draft: Draft, *arguments: object) -> tuple[int, int]:
            gone, come = replace_subjects(draft, *arguments)  # type: ignore[arg-type]
            self.come += come
            return gone, come

        for name in ("replace_graph", "replace_graph_text"):
            patch.setattr(Draft, name, counted(getattr(Draft, name)))
        patch.setattr(Draft, "replace_subjects", subjects)


def test_one_alliance_more_and_less_rewrites_a_few_nodes(
    data: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = HEAD + "".join(
        f"a{at},P{at}-{end},NL,2019-01-01,2022-12-31\n" for at in range(40) for end in "xy"
    )
    job = LoadJob(data=data, source="many", files=(write(apart, "apart.csv"),))
    load(job)
    everything = len(measures(live(data)))
    counting = Counting(monkeypatch)
    again = apart + "n,P7-x,NL,2019-01-01,\nn,P7-y,NL,2019-01-01,\n"
    load(replace(job, files=(write(again, "again.csv"),)))
    check(data)
    assert counting.whole == ["many"]
    # The set itself, two positions and their tie: a heavier tie of two who have no others.
    assert 0 < counting.come < everything / 20
    load(job)
    check(data)
    assert counting.whole == ["many", "many"]


def test_a_longer_table_of_the_same_source_rewrites_what_it_changes(data: Path, write: Write) -> None:
    more = pairs(40) + "n,P3,NL,2019-01-01,2022-12-31\nn,P30,NL,2019-01-01,2022-12-31\n"
    load(LoadJob(data=data, source="many", files=(write(more, "more.csv"),)))
    check(data)
    fewer = pairs(39)
    load(LoadJob(data=data, source="many", files=(write(fewer, "fewer.csv"),)))
    check(data)


def test_what_would_change_most_of_the_graph_is_written_whole(
    data: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch)
    other = pairs(40).replace("P", "Z").replace("\na", "\nz")
    load(LoadJob(data=data, source="other", files=(write(other, "other.csv"),)))
    check(data)
    assert counting.whole == ["other", "measures"]


def test_another_cap_on_ties_writes_the_graph_whole(
    data: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch)
    one = write(HEAD + "n,Q,NL,2019-01-01,\nn,R,NL,2019-01-01,\n", "one.csv")
    load(LoadJob(data=data, source="one", files=(one,), max_ties=5))
    check(data, max_ties=5)
    assert counting.whole == ["one", "measures"]


def test_a_draft_replaces_statements_of_subjects_in_their_graph_only(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    here, there = NamedNode("https://e.org/here"), NamedNode("https://e.org/there")
    a, b, says = (NamedNode(f"https://e.org/{name}") for name in ("a", "b", "says"))
    with snapshots.draft() as draft:
        draft.store.extend([Quad(a, says, b, here), Quad(b, says, b, here), Quad(a, says, b, there)])
        gone, come = draft.replace_subjects(here.value, [a], [Quad(a, says, a, here)])
        assert (gone, come) == (1, 1)
        assert set(draft.store) == {Quad(a, says, a, here), Quad(b, says, b, here), Quad(a, says, b, there)}
        # What is said before and after stays as it is, and so does everything where a quad is refused.
        comes = [Quad(a, says, a, here), Quad(a, says, b, here), Quad(a, says, b, here)]
        assert draft.replace_subjects(here.value, [a], comes) == (0, 1)
        assert set(draft.store) == {*comes, Quad(b, says, b, here), Quad(a, says, b, there)}
        with pytest.raises(ValueError, match="belongs to"):
            draft.replace_subjects(here.value, [b], [Quad(b, says, a, there)])
        assert Quad(b, says, b, here) in draft.store
        with pytest.raises(ValueError, match="belongs to"):
            draft.replace_subjects(here.value, [], [Quad(a, says, a, there)])


def test_an_update_of_the_network_reaches_graph_and_manifest(
    data: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch)
    monkeypatch.setattr(publishing, "build", partial(build, at_least=0))
    again = pairs(40) + "n,P3,NL,2019-01-01,2022-12-31\nn,P5,NL,2019-01-01,2022-12-31\n"
    before = live(data).number
    load(LoadJob(data=data, source="many", files=(write(again, "again.csv"),)))
    check(data)
    said = live(data).manifest.materialised["measures"]
    assert isinstance(said, dict)
    assert said["carried"] == {"snapshot": before, "ties": 1}
    assert counting.whole == ["many"]
    load(LoadJob(data=data, source="many", files=(write(pairs(40), "many.csv"),)))
    check(data)
    assert counting.whole == ["many", "many"]
