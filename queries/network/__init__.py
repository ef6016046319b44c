"""The network of organisations: who is tied to whom, who bridges, and how that was computed.

Everything derives from the participation table (`ParticipationTable`), one row per participation.
`build` writes it and the default network when a snapshot is made; `Network.open` answers from the
memory-mapped files; `NetworkLane` derives networks for other parameters in a process of its own.
"""

from tertius.queries.network.answers import (
    BridgingPartner,
    Community,
    EgoNetwork,
    EgoTie,
    Evidence,
    Order,
    Page,
    Partition,
    Partner,
    Position,
    Roles,
    Standing,
    Summary,
    Without,
)
from tertius.queries.network.base import UNCHANGED
from tertius.queries.network.between import BrokerBetween, Circle, Side
from tertius.queries.network.build import BuiltNetwork, build, warm
from tertius.queries.network.changes import Change, ChangeKind, Comparison
from tertius.queries.network.columns import ColumnsBuilder, ParticipationColumns
from tertius.queries.network.errors import (
    ClientLimitError,
    ColumnsError,
    DerivationTimeoutError,
    LaneBusyError,
    LaneClosedError,
    NetworkError,
    NetworkFormatError,
    NetworkTooLargeError,
    ParameterError,
    UnknownOrganizationError,
)
from tertius.queries.network.export import Describe, Label, edge_csv, graphml, node_csv
from tertius.queries.network.lane import NetworkLane
from tertius.queries.network.network import Network
from tertius.queries.network.parameters import NetworkParameters, Weight
from tertius.queries.network.shape import Shape
from tertius.queries.network.statements import materialised, measure_lines, measure_set
from tertius.queries.network.table import GivenRow, ParticipationTable

__all__ = [
    "UNCHANGED",
    "BridgingPartner",
    "BrokerBetween",
    "BuiltNetwork",
    "Change",
    "ChangeKind",
    "Circle",
    "ClientLimitError",
    "ColumnsBuilder",
    "ColumnsError",
    "Community",
    "Comparison",
    "DerivationTimeoutError",
    "Describe",
    "EgoNetwork",
    "EgoTie",
    "Evidence",
    "GivenRow",
    "Label",
    "LaneBusyError",
    "LaneClosedError",
    "Network",
    "NetworkError",
    "NetworkFormatError",
    "NetworkLane",
    "NetworkParameters",
    "NetworkTooLargeError",
    "Order",
    "Page",
    "ParameterError",
    "ParticipationColumns",
    "ParticipationTable",
    "Partition",
    "Partner",
    "Position",
    "Roles",
    "Shape",
    "Side",
    "Standing",
    "Summary",
    "UnknownOrganizationError",
    "Weight",
    "Without",
    "build",
    "edge_csv",
    "graphml",
    "materialised",
    "measure_lines",
    "measure_set",
    "node_csv",
    "warm",
]
