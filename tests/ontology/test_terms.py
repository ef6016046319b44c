"""Hygiene: every term is labelled, defined, sourced and used, and foreign terms stay foreign."""

import json
import re
from importlib.metadata import version
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.compare import isomorphic
from tertius.ontology import VERSION, concepts, files, ontology_graph, schemes, shapes_graph
from tertius.ontology.external import FOREIGN_TERMS
from tertius.ontology.generate import GENERATED
from tertius.ontology.namespaces import DCTERMS, OWL, PREFIXES, RDF, RDFS, SH, SKOS, TT, TTC, XSD
from tertius.ontology.owl2 import UMBRELLA
from tertius.ontology.terms import Class, Property

ROOT = Path(__file__).parents[2]
ROOM = ROOT / "ontology"
TURTLE = sorted(ROOM.rglob("*.ttl"))
BUILT_IN = (RDF, RDFS, OWL, XSD)
DOCUMENTS = {
    "000_a85cf2e4811a96de.txt",
    "001_7480de72a070dbc5.txt",
    "002_b4e50dba4995ae3c.txt",
    "003_984878761ded69f3.txt",
    "004_a0e88f10d52497b8.txt",
}


def kinds(facts):
    return {value.value for value in facts.get(RDF + "type", [])}


class Index(dict):
    def __init__(self, triples):
        for subject, predicate, value in triples:
            self.setdefault(subject.value, {}).setdefault(predicate.value, []).append(value)

    def of(self, *types):
        return {
            iri: facts
            for iri, facts in self.items()
            if {t.value for t in facts.get(RDF + "type", [])} & set(types)
        }


@pytest.fixture(scope="module")
def index():
    return Index(ontology_graph())


@pytest.fixture(scope="module")
def own_terms(index):
    terms = index.of(OWL + "Class", OWL + "ObjectProperty", OWL + "DatatypeProperty")
    return {iri: facts for iri, facts in terms.items() if iri.startswith(TT)}


@pytest.fixture(scope="module")
def own_concepts(index):
    return index.of(SKOS + "Concept", SKOS + "ConceptScheme")


def texts(facts, predicate):
    return {value.language: value.value for value in facts.get(predicate, []) if value.language}


@pytest.mark.parametrize("path", TURTLE, ids=lambda path: path.relative_to(ROOM).as_posix())
def test_two_parsers_read_the_same(path):
    first = rdflib.Graph().parse(path)
    quads = ox.parse(path=path, format=ox.RdfFormat.TURTLE)
    again = ox.serialize([quad.triple for quad in quads], format=ox.RdfFormat.N_TRIPLES)
    second = rdflib.Graph().parse(data=again, format="nt")
    assert len(first) > 0
    assert isomorphic(first, second)


def test_generated_files_are_current():
    for path, render in GENERATED.items():
        assert (ROOM / path).read_text(encoding="utf-8") == render(), (
            f"run python -m tertius.ontology.generate: {path}"
        )


def test_constants_and_turtle_name_the_same_terms(own_terms):
    classes = {
        iri for iri, facts in own_terms.items() if OWL + "Class" in {t.value for t in facts[RDF + "type"]}
    }
    assert {term.value for term in Class} == classes
    assert {term.value for term in Property} == own_terms.keys() - classes


def test_every_term_is_labelled_defined_and_sourced(own_terms, own_concepts):
    assert len(own_terms) > 100
    assert len(own_concepts) > 150
    for terms, label in ((own_terms, RDFS + "label"), (own_concepts, SKOS + "prefLabel")):
        for iri, facts in terms.items():
            assert texts(facts, label).keys() == {"en", "nl"}, iri
            assert len(facts[label]) == 2, iri
            assert texts(facts, SKOS + "definition").keys() == {"en", "nl"}, iri
            assert len(facts[SKOS + "definition"]) == 2, iri
            assert facts[DCTERMS + "source"], iri
            assert len(facts[RDFS + "isDefinedBy"]) == 1, iri


def test_texts_are_tidy(own_terms, own_concepts):
    for iri, facts in (own_terms | own_concepts).items():
        labels = texts(facts, RDFS + "label") or texts(facts, SKOS + "prefLabel")
        for language, definition in texts(facts, SKOS + "definition").items():
            assert definition == " ".join(definition.split()), iri
            assert definition[0].isupper(), iri
            assert definition.endswith("."), iri
            assert not definition.lower().startswith(labels[language].lower()), iri
        for label in labels.values():
            assert label == " ".join(label.split()), iri


