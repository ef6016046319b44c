"""Pages for people: they answer without scripts, fetch nothing from elsewhere, and let nothing in."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

PAGES = ["/", "/?q=brug", "/docs", "/sparql?format=html"]


class Reader(HTMLParser):
    """Collects what matters for reading a page without seeing it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.labels, self.fields, self.ids = [], [], set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        self.links += [values[name] for name in ("href", "src", "action") if name in values]
        self.ids += [values["id"]] if "id" in values else []
        if tag == "label":
            self.labels.add(values["for"])
        if tag in {"input", "select", "textarea"}:
            self.fields.append(values["id"])


def page(client, path):
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return response.text


@pytest.fixture(scope="module")
def brug(mini):
    return mini.get("/v1/organizations?q=brug").json()["data"][0]["key"]


@pytest.mark.parametrize(
    "path", [*PAGES, "/organizations/KEY", "/organizations/KEY?window=all&partition=country"]
)
def test_a_page_is_readable_and_stands_alone(mini, brug, path):
    text = page(mini, path.replace("KEY", brug))
    found = Reader(text)
    assert "script" not in found.tags
    assert found.tags.count("h1") == 1
    assert found.tags.count("main") == 1
    assert 'lang="en"' in text
    assert set(found.fields) <= found.labels
    assert len(set(found.ids)) == len(found.ids)
    assert "<title>" in text
    assert not [link for link in found.links if re.match(r"(https?:)?//", link)], "nothing from elsewhere"
    assert all(" style=" not in line for line in text.splitlines())
    csp = mini.get(path.replace("KEY", brug), headers={"Accept": "text/html"}).headers[
        "content-security-policy"
    ]
    assert "default-src 'none'" in csp


@pytest.mark.parametrize("path", [*PAGES, "/organizations/KEY"])
def test_every_link_leads_somewhere(mini, brug, path):
    for link in set(Reader(page(mini, path.replace("KEY", brug))).links):
        if not link.startswith("#"):
            assert mini.get(link.partition("#")[0], headers={"Accept": "*/*"}).status_code == 200, link


def test_the_first_page_answers_who_bridges_whom(demo):
    text = page(demo, "/")
    for row in demo.get("/v1/network/brokers?limit=10").json()["data"]:
        assert row["organization"]["key"] in text
    assert "CC BY 4.0" in text


def test_an_organization_is_found_by_name_and_shown(mini, brug):
    assert f"/organizations/{brug}" in page(mini, "/?q=brug")
    assert "No organisation" in page(mini, "/?q=nobody")
    text = page(mini, f"/organizations/{brug}?window=all")
    assert "Dam AG" in text
    assert "=Cijfer SA" in text


def test_what_others_wrote_stays_text(mini):
    assert "Élan &amp; &lt;Fils&gt;" in page(mini, "/?q=elan")
    text = page(mini, "/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script" not in text


def test_the_reference_names_every_operation_and_parameter(mini):
    text = page(mini, "/docs")
    document = mini.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        assert path in text
        for operation in methods.values():
            assert operation["operationId"] in text
            for parameter in operation.get("parameters", []):
                assert f"<code>{parameter['name']}</code>" in text


def test_pages_are_html_only(mini, brug):
    for path in ("/", "/docs", f"/organizations/{brug}"):
        assert mini.get(path, headers={"Accept": "application/json"}).status_code == 406
    assert mini.get("/organizations/aaaaaaaaaaaaaaaa").status_code == 404
