"""Competency questions get the answers that are expected, and the page about them is current.

Run as a program, this module writes the page from the questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

FOLDER = Path(__file__).parent / "competency"
PAGE = Path(__file__).parents[2] / "docs" / "competency-questions.md"
GROUPS = {
    "alliance-manager": "An alliance manager asks",
    "researcher": "A researcher asks",
    "analyst": "An analyst asks",
    "application": "An application asks",
    "data-person": "A data person asks",
}
OPENING = """\
# Competency questions

What the evidence base must be able to answer: one question a row, with where it is asked, the answer that is
expected, and the place in the documents that it rests on (000 is the case study, 001 to 004 are the other
documents). A test asks each of the demonstration.

A path starts at a row of a query, or at `data` of a route: `*` takes every entry, `name=value` and
`name!value` keep some, `#` counts, `@` lists names, `+name` adds up.

"""


@dataclass(frozen=True)
class Question:
    """One question, where it is asked, and what must come back."""

    group: str
    question: str
    target: str
    path: str
    expect: Any
    locator: str

    @property
    def address(self) -> str:
        """Return the route that answers."""
        if not self.target.startswith("query:"):
            return self.target
        name, _, arguments = self.target.removeprefix("query:").partition("?")
        return f"/v1/queries/{name}/results?limit=1000" + (f"&{arguments}" if arguments else "")


def questions() -> Iterator[Question]:
    for group in GROUPS:
        for entry in yaml.safe_load((FOLDER / f"{group}.yaml").read_text("utf-8")):
            yield Question(group=group, **entry)


def ask(client: TestClient, question: Question, known: dict[str, Any]) -> Any:
    """Return the answer as it is compared; what several questions ask of one address is fetched once."""
    if question.address not in known:
        answer = client.get(question.address)
        assert answer.status_code == 200, f"{question.address}: {answer.text}"
        known[question.address] = answer.json()["data"]
    return pick(known[question.address], question.path)


def pick(data: Any, path: str) -> Any:
    """Follow a path; several answers come back sorted, each once."""
    found, several = [data], False
    for step in path.split("."):
        if step == "#":
            return len(found) if several else len(found[0])
        if step == "@":
            return sorted(found[0])
        if step == "*":
            found, several = [one for each in found for one in each], True
        elif step.startswith("+"):
            return sum(one[step[1:]] for each in found for one in each)
        elif "=" in step:
            name, _, value = step.partition("=")
            found = [one for one in found if str(one[name]) == value]
        elif "!" in step:
            name, _, value = step.partition("!")
            found = [one for one in found if str(one[name]) != value]
        else:
            found = [one[int(step)] if isinstance(one, list) else one[step] for one in found]
    if not several:
        return found[0]
    flat = [one for each in found for one in (each if isinstance(each, list) else [each])]
    return sorted(set(flat), key=lambda one: (one is None, str(type(one)), one))


def page() -> str:
    lines = [OPENING]
    number = 0
    for group, title in GROUPS.items():
        lines += [
            f"## {title}\n\n",
            "| no. | question | asked of | answer | place |\n",
            "|---|---|---|---|---|\n",
        ]
        for one in (each for each in questions() if each.group == group):
            number += 1
            cells = (one.question, f"`{one.target}` → `{one.path}`", written(one.expect), one.locator)
            lines.append(f"| {number} | " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
        lines.append("\n")
    return "".join(lines).rstrip("\n") + "\n"


def written(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(written(one) for one in value) or "nothing"
    return "unknown" if value is None else " ".join(str(value).split())


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("question", list(questions()), ids=lambda one: one.question[:60])
def test_the_answer_is_the_one_expected(question: Question, demo: TestClient, known: dict[str, Any]) -> None:
    assert ask(demo, question, known) == question.expect


def test_there_are_at_least_a_hundred_and_none_twice() -> None:
    asked = [one.question for one in questions()]
    assert len(asked) >= 100
    assert len(set(asked)) == len(asked)
    assert {one.group for one in questions()} == set(GROUPS)
    assert all(one.locator for one in questions())


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
