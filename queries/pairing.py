"""Who may be the same as a record, and what a machine may say of each: one way for lists and single ones.

Candidates are looked for source by source, since a source has one record of an organisation, or, where it has
one already, repetitions of it. A score alone makes nobody the same: what speaks against a machine's verdict
is a doubt, and leaves the two to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tertius.queries.matching import Candidate, Described, Matcher, Outcome

_EVERY: Final = 1_000
"""More candidates than the matcher compares, so that what is said of one hangs on no limit."""

_MARGIN: Final = 0.01
"""Two candidates whose scores lie closer together are as certain as each other."""

_NEARLY: Final = 0.95
"""Likeness of names, whatever the order of words, that a slip of the keyboard explains in one country."""

_SHORT: Final = 6
"""Letters of a single word up to which unrelated organisations often share it, most of them as an acronym."""

_ALIKE: Final = "another candidate is as likely"


@dataclass(frozen=True, slots=True)
class Asked:
    """A record, or an organisation, whose likes are looked for.

    Attributes:
        described: What is known of it.
        keys: Its own keys, and that of the record which stands for it: nobody is a candidate for itself.
        sources: Sources that have a record of it; others that they have are repetitions.
        apart: Keys of organisations that are judged to be others than it.
    """

    described: Described
    keys: frozenset[str]
    sources: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Likely:
    """A candidate, and what may be said of it without a person.

    Attributes:
        candidate: The candidate.
        target: Source that it was looked for in.
        outcome: `same` only where the score says so, no other candidate of the source is as certain, and
            neither country nor legal form nor a mere likeness of the names speaks against it.
        reasons: What speaks for and against it in words, and why it is left to a person.
        apart: Whether it is judged to be another.
    """

    candidate: Candidate
    target: str
    outcome: Outcome
    reasons: tuple[str, ...]
    apart: bool = False


def likely(
    matcher: Matcher, asked: Asked, targets: Sequence[str], *, each: int | None = None
) -> list[Likely]:
    """Return the candidates for being the same, the likeliest first, each once.

    Args:
        matcher: Of the snapshot.
        asked: The record.
        targets: Names of the sources to look in. Of one that several of them have, the least certain
            counts: it is `same` where it is so in all of them.
        each: Most candidates of each source, those that are judged to be others apart; None for all. What is
            said of one does not hang on it.
    """
    found: dict[str, list[Likely]] = {}
    wanted = set[str]()
    for target in targets:
        here = _in_source(matcher, asked, target)
        for one in here:
            found.setdefault(one.candidate.key, []).append(one)
        wanted.update(one.candidate.key for one in [one for one in here if not one.apart][:each])
        wanted.update(one.candidate.key for one in here if one.apart)
    every = [_together(said) for key, said in found.items() if key in wanted]
    return sorted(every, key=lambda one: (-one.candidate.score, one.candidate.key))


def _in_source(matcher: Matcher, asked: Asked, target: str) -> list[Likely]:
    own = target in asked.sources
    found = matcher.match(
        asked.described,
        limit=_EVERY,
        sources=(target,),
        exclude=asked.keys,
        apart=asked.apart,
        one_each=not own,
    )
    doubts = {one.key: _doubts(one) for one in found}
    doubts |= {one.key: "the two are judged to be different" for one in found if one.key in asked.apart}
    certain = [one for one in found if one.outcome is Outcome.SAME and not doubts[one.key]]
    # A register has one record of an organisation: of two candidates as certain, neither is.
    ambiguous = not own and len(certain) > 1 and certain[0].score - certain[1].score < _MARGIN
    taken = certain if own else certain[: 0 if ambiguous else 1]
    for one in certain:
        if one not in taken:
            doubts[one.key] = _ALIKE
    return [_said(one, target, doubts[one.key], apart=one.key in asked.apart) for one in found]


def _said(one: Candidate, target: str, doubt: str, *, apart: bool) -> Likely:
    if one.outcome is not Outcome.SAME or not doubt:
        return Likely(one, target, one.outcome, one.reasons, apart)
    return Likely(one, target, Outcome.UNDECIDED, (*one.reasons, f"left to a person: {doubt}"), apart)


def _together(said: Sequence[Likely]) -> Likely:
    """Return the least certain of what several sources say of one candidate, `different` only if all do."""
    possible = [one for one in said if one.outcome is not Outcome.DIFFERENT]
    least = min(
        possible or said, key=lambda one: (one.outcome is Outcome.SAME, one.candidate.score, one.target)
    )
    if least.outcome is Outcome.SAME and len(possible) < len(said):
        reasons = (*least.reasons, f"left to a person: {_ALIKE}")
        return replace(least, outcome=Outcome.UNDECIDED, reasons=reasons)
    return least


def _doubts(one: Candidate) -> str:
    """Return why no machine should join what the names join: companies of one group are not one company."""
    if one.features.get("identifier_same"):
        return ""
    if one.features.get("country_other"):
        return "the countries differ"
    if one.features.get("form_other"):
        return "the legal forms differ"
    nearly = bool(one.features.get("country_same")) and (one.features.get("sorted") or 0.0) >= _NEARLY
    if not one.features.get("equal") and not nearly:
        return "the names are alike and not equal"
    short = len(one.matched_name) <= _SHORT and len(one.matched_name.split()) == 1
    if short and not one.features.get("country_same"):
        return f"many may be called {one.matched_name}"
    return ""
