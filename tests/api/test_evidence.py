"""Routes of the evidence base, on the evidence base and on alliances that record how they are run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox
import pytest
from python_calamine import CalamineWorkbook
from starlette.testclient import TestClient
from tertius.api.app import create_app
from tertius.api.settings import Settings
from tertius.loaders import LoadJob, load

TABLE = """\
alliance,alliance_name,partner,orientation,start,search_channel,selection_basis,governance,senior_involvement,trust_basis
x1,Finder,Ons,exploration,2015-01-01,fair-or-conference,complementarity,relational,direct,promise-keeping
x1,Finder,Zij,exploration,2015-01-01,fair-or-conference,complementarity,relational,direct,promise-keeping
x2,Seller,Ons,exploitation,2016-01-01,cold-approach,mutual-gain,formal-contractual,indirect,formal-safeguards
x2,Seller,Zij,exploitation,2016-01-01,cold-approach,mutual-gain,formal-contractual,indirect,formal-safeguards
x3,=Quiet,Ons,,2017-01-01,,,,,
x3,=Quiet,Wij,,2017-01-01,,,,,
"""
RDF = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("advised")
    table = folder / "ours.csv"
    table.write_text(TABLE, encoding="utf-8")
    data = folder / "data"
    for job in (LoadJob.evidence(data), LoadJob(data=data, source="ours", files=(table,))):
        assert load(job).published
    settings = Settings(data=data, rest_workers=1, sparql_workers=1)
    with TestClient(create_app(settings), follow_redirects=False) as made:
        yield made


@pytest.fixture(scope="module")
def empty(mini: TestClient) -> TestClient:
    """A client of a snapshot without the evidence base."""
    return mini


def data_of(client: TestClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def key_of(client: TestClient, kind: str, name: str) -> str:
    (found,) = [one for one in data_of(client, f"/v1/{kind}?limit=100") if one["name"] == name]
    return str(found["key"])


def test_cases_have_the_agreed_shape(client: TestClient) -> None:
    cases = data_of(client, "/v1/cases")
    agreed = {
        "letter",
        "orientation",
        "innovation",
        "scope",
        "sector",
        "interviews",
        "observations",
        "source",
    }
    assert len(cases) == 17
    assert all(agreed <= one.keys() for one in cases)
    assert sum(one["interviews"] for one in cases) == 24
    assert cases[9]["source"]["place"] == "table 1, case J"


def test_lists_page(client: TestClient) -> None:
    whole = data_of(client, "/v1/frameworks?limit=1000")
    found, path = [], "/v1/frameworks?limit=40"
    while path:
        answer = client.get(path).json()
        found += answer["data"]
        path = answer["meta"]["next"]
    assert found == whole
    assert len(found) > 80


def test_a_case_with_interviewees_and_verdicts(client: TestClient) -> None:
    case = data_of(client, "/v1/cases/J")
    assert case["verdicts"]["3"] == "supports"
    assert case["verdicts"]["6"] == "contradicts"
    assert sum(one["interviews"] for one in case["interviewees"]) == case["interviews"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/cases/Z",
        "/v1/cases/Z/observations",
        "/v1/propositions/0",
        "/v1/propositions/12",
        "/v1/propositions/12/test",
        "/v1/propositions/12/evidence",
        "/v1/frameworks/nothing",
        "/v1/checklists/nothing",
        "/v1/checklists/working-rules",
        "/v1/checklists/due-diligence?alliance=aaaaaaaaaaaaaaaa",
        "/v1/alliances/aaaaaaaaaaaaaaaa/practice",
        "/v1/organizations/aaaaaaaaaaaaaaaa/practice",
        "/v1/propositions/3/test?scope=organization:aaaaaaaaaaaaaaaa",
    ],
)
def test_what_does_not_exist_is_404(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/v1/propositions/three/test", "n"),
        ("/v1/propositions/3/test?scope=all", "scope"),
        ("/v1/propositions/3/test?scope=organization:pic:999990001", "scope"),
        ("/v1/playbook?phase=wedding", "phase"),
        ("/v1/playbook?orientation=both", "orientation"),
        ("/v1/checklists/due-diligence?alliance=x", "alliance"),
        ("/v1/cases?depth=3", "depth"),
    ],
)
def test_what_cannot_be_used_is_named(client: TestClient, path: str, parameter: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert answer.json()["parameter"] == parameter


PATHS = [
    "/v1/cases",
    "/v1/cases/J",
    "/v1/cases/J/observations",
    "/v1/propositions",
    "/v1/propositions/6",
    "/v1/propositions/6/evidence",
    "/v1/frameworks",
    "/v1/frameworks/due-diligence",
    "/v1/ambiguities",
    "/v1/playbook?orientation=exploration&phase=search",
    "/v1/checklists/due-diligence",
]


@pytest.mark.parametrize("path", PATHS)
def test_everything_is_also_rdf(client: TestClient, path: str) -> None:
    graphs = []
    for media, form in RDF.items():
        answer = client.get(path, headers={"Accept": media})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(media)
        graphs.append({(q.subject, q.predicate, q.object) for q in ox.parse(answer.content, form)})
    assert graphs[0]
    assert graphs[0] == graphs[1] == graphs[2]


def test_practice_is_also_rdf(client: TestClient) -> None:
    finder, ours = key_of(client, "alliances", "Finder"), key_of(client, "organizations", "Ons")
    for path in (f"/v1/alliances/{finder}/practice", f"/v1/organizations/{ours}/practice"):
        answer = client.get(path, headers={"Accept": "text/turtle"})
        terms = {str(quad.predicate.value) for quad in ox.parse(answer.content, ox.RdfFormat.TURTLE)}
        assert any(term.endswith("#searchChannel") for term in terms)


def test_a_rdf_graph_about_one_case_holds_no_other(client: TestClient) -> None:
    answer = client.get("/v1/cases/J/observations?format=ntriples")
    cases = {
        str(quad.object)
        for quad in ox.parse(answer.content, ox.RdfFormat.N_TRIPLES)
        if quad.predicate.value.endswith("#case")
    }
    assert cases == {"<https://w3id.org/tertius/id/case/J>"}


@pytest.mark.parametrize("number", range(1, 12))
def test_tests_have_the_agreed_shape(client: TestClient, number: int) -> None:
    test = data_of(client, f"/v1/propositions/{number}/test")
    assert (test["number"], test["scope"]) == (number, "cases")
    summary = test["summary"]
    assert {"supports", "contradicts", "mixed", "silent", "exact_test", "caveat"} <= summary.keys()
    verdicts = [one["verdict"] for one in test["units"]]
    for verdict in ("supports", "contradicts", "mixed", "silent"):
        assert summary[verdict] == verdicts.count(verdict)
    assert (summary["exact_test"] is None) == (summary["exact_test_reason"] is not None)
    speaking = [one for one in test["units"] if one["verdict"] != "silent"]
    assert all(one["observations"] for one in speaking)
    said = [one for unit in test["units"] for one in unit["observations"]]
    assert all(
        {"construct", "value", "direction", "role", "paraphrase", "place"} <= one.keys() for one in said
    )
    contradicting = [*test["units"], *test["ambidextrous"]]
    assert any(one["verdict"] in {"contradicts", "mixed"} for one in contradicting)


def test_a_test_as_csv(client: TestClient) -> None:
    lines = client.get("/v1/propositions/6/test?format=csv").text.splitlines()
    assert lines[0] == "group,unit,label,verdict,parts,supporting,contradicting"
    assert len(lines) == 18
    assert "in-scope,N,N,contradicts,value,,centrality-access=unimportant" in lines


def test_a_test_on_own_alliances(client: TestClient) -> None:
    ours = key_of(client, "organizations", "Ons")
    test = data_of(client, f"/v1/propositions/1/test?scope=organization:{ours}")
    assert [(one["label"], one["verdict"]) for one in test["units"]] == [("Seller", "contradicts")]
    assert test["units"][0]["unit"] == key_of(client, "alliances", "Seller")
    assert test["units"][0]["observations"][0]["source"].endswith("/graph/ours")
    assert "not a sample" in test["summary"]["caveat"]


def test_evidence_names_who_says_otherwise(client: TestClient) -> None:
    found = data_of(client, "/v1/propositions/6/evidence")
    assert [one["unit"] for one in found["supporting"]] == ["O", "Q"]
    assert [one["unit"] for one in found["dissenting"]] == ["J", "N"]
    assert found["silent"] == ["P"]
    assert {one["direction"] for one in found["literature"]} == {"follows", "extends"}
    constructs = {one["construct"] for one in found["group_statements"]}
    assert "centrality-access" in constructs


def test_playbook(client: TestClient) -> None:
    book = data_of(client, "/v1/playbook?orientation=exploration&phase=selection")
    assert [one["number"] for one in book["propositions"]] == [8]
    eighth = book["propositions"][0]
    assert eighth["strength"]["supports"] == len(eighth["supporting"])
    assert eighth["dissenting"]
    assert all(one["did"] and one["places"] for one in eighth["dissenting"])
    matrix = [one for one in book["practices"] if one["framework"] == "exploitation-exploration-matrix"]
    assert {one["phase_basis"] for one in matrix} == {"source"}
    assert {tuple(one["propositions"]) for one in matrix} == {(8,)}
    assert all(one["orientation"] is None for one in book["general_practices"])
    assert "due-diligence" in {one["checklist"] for one in book["checklists"]}
    assert {one["phase_basis"] for one in book["checklists"]} == {"reading"}
    coded = {(one["construct"], one["value"]): one["cases"] for one in book["coded"]}
    assert coded["selection-criterion", "complementarity"] == ["N", "O", "P", "Q"]
    assert book["instruments"]
    assert book["ambiguities"]


def test_playbook_of_a_wider_phase_and_of_both_sides(client: TestClient) -> None:
    wide = data_of(client, "/v1/playbook?orientation=exploitation&phase=formation")
    assert [one["number"] for one in wide["propositions"]] == [1, 2, 5, 7]
    both = data_of(client, "/v1/playbook?orientation=ambidextrous&phase=governance")
    assert [one["number"] for one in both["propositions"]] == [9, 10]
    reading = data_of(client, "/v1/playbook?orientation=exploration&phase=alignment")
    assert {one["number"]: one["phase_basis"] for one in reading["propositions"]} == {
        4: "reading",
        11: "source",
    }


def test_practice_of_an_alliance(client: TestClient) -> None:
    found = data_of(client, f"/v1/alliances/{key_of(client, 'alliances', 'Finder')}/practice")
    standings = {one["proposition"]: one["standing"] for one in found["findings"]}
    assert standings == {3: "follows", 4: "silent", 6: "silent", 8: "follows", 10: "follows", 11: "follows"}
    assert (found["follows"], found["departs"], found["orientation"]) == (4, 0, ["exploration"])
    other = data_of(client, f"/v1/alliances/{key_of(client, 'alliances', 'Seller')}/practice")
    standings = {one["proposition"]: one["standing"] for one in other["findings"]}
    assert standings == {1: "departs", 2: "silent", 5: "silent", 7: "follows", 9: "follows", 11: "departs"}
    first = other["findings"][0]
    assert first["records"][0]["value"] == "cold-approach"
    assert {one["letter"] for one in first["dissenting"]} >= {"C", "I"}
    quiet = data_of(client, f"/v1/alliances/{key_of(client, 'alliances', '=Quiet')}/practice")
    assert [(one["proposition"], one["standing"]) for one in quiet["findings"]] == [(11, "silent")]


def test_practice_of_an_organization(client: TestClient) -> None:
    found = data_of(client, f"/v1/organizations/{key_of(client, 'organizations', 'Ons')}/practice")
    counts = {
        one["proposition"]: (one["follows"], one["departs"], one["silent"]) for one in found["findings"]
    }
    assert counts[1] == (0, 1, 0)
    assert counts[3] == (1, 0, 0)
    assert counts[11] == (1, 1, 1)
    (eleventh,) = [one for one in found["findings"] if one["proposition"] == 11]
    assert [one["name"] for one in eleventh["departing"]] == ["Seller"]
    assert eleventh["strength"]["contradicts"] == len(
        [one for one in eleventh["dissenting"] if one["verdict"] == "contradicts"]
    )


def test_checklist_for_an_alliance(client: TestClient) -> None:
    quiet = key_of(client, "alliances", "=Quiet")
    form = data_of(client, f"/v1/checklists/due-diligence?alliance={quiet}")
    assert (form["alliance"]["key"], form["partners"]) == (quiet, ["Ons", "Wij"])
    assert len(form["questions"]) == 12
    assert all(one["answer"] is None and one["question"]["nl"] for one in form["questions"])
    text = client.get(f"/v1/checklists/due-diligence?alliance={quiet}&format=md")
    assert text.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "- Alliance: =Quiet" in text.text
    assert text.text.count("remarks:") == 12


@pytest.mark.parametrize(
    "key",
    [
        "due-diligence",
        "formation-steps",
        "negotiation-checklist",
        "partner-characteristics",
        "team-questions",
        "reflection-questions",
    ],
)
def test_checklists_as_spreadsheets(client: TestClient, key: str) -> None:
    form = data_of(client, f"/v1/checklists/{key}")
    answer = client.get(f"/v1/checklists/{key}?format=xlsx")
    assert answer.headers["content-disposition"] == f'attachment; filename="{key}.xlsx"'
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    rows = book.get_sheet_by_index(0).to_python()
    asked = [row[2] for row in rows[-len(form["questions"]) :]]
    assert asked == [one["question"]["en"] for one in form["questions"]]
    assert client.get(f"/v1/checklists/{key}?format=xlsx").content == answer.content


def test_a_name_that_looks_like_a_formula_stays_text(client: TestClient) -> None:
    quiet = key_of(client, "alliances", "=Quiet")
    answer = client.get(f"/v1/checklists/due-diligence?alliance={quiet}&format=xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.get_sheet_by_index(0).to_python()[2][2] == f"=Quiet ({quiet})"


def test_snapshots_without_the_evidence_base(empty: TestClient) -> None:
    assert data_of(empty, "/v1/cases") == []
    assert data_of(empty, "/v1/propositions") == []
    assert data_of(empty, "/v1/playbook")["propositions"] == []
    assert empty.get("/v1/propositions/3/test").status_code == 404


def test_unchanged_answers_are_not_sent_twice(client: TestClient) -> None:
    first = client.get("/v1/propositions/6/test")
    again = client.get("/v1/propositions/6/test", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["case/J", "proposition/6", "framework/due-diligence"])
def test_names_lead_to_descriptions(client: TestClient, path: str) -> None:
    for media in ("application/json", "text/turtle"):
        answer = client.get(f"/id/{path}", headers={"Accept": media})
        assert answer.status_code == 303
        found = client.get(answer.headers["location"])
        assert found.status_code == 200
        assert found.headers["content-type"].startswith(media)
        assert f"/id/{path}" in found.text
