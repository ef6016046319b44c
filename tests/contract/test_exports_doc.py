"""The page about exports has every format, and every command on it writes what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tertius.api.cli import main
from tertius.queries.network.export_formats import EXPORT_FORMATS, format_of

TEXT = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")
ROWS = [line.strip("|").split(" | ") for line in TEXT.splitlines() if line.startswith("| `")]


def test_every_format_is_in_the_table_in_order():
    described = [re.findall(r"`([^`]+)`", f"{row[0]} {row[1]}") for row in ROWS]
    assert described == [[one.name, one.suffixes[0], one.media_type] for one in EXPORT_FORMATS.values()]
    words = set(re.findall(r"`([^`\n]+)`", TEXT))
    assert {suffix for one in EXPORT_FORMATS.values() for suffix in one.suffixes} <= words


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip(" `"))
def test_every_example_writes_its_format(row, mini_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERTIUS_DATA", str(mini_data))
    words = shlex.split(row[4].strip(" `"))
    assert words[:2] == ["tertius", "export"]
    with pytest.raises(SystemExit) as ended:
        main([*words[1:], "--quiet"])
    assert ended.value.code in {0, None}
    (written,) = tmp_path.iterdir()
    assert written.stat().st_size > 100
    assert format_of(written) is EXPORT_FORMATS[row[0].strip(" `")]
