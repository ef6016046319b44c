"""The alliance table's columns: what each is called, which values it takes, what it describes."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from tertius.ontology import concepts

REQUIRED: Final = ("alliance", "partner")

SCHEMES: Final = {
    "form": "alliance-form",
    "equity": "equity-basis",
    "orientation": "orientation",
    "governance": "governance-mode",
    "search_channel": "search-channel",
    "selection_basis": "selection-criterion",
    "coordination": "coordination-mechanism",
    "monitoring": "monitoring-focus",
    "senior_involvement": "involvement-degree",
    "trust_basis": "trust-mechanism",
}
"""Columns of an alliance whose values are concepts, and the scheme of each."""

MANY: Final = frozenset(
    {"governance", "search_channel", "selection_basis", "coordination", "monitoring", "trust_basis"}
)
"""Concept columns that may hold several values in one cell."""

ALLIANCE: Final = ("alliance_name", "start", "end", "purpose", *SCHEMES)
"""What a row says of its alliance; all rows of one alliance must agree."""

ORGANIZATION: Final = ("partner_name", "country", "sector", "type", "size")
"""What a row says of its organisation; the first value given stays."""

PARTICIPATION: Final = ("role", "from", "to")

SNAPSHOT: Final = "snapshot"
"""Day on which a membership was observed; a column of observed memberships only."""

KNOWN: Final = (*REQUIRED, *ALLIANCE, *ORGANIZATION, *PARTICIPATION)

IDENTIFIER: Final = "id:"
"""Prefix of a column that holds identifiers of the scheme named after it."""


def normalize(header: str) -> str:
    """Return the form in which headers are compared: small letters, `_` for white space, none around `:`."""
    text = unicodedata.normalize("NFC", header).strip().casefold()
    return re.sub(r"\s+", "_", re.sub(r"\s*:\s*", ":", text))


def is_column(name: str) -> bool:
    """Tell whether a normalised name is a column of the alliance table, identifiers included."""
    return name in KNOWN or (
        name.startswith(IDENTIFIER) and name.removeprefix(IDENTIFIER) in concepts("identifier-scheme")
    )


def identifier_columns() -> tuple[str, ...]:
    """Return the names that identifier columns may have."""
    return tuple(IDENTIFIER + scheme for scheme in concepts("identifier-scheme"))


def suggestion(name: str, among: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the closest of some names, or nothing where none is close."""
    close = difflib.get_close_matches(normalize(name), list(among), n=1, cutoff=0.75)
    return f" (did you mean '{close[0]}'?)" if close else ""
