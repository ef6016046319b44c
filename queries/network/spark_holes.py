"""Structural holes as Spark DataFrames: the definitions of this package for tables beyond one machine.

    spark-submit spark_holes.py PARTICIPATIONS MEASURES [--ties TIES] [--as-of DATE] [--window YEARS] ...

reads the participation table that `tertius export participations.parquet --part participations` writes and
writes the measures of organisations (and of ties) as Parquet. The file needs pyspark and nothing else, so
that a cluster need not have the rest of the package; everything runs as expressions of Spark SQL, and
executors need no Python.

Ties, weights and measures are those of `ties` and `measures`; the arithmetic is the same but for the
order in which sums are added, so that values agree to rounding. Triangles come from joining ties that
point to the end of higher degree (Schank & Wagner 2005), which keeps the join near the number of
triangles; all that a hub can cost is bounded by that order.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

MEASURES: Final = (
    "strength",
    "constraint",
    "effective_size",
    "efficiency",
    "hierarchy",
    "clustering",
    "triangles",
    "local_bridges",
)
"""Columns that are null without ties."""


@dataclass(frozen=True)
class Question:
    """Which network to measure; meanings and defaults are those of `NetworkParameters`."""

    as_of: date | None = None
    window: int | None = 5
    weight: str = "newman"
    max_partners: int | None = None
    exclude: Collection[str] = ()
    assumed_years: int = 5


@dataclass(frozen=True)
class Measured:
    """Measures by organisation and by tie.

    Attributes:
        organizations: organization, name, country, standing, degree, strength, constraint, effective_size,
            efficiency, hierarchy, clustering, triangles, local_bridges; one row for each that takes part in
            anything and is not excluded; null where it has no ties.
        ties: source, target, weight, alliances, shared_partners, local_bridge, dyadic_constraint_on_source,
            dyadic_constraint_on_target; each tie once, its source being the end of lower degree.
    """

    organizations: DataFrame
    ties: DataFrame


def read(spark: SparkSession, path: str) -> DataFrame:
    """Read a participation table from any address that Spark can read."""
    # Days before 1582 mean what they say; Spark would otherwise ask which calendar wrote them.
    return spark.read.option("datetimeRebaseMode", "CORRECTED").parquet(path)


def measure(rows: DataFrame, question: Question) -> Measured:
    """Derive ties and compute Burt's measures (1992, without the oligopoly term).

    Args:
        rows: The participation table.
        question: Which network.

    Returns:
        Frames whose last step nothing has computed yet.
    """
    from pyspark.sql import functions as f  # noqa: PLC0415 - an extra that most have not installed

    excluded = _excluded(rows, question.exclude)
    kept = ~f.col("organization").isin(excluded) if excluded else f.lit(True)
    periods, window = _active(rows, question)
    periods = _settled(periods.withColumn("kept", kept))
    ties = _ties(periods, window, question)
    slots, triangles = close(ties)
    found = by_organization(slots)
    named = (
        rows.where(kept)
        .groupBy("organization")
        .agg(f.max("name").alias("name"), f.max("country").alias("country"))
    )
    present = periods.where("kept").select("organization").distinct().withColumn("active", f.lit(True))
    organizations = (
        named.join(present, "organization", "left")
        .join(found, "organization", "left")
        .withColumn(
            "standing",
            f.when(f.col("degree").isNotNull(), "tied")
            .when(f.col("active"), "isolate")
            .otherwise("inactive"),
        )
        .withColumn("degree", f.coalesce("degree", f.lit(0)))
        .select("organization", "name", "country", "standing", "degree", *MEASURES)
    )
    return Measured(organizations, triangles)


@dataclass(frozen=True)
class _Window:
    """First and last day that count (None for no bound), and whether undated participations do."""

    opens: Column | None
    closes: date | None
    undated: bool


def _settled(frame: DataFrame) -> DataFrame:
    """Compute a frame now and keep it; what builds on it starts from its rows, not from how they came about.

    Plans would otherwise double with every join of a frame with itself. Rows are kept where the setting
    `spark.checkpoint.dir` says, which outlives lost executors; else on the executors' own disks.
    """
    if frame.sparkSession.conf.get("spark.checkpoint.dir", None):
        return frame.checkpoint()
    return frame.localCheckpoint()


def _excluded(rows: DataFrame, keys: Collection[str]) -> list[str]:
    """Return the records, after judgements, that keys stand for."""
    from pyspark.sql import functions as f  # noqa: PLC0415

    if not keys:
        return []
    named = sorted(keys)
    meant = f.col("record").isin(named) | f.col("organization").isin(named)
    return sorted(row[0] for row in rows.where(meant).select("organization").distinct().collect())


def _window(rows: DataFrame, question: Question) -> _Window | None:
    """Return the days that count, or None if none can."""
    from pyspark.sql import functions as f  # noqa: PLC0415

    newest = rows.agg({"as_of": "max"}).collect()[0][0]
    as_of = question.as_of or newest
    if question.window is None:
        return _Window(None, None if as_of == newest else as_of, undated=as_of == newest)
    if as_of is None:
        return None
    opens = f.lit(as_of)
    if question.window > 0:
        opens = f.date_add(f.add_months(opens, -12 * question.window), 1)
    return _Window(opens, as_of, undated=False)


def _active(rows: DataFrame, question: Question) -> tuple[DataFrame, _Window]:
    """Turn dates as given into periods and keep those in the window; null start: ever, null end: for ever."""
    from pyspark.sql import functions as f  # noqa: PLC0415

    months = 12 * question.assumed_years
    start = f.coalesce("start", "alliance_start")
    guessed = f.when(start.isNotNull(), f.greatest(f.add_months(start, months), f.col("last_observed")))
    assumed = f.when(f.col("ongoing"), f.add_months("last_observed", months)).otherwise(guessed)
    periods = rows.select(
        "organization",
        "alliance",
        start.alias("begins"),
        f.coalesce("end", "alliance_end", assumed).alias("ends"),
    )
    window = _window(rows, question)
    if window is None:
        return periods.where(f.lit(False)), _Window(None, None, undated=False)
    begins, ends = f.col("begins"), f.col("ends")
    keep = f.coalesce(ends >= begins, f.lit(True))
    if window.closes is not None:
        keep &= f.coalesce(begins <= f.lit(window.closes), f.lit(True))
    if window.opens is not None:
        keep &= f.coalesce(ends >= window.opens, f.lit(True))
    if not window.undated:
        keep &= begins.isNotNull()
    return periods.where(keep), window


def _ties(periods: DataFrame, window: _Window, question: Question) -> DataFrame:
    """Return low, high, weight, alliances; low being the end of lower degree, equal ones by key."""
    from pyspark.sql import functions as f  # noqa: PLC0415

    sizes = periods.groupBy("alliance").agg(
        f.count_distinct("organization").alias("before"),
        f.count_distinct(f.when(f.col("kept"), f.col("organization"))).alias("partners"),
    )
    if question.max_partners is not None:
        sizes = sizes.where(f.col("before") <= question.max_partners)
    share = f.lit(1.0)
    if question.weight == "newman":
        share = f.lit(1.0) / (f.col("partners") - 1)
    shares = sizes.where("partners > 1").select("alliance", share.alias("share"))
    one, other = periods.where("kept").alias("one"), periods.where("kept").alias("other")
    latest = f.greatest(f.col("one.begins"), f.col("other.begins"), f.lit(window.opens).cast("date"))
    earliest = f.least(f.col("one.ends"), f.col("other.ends"), f.lit(window.closes).cast("date"))
    pairs = (
        one.join(
            other,
            (f.col("one.alliance") == f.col("other.alliance"))
            & (f.col("one.organization") < f.col("other.organization")),
        )
        .where(f.coalesce(latest <= earliest, f.lit(True)))
        .select(
            f.col("one.alliance").alias("alliance"),
            f.col("one.organization").alias("a"),
            f.col("other.organization").alias("b"),
        )
        .distinct()
    )
    weight: Column = f.lit(1.0) if question.weight == "binary" else f.sum("share")
    ties = _settled(
        pairs.join(shares, "alliance")
        .groupBy("a", "b")
        .agg(weight.alias("weight"), f.count("*").alias("alliances"))
    )
    degree = (
        ties.select(f.explode(f.array("a", "b")).alias("end"))
        .groupBy("end")
        .agg(f.count("*").alias("degree"))
    )
    first, second = (degree.select(f.col("end").alias(e), f.col("degree").alias(f"d{e}")) for e in "ab")
    upward = f.struct("da", "a") < f.struct("db", "b")
    return (
        ties.join(first, "a")
        .join(second, "b")
        .select(
            f.when(upward, f.col("a")).otherwise(f.col("b")).alias("low"),
            f.when(upward, f.col("b")).otherwise(f.col("a")).alias("high"),
            f.greatest("da", "db").alias("high_degree"),
            "weight",
            "alliances",
        )
    )


def close(ties: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Sum over the triangles of each tie.

    Returns:
        Both slots of each tie for `by_organization`, and the ties with their measures.
    """
    from pyspark.sql import functions as f  # noqa: PLC0415

    ends = f.explode(f.array("low", "high")).alias("end")
    own = (
        ties.select(ends, "weight")
        .groupBy("end")
        .agg(f.sum("weight").alias("s"), f.max("weight").alias("most"))
    )
    low, high = (
        own.select(f.col("end").alias(end), f.col("s").alias(f"s_{end}"), f.col("most").alias(f"most_{end}"))
        for end in ("low", "high")
    )
    weighed = _settled(ties.join(low, "low").join(high, "high"))
    uv = weighed.select(
        f.col("low").alias("u"), f.col("high").alias("v"), f.col("high_degree").alias("dv"),
        f.col("weight").alias("w_uv"), f.col("s_low").alias("s_u"), f.col("s_high").alias("s_v"),
    )  # fmt: skip
    ux = weighed.select(
        f.col("low").alias("u"), f.col("high").alias("x"), f.col("high_degree").alias("dx"),
        f.col("weight").alias("w_ux"), f.col("s_high").alias("s_x"),
    )  # fmt: skip
    vx = weighed.select(f.col("low").alias("v"), f.col("high").alias("x"), f.col("weight").alias("w_vx"))
    triangles = uv.join(ux, "u").where(f.struct("dv", "v") < f.struct("dx", "x")).join(vx, ["v", "x"])

    def through(a: str, b: str, redundancy: Column, middle: str) -> Column:
        return f.struct(
            f.col(a).alias("low"),
            f.col(b).alias("high"),
            redundancy.alias("redundancy"),
            (redundancy / f.col(middle)).alias("closure"),
        )

    w_uv, w_ux, w_vx = f.col("w_uv"), f.col("w_ux"), f.col("w_vx")
    sums = (
        triangles.select(
            f.explode(
                f.array(
                    through("u", "v", w_ux * w_vx, "s_x"),
                    through("u", "x", w_uv * w_vx, "s_v"),
                    through("v", "x", w_uv * w_ux, "s_u"),
                )
            ).alias("at")
        )
        .select("at.*")
        .groupBy("low", "high")
        .agg(
            f.sum("closure").alias("closure"),
            f.sum("redundancy").alias("redundancy"),
            f.count("*").alias("shared"),
        )
    )
    joint = (
        weighed.join(sums, ["low", "high"], "left").na.fill(0, ["closure", "redundancy", "shared"]).cache()
    )
    both = f.col("weight") + f.col("closure")
    slots = joint.select(
        f.explode(
            f.array(
                *(
                    f.struct(
                        f.col(i).alias("organization"),
                        (both / f.col(f"s_{i}")).alias("share"),
                        f.col(f"s_{i}").alias("strength"),
                        (f.col("redundancy") / f.col(f"most_{j}") / f.col(f"s_{i}")).alias("redundant"),
                        "shared",
                    )
                    for i, j in (("low", "high"), ("high", "low"))
                )
            )
        ).alias("at")
    ).select("at.*")
    measured = joint.select(
        f.col("low").alias("source"),
        f.col("high").alias("target"),
        "weight",
        "alliances",
        f.col("shared").alias("shared_partners"),
        (f.col("shared") == 0).alias("local_bridge"),
        ((both / f.col("s_low")) ** 2).alias("dyadic_constraint_on_source"),
        ((both / f.col("s_high")) ** 2).alias("dyadic_constraint_on_target"),
    )
    return slots, measured


