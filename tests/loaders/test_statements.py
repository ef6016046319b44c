"""Statements: the agreed shape of facts, and whatever is accepted fits the shapes."""

from __future__ import annotations

import csv
import datetime as dt

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tertius.loaders import columns
from tertius.loaders.description import Description
from tertius.loaders.mapping import Mapping, SourceInfo, load_mapping
from tertius.loaders.reading import read
from tertius.loaders.shape_check import check_shapes
from tertius.loaders.statements import Statements
from tertius.ontology import concepts, ontology_graph
from tertius.ontology.identity import individual, key
from tertius.ontology.namespaces import PREFIXES, RDF, TT

BASE = "https://example.org/"
FACTS = "NAIMA,2019-12-01,2022,RIA,relational|equity,Try"
TABLE = f"""alliance,partner,country,sector,type,size,id:pic,role,from,to,{
    "alliance_name,start,end,form,governance,purpose"
}
n1,Tiamat,fr,Wind energy,HES,large,999981634,coordinator,2019,ongoing,{FACTS}
n1,Biokol,,,,,,,2020-02-03,2021-06,{FACTS}
"""


def described(mapping: Mapping | None = None) -> Description:
    day = dt.date(2024, 1, 2)
    began = dt.datetime(2024, 1, 3, 4, 5, 6, tzinfo=dt.UTC)
    info = mapping.source if mapping else SourceInfo()
    return Description("s", BASE, info, day, (("t.csv", "ab" * 32),), began)


def test_facts_have_the_agreed_shape(write):
    reading = read([write(TABLE)], "s", load_mapping(None)[0], dt.date(2024, 1, 2))
    assert not reading.problems
    one, two = key("s", "Tiamat", "FR"), key("s", "Biokol", "")
    deal = key("s", "n1")
    led = key(deal, one, "coordinator", "2019", "ongoing")
    took_part = key(deal, two, "partner", "2020-02-03", "2021-06")
    prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
    expected = f"""{prefixes}@base <{BASE}id/> .
<circle/country-FR> a tt:Circle ; skos:notation "FR" ; skos:prefLabel "France" ;
    skos:inScheme ttc:circle-country .
<circle/sector-wind-energy> a tt:Circle ; skos:notation "wind-energy" ; skos:prefLabel "Wind energy" ;
    skos:inScheme ttc:circle-sector .
<circle/type-HES> a tt:Circle ; skos:notation "HES" ; skos:prefLabel "HES" ; skos:inScheme ttc:circle-type .
<organization/{one}> a org:Organization ; tt:key "{one}" ; skos:prefLabel "Tiamat" ;
    tt:country <circle/country-FR> ; tt:sector <circle/sector-wind-energy> ;
    tt:organizationType <circle/type-HES> ; tt:size "large" ;
    adms:identifier <identifier/{key("pic", "999981634")}> .
<identifier/{key("pic", "999981634")}> a adms:Identifier ; skos:notation "999981634" ;
    tt:scheme ttc:identifier-scheme-pic ; tt:checkResult ttc:identifier-check-unchecked .
<organization/{two}> a org:Organization ; tt:key "{two}" ; skos:prefLabel "Biokol" .
<alliance/{deal}> a tt:Alliance ; tt:key "{deal}" ; skos:prefLabel "NAIMA" ; tt:start "2019-12-01"^^xsd:date ;
    tt:end "2022-12-31"^^xsd:date ; tt:dateAsGiven "end=2022" ; tt:purpose "Try" ; tt:formAsGiven "RIA" ;
    tt:governanceMode ttc:governance-mode-relational, ttc:governance-mode-equity .
<participation/{led}> a tt:Participation ; tt:alliance <alliance/{deal}> ;
    tt:organization <organization/{one}> ; tt:role ttc:participation-role-coordinator ;
    tt:from "2019-01-01"^^xsd:date ; tt:dateAsGiven "from=2019" ; tt:lastObserved "2024-01-02"^^xsd:date .
<participation/{took_part}> a tt:Participation ;
    tt:alliance <alliance/{deal}> ; tt:organization <organization/{two}> ;
    tt:role ttc:participation-role-partner ;
    tt:from "2020-02-03"^^xsd:date ; tt:to "2021-06-30"^^xsd:date ; tt:dateAsGiven "to=2021-06" .
"""
    wanted = {str(quad.triple) for quad in ox.parse(expected, format=ox.RdfFormat.TURTLE)}
    quads = list(Statements("s", BASE, {}).quads(reading.facts))
    assert {str(quad.triple) for quad in quads} == wanted
    assert {quad.graph_name.value for quad in quads} == {f"{BASE}graph/s"}


