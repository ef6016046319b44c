"""A coding that breaks a rule is refused with file, entry and field."""

import re

import pytest
from tertius.loaders.evidence import EvidenceError, evidence_files, evidence_quads, read_evidence


def first(coding, file):
    return next(iter(coding[file].values()))[0]


def construct(coding):
    return coding["codebook.yaml"]["constructs"][0]


def observation(coding):
    return first(coding, "observations/table-1.yaml")


def second(coding):
    return coding["observations/table-1.yaml"]["observations"][1]


def case(coding):
    return first(coding, "cases.yaml")


def proposition(coding):
    return first(coding, "propositions.yaml")


def framework(coding):
    return first(coding, "frameworks/lists.yaml")


def item(coding, number=0):
    return framework(coding)["items"][number]


def cell(coding):
    return coding["frameworks/lists.yaml"]["frameworks"][1]["items"][0]


def doubt(coding):
    return first(coding, "ambiguities.yaml")


BROKEN = {
    "a file is missing": (lambda c: c.pop("cases.yaml"), r"cases.yaml: the file is missing"),
    "no observations": (lambda c: c.pop("observations/table-1.yaml"), r"observations/: no file is there"),
    "a stray file": (lambda c: c.update({"notes.yaml": "a: 1"}), r"notes.yaml: no part of the coding"),
    "no YAML": (lambda c: c.update({"cases.yaml": "cases: ["}), r"cases.yaml: not readable as YAML: .*line"),
    "a key twice": (
        lambda c: c.update({"cases.yaml": "cases: []\ncases: []"}),
        r"cases.yaml: not readable as YAML: 'cases' is given twice.*line 2",
    ),
    "an unknown field": (
        lambda c: observation(c).update(mood="glad"),
        r"observations/table-1.yaml, field 'observations', entry o-1, field 'mood': Extra inputs",
    ),
    "a missing field": (lambda c: observation(c).pop("voice"), r"entry o-1, field 'voice': Field required"),
    "a number as text": (
        lambda c: case(c).update(interviews="2"),
        r"cases.yaml.*entry A, field 'interviews': Input should be a valid integer, not '2'",
    ),
    "a value outside a closed list": (
        lambda c: observation(c).update(confidence="certain"),
        r"entry o-1, field 'confidence': Input should be 'high', 'medium' or 'low', not 'certain'",
    ),
    "a name twice": (
        lambda c: second(c).update(id="o-1"),
        r"observations/table-1.yaml, entry o-1: the name is taken already",
    ),
    "an unknown case": (
        lambda c: observation(c).update(case="B"),
        r"observations/table-1.yaml, entry o-1, field 'case': 'B' is unknown; there is A$",
    ),
    "an unknown construct": (
        lambda c: observation(c).update(construct="mood"),
        r"entry o-1, field 'construct': 'mood' is unknown; there is tie$",
    ),
    "a value off the codebook": (
        lambda c: observation(c).update(value="absent"),
        r"entry o-1, field 'value': 'absent' is unknown; there is strong, weak$",
    ),
    "a repetition of nothing": (
        lambda c: second(c).update(repeats="o-9"),
        r"entry o-2, field 'repeats': 'o-9' is no observation",
    ),
    "a repetition of another code": (
        lambda c: second(c).update(repeats="o-1", value="weak"),
        r"entry o-2, field 'repeats': 'o-1' has another case, construct or value",
    ),
    "a repetition of a repetition": (
        lambda c: (second(c).update(repeats="o-1"), observation(c).update(repeats="o-2")),
        r"entry o-1, field 'repeats': 'o-2' repeats 'o-1' itself; name that one",
    ),
    "a line beyond the document": (
        lambda c: observation(c)["locator"].update(lines=[3, 10]),
        r"table-1.yaml, entry o-1, field 'locator': line 10 of document 900, which has 9",
    ),
    "lines backwards": (
        lambda c: observation(c)["locator"].update(lines=[3, 2]),
        r"entry o-1, field 'locator': lines \[3, 2\] do not run",
    ),
    "a place without digest": (
        lambda c: observation(c)["locator"].update(at=[0, 4]),
        r"entry o-1, field 'locator': 'at' and 'digest' come together",
    ),
    "an unknown document": (
        lambda c: framework(c)["locators"][0].update(document="901"),
        r"frameworks/lists.yaml, entry steps, field 'locator': '901' is unknown; there is 900$",
    ),
    "an unknown scheme": (
        lambda c: construct(c).update(scheme="tie-strengths"),
        r"codebook.yaml, entry tie, field 'scheme': 'tie-strengths' is unknown",
    ),
    "an unknown notation": (
        lambda c: (
            construct(c).update(scheme="orientation"),
            construct(c)["values"][0].update(notation="strongly"),
        ),
        r"codebook.yaml, entry tie, field 'values': 'strongly' is unknown; there is ambidextrous",
    ),
    "a notation without scheme": (
        lambda c: construct(c)["values"][0].update(notation="strong"),
        r"entry tie, field 'values': value 'strong' has a notation, yet the construct shares no scheme",
    ),
    "an unknown theme": (
        lambda c: construct(c).update(concerns={"structure": "weather"}),
        r"entry tie, field 'concerns': 'weather' is unknown; there is ambidexterity",
    ),
    "interviews that do not add up": (
        lambda c: case(c).update(interviews=3),
        r"cases.yaml, entry A, field 'interviews': 3 interviews, where the interviewees make 2",
    ),
    "an attribute off the list": (
        lambda c: case(c)["attributes"]["orientation"].update(value="drifting"),
        r"cases.yaml, entry A, field 'attributes.orientation': 'drifting' is unknown",
    ),
    "a place of no name": (
        lambda c: case(c)["attributes"]["orientation"].update(at=["table-2"]),
        r"entry A, field 'attributes.orientation': 'table-2' is unknown; there is table-1$",
    ),
    "a value without place": (
        lambda c: case(c)["attributes"]["orientation"].update(at=[]),
        r"entry A, .*field 'orientation': a value needs a place",
    ),
    "a count without number": (
        lambda c: first(c, "group_statements.yaml").update(count=None),
        r"group_statements.yaml.*entry g-1: quantifier 'count' needs a count",
    ),
    "a code on both sides": (
        lambda c: proposition(c)["speaks_against"][0].update(values=["strong"]),
        r"propositions.yaml, entry 1, field 'speaks_against': tie strong speaks for it too",
    ),
    "a contrast with nothing": (
        lambda c: proposition(c).update(contrasts_with=[7]),
        r"propositions.yaml, entry 1, field 'contrasts_with': '7' is unknown; there is 1, 2$",
    ),
    "a proposition about nothing": (
        lambda c: proposition(c).update(concerns={}),
        r"propositions.yaml, entry 1, field 'concerns': give a phase or a structure",
    ),
    "an unknown parent": (
        lambda c: item(c, 1).update(parent="third"),
        r"frameworks/lists.yaml, entry steps, field 'second.parent': 'third' is unknown; there is first$",
    ),
    "one-sided same_as": (
        lambda c: item(c).pop("same_as"),
        r"entry rules, field 'one.same_as': 'steps/first' does not say the same of 'rules/one'",
    ),
    "a see_also to nothing": (
        lambda c: item(c).update(see_also=["steps/ninth"]),
        r"entry steps, field 'first.see_also': 'steps/ninth' is no framework or item",
    ),
    "an item outside the matrix": (
        lambda c: cell(c).update(row="down"),
        r"entry rules, field 'one.row': 'down' is unknown; there is up$",
    ),
    "an unknown phase": (
        lambda c: (framework(c).update(phase_basis="reading"), item(c).update(phase=["courtship"])),
        r"entry steps, field 'first.phase': 'courtship' is unknown; there is alignment",
    ),
    "a phase without basis": (
        lambda c: item(c).update(phase=["search"]),
        r"entry steps, field 'first.phase': the framework does not say \(phase_basis\)",
    ),
    "an unknown concept": (
        lambda c: item(c).update(concept="orientation/drifting"),
        r"entry steps, field 'first.concept': 'drifting' is unknown",
    ),
    "a question without kind of answer": (
        lambda c: cell(c).pop("answer"),
        r"entry rules, .*entry one: a question needs a kind of answer",
    ),
    "a form with an item that asks nothing": (
        lambda c: framework(c).update(usable_as_form=True),
        r"entry steps: usable_as_form: every item needs a question",
    ),
    "a list with rows": (
        lambda c: framework(c).update(rows=[{"key": "up", "label": {"en": "up", "nl": "op"}}]),
        r"entry steps: a matrix has rows and columns",
    ),
    "a reading that is not there": (
        lambda c: doubt(c).update(follows="never"),
        r"entry doubt, field 'follows': 'never' is unknown; there is both, else, neither, so$",
    ),
    "a doubt about nothing": (
        lambda c: doubt(c).update(concerns=["steps/ninth"]),
        r"ambiguities.yaml, entry doubt, field 'concerns': 'steps/ninth' is no framework or item",
    ),
    "readings elsewhere": (
        lambda c: doubt(c)["readings"].pop(),
        r"ambiguities.yaml, .*entry doubt, field 'readings': List should have at least 2 items",
    ),
}


