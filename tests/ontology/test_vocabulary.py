import pytest
from tertius.ontology import UnknownSchemeError, concepts, schemes
from tertius.ontology.namespaces import concept


def test_a_scheme_gives_its_concepts_in_reading_order():
    phases = concepts("daf-phase")
    assert list(phases) == [
        "formation",
        "search",
        "selection",
        "design",
        "governance",
        "risk",
        "post-formation",
        "alignment",
        "monitoring",
    ]
    assert phases["selection"].broader == "formation"
    assert phases["formation"].broader is None
    assert phases["search"].labels == {"en": "partner search", "nl": "partnerzoektocht"}
    assert phases["search"].iri == concept("daf-phase", "search")


def test_identifier_schemes_tell_issuer_and_pattern():
    lei = concepts("identifier-scheme")["lei"]
    assert lei.attributes["issuer"] == "GLEIF"
    assert lei.attributes["pattern"] == "^[0-9A-Z]{18}[0-9]{2}$"


def test_schemes_that_the_data_fill_are_known_and_empty():
    assert concepts("circle-country") == {}


def test_an_unknown_scheme_is_refused_with_the_known_ones():
    with pytest.raises(UnknownSchemeError, match=r"no concept scheme 'orientations'; .*orientation, "):
        concepts("orientations")


def test_every_notation_yields_the_iri_of_its_concept():
    for scheme in schemes().values():
        for notation, found in scheme.concepts.items():
            assert found.iri == concept(scheme.notation, notation)
            assert found.scheme == scheme.notation


def test_orders_run_from_one_without_gaps():
    for scheme in schemes().values():
        assert [found.order for found in scheme.concepts.values()] == list(range(1, len(scheme.concepts) + 1))
