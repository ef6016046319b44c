"""Registers beside alliances: found by every name and number, never in the network, removed whole."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tertius.api.app import create_app
from tertius.api.settings import Settings
from tertius.loaders import LoadJob, load
from tertius.loaders.registers import NAMES
from tertius.loaders.registers.shipped import REGISTERS
from tertius.loaders.search import OUTSIDE
from tertius.ontology.identity import key
from tertius.store import Snapshots
from tertius.store.search_file import reading

DATA = Path(__file__).parent / "data"
KNOWN = "001GPB6A9XPE8XJICC14"
NAMED = "Fidelity Advisor Leveraged Company Stock Fund"
MAPPING = "identity: id:lei\nfiles: {participations: {columns: {}}}\n"
ALLIANCES = f"alliance,partner,id:lei,start\na,Fidelity,{KNOWN},2010-01-01\na,Other,,2010-01-01\n"


def alliances(folder: Path) -> tuple[Path, Path]:
    table, mapping = folder / "alliances.csv", folder / "mapping.yaml"
    table.write_text(ALLIANCES, encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    return table, mapping


def query(snapshot, sql: str) -> list[tuple[object, ...]]:
    with closing(reading(snapshot.search_path)) as database:
        return database.execute(sql).fetchall()


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The register first, then alliances of one of its organisations, then the register again, changed."""
    folder = tmp_path_factory.mktemp("both")
    table, mapping = alliances(folder)
    data = folder / "data"
    gleif = LoadJob(data=data, source="gleif", files=(DATA / "gleif-level-1.xml",), mapping="gleif")
    load(gleif)
    first = Snapshots(data).current()
    load(LoadJob(data=data, source="alliances", files=(table,), mapping=mapping))
    second = Snapshots(data).current()
    return data, first, second


def test_the_names_are_those_of_the_registers():
    assert tuple(REGISTERS) == NAMES


def test_organizations_of_a_register_lie_outside_the_network(both):
    _, first, second = both
    assert first.manifest.as_of is None
    assert first.manifest.counts["organizations"] == 0
    assert query(first, f"SELECT count(*), min(id) > {OUTSIDE} FROM organization") == [(16, 1)]
    assert str(second.manifest.as_of) == "2010-01-01"
    assert second.manifest.counts["organizations"] == 2
    assert query(second, "SELECT count(*) FROM organization") == [(17,)]


def test_one_that_enters_the_network_is_one_row_with_its_network_id(both):
    _, _, second = both
    rows = query(second, f"SELECT id < 2, source FROM organization WHERE key = '{key('lei', KNOWN)}'")
    assert rows == [(1, "alliances")]
    assert query(second, "SELECT count(*), count(DISTINCT key), count(DISTINCT id) FROM organization") == [
        (17, 17, 17)
    ]
    assert query(second, f"SELECT count(*) FROM identifier WHERE value = '{KNOWN}'") == [(1,)]


def test_it_does_not_matter_which_came_first(both, tmp_path):
    _, _, second = both
    table, mapping = alliances(tmp_path)
    data = tmp_path / "data"
    load(LoadJob(data=data, source="alliances", files=(table,), mapping=mapping))
    load(LoadJob(data=data, source="gleif", files=(DATA / "gleif-level-1.xml",), mapping="gleif"))
    other = Snapshots(data).current()
    for sql in (
        "SELECT key, name, country, type, source FROM organization ORDER BY key",
        "SELECT key, scheme, value FROM identifier JOIN organization o ON id = organization ORDER BY 1, 2, 3",
        f"SELECT key FROM organization WHERE id < {OUTSIDE} ORDER BY 1",
    ):
        assert query(other, sql) == query(second, sql)
    assert other.manifest.as_of == second.manifest.as_of
    removed = load(LoadJob(data=data, source="gleif", remove=True))
    assert removed.published
    assert query(Snapshots(data).current(), "SELECT count(*) FROM organization") == [(2,)]
    assert query(Snapshots(data).current(), "SELECT count(*) FROM mention_name") == [(0,)]


@pytest.fixture(scope="module")
def client(both):
    settings = Settings(data=both[0], rest_workers=1, sparql_workers=1)
    with TestClient(create_app(settings), follow_redirects=True) as made:
        yield made


@pytest.mark.parametrize(
    "words", ["fidelity advisor leveraged", "FIDELITY ADVISOR SERIES", "dochodkova", KNOWN.lower()]
)
def test_search_knows_former_and_transliterated_names_and_numbers(client, words):
    found = client.get("/v1/organizations", params={"q": words}).json()["data"]
    assert found


def test_an_identifier_leads_to_an_organization_outside_the_network(client, both):
    outside = query(
        both[2], f"SELECT i.value FROM identifier i WHERE organization >= {OUTSIDE} AND scheme = 'lei'"
    )
    lei = outside[0][0]
    found = client.get(f"/v1/organizations/lei:{lei}")
    assert found.status_code == 200
    assert found.json()["data"]["key"] == key("lei", lei)
    turtle = client.get(f"/v1/organizations/lei:{lei}", headers={"Accept": "text/turtle"})
    assert "Organization" in turtle.text
    assert client.get(f"/v1/organizations/lei:{lei}/position").status_code == 404


def test_brokers_can_be_asked_for_while_registers_are_loaded(client):
    assert client.get("/v1/network/brokers").status_code == 200


def test_loading_again_publishes_nothing_and_the_reports_are_alike(both):
    data = both[0]
    job = LoadJob(data=data, source="gleif", files=(DATA / "gleif-level-1.xml",), mapping="gleif")
    again = load(job)
    assert again.unchanged
    assert again.counts["organizations"] == again.rows == 16
    assert again.as_json()["published"] is False
    entry = Snapshots(data).current().manifest.sources["gleif"]
    assert entry.licence == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert entry.title == "Global LEI Index"


def test_an_unknown_mapping_names_the_registers(tmp_path):
    from tertius.loaders import LoadError

    with pytest.raises(
        LoadError, match="registers that it reads bods, companies-house, cordis-organizations, gleif"
    ):
        load(LoadJob(data=tmp_path, source="s", files=(DATA / "ror.json",), mapping="gleif-2"))
