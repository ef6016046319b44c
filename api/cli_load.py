"""Commands that bring tables in: load, validate."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Annotated

import typer
from tertius import loaders
from tertius.api.cli_support import DataOption, JsonOption, Mistake, ProgressBars, QuietOption, settings
from tertius.loaders import LoadError, LoadJob, LoadReport

FilesArgument = Annotated[list[Path], typer.Argument(help="Tables: CSV, XLSX or Parquet.", metavar="FILE...")]
MappingOption = Annotated[
    str | None,
    typer.Option("--mapping", help="Name of a shipped mapping, or a mapping file, where columns differ."),
]
RetrievedOption = Annotated[
    str | None, typer.Option("--retrieved", help="Day on which the files were fetched.", metavar="DATE")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(name="load")(load_command)
    app.command()(validate)


def load_command(
    *,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Tables: CSV, XLSX or Parquet.", metavar="FILE...")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="Name of the source: a-z, 0-9 and -.")
    ] = None,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Load the shipped evidence base instead of tables.")
    ] = False,
    data: DataOption = None,
    mapping: MappingOption = None,
    retrieved: RetrievedOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Load tables of alliances as one source, replacing what the source said before."""
    chosen = settings(data)
    if evidence:
        if files or source or mapping or retrieved:
            raise Mistake(
                "--evidence loads what is shipped: leave out files, --source, --mapping, --retrieved"
            )
        shipped = LoadJob.evidence(chosen.data, base=chosen.base, keep=chosen.keep_snapshots)
        _load_and_report(shipped, as_json=as_json, quiet=quiet)
        return
    if not files:
        raise Mistake("name the tables to load, or give --evidence")
    if source is None:
        raise Mistake("name the source with --source")
    job = LoadJob(
        data=chosen.data,
        source=source,
        files=tuple(_existing(files)),
        mapping=_mapping(mapping),
        base=chosen.base,
        retrieved=_day(retrieved),
        keep=chosen.keep_snapshots,
    )
    _load_and_report(job, as_json=as_json, quiet=quiet)


def validate(
    *,
    files: FilesArgument,
    source: Annotated[str, typer.Option("--source", help="Name that the source would have.")] = "validation",
    mapping: MappingOption = None,
    retrieved: RetrievedOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Read and check tables as a load would, and change nothing."""
    chosen = settings(None)
    job = LoadJob(
        data=chosen.data,
        source=source,
        files=tuple(_existing(files)),
        mapping=_mapping(mapping),
        base=chosen.base,
        retrieved=_day(retrieved),
        dry_run=True,
    )
    _load_and_report(job, as_json=as_json, quiet=quiet)


def run_load(job: LoadJob, *, quiet: bool) -> LoadReport:
    """Load, showing a person at a terminal how far it is."""
    with ProgressBars(quiet) as progress:
        return loaders.load(job, progress=progress)


def _load_and_report(job: LoadJob, *, as_json: bool, quiet: bool) -> None:
    """Load and print the report, also that of a load that failed where a program reads it."""
    try:
        report = run_load(job, quiet=quiet or as_json)
    except LoadError as error:
        if as_json:
            _print_json(error.report)
        raise
    if as_json:
        _print_json(report)
    elif not quiet:
        typer.echo("\n".join(report.lines()))


def _print_json(report: LoadReport) -> None:
    typer.echo(json.dumps(report.as_json(), indent=2, default=str))


def _existing(files: list[Path]) -> list[Path]:
    for file in files:
        if not file.is_file():
            raise Mistake(f"{file} is not a file")
    return files


def _mapping(given: str | None) -> str | Path | None:
    """Tell a mapping file from the name of a shipped mapping: a file has a suffix or a folder."""
    if given is None or (Path(given).suffix == "" and Path(given).name == given):
        return given
    return Path(given)


def _day(given: str | None) -> dt.date | None:
    if given is None:
        return None
    try:
        return dt.date.fromisoformat(given)
    except ValueError:
        raise Mistake(f"--retrieved: {given!r} is not a date like 2020-12-31") from None
