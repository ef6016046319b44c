"""OWL 2 DL, consistent, nothing unsatisfiable; and what is broken on purpose is caught."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from tertius.ontology import ontology_graph
from tertius.ontology.namespaces import TT, XSD
from tertius.ontology.owl2 import ForeignImportError, document
from tertius.ontology.reasoning import Judgement, ReasonerError, judge, profile_violations

BROKEN = Path(__file__).parent / "broken"
BEYOND_THE_PROFILE = ["label-as-data", "two-kinds-of-property", "undeclared-property"]


def triples(path):
    return [quad.triple for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE)]


def broken(name):
    return document(ontology_graph(), triples(BROKEN / f"{name}.ttl"))


@pytest.fixture(scope="module")
def with_fixtures(valid_files):
    return document(ontology_graph(), *(triples(path) for path in valid_files))


def test_the_ontology_needs_nothing_stripped():
    assert document(ontology_graph()).stripped == ()


def test_hermit_finds_ontology_and_fixtures_consistent(with_fixtures):
    assert judge(with_fixtures) == Judgement(consistent=True, unsatisfiable=())


def test_dates_are_what_the_reasoner_is_spared(with_fixtures):
    stripped = {
        (triple.predicate.value.removeprefix(TT), triple.object.datatype.value.removeprefix(XSD))
        for triple in with_fixtures.stripped
    }
    assert stripped == {
        (name, "date")
        for name in (
            "start",
            "end",
            "from",
            "to",
            "lastObserved",
            "retrieved",
            "asOf",
            "firstDate",
            "lastDate",
            "foundedOn",
            "dissolvedOn",
            "validFrom",
            "validTo",
        )
    }
    assert len(with_fixtures.stripped) == 15


def test_profile_holds_and_what_leaves_it_is_caught(with_fixtures):
    names = [None, *BEYOND_THE_PROFILE]
    documents = [with_fixtures, *(broken(name) for name in BEYOND_THE_PROFILE)]
    found = dict(zip(names, profile_violations(documents), strict=True))
    assert found[None] == []
    assert any("start" in text for text in found["two-kinds-of-property"])
    assert any("org#headOf" in text for text in found["undeclared-property"])
    assert any("prefLabel" in text for text in found["label-as-data"])


def test_a_class_that_can_have_no_member_is_named():
    assert judge(broken("unsatisfiable")) == Judgement(
        consistent=True, unsatisfiable=(TT + "OrganizedAlliance",)
    )


@pytest.mark.parametrize("name", ["both-alliance-and-organization", "case-in-the-network", "degree-in-words"])
def test_an_impossible_individual_is_noticed(name):
    assert not judge(broken(name)).consistent


def test_a_date_range_is_refused():
    with pytest.raises(ReasonerError, match="XMLSchema#date"):
        judge(broken("date-range"))


def test_a_foreign_import_is_refused():
    with pytest.raises(ForeignImportError, match=r"imports <http://www.w3.org/ns/org>; declare"):
        broken("foreign-import")


def test_every_broken_file_is_used_above():
    text = Path(__file__).read_text()
    for path in BROKEN.iterdir():
        assert f'"{path.stem}"' in text


def test_a_document_the_profile_checker_cannot_read_is_reported():
    class Unreadable:
        def rdfxml(self):
            return b"<not xml"

    with pytest.raises(ReasonerError):
        profile_violations([Unreadable()])
