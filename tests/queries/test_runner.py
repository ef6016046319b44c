"""Every named query gives its golden answer, whole and page by page."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tertius.queries import (
    Catalogue,
    Context,
    ParameterError,
    UnexpectedValue,
    UnknownQuery,
    load_catalogue,
    run,
)
from tertius.queries.paging import Cursor, decode_cursor, encode_cursor
from tertius.queries.runner import Row
from tertius.store import Answer, MemoryStore

GOLDEN = Path(__file__).parent / "golden"
EVIDENCE = {"evidence", "propositions", "services"}
"""Topics that need the evidence base, or a service outside: the small graph holds neither."""

CASES = [
    pytest.param(file.stem, case["arguments"], case["rows"], id=f"{file.stem}-{number}")
    for file in sorted(GOLDEN.glob("*.json"))
    for number, case in enumerate(json.loads(file.read_text("utf-8")), start=1)
]


def short(rows: list[Row]) -> list[list[Any]]:
    """Leave the common part of the IRIs of individuals and concepts out."""
    return [
        [
            value.rpartition("/")[2]
            if isinstance(value, str) and value.startswith("https://w3id.org/tertius/") and "#" not in value
            else value
            for value in row.values()
        ]
        for row in rows
    ]


def test_every_query_has_a_golden_answer(catalogue: Catalogue) -> None:
    """The propositions' tests answer from the evidence base and have golden answers of their own."""
    names = {name for name, query in catalogue.items() if query.topic not in EVIDENCE}
    assert {file.stem for file in GOLDEN.glob("*.json")} == names


@pytest.mark.parametrize(("name", "arguments", "rows"), CASES)
def test_golden_answers(
    catalogue: Catalogue,
    mini: MemoryStore,
    context: Context,
    name: str,
    arguments: dict[str, Any],
    rows: list[Any],
) -> None:
    page = run(catalogue, mini, name, arguments, context=context)
    assert list(page.columns) == list(catalogue[name].columns)
    assert short(page.rows) == rows
    assert page.next is None


@pytest.mark.parametrize(("name", "arguments", "rows"), CASES)
def test_one_row_at_a_time_gives_the_same_rows(
    catalogue: Catalogue,
    mini: MemoryStore,
    context: Context,
    name: str,
    arguments: dict[str, Any],
    rows: list[Any],
) -> None:
    page = run(catalogue, mini, name, arguments, context=context, limit=1)
    collected = short(page.rows)
    while page.next is not None:
        page = run(catalogue, mini, name, arguments, context=context, limit=1, cursor=page.next)
        collected += short(page.rows)
    assert collected == rows


def test_examples_answer_something(catalogue: Catalogue, mini: MemoryStore, context: Context) -> None:
    """An example that finds nothing explains nothing."""
    for name in {name for name, query in catalogue.items() if query.topic not in EVIDENCE}:
        assert run(catalogue, mini, name, catalogue[name].examples, context=context).rows, name


def test_a_page_says_what_was_understood(catalogue: Catalogue, mini: MemoryStore, context: Context) -> None:
    page = run(catalogue, mini, "local-bridges", {"organization": "alpha"}, context=context)
    assert page.arguments == {
        "organization": "alpha",
        "as_of": "2024-12-31",
        "window": "5",
        "assumed_years": "5",
    }
    assert page.snapshot is None
    assert page.query == "local-bridges"


def test_the_as_of_of_the_first_page_holds_for_the_next(
    catalogue: Catalogue, mini: MemoryStore, context: Context
) -> None:
    first = run(catalogue, mini, "bridging-partners", {"organization": "alpha"}, context=context, limit=2)
    later = Context(as_of=None)
    second = run(
        catalogue,
        mini,
        "bridging-partners",
        {"organization": "alpha"},
        context=later,
        limit=2,
        cursor=first.next,
    )
    assert [row["name"] for row in second.rows] == ["Bravo Labs", "Charlie Cables"]
    assert second.arguments["as_of"] == "2024-12-31"


def test_limits_and_names_are_checked(catalogue: Catalogue, mini: MemoryStore, context: Context) -> None:
    for limit in (0, 1001):
        with pytest.raises(ParameterError, match=r"^limit: "):
            run(catalogue, mini, "brokers", limit=limit, context=context)
    with pytest.raises(UnknownQuery):
        run(catalogue, mini, "nothing", context=context)
    with pytest.raises(ParameterError, match=r"^organization: is required"):
        run(catalogue, mini, "local-bridges", context=context)


def cursor_of(catalogue: Catalogue, mini: MemoryStore, context: Context) -> str:
    page = run(catalogue, mini, "brokers", {"min_degree": 1, "max_constraint": 2}, context=context, limit=2)
    assert page.next is not None
    return page.next


def key(constraint: Any, degree: Any, organization: str) -> list[Any]:
    """Return the order columns of a row of the query for brokers."""
    return [constraint, degree, organization, "a name", "5", "urn:weighting"]


def forged(cursor: str, **changes: Any) -> str:
    """Write a cursor with changed content and a checksum that fits it."""
    data = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[6:]) | changes
    text = json.dumps(data, separators=(",", ":")).encode()
    import hashlib

    return base64.urlsafe_b64encode(hashlib.blake2b(text, digest_size=6).digest() + text).decode().rstrip("=")


