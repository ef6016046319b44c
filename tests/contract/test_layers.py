"""The rooms know each other in one direction only."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_imports_point_one_way():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_api_knows_the_loaders_by_their_front_door_only():
    for file in (ROOT / "api").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tertius.loaders"):
                assert node.module == "tertius.loaders", f"{file.name} imports {node.module}"


def test_no_query_is_made_of_text_and_values():
    """A query text in the API is a constant; f-strings with SPARQL words in them are not."""
    words = ("SELECT ", "CONSTRUCT ", "WHERE {", "DESCRIBE ", "ASK {", "FILTER")
    for file in (ROOT / "api").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                constant = "".join(
                    part.value
                    for part in node.values
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )
                # The directory is SQLite; its statement is made of our own words and bound values.
                if file.name != "directory.py":
                    assert not any(word in constant for word in words), f"{file.name}:{node.lineno}"