def test_sources_point_into_the_documents_or_name_a_work(own_terms, own_concepts):
    for iri, facts in (own_terms | own_concepts).items():
        for source in facts[DCTERMS + "source"]:
            name, _, place = source.value.partition(", ")
            if ".txt" in source.value:
                assert name in DOCUMENTS, iri
                assert place, iri
            assert re.fullmatch(r"[^\s].{1,90}", source.value), iri


def test_labels_and_definitions_are_unique(own_terms, own_concepts):
    for language in ("en", "nl"):
        for predicate, terms in (
            (RDFS + "label", own_terms),
            (SKOS + "definition", own_terms),
            (SKOS + "definition", own_concepts),
        ):
            found = [texts(facts, predicate)[language] for facts in terms.values()]
            assert sorted(found) == sorted(set(found))
    for scheme in schemes().values():
        for language in ("en", "nl"):
            labels = [concept.labels[language] for concept in scheme.concepts.values()]
            assert len(labels) == len(set(labels)), scheme.notation


def test_names_follow_their_kind(own_terms):
    for iri, facts in own_terms.items():
        name = iri.removeprefix(TT)
        is_class = OWL + "Class" in kinds(facts)
        assert re.fullmatch(r"[A-Z][A-Za-z]*" if is_class else r"[a-z][A-Za-z]*", name), name


def test_concepts_sit_in_their_scheme(own_concepts):
    for iri, facts in own_concepts.items():
        notation = facts[SKOS + "notation"][0].value
        if SKOS + "inScheme" not in facts:
            assert iri == TTC + notation
            continue
        scheme = facts[SKOS + "inScheme"][0].value
        assert iri == f"{scheme}-{notation}"
        assert scheme in own_concepts
        top = SKOS + "topConceptOf" in facts
        assert top != (SKOS + "broader" in facts), iri


def test_each_module_defines_what_it_holds():
    for path in files.modules():
        module = f"{UMBRELLA}/{path.name.removesuffix('.ttl')}"
        index = Index(files.triples([path]))
        assert module in index.of(OWL + "Ontology")
        for iri, facts in index.items():
            if RDFS + "isDefinedBy" in facts:
                assert facts[RDFS + "isDefinedBy"][0].value == module, iri


def test_the_umbrella_imports_every_module_and_nothing_else(index):
    imported = {node.value for node in index[UMBRELLA][OWL + "imports"]}
    modules = {f"{UMBRELLA}/{path.name.removesuffix('.ttl')}" for path in files.modules()}
    assert imported == modules | {UMBRELLA + "/external"}
    headers = index.of(OWL + "Ontology")
    assert headers.keys() == imported | {UMBRELLA}
    for iri, facts in headers.items():
        assert texts(facts, DCTERMS + "title").keys() == {"en", "nl"}, iri
        assert facts[DCTERMS + "license"], iri
        assert iri == UMBRELLA or OWL + "imports" not in facts


def test_versions_agree(index):
    assert version("tertius") == VERSION
    assert [node.value for node in index[UMBRELLA][OWL + "versionIRI"]] == [f"{UMBRELLA}/{VERSION}"]
    assert [node.value for node in index[UMBRELLA][OWL + "versionInfo"]] == [VERSION]


def test_the_published_graph_has_no_blank_node():
    for triple in ontology_graph():
        assert isinstance(triple.subject, ox.NamedNode)
        assert not isinstance(triple.object, ox.BlankNode)


def expand(name):
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local


def foreign_terms_in_code():
    """Foreign terms that the loaders, the queries and the service write or ask for."""
    homes = ("adms", "dcat", "dcterms", "org", "prov", "rov", "skos")
    names = "|".join(homes)
    text = usage()
    found = set(re.findall(rf"\b(?:{names}):[A-Za-z]+\b", text))
    for prefix, local in re.findall(rf"\b({names.upper()})(?: \+ \"|\}})([A-Za-z]+)", text):
        found.add(f"{prefix.lower()}:{local}")
    return {expand(name) for name in found}


