"""`tertius measures --engine spark`: the same rows, computed by Spark."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path

from tertius.api import present
from tertius.api.cli_support import Mistake, opened
from tertius.api.models import Circles, Organization, Position
from tertius.api.settings import Settings
from tertius.ontology.identity import individual
from tertius.queries.network import NetworkParameters
from tertius.queries.network import spark as engine
from tertius.queries.network.errors import EngineUnavailableError, ParticipationsError
from tertius.queries.network.export_formats import EXPORT_FORMATS


class Engine(StrEnum):
    """What computes the measures."""

    LOCAL = "local"
    SPARK = "spark"


def positions(
    parameters: NetworkParameters, participations: str | None, settings: Settings, *, limit: int | None
) -> list[Position]:
    """Measure a participation table, or the snapshot's, with Spark.

    Args:
        parameters: Which network.
        participations: Address of a participation table; None for the live snapshot's.
        settings: Data folder and base.
        limit: Most positions, the strongest brokers first; None for all.

    Raises:
        Mistake: pyspark or Java is missing, there is no snapshot, or the table is none.
    """
    try:
        with ExitStack() as stack:
            spark = stack.enter_context(engine.session())
            if participations is not None:
                placed = engine.placed(spark, participations, parameters, limit=limit)
                return [_position(one, settings.base) for one in placed]
            view = stack.enter_context(opened(settings.data)).view()
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tertius-spark-")))
            table = folder / "participations.parquet"
            write = EXPORT_FORMATS["parquet"].write
            with table.open("wb") as file:
                file.writelines(write(view.network, present.labels(view.directory), "participations"))
            found = engine.placed(spark, table.as_uri(), parameters.resolved(view.as_of), limit=limit)
            return present.positions([one.position for one in found], view.directory)
    except (EngineUnavailableError, ParticipationsError) as error:
        raise Mistake(str(error)) from None


def _position(one: engine.Placed, base: str) -> Position:
    """Say of the organisation what the table says; its other circles and identifiers are not in it."""
    key = one.position.organization
    organization = Organization(
        key=key,
        iri=individual("organization", key, base),
        name=one.name,
        country=one.country,
        circles=Circles(country=one.country, sector=None, type=None),
        identifiers=[],
    )
    return present.positioned(one.position, organization)
