"""Every command of docs/registers.md runs and shows what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tertius.loaders.registers import NAMES
from tertius.ontology import concepts

TEXT = (Path(__file__).parents[3] / "docs" / "registers.md").read_text(encoding="utf-8")


def test_everything_shown_runs_in_order(tmp_path):
    script = "set -eu\n" + "\n".join(re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    environment.pop("TERTIUS_DATA", None)
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    for words in (
        "nothing was published, as asked",
        "OLD ANCHOR LIMITED",
        "2018-02-03",
        "Holding Oy",
        "2019-05-01",
    ):
        assert words in said


def test_every_register_scheme_and_result_is_described():
    words = set(re.findall(r"`([^`\n]+)`", TEXT))
    assert set(NAMES) <= words
    assert set(concepts("identifier-scheme")) <= words
    assert set(concepts("identifier-check")) <= words
    assert set(concepts("register-status")) <= words
