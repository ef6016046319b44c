"""Constraint of every node by other programs, one in each process; `benchmarks.scale` starts it.

    python benchmarks/peers/network.py NAME FOLDER --repeats 3 --threads 2

reads the ties that FOLDER holds (`low`, `high`, `weight`: arrays by tie, ascending by (low, high), nodes
numbered in the order of their degrees), writes what it found beside them and prints its figures as JSON.
It needs nothing of ours but one file, the Spark job. Building a program's own graph from the arrays is not
timed; everything up to an array of constraints is. Packages: `network.in`, locked in `network.lock`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Work = Callable[[], Any]

# The join of ties that point to the end of higher degree, in SQL; what a matrix does in one masked product.
TRIANGLES = """
    SELECT a.low u, a.high v, b.high x, a.weight uv, b.weight ux, c.weight vx
    FROM tie a JOIN tie b ON a.low = b.low AND a.high < b.high
    JOIN tie c ON c.low = a.high AND c.high = b.high
"""
CONSTRAINT = f"""
    WITH slot AS (SELECT low i, high j, weight w FROM tie UNION ALL SELECT high, low, weight FROM tie),
    own AS (SELECT i, sum(w) s FROM slot GROUP BY i),
    triangle AS MATERIALIZED ({TRIANGLES}),
    part AS (
        SELECT u low, v high, ux * vx / s t FROM triangle JOIN own ON i = x
        UNION ALL SELECT u, x, uv * vx / s FROM triangle JOIN own ON i = v
        UNION ALL SELECT v, x, uv * ux / s FROM triangle JOIN own ON i = u
    ),
    closed AS (SELECT low, high, sum(t) t FROM part GROUP BY low, high),
    joint AS (SELECT low, high, weight + coalesce(t, 0) w FROM tie LEFT JOIN closed USING (low, high)),
    reach AS (SELECT low i, w FROM joint UNION ALL SELECT high, w FROM joint)
    SELECT reach.i i, sum((w / s) * (w / s)) c FROM reach JOIN own ON reach.i = own.i GROUP BY reach.i
