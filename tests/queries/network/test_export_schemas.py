"""Exported XML is what its format's definition asks for.

GEXF 1.3 is held against the official schema. That of GraphML comes without a licence to pass it on, so the
rules that concern our files are written out here.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from tertius.queries.network import Label, Network, NetworkParameters
from tertius.queries.network.export_formats import EXPORT_FORMATS

from tests.queries.network.conftest import Make, P, consortia, org

GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"
NASTY = 'Ö & <Söhne> "GmbH" \x00\x0b\ufffe\u202e \U0001f600\r\n]]>'


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema11:
    return xmlschema.XMLSchema11(str(Path(__file__).parent / "data" / "gexf-1.3" / "gexf.xsd"))


@pytest.fixture
def network(make: Make) -> Network:
    rows = [*consortia("x: a b c; y: c d; z: alone"), P("e", "w", "2019-01-01"), P("f", "w", "2019-02-02")]
    return make(rows, NetworkParameters(window=None))


def export(network: Network, form: str) -> bytes:
    def describe(keys: object) -> list[Label]:
        return [Label(NASTY if key == org("a") else f"name of {key}", "DE") for key in keys]  # type: ignore[attr-defined]

    return b"".join(EXPORT_FORMATS[form].write(network, describe, "ties"))


def invalid(schema: xmlschema.XMLSchema11, text: bytes) -> list[str]:
    return [error.reason or "" for error in schema.iter_errors(ElementTree.fromstring(text))]


@pytest.mark.parametrize("form", ["gexf", "gexf-dynamic"])
def test_gexf_is_valid(schema, network, form):
    assert invalid(schema, export(network, form)) == []


@pytest.mark.parametrize("form", ["gexf", "gexf-dynamic"])
def test_gexf_of_a_network_without_ties_is_valid(schema, make, form):
    assert invalid(schema, export(make(consortia("z: alone")), form)) == []


@pytest.mark.long
@pytest.mark.parametrize("form", ["gexf", "gexf-dynamic"])
def test_gexf_of_the_demonstration_is_valid(schema, demo, form):
    assert invalid(schema, demo.get(f"/v1/network/export?format={form}").content) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b'version="1.3"', b'version="1.2"'),
        (b'mode="dynamic"', b'mode="moving"'),
        (b'start="2019-02-02"', b'start="soon"'),
        (b'type="integer"', b'type="int"'),
        (b" source=", b" from="),
        (b"<nodes ", b"<meta/><nodes "),
    ],
)
def test_the_schema_refuses_what_is_wrong(schema, network, right, wrong):
    text = export(network, "gexf-dynamic")
    assert right in text
    assert invalid(schema, text.replace(right, wrong, 1))


PARSE = {"boolean": ["false", "true"].index, "int": int, "long": int, "double": float, "string": str}


def test_graphml_keeps_to_its_definition(network):
    root = ElementTree.fromstring(export(network, "graphml"))
    assert root.tag == f"{GRAPHML}graphml"
    *keys, graph = root
    assert {key.tag for key in keys} == {f"{GRAPHML}key"}
    assert all(set(key.attrib) == {"id", "for", "attr.name", "attr.type"} for key in keys)
    kinds = {key.attrib["id"]: (key.attrib["for"], PARSE[key.attrib["attr.type"]]) for key in keys}
    assert len(kinds) == len(keys)
    assert (graph.tag, graph.attrib) == (f"{GRAPHML}graph", {"id": "network", "edgedefault": "undirected"})
    order = [child.tag.removeprefix(GRAPHML) for child in graph]
    assert order == sorted(order, key=["data", "node", "edge"].index)
    nodes = [node.attrib["id"] for node in graph.iter(f"{GRAPHML}node")]
    assert len(set(nodes)) == len(nodes) == 7
    for owner in [graph, *graph.iter(f"{GRAPHML}node"), *graph.iter(f"{GRAPHML}edge")]:
        kind = owner.tag.removeprefix(GRAPHML)
        expected = {"graph": {"id", "edgedefault"}, "node": {"id"}, "edge": {"source", "target"}}[kind]
        assert set(owner.attrib) == expected
        assert kind != "edge" or {owner.attrib["source"], owner.attrib["target"]} <= set(nodes)
        data = owner.findall(f"{GRAPHML}data")
        assert kind == "graph" or len(data) == len(owner)
        assert len({one.attrib["key"] for one in data}) == len(data)
        for one in data:
            assert (set(one.attrib), len(one)) == ({"key"}, 0)
            about, parse = kinds[one.attrib["key"]]
            assert about == kind
            parse(one.text or "")
            if one.attrib["key"] in {"edge-first", "edge-last"}:
                date.fromisoformat(one.text or "")
