"""What follows from all judgements together: groups of records that are one organisation.

Judgements are taken in a fixed order, whatever order they come in: persons' before machines', within each
`different` before `same`, and `same` by score, highest first. A `same` that would bring together two records
that somebody held apart is overruled, and so is a machine's `different` between records that persons bring
together. Everything overruled is reported with what overrules it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tertius.queries.judgements.model import Judgement, Verdict
from tertius.queries.judgements.precedence import caution, precedence
from tertius.queries.judgements.ranks import UNRANKED, Rank
from tertius.queries.judgements.status import Status


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one organisation.

    Attributes:
        canonical: Key of the record that stands for it.
        records: Keys of all of them, in order.
    """

    canonical: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A judgement that cannot hold beside stronger ones.

    Attributes:
        judgement: The one that is overruled.
        against: What overrules it: one `different`, or the chain of `same` that joins its records.
    """

    judgement: Judgement
    against: tuple[Judgement, ...]

    def __str__(self) -> str:
        """Return one line for people."""
        one, by = self.judgement, "; ".join(map(_told, self.against))
        return f"{_told(one)} does not hold, because of: {by}"


@dataclass(frozen=True, slots=True)
class Closure:
    """What follows from judgements.

    Attributes:
        same: Key of a record -> key of the one that stands for it, without those that stand for themselves.
        groups: Records that are one organisation, two or more each, by the key that stands for them.
        conflicts: What is overruled, in the order of strength.
        statuses: Key of each judgement -> what became of it.
    """

    same: Mapping[str, str]
    groups: tuple[Group, ...]
    conflicts: tuple[Conflict, ...]
    statuses: Mapping[str, Status]


def standing(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Return the judgement that counts for each pair: a person's before a machine's, then the newest.

    Of two of the same moment by the same kind of judge, `different` counts before `undecided` before `same`.
    """
    best: dict[tuple[str, str], Judgement] = {}
    for one in judgements:
        held = best.get(one.pair)
        if held is None or _precedence(one) > _precedence(held):
            best[one.pair] = one
    return [best[pair] for pair in sorted(best)]


def close(judgements: Iterable[Judgement], ranks: Mapping[str, Rank]) -> Closure:
    """Follow judgements to their end.

    Args:
        judgements: All of them, history included, in any order.
        ranks: Ranks of records, by key; the lowest of a group stands for it, the smallest key among equals.

    Returns:
        The groups, and what could not hold.
    """
    given = list(judgements)
    held = standing(given)
    statuses = {one.key: Status.REPLACED for one in given}
    statuses |= {one.key: Status.STANDING for one in held}
    partition = _Partition()
    conflicts = []
    for one in sorted(held, key=_strength):
        against = partition.take(one)
        if against:
            conflicts.append(Conflict(one, against))
            statuses[one.key] = Status.OVERRULED
    same: dict[str, str] = {}
    groups = []
    for records in partition.groups():
        stands = min(records, key=lambda record: (ranks.get(record, UNRANKED), record))
        groups.append(Group(stands, records))
        same |= {record: stands for record in records if record != stands}
    return Closure(same, tuple(sorted(groups, key=lambda one: one.canonical)), tuple(conflicts), statuses)


def _precedence(one: Judgement) -> tuple[bool, dt.datetime, int, str]:
    return precedence(one.kind, one.when, one.verdict, one.key)


def _strength(one: Judgement) -> tuple[object, ...]:
    """Order of taking: what comes earlier holds against what comes later."""
    certain = one.score if one.score is not None else float(one.kind == "person")
    return one.kind != "person", -caution(one.verdict), -certain, one.pair


def _told(one: Judgement) -> str:
    return f"{one.pair[0]} and {one.pair[1]} {one.verdict} ({one.by})"


@dataclass(slots=True)
class _Partition:
    """Records in disjoint groups, some of which are held apart."""

    parent: dict[str, str] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)
    apart: defaultdict[str, dict[str, Judgement]] = field(default_factory=lambda: defaultdict(dict))
    joins: defaultdict[str, list[Judgement]] = field(default_factory=lambda: defaultdict(list))

    def take(self, one: Judgement) -> tuple[Judgement, ...]:
        """Let a judgement hold, or return what it cannot hold against."""
        if one.verdict is Verdict.UNDECIDED:
            return ()
        left, right = (self._root(record) for record in one.pair)
        if one.verdict is Verdict.DIFFERENT:
            if left == right:
                return self._chain(*one.pair)
            self._hold_apart(left, right, one)
            return ()
        if right in self.apart.get(left, {}):
            return (self.apart[left][right],)
        for record in one.pair:
            self.joins[record].append(one)
        if left != right:
            self._join(left, right)
        return ()

    def groups(self) -> list[tuple[str, ...]]:
        members = defaultdict(list)
        for record in sorted(self.parent):
            members[self._root(record)].append(record)
        return [tuple(records) for records in members.values() if len(records) > 1]

    def _root(self, record: str) -> str:
        self.parent.setdefault(record, record)
        root = record
        while self.parent[root] != root:
            root = self.parent[root]
        while self.parent[record] != root:
            self.parent[record], record = root, self.parent[record]
        return root

    def _hold_apart(self, left: str, right: str, by: Judgement) -> None:
        # The strongest that holds two groups apart is the one to name; it comes first.
        self.apart[left].setdefault(right, by)
        self.apart[right].setdefault(left, by)

    def _join(self, left: str, right: str) -> None:
        large, small = (left, right) if self._weight(left) >= self._weight(right) else (right, left)
        self.parent[small] = large
        self.size[large] = self.size.get(large, 1) + self.size.pop(small, 1)
        for other, by in self.apart.pop(small, {}).items():
            del self.apart[other][small]
            held = self.apart[large].get(other, by)
            first = min(held, by, key=_strength)
            self.apart[large][other] = self.apart[other][large] = first

    def _weight(self, root: str) -> int:
        return self.size.get(root, 1) + len(self.apart.get(root, {}))

    def _chain(self, begin: str, end: str) -> tuple[Judgement, ...]:
        """Return a shortest chain of `same` from one record to another of its group."""
        came: dict[str, tuple[str, Judgement] | None] = {begin: None}
        queue = deque([begin])
        while end not in came:
            record = queue.popleft()
            for one in sorted(self.joins[record], key=lambda one: one.pair):
                other = one.right if one.left == record else one.left
                if other not in came:
                    came[other] = (record, one)
                    queue.append(other)
        chain = []
        step = came[end]
        while step is not None:
            chain.append(step[1])
            step = came[step[0]]
        return tuple(reversed(chain))
