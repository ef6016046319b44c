"""Registers of organisations: streamed record by record into a graph of their own."""

from __future__ import annotations

from typing import Final

NAMES: Final = (
    "bods",
    "companies-house",
    "cordis-organizations",
    "gleif",
    "gleif-delta",
    "kvk",
    "ror",
    "wikidata",
)
"""Registers that Tertius reads, as `--mapping` names them."""
