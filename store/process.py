"""The pool's end of one query worker: start it, ask it, kill it, and say what it died of."""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tertius.store.errors import StoreUnavailable
from tertius.store.frames import BrokenFrame, Reader, pack

# What a worker needs to find its libraries and to be measured. Nothing else of the environment reaches a
# process that evaluates what strangers wrote: passwords and tokens tend to live there.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "LANG", "LC_ALL", "TMPDIR")
_ENVIRONMENT_PREFIX = "COVERAGE_"
# -P: a worker must not find modules in whatever directory the service was started from.
COMMAND = (sys.executable, "-P", "-s", "-m", "tertius.store.worker")
_PIPE_BYTES = 1 << 18
_LONGEST_READ = 1 << 20
_OUT_OF_MEMORY = ("memory allocation of", "bad_alloc", "MemoryError", "Cannot allocate memory")


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How workers are started.

    Attributes:
        memory: address-space limit in bytes.
        handles: how many snapshots a worker keeps open.
        sandbox: take the network away (Linux); a worker that cannot do so does not start.
        nice: added to the scheduling priority number, 0 to 19; more means others go first.
        prefixes: prefix to namespace, known in queries without declaring them and used in answers.
    """

    memory: int
    handles: int
    sandbox: bool
    nice: int = 0
    prefixes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CauseOfDeath:
    """What ended a worker.

    Attributes:
        name: the name of the signal, or `"exit status n"`.
        last_words: what it wrote to standard error, for logs.
        out_of_memory: whether memory ran out.
    """

    name: str
    last_words: str
    out_of_memory: bool


class TimedOut(Exception):
    """The deadline passed before the worker's reply was complete."""


class Died(Exception):
    """The worker went away, or sent something that is not a reply."""


class WorkerProcess:
    """One worker process and the pipes to it. Used by one thread at a time; `kill` may come from any.

    Args:
        settings: how to start it.
        seconds: how long it may take to start.

    Raises:
        StoreUnavailable: it did not start; the message says why.
    """

    def __init__(self, settings: WorkerSettings, *, seconds: float) -> None:
        if not sys.executable:
            raise StoreUnavailable(
                "query workers need the path of the Python interpreter, which is not known here"
            )
        self._process = subprocess.Popen(  # noqa: S603 - the command is ours
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=worker_environment(),
            bufsize=0,
        )
        self._requests, self._replies, self._errors = (
            stream.fileno()
            for stream in (self._process.stdin, self._process.stdout, self._process.stderr)
            if stream
        )
        os.set_blocking(self._requests, False)
        os.set_blocking(self._errors, False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with contextlib.suppress(OSError):
                fcntl.fcntl(self._replies, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self.sandboxed = False
        try:
            greeting, _ = self.ask(
                asdict(settings) | {"parent": os.getpid()},
                b"",
                deadline=time.monotonic() + seconds,
                largest=0,
            )
        except (TimedOut, Died) as error:
            self.kill()
            words = self._last_words()
            self.reap()
            why = (
                f"did not start within {seconds:g} s"
                if isinstance(error, TimedOut)
                else "ended while starting"
            )
            raise StoreUnavailable(f"a query worker {why}: {words or 'it gave no reason'}") from error
        except BaseException:
            self.kill()
            self.reap()
            raise
        if "error" in greeting:
            self.reap()
            raise StoreUnavailable(f"a query worker cannot be confined as it must be: {greeting['error']}")
        self.sandboxed = bool(greeting["sandboxed"])

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def processor_seconds(self) -> float:
        """Processor time that the process has used so far, infinity where the system does not say."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return math.inf
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask(
        self, header: dict[str, Any], body: bytes, *, deadline: float, largest: int
    ) -> tuple[dict[str, Any], bytes]:
        """Send one request and wait for its reply.

        Args:
            header: the request.
            body: the query's text.
            deadline: moment on the monotonic clock by which the reply must be here.
            largest: most bytes the reply's body may have.

        Raises:
            TimedOut: the deadline passed; the worker is still busy and fit only to be killed.
            Died: the worker went away.
        """
        try:
            self._send(b"".join(pack(header, body)), deadline)
            reader = Reader(largest)
            poll = select.poll()
            poll.register(self._replies, select.POLLIN)
            while True:
                _wait(poll, deadline)
                message = reader.feed(os.read(self._replies, min(reader.wanted, _LONGEST_READ)))
                if message is not None:
                    return message
                if reader.ended:
                    raise Died
        except (BrokenPipeError, BrokenFrame) as error:
            raise Died from error

    def _send(self, data: bytes, deadline: float) -> None:
        poll = select.poll()
        poll.register(self._requests, select.POLLOUT)
        view = memoryview(data)
        while view:
            _wait(poll, deadline)
            with contextlib.suppress(BlockingIOError):
                view = view[os.write(self._requests, view) :]

    def kill(self) -> None:
        """End the process now, whatever it is doing."""
        self._process.kill()

    def hang_up(self) -> None:
        """Let an idle worker end by itself."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def cause_of_death(self, seconds: float = 0.4) -> CauseOfDeath:
        """What ended the process.

        Args:
            seconds: how long to wait for the kernel to finish ending it.
        """
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return CauseOfDeath("no reply", self._last_words(), out_of_memory=False)
        words = self._last_words()
        name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        memory = name != "SIGSEGV" and any(sign in words for sign in _OUT_OF_MEMORY)
        return CauseOfDeath(name, words, out_of_memory=memory)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return os.read(self._errors, 1 << 16).decode(errors="replace").strip()
        return ""

    def reap(self, seconds: float = 0.0) -> None:
        """Wait for the process to end, killing it if it takes longer than `seconds`, and close the pipes."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


def _wait(poll: select.poll, deadline: float) -> None:
    """Wait until a pipe is ready; rounding up, since waking early would only mean waiting again."""
    remaining = deadline - time.monotonic()
    if remaining <= 0 or not poll.poll(math.ceil(remaining * 1000)):
        raise TimedOut


def worker_environment() -> dict[str, str]:
    """The environment variables a worker is started with."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _ENVIRONMENT or name.startswith(_ENVIRONMENT_PREFIX)
    }
    # Every thread's own arena would reserve address space that the limit then counts.
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "MALLOC_ARENA_MAX": "2"}
