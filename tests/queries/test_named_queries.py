"""A wrong query file is refused at start-up, with its file, its line and what to change."""

from __future__ import annotations

from pathlib import Path

import pytest
from tertius.queries import Catalogue, CatalogueError, UnknownQuery, check_read_only, load_catalogue
from tertius.queries.named_queries import read_query

GOOD = """#+ summary: Everything that carries a label
#+ description: Things and their labels, as they were given.
#+ tags: [things]
#+ params:
#+   label: {type: string, description: The label, example: Alpha}
#+ returns:
#+   thing: {type: iri, description: The thing}
#+   label: {type: string, description: Its label}
#+ order: [label, thing]
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?label
WHERE {
  ?thing skos:prefLabel ?label .
  FILTER(STR(?label) = $label)
}
"""


def test_reads_a_query() -> None:
    query = read_query(GOOD, "things", "things-by-label")
    assert query.name == "things-by-label"
    assert list(query.columns) == ["thing", "label"]
    assert query.params["label"].required
    assert query.prologue.strip() == "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"
    assert '"Alpha"' in query.example_text()
    assert "$label" in query.text
    assert "#+" not in query.text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (GOOD, "SELECT ?s { ?s ?p ?o }", "t/q.rq:1: a query file begins with its header"),
        ("tags: [things]", "tags: [things", "t/q.rq:4: the header is not YAML"),
        ("tags: [things]", "tag: [things]", "t/q.rq:3: tag: "),
        (
            "type: string, description: The label",
            "type: text, description: The label",
            "t/q.rq:5: params.label.type: ",
        ),
        ("type: iri", "type: thing", "t/q.rq:7: returns.thing.type: "),
        ("order: [label, thing]", "order: [label, name]", "order: name is not among the returned columns"),
        ("order: [label, thing]", "order: [label, -label]", "order: a column is named twice"),
        (
            "label: {type: string, description: The label, example: Alpha}",
            "limit: {type: string, description: x, example: a}",
            "params: limit belongs to the runner",
        ),
        (
            "label: {type: string, description: The label, example: Alpha}",
            "label: {type: window, description: x, example: 5}",
            "a window needs an as-of",
        ),
        ("example: Alpha", "example: ''", None),
        (
            "type: string, description: The label, example: Alpha",
            "type: integer, description: x, example: Alpha",
            "t/q.rq:1: the example of label: give a whole number",
        ),
        (
            "core#>",
            "core/>",
            "t/q.rq:10: skos: <http://www.w3.org/2004/02/skos/core/> is not one of the ontology's prefixes",
        ),
        ("PREFIX skos:", "PREFIX s:", "t/q.rq:10: s: "),
        ("SELECT ?thing ?label", "ASK", "t/q.rq:1: a named query is a SELECT query"),
        ("= $label", "= $lable", "t/q.rq:14: $lable is not declared in the header"),
        ("= $label", "= 'Alpha'", "t/q.rq:1: the parameter label is declared and never used"),
        ("SELECT ?thing ?label", "SELECT ?thing ($label AS ?label)", "t/q.rq:11: $label stands in SELECT"),
        ("  FILTER(", "  BIND(1 AS $label) FILTER(", "t/q.rq:14: $label stands after AS"),
        ("\n}\n", "\n} LIMIT 5\n", "t/q.rq:15: LIMIT is added by the runner"),
        ("\n}\n", "\n} ORDER BY ?thing\n", "t/q.rq:15: ORDER is added by the runner"),
        (
            "SELECT ?thing ?label",
            "SELECT ?label ?thing",
            "the query selects ['label', 'thing'], the header returns",
        ),
        ("skos:prefLabel ?label", "rdfs:label ?label", "t/q.rq:1: "),
        ("?label .", "?label . SERVICE <urn:x> { ?thing ?p ?o }", "t/q.rq:1: line"),
    ],
)
def test_names_file_line_and_fault(old: str, new: str, message: str | None) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    if message is None:
        read_query(text, "t", "q")
        return
    with pytest.raises(CatalogueError) as caught:
        read_query(text, "t", "q")
    assert message in str(caught.value)


def test_loads_a_directory_and_lists_every_fault(tmp_path: Path) -> None:
    for topic, name, text in [
        ("a", "one", GOOD),
        ("a", "two", GOOD.replace("= $label", "= $x")),
        ("b", "one", GOOD),
        ("b", "three", GOOD.replace("tags", "tag")),
    ]:
        (tmp_path / topic).mkdir(exist_ok=True)
        (tmp_path / topic / f"{name}.rq").write_text(text)
    (tmp_path / "a" / "notes.txt").write_text("not a query")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["a/two.rq", "b/one.rq", "b/three.rq", "b/three.rq"]
    (tmp_path / "a" / "two.rq").unlink()
    (tmp_path / "b" / "one.rq").unlink()
    (tmp_path / "b" / "three.rq").write_text(GOOD)
    assert list(load_catalogue(tmp_path)) == ["one", "three"]


def test_the_shipped_catalogue_is_large_enough_and_passes_the_guard(catalogue: Catalogue) -> None:
    assert len(catalogue) >= 18
    for query in catalogue.values():
        assert check_read_only(query.example_text()).joined <= 60


def test_an_unknown_name_is_answered_with_likely_ones(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownQuery, match="did you mean bridging-partners"):
        catalogue.find("bridging-partner")
    with pytest.raises(UnknownQuery, match=r"there is no query named 'zzz'$"):
        catalogue.find("zzz")
