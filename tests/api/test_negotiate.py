"""Which representation a request gets, and that no header can break the choice."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tertius.api.errors import NotAcceptable
from tertius.api.negotiate import CSV, HTML, JSON, SPARQL_JSON, SPARQL_XML, TURTLE, choose, parse_accept

OFFERED = (JSON, TURTLE, CSV, HTML)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("*", JSON),
        ("text/*", TURTLE),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("text/csv", CSV),
        ("text/csv, application/json", CSV),
        ("text/csv;q=0.5, application/json", JSON),
        ("text/csv;q=0.5, application/json;q=0.4", CSV),
        ("application/json;q=0, */*", TURTLE),
        ("application/*;q=0, text/*;q=0.1, text/turtle;q=0", CSV),
        ("text/*;q=0.9, text/csv;q=0.1, application/json;q=0.5", TURTLE),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("application/json; charset=utf-8", JSON),
        ("application/json; charset=latin1, text/csv;q=0.1", CSV),
        ("application/json;profile=x, text/csv;q=0.1", CSV),
        ("text/csv;header=present", CSV),
        ("text/csv;header=absent, text/turtle;q=0.1", TURTLE),
        ("text/html, image/gif, *; q=.2, */*; q=.2", HTML),
        ("nonsense, text/csv", CSV),
        ('application/json;x="a,b;q=1", text/csv;q=0.3', CSV),
        ("text/csv;q=2, text/turtle;q=0.1", TURTLE),
        ("text/csv;q=0.333333, text/turtle;q=0.3", CSV),
    ],
)
def test_the_best_representation_is_chosen(accept, expected):
    assert choose(accept, None, OFFERED) is expected


@pytest.mark.parametrize(
    "accept",
    ["image/png", "application/json;q=0", "text/markdown, application/pdf", "nonsense", "*/json", ";;;,,"],
)
def test_what_cannot_be_served_is_refused_with_the_list(accept):
    with pytest.raises(NotAcceptable) as caught:
        choose(accept, None, OFFERED)
    assert caught.value.members["acceptable"] == [media.type for media in OFFERED]
    assert "format=csv" in caught.value.detail


def test_format_overrides_the_header():
    assert choose("application/json", "csv", OFFERED) is CSV
    assert choose("image/png", "TURTLE", OFFERED) is TURTLE


def test_an_unknown_format_is_refused_and_names_the_parameter():
    with pytest.raises(NotAcceptable) as caught:
        choose("application/json", "docx", OFFERED)
    assert caught.value.members["parameter"] == "format"


def test_aliases_reach_the_representation_they_stand_for():
    assert choose("application/xml", None, (SPARQL_JSON, SPARQL_XML)) is SPARQL_XML
    assert choose("application/json", None, (SPARQL_XML, SPARQL_JSON)) is SPARQL_JSON


@given(
    st.text(alphabet=st.sampled_from(list('abcjsontext/*;,=q". 0159\\-+')), max_size=60)
    | st.text(max_size=60)
)
def test_every_header_gets_a_representation_or_the_refusal(accept):
    for found in parse_accept(accept):
        assert 0 <= found.quality <= 1
    with suppress(NotAcceptable):
        assert choose(accept, None, OFFERED) in OFFERED


@given(st.permutations(["application/json;q=0.2", "text/csv;q=0.7", "text/turtle;q=0.5"]))
def test_quality_decides_whatever_the_order(parts):
    assert choose(", ".join(parts), None, OFFERED) is CSV
