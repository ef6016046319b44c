"""The command link: a whole list of organisations against others, and the reviewed list back."""

from __future__ import annotations

import datetime as dt
import getpass
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import typer
from tertius import loaders
from tertius.api import link_table
from tertius.api.cli_support import (
    CountingBar,
    DataOption,
    JsonOption,
    Mistake,
    ProgressBars,
    QuietOption,
    opened,
    settings,
)
from tertius.api.exchange import VERSION
from tertius.api.services import View
from tertius.loaders import LoadJob, LoadReport
from tertius.queries.judgements import Judgement
from tertius.queries.linking import CANDIDATES, MOST_CANDIDATES, Linking, Listed, Pair, judgements
from tertius.queries.matching import Outcome

MACHINE: Final = f"tertius {VERSION}"
"""How judgements of the machine are signed."""

ByOption = Annotated[
    str | None, typer.Option("--by", help="Who judges; the user's name by default.", metavar="NAME")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(link)


@dataclass(slots=True)
class Linked:
    """What linking found.

    Attributes:
        found: Records with their candidates.
        outcomes: Records by the best that was found for them: `same`, `undecided` or `none`.
        judged: What the machine says that nobody had said.
        left: Pairs that a person has judged, which stay as they are.
    """

    found: list[tuple[Listed, list[Pair]]] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    judged: list[Judgement] = field(default_factory=list)
    left: int = 0


def link(
    *,
    source: Annotated[
        str | None, typer.Argument(help="Name of the source whose organisations are linked.")
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="Source to link to; may be repeated; all others by default."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Table of the pairs to look through: .csv or .xlsx."),
    ] = None,
    reviewed: Annotated[
        Path | None,
        typer.Option("--reviewed", help="Take this table back: its verdicts become judgements of a person."),
    ] = None,
    by: ByOption = None,
    candidates: Annotated[
        int,
        typer.Option(
            "--candidates",
            min=1,
            max=MOST_CANDIDATES,
            help="Most candidates for each organisation in each source.",
        ),
    ] = CANDIDATES,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Judge nothing; write the table and say what was found.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Link a list of organisations to others, or take a reviewed table of pairs back.

    What is certain becomes a judgement of the machine and a new snapshot; what is not is left to a person.
    """
    chosen = settings(data)
    if reviewed is not None:
        if source is not None or to or output is not None:
            raise Mistake("--reviewed takes a table back: leave out the source, --to and --output")
        job = LoadJob.reviewed(
            chosen.data,
            _existing(reviewed),
            by=by or getpass.getuser(),
            base=chosen.base,
            keep=chosen.keep_snapshots,
        )
        tell(load(job, quiet=quiet or as_json), as_json=as_json, quiet=quiet)
        return
    if source is None:
        raise Mistake("name the source to link, or give --reviewed")
    if output is not None and output.suffix.lower() not in link_table.FORMATS:
        raise Mistake(f"--output: {output.name} ends in none of {', '.join(link_table.FORMATS)}")
    with opened(data) as services:
        view = services.view()
        linked = run(view, source, targets(view, source, to), candidates=candidates, quiet=quiet or as_json)
        if output is not None:
            _write(output, linked, view)
    report = None
    if linked.judged and not dry_run:
        job = LoadJob.judged(chosen.data, linked.judged, base=chosen.base, keep=chosen.keep_snapshots)
        report = load(job, quiet=quiet or as_json)
    _tell(linked, source, report, output, as_json=as_json, quiet=quiet, dry_run=dry_run)


def targets(view: View, source: str, to: Sequence[str] | None) -> list[str]:
    """Return the sources to link to.

    Raises:
        Mistake: One of them, or the source, describes no organisations.
    """
    linking = Linking(view.snapshot.search_path)
    try:
        known = linking.sources()
    finally:
        linking.close()
    for name in (source, *(to or ())):
        if name not in known:
            there = ", ".join(known) or "none"
            raise Mistake(f"no source {name!r} describes organisations; there are: {there}")
    wanted = list(dict.fromkeys(to or [name for name in known if name != source]))
    if not wanted:
        raise Mistake(f"there is no other source than {source}; `--to {source}` looks for repetitions in it")
    return wanted


def run(view: View, source: str, to: Sequence[str], *, candidates: int, quiet: bool) -> Linked:
    """Link a source; nothing is written."""
    linked = Linked()
    linking = Linking(view.snapshot.search_path)
    try:
        with CountingBar(f"linking {source}", quiet=quiet) as progress:
            for record, pairs in linking.link(source, to, candidates=candidates, progress=progress):
                best = pairs[0].outcome if pairs else None
                if any(one.outcome is Outcome.SAME for one in pairs):
                    best = Outcome.SAME
                linked.outcomes[best.value if best else "none"] += 1
                linked.found.append((record, pairs))
    finally:
        linking.close()
    every = [one for _, pairs in linked.found for one in pairs]
    linked.left = sum(one.said is not None and one.said.kind == "person" for one in every)
    linked.judged = judgements(every, by=MACHINE, when=dt.datetime.now(dt.UTC))
    return linked


def load(job: LoadJob, *, quiet: bool) -> LoadReport:
    """Run a load with progress for whoever watches."""
    with ProgressBars(quiet) as progress:
        return loaders.load(job, progress=progress)


def tell(report: LoadReport, *, as_json: bool, quiet: bool) -> None:
    """Say what became of judgements."""
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=2, default=str))
    elif not quiet:
        typer.echo("\n".join(report.lines()))


def _tell(
    linked: Linked,
    source: str,
    report: LoadReport | None,
    output: Path | None,
    *,
    as_json: bool,
    quiet: bool,
    dry_run: bool,
) -> None:
    verdicts = Counter(one.verdict.value for one in linked.judged)
    if as_json:
        said = {
            "source": source,
            "records": sum(linked.outcomes.values()),
            "outcomes": {name: linked.outcomes[name] for name in ("same", "undecided", "none")},
            "judgements": dict(sorted(verdicts.items())),
            "judged_by_persons": linked.left,
            "snapshot": report.snapshot if report is not None else None,
            "published": report is not None and report.published,
            "output": str(output) if output is not None else None,
        }
        typer.echo(json.dumps(said, indent=2))
        return
    if quiet:
        return
    typer.echo(summary(linked, source))
    if linked.left:
        typer.echo(f"{linked.left:,} pairs that persons have judged stay as they are")
    if output is not None:
        typer.echo(f"{output}: look through it, fill in `verdict`, and give it back with --reviewed")
    if dry_run:
        typer.echo("nothing was judged, as asked")
    elif report is None:
        typer.echo("nothing new was judged")
    else:
        added = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(verdicts.items()))
        typer.echo(f"judged by the machine: {added}; snapshot {report.snapshot} is live")
        if verdicts["undecided"]:
            typer.echo("`tertius review` shows what is undecided, one pair after the other")


def summary(linked: Linked, source: str) -> str:
    """Say in one line what was found."""
    same, undecided, none = (linked.outcomes[name] for name in ("same", "undecided", "none"))
    return (
        f"{same + undecided + none:,} organisations of {source}: {same:,} are the same as another, "
        f"{undecided:,} may be, {none:,} have no candidate"
    )


def _write(output: Path, linked: Linked, view: View) -> None:
    rows = link_table.table(linked.found, lambda keys: _identifiers(view, keys))
    try:
        link_table.write(output, rows)
    except ValueError as error:
        raise Mistake(f"--output: {error}") from None


def _identifiers(view: View, keys: Iterable[str]) -> dict[str, str]:
    known = view.directory.organizations(keys)
    return {
        key: " ".join(f"{id_.scheme}:{id_.value}" for id_ in one.identifiers) for key, one in known.items()
    }


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise Mistake(f"{path} is not a file")
    return path
