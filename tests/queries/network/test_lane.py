"""Networks for other parameters: one process, deadlines, caps, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from tertius.queries.network import (
    ClientLimitError,
    DerivationTimeoutError,
    LaneBusyError,
    LaneClosedError,
    Network,
    NetworkError,
    NetworkLane,
    NetworkParameters,
    NetworkTooLargeError,
    Weight,
    build,
    lane_worker,
)
from tertius.queries.network.derived import derive
from tertius.queries.network.lane import MOST_OPEN

from tests.queries.network.conftest import P, columns, consortia

ALL = NetworkParameters(window=None)


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does; the test's own timeout ends a wait in vain."""
    while not condition():
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Network:
    rows = [P(f"o{at * 7 % 40}", f"x{at % 23}", f"20{10 + at % 10}-01-01") for at in range(200)]
    return build(tmp_path_factory.mktemp("base") / "network", None, {"s": columns(rows)}).network


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetworkLane]:
    with NetworkLane(tmp_path_factory.mktemp("lane")) as made:
        yield made


def test_a_derived_network_equals_one_computed_here(base: Network, lane: NetworkLane) -> None:
    for parameters in (
        ALL,
        NetworkParameters(as_of=date(2016, 5, 5), window=0, weight=Weight.COUNT),
        NetworkParameters(max_partners=5),
    ):
        network = lane.network(base, "uuid", parameters, client="a")
        assert not network.default
        assert network.serves(parameters)
        here = Network(base.table, derive(base.table, parameters), default=False)
        assert network.summary() == here.summary()
        assert list(network.iter_positions()) == list(here.iter_positions())


def test_the_default_network_is_not_derived_again(base: Network, lane: NetworkLane) -> None:
    assert lane.network(base, "uuid", NetworkParameters(), client="a") is base
    opened = lane.network(base.table.path, "uuid", NetworkParameters(as_of=base.as_of), client="a")
    assert opened.default


def test_one_derivation_serves_everybody_and_later_askers_get_it_from_memory(
    base: Network, lane: NetworkLane
) -> None:
    parameters = NetworkParameters(as_of=date(2014, 1, 1))
    with ThreadPoolExecutor(6) as pool:
        found = list(
            pool.map(lambda n: lane.network(base, "shared", parameters, client=f"client {n}"), range(6))
        )
    assert len({id(network) for network in found}) == 1
    assert lane.network(base, "shared", parameters, client="late") is found[0]
    assert lane.network(base, "another snapshot", parameters, client="late") is not found[0]


def test_what_an_earlier_process_derived_is_taken_over_and_drafts_are_swept(
    base: Network, tmp_path: Path
) -> None:
    with NetworkLane(tmp_path) as first:
        expected = first.network(base, "uuid", ALL, client="a").summary()
    (kept,) = tmp_path.iterdir()
    before = kept.stat().st_mtime_ns
    (tmp_path / f"{kept.name}.123.draft").mkdir()
    (tmp_path / "not ours").mkdir()
    with NetworkLane(tmp_path) as second:
        assert second.network(base, "uuid", ALL, client="a").summary() == expected
    assert kept.stat().st_mtime_ns == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([kept.name, "not ours"])


def test_a_damaged_left_over_is_derived_again(base: Network, tmp_path: Path) -> None:
    with NetworkLane(tmp_path) as first:
        expected = first.network(base, "uuid", ALL, client="a").summary()
    (kept,) = tmp_path.iterdir()
    (kept / "weight.npy").unlink()
    with NetworkLane(tmp_path) as second:
        assert second.network(base, "uuid", ALL, client="a").summary() == expected


