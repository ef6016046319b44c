"""The measure set in the graph says what the kernel computed, in terms that the ontology has."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from operator import attrgetter

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Store
from tertius.ontology.identity import graph, individual, key
from tertius.ontology.lines import quads
from tertius.ontology.namespaces import DEFAULT_BASE, TT, TTC
from tertius.queries.network import Network, NetworkParameters, materialised, measure_lines, measure_set

from tests.queries.network.conftest import Make, P, org

BASE = "https://example.org/t/"
GRAPH = NamedNode(graph("measures", DEFAULT_BASE))
PREFIXES = f"PREFIX tt: <{TT}> PREFIX ttc: <{TTC}>"


@pytest.fixture
def network(make: Make) -> Network:
    rows = [P(who, what, "2019-01-01", "2021-01-01") for what in "xy" for who in "abc"]
    rows += [
        P("c", "z", "2020-02-02", "2020-05-05"),
        P("d", "z", "2020-02-02"),
        P("alone", "w", "2018-01-01"),
    ]
    return make(rows, NetworkParameters())


@pytest.fixture
def store(network: Network) -> Store:
    store = Store()
    store.extend(quads(measure_lines(network, base=BASE, snapshot=7), NamedNode(graph("measures", BASE))))
    return store


def ask(store: Store, text: str) -> list[dict[str, str]]:
    answer = store.query(PREFIXES + text, use_default_graph_as_union=True)
    names = [variable.value for variable in answer.variables]
    return [{name: row[name].value for name in names if row[name] is not None} for row in answer]


def test_every_position_is_stated_once_with_all_its_values(network: Network, store: Store) -> None:
    fields = {
        "strength": "strength",
        "constraint": "constraint",
        "effectiveSize": "effective_size",
        "efficiency": "efficiency",
        "hierarchy": "hierarchy",
        "clustering": "clustering",
        "betweenness": "betweenness",
        "community": "community",
        "core": "core",
        "participationCoefficient": "participation_coefficient",
        "coordinatorPaths": "roles.coordinator",
        "consultantPaths": "roles.consultant",
        "gatekeeperPaths": "roles.gatekeeper",
        "liaisonPaths": "roles.liaison",
    }
    articulation = ask(store, "SELECT ?o { ?p tt:articulation true ; tt:organization ?o }")
    assert [row["o"] for row in articulation] == [individual("organization", org("c"), BASE)]
    optional = " ".join(f"OPTIONAL {{ ?p tt:{term} ?{term} }}" for term in fields)
    rows = ask(
        store, f"SELECT * {{ ?p a tt:NetworkPosition ; tt:organization ?o ; tt:degree ?degree . {optional} }}"
    )
    by_iri = {row["o"]: row for row in rows}
    assert len(rows) == len(by_iri) == network.summary().organizations == 5
    for position in network.iter_positions():
        row = by_iri[individual("organization", position.organization, BASE)]
        assert int(row["degree"]) == position.degree
        for term, field in fields.items():
            value = attrgetter(field)(position) if position.degree else None
            assert (float(row[term]) if term in row else None) == value
    alone = by_iri[individual("organization", org("alone"), BASE)]
    assert set(alone) == {"p", "o", "degree"}


def test_ties_and_local_bridges_are_stated(network: Network, store: Store) -> None:
    rows = ask(
        store,
        """SELECT ?t ?a ?b ?weight ?shared ?first ?last ?bridge {
             ?t a tt:Tie ; tt:partner ?a, ?b ; tt:weight ?weight ; tt:sharedAlliances ?shared ;
                tt:firstDate ?first ; tt:lastDate ?last . FILTER(STR(?a) < STR(?b))
             BIND(EXISTS { ?t a tt:LocalBridge } AS ?bridge) }""",
    )
    assert len(rows) == network.summary().ties == 4
    for row in rows:
        one, other = (row[end].rsplit("/", 1)[1] for end in "ab")
        assert row["t"] == individual("tie", key("tie", one, other), BASE)
        tie = {partner.partner: partner for partner in network.ties(one).rows}[other]
        assert float(row["weight"]) == tie.tie.weight
        assert int(row["shared"]) == len(tie.tie.alliances)
        assert (row["first"], row["last"]) == (str(tie.tie.first), str(tie.tie.last))
        assert (row["bridge"] == "true") is tie.local_bridge
    assert sum(row["bridge"] == "true" for row in rows) == 1


def test_the_measure_set_says_what_the_values_depend_on(store: Store) -> None:
    (row,) = ask(
        store,
        """SELECT * { ?set a tt:MeasureSet ; tt:asOf ?asof ; tt:window ?window ; tt:weighting ?weighting ;
             tt:assumedYears ?years ; tt:snapshot ?snapshot ; tt:default ?default ;
             tt:softwareVersion ?version }""",
    )
    assert row["set"] == measure_set(BASE)
    assert (row["asof"], row["window"], row["years"], row["snapshot"], row["default"]) == (
        "2020-02-02",
        "5",
        "5",
        "7",
        "true",
    )
    assert row["weighting"] == f"{TTC}tie-weight-newman"
    assert all(quad.graph_name == NamedNode(graph("measures", BASE)) for quad in store)


def test_all_time_is_written_as_a_word(make: Make) -> None:
    network = make([P("a", "x", "2020-01-01")], NetworkParameters(window=None))
    windows = [
        q.object
        for q in quads(measure_lines(network, snapshot=1), GRAPH)
        if q.predicate.value == f"{TT}window"
    ]
    assert windows == [Literal("all")]


def test_too_many_ties_are_left_out_as_a_whole_and_the_manifest_says_so(network: Network) -> None:
    kinds = [q.object.value for q in quads(measure_lines(network, snapshot=1, max_ties=3), GRAPH)]
    assert f"{TT}Tie" not in kinds
    assert f"{TT}NetworkPosition" in kinds
    assert materialised(network, max_ties=3) == {
        "positions": 5,
        "ties": 0,
        "tie_limit": 3,
        "ties_complete": False,
        "betweenness": "exact",
        "carried": None,
        "set": measure_set(DEFAULT_BASE),
        "software": version("tertius"),
    }
    assert materialised(network, max_ties=4)["ties"] == 4
    assert materialised(network)["ties_complete"] is True


def test_without_any_date_no_measure_set_can_be_stated(make: Make) -> None:
    network = make([P("a", "x"), P("b", "x")], NetworkParameters(window=None))
    assert list(measure_lines(network, snapshot=1)) == []
    assert materialised(network)["positions"] == 0


def test_every_term_used_is_in_the_ontology(store: Store) -> None:
    ontology = Store()
    for module in files("tertius.ontology").joinpath("modules").iterdir():
        if module.name.endswith(".ttl"):
            ontology.load(module.read_bytes(), RdfFormat.TURTLE)
    defined = {quad.subject for quad in ontology if isinstance(quad.subject, NamedNode)}
    used = {quad.predicate for quad in store}
    used |= {quad.object for quad in store if isinstance(quad.object, NamedNode)}
    ours = {term for term in used if term.value.startswith((TT, TTC))}
    assert len(ours) > 20
    assert ours <= defined
