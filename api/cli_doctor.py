"""The command doctor."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from tertius.api.cli_support import FAILED, DataOption, JsonOption, settings
from tertius.api.doctor import Verdict, examine


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    data: DataOption = None,
    audit: Annotated[
        bool, typer.Option("--audit", help="Derive the participations from the graph again and compare.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a data folder: lock, disk, left-overs, snapshots, workers."""
    chosen = settings(data, rest_workers=1, sparql_workers=1)
    findings = []
    for finding in examine(chosen, audit=audit):
        findings.append(finding)
        if not as_json:
            typer.echo(f"{finding.verdict.value:<5} {finding.check}: {finding.detail}")
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    if any(finding.verdict is Verdict.BAD for finding in findings):
        raise typer.Exit(FAILED)
