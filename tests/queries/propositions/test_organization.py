"""The same propositions on an organization's own alliances: what is not recorded is silent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tertius.queries import Catalogue
from tertius.queries.propositions import NUMBERS, Unit, Verdict, ask, run_test
from tertius.store import MemoryStore

PROPOSITIONS = "GRAPH <graph/evidence> {" + "".join(
    f'e:p{number} a tt:Proposition ; tt:number {number} ; tt:statement "Said."@en, "Gezegd."@nl ;'
    " tt:concerns ttc:daf-phase-search ; tt:predicts ttc:pattern-type-means-end ;"
    " tt:testBasis ttc:test-basis-data ."
    for number in NUMBERS
)
ORGANIZATION = "organization/us"


def alliance(
    name: str, orientation: str | None, *partners: str, start: str | None = None, **recorded: str
) -> str:
    """Write an alliance of `us` with some partners; `recorded` maps a property to notations with commas."""
    schemes = {
        "searchChannel": "search-channel",
        "selectionBasis": "selection-criterion",
        "governanceMode": "governance-mode",
        "seniorInvolvement": "involvement-degree",
        "trustBasis": "trust-mechanism",
    }
    lines = [f'<alliance/{name}> a tt:Alliance ; skos:prefLabel "{name}" .']
    if orientation:
        lines.append(f"<alliance/{name}> tt:orientation ttc:orientation-{orientation} .")
    if start:
        lines.append(f'<alliance/{name}> tt:start "{start}"^^xsd:date .')
    lines += [
        f"<participation/{name}-{who}> tt:alliance <alliance/{name}> ; tt:organization <organization/{who}> ."
        for who in ("us", *partners)
    ]
    for term, values in recorded.items():
        lines += [f"<alliance/{name}> tt:{term} ttc:{schemes[term]}-{value} ." for value in values.split(",")]
    return "\n".join(lines)


def store_of(small: Callable[[str], MemoryStore], *statements: str) -> MemoryStore:
    return small(f"{PROPOSITIONS} }} GRAPH <graph/ours> {{ {' '.join(statements)} }}")


def said(units: list[Unit]) -> dict[str, Verdict]:
    return {unit.label: unit.verdict for unit in units}


@pytest.mark.parametrize(
    ("number", "orientation", "recorded", "verdict"),
    [
        (1, "exploitation", {"searchChannel": "existing-partner-referral"}, Verdict.SUPPORTS),
        (1, "exploitation", {"searchChannel": "market-scan"}, Verdict.CONTRADICTS),
        (1, "exploitation", {"searchChannel": "market-scan,customer-introduction"}, Verdict.MIXED),
        (1, "exploitation", {"searchChannel": "own-network"}, Verdict.SILENT),
        (3, "exploration", {"searchChannel": "fair-or-conference"}, Verdict.SUPPORTS),
        (3, "exploration", {"searchChannel": "existing-partner-referral"}, Verdict.SILENT),
        (4, "exploration", {"trustBasis": "interpersonal-relationship"}, Verdict.SUPPORTS),
        (4, "exploration", {"trustBasis": "formal-safeguards"}, Verdict.CONTRADICTS),
        (4, "exploration", {"governanceMode": "relational"}, Verdict.SILENT),
        (5, "exploitation", {"searchChannel": "own-network"}, Verdict.SILENT),
        (6, "exploration", {"searchChannel": "own-network"}, Verdict.SILENT),
        (7, "exploitation", {"selectionBasis": "mutual-gain"}, Verdict.SUPPORTS),
        (7, "exploitation", {"selectionBasis": "personal-fit"}, Verdict.CONTRADICTS),
        (8, "exploration", {"selectionBasis": "complementarity"}, Verdict.SUPPORTS),
        (8, "exploration", {"selectionBasis": "mutual-gain,personal-fit"}, Verdict.MIXED),
        (9, "exploitation", {"governanceMode": "formal-contractual,relational"}, Verdict.SUPPORTS),
        (9, "exploitation", {"governanceMode": "relational"}, Verdict.CONTRADICTS),
        (9, "exploitation", {}, Verdict.SILENT),
        (10, "exploration", {"governanceMode": "relational"}, Verdict.SUPPORTS),
        (10, "exploration", {"seniorInvolvement": "indirect"}, Verdict.CONTRADICTS),
        (
            10,
            "exploration",
            {"governanceMode": "formal-contractual", "seniorInvolvement": "direct"},
            Verdict.MIXED,
        ),
        (11, "ambidextrous", {"trustBasis": "promise-keeping"}, Verdict.SUPPORTS),
        (11, None, {"trustBasis": "formal-safeguards"}, Verdict.CONTRADICTS),
    ],
)
def test_rules(
    number: int,
    orientation: str | None,
    recorded: dict[str, str],
    verdict: Verdict,
    catalogue: Catalogue,
    small: Callable[[str], MemoryStore],
) -> None:
    store = store_of(small, alliance("one", orientation, "them", **recorded))
    test = run_test(catalogue, store, number, "organization:us")
    assert said(list(test.units)) == {"one": verdict}
    for one in test.units[0].evidence:
        assert one.source == "https://w3id.org/tertius/id/graph/ours"


def test_new_and_known_partners_are_told_from_earlier_alliances(
    catalogue: Catalogue, small: Callable[[str], MemoryStore]
) -> None:
    sectors = "".join(
        f"<organization/{who}> tt:sector <circle/{sector}> ."
        for who, sector in (("us", "ict"), ("old", "ict"), ("new", "care"))
    )
    store = store_of(
        small,
        alliance("first", "exploitation", "old", start="2010-01-01"),
        alliance("again", "exploitation", "old", start="2012-01-01"),
        alliance("both", "exploitation", "old", "other", start="2014-01-01"),
        alliance("away", "exploitation", "new", start="2016-01-01"),
        alliance("undated", "exploitation", "other"),
        sectors,
    )
    test = run_test(catalogue, store, 2, "organization:us")
    assert said(list(test.units)) == {
        "first": Verdict.SUPPORTS,  # inside its sector, partner new
        "again": Verdict.MIXED,  # inside its sector, but known partners only
        "both": Verdict.SUPPORTS,
        "away": Verdict.CONTRADICTS,  # outside its sector
        "undated": Verdict.SILENT,
    }
    assert {one.source for unit in test.units for one in unit.evidence} == {None}


def test_other_orientations_are_compared_and_apart(
    catalogue: Catalogue, small: Callable[[str], MemoryStore]
) -> None:
    store = store_of(
        small,
        alliance("a", "exploitation", governanceMode="formal-contractual"),
        alliance("b", "exploration", governanceMode="relational"),
        alliance("c", "ambidextrous", governanceMode="equity"),
        alliance("d", None, governanceMode="equity"),
    )
    test = run_test(catalogue, store, 9, "organization:us")
    assert said(list(test.units)) == {"a": Verdict.SUPPORTS}
    assert said(list(test.comparison)) == {"b": Verdict.CONTRADICTS}
    assert said(list(test.apart)) == {"c": Verdict.SUPPORTS}
    assert test.exact_test is not None
    assert test.exact_test.table == ((1, 0), (0, 1))
    assert "not a sample" in test.caveat


def test_one_alliance_against_all_propositions(
    catalogue: Catalogue, small: Callable[[str], MemoryStore]
) -> None:
    """What one alliance is told agrees with what its organization is told of it."""
    recorded = {
        "searchChannel": "market-scan",
        "selectionBasis": "mutual-gain,complementarity",
        "governanceMode": "relational",
        "seniorInvolvement": "direct",
        "trustBasis": "promise-keeping",
    }
    store = store_of(
        small,
        alliance("in", "exploitation", **recorded),
        alliance("out", "exploration", **recorded),
        alliance("unsaid", None, **recorded),
    )
    for name in ("in", "out", "unsaid"):
        rows = ask(catalogue, store, "alliance-practice", {"alliance": name})
        found = {
            (row["proposition"], row["construct"], row["value"], row["direction"], row["role"])
            for row in rows
        }
        expected = {
            (number, one.construct, one.value, one.direction, one.role)
            for number in NUMBERS
            for unit in run_test(catalogue, store, number, "organization:us").units
            if unit.label == name
            for one in unit.evidence
        }
        assert found == expected
        assert found
