"""Commands about a whole data folder: demo, snapshots, serve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from tertius.api import cli_backup, present
from tertius.api.cli_demo_link import link_demo
from tertius.api.cli_load import run_load
from tertius.api.cli_support import (
    CountingBar,
    DataOption,
    JsonOption,
    Mistake,
    QuietOption,
    opened,
    settings,
)
from tertius.api.services import View, remote_service
from tertius.api.settings import Settings
from tertius.loaders import LoadJob, LoadReport
from tertius.ontology.identity import graph
from tertius.store import Snapshot, Snapshots
from tertius.store import push as push_graphs

_BROKERS = 10
_BRIDGES = 5

PortOption = Annotated[int | None, typer.Option("--port", help="Port; TERTIUS_PORT, or 8000, by default.")]
HostOption = Annotated[
    str | None, typer.Option("--host", help="Address; TERTIUS_HOST, or 127.0.0.1, by default.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (demo, serve):
        app.command()(command)
    cli_backup.register(_snapshots)
    app.add_typer(_snapshots, name="snapshots")


def demo(
    *,
    data: DataOption = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop after printing.")] = False,
    link: Annotated[
        bool,
        typer.Option(
            "--link", help="Then link the organisations among themselves and to samples of registers."
        ),
    ] = False,
    host: HostOption = None,
    port: PortOption = None,
    quiet: QuietOption = False,
) -> None:
    """Load the evidence base and the bundled alliances, print who bridges whom, and serve it."""
    chosen = settings(data, host=host, port=port)
    # Before the alliances: a network without any costs nothing to derive twice.
    run_load(LoadJob.evidence(chosen.data, base=chosen.base, keep=chosen.keep_snapshots), quiet=quiet)
    report = run_load(LoadJob.demo(chosen.data, base=chosen.base), quiet=quiet)
    with opened(chosen.data) as services:
        view = services.view()
        if not quiet:
            _tell(view, report)
    if link:
        link_demo(chosen, quiet=quiet)
    if not no_serve:
        _run_server(chosen)


def serve(data: DataOption = None, host: HostOption = None, port: PortOption = None) -> None:
    """Answer over HTTP until interrupted."""
    _run_server(settings(data, host=host, port=port))


_snapshots = typer.Typer(help="List the snapshots, or go back to one.", invoke_without_command=True)


@_snapshots.callback()
def list_snapshots(context: typer.Context, data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the snapshots, the live one marked."""
    context.obj = data
    if context.invoked_subcommand is not None:
        return
    store = Snapshots(settings(data).data)
    live = store.current_number()
    rows = [_described(snapshot, live) for snapshot in store.list()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif not rows:
        typer.echo(f"{store.data_dir} has no snapshots")
    else:
        for row in rows:
            mark = "*" if row["live"] else " "
            sources = ", ".join(row["sources"])
            typer.echo(f"{mark} {row['number']:>4}  {row['created'][:16]}  as of {row['as_of']}  {sources}")


@_snapshots.command()
def rollback(
    context: typer.Context,
    number: Annotated[
        int | None, typer.Argument(help="Which; the one before the live one by default.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Make another snapshot the live one."""
    snapshot = Snapshots(settings(data or context.obj).data).rollback(number)
    typer.echo(f"snapshot {snapshot.number} is live")


@_snapshots.command()
def sweep(context: typer.Context, data: DataOption = None) -> None:
    """Remove what interrupted loads left behind."""
    removed = Snapshots(settings(data or context.obj).data).sweep()
    typer.echo(f"{len(removed)} left-overs removed")


@_snapshots.command()
def push(
    context: typer.Context,
    number: Annotated[int | None, typer.Argument(help="Which; the live one by default.")] = None,
    data: DataOption = None,
    quiet: QuietOption = False,
) -> None:
    """Publish a snapshot's graphs to the remote store of TERTIUS_STORE and TERTIUS_STORE_UPDATE."""
    chosen = settings(data or context.obj)
    if not chosen.store_update or not chosen.store:
        raise Mistake("set TERTIUS_STORE and TERTIUS_STORE_UPDATE to the addresses of the remote store")
    snapshots = Snapshots(chosen.data)
    snapshot = snapshots.current() if number is None else snapshots.get(number)
    if snapshot is None:
        raise Mistake(f"{chosen.data} has no snapshot; load data first, or name another folder with --data")
    with CountingBar("publishing", quiet=quiet) as progress:
        done = push_graphs(
            snapshot.store_path,
            remote_service(chosen),
            prefix=graph("", snapshot.manifest.base),
            progress=progress,
        )
    if not quiet:
        dropped = f", {len(done.dropped)} dropped" if done.dropped else ""
        typer.echo(
            f"snapshot {snapshot.number} is published: {len(done.graphs)} graphs, "
            f"{done.statements:,} statements{dropped}"
        )


def _described(snapshot: Snapshot, live: int | None) -> dict[str, Any]:
    manifest = snapshot.manifest
    return {
        "number": snapshot.number,
        "live": snapshot.number == live,
        "created": manifest.created.isoformat(),
        "as_of": manifest.as_of.isoformat() if manifest.as_of else None,
        "sources": sorted(manifest.sources),
        "counts": manifest.counts,
        "uuid": str(manifest.uuid),
    }


def _tell(view: View, report: LoadReport) -> None:
    """Print what the demonstration found, in a few lines."""
    network, directory = view.network, view.directory
    summary = network.summary()
    typer.echo("\n".join(report.lines()[:1]))
    typer.echo(
        f"{summary.organizations:,} organisations, {summary.alliances:,} alliances in the window, "
        f"{summary.ties:,} ties, as of {network.as_of}"
    )
    brokers = present.positions(network.brokers(limit=_BROKERS).rows, directory)
    typer.echo("\nThe ten strongest brokers (low constraint: partners who are not tied to each other)")
    for place, row in enumerate(brokers, 1):
        typer.echo(
            f"{place:>3}. {row.organization.name[:52]:<52} constraint {row.constraint:.4f}  "
            f"{row.degree:>4} partners  effective size {row.effective_size:.1f}"
        )
    chosen = brokers[0].organization
    typer.echo(f"\nBridging partners of {chosen.name}: whom each alone leads to")
    around = network.position(chosen.key), network.reach(chosen.key)
    for bridge in present.bridges(network.bridges(chosen.key, limit=_BRIDGES).rows, *around, directory):
        reached = network.exclusive_reach(chosen.key, bridge.partner.key)
        names = directory.organizations(reached[:2])
        some = "; ".join(one.name[:30] for one in names.values())
        typer.echo(f"  {bridge.partner.name[:44]:<44} {bridge.exclusive_reach:>4}  such as {some}")
    typer.echo("\nWhere to look next")
    typer.echo(f"  tertius query bridging-partners organization={chosen.key} --data {view_folder(view)}")
    typer.echo(f"  http://127.0.0.1:8000/organizations/{chosen.key}   (while `tertius serve` runs)")
    for source in view.sources:
        typer.echo(
            f"\nData: {source.title or source.name}. {source.attribution or ''} {source.licence or ''}"
        )


def view_folder(view: View) -> Path:
    """Return the data folder that a view is part of."""
    return view.snapshot.path.parent.parent


def _run_server(chosen: Settings) -> None:
    # The application imports all that any route needs; no other command should wait for it.
    from tertius.api.serve import serve as run  # noqa: PLC0415

    run(chosen)