"""


class Peaks:
    """Processor seconds and peak memory of this process and, for Spark, of its Java."""

    def __init__(self) -> None:
        self.java: int | None = None

    def peak(self) -> int:
        """Return the most bytes held since the last reset."""
        return sum(self._high(f"/proc/{pid}/status") for pid in self._processes())

    def reset(self) -> int:
        """Forget the peak so far; return what is held now."""
        for pid in self._processes():
            Path(f"/proc/{pid}/clear_refs").write_text("5")
        return self.peak()

    def cpu(self) -> float:
        """Return processor seconds so far."""
        seconds = time.process_time()
        if self.java is not None:
            ticks = Path(f"/proc/{self.java}/stat").read_text().rpartition(")")[2].split()
            seconds += (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
        return seconds

    def _processes(self) -> list[str]:
        return ["self"] + ([str(self.java)] if self.java is not None else [])

    @staticmethod
    def _high(status: str) -> int:
        for line in Path(status).read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measured(work: Work, repeats: int, peaks: Peaks | None = None) -> tuple[Any, dict[str, float]]:
    """Run a candidate; return its last result, median times, the fastest, the rise and the peak of memory."""
    peaks = peaks or Peaks()
    held = peaks.reset()
    cpu, wall = [], []
    result = None
    for _ in range(repeats):
        result = None
        before = peaks.cpu(), time.perf_counter()
        result = work()
        cpu.append(peaks.cpu() - before[0])
        wall.append(time.perf_counter() - before[1])
    top = peaks.peak()
    said = {"cpu": statistics.median(cpu), "wall": statistics.median(wall), "fastest": min(wall)}
    return result, {**said, "memory": top - held, "peak": top}


class Ties:
    """The arrays of a folder."""

    def __init__(self, folder: Path) -> None:
        self.low, self.high, self.weight = (
            np.load(folder / f"{name}.npy") for name in ("low", "high", "weight")
        )
        self.nodes = int(max(self.low.max(), self.high.max())) + 1

    def matrix(self) -> tuple[Any, Any, Any]:
        """Return rows, columns and values of the symmetric matrix."""
        ends = np.r_[self.low, self.high], np.r_[self.high, self.low]
        return (*(end.astype(np.uint64) for end in ends), np.r_[self.weight, self.weight])


def igraph(ties: Ties, _threads: int, _peaks: Peaks) -> Work:
    import igraph

    graph = igraph.Graph(n=ties.nodes, edges=np.stack([ties.low, ties.high], axis=1))
    weights = ties.weight.tolist()
    return lambda: np.array(graph.constraint(weights=weights))


def networkx(ties: Ties, _threads: int, _peaks: Peaks) -> Work:
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(ties.nodes))
    rows = zip(ties.low.tolist(), ties.high.tolist(), ties.weight.tolist(), strict=True)
    graph.add_weighted_edges_from(rows)

    def work() -> Any:
        found = nx.constraint(graph, weight="weight")
        return np.array([found[node] for node in range(ties.nodes)])

    return work


def graphblas(ties: Ties, threads: int, _: Peaks) -> Work:
    """The matrix formulation as published: (P + P P)^2 over the ties, P the shares of each row."""
    import graphblas as gb

    gb.ss.config["nthreads"] = threads
    rows, columns, values = ties.matrix()
    tied = gb.Matrix.from_coo(rows, columns, values, nrows=ties.nodes, ncols=ties.nodes)

    def work() -> Any:
        scale = tied.reduce_rowwise(gb.monoid.plus).apply(gb.unary.minv).new()
        share = scale.diag().mxm(tied, gb.semiring.plus_times).new()
        indirect = share.mxm(share, gb.semiring.plus_times).new(mask=tied.S)
        total = share.ewise_add(indirect, gb.binary.plus).new()
        dyadic = total.ewise_mult(total, gb.binary.times).new()
        return dyadic.reduce_rowwise(gb.monoid.plus).new().to_dense(fill_value=0.0)

    return work


def graphblas_symmetric(ties: Ties, threads: int, _: Peaks) -> Work:
    """The same with the symmetric sum of ours, T = A S^-1 A, over one half of the ties: half the work."""
    import graphblas as gb

    gb.ss.config["nthreads"] = threads
    rows, columns, values = ties.matrix()
    tied = gb.Matrix.from_coo(rows, columns, values, nrows=ties.nodes, ncols=ties.nodes)
    half = gb.select.tril(tied).new()

    def work() -> Any:
        scale = tied.reduce_rowwise(gb.monoid.plus).apply(gb.unary.minv).new().diag()
        scaled = tied.mxm(scale, gb.semiring.plus_times).new()
        closed = scaled.mxm(tied.T, gb.semiring.plus_times).new(mask=half.S)
        joint = half.ewise_add(closed, gb.binary.plus).new()
        whole = joint.ewise_add(joint.T, gb.binary.plus).new()
        share = scale.mxm(whole, gb.semiring.plus_times).new()
        dyadic = share.ewise_mult(share, gb.binary.times).new()
        return dyadic.reduce_rowwise(gb.monoid.plus).new().to_dense(fill_value=0.0)

    return work


def duckdb(ties: Ties, threads: int, _: Peaks) -> Work:
    import duckdb

    base = duckdb.connect(config={"threads": threads})
    given = {"low": ties.low, "high": ties.high, "weight": ties.weight}
    base.register("given", given)
    base.execute("CREATE TABLE tie AS SELECT * FROM given")

    def work() -> Any:
        found = base.execute(CONSTRAINT).fetchnumpy()
        values = np.empty(ties.nodes)
        values[found["i"]] = found["c"]
        return values

    return work


def polars(ties: Ties, threads: int, _: Peaks) -> Work:
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars as pl

    tie = pl.DataFrame({"u": ties.low, "v": ties.high, "w": ties.weight}).lazy()

    def work() -> Any:
        slot = pl.concat([tie, tie.select(u="v", v="u", w="w")])
        own = slot.group_by("u").agg(s=pl.col("w").sum())
        triangles = (
            tie.rename({"w": "uv"})
            .join(tie.select("u", x="v", ux="w"), on="u")
            .filter(pl.col("v") < pl.col("x"))
            .join(tie.select(v="u", x="v", vx="w"), on=["v", "x"])
            .join(own.select("u", su="s"), on="u")
            .join(own.select(v="u", sv="s"), on="v")
            .join(own.select(x="u", sx="s"), on="x")
        )
        u, v, x = pl.col("u"), pl.col("v"), pl.col("x")
        uv, ux, vx = pl.col("uv"), pl.col("ux"), pl.col("vx")
        parts = pl.concat(
            [
                triangles.select(u=u, v=v, t=ux * vx / pl.col("sx")),
                triangles.select(u=u, v=x, t=uv * vx / pl.col("sv")),
                triangles.select(u=v, v=x, t=uv * ux / pl.col("su")),
            ]
        )
        closed = parts.group_by("u", "v").agg(pl.col("t").sum())
        joint = tie.join(closed, on=["u", "v"], how="left").select(
            "u", "v", w=pl.col("w") + pl.col("t").fill_null(0.0)
        )
        both = pl.concat([joint, joint.select(u="v", v="u", w="w")]).join(own, on="u")
        found = both.group_by("u").agg(c=((pl.col("w") / pl.col("s")) ** 2).sum()).collect(engine="streaming")
        values = np.empty(ties.nodes)
        values[found["u"].to_numpy()] = found["c"].to_numpy()
        return values

    return work


def spark(ties: Ties, threads: int, peaks: Peaks) -> Work:
    """Our own job for Spark from the ties on, all structural-hole measures; local mode."""
    import tempfile

    import pyarrow as pa
    import pyarrow.parquet
    from pyspark.sql import SparkSession

    source = Path(__file__).parents[2] / "queries" / "network" / "spark_holes.py"
    spec = importlib.util.spec_from_file_location("spark_holes", source)
    assert spec is not None
    assert spec.loader is not None
    job = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up while it is made.
    __import__("sys").modules["spark_holes"] = job
    spec.loader.exec_module(job)
    session = (
        SparkSession.builder.master(f"local[{threads}]")
        .config("spark.driver.memory", "8g")
        .config("spark.sql.shuffle.partitions", 8 * threads)
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    java = session.sparkContext._jvm.java  # noqa: SLF001 - nothing public tells the process
    peaks.java = int(java.lang.ProcessHandle.current().pid())
    degree = np.bincount(np.r_[ties.low, ties.high])
    folder = Path(tempfile.mkdtemp())
    columns = {
        "low": ties.low, "high": ties.high, "high_degree": degree[ties.high],
        "weight": ties.weight, "alliances": np.ones(ties.low.size, np.int64),
    }  # fmt: skip
    pa.parquet.write_table(pa.table(columns), folder / "ties.parquet")

    def work() -> Any:
        slots, _ = job.close(session.read.parquet(str(folder / "ties.parquet")))
        found = job.by_organization(slots)
        found.write.mode("overwrite").parquet(str(folder / "out"))
        table = pa.parquet.read_table(folder / "out")
        values = np.empty(ties.nodes)
        values[table["organization"].to_numpy()] = table["constraint"].to_numpy()
        return values

    return work


CANDIDATES = {
    "igraph": igraph,
    "networkx": networkx,
    "graphblas": graphblas,
    "graphblas-symmetric": graphblas_symmetric,
    "duckdb": duckdb,
    "polars": polars,
    "spark": spark,
}


def main() -> None:
    """Run one candidate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=CANDIDATES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--gigabytes", type=float, default=14, help="most memory that it may take")
    given = parser.parse_args()
    most = int(given.gigabytes * 1e9)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    peaks = Peaks()
    work = CANDIDATES[given.name](Ties(given.folder), given.threads, peaks)
    values, said = measured(work, given.repeats, peaks)
    np.save(given.folder / f"{given.name}-{given.threads}.npy", values)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
