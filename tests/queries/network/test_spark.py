"""Spark gives what the kernels give: the same organisations, the same values but for rounding."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tertius.api.cli import main
from tertius.queries.network import Network, NetworkParameters, Weight, build
from tertius.queries.network.answers import Standing
from tertius.queries.network.export import EDGE_FIELDS, edge_batches
from tertius.queries.network.export_participations import PARTICIPATION_FIELDS, participation_csv
from tertius.queries.network.export_tables import parquet
from tertius.queries.network.spark_holes import MEASURES

from tests.queries.network.conftest import P, columns, org

EXACT = ("standing", "degree", "triangles", "local_bridges")
ALL = NetworkParameters(window=None)
TWO_PARTS = "--conf spark.sql.shuffle.partitions=2 --conf spark.ui.enabled=false pyspark-shell"


def table_of(network: Network, path: Path) -> Path:
    file = path / "participations.parquet"
    file.write_bytes(b"".join(parquet(network, part="participations")))
    return file


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """One session for all tests: starting Java and warming it up takes longer than any of them."""
    from tertius.queries.network.spark import session

    os.environ["PYSPARK_SUBMIT_ARGS"] = TWO_PARTS
    with session() as found:
        yield found
    del os.environ["PYSPARK_SUBMIT_ARGS"]


def random_participations(seed: int) -> list[P]:
    """Dates of every kind: none, one of the two, ongoing, reversed, a leap day, the same pair twice."""
    draw = np.random.default_rng(seed)
    starts = [None, "2012-02-29", "2014-06-30", "2016-01-01", "2018-03-04", "2019-12-31"]
    ends = [None, None, "2015-05-05", "2017-01-01", "2018-03-04", "2024-02-29"]
    rows = []
    for _ in range(170):
        start, end = draw.choice(np.array(starts)), draw.choice(np.array(ends))
        seen = draw.choice(np.array([None, "2016-02-29", "2019-01-01"]))
        who, what = f"o{int(draw.integers(30) ** 2 // 30)}", f"a{draw.integers(45)}"
        rows.append(P(who, what, start, end, seen, ongoing=bool(seen is not None and draw.random() < 0.5)))
    return rows + rows[:5]


def agree(spark: Any, network: Network, file: Path, parameters: NetworkParameters) -> None:
    from tertius.queries.network.spark import placed

    found = {one.position.organization: one.position for one in placed(spark, str(file), parameters)}
    expected = {one.organization: one for one in network.iter_positions()}
    assert found.keys() == expected.keys()
    assert any(one.standing is Standing.TIED for one in expected.values())
    for key, position in expected.items():
        for name in EXACT:
            assert getattr(found[key], name) == getattr(position, name), name
        for name in MEASURES:
            value = getattr(position, name)
            assert (getattr(found[key], name) is None) == (value is None), name
            if value is not None:
                assert getattr(found[key], name) == pytest.approx(value, abs=1e-9), name


@pytest.mark.long
@pytest.mark.parametrize(
    ("seed", "parameters"),
    list(
        enumerate(
            [
                ALL,
                NetworkParameters(),
                NetworkParameters(window=0, weight=Weight.COUNT),
                NetworkParameters(as_of=date(2016, 2, 29), window=3, weight=Weight.BINARY, assumed_years=2),
                NetworkParameters(window=None, as_of=date(2018, 1, 1), max_partners=4),
                NetworkParameters(window=None, exclude=frozenset({org("o0"), org("o3"), org("nobody")})),
            ]
        )
    ),
    ids=["all", "default", "day", "leap day", "as of", "exclude"],
)
def test_random_networks_are_measured_alike(spark, tmp_path, parameters, seed):
    dated = {"a1": ("2015-01-01", "2018-12-31"), "a2": ("2013-01-01", None), "a3": (None, "2017-06-01")}
    source = columns(random_participations(seed), alliances=dated, observed="2020-01-01")
    same = {org("o1"): org("o5"), org("o2"): org("o5")}
    network = build(tmp_path / "n", None, {"one": source}, parameters=parameters, same=same).network
    agree(spark, network, table_of(network, tmp_path), parameters)


@pytest.mark.long
def test_ties_are_measured_alike(spark, make, tmp_path):
    from tertius.queries.network.spark_holes import Question, measure, read

    network = make(random_participations(3))
    file = table_of(network, tmp_path)
    found = {
        (row["source"], row["target"]): row
        for row in measure(read(spark, str(file)), Question(window=None)).ties.collect()
    }
    expected = {
        (source, target): dict(zip([name for name, _ in EDGE_FIELDS], values, strict=True))
        for edges in edge_batches(network)
        for source, target, *values in edges
    }
    assert found.keys() == expected.keys()
    for pair, values in expected.items():
        for name in ("alliances", "shared_partners", "local_bridge"):
            assert found[pair][name] == values[name], name
        for name in ("weight", "dyadic_constraint_on_source", "dyadic_constraint_on_target"):
            assert found[pair][name] == pytest.approx(values[name], abs=1e-9), name


@pytest.mark.long
@pytest.mark.parametrize("parameters", [NetworkParameters(), replace(ALL, max_partners=30)], ids=["5", "all"])
def test_the_demonstration_is_measured_alike(spark, demo, tmp_path, parameters):
    view = demo.app.state.services.view()
    network = Network(view.network.table, _derived(view.network, parameters))
    agree(spark, network, table_of(network, tmp_path), parameters)


def _derived(network: Network, parameters: NetworkParameters) -> Any:
    from tertius.queries.network.derived import derive

    return derive(network.table, parameters)


def rows_of(*words: str, capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["measures", "--json", *words])
    assert ended.value.code in {0, None}
    return json.loads(capfd.readouterr().out)  # type: ignore[no-any-return]


@pytest.mark.long
def test_the_command_prints_the_same_rows(spark, mini_data, tmp_path, capfd):
    table = tmp_path / "participations.parquet"
    with pytest.raises(SystemExit):
        main(["export", str(table), "--part", "participations", "--data", str(mini_data), "--quiet"])
    words = ["--window", "all"]
    local = rows_of("--data", str(mini_data), *words, capfd=capfd)
    snapshot = rows_of("--data", str(mini_data), "--engine", "spark", *words, capfd=capfd)
    alone = rows_of("--engine", "spark", "--participations", str(table), *words, capfd=capfd)
    assert [row["organization"] for row in snapshot] == [row["organization"] for row in local]
    assert [row["organization"]["name"] for row in alone] == [row["organization"]["name"] for row in local]
    assert [row["organization"]["iri"] for row in alone] == [row["organization"]["iri"] for row in local]
    for name in MEASURES:
        for rows in (snapshot, alone):
            assert [row[name] for row in rows] == pytest.approx([row[name] for row in local], abs=1e-9)
    assert {row["betweenness"] for row in alone} == {None}


@pytest.mark.long
def test_the_job_runs_by_itself(make, tmp_path):
    """As a cluster runs it: the file alone, without the package it comes from."""
    import pyarrow.parquet
    from tertius.queries.network import spark_holes

    network = make(random_participations(4))
    file, out, ties = table_of(network, tmp_path), tmp_path / "measures", tmp_path / "ties"
    script = tmp_path / "job.py"
    script.write_text(Path(spark_holes.__file__).read_text())
    job = [sys.executable, str(script), str(file), str(out), "--ties", str(ties), "--window", "all"]
    environment = {**os.environ, "PYSPARK_SUBMIT_ARGS": TWO_PARTS, "PYTHONPATH": ""}
    subprocess.run(job, check=True, capture_output=True, env=environment, timeout=200)
    found = pyarrow.parquet.read_table(out).to_pylist()
    expected = {one.organization: one.constraint for one in network.iter_positions()}
    assert {row["organization"]: row["constraint"] for row in found} == pytest.approx(expected, abs=1e-9)
    assert pyarrow.parquet.read_table(ties).num_rows == network.derived.ties.low.size


def complaint(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["measures", *words])
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_without_pyspark_it_says_what_to_install(mini_data, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    said = complaint("--engine", "spark", "--data", str(mini_data), capsys=capsys)
    assert "pip install 'tertius[spark]'" in said


@pytest.mark.long
def test_without_java_it_says_what_to_install(mini_data, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert "Java 17 or newer" in complaint("--engine", "spark", "--data", str(mini_data), capsys=capsys)
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    assert "/nowhere" in complaint("--engine", "spark", "--data", str(mini_data), capsys=capsys)


@pytest.mark.long
def test_what_is_no_participation_table_is_refused(spark, make, tmp_path, capsys):
    ties = tmp_path / "ties.parquet"
    ties.write_bytes(b"".join(parquet(make(random_participations(5)))))
    for file in (ties, tmp_path / "missing.parquet"):
        said = complaint("--engine", "spark", "--participations", str(file), capsys=capsys)
        assert f"{file} is no participation table" in said


def test_a_table_is_for_spark_alone(mini_data, capsys):
    assert "--engine spark" in complaint("--participations", "x", "--data", str(mini_data), capsys=capsys)


def test_participations_leave_as_they_were_given(make):
    rows = [P("a", "x", "2019-01-01"), P("b", "x", None, "2020-02-02", "2019-09-09", ongoing=True)]
    network = make(rows, alliances={"x": ("2018-01-01", None)}, observed="2020-03-03")
    text = b"".join(participation_csv(network)).decode()
    found = sorted(csv.DictReader(io.StringIO(text)), key=lambda row: row["start"])
    assert list(found[0]) == [name for name, _ in PARTICIPATION_FIELDS]
    second, first = found
    assert (first["organization"], first["record"], first["start"]) == (org("a"), org("a"), "2019-01-01")
    assert (second["end"], second["last_observed"], second["ongoing"]) == ("2020-02-02", "2019-09-09", "true")
    assert {row["alliance_start"] for row in found} == {"2018-01-01"}
    assert {(row["alliance_end"], row["as_of"], row["source"]) for row in found} == {
        ("", "2020-03-03", "one")
    }
