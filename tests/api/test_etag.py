"""An entity tag changes with everything that an answer depends on, and with nothing else."""

from __future__ import annotations

import pytest
from tertius.api import etag

BASE = {
    "snapshot": "u-1",
    "software": "0.1.0",
    "media_type": "application/json",
    "route": "/v1/organizations",
    "parameters": {"limit": 10, "q": "x", "format": None},
}


@pytest.mark.parametrize(
    "change",
    [
        {"snapshot": "u-2"},
        {"software": "0.1.1"},
        {"media_type": "text/csv"},
        {"route": "/v1/alliances"},
        {"parameters": {"limit": 11, "q": "x"}},
        {"parameters": {"limit": 10, "q": None}},
    ],
)
def test_a_tag_changes_with_what_the_answer_depends_on(change):
    assert etag.entity_tag(**BASE) != etag.entity_tag(**{**BASE, **change})


def test_a_tag_depends_on_nothing_else():
    same = {**BASE, "parameters": {"q": "x", "limit": 10, "format": "json"}}
    assert etag.entity_tag(**BASE) == etag.entity_tag(**same)


@pytest.mark.parametrize("header", ['"abc"', 'W/"abc"', '"x", "abc"', 'W/"x",W/"abc"', "*", ' "abc" '])
def test_if_none_match_covers(header):
    assert etag.matches(header, "abc")


@pytest.mark.parametrize("header", [None, "", "abc", '"ab"', '"abcd"', '"a" "bc"', 'w/"abc"', '"abc'])
def test_if_none_match_does_not_cover(header):
    assert not etag.matches(header, "abc")
