"""Text in bulk: all of it arrives, errors of either side come out, and large graphs make room quickly."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from tertius.store import Snapshots, draft
from tertius.store.feeding import feed

G, OTHER = ox.NamedNode("https://e.org/g"), ox.NamedNode("https://e.org/other")


def lines(first, last, word="v"):
    return "".join(
        f'<https://e.org/{n}> <https://e.org/p> "{word} {n}" .\n' for n in range(first, last)
    ).encode()


def count(store, graph=G):
    return sum(1 for _ in store.quads_for_pattern(None, None, None, graph))


def test_everything_arrives_in_one_graph(tmp_path):
    store = ox.Store(str(tmp_path / "s"))
    feed(store, G, (lines(n, n + 1000) for n in range(0, 30_000, 1000)))
    assert count(store) == len(store) == 30_000


def test_an_error_of_the_writer_comes_out_and_nothing_waits(tmp_path):
    def pieces():
        yield lines(0, 10)
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        feed(ox.Store(str(tmp_path / "s")), G, pieces())


def test_an_error_of_the_engine_comes_out_although_the_writer_goes_on(tmp_path):
    def pieces():
        yield b"this is no triple\n"
        for _ in range(200):
            yield lines(0, 1000)

    with pytest.raises(SyntaxError):
        feed(ox.Store(str(tmp_path / "s")), G, pieces())


@pytest.mark.parametrize("cap", [10, 1 << 20])
@pytest.mark.parametrize("large", [100, 1 << 20])
def test_text_takes_the_place_of_a_graph_and_leaves_the_others(tmp_path, monkeypatch, cap, large):
    monkeypatch.setattr(draft, "_TEXT", cap)
    monkeypatch.setattr(draft, "_LARGE", large)
    snapshots = Snapshots(tmp_path)
    with snapshots.draft() as made:
        made.replace_graph_text(G.value, [lines(0, 300), lines(300, 500)])
        made.replace_graph_text(OTHER.value, [lines(0, 50)])
        made.store.add(ox.Quad(OTHER, OTHER, OTHER))
        made.publish(made.manifest(base="https://e.org/", counts={"statements": 550}))
    with snapshots.draft() as made:
        made.replace_graph_text(G.value, [lines(0, 400, "w")])
        assert count(made.store) == 400
        made.replace_graph_text(G.value, [lines(0, 450, "x")])
        published = made.publish(made.manifest(base="https://e.org/"))
    store = ox.Store.read_only(str(published.store_path))
    assert (count(store), count(store, OTHER), len(store)) == (450, 50, 501)
    assert {quad.object.value[0] for quad in store.quads_for_pattern(None, None, None, G)} == {"x"}
    assert not list(published.path.glob("work*"))
    assert count(ox.Store.read_only(str(snapshots.get(1).store_path))) == 500