def test_damaged_cursors_are_refused(catalogue: Catalogue, mini: MemoryStore, context: Context) -> None:
    cursor = cursor_of(catalogue, mini, context)
    arguments = {"min_degree": 1, "max_constraint": 2}
    damaged = [
        "",
        "x",
        "====",
        cursor[:-1],
        cursor + "A",
        cursor[:9] + ("A" if cursor[9] != "A" else "B") + cursor[10:],
        "A" * 9000,
        "é",
        forged(cursor, v=2),
        forged(cursor, v="1"),
        forged(cursor, q="local-bridges"),
        forged(cursor, a="0"),
        forged(cursor, k=["0.5"]),
        forged(cursor, k=["0.5", "1", "x", "y"]),
        forged(cursor, k=key('0.5" || true', "3", "x")),
        forged(cursor, k=key("NaN", "3", "x")),
        forged(cursor, k=key("1e999", "3", "x")),
        forged(cursor, k=key(0.5, 3, "x")),
        forged(cursor, d="yesterday"),
        forged(cursor, extra=1),
    ]
    for text in damaged:
        with pytest.raises(ParameterError, match=r"^cursor: ") as caught:
            run(catalogue, mini, "brokers", arguments, context=context, cursor=text)
        assert caught.value.parameter == "cursor"
    with pytest.raises(ParameterError, match=r"^cursor: belongs to other arguments"):
        run(catalogue, mini, "brokers", {"min_degree": 2}, context=context, cursor=cursor)


def test_a_forged_key_is_still_data(catalogue: Catalogue, mini: MemoryStore, context: Context) -> None:
    cursor = forged(
        cursor_of(catalogue, mini, context), k=key("0.5", "2", '" || true) } UNION { ?a ?b ?c } #')
    )
    page = run(
        catalogue, mini, "brokers", {"min_degree": 1, "max_constraint": 2}, context=context, cursor=cursor
    )
    assert all(row["constraint"] is not None for row in page.rows)


@given(st.text(max_size=200))
def test_any_text_as_cursor_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match=r"^cursor: "):
        decode_cursor(text, SHIPPED["brokers"])


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(), st.none() | st.dates())
def test_cursors_read_back(name: str, snapshot: int, as_of: Any) -> None:
    cursor = Cursor("local-bridges", "0123", (name, None, name), snapshot, as_of)
    assert decode_cursor(encode_cursor(cursor), SHIPPED["local-bridges"]) == cursor


SHIPPED = load_catalogue()


def test_an_organization_with_two_names_loses_none_between_pages(
    catalogue: Catalogue, mini: MemoryStore, context: Context
) -> None:
    store = MemoryStore(mini.graph)
    store.graph.update(
        """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        INSERT DATA { GRAPH <urn:other> {
          <https://w3id.org/tertius/id/organization/delta> skos:prefLabel "Delta", "Delta Power" } }"""
    )
    page = run(catalogue, store, "local-bridges", {"organization": "alpha"}, context=context, limit=1)
    names = [row["name"] for row in page.rows]
    while page.next is not None:
        page = run(
            catalogue,
            store,
            "local-bridges",
            {"organization": "alpha"},
            context=context,
            limit=1,
            cursor=page.next,
        )
        names += [row["name"] for row in page.rows]
    assert names == ["Delta", "Delta Grid", "Delta Power", "Kilo"]


class Recording(MemoryStore):
    """A store that has snapshots and remembers what it was asked."""

    def __init__(self, graph: Any) -> None:
        super().__init__()
        self.graph = graph
        self.asked: list[tuple[int | None, float]] = []

    def query(self, text: str, **options: Any) -> Answer:
        self.asked.append((options.pop("snapshot"), options["budget"].seconds))
        answer = super().query(text, **options)
        return Answer(answer.form, answer.media_type, answer.body, answer.rows, 7, answer.seconds)


def test_pages_stay_on_the_snapshot_of_the_first(
    catalogue: Catalogue, mini: MemoryStore, context: Context
) -> None:
    store = Recording(mini.graph)
    page = run(
        catalogue,
        store,
        "brokers",
        {"min_degree": 1, "max_constraint": 2},
        context=context,
        limit=2,
        seconds=1,
    )
    assert page.snapshot == 7
    same = {"min_degree": 1, "max_constraint": 2}
    run(catalogue, store, "brokers", same, context=context, limit=2, cursor=page.next, snapshot=9, seconds=99)
    assert store.asked == [(None, 1), (7, catalogue["brokers"].header.budget.seconds)]


def test_a_value_of_another_type_is_an_error_and_not_a_wrong_row(
    catalogue: Catalogue, context: Context
) -> None:
    store = MemoryStore()
    prefix = (
        "PREFIX : <https://w3id.org/tertius/ontology#> PREFIX o: <https://w3id.org/tertius/id/organization/> "
    )
    store.graph.update(
        prefix + 'INSERT DATA { :p :organization o:x ; :measureSet :s ; :degree "many" . '
        ":s :asOf '2024-12-31' ; :window 5 ; :weighting :w }"
    )
    with pytest.raises(UnexpectedValue, match="a value in the column degree is not of type integer"):
        run(catalogue, store, "position-of-organization", {"organization": "x"}, context=context)
