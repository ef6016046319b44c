"""The engine `spark`: sessions, and its rows as the positions that every other answer gives."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tertius.queries.network.answers import Position, Standing
from tertius.queries.network.errors import EngineUnavailableError, ParticipationsError
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.spark_holes import MEASURES, Question, measure, read

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_JAVA: Final = "the engine spark needs Java 17 or newer: install a JDK (Debian: openjdk-17-jre-headless)"

_PARTS: Final = "spark.sql.shuffle.partitions"


@dataclass(frozen=True, slots=True)
class Placed:
    """A position with what the participation table says of the organisation."""

    position: Position
    name: str
    country: str | None


@contextmanager
def session() -> Iterator[SparkSession]:
    """Open a session as Spark's own configuration says; without any, on the cores of this machine.

    A session that the process has already is used, and left open.

    Raises:
        EngineUnavailableError: pyspark or Java is missing, or too old.
    """
    if find_spec("pyspark") is None:
        raise EngineUnavailableError("the engine spark needs pyspark: pip install 'tertius[spark]'")
    # A client of Spark Connect speaks to a server that has the Java.
    if "SPARK_REMOTE" not in os.environ:
        home = os.environ.get("JAVA_HOME")
        if shutil.which(Path(home, "bin", "java") if home else "java") is None:
            where = f"; JAVA_HOME is {home}" if home else " or set JAVA_HOME"
            raise EngineUnavailableError(_JAVA + where)
    from pyspark.errors import PySparkRuntimeError  # noqa: PLC0415 - an extra that most have not installed
    from pyspark.sql import SparkSession  # noqa: PLC0415

    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    try:
        spark = (
            SparkSession.builder.appName("tertius measures")
            .config("spark.ui.showConsoleProgress", "false")
            .getOrCreate()
        )
    except PySparkRuntimeError as error:
        if error.getCondition() == "JAVA_GATEWAY_EXITED":
            raise EngineUnavailableError(f"Spark did not start; {_JAVA}") from error
        raise
    if "SPARK_REMOTE" not in os.environ:
        _tune(spark)
    try:
        yield spark
    finally:
        spark.stop()


def _tune(spark: SparkSession) -> None:
    """On one machine, divide work by its cores: Spark's 200 parts would take longer to start than to do."""
    context = spark.sparkContext
    context.setLogLevel("ERROR")
    if context.master.startswith("local") and not context.getConf().contains(_PARTS):
        spark.conf.set(_PARTS, str(4 * context.defaultParallelism))


def placed(
    spark: SparkSession, participations: str, parameters: NetworkParameters, *, limit: int | None = None
) -> Iterator[Placed]:
    """Measure a participation table; the strongest brokers first, in the order of `Network.brokers`.

    Betweenness, communities, cores, roles and percentiles are not structural-hole measures and are None.

    Args:
        spark: A session.
        participations: Address of the table, Parquet.
        parameters: Which network; the as-of may be left to the table.
        limit: Most rows; None for all.

    Raises:
        ParticipationsError: There is no such table, or it lacks columns.
    """
    from pyspark.errors import AnalysisException  # noqa: PLC0415
    from pyspark.sql import functions as f  # noqa: PLC0415

    question = Question(
        as_of=parameters.as_of,
        window=parameters.window,
        weight=parameters.weight.value,
        max_partners=parameters.max_partners,
        exclude=parameters.exclude,
        assumed_years=parameters.assumed_years,
    )
    try:
        rows = measure(read(spark, participations), question).organizations
    except AnalysisException as error:
        reason = str(error).partition("\n")[0]
        raise ParticipationsError(f"{participations} is no participation table: {reason}") from error
    rows = rows.orderBy(f.round("constraint", 12).asc_nulls_last(), "organization")
    if limit is not None:
        rows = rows.limit(limit)
    for row in rows.toLocalIterator():
        yield Placed(
            Position(
                row["organization"],
                Standing(row["standing"]),
                row["degree"],
                **{name: row[name] for name in MEASURES},
            ),
            row["name"],
            row["country"],
        )
