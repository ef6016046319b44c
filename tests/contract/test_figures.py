"""The picture on the first page is what the demonstration gives now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FIGURES = Path(__file__).parents[2] / "docs" / "figures"


@pytest.mark.long
def test_the_picture_is_current(demo_data: Path) -> None:
    script = [sys.executable, str(FIGURES / "bridges.py"), str(demo_data), "ozxkrgemmuk2ezq4"]
    drawn = subprocess.run([*script, "Fraunhofer Gesellschaft"], capture_output=True, check=True).stdout
    assert drawn == (FIGURES / "bridges.svg").read_bytes()
