"""Whether an alliance generates knowledge or uses it: recorded, else inferred from form or purpose.

The rules are few and written down; what none of them decides stays uncoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from tertius.queries.network.ambidexterity import Coding

ORIENTATION: Final[Mapping[str, float]] = {"exploration": 1.0, "exploitation": 0.0, "ambidextrous": 0.5}
"""Recorded orientations."""

FORM: Final[Mapping[str, float]] = {
    "rd-consortium": 1.0,
    "innovation-network": 1.0,
    "distribution-relationship": 0.0,
    "channel-partnership": 0.0,
    "subcontracting": 0.0,
    "licensing": 0.0,
    "franchising": 0.0,
}
"""Forms that say by themselves what the alliance is for; the others (a joint venture, say) do not."""

_GENERATES: Final = re.compile(
    r"\b(research|r\s?&\s?d\b|develop|invent|innovat|prototyp|explor|experiment)", re.IGNORECASE
)
_USES: Final = re.compile(
    r"\b(market|distribut|sales\b|sell|licen[cs]|franchis|suppl|manufactur|produc|commerciali)", re.IGNORECASE
)


def code_function(orientations: Iterable[str], form: str | None, purpose: str | None) -> Coding | None:
    """Code an alliance in the function domain.

    Args:
        orientations: Notations of its recorded orientations; several count as their mean.
        form: Notation of its form.
        purpose: Its purpose in the words of its source.

    Returns:
        The recorded orientation; else what the form says, then what words of the purpose say, marked
        as inferred; None where nothing decides.
    """
    recorded = [ORIENTATION[one] for one in orientations if one in ORIENTATION]
    if recorded:
        return Coding(sum(recorded) / len(recorded), inferred=False)
    if form is not None and form in FORM:
        return Coding(FORM[form], inferred=True)
    generates, uses = (bool(words.search(purpose or "")) for words in (_GENERATES, _USES))
    if generates or uses:
        return Coding(0.5 if generates and uses else float(generates), inferred=True)
    return None
