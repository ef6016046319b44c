"""The features of a score in words that a reviewer can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tertius.queries.matching.identifiers import Compared
from tertius.queries.matching.model import Model

_SAID: Final = {
    "equal": "the names are equal but for legal form and spelling",
    "initials": "one name is the initials of the other",
    "numbers": "the names differ in a number",
    "form_same": "same legal form",
    "form_other": "different legal forms",
    "country_same": "same country",
    "country_other": "different countries",
    "city_same": "same city",
    "city_other": "different cities",
    "website_same": "same website",
    "website_other": "different websites",
}

_RIVALS: Final = 0.1
"""Probability that others of the source take, from which it is said."""


def explain(
    features: Mapping[str, float | None], using: Model, numbers: Compared, name: str
) -> tuple[str, ...]:
    """Return why a score is what it is, the weightiest reason first.

    Args:
        features: The features of the score.
        using: The model.
        numbers: What the identifiers say.
        name: The name that was compared.
    """
    said = [(100.0, f"same {scheme} identifier") for scheme in numbers.agree]
    said += [(90.0, f"different {scheme} identifiers") for scheme in numbers.contradict]
    for feature, text in _SAID.items():
        if features.get(feature):
            said.append((abs(using.coefficients.get(feature, 0.0)), text))
    if not features.get("equal"):
        share = features.get("shared") or 0.0
        said.append((1.5, f'{share:.0%} of what the words say is shared with "{name}"'))
        if (features.get("unmatched") or 0.0) >= 0.7:
            said.append((1.4, "a distinctive word is in one name only"))
    if (features.get("rivals") or 0.0) >= _RIVALS:
        said.append((50.0, "others of the same source may be meant as well"))
    return tuple(text for _, text in sorted(said, key=lambda one: -one[0]))
