"""What the commands share: options, complaints, progress bars, and an open data folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Self

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from tertius.api.errors import ApiError
from tertius.api.problem_kinds import INTERNAL
from tertius.api.settings import PREFIX, Settings
from tertius.loaders import LoadError, Phase
from tertius.queries import QueryError
from tertius.queries.network import NetworkError
from tertius.store import StoreError

if TYPE_CHECKING:
    from tertius.api.services import Services

CALLER: Final = 2
FAILED: Final = 1
INTERRUPTED: Final = 130

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder with the snapshots; TERTIUS_DATA, or ./tertius-data, by default.",
        metavar="DIR",
    ),
]
StoreOption = Annotated[
    str,
    typer.Option(
        "--store", help="Ask the SPARQL service at this address; TERTIUS_STORE by default.", metavar="URL"
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results and mistakes.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for programs.")]


def settings(data: Path | None, **changes: object) -> Settings:
    """Return the settings of the environment with a command's options over them.

    Raises:
        Mistake: A variable, or an option, has a value that it cannot have.
    """
    given = {name: value for name, value in {"data": data, **changes}.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type] # checked by pydantic
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        where = f"--{name.replace('_', '-')}" if name in given else f"{PREFIX}{name.upper()}"
        raise Mistake(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None


class Mistake(typer.TyperException):
    """Something that the caller got wrong: one line, exit status 2."""

    exit_code = CALLER


def complain(message: str) -> None:
    """Write one line to standard error."""
    typer.echo(f"tertius: {' '.join(message.split())}", err=True)


def ended(error: BaseException) -> int:
    """Say in one line why a command ended before its end, and return the exit status that it deserves."""
    if isinstance(error, typer.TyperException):
        complain(error.format_message())
        return error.exit_code
    if isinstance(error, typer.Abort | KeyboardInterrupt):
        complain("interrupted")
        return INTERRUPTED
    return _failed(error)


def _failed(error: BaseException) -> int:
    if isinstance(error, LoadError):
        outcome, *lines = error.report.lines()
        for line in lines:
            if line.startswith("problem"):
                typer.echo(line, err=True)
        complain(outcome if error.report.problems else str(error))
        return CALLER
    if isinstance(error, ApiError | StoreError | QueryError | NetworkError):
        # Only whoever fails waits for what HTTP needs.
        from tertius.api.problems import kind_of  # noqa: PLC0415

        complain(str(error))
        kind = kind_of(error)
        return CALLER if 400 <= kind.status < 500 and kind is not INTERNAL else FAILED
    if isinstance(error, OSError) and error.filename is not None:
        complain(f"{error.filename}: {error.strerror}")
        return (
            CALLER if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError) else FAILED
        )
    complain(f"something went wrong that nobody foresaw: {type(error).__name__}: {error}")
    return FAILED


@contextmanager
def opened(data: Path | None, *, store: str | None = None) -> Iterator[Services]:
    """Open a data folder for one command: one worker a lane, closed at the end.

    Args:
        data: The folder.
        store: Address of a remote store for a command that can do without snapshots; empty for that of the
            environment, `None` for a command that cannot.

    Raises:
        Mistake: The folder has no snapshot.
    """
    chosen = settings(data, store=store or None, rest_workers=1, sparql_workers=1)
    answered = store is not None and bool(chosen.store)
    if not answered and not (chosen.data / "CURRENT").is_file():
        raise Mistake(
            f"{chosen.data} has no snapshot; load data first (`tertius demo`), or name another with --data"
        )
    # Not every command asks; those that only load should not wait for this.
    from tertius.api.metrics import Metrics  # noqa: PLC0415
    from tertius.api.services import Services  # noqa: PLC0415

    services = Services(chosen, Metrics())
    try:
        yield services
    finally:
        services.close()


class ProgressBars:
    """Shows how far a load is, to a person at a terminal and to nobody else."""

    def __init__(self, quiet: bool) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=quiet or not sys.stderr.isatty(),
        )
        self._tasks: dict[Phase, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, phase: Phase, done: int, total: int | None) -> None:
        """Show how far a phase is."""
        if phase not in self._tasks:
            self._tasks[phase] = self._progress.add_task(phase.value, total=total)
        self._progress.update(self._tasks[phase], completed=done, total=total)


class CountingBar:
    """Shows how far one long step is, to a person at a terminal and to nobody else.

    Args:
        what: Name of the step.
        quiet: Whether to show nothing at all.
    """

    def __init__(self, what: str, *, quiet: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=quiet or not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task(what, total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, done: int, total: int) -> None:
        """Show how far the step is."""
        self._progress.update(self._task, completed=done, total=total)
