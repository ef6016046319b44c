"""Pages of named queries are kept for those who ask the same again, and only for them."""

from __future__ import annotations

from tertius.api.kept_pages import KeptPages, key_of
from tertius.queries import Page

WHERE = "/v1/queries/partners-of-organization/results"


def page(rows: int) -> Page:
    return Page("q", {}, [{"n": number} for number in range(rows)], None, 1, {}, 0.0)


def test_rows_are_bounded_and_the_page_asked_for_longest_ago_goes():
    kept = KeptPages(rows=250)
    first, second, third = page(100), page(100), page(100)
    kept.keep("first", first)
    kept.keep("second", second)
    assert kept.get("first") is first
    kept.keep("third", third)
    assert (kept.get("first"), kept.get("second"), kept.get("third")) == (first, None, third)


def test_a_page_larger_than_everything_is_not_kept():
    kept = KeptPages(rows=50)
    kept.keep("large", page(1000))
    assert kept.get("large") is None
    small = page(1)
    kept.keep("small", small)
    assert kept.get("small") is small


def test_whatever_changes_the_answer_is_in_the_key():
    usual = key_of("a", "q", {"x": "1"}, 10, None)
    assert key_of("a", "q", {"x": "1"}, 10, None) == usual
    others = [
        key_of("b", "q", {"x": "1"}, 10, None),
        key_of("a", "p", {"x": "1"}, 10, None),
        key_of("a", "q", {"x": ["1"]}, 10, None),
        key_of("a", "q", {}, 10, None),
        key_of("a", "q", {"x": "1"}, 11, None),
        key_of("a", "q", {"x": "1"}, 10, "c"),
    ]
    assert len({usual, *others}) == 1 + len(others)


def test_the_same_question_takes_a_worker_once(make_client, mini_data):
    service = make_client(mini_data)
    key = service.get("/v1/organizations?limit=1").json()["data"][0]["key"]
    pool = service.app.state.services.store

    def asked(path: str) -> tuple[int, object]:
        before = pool.counters.queries
        answer = service.get(path)
        assert answer.status_code == 200, answer.text
        return pool.counters.queries - before, answer.json()["data"]

    taken, rows = asked(f"{WHERE}?organization={key}")
    assert taken == 1
    assert asked(f"{WHERE}?organization={key}") == (0, rows)
    assert asked(f"{WHERE}?organization={key}&limit=1")[0] == 1