def test_a_source_describes_itself():
    mapping, _ = load_mapping("cordis-pic")
    found = {(q.subject.value, q.predicate.value, q.object.value) for q in described(mapping).quads()}
    node = individual("source", "s", BASE)
    assert (node, TT + "retrieved", "2024-01-02") in found
    assert (node, TT + "attribution", "CORDIS, © European Union, CC BY 4.0") in found
    assert (node, PREFIXES["dcterms"] + "license", "https://creativecommons.org/licenses/by/4.0/") in found
    assert {value for _, name, value in found if name == TT + "checksum"} == {"sha256:" + "ab" * 32}


def test_every_term_that_is_written_is_in_the_ontology(write):
    known = {triple.subject.value for triple in ontology_graph()}
    reading = read([write(TABLE)], "s", load_mapping(None)[0], dt.date(2024, 1, 2))
    quads = [*described().quads(), *Statements("s", BASE, {}).quads(reading.facts)]
    terms = {quad.predicate.value for quad in quads}
    terms |= {quad.object.value for quad in quads if quad.predicate.value == RDF + "type"}
    terms |= {q.object.value for q in quads if q.object.value.startswith(PREFIXES["ttc"])}
    assert {term for term in terms if term.startswith((PREFIXES["tt"], PREFIXES["ttc"]))} <= known


def test_labels_of_a_mapping_name_circles(write):
    mapping, _ = load_mapping("cordis-pic")
    facts = read([write("alliance,partner,type\na,b,PRC\na,c,X\n")], "s", load_mapping(None)[0], None).facts
    labels = {
        q.object.value for q in Statements("s", BASE, mapping.labels).quads(facts) if "prefLabel" in str(q)
    }
    assert {"Private for-profit company", "X"} <= labels


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Cn"]), max_size=8)
FORMATS = st.sampled_from(["", "%Y-%m-%d", "%Y-%m", "%Y"])
DAY = st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1))


@st.composite
def periods(draw: st.DrawFn) -> tuple[str, str]:
    first, last = sorted([draw(DAY), draw(DAY)])
    return first.strftime(draw(FORMATS)), last.strftime(draw(FORMATS))


def of(scheme: str) -> st.SearchStrategy[str]:
    return st.sampled_from(["", *concepts(scheme)])


ROW = st.fixed_dictionaries(
    {
        "alliance": st.sampled_from(["a1", "a2", "a3"]),
        "partner": TEXT.map(lambda text: text.strip() or "nameless"),
        "country": st.sampled_from(["", "NL", "uk", "EL"]),
        "sector": TEXT,
        "size": TEXT,
        "id:pic": st.sampled_from(["", "999981634", "999981635"]),
        "id:wikidata": st.sampled_from(["", "Q1", "Q22"]),
        "role": of("participation-role"),
        "period": periods(),
    }
)


@given(
    rows=st.lists(ROW, min_size=4, max_size=12),
    facts=st.fixed_dictionaries(
        {"purpose": TEXT, **{column: of(scheme) for column, scheme in columns.SCHEMES.items()}}
    ),
    period=periods(),
)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_the_row_checks_accept_fits_the_shapes(tmp_path, rows, facts, period):
    path = tmp_path / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        names = [name for name in (*rows[0], *facts) if name != "period"]
        writer = csv.DictWriter(file, [*names, "from", "to", "start", "end"])
        writer.writeheader()
        for row in rows:
            dates = dict(zip(("from", "to", "start", "end"), (*row["period"], *period), strict=True))
            writer.writerow(
                {name: value for name, value in (row | facts | dates).items() if name != "period"}
            )
    reading = read([path], "s", Mapping(), None)
    assert [str(problem) for problem in reading.problems] == []
    check = check_shapes(reading.facts, Statements("s", BASE, {}), described())
    assert check.whole
    assert [str(problem) for problem in check.problems] == []


def test_a_sample_is_closed_and_evenly_spread(write):
    rows = "".join(f"a{n},p{n},2019\na{n},p{n + 1},2019\n" for n in range(500))
    reading = read([write("alliance,partner,start\n" + rows)], "s", Mapping(), None)
    part = reading.facts.sample(100)
    assert [entry.given for entry in part.alliances.values()] == [f"a{n}" for n in range(0, 500, 5)]
    assert sorted((p.alliance.given, p.organization.name) for p in part.participations()) == sorted(
        (f"a{n}", f"p{n + more}") for n in range(0, 500, 5) for more in (0, 1)
    )


def test_shapes_reject_what_the_row_checks_would_have(write):
    reading = read([write(TABLE)], "s", load_mapping(None)[0], dt.date(2024, 1, 2))
    reading.facts.organizations[0].identifiers.append(("pic", "wrong"))
    check = check_shapes(reading.facts, Statements("s", BASE, {}), described())
    assert [problem.code for problem in check.problems] == ["shape"]
    assert "nine digits" in check.problems[0].message


@pytest.mark.parametrize("column", sorted(columns.SCHEMES))
def test_every_concept_column_has_its_scheme(column):
    assert concepts(columns.SCHEMES[column])
