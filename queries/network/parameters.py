"""The parameters that a tie network is derived with, their bounds, and their identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

from tertius.queries.network.errors import ParameterError

DEFAULT_WINDOW: Final = 5
"""Years of activity that the default network looks back on."""

DEFAULT_ASSUMED_YEARS: Final = 5
"""Years an alliance is assumed to last when nobody says (Gulati 1995 and the studies after it)."""

MOST_YEARS: Final = 200
"""Upper bound of `window` and `assumed_years`, so that no date leaves the calendar."""

MOST_EXCLUDED: Final = 1000
"""Organisations that one request may leave out."""

MOST_TIES: Final = 2_000_000
"""Ties up to which every tie becomes a node of the graph."""


class Weight(StrEnum):
    """How much a tie counts.

    `binary`: 1. `count`: the number of alliances that the two share. `newman`: the sum over shared
    alliances of 1/(k-1), k being the organisations active in it in the window (Newman 2001, eq. 2).
    """

    BINARY = "binary"
    COUNT = "count"
    NEWMAN = "newman"


@dataclass(frozen=True, slots=True)
class NetworkParameters:
    """What to derive a network from; two equal values give the same network.

    Attributes:
        as_of: The day the network is seen from; None for the snapshot's default.
        window: Years looked back, 0..200; 0 for the day itself, None for all time.
        weight: Meaning of a tie's weight.
        max_partners: Leave out alliances with more partners active in the window (2 or more), tested
            before exclusions; None for no bound.
        exclude: Keys of organisations to leave out.
        assumed_years: Years until an end nobody stated, 0..200.

    Raises:
        ParameterError: A value is out of its range.
    """

    as_of: date | None = None
    window: int | None = DEFAULT_WINDOW
    weight: Weight = Weight.NEWMAN
    max_partners: int | None = None
    exclude: frozenset[str] = frozenset()
    assumed_years: int = DEFAULT_ASSUMED_YEARS

    def __post_init__(self) -> None:
        if self.window is not None and not 0 <= self.window <= MOST_YEARS:
            raise ParameterError(
                "window", f"{self.window} is not `all` or a number of years in 0..{MOST_YEARS}"
            )
        if not 0 <= self.assumed_years <= MOST_YEARS:
            raise ParameterError("assumed_years", f"{self.assumed_years} is not in 0..{MOST_YEARS}")
        if self.max_partners is not None and self.max_partners < 2:
            raise ParameterError("max_partners", f"{self.max_partners} is below 2, which would leave no tie")
        if len(self.exclude) > MOST_EXCLUDED:
            raise ParameterError("exclude", f"{len(self.exclude)} organizations; at most {MOST_EXCLUDED}")

    def resolved(self, default_as_of: date | None) -> NetworkParameters:
        """Return the same parameters with the default as-of filled in."""
        return self if self.as_of is not None else replace(self, as_of=default_as_of)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; `window` is a number or `"all"`."""
        return {
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "window": "all" if self.window is None else self.window,
            "weight": self.weight.value,
            "max_partners": self.max_partners,
            "exclude": sorted(self.exclude),
            "assumed_years": self.assumed_years,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NetworkParameters:
        """Read what `as_json` wrote.

        Raises:
            ParameterError: A value is missing, of the wrong kind or out of range.
        """
        try:
            exclude: Iterable[str] = data["exclude"]
            return cls(
                as_of=date.fromisoformat(data["as_of"]) if data["as_of"] else None,
                window=None if data["window"] == "all" else int(data["window"]),
                weight=Weight(data["weight"]),
                max_partners=None if data["max_partners"] is None else int(data["max_partners"]),
                exclude=frozenset(exclude),
                assumed_years=int(data["assumed_years"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, ParameterError):
                raise
            raise ParameterError("parameters", f"cannot be read: {error!r}") from error

    def fingerprint(self) -> str:
        """Return 32 hexadecimal digits, the same for equal parameters in any process.

        Resolve the default as-of first, or networks of different snapshots share a fingerprint.
        """
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
