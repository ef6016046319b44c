"""Nothing of the case study is skipped, every place exists, and nothing is quoted."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from tertius.loaders.evidence.places import PassageError, passage, read_document
from tertius.loaders.evidence.schema import Document, Locator

HERE = Path(__file__).parent
CODING = HERE.parents[2] / "loaders" / "evidence"
EXPECTED = yaml.safe_load((HERE / "data" / "coverage.yaml").read_text(encoding="utf-8"))
CELLS = [(part, row, letters) for part, rows in EXPECTED.items() for row, letters in rows.items()]
DOCUMENTS = ("000", "001", "002", "003", "004")


def where(locator: Locator) -> tuple[str, str]:
    """Return part and row of a place as the expected cells name them."""
    if "" in EXPECTED.get(locator.part, {}):
        return locator.part, ""
    pieces = re.sub(r" \(continued\)", "", locator.row or "").split(", ")
    rest = [piece for piece in pieces if not piece.startswith("case ")]
    return locator.part, rest[0] if rest else ""


@pytest.mark.parametrize(("part", "row", "letters"), CELLS)
def test_every_case_of_every_cell_has_an_observation(evidence, part, row, letters):
    found = {each.case for each in evidence.observations if where(each.locator) == (part, row)}
    assert found == set(letters)


def test_no_observation_lies_outside_the_expected_cells(evidence):
    assert {where(each.locator) for each in evidence.observations} == {(p, r) for p, r, _ in CELLS}


def test_a_letter_in_a_place_is_the_case_of_its_observation(evidence):
    for each in evidence.observations:
        letters = re.findall(r"\bcase ([A-Q])\b", each.locator.row or "")
        assert letters in ([], [each.case]), each.id


def test_there_is_as_much_as_the_documents_give(evidence):
    assert [case.letter for case in evidence.cases] == list("ABCDEFGHIJKLMNOPQ")
    assert sum(case.interviews for case in evidence.cases) == 24
    assert Counter(case.attributes.orientation.value for case in evidence.cases) == {
        "exploitation": 8,
        "exploration": 5,
        "ambidextrous": 4,
    }
    assert [proposition.number for proposition in evidence.propositions] == list(range(1, 12))
    assert {document.id for document in evidence.documents} == set(DOCUMENTS)
    assert {each.locator.part for each in evidence.group_statements} >= {"section 3.1", "section 4.1.1"}


# Lists of the documents, each with the number of entries that its document gives.
LISTS = {
    "formation-steps": 12,
    "due-diligence": 12,
    "ten-principles": 10,
    "working-rules": 5,
    "coordination-mechanisms": 3,
    "trust-mechanisms": 4,
    "learning-areas": 5,
    "learning-dimensions": 3,
    "knowledge-transfer-practices": 4,
    "relationship-stages": 5,
    "five-integrations": 5,
    "team-questions": 5,
    "smart-network-principles": 3,
}


def test_lists_have_the_entries_of_their_documents(evidence):
    found = {framework.key: len(framework.items) for framework in evidence.frameworks}
    assert {key: found.get(key) for key in LISTS} == LISTS
    assert len(found) >= 98
    assert sum(found.values()) >= 620


def test_the_working_rules_of_three_documents_are_joined(evidence):
    items = {f"{f.key}/{i.key}": (f, i) for f in evidence.frameworks for i in f.items}
    _, rule = items["working-rules/how-to-work-together"]
    joined = {items[name][0].documents[0] for name in rule.same_as}
    assert joined == {"002", "004"}
    for name, (framework, item) in items.items():
        for other in item.same_as:
            assert items[other][0].documents != framework.documents, name


def test_every_locator_points_into_its_document(evidence):
    """What can be known without the documents: they are known by digest and number of lines."""
    lines = {document.id: document.lines for document in evidence.documents}
    places = list(evidence.locators())
    assert len(places) > 2500
    for kind, name, place in places:
        assert 1 <= place.lines[0] <= place.lines[1] <= lines[place.document], (kind, name)
    for each in (*evidence.observations, *evidence.group_statements):
        assert each.locator.digest, each.id
        assert each.locator.document == "000"


def test_every_locator_leads_to_text_in_the_documents_at_hand(evidence, texts):
    for kind, name, place in evidence.locators():
        if place.document in texts:
            assert passage(texts[place.document], place).strip(), (kind, name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lines": [9, 9]}, "line 9 of a text of 4 lines"),
        ({"lines": [2, 2]}, "nothing is written at lines 2 to 2"),
        ({"lines": [1, 1], "at": [0, 40], "digest": "0" * 12}, "character 40 of a passage of 9"),
        ({"lines": [1, 1], "at": [0, 4], "digest": "0" * 12}, "is not the one that was coded"),
    ],
)
def test_a_place_that_does_not_lead_there_is_noticed(change, message):
    place = Locator.model_validate({"document": "900", "part": "all", **change})
    with pytest.raises(PassageError, match=message):
        passage("some text\n\nmore text\n", place)


def test_a_place_leads_to_its_passage():
    place = {"document": "900", "part": "all", "lines": [1, 3], "at": [5, 15], "digest": "2f0d84fad1e0"}
    assert passage("some text\n\nmore text\n", Locator.model_validate(place)) == "text\n\nmore"


def test_another_text_than_the_coded_one_is_refused(tmp_path, evidence):
    document: Document = evidence.documents[0]
    (tmp_path / document.file).write_text("something else", encoding="utf-8")
    with pytest.raises(PassageError, match="is not the text that was coded"):
        read_document(document, tmp_path)
