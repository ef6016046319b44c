"""The ontology is served to programs and to people, from one graph."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pyoxigraph as ox
import pytest
from starlette.testclient import TestClient
from tertius.ontology import ontology_graph, schemes
from tertius.ontology.terms import Class, Property

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Anchors(HTMLParser):
    """Collects what a page names and what it points to."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.targets: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.names.append(value)
            if tag == "a" and name == "href" and value and value.startswith("#"):
                self.targets.add(value[1:])


@pytest.fixture(scope="module")
def page(mini: TestClient) -> str:
    answer = mini.get("/ontology", headers={"Accept": BROWSER})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.text


@pytest.mark.parametrize(
    ("media", "form"),
    [
        ("text/turtle", ox.RdfFormat.TURTLE),
        ("application/n-triples", ox.RdfFormat.N_TRIPLES),
        ("application/ld+json", ox.RdfFormat.JSON_LD),
    ],
)
def test_programs_get_the_whole_graph(mini: TestClient, media: str, form: ox.RdfFormat) -> None:
    answer = mini.get("/ontology", headers={"Accept": media})
    assert answer.headers["content-type"].startswith(media)
    found = {(quad.subject, quad.predicate, quad.object) for quad in ox.parse(answer.content, form)}
    assert found == {(one.subject, one.predicate, one.object) for one in ontology_graph()}


def test_every_term_and_concept_stands_on_the_page(page: str) -> None:
    anchors = Anchors()
    anchors.feed(page)
    own = {term.value.partition("#")[2] for kind in (Class, Property) for term in kind}
    assert own <= set(anchors.names)
    assert {f"scheme-{notation}" for notation in schemes()} <= set(anchors.names)
    assert len(anchors.names) == len(set(anchors.names))
    assert anchors.targets <= set(anchors.names)
    for scheme in schemes().values():
        for concept in scheme.concepts.values():
            assert f"<td><code>{concept.notation}</code></td>" in page


def test_both_languages_are_marked(page: str) -> None:
    assert len(re.findall(r'lang="nl"', page)) > 400
    assert "gecodeerde uitspraak" in page
    assert "coded statement" in page


def test_no_other_representation(mini: TestClient) -> None:
    assert mini.get("/ontology", headers={"Accept": "image/png"}).status_code == 406
