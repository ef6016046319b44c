"""Cursors come back as they were made, belong to one request, and cannot be forged into a failure."""

from __future__ import annotations

import base64
import json
import string
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tertius.api import paging
from tertius.api.errors import BadParameter

values = (
    st.none() | st.text() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
)


@given(st.integers(0, 2**31), st.lists(values, max_size=4).map(tuple))
def test_a_cursor_comes_back_as_it_was_made(snapshot, position):
    made = paging.Cursor(snapshot, position, "abc")
    text = made.encode()
    assert text.replace("-", "").replace("_", "").isalnum()
    if len(text) <= 2048:
        assert paging.decode(text, request="abc") == made


@given(st.text() | st.binary().map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_what_is_no_cursor_is_refused_by_name(text):
    with pytest.raises(BadParameter) as caught:
        paging.decode(text, request="abc")
    assert caught.value.parameter == "cursor"


@pytest.mark.parametrize(
    "data",
    [
        {}, [], 1, "x", None, [1], [1, 2], [2, 1, "abc"], [1, True, "abc"], [1, "1", "abc"], [1, 1, 7],
        [1, 1, "abc", []], [1, 1, "abc", {}], [[[[]]]],
        [1, 1, "abc", True],
    ],
)  # fmt: skip
def test_json_that_is_no_cursor_is_refused(data):
    text = paging.packed(json.dumps(data).encode())
    with pytest.raises(BadParameter):
        paging.decode(text, request="abc")


def test_a_cursor_of_another_request_is_refused():
    text = paging.Cursor(1, (10,), paging.digest("/v1/a", {"q": "x"})).encode()
    with pytest.raises(BadParameter, match="other parameters"):
        paging.decode(text, request=paging.digest("/v1/a", {"q": "y"}))


def test_the_page_size_may_change_between_pages():
    first = paging.digest("/v1/a", {"q": "x", "limit": 10, "cursor": None, "format": "csv"})
    assert first == paging.digest("/v1/a", {"q": "x", "limit": 20, "cursor": "c", "format": None})
    assert first != paging.digest("/v1/b", {"q": "x"})


def test_the_next_path_keeps_what_was_asked():
    cursor = paging.Cursor(3, ("Ä", 7), "abc").encode()
    path = paging.next_path("/v1/a", {"exclude": ["k1", "k2"], "q": "a b&c", "cursor": "old"}, cursor)
    assert path == f"/v1/a?exclude=k1&exclude=k2&q=a+b%26c&cursor={cursor}"


def test_a_position_must_be_what_the_list_is_ordered_by():
    assert paging.fits(("a", 3), (str, int))
    assert paging.fits((-1.5, 3), (str | float, int))
    assert not paging.fits((3, "a"), (str, int))
    assert not paging.fits(("a",), (str, int))
    assert not paging.fits(("a", -3), (str, int))


LISTS = (
    "/v1/organizations?limit=1",
    "/v1/alliances?limit=1",
    "/v1/network/brokers?limit=1",
    "/v1/queries/sources-and-freshness/results?limit=1",
)


@pytest.fixture(scope="module")
def cursors(mini):
    """The cursor to the second page of each list, which is answered as it stands."""
    found = {}
    for path in LISTS:
        following = mini.get(path).json()["meta"]["next"]
        assert following is not None, path
        assert mini.get(following).status_code == 200
        found[path] = parse_qs(urlsplit(following).query)["cursor"][0].encode()
    return found


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(LISTS), st.integers(0, 2047), st.integers(1, 255))
def test_a_cursor_with_one_byte_changed_is_refused(mini, cursors, path, place, change):
    changed = bytearray(cursors[path])
    changed[place % len(changed)] ^= change
    told = mini.get(f"{path}&cursor={quote(bytes(changed))}")
    assert told.status_code == 422, (bytes(changed), told.text)
    assert told.headers["content-type"] == "application/problem+json"
    assert [one["parameter"] for one in told.json().get("errors", [told.json()])] == ["cursor"]


@pytest.mark.parametrize("path", LISTS)
def test_the_last_byte_of_a_cursor_cannot_be_another(mini, cursors, path):
    """Some of its bits stand for nothing and would be lost in reading."""
    *start, last = cursors[path].decode()
    for other in sorted(set(string.ascii_letters + string.digits + "-_=") - {last}):
        assert mini.get(f"{path}&cursor={''.join(start)}{other}").status_code == 422
