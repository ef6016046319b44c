"""Every command and every snippet of docs/loading.md runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tertius.loaders import columns
from tertius.loaders.mapping import FileRole, Files, Mapping, shipped

TEXT = (Path(__file__).parents[2] / "docs" / "loading.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_everything_shown_runs_in_order(tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    environment.pop("TERTIUS_DATA", None)
    script = "set -eu\n" + "\n".join(blocks("sh"))
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert "nothing was published" in said
    assert "row 3" in said
    snippet = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks("python"))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (snippet.returncode, snippet.stdout) == (0, "")


def test_every_column_key_and_mapping_is_described():
    words = set(re.findall(r"`([^`\n]+)`", TEXT))
    assert set(columns.KNOWN) <= words
    assert set(shipped()) <= words
    keys = {*Mapping.model_fields, *FileRole.model_fields} - {"files"}
    assert keys <= words
    assert {f"files.{name}" for name in Files.model_fields} <= words