def test_the_longest_unused_networks_give_way_and_stay_usable(base: Network, tmp_path: Path) -> None:
    def at(year: int) -> NetworkParameters:
        return NetworkParameters(as_of=date(year, 1, 1))

    with NetworkLane(tmp_path / "measure") as lane:
        lane.network(base, "uuid", at(2012), client="a")
        (one,) = (tmp_path / "measure").iterdir()
        size = sum(file.stat().st_size for file in one.iterdir())
    with NetworkLane(tmp_path / "lane", bytes_cap=int(size * 2.9)) as lane:
        first, second = (lane.network(base, "uuid", at(year), client="a") for year in (2012, 2013))
        assert lane.network(base, "uuid", at(2012), client="a") is first
        lane.network(base, "uuid", at(2014), client="a")
        assert len(list((tmp_path / "lane").iterdir())) == 2
        # 2013 was not asked for since: it went, but whoever holds it can go on reading.
        assert lane.network(base, "uuid", at(2012), client="a") is first
        assert len(list(second.iter_positions())) == second.summary().organizations
        assert lane.network(base, "uuid", at(2013), client="a") is not second
    with NetworkLane(tmp_path / "lane", bytes_cap=1):
        assert len(list((tmp_path / "lane").iterdir())) == 1


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[NetworkLane]:
    """A lane whose process is frozen, so that whatever it is asked waits."""
    with NetworkLane(tmp_path / "stopped", per_client=2, waiting=3, deadline=60) as made:
        assert made.pid is not None
        os.kill(made.pid, signal.SIGSTOP)
        yield made


def test_caps_per_client_and_in_all_are_kept(base: Network, stopped: NetworkLane) -> None:
    def ask(window: int, client: str) -> Network:
        return stopped.network(base, "uuid", NetworkParameters(window=window), client=client)

    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(ask, window, client) for window, client in ((0, "a"), (1, "a"), (2, "b"))]
        until(lambda: len(stopped._books.under_way) == 3)
        with pytest.raises(ClientLimitError, match="2 networks are being derived for this client") as caught:
            ask(3, "a")
        assert caught.value.retry_after > 0
        with pytest.raises(LaneBusyError, match="3 networks are waiting") as busy:
            ask(3, "c")
        assert not isinstance(busy.value, ClientLimitError)
        assert stopped.pid is not None
        os.kill(stopped.pid, signal.SIGCONT)
        assert [future.result().parameters.window for future in waiting] == [0, 1, 2]
    assert ask(3, "a").parameters.window == 3
    assert not stopped._books.clients


def test_a_derivation_past_its_deadline_is_stopped_and_the_lane_goes_on(
    base: Network, tmp_path: Path
) -> None:
    with NetworkLane(tmp_path, deadline=0.2) as lane:
        first = lane.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        with pytest.raises(DerivationTimeoutError, match=r"within 0\.2 s"):
            lane.network(base, "uuid", ALL, client="a")
        until(lambda: not alive(first))
        lane._deadline = 60
        assert lane.network(base, "uuid", ALL, client="a").summary().ties > 0
        assert lane.pid != first


def test_whoever_waits_for_the_process_has_a_deadline_too(base: Network, stopped: NetworkLane) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(stopped.network, base, "uuid", ALL, client="a")
        until(lambda: bool(stopped._books.under_way) and stopped._turn.locked())
        stopped._deadline = 0.1
        for parameters in (NetworkParameters(window=1), ALL):
            with pytest.raises(DerivationTimeoutError):
                stopped.network(base, "uuid", parameters, client="b")
        assert stopped.pid is not None
        os.kill(stopped.pid, signal.SIGCONT)
        assert first.result().summary().ties > 0


def test_a_process_that_dies_is_reported_and_replaced(base: Network, stopped: NetworkLane) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(stopped.network, base, "uuid", ALL, client="a")
        until(stopped._turn.locked)
        assert stopped.pid is not None
        os.kill(stopped.pid, signal.SIGKILL)
        with pytest.raises(NetworkError, match="died; ask again"):
            asked.result()
    assert stopped.network(base, "uuid", ALL, client="a").summary().ties > 0


def test_closing_ends_the_process_and_whoever_waits_is_told(base: Network, tmp_path: Path) -> None:
    lane = NetworkLane(tmp_path)
    pid = lane.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lane.network, base, "uuid", ALL, client="a")
        until(lane._turn.locked)
        lane.close()
        with pytest.raises(LaneClosedError):
            asked.result()
    assert not alive(pid)
    assert lane.pid is None
    with pytest.raises(LaneClosedError):
        lane.network(base, "uuid", ALL, client="a")
    lane.close()


def test_the_process_goes_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tertius.queries.network import NetworkLane\n"
        f"lane = NetworkLane(Path({str(tmp_path)!r}))\n"
        "print(lane.pid, flush=True)\n"
        "time.sleep(300)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not alive(child))


