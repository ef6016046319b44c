"""Arguments become terms of the declared type, or an error that names the parameter."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pyoxigraph import Literal, NamedNode
from tertius.ontology.namespaces import XSD
from tertius.queries import Context, Parameter, ParameterError
from tertius.queries.params import LAST_DAY, day_before_window, read_arguments

CONTEXT = Context(base="https://example.org/", as_of=dt.date(2024, 2, 29))


def parameter(kind: str, **more: Any) -> Parameter:
    return Parameter.model_validate({"type": kind, "description": "it", "example": "x", **more})


def read(kind: str, value: Any, **more: Any) -> NamedNode | Literal:
    return read_arguments({"p": parameter(kind, **more)}, {"p": value}, CONTEXT).terms["p"][0]


def typed(lexical: str, datatype: str) -> Literal:
    return Literal(lexical, datatype=NamedNode(XSD + datatype))


@pytest.mark.parametrize(
    ("kind", "value", "term"),
    [
        ("iri", "urn:x:y", NamedNode("urn:x:y")),
        ("organization", "abc2", NamedNode("https://example.org/id/organization/abc2")),
        (
            "organization",
            "https://example.org/id/organization/a",
            NamedNode("https://example.org/id/organization/a"),
        ),
        ("alliance", "abc2", NamedNode("https://example.org/id/alliance/abc2")),
        ("circle", "sector-a.b", NamedNode("https://example.org/id/circle/sector-a.b")),
        ("string", 'a "b"\n\\', Literal('a "b"\n\\')),
        ("string", "", Literal("")),
        ("lang-string", "a@b@nl-BE", Literal("a@b", language="nl-be")),
        ("integer", "-12", typed("-12", "integer")),
        ("integer", 12, typed("12", "integer")),
        ("decimal", "0.50", typed("0.50", "decimal")),
        ("double", "1e-3", typed("1e-3", "double")),
        ("double", 0.25, typed("0.25", "double")),
        ("boolean", True, typed("true", "boolean")),
        ("boolean", "false", typed("false", "boolean")),
        ("date", "2024-02-29", typed("2024-02-29", "date")),
        ("date", dt.date(2024, 2, 29), typed("2024-02-29", "date")),
        ("year", "2024", typed("2024", "gYear")),
        ("as-of", "2020-01-01", typed("2020-01-01", "date")),
    ],
)
def test_reads(kind: str, value: Any, term: NamedNode | Literal) -> None:
    assert read(kind, value) == term


def test_reads_enums_and_concepts() -> None:
    assert read("enum", "up", values=["up", "down"]) == Literal("up")
    assert read("concept", "relational", scheme="governance-mode") == NamedNode(
        "https://w3id.org/tertius/concept/governance-mode-relational"
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("iri", "no-scheme"),
        ("iri", "urn:a b"),
        ("iri", "urn:a> } #"),
        ("organization", ""),
        ("organization", "a/b"),
        ("organization", "https://elsewhere.org/id/organization/a"),
        ("organization", "a> } #"),
        ("organization", "x" * 101),
        ("string", "\ud800"),
        ("string", "x" * 10_001),
        ("lang-string", "plain"),
        ("lang-string", "a@nl_BE"),
        ("integer", "1.5"),
        ("integer", "١٢"),
        ("integer", "1 "),
        ("integer", "9" * 20),
        ("integer", True),
        ("decimal", "1e3"),
        ("decimal", "."),
        ("double", "NaN"),
        ("double", "1e999"),
        ("boolean", "yes"),
        ("date", "2024-02-30"),
        ("date", "20240229"),
        ("date", "2024-W09-4"),
        ("date", "2024-02-29Z"),
        ("year", "0000"),
        ("year", "24"),
        ("as-of", "today"),
        ("string", ["a", "b"]),
    ],
)
def test_refuses_and_names_the_parameter(kind: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=r"^p: ") as caught:
        read(kind, value)
    assert caught.value.parameter == "p"


def test_bounds_enums_and_schemes_say_what_is_allowed() -> None:
    with pytest.raises(ParameterError, match="at least 1"):
        read("integer", "0", minimum=1)
    with pytest.raises(ParameterError, match="at most 9"):
        read("integer", "10", maximum=9)
    with pytest.raises(ParameterError, match="takes one of: up, down"):
        read("enum", "left", values=["up", "down"])
    with pytest.raises(ParameterError, match="takes one of: formal-contractual, equity, relational"):
        read("concept", "x> } #", scheme="governance-mode")


def test_unknown_missing_and_too_many() -> None:
    declared = {"p": parameter("string"), "many": parameter("integer", many=True, default=[1])}
    with pytest.raises(ParameterError, match=r"^q: this query has no such parameter; it takes: p, many"):
        read_arguments(declared, {"q": "1"}, CONTEXT)
    with pytest.raises(ParameterError, match=r"^p: is required; for example x"):
        read_arguments(declared, {}, CONTEXT)
    with pytest.raises(ParameterError, match=r"^many: takes 1 to 1000 values, not 0"):
        read_arguments(declared, {"p": "x", "many": []}, CONTEXT)
    values = read_arguments(declared, {"p": "x", "many": ["2", "3"]}, CONTEXT)
    assert values.terms["many"] == (typed("2", "integer"), typed("3", "integer"))
    assert values.echo == {"p": "x", "many": ["2", "3"]}


def windowed(arguments: dict[str, Any], as_of: dt.date | None = dt.date(2024, 2, 29)) -> tuple[str, str, Any]:
    declared = {"window": parameter("window", default=5), "as_of": parameter("as-of")}
    values = read_arguments(declared, arguments, Context(as_of=as_of))
    return (str(values.terms["as_of"][0].value), str(values.terms["window"][0].value), values.echo)


def test_a_window_is_bound_to_the_day_before_it() -> None:
    assert windowed({}) == ("2024-02-29", "2019-02-28", {"window": "5", "as_of": "2024-02-29"})
    assert windowed({"window": 4})[:2] == ("2024-02-29", "2020-02-29")
    assert windowed({"window": "0"})[:2] == ("2024-02-29", "2024-02-28")
    assert windowed({"as_of": "0003-01-01"})[:2] == ("0003-01-01", "0001-01-01")


def test_everything_counts_only_from_the_default_day() -> None:
    assert windowed({"window": "all"})[:2] == ("9999-12-31", "0001-01-01")
    assert windowed({"window": "all", "as_of": "2024-02-29"})[:2] == ("9999-12-31", "0001-01-01")
    assert windowed({"window": "all", "as_of": "2024-02-28"})[:2] == ("2024-02-28", "0001-01-01")
    assert windowed({"window": "all"})[2] == {"window": "all", "as_of": "2024-02-29"}


@pytest.mark.parametrize("value", ["five", "-1", "201", "1.5", ""])
def test_refuses_odd_windows(value: str) -> None:
    with pytest.raises(ParameterError, match=r"^window: "):
        windowed({"window": value})


def test_without_a_snapshot_the_as_of_must_be_given() -> None:
    with pytest.raises(ParameterError, match=r"^as_of: "):
        windowed({}, as_of=None)


@given(st.dates(), st.integers(min_value=1, max_value=200))
def test_windows_end_on_the_same_day_of_the_year(as_of: dt.date, window: int) -> None:
    before = day_before_window(as_of, window)
    if as_of.year - window < 1:
        assert before == dt.date.min
    else:
        assert before.year == as_of.year - window
        assert (before.month, before.day) in {(as_of.month, as_of.day), (2, 28)}


def test_last_day_is_the_last() -> None:
    assert dt.date(9999, 12, 31) == LAST_DAY


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "concept"},
        {"type": "string", "scheme": "governance-mode"},
        {"type": "concept", "scheme": "no-such-scheme"},
        {"type": "concept", "scheme": "governance-mode", "values": ["absent"]},
        {"type": "enum"},
        {"type": "string", "values": ["a"]},
        {"type": "window", "many": True},
        {"type": "text"},
        {"type": "string", "examples": "a"},
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        parameter(**({"kind": wrong["type"]} | {key: value for key, value in wrong.items() if key != "type"}))