def by_organization(slots: DataFrame) -> DataFrame:
    """Sum the slots of each organisation; see `kernel.constrain` for the formulas."""
    from pyspark.sql import functions as f  # noqa: PLC0415

    dyadic = f.col("share") * f.col("share")
    n, total = f.col("degree"), f.col("constraint")
    index = (f.col("spread") / total + f.log(n / total)) / f.log(n)
    return (
        slots.groupBy("organization")
        .agg(
            f.count("*").alias("degree"),
            f.max("strength").alias("strength"),
            f.sum(dyadic).alias("constraint"),
            f.sum(dyadic * f.log(dyadic)).alias("spread"),
            f.sum("redundant").alias("redundant"),
            (f.sum("shared") / 2).cast("long").alias("triangles"),
            f.count_if(f.col("shared") == 0).alias("local_bridges"),
        )
        .select(
            "organization",
            "degree",
            "strength",
            "constraint",
            (n - f.col("redundant")).alias("effective_size"),
            ((n - f.col("redundant")) / n).alias("efficiency"),
            f.when(n == 1, f.lit(1.0)).otherwise(f.greatest(index, f.lit(0.0))).alias("hierarchy"),
            f.when(n > 1, f.col("triangles") * 2 / (n * (n - 1))).alias("clustering"),
            "triangles",
            "local_bridges",
        )
    )


def main(words: list[str] | None = None) -> None:
    """Run as a job of Spark's."""
    from pyspark.sql import SparkSession  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="spark_holes.py", description="Structural holes on Spark.")
    parser.add_argument("participations", help="participation table, Parquet, at any address Spark reads")
    parser.add_argument("measures", help="where the organisations' measures go, as Parquet")
    parser.add_argument("--ties", help="where the ties go, as Parquet")
    parser.add_argument("--as-of", type=date.fromisoformat)
    parser.add_argument("--window", type=lambda text: None if text == "all" else int(text), default=5)
    parser.add_argument("--weight", choices=["newman", "count", "binary"], default="newman")
    parser.add_argument("--max-partners", type=int)
    parser.add_argument("--exclude", action="append", default=[], metavar="KEY")
    parser.add_argument("--assumed-years", type=int, default=5)
    given: dict[str, Any] = vars(parser.parse_args(words))
    source, measures, ties = (given.pop(name) for name in ("participations", "measures", "ties"))
    spark = SparkSession.builder.appName("tertius measures").getOrCreate()
    found = measure(read(spark, source), Question(**given))
    found.organizations.write.parquet(measures)
    if ties is not None:
        found.ties.write.parquet(ties)


if __name__ == "__main__":
    main()
