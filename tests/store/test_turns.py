"""Whose turn it is: decided from what clients asked and how long it took, on a clock that the test moves."""

from __future__ import annotations

import datetime as dt

from tertius.store.base import Lane
from tertius.store.process import WorkerProcess, WorkerSettings
from tertius.store.turns import REMEMBERED, Ticket, Turns

WHEN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def ticket(client: str, number: int = 1, limit: float = 30.0) -> Ticket:
    return Ticket(f"{client}-{number}", Lane.SPARQL, limit, WHEN, 0.0, client)


def begun(turns: Turns, client: str, now: float, limit: float = 30.0) -> Ticket:
    one = ticket(client, limit=limit)
    assert turns.arrive(one, now)
    assert turns.next(now) is one
    turns.begin(one, now)
    return one


def waits(turns: Turns, client: str, now: float, number: int = 1) -> Ticket:
    one = ticket(client, number)
    assert turns.arrive(one, now)
    return one


def test_clients_take_turns_however_many_queries_each_has() -> None:
    turns = Turns(1, slice=1.0)
    for number in range(3):
        waits(turns, "greedy", 0.0, number)
    waits(turns, "modest", 0.0)
    order = []
    for now in range(4):
        one = turns.next(now * 0.1)
        assert one is not None
        turns.begin(one, now * 0.1)
        turns.end(one, now * 0.1 + 0.05)
        order.append(one.query_id)
    assert order == ["greedy-0", "modest-1", "greedy-1", "greedy-2"]


def test_who_has_fewer_workers_goes_first() -> None:
    turns = Turns(3, slice=1.0)
    begun(turns, "greedy", 0.0)
    begun(turns, "modest", 0.0)
    begun(turns, "greedy", 0.1)
    waits(turns, "greedy", 0.2)
    late = waits(turns, "modest", 0.3)
    assert turns.next(0.3) is late


def test_a_lane_without_a_slice_is_first_come_first_served_for_one_client() -> None:
    turns = Turns(1)
    held = begun(turns, "", 0.0)
    first, second = waits(turns, "", 1.0), waits(turns, "", 2.0)
    assert turns.in_the_way(0, 1000.0) == []
    turns.end(held, 1000.0)
    assert turns.next(1000.0) is first
    turns.begin(first, 1000.0)
    turns.end(first, 1001.0)
    assert turns.next(1001.0) is second


def test_long_queries_keep_their_workers_while_nobody_waits() -> None:
    turns = Turns(2, slice=1.0)
    first, second = begun(turns, "a", 0.0), begun(turns, "b", 0.1)
    assert turns.in_the_way(0, 20.0) == []
    assert not second.preempted
    waits(turns, "c", 21.0)
    assert turns.in_the_way(0, 21.0) == [second]
    assert first.long
    assert not first.preempted


def test_nobody_makes_room_before_the_slice_ends_or_where_a_worker_is_coming() -> None:
    turns = Turns(2, slice=1.0)
    begun(turns, "a", 0.0)
    second = begun(turns, "b", 0.1)
    waits(turns, "c", 0.5)
    assert turns.in_the_way(0, 0.5) == []
    assert 0.49 < turns.pause(0.5) < 0.51
    assert turns.in_the_way(1, 5.0) == []
    assert turns.in_the_way(0, 5.0) == [second]
    assert turns.in_the_way(0, 5.0) == []


def test_what_made_room_waits_for_a_place_for_long_ones() -> None:
    turns = Turns(2, slice=1.0)
    first, second = begun(turns, "a", 0.0), begun(turns, "b", 0.1)
    short = waits(turns, "c", 5.0)
    assert turns.in_the_way(0, 5.0) == [second]
    turns.end(second, 5.0)
    assert second.demoted
    assert turns.arrive(second, 5.0)
    assert turns.next(5.0) is short
    turns.begin(short, 5.0)
    turns.end(short, 5.1)
    assert turns.next(5.1) is None
    turns.end(first, 9.0)
    assert turns.next(9.0) is second
    turns.begin(second, 9.0)
    assert second.long


def test_who_asked_for_much_begins_among_the_long_ones_for_a_while() -> None:
    turns = Turns(3, slice=1.0)
    turns.end(begun(turns, "heavy", 0.0), 4.0)
    begun(turns, "other", 4.0)
    again = waits(turns, "heavy", 4.5)
    assert turns.next(4.5) is again
    assert turns.next(5.5) is None, "the place for long queries has gone to the one that overran"
    fresh = waits(turns, "fresh", 6.0)
    assert turns.next(6.0) is fresh
    turns.begin(fresh, 6.0)
    turns.end(fresh, 6.1)
    assert turns.next(6.1) is None
    assert turns.next(4.0 + REMEMBERED) is again