def test_the_small_coding_is_right(small):
    evidence = read_evidence(small(lambda coding: None))
    assert [each.id for each in evidence.observations] == ["o-1", "o-2"]
    assert len(list(evidence_quads(evidence))) > 100


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named_with_file_entry_and_field(small, name):
    change, expected = BROKEN[name]
    with pytest.raises(EvidenceError) as caught:
        read_evidence(small(change))
    assert any(re.search(expected, line) for line in caught.value.problems), caught.value.problems


def test_everything_wrong_is_told_at_once(small):
    def change(coding):
        observation(coding).update(case="B")
        case(coding).update(interviews=5)

    with pytest.raises(EvidenceError, match=r"and 1 more problem") as caught:
        read_evidence(small(change))
    assert len(caught.value.problems) == 2


def test_records_beside_the_coding_are_no_part_of_it(small):
    folder = small(lambda coding: coding.update({"second-coding.yaml": "rows: []"}))
    assert "second-coding.yaml" not in dict(evidence_files(folder))
    assert read_evidence(folder).observations


def test_the_installed_package_carries_the_whole_coding(evidence):
    paths = [path for path, _ in evidence_files()]
    assert {"codebook.yaml", "cases.yaml", "documents.yaml", "propositions.yaml"} <= set(paths)
    assert set(evidence.files.values()) == set(paths)