def test_foreign_terms_are_stubs_and_every_stub_is_used():
    stubs = {expand(term.name) for term in FOREIGN_TERMS}
    homes = tuple(PREFIXES[prefix] for prefix in ("adms", "dcat", "dcterms", "org", "prov", "rov", "skos"))
    own_files = files.triples([files.ROOT / "tertius.ttl", *files.modules()])
    used = foreign_terms_in_code()
    for triple in [*own_files, *shapes_graph()]:
        for node in triple:
            if isinstance(node, ox.NamedNode) and node.value.startswith(homes) and node.value not in homes:
                used.add(node.value)
    assert used - stubs == set()
    parents = {expand(parent) for term in FOREIGN_TERMS for parent in term.parents}
    assert stubs - used - parents == set()


def test_no_module_says_anything_about_foreign_terms():
    for path in files.modules():
        for triple in files.triples([path]):
            if not triple.subject.value.startswith((TT, TTC, UMBRELLA)):
                assert triple.predicate.value == OWL + "disjointWith", triple


def test_the_ontology_uses_no_other_namespace():
    known = (*PREFIXES.values(), UMBRELLA, "https://www.apache.org/licenses/")
    for triple in ontology_graph():
        for node in triple:
            if isinstance(node, ox.NamedNode):
                assert node.value.startswith(known), node


def test_alignments_join_known_terms_by_mapping_only(index):
    graph = Index(files.triples([files.ROOT / "alignments.ttl"]))
    mappings = {
        SKOS + kind for kind in ("closeMatch", "relatedMatch", "narrowMatch", "broadMatch", "exactMatch")
    }
    known = index.keys()
    for iri, facts in graph.items():
        if iri.startswith(UMBRELLA + "/"):
            continue
        assert iri in known, iri
        assert facts.keys() <= mappings, iri
        for values in facts.values():
            assert all(value.value not in known for value in values)


def usage() -> str:
    """Everything that could use a term: shapes, named queries, and the code of the other rooms."""
    paths = [
        *(ROOM / "shapes").glob("*.ttl"),
        *(path for room in ("store", "queries", "loaders", "api") for path in (ROOT / room).rglob("*")),
    ]
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in paths
        if path.suffix in {".ttl", ".rq", ".py", ".yaml", ".yml", ".html"} and path.is_file()
    )


def test_every_term_earns_its_place():
    text = usage()
    constants = {term.value: f"{type(term).__name__}.{term.name}" for term in (*Class, *Property)}
    idle = []
    for iri, constant in constants.items():
        name = iri.removeprefix(TT)
        forms = (rf"\btt:{name}(?![\w-])", rf"\b{constant}\b", rf"TT(\}}| \+ \"){name}\b")
        if not any(re.search(form, text) for form in forms):
            idle.append(name)
    # Said of identifier schemes and handed out as `Concept.attributes`, not asked for in the graph.
    assert sorted(idle) == ["issuer", "pattern", "urlTemplate"]
    given = {name for concept in concepts("identifier-scheme").values() for name in concept.attributes}
    assert given == set(idle)


def test_every_scheme_earns_its_place():
    text = usage()
    idle = [name for name in schemes() if not re.search(rf"ttc:{name}(?![\w-])", text)]
    assert idle == []


def test_patterns_of_schemes_and_shapes_agree():
    patterns = {t.object.value for t in shapes_graph() if t.predicate.value == SH + "pattern"}
    known = schemes()["identifier-scheme"].concepts
    for notation in ("lei", "pic", "ror"):
        assert known[notation].attributes["pattern"] in patterns
    for concept in known.values():
        re.compile(concept.attributes["pattern"])
        assert "{value}" in concept.attributes.get("urlTemplate", "{value}")


def test_json_ld_is_read_into_typed_values():
    context = json.loads((ROOM / "context.jsonld").read_text())
    record = context | {
        "id": "https://example.org/a",
        "type": "tt:Alliance",
        "start": "2019-12-01",
        "form": "ttc:alliance-form-joint-venture",
        "degree": 3,
        "strength": 2.0,
        "purpose": "Make cells",
    }
    graph = rdflib.Graph().parse(data=json.dumps(record), format="json-ld")
    subject = rdflib.URIRef("https://example.org/a")

    def value(name):
        return graph.value(subject, rdflib.URIRef(TT + name))

    assert value("start") == rdflib.Literal("2019-12-01", datatype=rdflib.XSD.date)
    assert value("form") == rdflib.URIRef(TTC + "alliance-form-joint-venture")
    assert value("degree") == rdflib.Literal(3)
    assert value("strength").datatype == rdflib.XSD.double
    assert value("purpose") == rdflib.Literal("Make cells")
    assert (subject, rdflib.RDF.type, rdflib.URIRef(TT + "Alliance")) in graph
