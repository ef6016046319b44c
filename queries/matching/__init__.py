"""Who is meant by a name: search, candidates, and an explained score."""

from tertius.queries.matching.connections import Connections, OtherLayout
from tertius.queries.matching.lookup import Filter, Found, search
from tertius.queries.matching.matcher import NAMES_ASKED, Candidate, Described, Matcher, Outcome
from tertius.queries.matching.model import Model, model
from tertius.queries.matching.names import Name, normalise

__all__ = [
    "NAMES_ASKED",
    "Candidate",
    "Connections",
    "Described",
    "Filter",
    "Found",
    "Matcher",
    "Model",
    "Name",
    "OtherLayout",
    "Outcome",
    "model",
    "normalise",
    "search",
]