def test_where_nothing_is_remembered_a_long_query_counts_only_while_it_runs() -> None:
    turns = Turns(2, slice=1.0, remembered=0.0)
    turns.end(begun(turns, "brokers", 0.0), 4.0)
    turns.end(begun(turns, "sources", 5.0), 9.0)
    one, other = begun(turns, "brokers", 10.0), begun(turns, "sources", 10.1)
    assert not one.long
    assert not other.long


def test_time_without_the_processor_is_a_tenth_of_work() -> None:
    """A real worker that has nothing to do, while the test's clock goes on."""
    turns = Turns(1, slice=1.0)
    worker = WorkerProcess(WorkerSettings(memory=2**30, handles=1, sandbox=False), seconds=30)
    try:
        one = ticket("a")
        one.worker = worker
        assert turns.arrive(one, 0.0)
        turns.begin(one, 0.0)
        assert one.used > 0
        assert 0.5 <= one.work(5.0) < 1.0
        assert one.work(10.0) >= 1.0
    finally:
        worker.hang_up()
        worker.reap(seconds=5)


def test_few_may_wait_for_places_for_long_queries() -> None:
    turns = Turns(2, slice=1.0)
    clients = [f"heavy {number}" for number in range(20)]
    for client in clients:
        turns.end(begun(turns, client, 0.0), 2.0)
    let_in = [client for client in clients if turns.arrive(ticket(client), 3.0)]
    assert len(let_in) == 8
    assert turns.arrive(ticket("light"), 3.0)


def test_a_query_that_may_take_longer_than_usual_gives_its_place_up_after_half_of_that() -> None:
    turns = Turns(3, slice=1.0, usual=30.0)
    guest = begun(turns, "token", 0.0, limit=300.0)
    turns.end(begun(turns, "analyst", 0.0), 2.0)
    again = waits(turns, "analyst", 3.0)
    assert turns.next(3.0) is None
    assert guest.long
    assert 11.9 < turns.pause(3.0) < 12.1
    assert turns.next(15.0) is again, "a free worker, and a place that is free again"
    turns.begin(again, 15.0)
    assert again.long
    assert turns.in_the_way(0, 299.0) == [], "it goes on while nobody waits"


def test_what_gave_its_place_up_makes_room_for_who_may_begin_and_has_no_worker() -> None:
    turns = Turns(2, slice=1.0, usual=30.0)
    guest = begun(turns, "token", 0.0, limit=300.0)
    turns.end(begun(turns, "analyst", 0.0), 2.0)
    begun(turns, "modest", 15.0)
    again = waits(turns, "analyst", 15.2)
    assert turns.in_the_way(0, 15.2) == [guest]
    turns.end(guest, 15.2)
    assert guest.demoted
    assert turns.arrive(guest, 15.2)
    assert turns.next(15.3) is again
    turns.begin(again, 15.3)
    assert turns.next(15.4) is None, "it has to wait for a place in its turn"
    turns.end(again, 15.8)
    assert turns.next(15.8) is guest


def test_a_client_that_gave_a_place_up_gets_no_other_meanwhile() -> None:
    turns = Turns(4, slice=1.0, usual=30.0)
    for now in (0.0, 0.1):
        begun(turns, "token", now, limit=300.0)
    third = waits(turns, "token", 20.0)
    assert turns.next(20.0) is None, "two that stayed too long are as many as it may have"
    assert turns.in_the_way(0, 20.0) == []
    other = begun(turns, "modest", 20.1)
    assert turns.next(21.5) is None
    assert other.long
    assert third in turns.waiting


def test_what_may_take_no_longer_than_usual_keeps_its_place() -> None:
    turns = Turns(2, slice=1.0, usual=30.0)
    first = begun(turns, "a", 0.0)
    turns.end(begun(turns, "b", 0.0), 2.0)
    waits(turns, "b", 3.0)
    assert turns.next(29.0) is None
    assert first.long


def test_clients_that_left_are_forgotten() -> None:
    turns = Turns(1, slice=1.0)
    for number in range(2000):
        now = number * 1.0
        turns.end(begun(turns, f"client {number}", now), now + 0.1)
    assert len(turns._records) < 400
