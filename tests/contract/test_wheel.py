"""What `pip install` gives is all of every room: code, words, queries, mappings, demo and pages."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("ontology", "store", "queries", "loaders", "api")


@pytest.mark.long
def test_the_wheel_holds_every_file_of_every_room(tmp_path: Path) -> None:
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(source)], check=True)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(source)], check=True)
    tracked = subprocess.run(
        ["git", "ls-files", *ROOMS], cwd=source, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    assert {f"tertius/{name}" for name in tracked} == {name for name in held if ".dist-info/" not in name}
