"""Every identifier scheme leads to the organisation that bears a value, however the value is written."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from tertius.api.app import create_app
from tertius.api.settings import Settings
from tertius.loaders import LoadJob, load
from tertius.ontology import concepts

GIVEN = {
    "lei": ("INR2EJN1ERAN0W5ZP974", "LEI:inr2ejn1eran0w5zp974"),
    "pic": ("999981634", "pic:999 981 634"),
    "ror": ("https://ror.org/03yrm5c26", "ror:03YRM5C26"),
    "eu-vat": ("GR094259216", "eu-vat:el094259216"),
    "gb-coh": ("1234567", "gb-coh:1234567"),
    "nl-kvk": ("27124700", "nl-kvk:27124700"),
    "cik": ("0000320193", "cik:CIK320193"),
    "grid": ("grid.5292.c", "grid:GRID.5292.C"),
    "isni": ("0000 0001 2146 438X", "isni:000000012146438x"),
    "fundref": ("501100000780", "fundref:501100000780"),
    "isin": ("US0378331005", "isin:us0378331005"),
    "wikidata": ("Q42", "wikidata:q42"),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("identifiers")
    table = folder / "table.csv"
    columns = ",".join(f"id:{scheme}" for scheme in GIVEN)
    rows = [f"alliance,partner,{columns}"]
    for at, (scheme, (value, _)) in enumerate(GIVEN.items()):
        cells = [""] * len(GIVEN)
        cells[at] = value
        rows.append(f"a,Bearer of {scheme},{','.join(cells)}")
    table.write_text("\n".join(rows), encoding="utf-8")
    assert load(LoadJob(data=folder / "data", source="s", files=(table,))).published
    settings = Settings(data=folder / "data", rest_workers=1, sparql_workers=1)
    with TestClient(create_app(settings), follow_redirects=False) as made:
        yield made


def test_every_scheme_of_the_ontology_is_tried():
    assert GIVEN.keys() == concepts("identifier-scheme").keys()


@pytest.mark.parametrize("scheme", GIVEN)
def test_a_value_is_found_as_given_and_as_somebody_else_writes_it(client, scheme):
    given, asked = GIVEN[scheme]
    response = client.get(f"/v1/organizations/{asked}")
    assert response.status_code == 308, response.text
    assert response.headers["cache-control"] == "no-cache"
    found = client.get(response.headers["location"]).json()["data"]
    assert found["name"] == f"Bearer of {scheme}"
    listed = client.get("/v1/organizations", params={"identifier": f"{scheme}:{given}"}).json()["data"]
    assert [one["key"] for one in listed] == [found["key"]]


@pytest.mark.parametrize("asked", ["duns:150483782", "lei:x", "ror:03yrm5c27", "gb-coh:", "cik:CIK"])
def test_an_unknown_scheme_and_a_value_that_nobody_bears_are_not_found(client, asked):
    assert client.get(f"/v1/organizations/{asked}").status_code == 404
