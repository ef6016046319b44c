"""Which of several records of one organisation stands for it."""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import Final, NamedTuple

from tertius.ontology.identity import key

_SCHEMES: Final = ("lei", "ror", "pic")
_REGISTER_NUMBERS: Final = frozenset({"gb-coh", "nl-kvk", "cik", "eu-vat"})
_NONE: Final = len(_SCHEMES) + 1


class Rank(NamedTuple):
    """Place of a record among others of the same organisation; the lowest stands for all.

    Attributes:
        scheme: 0 with an LEI, 1 with a ROR id, 2 with a PIC, 3 with a number of a national register, else 4.
        borne: 0 where the record's own key is that of the identifier, as a register's records are.
        seen: When the record came: its place in the order in which organisations entered.
    """

    scheme: int
    borne: int
    seen: int


UNRANKED: Final = Rank(_NONE, 1, sys.maxsize)
"""Rank of a record of which nothing is known."""


def rank(record: str, identifiers: Collection[tuple[str, str]], seen: int) -> Rank:
    """Return the rank of a record: LEI before ROR before PIC before register numbers before none.

    Args:
        record: Its key.
        identifiers: Its own identifiers, as scheme and value.
        seen: Its place in the order in which organisations entered.
    """
    best = _NONE
    borne = 1
    for scheme, value in identifiers:
        place = _SCHEMES.index(scheme) if scheme in _SCHEMES else len(_SCHEMES)
        if place == len(_SCHEMES) and scheme not in _REGISTER_NUMBERS:
            continue
        own = int(key(scheme, value) != record)
        best, borne = min((best, borne), (place, own))
    return Rank(best, borne, seen)
