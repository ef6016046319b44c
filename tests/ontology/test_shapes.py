"""Every shape is tried on data that fits it and on data that does not, with the exact result expected."""

from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from tertius.ontology import files, ontology_graph, schemes, shapes_graph
from tertius.ontology.namespaces import PREFIXES, RDF, RDFS, SH, TT, TTS
from tertius.ontology.validate import Report, Severity, validate

SHAPES = Path(__file__).parent / "shapes"
NAMES = sorted(path.stem for path in (SHAPES / "invalid").glob("*.ttl"))
EXAMPLE = "https://example.org/id/"

# Parameters that make a constraint, each with the name under which a result reports it.
COMPONENTS = {
    "class": "Class",
    "datatype": "Datatype",
    "hasValue": "HasValue",
    "in": "In",
    "lessThanOrEquals": "LessThanOrEquals",
    "maxCount": "MaxCount",
    "maxInclusive": "MaxInclusive",
    "minCount": "MinCount",
    "minExclusive": "MinExclusive",
    "minInclusive": "MinInclusive",
    "minLength": "MinLength",
    "node": "Node",
    "nodeKind": "NodeKind",
    "or": "Or",
    "pattern": "Pattern",
    "qualifiedMinCount": "QualifiedMinCount",
    "sparql": "SPARQL",
    "uniqueLang": "UniqueLang",
}
NESTED = {
    "and",
    "languageIn",
    "not",
    "hasValue",
    "maxCount",
    "minExclusive",
    "minInclusive",
    "datatype",
    "pattern",
}
# What says where, whom and how badly instead of what is asked.
OTHER = {
    "declare",
    "inversePath",
    "message",
    "namespace",
    "path",
    "prefix",
    "prefixes",
    "property",
    "qualifiedValueShape",
    "select",
    "severity",
    "targetClass",
    "targetSubjectsOf",
}


def load(path):
    return rdflib.Graph().parse(path)


def lines(report: Report) -> list[str]:
    def short(iri):
        return iri.replace(TTS, "tts:").replace(EXAMPLE, "ex:")

    return sorted(
        {
            f"{short(found.focus)} {short(found.shape)} {found.component} {found.severity.removeprefix(SH)}"
            for found in report.violations
        }
    )


def expected(name: str) -> list[str]:
    return (SHAPES / "invalid" / f"{name}.expected").read_text().splitlines()


def own(node) -> bool:
    """A shape with a name, other than those that only say which scheme a concept is in."""
    return isinstance(node, ox.NamedNode) and node.value.startswith(TTS)


def helper(node) -> bool:
    return own(node) and node.value.removeprefix(TTS).startswith(("concept-of-", "in-scheme-"))


def test_valid_files_pass(valid_files):
    assert [path.stem for path in valid_files] == [name for name in NAMES if name != "organization"]
    for path in valid_files:
        assert lines(validate(load(path))) == [], path.name


@pytest.mark.parametrize("name", NAMES)
def test_invalid_files_fail_as_expected_and_not_otherwise(name):
    report = validate(load(SHAPES / "invalid" / f"{name}.ttl"))
    assert lines(report) == expected(name)
    assert not report.conforms
    for found in report.violations:
        assert set(found.messages) == {"en", "nl"}, found


def test_every_constraint_is_broken_by_some_invalid_file():
    broken = {tuple(line.split()[1:3]) for name in NAMES for line in expected(name)}
    missing = set()
    for subject, predicate, value in shapes_graph():
        parameter = predicate.value.removeprefix(SH)
        if own(subject) and not helper(subject) and parameter in COMPONENTS:
            shape = value if parameter == "sparql" else subject
            entry = (shape.value.replace(TTS, "tts:"), COMPONENTS[parameter])
            if entry not in broken:
                missing.add(entry)
    assert missing == set()


def test_no_constraint_escapes_these_tests():
    used = {t.predicate.value.removeprefix(SH) for t in shapes_graph() if t.predicate.value.startswith(SH)}
    assert used <= COMPONENTS.keys() | NESTED | OTHER


