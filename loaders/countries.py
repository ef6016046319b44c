"""Country codes: ISO 3166-1 alpha-2, what stands in for it, and English short names."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

from tertius.loaders.values import ValueProblem

ALIASES: Final = {"EL": "GR", "UK": "GB"}
"""Codes of the European institutions that differ from ISO 3166."""


@cache
def names() -> dict[str, str]:
    """Return the English short name of every code accepted.

    The codes are those of ISO 3166-1, the code XK that is in use for Kosovo, and codes of countries that
    have ceased to exist, which old alliances still carry.
    """
    text = (resources.files("tertius.loaders") / "countries.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {code: name for code, name in rows}  # noqa: C416 - the pairs are lists


@cache
def _by_name() -> dict[str, str]:
    return {name.casefold(): code for code, name in names().items()}


def parse_country(text: str) -> str:
    """Return the ISO 3166-1 alpha-2 code that a cell gives, in capitals.

    Args:
        text: The cell, trimmed and not empty: a code in any case, or one of `ALIASES`.

    Raises:
        ValueProblem: `bad-country`, with the code to write where the cell holds a country's name.
    """
    code = text.upper()
    code = ALIASES.get(code, code)
    if code in names():
        return code
    known = _by_name().get(text.casefold())
    hint = f"write {known}" if known else "write the two letters of ISO 3166-1, such as DE"
    raise ValueProblem("bad-country", f"not a country code; {hint}")
