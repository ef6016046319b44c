"""Which of several judgements counts before the others."""

from __future__ import annotations

import datetime as dt
import sqlite3
from typing import Final

from tertius.queries.judgements.model import Verdict
from tertius.queries.judgements.status import Status

_CAUTION: Final = {Verdict.SAME: 0, Verdict.UNDECIDED: 1, Verdict.DIFFERENT: 2}


def caution(verdict: Verdict) -> int:
    """Return the place of a verdict: `same` lowest, `different` highest."""
    return _CAUTION[verdict]


def precedence(
    kind: str, when: dt.datetime, verdict: Verdict, key: str
) -> tuple[bool, dt.datetime, int, str]:
    """Return what orders judgements of one pair, the one that counts last.

    A person's counts before a machine's, then the newest; of the same moment the most cautious, then the one
    whose key, and so whose IRI, is the last in the alphabet.

    Args:
        kind: Kind of judge, `person` or `machine`.
        when: The moment.
        verdict: What was judged.
        key: Key of the judgement.
    """
    return kind == "person", when, _CAUTION[verdict], key


def strength(row: sqlite3.Row) -> tuple[bool, bool, dt.datetime, int, str]:
    """Return what orders rows of the table `judgement`, also of several pairs, the strongest last.

    What stands comes before what is overruled or dormant; then `precedence` decides.
    """
    when, verdict = dt.datetime.fromisoformat(row["when"]), Verdict(row["verdict"])
    return row["status"] == Status.STANDING, *precedence(row["kind"], when, verdict, row["key"])


def holds_apart(row: sqlite3.Row) -> bool:
    """Tell whether a row of the table `judgement` says, and still does, that two are different."""
    return (Verdict(row["verdict"]), Status(row["status"])) == (Verdict.DIFFERENT, Status.STANDING)