@pytest.mark.parametrize("name", [name for name in NAMES if name != "source"])
def test_taking_out_a_nested_constraint_is_noticed(name):
    """Constraints of anonymous shapes have no name that a result could mention: take each out and compare."""
    data = load(SHAPES / "invalid" / f"{name}.ttl")
    mine = files.triples([files.ROOT / "shapes" / f"{name}.ttl"])
    others = files.triples([path for path in files.shapes() if path.name != f"{name}.ttl"])
    nested = [
        triple
        for triple in mine
        if isinstance(triple.subject, ox.BlankNode) and triple.predicate.value.removeprefix(SH) in NESTED
    ]
    idle = [
        triple
        for triple in nested
        if lines(validate(data, shapes=[*others, *(other for other in mine if other != triple)]))
        == expected(name)
    ]
    assert idle == []


def test_every_scheme_has_a_shape_that_some_value_is_tried_on():
    """Taking `hasValue` out of one of these lets the wrong concepts of the invalid files through."""
    # Alternatives of sh:or stand in a list.
    asked = [t.object for t in shapes_graph() if t.predicate.value in {SH + "node", RDF + "first"}]
    used = {node.value for node in asked if own(node)}
    assert used == {f"{TTS}concept-of-{scheme}" for scheme in schemes()}


def test_warnings_leave_a_graph_acceptable():
    graph = load(SHAPES / "valid" / "alliance.ttl")
    graph.remove((rdflib.URIRef(EXAMPLE + "p2"), None, None))
    report = validate(graph)
    assert [(found.severity, found.path) for found in report.violations] == [(Severity.WARNING, None)]
    assert report.conforms


def test_triples_and_quads_are_judged_like_a_graph():
    data = (SHAPES / "invalid" / "alliance.ttl").read_bytes()
    quads = list(ox.parse(data, format=ox.RdfFormat.TURTLE))
    assert lines(validate(quads)) == expected("alliance")
    assert lines(validate([quad.triple for quad in quads])) == expected("alliance")


def test_every_shape_has_iri_messages_and_severity():
    index: dict[str, dict[str, list]] = {}
    for subject, predicate, value in shapes_graph():
        if own(subject):
            index.setdefault(subject.value, {}).setdefault(predicate.value, []).append(value)
    kinds = {SH + "NodeShape", SH + "PropertyShape", SH + "SPARQLConstraint"}
    shapes = {
        iri: facts for iri, facts in index.items() if {t.value for t in facts.get(RDF + "type", [])} & kinds
    }
    assert len(shapes) > 200
    for iri, facts in shapes.items():
        assert sorted(text.language for text in facts[SH + "message"]) == ["en", "nl"], iri
        if "codebook" not in iri:
            assert len(facts[SH + "severity"]) == 1, iri
    anonymous = [t for t in shapes_graph() if t.predicate.value == SH + "property" and not own(t.object)]
    assert anonymous == []


def test_shapes_speak_only_of_terms_that_exist():
    known = {t.subject.value for t in ontology_graph()}
    builtin = (PREFIXES["rdf"], PREFIXES["xsd"], SH, TTS, RDFS)
    for subject, predicate, value in shapes_graph():
        if predicate.value.startswith(SH) and isinstance(value, ox.NamedNode) and subject is not None:
            assert value.value in known or value.value.startswith((*builtin, TTS.rstrip("#"))), value.value


def test_dates_are_asked_to_be_dates():
    typed = {
        t.subject
        for t in shapes_graph()
        if t.predicate.value == SH + "datatype" and t.object.value.endswith("#date")
    }
    asked = {
        t.object.value.removeprefix(TT)
        for t in shapes_graph()
        if t.predicate.value == SH + "path" and t.subject in typed
    }
    assert asked == {
        "asOf",
        "dissolvedOn",
        "end",
        "firstDate",
        "foundedOn",
        "from",
        "lastDate",
        "lastObserved",
        "retrieved",
        "start",
        "to",
        "validFrom",
        "validTo",
    }
