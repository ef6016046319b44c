"""Small tables, loaded into data directories of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tertius.loaders import LoadJob

SMALL = """alliance,partner,country,start,end,role
a1,Ajax,NL,2019-01-01,2021-12-31,coordinator
a1,Borealis,DE,2019-01-01,2021-12-31,
a2,Borealis,DE,2020,,partner
a2,Cumulus,FR,2020,,partner
a3,Ajax,NL,2018-05,2018-07,
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.csv"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes, str], Path]:
    def writer(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return writer


@pytest.fixture
def job(tmp_path: Path, small: Path) -> LoadJob:
    return LoadJob(data=tmp_path / "data", source="small", files=(small,))


@pytest.fixture(scope="session")
def slices() -> Path:
    return Path(__file__).parent / "data"
