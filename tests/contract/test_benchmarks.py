"""Every benchmark finds what it measures: nothing that it imports has gone or has another name."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = sorted(file.stem for file in (ROOT / "benchmarks").glob("*.py"))
ELSEWHERE = {"locust", "atheris"}
"""What is installed in an environment of its own only."""


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_can_be_imported(name, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    try:
        found = importlib.import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        if error.name not in ELSEWHERE:
            raise
    else:
        assert found.__doc__
