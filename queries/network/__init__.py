"""The network of organisations: who is tied to whom, who bridges, and how that was computed.

Everything derives from the participation table (`ParticipationTable`), one row per participation.
`build` writes it and the default network when a snapshot is made; `Network.open` answers from the
memory-mapped files; `NetworkLane` derives networks for other parameters in a process of its own.

Names are imported on first use: whoever needs an error or an answer should not pay for compiled kernels.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from tertius.queries.network.building import BuiltNetwork, build, warm
    from tertius.queries.network.changes import Change, ChangeKind, Comparison, Difference
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
    "Difference",
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

_MODULES = {
    "answers": [
        "BridgingPartner",
        "Community",
        "EgoNetwork",
        "EgoTie",
        "Evidence",
        "Order",
        "Page",
        "Partition",
        "Partner",
        "Position",
        "Roles",
        "Standing",
        "Summary",
        "Without",
    ],
    "base": ["UNCHANGED"],
    "between": ["BrokerBetween", "Circle", "Side"],
    "building": ["BuiltNetwork", "build", "warm"],
    "changes": ["Change", "ChangeKind", "Comparison", "Difference"],
    "columns": ["ColumnsBuilder", "ParticipationColumns"],
    "errors": [
        "ClientLimitError",
        "ColumnsError",
        "DerivationTimeoutError",
        "LaneBusyError",
        "LaneClosedError",
        "NetworkError",
        "NetworkFormatError",
        "NetworkTooLargeError",
        "ParameterError",
        "UnknownOrganizationError",
    ],
    "export": ["Describe", "Label", "edge_csv", "graphml", "node_csv"],
    "lane": ["NetworkLane"],
    "network": ["Network"],
    "parameters": ["NetworkParameters", "Weight"],
    "shape": ["Shape"],
    "statements": ["materialised", "measure_lines", "measure_set"],
    "table": ["GivenRow", "ParticipationTable"],
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

if not TYPE_CHECKING:
    # Hidden from the type checker, which would otherwise accept any name at all.
    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value
