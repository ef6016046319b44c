"""The commands `snapshots backup` and `snapshots restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from tertius.api.cli_support import DataOption, Mistake, settings
from tertius.store import Snapshots, check_backup
from tertius.store import backup as write_backup
from tertius.store import restore as read_backup


def register(snapshots: typer.Typer) -> None:
    """Add the commands to those about snapshots."""
    for command in (backup, restore):
        snapshots.command()(command)


def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(help="Archive to write, or a folder to write it to.")],
    number: Annotated[
        int | None, typer.Option("--snapshot", help="Which; the live one by default.", metavar="N")
    ] = None,
    data: DataOption = None,
) -> None:
    """Write a snapshot to one file, with a checksum of every part; servers and loads may go on."""
    snapshots = Snapshots(settings(data or context.obj).data)
    snapshot = snapshots.current() if number is None else snapshots.get(number)
    if snapshot is None:
        raise Mistake(f"{snapshots.data_dir} has no snapshot; load data first, or name another with --data")
    archive = write_backup(snapshot, target)
    typer.echo(f"snapshot {snapshot.number} is in {archive}, {archive.stat().st_size:,} bytes")


def restore(
    context: typer.Context,
    archive: Annotated[Path, typer.Argument(help="Archive that `snapshots backup` wrote.")],
    check: Annotated[
        bool, typer.Option("--check", help="Compare every byte with its checksum, and restore nothing.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Bring a snapshot back and make it live, beside those that are there."""
    if check:
        listing = check_backup(archive)
        typer.echo(f"{archive} is whole: snapshot {listing.manifest.number}, {len(listing.files)} files")
        return
    snapshot = read_backup(archive, Snapshots(settings(data or context.obj).data))
    typer.echo(f"snapshot {snapshot.number} is live")
