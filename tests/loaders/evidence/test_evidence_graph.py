"""The evidence graph says what the coding says, in the ontology's terms."""

from collections import Counter

import pyoxigraph as ox
import pytest
from tertius.loaders.evidence import evidence_quads
from tertius.ontology import ontology_graph
from tertius.ontology.namespaces import DCTERMS, PREFIXES, RDF, SKOS, TT, TTC
from tertius.ontology.owl2 import document
from tertius.ontology.reasoning import Judgement, judge, profile_violations
from tertius.ontology.validate import validate
from tertius.store import Snapshots

BASE = "https://w3id.org/tertius/id/"


@pytest.fixture(scope="module")
def ask(graph):
    def rows(text: str) -> list[tuple[str, ...]]:
        found = graph.query(text, prefixes=dict(PREFIXES), use_default_graph_as_union=True)
        return [tuple(None if term is None else term.value for term in row) for row in found]

    return rows


def test_every_statement_is_made_once_and_in_the_evidence_graph(quads):
    assert len(set(quads)) == len(quads)
    assert {quad.graph_name.value for quad in quads} == {"https://w3id.org/tertius/graph/evidence"}
    assert not any(isinstance(term, ox.BlankNode) for quad in quads for term in (quad.subject, quad.object))


def test_the_same_coding_gives_the_same_graph(evidence, quads):
    assert list(evidence_quads(evidence)) == quads


def test_another_base_moves_every_individual_and_no_concept(evidence, quads):
    moved = list(evidence_quads(evidence, "https://example.org/"))
    assert [str(quad).replace("https://example.org/", "https://w3id.org/tertius/") for quad in moved] == [
        str(quad) for quad in quads
    ]
    assert not any(quad.subject.value.startswith(BASE) for quad in moved)


def test_there_is_one_individual_for_each_entry(evidence, quads):
    kinds = Counter(
        quad.object.value.removeprefix(TT) for quad in quads if quad.predicate.value == RDF + "type"
    )
    expected = {
        "Case": 17,
        "Proposition": 11,
        "SourceDocument": 5,
        "Construct": len(evidence.codebook.constructs) + len(evidence.codebook.case_attributes),
        "Observation": len(evidence.observations),
        "GroupStatement": len(evidence.group_statements),
        "CodedStatement": len(evidence.observations) + len(evidence.group_statements),
        "Framework": len(evidence.frameworks),
        "Checklist": sum(bool(framework.usable_as_form) for framework in evidence.frameworks),
        "FrameworkItem": sum(len(framework.items) for framework in evidence.frameworks),
        "Ambiguity": len(evidence.ambiguities),
        "Reading": sum(len(each.readings) for each in evidence.ambiguities),
        "Interviewee": sum(len(case.interviewees) for case in evidence.cases),
    }
    assert {kind: kinds[kind] for kind in expected} == expected


def test_a_case_has_every_attribute_that_is_known(ask):
    found = dict(ask(f"SELECT ?p ?o {{ <{BASE}case/O> ?p ?o FILTER (!isLiteral(?o)) }}"))
    assert found[TT + "orientation"] == TTC + "orientation-exploration"
    assert found[TT + "innovation"] == TTC + "innovation-type-radical"
    assert found[TT + "marketScope"] == TTC + "market-scope-international"
    assert found[TT + "functionForm"] == TTC + "daf-form-unit"
    assert found[TT + "sector"] == BASE + "circle/sector-case-ict"
    assert TT + "organizationalLevel" not in found
    assert ask(f"SELECT ?x {{ <{BASE}case/O> tt:itselfAlliance ?x }}") == []
    form = f"{TTC}daf-form-extensive-unit"
    assert ask(f"SELECT ?x {{ <{BASE}case/I> tt:functionForm ?x }}") == [(form,)]
    assert ask(f"SELECT ?x {{ <{BASE}case/P> tt:itselfAlliance ?x }}") == [("true",)]
    assert ask(f"SELECT ?x {{ <{BASE}case/H> tt:orientationQualifier ?x }}") == [("mainly",)]