def test_a_network_too_large_to_hold_is_refused_in_its_own_words(tmp_path: Path) -> None:
    # 12,000 partners of one alliance would be 72 million ties.
    many = columns(consortia("x: " + " ".join(f"o{at}" for at in range(12_000)) + "; y: a b"))
    network = build(
        tmp_path / "network", None, {"s": many}, parameters=NetworkParameters(window=None, max_partners=50)
    ).network
    with NetworkLane(tmp_path / "lane") as lane:
        with pytest.raises(NetworkTooLargeError, match="12,000 partners") as caught:
            lane.network(network, "uuid", ALL, client="a")
        assert caught.value.pairs > caught.value.cap
        assert lane.network(network, "uuid", NetworkParameters(window=None, max_partners=40), client="a")


def test_a_table_that_went_away_is_an_error_and_not_the_end(
    base: Network, tmp_path: Path, lane: NetworkLane
) -> None:
    network = build(tmp_path / "network", None, {"s": columns(consortia("x: a b"))}).network
    (tmp_path / "network/table.json").unlink()
    with pytest.raises(NetworkError, match=r"table\.json"):
        lane.network(network, "gone", ALL, client="a")
    assert lane.network(base, "uuid", NetworkParameters(window=1), client="a").parameters.window == 1


def test_a_directory_that_cannot_be_written_is_an_error(base: Network, tmp_path: Path) -> None:
    with NetworkLane(tmp_path / "lane") as lane:
        (tmp_path / "lane").rmdir()
        (tmp_path / "lane").write_text("a file in the way")
        with pytest.raises(NetworkError, match="cannot be written"):
            lane.network(base, "uuid", ALL, client="a")


def test_requests_of_many_threads_do_not_mix(base: Network, lane: NetworkLane) -> None:
    wrong: list[int] = []
    start = threading.Barrier(8)

    def ask(window: int) -> None:
        start.wait()
        network = lane.network(base, "mixed", NetworkParameters(window=window), client=str(window))
        if network.parameters.window != window:
            wrong.append(window)

    threads = [threading.Thread(target=ask, args=(window,)) for window in range(6, 14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def request(base: Network, target: Path) -> dict[str, object]:
    return {
        "network": str(base.table.path),
        "target": str(target),
        "parameters": ALL.as_json(),
        "threads": 1,
    }


def test_two_processes_may_derive_the_same_network(base: Network, tmp_path: Path) -> None:
    target = tmp_path / "same"
    assert lane_worker._answer(request(base, target))["seconds"] > 0
    before = (target / "network.json").stat().st_ino
    # The second finds it published, keeps it and leaves no draft behind.
    assert "seconds" in lane_worker._answer(request(base, target))
    assert (target / "network.json").stat().st_ino == before
    assert [path.name for path in tmp_path.iterdir()] == ["same"]


def test_the_worker_says_in_words_what_failed(
    base: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/by").write_text("others")
    found = lane_worker._answer(request(base, tmp_path / "taken"))
    assert "cannot be written" in found["message"]
    wrong = request(base, tmp_path / "new") | {"parameters": {"window": "some"}}
    assert "cannot be read" in lane_worker._answer(wrong)["message"]

    def exhausted(*_: object, **__: object) -> object:
        raise MemoryError

    monkeypatch.setattr(lane_worker, "derive", exhausted)
    found = lane_worker._answer(request(base, tmp_path / "new"))
    assert found["error"] == "MemoryError"
    assert "does not fit" in found["message"]
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_many_networks_do_not_hold_many_files_open(tmp_path: Path, base: Network) -> None:
    with NetworkLane(tmp_path / "lane") as lane:
        days = [date(2000 + number, 1, 1) for number in range(2 * MOST_OPEN)]
        for day in days:
            lane.network(base, "s", NetworkParameters(as_of=day), client="c")
        descriptors = Path("/proc/self/fd")
        before = len(list(descriptors.iterdir())) if descriptors.exists() else 0
        for day in days:
            found = lane.network(base, "s", NetworkParameters(as_of=day), client="c")
            assert found.as_of == day
        after = len(list(descriptors.iterdir())) if descriptors.exists() else 0
        assert after <= before + 1
        opened = [entry for entry in lane._books.kept.values() if entry.network is not None]
        assert len(opened) == MOST_OPEN
