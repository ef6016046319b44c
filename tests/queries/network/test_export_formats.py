"""Every format is read back by a program that is not ours."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path, PurePath
from xml.etree import ElementTree

import igraph
import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest
from tertius.queries.network import Label, Network, NetworkParameters, Position
from tertius.queries.network.export import EDGE_FIELDS, NODE_FIELDS, one_line
from tertius.queries.network.export_formats import EXPORT_FORMATS, format_of
from tertius.queries.network.export_gexf import NAMESPACE
from tertius.queries.network.export_tables import ROWS

from tests.queries.network.conftest import Make, P, consortia, org

NASTY = 'Ö & <Söhne> "GmbH" \\ co\x00\x0b\x85\ufffe\u202e \U0001f600\r\n]]>'
CLEAN = 'Ö & <Söhne> "GmbH" \\ co \U0001f600 ]]>'
QUOTABLE = "Ö & <Söhne> 'GmbH' / co \U0001f600 ]]>"


@pytest.fixture
def network(make: Make) -> Network:
    """Undated ties, dated ones, one with an assumed end, two triangles that share a partner, an isolate."""
    rows = [
        *consortia("x: a b c; y: c d; z: alone"),
        P("e", "w", "2019-01-01", "2020-12-31"),
        P("f", "w", "2019-02-02", "2020-05-05"),
        P("f", "v", "2021-01-01"),
        P("a", "v", "2021-03-04"),
    ]
    return make(rows, NetworkParameters(window=None))


def describe(keys: Sequence[str]) -> list[Label]:
    """One name that every format has trouble with, two equal ones, two with nothing in them."""
    names = {org("a"): NASTY, org("b"): "Twin NV", org("c"): "Twin\tNV", org("d"): "\x07", org("e"): ""}
    return [Label(names.get(key, f"name of {key}"), "DE" if key == org("b") else None) for key in keys]


def export(network: Network, form: str, path: Path, part: str = "ties") -> Path:
    file = path / EXPORT_FORMATS[form].file_name(part)
    file.write_bytes(b"".join(EXPORT_FORMATS[form].write(network, describe, part)))
    return file


def positions(network: Network) -> dict[str, Position]:
    return {position.organization: position for position in network.iter_positions()}


def ties(network: Network) -> dict[frozenset[str], tuple[float, date | None, date | None]]:
    return {
        frozenset((key, row.partner)): (row.tie.weight, row.tie.first, row.tie.last)
        for key in positions(network)
        for row in network.ties(key).rows
    }


def assert_measures(found: dict[str, object], expected: Position) -> None:
    for name, _ in NODE_FIELDS:
        value = getattr(expected, name)
        assert (name in found) == (value is not None), name
        if value is not None:
            assert (found[name], type(found[name])) == (value, type(value))


@pytest.mark.parametrize("form", ["gexf", "gexf-dynamic"])
def test_networkx_reads_gexf_back(network: Network, tmp_path: Path, form: str) -> None:
    graph = nx.read_gexf(export(network, form, tmp_path), version="1.3")
    assert not graph.is_directed()
    assert set(graph) == set(positions(network))
    for key, position in positions(network).items():
        assert_measures(graph.nodes[key], position)
    assert graph.nodes[org("a")]["label"] == CLEAN
    assert graph.nodes[org("b")]["country"] == "DE"
    assert graph.nodes[org("d")]["label"] == org("d")
    expected = ties(network)
    assert {frozenset(edge) for edge in graph.edges} == set(expected)
    for source, target, edge in graph.edges(data=True):
        weight, first, last = expected[frozenset((source, target))]
        assert edge["weight"] == weight
        assert edge.get("first") == (first.isoformat() if first else None)
        period = {"start": first, "end": last} if form == "gexf-dynamic" else {"start": None, "end": None}
        assert {name: edge.get(name) for name in period} == {
            name: day.isoformat() if day else None for name, day in period.items()
        }
    assert graph.graph["mode"] == ("dynamic" if form == "gexf-dynamic" else "static")


def test_in_a_dynamic_file_an_organization_lives_as_long_as_its_ties(
    network: Network, tmp_path: Path
) -> None:
    graph = nx.read_gexf(export(network, "gexf-dynamic", tmp_path), version="1.3")
    period = {key: (node.get("start"), node.get("end")) for key, node in graph.nodes(data=True)}
    assert period[org("e")] == ("2019-02-02", "2020-05-05")
    assert period[org("f")] == ("2019-02-02", "2026-01-01")
    # a is tied to b and c since nobody knows when.
    assert period[org("a")] == period[org("d")] == (None, None)
    assert period[org("alone")] == (None, None)
    for source, target, edge in graph.edges(data=True):
        for end in (source, target):
            assert period[end][0] is None or period[end][0] <= edge["start"]
            assert period[end][1] is None or period[end][1] >= edge["end"]


@pytest.mark.parametrize("form", ["gexf", "gexf-dynamic"])
def test_gexf_has_the_structure_that_its_schema_asks_for(network: Network, tmp_path: Path, form: str) -> None:
    """Elements, their order, required attributes, unique ids and typed values, as gexf.xsd 1.3 has them."""
    root = ElementTree.parse(export(network, form, tmp_path)).getroot()

    def tags(element: ElementTree.Element) -> list[str]:
        return [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]

    assert (root.tag, root.get("version")) == (f"{{{NAMESPACE}}}gexf", "1.3")
    assert tags(root) == ["meta", "graph"]
    meta, graph = root
    assert tags(meta) == ["creator", "description"]
    assert "weight=newman" in str(meta[1].text)
    assert tags(graph) == ["attributes", "attributes", "nodes", "edges"]
    allowed = {"mode": {"static", "dynamic"}, "defaultedgetype": {"undirected"}, "idtype": {"string"}}
    allowed |= {"timeformat": {"date"}, "timerepresentation": {"interval"}}
    assert all(value in allowed[name] for name, value in graph.attrib.items())
    types: dict[str, dict[str, str]] = {}
    for attributes in graph[:2]:
        assert set(tags(attributes)) == {"attribute"}
        assert all(set(one.attrib) == {"id", "title", "type"} for one in attributes)
        owned = {one.attrib["id"]: one.attrib["type"] for one in attributes}
        assert len(owned) == len(attributes)
        types[attributes.attrib["class"]] = owned
    assert set(types) == {"node", "edge"}
    # Gephi keeps these for itself.
    assert not {"id", "label", "weight", "interval", "timeset"} & {
        name for own in types.values() for name in own
    }
    parse = {"integer": int, "long": int, "double": float, "string": str, "boolean": ["false", "true"].index}
    elements = {"node": graph[2], "edge": graph[3]}
    times = {"start", "end"} if form == "gexf-dynamic" else set()
    known = {"node": {"id", "label"}, "edge": {"id", "source", "target", "weight"}}
    nodes = {node.attrib["id"] for node in graph[2]}
    for kind, parent in elements.items():
        assert set(tags(parent)) == {kind}
        assert int(parent.attrib["count"]) == len(parent) == len({one.attrib["id"] for one in parent})
        for one in parent:
            assert known[kind] <= set(one.attrib) <= known[kind] | times
            assert all(date.fromisoformat(one.attrib[name]) for name in times & set(one.attrib))
            assert tags(one) == ["attvalues"]
            assert {one.get("source", "-"), one.get("target", "-")} <= nodes | {"-"}
            for value in one[0]:
                assert set(value.attrib) == {"for", "value"}
                parse[types[kind][value.attrib["for"]]](value.attrib["value"])
            assert len({value.attrib["for"] for value in one[0]}) == len(one[0])


@pytest.mark.parametrize("form", ["pajek", "pajek-project"])
def test_igraph_reads_pajek_back(network: Network, tmp_path: Path, form: str) -> None:
    file = export(network, form, tmp_path)
    text = file.read_text(encoding="utf-8-sig")
    if form == "pajek-project":  # igraph reads the network of a project when it stands alone
        file.write_text("*Vertices" + text.split("*Vertices")[1].split("*Partition")[0].split("*Vector")[0])
    graph = igraph.Graph.Read_Pajek(str(file))
    keys = sorted(positions(network))
    assert not graph.is_directed()
    assert graph.vs["name"] == [
        {
            org("a"): QUOTABLE,
            org("b"): f"Twin NV [{org('b')}]",
            org("c"): f"Twin NV [{org('c')}]",
            org("d"): org("d"),
            org("e"): org("e"),
        }.get(key, f"name of {key}")
        for key in keys
    ]
    found = {frozenset((keys[e.source], keys[e.target])): e["weight"] for e in graph.es}
    assert found == {pair: weight for pair, (weight, _, _) in ties(network).items()}


def test_networkx_reads_pajek_back_with_every_organization_its_own(network: Network, tmp_path: Path) -> None:
    graph = nx.read_pajek(export(network, "pajek", tmp_path))
    assert graph.number_of_nodes() == len(positions(network))
    assert graph.number_of_edges() == len(ties(network))
    assert graph.has_edge(f"Twin NV [{org('b')}]", QUOTABLE)


def test_a_pajek_project_has_measures_as_vectors_and_communities_as_a_partition(
    network: Network, tmp_path: Path
) -> None:
    text = export(network, "pajek-project", tmp_path).read_text(encoding="utf-8-sig")
    sections = {}
    for block in text.split("\n\n")[1:]:
        head, size, *values = block.strip().split("\n")
        kind, name = head.split()
        assert size == f"*Vertices {len(values)}"
        sections[name] = (kind, [float(value) for value in values])
    known = positions(network)
    assert list(sections) == [name for name, _ in NODE_FIELDS]
    for name, (kind, values) in sections.items():
        assert kind == ("*Partition" if name == "community" else "*Vector")
        missing = 9_999_998 if name == "community" else 999_999_998
        given = [getattr(known[key], name) for key in sorted(known)]
        assert values == [missing if value is None else value for value in given]
    assert 999_999_998 in sections["constraint"][1]


def test_igraph_reads_ucinet_back_as_a_symmetric_matrix(network: Network, tmp_path: Path) -> None:
    graph = igraph.Graph.Read_DL(str(export(network, "ucinet", tmp_path)))
    assert graph.vs["name"] == sorted(positions(network))
    # Older versions cut labels after eighteen characters, and all fold capitals.
    assert len({name[:18].upper() for name in graph.vs["name"]}) == graph.vcount()
    matrix = np.array(graph.get_adjacency(attribute="weight").data, dtype=float)
    assert np.array_equal(matrix, matrix.T)
    found = {
        frozenset((graph.vs[int(i)]["name"], graph.vs[int(j)]["name"])): matrix[i, j]
        for i, j in np.argwhere(matrix)
    }
    assert found == {pair: weight for pair, (weight, _, _) in ties(network).items()}


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_pyarrow_reads_both_tables_back(network: Network, tmp_path: Path, form: str) -> None:
    def table(part: str) -> pa.Table:
        file = export(network, form, tmp_path, part)
        return pa.parquet.read_table(file) if form == "parquet" else pa.ipc.open_file(file).read_all()

    organizations = table("organizations")
    assert organizations.schema.metadata[b"tertius:window"] == b"all"
    rows = organizations.to_pylist()
    assert [row["key"] for row in rows] == sorted(positions(network))
    for row in rows:
        for name, _ in NODE_FIELDS:
            assert row[name] == getattr(positions(network)[row["key"]], name)
    assert {row["name"] for row in rows} >= {CLEAN, "Twin NV"}
    tied = table("ties")
    assert tied.schema.field("first").type == pa.date32()
    assert [field.name for field in tied.schema] == ["source", "target", *(name for name, _ in EDGE_FIELDS)]
    found = {
        frozenset((row["source"], row["target"])): (row["weight"], row["first"], row["last"])
        for row in tied.to_pylist()
    }
    assert found == ties(network)


def test_networkx_reads_cytoscape_json_back(network: Network, tmp_path: Path) -> None:
    data = json.loads(export(network, "cytoscape", tmp_path).read_text(encoding="utf-8"))
    elements = [one["data"] for kind in ("nodes", "edges") for one in data["elements"][kind]]
    assert len({one["id"] for one in elements}) == len(elements)
    graph = nx.cytoscape_graph(data)
    assert not graph.is_directed()
    assert graph.graph["weight"] == "newman"
    assert set(graph) == set(positions(network))
    for key, position in positions(network).items():
        assert_measures(graph.nodes[key], position)
    assert graph.nodes[org("a")]["name"] == CLEAN
    found = {
        frozenset((source, target)): (edge["weight"], edge.get("first"), edge.get("last"))
        for source, target, edge in graph.edges(data=True)
    }
    assert found == {
        pair: (weight, *(day.isoformat() if day else None for day in days))
        for pair, (weight, *days) in ties(network).items()
    }


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_a_network_without_anybody_is_a_file_all_the_same(make: Make, tmp_path: Path, form: str) -> None:
    network = make([P("old", "x", "1990-01-01", "1990-02-01")], NetworkParameters(as_of=date(2020, 1, 1)))
    read = {
        "graphml": lambda file: len(nx.read_graphml(file)),
        "csv": lambda file: file.read_bytes().count(b"\r\n") - 1,
        "gexf": lambda file: len(nx.read_gexf(file, version="1.3")),
        "gexf-dynamic": lambda file: len(nx.read_gexf(file, version="1.3")),
        "pajek": lambda file: len(nx.read_pajek(file)),
        "pajek-project": lambda file: int("*Vertices 0" not in file.read_text(encoding="utf-8-sig")),
        "ucinet": lambda file: int(not file.read_text().startswith("dl n=0\n")),
        "parquet": lambda file: pa.parquet.read_table(file).num_rows,
        "arrow": lambda file: pa.ipc.open_file(file).read_all().num_rows,
        "cytoscape": lambda file: len(nx.cytoscape_graph(json.loads(file.read_text()))),
    }
    assert read[form](export(network, form, tmp_path)) == 0


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_files_come_in_pieces_and_the_same_every_time(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """What is held at a time does not grow with the network: the largest piece stays a few rows."""
    monkeypatch.setattr("tertius.queries.network.export.BATCH", 8)
    monkeypatch.setattr("tertius.queries.network.export_tables.ROWS", 16)
    network = make(consortia(";".join(f"x{i}: n{i} n{i + 1} n{i + 2}" for i in range(200))))

    def pieces() -> Iterator[bytes]:
        return EXPORT_FORMATS[form].write(network, describe, "ties")

    sizes = [len(piece) for piece in pieces()]
    whole = b"".join(pieces())
    assert whole == b"".join(pieces())
    assert len(whole) == sum(sizes)
    # Edges of the text formats come by eight thousand short lines; Parquet's index at the end is one piece.
    share = 1.0 if form in {"pajek", "pajek-project", "ucinet"} else 0.5
    assert max(sizes) < len(whole) * share


def test_a_columnar_file_of_many_batches_is_read_whole(make: Make, tmp_path: Path, monkeypatch) -> None:
    assert ROWS == 65_536
    monkeypatch.setattr("tertius.queries.network.export.BATCH", 8)
    monkeypatch.setattr("tertius.queries.network.export_tables.ROWS", 16)
    network = make(consortia(";".join(f"x{i}: n{i} n{i + 1}" for i in range(100))))
    file = pa.parquet.ParquetFile(export(network, "parquet", tmp_path))
    assert file.metadata.num_rows == 100
    assert file.num_row_groups == 7
    arrow = pa.ipc.open_file(io.BytesIO(export(network, "arrow", tmp_path).read_bytes()))
    assert arrow.num_record_batches == 7
    assert arrow.read_all().equals(pa.parquet.read_table(tmp_path / "ties.parquet"))


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a/b.gexf", "gexf"),
        ("b.dynamic.gexf", "gexf-dynamic"),
        ("NETWORK.NET", "pajek"),
        ("x.paj", "pajek-project"),
        ("x.dl", "ucinet"),
        ("x.feather", "arrow"),
        ("x.json", "cytoscape"),
        ("x.tar.csv", "csv"),
        ("x.txt", None),
        ("csv", None),
        (".csv", None),
    ],
)
def test_the_ending_of_a_name_tells_the_format(name: str, form: str | None) -> None:
    found = format_of(PurePath(name))
    assert (found.name if found else None) == form


def test_every_format_names_its_own_files() -> None:
    for one in EXPORT_FORMATS.values():
        for part in ("ties", "organizations"):
            assert format_of(PurePath(one.file_name(part))) is one


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\tb\r\nc", "a b c"),
        (" a \n b ", "a b"),
        ("a  b", "a  b"),
        ("\ud800x\x9fy\u2066z\u2028", "xyz"),
        ("\U0001f600é\u200d", "\U0001f600é\u200d"),
    ],
)
def test_names_lose_what_no_file_can_hold(given: str, kept: str) -> None:
    assert one_line(given) == kept
