"""Every format in which a network can be taken away, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from types import MappingProxyType
from typing import Final, Literal

from tertius.queries.network.export import Describe, edge_csv, graphml, node_csv
from tertius.queries.network.export_cytoscape import cytoscape
from tertius.queries.network.export_gexf import gexf
from tertius.queries.network.export_participations import participation_csv
from tertius.queries.network.export_text import pajek, ucinet
from tertius.queries.network.network import Network

Part = Literal["ties", "organizations", "participations"]
"""The tables of which formats without room for all hold one; the last is what the others derive from."""

Write = Callable[[Network, Describe, Part], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format.

    Attributes:
        name: What callers call it.
        media_type: Its media type.
        suffixes: Endings of file names that mean it, the preferred one first.
        tabular: Whether a file holds one of the tables instead of the whole network.
        write: Yields the file in pieces.
    """

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    tabular: bool
    write: Write

    def file_name(self, part: Part) -> str:
        """Return a name for a file of it."""
        return (part if self.tabular else "network") + self.suffixes[0]


def _columnar(name: str, network: Network, describe: Describe, part: Part) -> Iterator[bytes]:
    from tertius.queries.network import export_tables  # noqa: PLC0415 - pyarrow takes long to import

    write = export_tables.parquet if name == "parquet" else export_tables.arrow
    return write(network, describe, part=part)


def _csv(network: Network, describe: Describe, part: Part) -> Iterator[bytes]:
    if part == "participations":
        return participation_csv(network, describe)
    return edge_csv(network) if part == "ties" else node_csv(network, describe)


def _whole(write: Callable[[Network, Describe], Iterator[bytes]]) -> Write:
    return lambda network, describe, _: write(network, describe)


_ALL: Final = (
    ExportFormat("graphml", "application/graphml+xml", (".graphml",), False, _whole(graphml)),
    ExportFormat("csv", "text/csv", (".csv",), True, _csv),
    ExportFormat("gexf", "application/gexf+xml", (".gexf",), False, _whole(gexf)),
    ExportFormat(
        "gexf-dynamic",
        "application/gexf+xml",
        (".dynamic.gexf",),
        False,
        _whole(partial(gexf, dynamic=True)),
    ),
    ExportFormat("pajek", "text/x-pajek", (".net",), False, _whole(pajek)),
    ExportFormat(
        "pajek-project", "text/x-pajek-project", (".paj",), False, _whole(partial(pajek, measures=True))
    ),
    ExportFormat("ucinet", "text/x-ucinet-dl", (".dl",), False, lambda network, _, __: ucinet(network)),
    ExportFormat(
        "parquet", "application/vnd.apache.parquet", (".parquet",), True, partial(_columnar, "parquet")
    ),
    ExportFormat(
        "arrow",
        "application/vnd.apache.arrow.file",
        (".arrow", ".feather"),
        True,
        partial(_columnar, "arrow"),
    ),
    ExportFormat("cytoscape", "application/json", (".cyjs", ".json"), False, _whole(cytoscape)),
)

EXPORT_FORMATS: Final[Mapping[str, ExportFormat]] = MappingProxyType({one.name: one for one in _ALL})
"""The formats by name, the preferred one first."""


def format_of(file: PurePath) -> ExportFormat | None:
    """Return the format that the ending of a file's name means, the longest ending counting; None if none."""
    name = file.name.lower()
    fits = [
        (len(suffix), one)
        for one in _ALL
        for suffix in one.suffixes
        if name.endswith(suffix) and name != suffix
    ]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None
