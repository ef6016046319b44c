"""What identifiers say of two organisations: one in common settles it, two of one scheme contradict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SINGLE: Final = frozenset({"lei", "ror", "pic", "gb-coh", "nl-kvk", "cik", "grid", "eu-vat"})
"""Schemes that give an organisation one value, so that two values are two organisations.

Registers have errors and merge records, and a group may hold several VAT numbers: hence a contradiction
lowers the score very much and does not make it nothing.
"""

AGREED: Final = 0.999
"""Least score of two with an identifier in common."""

CONTRADICTED: Final = 0.05
"""What a score is multiplied with for two values of a scheme that gives one."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Schemes in which two agree, and in which they contradict each other."""

    agree: tuple[str, ...]
    contradict: tuple[str, ...]
    known: bool

    def applied(self, score: float) -> float:
        """Return a score with what the identifiers say; agreement goes before contradiction."""
        if self.agree:
            return max(score, AGREED)
        return score * CONTRADICTED if self.contradict else score

    def features(self) -> dict[str, float | None]:
        """Return `identifier_same` and `identifier_other`; None where no scheme is known of both."""
        if not self.known:
            return {"identifier_same": None, "identifier_other": None}
        return {
            "identifier_same": float(bool(self.agree)),
            "identifier_other": float(bool(self.contradict) and not self.agree),
        }


def compare_identifiers(left: Iterable[tuple[str, str]], right: Iterable[tuple[str, str]]) -> Compared:
    """Compare two organisations' identifiers, given as scheme and normalised value."""
    ours, theirs = _by_scheme(left), _by_scheme(right)
    both = sorted(ours.keys() & theirs.keys())
    agree = tuple(scheme for scheme in both if ours[scheme] & theirs[scheme])
    contradict = tuple(scheme for scheme in both if scheme in SINGLE and scheme not in agree)
    return Compared(agree, contradict, bool(both))


def _by_scheme(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for scheme, value in pairs:
        found.setdefault(scheme, set()).add(value)
    return found