def test_an_attribute_tells_where_just_it_is_said(ask):
    places = ask(
        f'SELECT ?place {{ ?a a tt:CaseAttribute ; tt:case <{BASE}case/P> ; tt:attribute "innovation" ;'
        "  tt:locator/tt:place ?place } ORDER BY ?place"
    )
    assert places == [("section 4.1.2, care institution",), ("table 1, case P",)]


def test_both_kinds_of_innovation_are_two_concepts(ask):
    found = ask(f"SELECT ?x {{ <{BASE}case/J> tt:innovation ?x }} ORDER BY ?x")
    assert found == [(f"{TTC}innovation-type-incremental",), (f"{TTC}innovation-type-radical",)]


def test_twenty_four_interviews(ask):
    assert ask("SELECT (SUM(?n) AS ?all) { ?i a tt:Interviewee ; tt:interviewCount ?n }") == [("24",)]


def test_an_observation_is_complete(evidence, ask):
    each = next(each for each in evidence.observations if each.id == "a2-a-02")
    (row,) = ask(
        f"SELECT ?case ?construct ?value ?text ?voice ?confidence ?part ?row {{ <{BASE}observation/a2-a-02> "
        "tt:case/tt:letter ?case ; tt:construct/skos:notation ?construct ; tt:value/skos:notation ?value ;"
        " tt:paraphrase ?text ; tt:voice/skos:notation ?voice ; tt:confidence/skos:notation ?confidence ;"
        " tt:locator ?l . ?l tt:part ?part ; tt:row ?row }"
    )
    code = (each.case, each.construct_key, each.value)
    assert row == (*code, each.paraphrase, each.voice, each.confidence, each.locator.part, each.locator.row)


def test_every_value_has_one_label_per_language_and_one_notation(ask):
    values = ask("SELECT DISTINCT ?v { ?c tt:valueScheme ?s . ?v skos:inScheme ?s }")
    assert len(values) > 150
    named = ask(
        "SELECT ?v (COUNT(DISTINCT ?en) AS ?e) (COUNT(DISTINCT ?nl) AS ?n) (COUNT(DISTINCT ?k) AS ?m) {"
        " ?c tt:valueScheme ?s . ?v skos:inScheme ?s ; skos:prefLabel ?en, ?nl ; skos:notation ?k"
        ' FILTER (lang(?en) = "en" && lang(?nl) = "nl") } GROUP BY ?v'
    )
    assert {row[1:] for row in named} == {("1", "1", "1")}
    assert len(named) == len(values)


def test_values_that_the_ontology_knows_are_its_concepts(ask):
    shared = ask(
        "SELECT DISTINCT ?c { ?construct skos:notation ?c ; tt:valueScheme ?s . ?v skos:inScheme ?s"
        f" FILTER (strstarts(str(?v), '{TTC}')) }} ORDER BY ?c"
    )
    assert {name for (name,) in shared} >= {
        "coordination-mechanism",
        "governance-mode",
        "monitoring-focus",
        "orientation-expressed",
        "search-channel",
        "selection-criterion",
        "senior-involvement",
        "trust-mechanism",
    }


def test_a_proposition_names_the_codes_that_count(evidence, ask):
    for each in evidence.propositions:
        for side, given in (("speaksFor", each.speaks_for), ("speaksAgainst", each.speaks_against)):
            node = f"{BASE}proposition/{each.number}"
            found = ask(f"SELECT ?c ?v {{ <{node}> tt:{side} ?k . ?k tt:construct ?c ; tt:value ?v }}")
            assert len(found) == sum(len(condition.values) for condition in given)
    assert ask(f"SELECT ?o {{ <{BASE}proposition/11> tt:orientation ?o }}") == []
    assert ask(f"SELECT ?b {{ <{BASE}proposition/1> tt:testBasis/skos:notation ?b }}") == [
        ("coded-statements",)
    ]


