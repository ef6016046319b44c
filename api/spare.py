"""One process that waits for the next load, so that the load need not wait for a process."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

ENDED: Final = "ended\n"
"""What a process writes last, when the result of its job is there."""

_NICE: Final = 5
"""How far getting ready stays behind whoever asks the service something."""


class Spare:
    """Keeps one process ready to run a load. Used by one thread at a time.

    Args:
        place: Working folder of processes that wait.
    """

    def __init__(self, place: Path) -> None:
        self._place = place.absolute()
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        """Number of the process that waits; `None` where there is none."""
        process = self._process
        return process.pid if process is not None else None

    def prepare(self) -> None:
        """See that a process waits, or gets ready to, behind everything else that is going on."""
        if self._process is not None and self._process.poll() is not None:
            finish(self._process)
            self._process = None
        if self._process is None:
            self._process = self._start(_NICE)

    def begin(self, folder: Path) -> subprocess.Popen[str]:
        """Have the process that waits run a job; where it has died meanwhile, another one.

        Args:
            folder: The job's.

        Returns:
            The process; it belongs to the caller, who calls `finish` in the end.

        Raises:
            OSError: No process can be started.
        """
        process, self._process = self._process, None
        if process is not None:
            if _tell(process, folder):
                return process
            finish(process)
        process = self._start(0)
        # Where this one has ended already, whoever waits for it learns so, as of one that ends later.
        _tell(process, folder)
        return process

    def close(self) -> None:
        """End the process that waits."""
        process, self._process = self._process, None
        if process is not None:
            finish(process)

    def _start(self, nice: int) -> subprocess.Popen[str]:
        # -P: it must not find modules in a folder of files that somebody sent.
        command = [sys.executable, "-P", "-m", "tertius.api.job_waiting", str(nice)]
        return subprocess.Popen(  # noqa: S603 - our own program
            command,
            cwd=self._place,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )


def _tell(process: subprocess.Popen[str], folder: Path) -> bool:
    """Tell a process which job it is to run; whether there was anybody to be told."""
    if process.poll() is not None or process.stdin is None:
        return False
    try:
        process.stdin.write(f"{json.dumps(str(folder.absolute()))}\n")
        process.stdin.flush()
    except OSError:
        return False
    return True


def finish(process: subprocess.Popen[str]) -> None:
    """End a process, if it has not ended, and close what leads to it."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
