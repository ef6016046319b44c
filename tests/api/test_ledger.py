"""What each client may use: the arithmetic of the ledger on a clock that the test moves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tertius.api.clients import Client
from tertius.api.errors import QueryIdTaken, TooManyRequests
from tertius.api.ledger import WINDOW, Allowance, Ledger

ANNA, BERT = Client("192.0.2.1", trusted=False), Client("192.0.2.2", trusted=False)
HOLDER = Client("token lab", trusted=True)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(clock):
    return Ledger(Allowance(2, 10.0), Allowance(5, 100.0), clock)


def use(ledger, clock, client, seconds, name="q"):
    with ledger.admitted(name, client, snapshot=1, limit=30.0):
        ledger.began(name)
        clock.now += seconds


def refused(ledger, client, unit):
    with pytest.raises(TooManyRequests) as caught, ledger.admitted("x", client, snapshot=1, limit=30.0):
        raise AssertionError("it was let in")
    assert caught.value.members["unit"] == unit
    return int(caught.value.headers["Retry-After"])


def test_so_many_at_once_and_not_one_more(ledger):
    with ExitStack() as stack:
        for name in ("a", "b"):
            stack.enter_context(ledger.admitted(name, ANNA, snapshot=1, limit=30.0))
        assert refused(ledger, ANNA, "queries") >= 1
        stack.enter_context(ledger.admitted("c", BERT, snapshot=1, limit=30.0))
        assert [query.query_id for query in ledger.of(ANNA)] == ["a", "b"]
    with ledger.admitted("d", ANNA, snapshot=1, limit=30.0):
        assert ledger.of(BERT) == []


def test_processing_time_is_spent_and_comes_back(ledger, clock):
    use(ledger, clock, ANNA, 4)
    use(ledger, clock, ANNA, 7)
    wait = refused(ledger, ANNA, "seconds")
    use(ledger, clock, BERT, 1)
    clock.now += wait
    use(ledger, clock, ANNA, 1)


@given(st.lists(st.floats(0.01, 8), min_size=1, max_size=30), st.floats(0, 1))
def test_a_client_that_waits_as_told_is_let_in(spans, start):
    clock = Clock()
    clock.now += start
    ledger = Ledger(Allowance(2, 10.0), Allowance(5, 100.0), clock)
    for span in spans:
        try:
            use(ledger, clock, ANNA, span)
        except TooManyRequests as error:
            wait = int(error.headers["Retry-After"])
            assert 1 <= wait <= WINDOW
            clock.now += wait
            use(ledger, clock, ANNA, span)


def test_time_spent_waiting_is_free(ledger, clock):
    with ledger.admitted("q", ANNA, snapshot=1, limit=30.0):
        clock.now += 50
    use(ledger, clock, ANNA, 1)


def test_what_runs_now_counts_already(ledger, clock):
    with ledger.admitted("q", ANNA, snapshot=1, limit=30.0):
        ledger.began("q")
        clock.now += 11
        refused(ledger, ANNA, "seconds")


def test_a_token_has_an_account_of_its_own_and_a_larger_one(ledger, clock):
    use(ledger, clock, HOLDER, 50)
    use(ledger, clock, HOLDER, 1)
    refused_after = Client("token other", trusted=True)
    use(ledger, clock, refused_after, 1)


def test_a_long_query_is_charged_for_the_window_only(ledger, clock):
    use(ledger, clock, HOLDER, 3000)
    use(ledger, clock, HOLDER, 1)


def test_an_id_names_one_query(ledger):
    with ledger.admitted("q", ANNA, snapshot=1, limit=30.0):
        with pytest.raises(QueryIdTaken), ledger.admitted("q", BERT, snapshot=1, limit=30.0):
            raise AssertionError("it was let in")
        assert ledger.find("q").client == ANNA
    assert ledger.find("q") is None


def test_accounts_of_clients_that_left_are_closed(ledger, clock):
    for number in range(500):
        use(ledger, clock, Client(f"client {number}", trusted=False), 0.01)
    clock.now += WINDOW + 2
    with ledger.admitted("long", ANNA, snapshot=1, limit=3000.0):
        clock.now += 500
        use(ledger, clock, BERT, 0.01)
        assert set(ledger._accounts) == {ANNA, BERT}


def test_many_threads_keep_the_count(clock):
    ledger = Ledger(Allowance(3, 1e6), Allowance(5, 100.0), clock)

    def once(number):
        try:
            with ledger.admitted(str(number), ANNA, snapshot=1, limit=1.0):
                assert len(ledger.of(ANNA)) <= 3
        except TooManyRequests:
            return 1
        return 0

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(once, range(400)))
    assert ledger.of(ANNA) == []
    assert ledger._accounts[ANNA].under_way == 0