def test_the_list_of_a_framework_is_its_items_in_order(evidence, ask):
    listed = ask(
        f"SELECT ?key ?n {{ <{BASE}framework/formation-steps> skos:memberList/rdf:rest*/rdf:first ?item ."
        " ?item tt:key ?key ; tt:orderNumber ?n } ORDER BY ?n"
    )
    steps = next(each for each in evidence.frameworks if each.key == "formation-steps")
    assert [key for key, _ in listed] == [f"formation-steps/{item.key}" for item in steps.items]
    (ends,) = ask("SELECT (COUNT(*) AS ?n) { ?cell rdf:rest rdf:nil }")
    assert int(ends[0]) == len(evidence.frameworks)


def test_checklists_can_be_filled_in(ask):
    lacking = ask(
        "SELECT ?item { ?list a tt:Checklist ; skos:member ?item"
        " FILTER NOT EXISTS { ?item tt:question ?q ; tt:answerKind ?k } }"
    )
    assert lacking == []
    scales = ask(
        "SELECT ?from ?to { ?item tt:answerKind ttc:answer-kind-scale ; tt:scaleFrom ?from ; tt:scaleTo ?to }"
    )
    assert scales
    assert all(int(low) < int(high) for low, high in scales)


def test_rules_are_joined_both_ways(ask):
    assert len(ask("SELECT DISTINCT ?a { ?a tt:restates ?b }")) >= 20
    one_sided = ask("SELECT ?a { ?a tt:restates ?b FILTER NOT EXISTS { ?b tt:restates ?a } }")
    assert one_sided == []


def test_every_thing_named_in_the_graph_is_described_in_it_or_in_the_ontology(quads, graph):
    known = {quad.subject for quad in graph.quads_for_pattern(None, None, None)}
    named = {quad.object for quad in quads if isinstance(quad.object, ox.NamedNode)}
    foreign = {node.value for node in named - known if not node.value.startswith((RDF, SKOS, DCTERMS))}
    assert foreign == set()


def test_cases_are_never_organizations_nor_alliances(ask):
    assert ask("SELECT ?x { ?x a tt:Case ; a ?kind FILTER (?kind IN (org:Organization, tt:Alliance)) }") == []
    assert ask("SELECT ?p { ?p a tt:Participation }") == []


@pytest.fixture(scope="module")
def published(loaded) -> list[ox.Quad]:
    """The graph as a snapshot holds it, with what the load says of itself."""
    store = ox.Store.read_only(str(Snapshots(loaded).current().store_path))
    return list(
        store.quads_for_pattern(None, None, None, ox.NamedNode("https://w3id.org/tertius/graph/evidence"))
    )


@pytest.mark.long
def test_the_shapes_accept_the_whole_graph(published):
    assert validate(published).violations == ()


@pytest.mark.long
def test_the_graph_is_consistent_owl_2_dl(published):
    together = document(ontology_graph(), (quad.triple for quad in published))
    assert set_aside(together) == {
        "rdf:List",
        "rdf:first",
        "rdf:rest",
        "skos:memberList",
        "tt:retrieved xsd:date",
    }
    assert judge(together) == Judgement(consistent=True, unsatisfiable=())
    assert profile_violations([together]) == [[]]


def set_aside(together) -> set[str]:
    """Return what reasoners are spared: RDF lists, whose vocabulary OWL 2 keeps to itself, and dates."""
    names = set()
    for triple in together.stripped:
        node = triple.object if triple.predicate.value == RDF + "type" else triple.predicate
        names.add(short(node.value))
        if isinstance(triple.object, ox.Literal):
            names.remove(short(node.value))
            names.add(f"{short(node.value)} {short(triple.object.datatype.value)}")
    return names


def short(iri: str) -> str:
    prefix, home = next((prefix, home) for prefix, home in PREFIXES.items() if iri.startswith(home))
    return f"{prefix}:{iri.removeprefix(home)}"
