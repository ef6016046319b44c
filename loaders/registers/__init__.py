"""Registers of organisations: streamed into a graph of their own, record by record, in constant memory."""

from __future__ import annotations

from typing import Final

NAMES: Final = ("bods", "companies-house", "gleif", "ror")
"""Registers that Tertius reads, as `--mapping` names them."""
