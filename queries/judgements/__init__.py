"""Who is the same as whom: judgements, what follows from them together, and how the graph holds them."""

from __future__ import annotations

from tertius.queries.judgements.closure import Closure, Conflict, Group, Status, close, standing
from tertius.queries.judgements.model import Judgement, Kind, Verdict
from tertius.queries.judgements.ranks import UNRANKED, Rank, rank
from tertius.queries.judgements.statements import judgement_quads, read_judgements

__all__ = [
    "UNRANKED",
    "Closure",
    "Conflict",
    "Group",
    "Judgement",
    "Kind",
    "Rank",
    "Status",
    "Verdict",
    "close",
    "judgement_quads",
    "rank",
    "read_judgements",
    "standing",
]
