"""Who is the same as whom: judgements, what follows from them together, and how the graph holds them."""

from __future__ import annotations

from tertius.queries.judgements.closure import Closure, Conflict, Group, close, standing
from tertius.queries.judgements.model import Judgement, Kind, Verdict
from tertius.queries.judgements.precedence import holds_apart, precedence, strength
from tertius.queries.judgements.ranks import UNRANKED, Rank, rank
from tertius.queries.judgements.statements import judgement_quads, read_judgements
from tertius.queries.judgements.status import Status

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
    "holds_apart",
    "judgement_quads",
    "precedence",
    "rank",
    "read_judgements",
    "standing",
    "strength",
]
