"""What follows from judgements: order does not matter, `different` is respected, persons come first."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tertius.ontology.identity import key
from tertius.queries.judgements import Judgement, Rank, Status, Verdict, close, rank, standing

T0 = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
NAMES = "abcdefg"
RECORD = {name: key("record", name) for name in NAMES}
NAME = {record: name for name, record in RECORD.items()}
SAME, DIFFERENT, UNDECIDED = Verdict


def J(pair, verdict=SAME, kind="machine", day=0, score=None, by="matcher 1"):  # noqa: N802 - reads as a row
    left, right = (RECORD[name] for name in pair)
    return Judgement(left, right, verdict, by, kind, T0 + dt.timedelta(days=day), score)


def groups(closure):
    return {"".join(sorted(NAME[record] for record in group.records)) for group in closure.groups}


judgements = st.lists(
    st.builds(
        J,
        st.sampled_from(["".join(pair) for pair in combinations(NAMES, 2)]),
        st.sampled_from(list(Verdict)),
        st.sampled_from(["person", "machine"]),
        st.integers(0, 3),
        st.none() | st.sampled_from([0.1, 0.5, 0.9]),
    ),
    max_size=20,
)


@given(judgements, st.randoms(use_true_random=False))
def test_order_and_side_do_not_matter(given_judgements, random):
    first = close(given_judgements, {})
    shuffled = [replace(one, left=one.right, right=one.left) for one in given_judgements]
    random.shuffle(shuffled)
    again = close(shuffled, {})
    assert (again.same, again.groups, again.statuses) == (first.same, first.groups, first.statuses)
    assert [one.judgement.key for one in again.conflicts] == [one.judgement.key for one in first.conflicts]


@given(judgements)
def test_every_standing_verdict_holds_and_every_other_is_explained(given_judgements):
    closure = close(given_judgements, {})
    group = {record: one.canonical for one in closure.groups for record in one.records}
    overruled = {one.judgement.key: one for one in closure.conflicts}
    for one in standing(given_judgements):
        together = one.left in group and group[one.left] == group.get(one.right)
        if one.key not in overruled:
            assert closure.statuses[one.key] is Status.STANDING
            assert one.verdict is UNDECIDED or together == (one.verdict is SAME)
            continue
        assert closure.statuses[one.key] is Status.OVERRULED
        assert together == (one.verdict is DIFFERENT)
        against = overruled[one.key].against
        assert against
        assert {by.verdict for by in against} == {SAME if one.verdict is DIFFERENT else DIFFERENT}
        assert all(closure.statuses[by.key] is Status.STANDING for by in against)
        if one.kind == "person":
            assert all(by.kind == "person" for by in against)


@given(judgements)
def test_groups_are_what_the_honoured_joins_reach_and_nothing_more(given_judgements):
    closure = close(given_judgements, {})
    reach = {record: {record} for record in RECORD.values()}
    for one in standing(given_judgements):
        if one.verdict is SAME and closure.statuses[one.key] is Status.STANDING:
            joined = reach[one.left] | reach[one.right]
            for record in joined:
                reach[record] = joined
    assert {one.records for one in closure.groups} == {
        tuple(sorted(found)) for found in reach.values() if len(found) > 1
    }
    assert all(closure.same[one] == g.canonical for g in closure.groups for one in g.records[1:]) or all(
        closure.same.get(one, one) == g.canonical for g in closure.groups for one in g.records
    )
    assert not set(closure.same) & set(closure.same.values())


@given(judgements)
def test_taking_back_every_join_leaves_nobody_joined(given_judgements):
    later = [
        replace(one, verdict=UNDECIDED, kind="person", when=T0 + dt.timedelta(days=9))
        for one in given_judgements
    ]
    closure = close([*given_judgements, *later], {})
    assert (closure.same, closure.groups, closure.conflicts) == ({}, (), ())
    assert set(closure.statuses) == {one.key for one in [*given_judgements, *later]}


def test_the_newest_counts_but_no_machine_overrules_a_person():
    old, new = J("ab"), J("ab", DIFFERENT, day=1)
    assert standing([new, old]) == [new]
    person = J("ab", UNDECIDED, "person")
    assert standing([person, new]) == [person]
    withdrawn = J("ab", SAME, "person", day=1)
    assert groups(close([old, new, person, withdrawn], {})) == {"ab"}


def test_the_weakest_join_across_a_difference_is_refused():
    chain = [J("ab", score=0.9), J("bc", score=0.8), J("cd", score=0.95), J("ad", DIFFERENT, score=0.1)]
    closure = close(chain, {})
    assert groups(closure) == {"ab", "cd"}
    (conflict,) = closure.conflicts
    assert conflict.judgement == chain[1]
    assert conflict.against == (chain[3],)
    assert "same (matcher 1) does not hold, because of" in str(conflict)


def test_a_person_joins_what_a_machine_held_apart_and_is_shown_the_chain():
    sames = [J("ab", kind="person"), J("bc", kind="person")]
    apart = J("ac", DIFFERENT, score=0.0)
    closure = close([apart, *sames], {})
    assert groups(closure) == {"abc"}
    assert closure.conflicts[0].judgement == apart
    assert closure.conflicts[0].against == tuple(sames)


def test_a_persons_difference_beats_any_score():
    closure = close([J("ab", score=1.0), J("bc", score=1.0), J("ac", DIFFERENT, "person")], {})
    assert groups(closure) == {"ab"}


def test_who_stands_for_a_group():
    lei, ror, pic, register = (
        [("lei", "5299000J2N45DDNE4Y28")],
        [("ror", "02xzytt36")],
        [("pic", "999981634")],
        [("gb-coh", "00445790")],
    )
    order = [
        rank(key("lei", lei[0][1]), lei, 9),
        rank("x", [*pic, *lei], 1),
        rank("x", ror, 2),
        rank("x", pic, 3),
        rank("x", register, 4),
        rank("x", [], 5),
        rank("x", [("wikidata", "Q1")], 6),
    ]
    assert order == sorted(order)
    ranks = {RECORD["a"]: order[3], RECORD["b"]: order[0], RECORD["c"]: Rank(4, 1, 0)}
    closure = close([J("ab"), J("bc")], ranks)
    assert closure.same == {RECORD["a"]: RECORD["b"], RECORD["c"]: RECORD["b"]}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"left": "nothing"}, "left: 'nothing'"),
        ({"right": RECORD["a"]}, "right: .* against itself"),
        ({"by": " "}, "by: "),
        ({"kind": "dog"}, "kind: 'dog'"),
        ({"when": dt.datetime(2024, 1, 1)}, "when: "),
        ({"score": 1.5}, "score: 1.5"),
        ({"score": float("nan")}, "score: nan"),
        ({"reasons": ("x" * 1001,)}, "reasons: "),
        ({"verdict": "perhaps"}, "perhaps"),
    ],
)
def test_what_is_no_judgement_is_refused(change, word):
    with pytest.raises(ValueError, match=word):
        replace(J("ab"), **change)


def test_one_moment_and_one_set_of_reasons_have_one_key():
    east = dt.timezone(dt.timedelta(hours=1))
    one = replace(J("ab"), reasons=("x", "y"))
    other = replace(J("ba"), when=T0.astimezone(east), reasons=("y", "x"))
    assert one.key == other.key
    assert one.repeats(replace(other, when=T0 + dt.timedelta(days=1)))
    assert not one.repeats(replace(other, score=0.5))
