"""Ties are the same, array by array, whatever the number of threads."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from tertius.queries.network import NetworkParameters, build, ties
from tertius.queries.network.ties import derive_ties

from tests.queries.network.conftest import P, columns


@pytest.mark.parametrize("weight", ["newman", "count"])
def test_ties_do_not_depend_on_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weight: str) -> None:
    draw = np.random.default_rng(7)
    rows = [
        P(f"o{who}", f"a{at}", "2019-01-01", f"20{21 + at % 4}-01-01")
        for at in range(120)
        for who in draw.choice(60, int(draw.integers(2, 6)), replace=False)
    ]
    table = build(tmp_path / "1", None, {"one": columns(rows)}).network.table
    parameters = NetworkParameters.from_json({**NetworkParameters().as_json(), "weight": weight})
    one = derive_ties(table, parameters, threads=1)
    monkeypatch.setattr(ties, "_FEW_PAIRS", 0)
    for threads in (2, 3, 4):
        other = derive_ties(table, parameters, threads=threads)
        for field in fields(one):
            np.testing.assert_array_equal(
                getattr(one, field.name),
                getattr(other, field.name),
                err_msg=f"{field.name}, {threads} threads",
            )
