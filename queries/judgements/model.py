"""One judgement: somebody's verdict on whether two records are one organisation."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from tertius.ontology.identity import KEY_LENGTH, key

Kind = Literal["person", "machine"]
"""Who judges; a machine never overrules a person."""

KINDS: Final[tuple[Kind, ...]] = ("person", "machine")

MOST_REASONS: Final = 50
LONGEST_REASON: Final = 1000
LONGEST_NAME: Final = 200

_KEY: Final = re.compile(rf"[a-z2-7]{{{KEY_LENGTH}}}")


class Verdict(StrEnum):
    """What is judged; the values are notations of the ontology's `judgement-verdict`.

    Members:
        SAME: Both records are of one organisation.
        DIFFERENT: They are of two.
        UNDECIDED: Nothing can be said, or what was said before is withdrawn.
    """

    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on two records. The pair has no order: left and right may change places.

    Attributes:
        left: Key of an organisation.
        right: Key of another.
        verdict: What was judged.
        by: Who judged: a person's name or a programme's, with its version.
        kind: Whether that is a person or a machine.
        when: The moment, in UTC; kept to the microsecond.
        score: Probability, 0 to 1, that the two are one organisation, whatever the verdict; `None` where
            none was given.
        reasons: What speaks for the verdict, each in a few words; their order is not kept in the graph.
        key: Key of the judgement itself, from everything that it says; it is not given but follows.

    Raises:
        ValueError: A part is not what it must be; the message names it.
    """

    left: str
    right: str
    verdict: Verdict
    by: str
    kind: Kind
    when: dt.datetime
    score: float | None = None
    reasons: tuple[str, ...] = ()
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("left", "right"):
            if not _KEY.fullmatch(getattr(self, name)):
                raise ValueError(f"{name}: '{getattr(self, name)[:40]}' is not a key of an organization")
        if self.left == self.right:
            raise ValueError("right: an organization cannot be judged against itself")
        if not self.by.strip() or len(self.by) > LONGEST_NAME:
            raise ValueError(f"by: a name of 1 to {LONGEST_NAME} characters must say who judges")
        if self.kind not in KINDS:
            raise ValueError(f"kind: '{self.kind}' is neither person nor machine")
        if self.when.tzinfo is None:
            raise ValueError("when: the moment has no time zone")
        if self.score is not None and not 0 <= self.score <= 1:
            raise ValueError(f"score: {self.score} is not within 0 and 1")
        if len(self.reasons) > MOST_REASONS or any(len(one) > LONGEST_REASON for one in self.reasons):
            raise ValueError(
                f"reasons: at most {MOST_REASONS}, each of at most {LONGEST_REASON} characters, are kept"
            )
        # One moment has one spelling, and so one key.
        object.__setattr__(self, "when", self.when.astimezone(dt.UTC))
        object.__setattr__(self, "verdict", Verdict(self.verdict))
        object.__setattr__(self, "key", self._key())

    @property
    def pair(self) -> tuple[str, str]:
        """Both keys, the smaller first."""
        return (self.left, self.right) if self.left < self.right else (self.right, self.left)

    def _key(self) -> str:
        score = "" if self.score is None else repr(self.score)
        return key(
            "judgement",
            *self.pair,
            self.verdict,
            self.by,
            self.kind,
            self.when.isoformat(),
            score,
            *sorted(set(self.reasons)),
        )

    def repeats(self, other: Judgement) -> bool:
        """Tell whether the same judge says the same of the same pair, at whatever time."""
        mine, theirs = ((one.pair, *_said(one)) for one in (self, other))
        return mine == theirs


def _said(one: Judgement) -> tuple[object, ...]:
    return one.verdict, one.by, one.kind, one.score, set(one.reasons)
