"""The network as a whole: brokers, communities, numbers, files, and the parameters that change it."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor

import igraph
import networkx
import pyarrow.parquet
import pytest
from tertius.api.models import Community, Envelope, Position, Summary
from tertius.queries.network.export_formats import EXPORT_FORMATS


def brokers(client, query=""):
    response = client.get(f"/v1/network/brokers?{query}")
    assert response.status_code == 200, response.text
    return Envelope[list[Position]].model_validate(response.json())


def test_every_organization_is_a_broker_or_comes_last(mini):
    rows = brokers(mini, "window=all&weight=binary").data
    assert len(rows) == 7
    assert rows[0].organization.name == "Dam AG"
    assert rows[0].constraint == pytest.approx(0.5)
    assert [row.degree for row in rows if row.constraint is None] == []


@pytest.mark.parametrize(
    ("order", "falls"),
    [("constraint", False), ("effective_size", True), ("betweenness", True), ("degree", True)],
)
def test_the_order_is_the_one_asked_for(mini, order, falls):
    values = [getattr(row, order) for row in brokers(mini, f"window=all&order={order}").data]
    assert values == sorted(values, reverse=falls)


def test_the_parameters_used_are_repeated(mini):
    given = "as_of=2017-06-01&window=0&weight=count&max_partners=10&assumed_years=3&partition=country"
    response = mini.get(f"/v1/network/brokers?{given}&format=csv")
    meta = brokers(mini, given).meta
    assert (str(meta.as_of), meta.window, meta.weight) == ("2017-06-01", 0, "count")
    assert (meta.max_partners, meta.assumed_years, meta.partition) == (10, 3, "country")
    assert response.headers["tertius-as-of"] == "2017-06-01"
    assert response.headers["tertius-window"] == "0"
    assert response.headers["tertius-max-partners"] == "10"
    defaults = brokers(mini).meta
    assert (str(defaults.as_of), defaults.window, defaults.weight) == ("2018-06-01", 5, "newman")
    assert defaults.exclude == []


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("window=-1", "window"),
        ("window=201", "window"),
        ("window=five", "window"),
        ("window=1.5", "window"),
        ("window=", "window"),
        ("weight=heavy", "weight"),
        ("as_of=2020", "as_of"),
        ("as_of=2020-13-01", "as_of"),
        ("as_of=20200101", "as_of"),
        ("as_of=yesterday", "as_of"),
        ("max_partners=1", "max_partners"),
        ("max_partners=x", "max_partners"),
        ("assumed_years=-1", "assumed_years"),
        ("partition=colour", "partition"),
        ("order=random", "order"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("cursor=x", "cursor"),
        ("exclude=1", "exclude"),
        ("&".join("exclude=" + "a" * 16 for _ in range(1001)), "exclude"),
    ],
)
def test_a_parameter_out_of_range_is_named(make_client, mini_data, mini, query, parameter):
    response = mini.get(f"/v1/network/brokers?{query}")
    if len(query) > 16_000:
        assert response.status_code == 414
        return
    assert response.status_code == 422, response.text
    assert response.json()["parameter"] == parameter


def test_only_large_alliances_are_left_out(mini):
    summary = mini.get("/v1/network/summary?window=all&max_partners=2").json()["data"]
    assert Summary.model_validate(summary).alliances_left_out == 1
    assert summary["ties"] == 3


def test_the_summary_counts_what_there_is(mini):
    body = mini.get("/v1/network/summary?window=all").json()
    found = Envelope[Summary].model_validate(body).data
    assert (found.organizations, found.alliances, found.participations, found.ties) == (7, 4, 9, 6)
    assert [source.name for source in found.sources] == ["mini", "other"]


def test_communities_hold_everybody_who_is_tied(demo):
    collected, path = [], "/v1/network/communities?limit=20"
    while path is not None:
        body = demo.get(path).json()
        collected += Envelope[list[Community]].model_validate(body).data
        path = body["meta"]["next"]
    assert sum(one.size for one in collected) == demo.get("/v1/network/summary").json()["data"]["tied"]
    assert [one.size for one in collected] == sorted((one.size for one in collected), reverse=True)
    assert all(one.brokers for one in collected)


def test_graphml_is_read_by_another_program(mini, tmp_path):
    response = mini.get("/v1/network/export?window=all")
    assert response.headers["content-type"] == "application/graphml+xml"
    assert 'filename="network.graphml"' in response.headers["content-disposition"]
    path = tmp_path / "network.graphml"
    path.write_bytes(response.content)
    graph = igraph.Graph.Read_GraphML(str(path))
    assert graph.ecount() == 6
    assert "Élan & <Fils>" in graph.vs["name"]
    position = next(row for row in brokers(mini, "window=all").data if row.organization.name == "Dam AG")
    vertex = graph.vs.find(name="Dam AG")
    assert vertex["constraint"] == pytest.approx(position.constraint, abs=1e-12)
    assert vertex.degree() == position.degree


@pytest.mark.parametrize(("part", "rows"), [("ties", 6), ("organizations", 7)])
def test_csv_holds_one_table(mini, part, rows):
    response = mini.get(f"/v1/network/export?window=all&format=csv&part={part}")
    assert f'filename="{part}.csv"' in response.headers["content-disposition"]
    assert len(list(csv.reader(io.StringIO(response.text)))) == rows + 1


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_every_format_is_sent_whole_under_its_own_type(mini, form):
    chosen = EXPORT_FORMATS[form]
    response = mini.get(f"/v1/network/export?window=all&weight=count&format={form}")
    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == chosen.media_type
    assert f'filename="{chosen.file_name("ties")}"' in response.headers["content-disposition"]
    assert response.headers["tertius-weight"] == "count"
    plain = mini.get(response.url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert int(plain.headers["content-length"]) == len(plain.content)
    assert plain.content == response.content
    again = mini.get(response.url, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = mini.head(response.url)
    assert (head.status_code, head.content) == (200, b"")


def test_accept_chooses_among_the_files(mini):
    for accept, form in (
        ("application/vnd.apache.parquet", "parquet"),
        ("application/vnd.apache.arrow.file", "arrow"),
        ("application/gexf+xml", "gexf"),
        ("text/x-pajek;q=0.2, text/x-ucinet-dl", "ucinet"),
        ("application/json", "cytoscape"),
        ("*/*", "graphml"),
    ):
        response = mini.get("/v1/network/export?window=all", headers={"Accept": accept})
        assert response.headers["content-type"].split(";")[0] == EXPORT_FORMATS[form].media_type
    refused = mini.get("/v1/network/export", headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert refused.json()["acceptable"] == [one.media_type for one in EXPORT_FORMATS.values()]


def test_parquet_and_cytoscape_files_have_names_and_measures(mini):
    dam = next(row for row in brokers(mini, "window=all").data if row.organization.name == "Dam AG")
    response = mini.get("/v1/network/export?window=all&format=parquet&part=organizations")
    row = next(
        row
        for row in pyarrow.parquet.read_table(io.BytesIO(response.content)).to_pylist()
        if row["key"] == dam.organization.key
    )
    assert (row["name"], row["country"]) == ("Dam AG", "DE")
    assert row["constraint"] == dam.constraint
    graph = networkx.cytoscape_graph(mini.get("/v1/network/export?window=all&format=json").json())
    assert graph.nodes[dam.organization.key]["constraint"] == dam.constraint
    assert graph.number_of_edges() == 6


def test_an_export_beyond_the_limit_is_refused(make_client, mini_data):
    response = make_client(mini_data, export_ties=2).get("/v1/network/export?window=all")
    assert response.status_code == 422
    assert response.json()["cap"] == 2


def test_one_client_cannot_have_everything_derived_at_once(make_client, mini_data):
    client = make_client(mini_data, network_per_client=1)
    days = [f"2017-01-{day:02}" for day in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        addresses = [f"/v1/network/summary?as_of={day}" for day in days]
        answers = list(pool.map(client.get, addresses))
    assert {answer.status_code for answer in answers} <= {200, 429}
    assert any(answer.status_code == 429 for answer in answers)
    for answer in answers:
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) >= 1
    assert client.get(addresses[0]).status_code == 200


def test_pages_stay_on_their_snapshot(make_client, tmp_path):
    from tertius.loaders import LoadJob, load

    def publish(partner):
        table = tmp_path / "table.csv"
        table.write_text(f"alliance,partner,start\na,One,2020-01-01\na,{partner},2020-01-01\n")
        return load(LoadJob(data=tmp_path / "data", source="s", files=(table,), keep=2))

    publish("Two")
    client = make_client(tmp_path / "data", keep_snapshots=2)
    first = client.get("/v1/organizations?limit=1").json()
    publish("Three")
    second = client.get(first["meta"]["next"]).json()
    assert second["meta"]["snapshot"] == 1
    assert [row["name"] for row in first["data"] + second["data"]] == ["One", "Two"]
    assert [row["name"] for row in client.get("/v1/organizations").json()["data"]] == ["One", "Three"]
    publish("Four")
    publish("Five")
    gone = client.get(first["meta"]["next"])
    assert gone.status_code == 410
    assert gone.json()["type"].endswith("/problem/snapshot-gone")
    assert gone.json()["snapshot"] == 1
