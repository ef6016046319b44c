"""The page that shows what the evidence base answers is what it answers now.

Run as a program with the path of a data folder, this module writes the page.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient
from tertius.api.app import create_app
from tertius.api.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "evidence-answers.md"
ASKED = "/v1/playbook?orientation=exploration&phase=search"
SIGNS = {
    "supports": "+",
    "contradicts": "\N{MINUS SIGN}",
    "mixed": "\N{PLUS-MINUS SIGN}",
    "silent": "\N{MIDDLE DOT}",
}
OPENING = """\
# What the evidence answers

Drawn from the graph of the demonstration; a test holds this page to it. In the matrix `+` supports,
`\N{MINUS SIGN}` contradicts, `±` speaks both ways and `·` is silent.

## How evidence and advice hang together

```mermaid
flowchart LR
    document[document] --- locator[place in a document]
    locator --- observation[coded statement]
    case[case] --- observation
    observation --> construct[construct] --> value[value]
    observation -. repeats .-> observation
    ambiguity[ambiguity] --> reading[readings] --- locator
    ambiguity -. doubts .-> observation
    proposition[proposition] -- codes for and against --> value
    query[named query] -- reads --> observation
    query -- computes --> verdict[verdict per case]
    query -. tests .-> proposition
    verdict --> playbook[playbook, practice]
    framework[list or model] --> item[item] --- phase[phase, orientation]
    item --> playbook
    alliance[your alliance] -- records --> value
    alliance --> playbook
```

No verdict is stored. Each is computed when it is asked for, from the values that statements were coded with;
the headers of `proposition-NN-cases` and `proposition-NN-organization` in [the catalogue](queries.md) say by
which rules.

- A code **decides** unless its confidence is low or it repeats a statement that is printed elsewhere too.
  Some codes only **bear** on a proposition: they add to the picture and decide nothing.
- A case **supports** where deciding codes speak for it and none against, **contradicts** in the reverse, is
  **mixed** where both do, and **silent** where none do. What is not known never speaks against.
- Cases that explore as well as exploit (B, K, L, M) are reported apart and never counted, since what they say
  may come from either side of their work. Proposition 11 speaks of all alliances; there they count.
- Where two groups speak they are compared by Fisher's exact test with the risk difference and its interval.
  A necessity (4) is tested by its exceptions, and proposition 11 leaves nothing to compare with.

"""


def page(client: TestClient) -> str:
    return OPENING + _matrix(client) + _tests(client) + _rules(client) + _playbook(client)


def data(client: TestClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def _matrix(client: TestClient) -> str:
    rows = data(client, "/v1/queries/evidence-matrix/results?limit=1000")
    orientations = {one["letter"]: one["orientation"] for one in data(client, "/v1/cases")}
    verdicts: dict[str, dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        verdicts.setdefault(row["letter"], {})[row["proposition"]] = row
    numbers = sorted({row["proposition"] for row in rows})
    lines = [
        "## Evidence matrix: cases by propositions\n",
        "The named query `evidence-matrix`. In brackets: ambidextrous cases, which are not counted. Empty:",
        "the proposition does not speak of the case, which serves as comparison.\n",
        "| case | orientation | " + " | ".join(map(str, numbers)) + " |",
        "|---|---|" + "---|" * len(numbers),
    ]
    order = {"exploitation": 0, "exploration": 1, "ambidextrous": 2}
    for letter in sorted(verdicts, key=lambda one: (order[orientations[one]], one)):
        cells = [_cell(verdicts[letter][number]) for number in numbers]
        lines.append(f"| {letter} | {orientations[letter]} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n"


def _cell(row: Mapping[str, Any]) -> str:
    sign = SIGNS[row["verdict"]]
    return {"in-scope": sign, "ambidextrous": f"({sign})", "comparison": ""}[row["group"]]


def _tests(client: TestClient) -> str:
    lines = [
        "## The tests in numbers\n",
        "`GET /v1/propositions/{n}/test`. The table compares units in scope with those of the other",
        "orientation: support against contradict or mixed.\n",
        "| | kind | supports | contradicts | mixed | silent | table | p | risk difference (95 %) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for number in range(1, 12):
        found = data(client, f"/v1/propositions/{number}/test")["summary"]
        counts = " | ".join(str(found[verdict]) for verdict in SIGNS)
        exact = found["exact_test"]
        compared = "none | | "
        if exact is not None:
            low, high = exact["risk_difference_95"]
            (a, b), (c, d) = exact["table"]
            difference = f"{exact['risk_difference']:.2f} ({low:.2f} to {high:.2f})"
            compared = f"{a}:{b} against {c}:{d} | {exact['p_value']:.3f} | {difference}"
        lines.append(f"| {number} | {found['basis']} | {counts} | {compared} |")
    caveat = data(client, "/v1/propositions/6/test")["summary"]["caveat"]
    return "\n".join(lines) + f"\n\nWhat this can show: {caveat}\n\n"


def _rules(client: TestClient) -> str:
    lines = ["## What counts for and against\n", "From the headers of the named queries.\n"]
    for number in range(1, 12):
        query = data(client, f"/v1/queries/proposition-{number:02d}-cases")
        rule, _, _ = query["description"].partition("A code decides")
        lines.append(f"{number}. *{query['summary'].partition(': ')[2]}.* {' '.join(rule.split())}")
    return "\n".join(lines) + "\n\n"


def _playbook(client: TestClient) -> str:
    book = data(client, ASKED)
    lines = ["## One playbook answer: searching partners for exploration\n", f"`GET {ASKED}`\n"]
    for one in book["propositions"]:
        counts = ", ".join(f"{one['strength'][verdict]} {verdict}" for verdict in SIGNS)
        lines.append(
            f"**Proposition {one['number']}** ({one['strength']['basis']}): {one['statement']['en']}\n"
        )
        lines.append(f"Cases: {counts}. Supporting: {', '.join(one['supporting']) or 'none'}.\n")
        for dissent in one["dissenting"]:
            said = " ".join(dissent["did"])
            where = "; ".join(dissent["places"])
            lines.append(
                f"- {dissent['letter']} ({dissent['orientation']}, {dissent['verdict']}): {said} ({where})"
            )
        lines.append("")
    lines.append("**Practices meant for exploration**\n")
    lines += [
        f"- {one['label']['en']}: {one['text']} ({one['framework_label']}, {one['place']}; "
        f"phase by {one['phase_basis']})"
        for one in book["practices"]
    ]
    lines.append("\n**What exploring cases do**\n")
    lines += [
        f"- {one['construct_label']}: {one['value_label']} ({', '.join(one['cases'])})"
        for one in book["coded"]
    ]
    lines.append("\n**Doubts that bear on this**\n")
    lines += [f"- {one['title']}: {one['coded_as']}" for one in book["ambiguities"]]
    return "\n".join(lines) + "\n"


def test_the_page_is_current(demo: TestClient) -> None:
    assert PAGE.read_text("utf-8") == page(demo)


def test_the_readme_shows_lines_of_the_page(demo: TestClient) -> None:
    lines = (PAGE.parents[1] / "README.md").read_text("utf-8").splitlines()
    quoted = [line.removeprefix("> ") for line in lines if line.startswith("> ")]
    matrix = [line for line in lines if line.startswith("|")]
    assert len(quoted) > 3
    assert len(matrix) == 2 + 17
    assert set(quoted + matrix) <= set(page(demo).splitlines())


if __name__ == "__main__":
    with TestClient(create_app(Settings(data=Path(sys.argv[1])))) as service:
        PAGE.write_text(page(service), "utf-8")
