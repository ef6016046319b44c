"""What can be done only when all rows of a source are read: fill gaps, drop repeats, count."""

from __future__ import annotations

from typing import Final

from tertius.loaders.collect import Collector
from tertius.loaders.countries import ALIASES
from tertius.loaders.observed import settle
from tertius.loaders.problems import EXAMPLES, Problem, shorten

_FORMS_SHOWN: Final = 20


def conclude(collector: Collector, *, given_alliances: bool) -> int:
    """Fill in constants, drop repeated participations and write the notes that count.

    Args:
        collector: After the last row.
        given_alliances: Whether a file of its own describes the alliances.

    Returns:
        How many alliances have one partner.
    """
    if collector.mapping.observed:
        settle(collector.sightings, collector.facts, collector.notes)
    _constants(collector)
    _repeats(collector)
    single = _partners(collector)
    _tallies(collector)
    if given_alliances:
        unknown = sum(not alliance.listed for alliance in collector.facts.alliances.values())
        message = (
            f"{unknown:,} alliances have participations but no row in the alliances file; "
            "they are kept, without dates"
        )
        _count(collector, "undescribed-alliance", unknown, message)
    undated = (
        0
        if collector.mapping.observed
        else sum("start" not in alliance.dates for alliance in collector.facts.alliances.values())
    )
    message = (
        f"{undated:,} alliances have no start; without dates of its own, a participation has none either"
    )
    _count(collector, "undated-alliance", undated, message)
    outside = collector.facts.outside()
    message = f"{len(outside):,} participations have a date outside their alliance's; both are kept"
    _count(collector, "outside-alliance", len(outside), message, outside[0] if outside else None)
    return single


def _count(collector: Collector, code: str, times: int, message: str, row: int | None = None) -> None:
    if times > 0:
        collector.notes.add(Problem(code, message, row=row), times)


def _constants(collector: Collector) -> None:
    """Give every alliance the constants of the mapping that its rows left open."""
    constants = collector.constants
    for alliance in collector.facts.alliances.values():
        for column, date in constants.dates.items():
            alliance.dates.setdefault(column, date)
        for column, notations in constants.concepts.items():
            if column != "form" or "form" not in alliance.texts:
                alliance.concepts.setdefault(column, notations)
        for column, text in constants.texts.items():
            alliance.texts.setdefault(column, text)


def _repeats(collector: Collector) -> None:
    pairs = collector.facts.drop_repeats()
    for again, first in pairs[:EXAMPLES]:
        message = f"repeats row {first}: same alliance, partner, role and period; counted once"
        collector.notes.add(Problem("repeated-row", message, row=again))
    collector.notes.more("repeated-row", len(pairs) - EXAMPLES)


def _partners(collector: Collector) -> int:
    empty = collector.facts.drop_empty_alliances()
    message = f"{empty:,} alliances of the alliances file have no participation and were left out"
    _count(collector, "no-partner", empty, message)
    counts = collector.facts.partners()
    single = counts.count(1)
    message = f"{single:,} alliances have one partner; they are kept and tie nobody"
    _count(collector, "single-partner", single, message)
    return single


def _tallies(collector: Collector) -> None:
    forms = []
    for (kind, what), times in sorted(collector.tally.items()):
        if kind == "country":
            message = f"{what} was read as {ALIASES[what]}, its code in ISO 3166, in {times:,} rows"
            _count(collector, "country-alias", times, message)
        elif kind == "remark":
            _count(collector, "remark", times, f"{times:,} rows: {what}")
        elif kind == "rename":
            message = f"{what}, by the mapping's judgement, in {times:,} rows"
            _count(collector, "rename", times, message)
        elif kind == "without-identifier":
            message = f"{times:,} rows have no {what}; their organisations are told apart by name and country"
            _count(collector, "without-identifier", times, message)
        else:
            forms.append((times, what))
    half = collector.half_located()
    message = (
        f"{half:,} names occur both with and without a country and were kept apart; "
        "a mapping with 'identity: name' joins them"
    )
    _count(collector, "half-located", half, message)
    if forms:
        forms.sort(key=lambda pair: (-pair[0], pair[1]))
        listed = ", ".join(f"{shorten(what)} ({times:,})" for times, what in forms[:_FORMS_SHOWN])
        more = f" and {len(forms) - _FORMS_SHOWN} more" if len(forms) > _FORMS_SHOWN else ""
        message = f"forms that the ontology does not know were kept as given: {listed}{more}"
        _count(collector, "form-as-given", sum(times for times, _ in forms), message)
