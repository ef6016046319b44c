"""What linking changes in the demonstration: who became one, and what that does to ties and measures."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import typer
from tertius.api import cli_link
from tertius.api.cli_support import opened
from tertius.api.models import Organization
from tertius.api.services import View
from tertius.api.settings import Settings
from tertius.loaders import LoadJob
from tertius.queries.judgements import Judgement, Verdict
from tertius.queries.linking import CANDIDATES
from tertius.queries.network import ChangeKind, Comparison, UnknownOrganizationError

SOURCE: Final = "clean-energy"
_SHOWN: Final = 8
_SEVERAL: Final = 2


def link_demo(chosen: Settings, *, quiet: bool) -> None:
    """Load the register samples, link the demonstration's organisations, publish, and tell what changed."""
    with opened(chosen.data) as services:
        before = services.view().snapshot.number
    for job in LoadJob.samples(chosen.data, base=chosen.base, keep=chosen.keep_snapshots):
        report = cli_link.load(job, quiet=quiet)
        if not quiet:
            typer.echo(report.lines()[0])
    with opened(chosen.data) as services:
        view = services.view()
        linked = cli_link.run(view, SOURCE, (SOURCE, "ror", "gleif"), candidates=CANDIDATES, quiet=quiet)
    if not quiet:
        typer.echo(cli_link.summary(linked, SOURCE))
    if linked.judged:
        job = LoadJob.judged(chosen.data, linked.judged, base=chosen.base, keep=chosen.keep_snapshots)
        report = cli_link.load(job, quiet=quiet)
        if not quiet:
            typer.echo(report.lines()[0])
    if quiet:
        return
    with opened(chosen.data) as services:
        after = services.view()
        if after.snapshot.number == before:
            typer.echo("Nothing was linked that was not linked before.")
            return
        # The samples alone change no ties; what is compared is the network without judgements.
        tell_changes(services.view(before), after, linked.judged)


def tell_changes(before: View, after: View, judged: Sequence[Judgement]) -> None:
    """Print which organisations, ties and measures changed between two snapshots, and why."""
    comparison = Comparison(before.network, after.network)
    counts = comparison.counts
    then, now = before.network.summary(), after.network.summary()
    typer.echo(f"\nSnapshot {before.snapshot.number} against snapshot {after.snapshot.number}")
    typer.echo(
        f"  organisations {then.organizations:,} -> {now.organizations:,}, ties {then.ties:,} -> {now.ties:,}"
    )
    typer.echo(
        f"  {counts['tie_formed']:,} ties formed, {counts['tie_ended']:,} ended, "
        f"{counts['broker_risen']:,} brokers risen, {counts['broker_fallen']:,} fallen: "
        "ties of records that are one organisation now are ties of that one"
    )
    _tell_joined(before, after, judged)
    _tell_brokers(comparison, after)


@dataclass(frozen=True, slots=True)
class _Joined:
    """Records that are one organisation now.

    Attributes:
        name: Its name.
        records: Names of those of its records that had a place in the network.
        before: Their partners and constraints.
        after: Its own.
        gained: Partners beyond those of the record that had most.
        reasons: Why they were joined.
    """

    name: str
    records: tuple[str, ...]
    before: tuple[str, ...]
    after: str
    gained: int
    reasons: tuple[str, ...]


def _tell_joined(before: View, after: View, judged: Sequence[Judgement]) -> None:
    """Print organisations that several records became, and those that a register now identifies."""
    same = [one for one in judged if one.verdict is Verdict.SAME]
    stands = after.directory.organizations({key for one in same for key in one.pair})
    groups: dict[str, list[Judgement]] = {}
    for one in same:
        if one.left in stands:
            groups.setdefault(stands[one.left].key, []).append(one)
    found = [(stands[ones[0].left], ones) for ones in groups.values()]
    joined = [moved for organization, ones in found if (moved := _joined(before, after, organization, ones))]
    typer.echo(
        f"\n{len(same):,} pairs are the same; {len(joined):,} organisations had several places, such as"
    )
    for told in sorted(joined, key=lambda each: (-each.gained, each.name))[:_SHOWN]:
        typer.echo(f"  {told.name[:60]}: {told.after}")
        for name, position in zip(told.records, told.before, strict=True):
            typer.echo(f"      was {name[:56]}: {position}")
        typer.echo(f"      because {'; '.join(told.reasons[:2])}")
    identified = [one for one, _ in found if any(id_.scheme in {"ror", "lei"} for id_ in one.identifiers)]
    if identified:
        typer.echo(f"\n{len(identified):,} organisations have a number in a register now, such as")
    for organization in sorted(identified, key=lambda one: one.name)[:_SHOWN]:
        numbers = " ".join(
            f"{id_.scheme}:{id_.value}" for id_ in organization.identifiers if id_.scheme in {"ror", "lei"}
        )
        typer.echo(f"  {organization.name[:52]:<52} {numbers}")


def _joined(
    before: View, after: View, organization: Organization, judged: Sequence[Judgement]
) -> _Joined | None:
    keys = sorted({key for one in judged for key in one.pair})
    names = before.directory.organizations(keys)
    then = []
    for key in keys:
        with contextlib.suppress(UnknownOrganizationError):
            then.append((key, before.network.position(key)))
    if len(then) < _SEVERAL:
        return None
    now = after.network.position(organization.key)
    return _Joined(
        organization.name,
        tuple(names[key].name if key in names else key for key, _ in then),
        tuple(_told(one.degree, one.constraint) for _, one in then),
        _told(now.degree, now.constraint),
        now.degree - max(one.degree for _, one in then),
        tuple(dict.fromkeys(reason for one in judged for reason in one.reasons)),
    )


def _told(degree: int, constraint: float | None) -> str:
    return f"{degree} partners" + ("" if constraint is None else f" (constraint {constraint:.3f})")


def _tell_brokers(comparison: Comparison, after: View) -> None:
    """Print the organisations whose standing among brokers changed most."""
    found = comparison.page((ChangeKind.BROKER_RISEN, ChangeKind.BROKER_FALLEN), limit=_SHOWN).rows
    if not found:
        return
    names = after.directory.organizations(one.organization for one in found)
    typer.echo("\nTheir standing changed: how many of a hundred broker less than they do")
    for one in found:
        if one.organization in names:
            name = names[one.organization].name[:52]
            typer.echo(f"  {name:<52} {one.standing_before:.0f} -> {one.standing_after:.0f}")
