"""What two descriptions of organisations have in common, in numbers; each is symmetric."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler
from tertius.queries.matching.names import Name, like_a_form

_LIKE: Final = 0.86
"""Jaro-Winkler similarity from which two words may be the same word, spelt otherwise."""

_STEM: Final = 3
"""Letters from which the beginning of a word may be its abbreviation."""

_FORM: Final = 0.25
"""Weight of a word that is a legal form but for a slip."""

_ENOUGH: Final = 3.0
"""Weight of words in common above which more of them add nothing."""


def name_features(left: Name, right: Name, weight: Callable[[str], float]) -> dict[str, float]:
    """Compare two names.

    Args:
        left: A name.
        right: Another.
        weight: How much a word says, between 0 and 1.

    Returns:
        `equal`: normal forms without blanks are equal. `ratio`, `sorted`: letters in common in order, and
        with the words sorted. `shared`: weight of the words in common over that of all. `contained`: the same
        over the name that has less. `unmatched`: weight of the weightiest word that only one has. `evidence`:
        weight of the words in common. `first`: the first words are alike. `initials`: one is the other's
        initials, the more of them the more. `numbers`: they differ in a number. `form_same`, `form_other`:
        they bear the same or another legal form. Each lies between 0 and 1.
    """
    equal = left.compact == right.compact != ""
    common, total_left, total_right, unmatched = _words(left.core, right.core, weight)
    if equal:
        common, unmatched = max(total_left, total_right), 0.0
    union = total_left + total_right - common
    least = min(total_left, total_right)
    initials = _initials(left, right)
    same_form = bool(left.forms & right.forms)
    both_forms = bool(left.forms) and bool(right.forms)
    return {
        "equal": float(equal),
        "ratio": fuzz.ratio(left.text, right.text) / 100,
        "sorted": fuzz.token_sort_ratio(left.text, right.text) / 100,
        "shared": min(1.0, common / union) if union else 0.0,
        "contained": min(1.0, common / least) if least else 0.0,
        "unmatched": unmatched,
        "evidence": min(1.0, common / _ENOUGH),
        "first": _first(left.core, right.core),
        "initials": initials,
        "numbers": float(_numbers(left) != _numbers(right)),
        "form_same": float(same_form),
        "form_other": float(both_forms and not same_form),
    }


def fact_features(left: Mapping[str, str | None], right: Mapping[str, str | None]) -> dict[str, float]:
    """Compare country, city and website; what one side does not know counts for nothing.

    Returns:
        `country_same`, `country_other`, `city_same`, `city_other`, `website_same`, `website_other`.
    """
    found = {}
    for fact in ("country", "city", "website"):
        one, other = left.get(fact), right.get(fact)
        known = bool(one) and bool(other)
        found[f"{fact}_same"] = float(known and one == other)
        found[f"{fact}_other"] = float(known and one != other)
    return found


def _initials(left: Name, right: Name) -> float:
    for one, other in ((left, right), (right, left)):
        if len(one.core) == 1 and len(other.core) > 1 and one.compact in other.initials:
            return min(1.0, (len(one.compact) - 2) / 3)
    return 0.0


def _numbers(name: Name) -> frozenset[str]:
    return frozenset(word for word in name.core if word.isdigit())


def _first(left: tuple[str, ...], right: tuple[str, ...]) -> float:
    if not left or not right:
        return 0.0
    return float(left[0] == right[0] or JaroWinkler.similarity(left[0], right[0]) >= _LIKE)


def _words(
    left: tuple[str, ...], right: tuple[str, ...], weight: Callable[[str], float]
) -> tuple[float, float, float, float]:
    """Return the weight in common, of either side, and of the weightiest word that has no counterpart."""
    ours, theirs = set(left), set(right)
    both = ours & theirs
    common = sum(map(weight, both))
    rest_left, rest_right = ours - both, theirs - both

    def weigh(word: str) -> float:
        found = weight(word)
        return _FORM if found == 1.0 and like_a_form(word) else found

    total_left = common + sum(map(weigh, rest_left))
    total_right = common + sum(map(weigh, rest_right))
    if rest_left and rest_right:
        pairs = sorted(
            (
                (likeness, one, other)
                for one in rest_left
                for other in rest_right
                if (likeness := _alike(one, other))
            ),
            key=lambda pair: (-pair[0], min(pair[1:]), max(pair[1:])),
        )
        for likeness, one, other in pairs:
            if one in rest_left and other in rest_right:
                common += likeness * (weigh(one) + weigh(other)) / 2
                rest_left.discard(one)
                rest_right.discard(other)
    unmatched = max(map(weigh, rest_left | rest_right), default=0.0)
    return common, total_left, total_right, unmatched


def _alike(left: str, right: str) -> float:
    """Return how likely two words are the same one, 0 where they are not."""
    if (len(left), left) > (len(right), right):
        left, right = right, left
    if len(left) < _STEM or left.isdigit() or right.isdigit():
        return 0.0
    # Words whose first two letters have nothing in common are others; most pairs are.
    if left[0] != right[0] and left[1] != right[1] and left[0] != right[1] and left[1] != right[0]:
        return 0.0
    if len(right) > _STEM and OSA.distance(left, right, score_cutoff=1) <= 1:
        return 1.0 - 0.5 / len(right)
    if right.startswith(left):
        return 0.8
    found = JaroWinkler.similarity(left, right, score_cutoff=_LIKE)
    return found * 0.95 if found >= _LIKE and len(left) > _STEM else 0.0
