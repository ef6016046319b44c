"""Whether partners of a portfolio help or hinder what an organisation does with one another.

Few rules, each with its place in the sources; what none of them decides stays uncoded. Competition between
partners, harm done to one alliance by another and unequal power are hindrances too, but nothing in a
participation table tells of them, and likeness of sector is no evidence of rivalry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from tertius.queries.network.ambidexterity import Coding
from tertius.queries.network.introductions import STRONG_MIN
from tertius.queries.network.portfolio import NAMED, compared_partners

if TYPE_CHECKING:
    from tertius.queries.network.network import Network


class Effect(StrEnum):
    """What one partner does to the alliances with another."""

    FACILITATING = "facilitating"
    HINDERING = "hindering"


class Rule(StrEnum):
    """What makes a coding."""

    STRONG_TIE = "strong-tie"
    OPPOSING_FUNCTIONS = "opposing-functions"


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule in words.

    Attributes:
        rule: Its name.
        effect: What it codes.
        statement: When it applies, and why.
        sources: Where that is said.
    """

    rule: Rule
    effect: Effect
    statement: str
    sources: tuple[str, ...]


RULES: Final = (
    RuleText(
        Rule.STRONG_TIE,
        Effect.FACILITATING,
        f"The two partners share {STRONG_MIN} alliances or more in the window: within a close network of "
        "third parties partners do not lightly discredit each other and are willing to pass knowledge on.",
        ("000_a85cf2e4811a96de.txt, section 2.3, line 125",),
    ),
    RuleText(
        Rule.OPPOSING_FUNCTIONS,
        Effect.HINDERING,
        "All alliances with one partner in the window generate knowledge and all with the other use it: the "
        "settled routines that the one kind needs slow the other down, and the search for new and diverse "
        "partners keeps routines from settling.",
        ("000_a85cf2e4811a96de.txt, section 2.2, line 109",),
    ),
)
"""Every rule there is."""

_NEITHER: Final = 0.5


@dataclass(frozen=True, slots=True)
class Dependence:
    """Two partners to whom a rule applies.

    Attributes:
        one: Key of a partner; of opposing functions, the one with whom knowledge is generated.
        other: Key of the other.
        effect: What is coded.
        rule: What made the coding.
        shared_alliances: Alliances that the two share in the window.
        inferred: Whether the function of an alliance is inferred, not recorded.
    """

    one: str
    other: str
    effect: Effect
    rule: Rule
    shared_alliances: int
    inferred: bool


@dataclass(frozen=True, slots=True)
class Interdependence:
    """How the pairs of partners compared depend on one another.

    Attributes:
        pairs: Pairs compared.
        facilitating: Those to which a facilitating rule applies.
        hindering: Those to which a hindering rule applies.
        both: Those among both.
        uncoded: Those to which no rule applies.
        function_unknown: Those that opposing functions could not be looked for in: the function of an
            alliance with one of the two is not coded.
        inferred: Those of the hindering whose coding rests on an inferred function.
        named: At most ten of each effect.
    """

    pairs: int
    facilitating: int
    hindering: int
    both: int
    uncoded: int
    function_unknown: int
    inferred: int
    named: tuple[Dependence, ...]


def alliances_with_partners(network: Network, key: str) -> dict[int, tuple[str, ...]]:
    """Return the alliances in the window with each partner compared, by position, the heaviest tie first.

    Raises:
        UnknownOrganizationError: No organisation has this key.
    """
    row = network.row(key)
    if row < 0:
        return {}
    ties = network.derived.ties
    found = {}
    for slot in compared_partners(network, row):
        tie = ties.slot_tie[slot]
        found[int(ties.partner[slot])] = tuple(network.table.alliance_keys(ties.alliances_of(int(tie))))
    return found


def interdependence(
    network: Network, met: Mapping[int, Sequence[str]], function: Mapping[str, Coding]
) -> Interdependence:
    """Code every pair of partners by `RULES`.

    Args:
        network: The network.
        met: Partners and alliances as `alliances_with_partners` returns them.
        function: Coding of alliances by key, those that nothing decides left out.
    """
    partners = np.fromiter(met, dtype=np.int32, count=len(met))
    keys = network.table.organization_keys(network.derived.ties.organization[partners])
    functions = [_function(function, alliances) for alliances in met.values()]
    shared = _shared_alliances(network, partners)
    strong: list[Dependence] = []
    opposing: list[Dependence] = []
    both = unknown = 0
    for i in range(partners.size):
        for j in range(i + 1, partners.size):
            count = int(shared[i, j])
            close = count >= STRONG_MIN
            if close:
                strong.append(
                    Dependence(keys[i], keys[j], Effect.FACILITATING, Rule.STRONG_TIE, count, inferred=False)
                )
            mine, theirs = functions[i], functions[j]
            if mine is None or theirs is None:
                unknown += 1
            elif {mine.value, theirs.value} == {0.0, 1.0}:
                one, other = (i, j) if mine.value > theirs.value else (j, i)
                guessed = mine.inferred or theirs.inferred
                opposing.append(
                    Dependence(
                        keys[one], keys[other], Effect.HINDERING, Rule.OPPOSING_FUNCTIONS, count, guessed
                    )
                )
                both += close
    strong.sort(key=lambda pair: -pair.shared_alliances)
    opposing.sort(key=lambda pair: pair.inferred)
    pairs = partners.size * (partners.size - 1) // 2
    return Interdependence(
        pairs=pairs,
        facilitating=len(strong),
        hindering=len(opposing),
        both=both,
        uncoded=pairs - len(strong) - len(opposing) + both,
        function_unknown=unknown,
        inferred=sum(pair.inferred for pair in opposing),
        named=(*strong[:NAMED], *opposing[:NAMED]),
    )


def _function(function: Mapping[str, Coding], alliances: Iterable[str]) -> Coding | None:
    """Return what all alliances with a partner do; neither where they differ, None where one is uncoded."""
    found = [function.get(alliance) for alliance in alliances]
    coded = [one for one in found if one is not None]
    if len(coded) < len(found):
        return None
    values = {one.value for one in coded}
    return Coding(values.pop() if len(values) == 1 else _NEITHER, any(one.inferred for one in coded))


def _shared_alliances(
    network: Network, partners: np.ndarray[tuple[int, ...], np.dtype[np.int32]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return the number of alliances that each two positions share in the window; 0 without a tie."""
    ties = network.derived.ties
    shared = np.zeros((partners.size, partners.size), dtype=np.int64)
    for at, row in enumerate(partners.tolist()):
        begin, end = int(ties.offsets[row]), int(ties.offsets[row + 1])
        around = ties.partner[begin:end]
        place = np.searchsorted(around, partners).clip(max=around.size - 1)
        tie = ties.slot_tie[begin + place]
        shared[at] = np.where(around[place] == partners, ties.evidence_size[tie], 0)
    return shared
