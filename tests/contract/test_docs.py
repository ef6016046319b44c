"""What the documents show is run; what there is, is documented."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from tertius.api.cli import app as commands
from tertius.api.cli import main
from tertius.api.problem_kinds import KINDS
from tertius.api.settings import PREFIX, Settings
from typer.main import get_command

ROOT = Path(__file__).parents[2]
TABLE = "alliance,partner,start\na,One BV,2019-01-01\na,Two BV,2019-01-01\n"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(name: str, language: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [body for kind, body in BLOCK.findall(text) if kind == language]


@pytest.fixture
def workplace(mini_data, tmp_path):
    """A folder to run commands in, with a small table loaded where the commands look for it."""
    shutil.copytree(mini_data, tmp_path / "tertius-data")
    (tmp_path / "alliances.csv").write_text(TABLE)
    return tmp_path


@pytest.fixture
def run(workplace, capsys, monkeypatch):
    """Run a command as a shell would, in this process; returns standard output and standard error."""
    monkeypatch.chdir(workplace)

    def as_shown(command: str, data: Path | None = None) -> tuple[str, str]:
        if data is not None:
            monkeypatch.setenv("TERTIUS_DATA", str(data))
        line, _, target = command.partition(" > ")
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(line)[1:])
        monkeypatch.delenv("TERTIUS_DATA", raising=False)
        captured = capsys.readouterr()
        assert ended.value.code in {0, None}, f"{command}\n{captured.out}\n{captured.err}"
        if target:
            Path(target.strip()).write_text(captured.out)
        return captured.out, captured.err

    return as_shown


@pytest.mark.parametrize(
    "name", ["README.md", "docs/http.md", "docs/exports.md", "docs/sparql.md", "docs/reconciliation.md"]
)
def test_every_command_of_the_documents_runs(name, run, demo, demo_data):
    shown = [line for body in blocks(name, "sh") for line in body.splitlines() if line.strip()]
    assert shown
    makefile = (ROOT / "Makefile").read_text()
    for line in shown:
        words = shlex.split(line)
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), line
        elif words[0] == "curl":
            address = words[-1].removeprefix("http://127.0.0.1:8000")
            assert demo.get(address).status_code == 200, line
        else:
            assert words[0] == "tertius", line
            # What only asks is asked of the demonstration, which is what the documents are about.
            _, complaints = run(line, demo_data if words[1] in {"query", "sparql"} else None)
            assert complaints == "" or words[1] in {"query", "export"}, line


def test_the_answer_in_the_readme_is_the_one_given(demo):
    command = next(line for body in blocks("README.md", "sh") for line in body.splitlines() if "curl" in line)
    given = demo.get(shlex.split(command)[-1].removeprefix("http://127.0.0.1:8000")).json()
    (shown,) = (json.loads(block) for block in blocks("README.md", "json"))
    # Which number a snapshot has depends on how often something was loaded.
    assert isinstance(shown["meta"].pop("snapshot"), int)
    assert_part_of(shown, given)


def assert_part_of(shown, given, place=""):
    """The readme shows some members, and numbers rounded."""
    if isinstance(shown, dict):
        for name, value in shown.items():
            assert_part_of(value, given[name], f"{place}.{name}")
    elif isinstance(shown, list):
        for at, value in enumerate(shown):
            assert_part_of(value, given[at], f"{place}[{at}]")
    elif isinstance(shown, float):
        assert given == pytest.approx(shown, rel=0.01), place
    else:
        assert given == shown, place


def test_the_query_in_the_readme_is_answered_both_ways(demo, demo_data, workplace, run):
    (query,) = blocks("README.md", "sparql")
    answer = demo.post("/sparql", content=query, headers={"Content-Type": "application/sparql-query"})
    assert answer.status_code == 200, answer.text
    rows = answer.json()["results"]["bindings"]
    assert rows
    (workplace / "brokers.rq").write_text(query)
    out, _ = run("tertius sparql --file brokers.rq", demo_data)
    assert json.loads(out)["results"]["bindings"] == rows


def test_every_setting_is_documented_as_it_is():
    text = (ROOT / "docs/settings.md").read_text()
    shown = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`|\(empty\)) \|", text, re.MULTILINE))
    real = {f"{PREFIX}{name.upper()}": str(field.default) for name, field in Settings.model_fields.items()}
    assert shown == real
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description in text, name


def test_every_problem_is_documented():
    text = (ROOT / "docs/http.md").read_text()
    for kind in KINDS:
        assert f"| {kind.status} | `{kind.slug}` | {kind.title} | {kind.meaning} |" in text


def test_every_command_is_documented_and_helps():
    text = (ROOT / "docs/http.md").read_text()
    group = get_command(commands)
    assert set(group.commands) == {
        "demo", "load", "validate", "serve", "query", "sparql", "measures", "export", "snapshots", "doctor",
        "link", "review", "enrich",
    }  # fmt: skip
    for name, command in group.commands.items():
        assert f"`tertius {name}`" in text, name
        assert command.help or command.callback.__doc__, name
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name}"


def test_every_page_of_the_documents_is_reached_from_another():
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    text = "".join(path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    for page in pages:
        assert re.search(rf"\((?:docs/)?{re.escape(page)}\)", text), page
