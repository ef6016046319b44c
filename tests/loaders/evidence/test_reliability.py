"""The second coding is a record, its figures are recomputed, and every difference has been settled."""

import hashlib
import random
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from tertius.loaders.evidence import read_evidence, reliability
from tertius.loaders.evidence.reliability import cohen_kappa
from tertius.loaders.evidence.second_coding import (
    Resolutions,
    RowName,
    SecondCoding,
    read_resolutions,
    read_second_coding,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "coding-reliability.md"
AS_CODED = "8c2158639d189c2f4e551e9b14f25334bba6999b4947bb0f7888ab352cd7f5c6"


@pytest.fixture(scope="module")
def evidence():
    return read_evidence()


@pytest.fixture(scope="module")
def second():
    return read_second_coding()


@pytest.fixture(scope="module")
def resolutions():
    return read_resolutions()


@pytest.fixture(scope="module")
def before(evidence, second, resolutions):
    return reliability.first_coding(evidence, second, resolutions)


def pairs(counts):
    return [pair for pair, count in counts.items() for _ in range(count)]


def test_kappa_of_a_table_worked_out_by_hand():
    # 35 of 50 agree (0.7); chance is 0.5 * 0.6 + 0.5 * 0.4 = 0.5; (0.7 - 0.5) / 0.5 = 0.4.
    table = {("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15}
    assert cohen_kappa(pairs(table)) == pytest.approx(0.4)


def test_kappa_agrees_with_the_formula_on_a_matrix_of_proportions():
    chance = random.Random(7)
    for _ in range(50):
        given = [(chance.randrange(4), chance.randrange(4)) for _ in range(30)]
        matrix = np.zeros((4, 4))
        for a, b in given:
            matrix[a, b] += 1 / len(given)
        expected = float(matrix.sum(axis=1) @ matrix.sum(axis=0))
        assert cohen_kappa(given) == pytest.approx((np.trace(matrix) - expected) / (1 - expected))
        assert cohen_kappa([(b, a) for a, b in given]) == pytest.approx(cohen_kappa(given))


def test_kappa_at_its_ends():
    assert cohen_kappa([("a", "a"), ("b", "b")]) == 1
    assert cohen_kappa([("a", "b"), ("b", "a")]) == -1
    assert cohen_kappa([("a", "a"), ("b", "a")]) == 0  # a coder with one category agrees as chance would


def test_kappa_is_undefined_where_one_category_is_all_there_is():
    assert cohen_kappa([("a", "a")] * 5) is None
    assert cohen_kappa([("a", "b")] * 5) == 0
    with pytest.raises(ValueError, match="at least one unit"):
        cohen_kappa([])


def test_second_coding_has_not_been_touched_since_it_was_made():
    file = resources.files("tertius.loaders.evidence") / "second-coding.yaml"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == AS_CODED


def test_sample_is_a_fifth_of_the_rows(second):
    assert second.sample.size == round(len(second.rows) / 5)
    assert [row.name for row in second.coding] == second.draw()


def test_rows_that_the_seed_does_not_draw_are_refused(second):
    data = second.model_dump(by_alias=True)
    data["sample"]["seed"] += 1
    with pytest.raises(ValidationError, match="not those that the seed draws"):
        SecondCoding.model_validate(data)


def test_list_of_rows_is_that_of_the_annexes(evidence, second):
    listed = {(f"annex {row.annex}", row.case, reliability.part(row.name)): row.lines for row in second.rows}
    assert len(listed) == len(second.rows)
    coded = set()
    for each in evidence.observations:
        if each.locator.part.startswith("annex"):
            _, _, label = each.locator.row.removesuffix(" (continued)").partition(", ")
            place = (each.locator.part, each.case, label or None)
            first, last = listed[place]
            assert first <= each.locator.lines[0] <= each.locator.lines[1] <= last
            coded.add(place)
    assert coded == set(listed)


def test_heading_that_annex_4_does_not_have_is_refused():
    with pytest.raises(ValueError, match="no heading of annex 4"):
        reliability.part(RowName(4, "A", "Budget"))


def test_second_coding_follows_the_codebook(evidence, second):
    for row in second.coding:
        codes = [(code.construct_key, code.value) for code in row.codes]
        assert len(codes) == len(set(codes))
        for construct, value in codes:
            assert value in {each.key for each in evidence.constructs[construct].values}


def test_every_difference_is_settled_as_the_observations_say(evidence, second, resolutions):
    now = reliability.present_coding(evidence, second.draw())
    blind = reliability.blind_coding(second)
    settled = {(each.name, each.construct_key): each for each in resolutions.resolutions}
    for (row, construct), each in settled.items():
        assert blind[row].get(construct, frozenset()) == set(each.second)
        assert now[row].get(construct, frozenset()) == set(each.resolved)
    for row in blind:
        for construct in {*now[row], *blind[row]}:
            if (row, construct) not in settled:
                assert now[row].get(construct) == blind[row].get(construct), (row, construct)


def test_a_settlement_needs_a_difference_and_is_made_once(resolutions):
    entry = resolutions.resolutions[0].model_dump(by_alias=True)
    with pytest.raises(ValidationError, match="nothing to settle"):
        Resolutions.model_validate({"resolutions": [entry | {"first": entry["second"]}]})
    with pytest.raises(ValidationError, match="settled once"):
        Resolutions.model_validate({"resolutions": [entry, entry]})


def test_figures_count_what_the_codings_hold(second, before):
    blind = reliability.blind_coding(second)
    found = {each.construct: each for each in reliability.agreements(before, blind)}
    assert set(found) == {
        construct for coding in (before, blind) for row in coding.values() for construct in row
    }
    trust = found["trust-mechanism"]  # coded in four rows by the first coder, in one of them by the second
    assert (trust.first, trust.second, trust.both) == (4, 1, 1)
    assert trust.agreement == pytest.approx(21 / 24)
    # presence: 21 of 24 agree; chance is (4 * 1 + 20 * 23) / 24 ** 2
    chance = (4 * 1 + 20 * 23) / 24**2
    assert trust.presence == pytest.approx((21 / 24 - chance) / (1 - chance))
    assert found["assurance-source"].kappa == 0


def test_pooled_figures_lie_within_their_interval(second, before):
    total = reliability.pooled(before, reliability.blind_coding(second))
    assert total.pairs == len(second.coding) * len(
        reliability.agreements(before, reliability.blind_coding(second))
    )
    assert total.interval[0] < total.kappa < total.interval[1]
    assert total.agreement_coded == pytest.approx(1 - (1 - total.agreement) * total.pairs / total.coded)


def test_identical_codings_agree_in_full(second):
    blind = reliability.blind_coding(second)
    assert {each.kappa for each in reliability.agreements(blind, blind)} == {1.0}
    assert reliability.pooled(blind, blind).kappa == 1


def test_documentation_shows_the_figures(capsys):
    reliability.main()
    assert capsys.readouterr().out in DOCUMENT.read_text(encoding="utf-8")
