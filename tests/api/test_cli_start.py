"""The command starts quickly since it imports only what the words after it need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tertius.api.cli import app
from tertius.api.cli_commands import SUMMARIES
from typer.main import get_command

SLOW = ("fastapi", "numba", "pyoxigraph", "pyshacl", "rdflib", "scipy")

RUN = """
import sys
from tertius.api.cli import main
try:
    main(sys.argv[2:])
except SystemExit as end:
    status = end.code
print(status, *sorted(set(sys.argv[1].split(",")) & set(sys.modules)))
"""


def imported(*words: str) -> tuple[str, set[str]]:
    """Run a command and return its exit status and which of the slow packages it imported."""
    run = [sys.executable, "-c", RUN, ",".join(SLOW), *words]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    status, *found = done.stdout.splitlines()[-1].split()
    return status, set(found)


@pytest.mark.parametrize("words", [["--version"], ["--help"], []])
def test_saying_what_there_is_imports_nothing_that_takes_long(words: list[str]) -> None:
    assert imported(*words) == ("0", set())


def test_the_help_of_one_command_imports_no_other_package_for_it() -> None:
    status, found = imported("load", "--help")
    assert status == "0"
    assert not found & {"fastapi", "numba", "pyshacl", "scipy"}


def test_a_load_never_imports_what_only_a_server_needs(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("alliance,partner,start\na,b,2019\na,c,2019\n")
    status, found = imported("load", str(table), "--source", "s", "--data", str(tmp_path / "data"))
    assert status == "0"
    assert "numba" in found
    assert "fastapi" not in found


def test_help_says_of_each_command_how_its_own_help_begins() -> None:
    group = get_command(app)
    said = {name: text for commands in SUMMARIES.values() for name, text in commands.items()}
    assert list(said) == group.list_commands(None)
    for name, text in said.items():
        command = group.get_command(None, name)
        assert command.name == name
        assert " ".join(command.help.split()).startswith(text)


def test_a_command_that_is_not_there_is_refused_with_the_nearest() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tertius.api.cli import main; main(['valdate'])"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "tertius: No such command 'valdate'. Did you mean 'validate'?\n"
