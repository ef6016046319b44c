"""Loads that came over HTTP: one at a time, each in a process of its own, their reports kept for a while.

A job is a folder, `DATA/jobs/<id>`: `job.json` says what to do, `files/` holds what was sent, `state.json`
how far it is and, in the end, the report. It gets its name when everything has arrived; what has none yet is
swept away at the next start. Jobs that wait or run when the service ends have failed, and say so at the next
start: nobody is told that something will happen that may not. A load that was cut off has changed nothing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import math
import queue
import re
import secrets
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import structlog
from tertius.api.errors import TooManyRequests
from tertius.api.settings import Settings
from tertius.api.spare import ENDED, Spare, finish
from tertius.store import StoreBusy, StoreUnavailable

_log = structlog.get_logger("tertius.api.jobs")

KEPT: Final = 100
"""Jobs whose reports are kept."""

ID: Final = r"^[0-9a-f]{32}$"
OPEN: Final = frozenset({"queued", "running"})

_NOT_BEGUN: Final = "The service was stopped before the load was done. It had not begun; send it again."
# What publishes is another process, and the last that it does is to tell: it may have done all but that.
_WHOLE: Final = "All of it was published, or nothing; what is sent again is not loaded twice."
_INTERRUPTED: Final = f"The service was stopped before the load was done. {_WHOLE}"
_WITHDRAWN: Final = "The load was stopped on request. Nothing was changed."
_CANCELLED: Final = f"The load was stopped on request. {_WHOLE}"
_RETRY_SECONDS: Final = 30.0
_SAID_SECONDS: Final = 0.5
_LAST_SECONDS: Final = 10.0
"""How long a process may take to end whose job has ended."""


class Jobs:
    """Takes jobs, runs them one after the other, and tells of them.

    Args:
        settings: Where the data is, and what jobs may use.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._root = settings.data / "jobs"
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._places: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._cancelled: set[str] = set()
        self._process: tuple[str, subprocess.Popen[str]] | None = None
        self._spare = Spare(self._root)
        self._claim: IO[str] | None = None
        self._thread: threading.Thread | None = None
        self._ended = threading.Condition()

    def start(self) -> None:
        """Take the folder of jobs, if anybody may send any, and settle what an earlier service left.

        From then on a process gets ready for the first one.
        """
        if self._settings.writers:
            try:
                self._take()
            except StoreUnavailable as error:
                _log.info("loads go elsewhere", reason=str(error))
            except OSError as error:
                _log.warning("loads cannot be taken", reason=str(error))

    def close(self) -> None:
        """Stop the job under way and let go of the folder; what waits or runs is said to have failed."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._waiting.put(None)
            if self._process is not None:
                self._cancelled.add(self._process[0])
                self._process[1].kill()
        if thread is not None:
            thread.join()
        self._spare.close()
        if self._claim is not None:
            self._settle()
            self._claim.close()
            self._claim = None

    @contextlib.contextmanager
    def place(self, client: str) -> Iterator[Path]:
        """Give a folder to put a job's files into, and with it a place among the jobs.

        The place is given back, and the folder removed, unless the job is submitted.

        Args:
            client: Who asks; each may have so many jobs at a time.

        Raises:
            TooManyRequests: The client has as many jobs as it may have.
            StoreBusy: There are as many jobs as there may be.
            StoreUnavailable: Another service takes the jobs of this data folder.
        """
        self._take()
        with self._lock:
            if self._places[client] >= self._settings.loads_per_client:
                raise TooManyRequests(
                    f"{self._settings.loads_per_client} loads of this client wait or run already.",
                    headers={"Retry-After": str(math.ceil(_RETRY_SECONDS))},
                )
            if self._places.total() >= self._settings.load_queue:
                raise StoreBusy(_RETRY_SECONDS)
            self._places[client] += 1
        folder = self._root / f"{secrets.token_hex(16)}.new"
        try:
            (folder / "files").mkdir(parents=True)
            yield folder
        finally:
            if folder.exists():
                shutil.rmtree(folder, ignore_errors=True)
                self._give_back(client)

    def submit(self, folder: Path, client: str, what: Mapping[str, Any]) -> str:
        """Put a job in the queue; all its files are in the folder.

        Args:
            folder: As `place` gave it.
            client: Who asks.
            what: What the process is told to do (`job_process`).

        Returns:
            The job's id.
        """
        name = folder.name.removesuffix(".new")
        chosen = self._settings
        use = {"data": str(chosen.data.absolute()), "base": chosen.base, "keep": chosen.keep_snapshots}
        _write(folder / "job.json", {**what, **use, "memory": chosen.load_memory})
        state = {"state": "queued", "created": _now(), "by": client, "kind": what["kind"]}
        _write(folder / "state.json", {**state, "source": what["source"]})
        folder.rename(self._root / name)
        self._waiting.put(name)
        return name

    def get(self, name: str) -> dict[str, Any] | None:
        """Return what is known of a job; `None` where there is none of that id, or no longer."""
        if not re.fullmatch(ID, name):
            return None
        try:
            state: dict[str, Any] = json.loads((self._root / name / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return {"id": name, **state}

    def all(self) -> list[dict[str, Any]]:
        """Return all jobs that are known, the newest first."""
        names = [path.name for path in self._root.iterdir()] if self._root.is_dir() else []
        found = [job for name in names if (job := self.get(name)) is not None]
        return sorted(found, key=lambda job: (job["created"], job["id"]), reverse=True)

    def wait(self, name: str, seconds: float) -> dict[str, Any] | None:
        """Return what is known of a job once it has ended, or after some time."""
        end = time.monotonic() + seconds
        with self._ended:
            while (job := self.get(name)) is not None and job["state"] in OPEN:
                if not self._ended.wait(timeout=max(0.0, end - time.monotonic())):
                    break
        return self.get(name)

    def cancel(self, name: str) -> bool:
        """Stop a job that waits or runs; whether there was one."""
        job = self.get(name)
        if job is None or job["state"] not in OPEN or self._thread is None:
            return False
        with self._lock:
            self._cancelled.add(name)
            if self._process is not None and self._process[0] == name:
                self._process[1].kill()
        return True

    @property
    def waits(self) -> int | None:
        """Number of the process that waits for the next load; `None` where there is none."""
        return self._spare.pid

    # The folder

    def _take(self) -> None:
        """Make this service the one that runs the jobs of the data folder.

        Raises:
            StoreUnavailable: Another one is.
        """
        with self._lock:
            if self._claim is not None:
                return
            self._root.mkdir(parents=True, exist_ok=True)
            claim = (self._root / "lock").open("w", encoding="utf-8")
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                claim.close()
                raise StoreUnavailable(
                    "another service takes the loads of this data folder; send them there"
                ) from None
            self._claim = claim
            for left in self._root.glob("*.new"):
                shutil.rmtree(left, ignore_errors=True)
            self._settle()
            self._thread = threading.Thread(target=self._run, name="tertius-loads", daemon=True)
            self._thread.start()

    def _settle(self) -> None:
        """Say how every job ended that waits or runs, and forget the oldest reports."""
        jobs = self.all()
        for job in jobs:
            if job["state"] not in OPEN:
                continue
            if (found := self._result(job["id"])) is not None:
                self._end(job["id"], found["state"], report=found["report"], error=found["error"])
            else:
                reason = _INTERRUPTED if job["state"] == "running" else _NOT_BEGUN
                self._end(job["id"], "failed", error=reason)
        for job in jobs[KEPT:]:
            shutil.rmtree(self._root / job["id"], ignore_errors=True)

    def _give_back(self, client: str) -> None:
        with self._lock:
            self._places[client] -= 1
            if self._places[client] <= 0:
                del self._places[client]

    # The one who runs them

    def _run(self) -> None:
        while (name := self._next()) is not None:
            job = self.get(name)
            if self._thread is None or job is None:
                return
            try:
                if name in self._cancelled:
                    self._end(name, "cancelled", error=_WITHDRAWN)
                else:
                    self._perform(name)
            except Exception as error:  # noqa: BLE001 - one job must not keep the others from running
                _log.exception("a load could not be run", job=name)
                self._end(name, "failed", error=f"The load could not be run: {type(error).__name__}.")
            finally:
                self._cancelled.discard(name)
                self._give_back(job["by"])
                self._settle_old()
                self._bury()

    def _next(self) -> str | None:
        """Wait for a job, with a process that gets ready meanwhile."""
        with contextlib.suppress(queue.Empty):
            return self._waiting.get_nowait()
        try:
            self._spare.prepare()
        except OSError:
            _log.exception("no process can be started that waits for loads")
        return self._waiting.get()

    def _settle_old(self) -> None:
        for job in [job for job in self.all() if job["state"] not in OPEN][KEPT:]:
            shutil.rmtree(self._root / job["id"], ignore_errors=True)

    def _perform(self, name: str) -> None:
        folder = self._root / name
        self._say(name, state="running", started=_now())
        process = self._spare.begin(folder)
        with self._lock:
            self._process = (name, process)
            if name in self._cancelled or self._thread is None:
                process.kill()
        late = threading.Timer(self._settings.load_seconds, process.kill)
        late.daemon = True
        late.start()
        begun = time.monotonic()
        try:
            self._follow(name, process)
            # Taking down all that was imported takes half a second, for which nobody waits.
            if self._result(name) is None:
                process.wait()
            self._conclude(name, process.poll(), time.monotonic() - begun)
        except BaseException:
            process.kill()
            raise
        finally:
            late.cancel()

    def _bury(self) -> None:
        """See that the process of a job is gone before the next one begins."""
        with self._lock:
            running = self._process
        if running is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                running[1].wait(_LAST_SECONDS)
            finish(running[1])
            with self._lock:
                self._process = None

    def _follow(self, name: str, process: subprocess.Popen[str]) -> None:
        """Pass on how far the process says that it is, until its job has ended."""
        said = 0.0
        for line in process.stdout or ():
            if line == ENDED:
                return
            if time.monotonic() - said >= _SAID_SECONDS:
                with contextlib.suppress(ValueError):
                    self._say(name, progress=json.loads(line))
                    said = time.monotonic()

    def _conclude(self, name: str, status: int | None, seconds: float) -> None:
        if (found := self._result(name)) is not None:
            self._end(name, found["state"], report=found["report"], error=found["error"])
        elif self._thread is None:
            self._end(name, "failed", error=_INTERRUPTED)
        elif name in self._cancelled:
            self._end(name, "cancelled", error=_CANCELLED)
        elif seconds >= self._settings.load_seconds:
            limit = f"{self._settings.load_seconds:g}"
            self._end(name, "failed", error=f"The load took longer than {limit} s and was stopped. {_WHOLE}")
        else:
            _log.error("the process of a load died", job=name, status=status)
            message = f"The process of the load died, most likely for want of memory. {_WHOLE}"
            self._end(name, "failed", error=message)

    def _result(self, name: str) -> dict[str, Any] | None:
        """Return what the process of a job said when it was done; `None` where it did not come to that."""
        try:
            found: dict[str, Any] = json.loads(
                (self._root / name / "result.json").read_text(encoding="utf-8")
            )
        except (OSError, ValueError):
            return None
        return found

    def _end(self, name: str, state: str, *, report: Any = None, error: str | None = None) -> None:
        folder = self._root / name
        for place in folder.iterdir():
            if place.is_dir():
                shutil.rmtree(place, ignore_errors=True)
        with self._ended:
            self._say(name, state=state, ended=_now(), report=report, error=error)
            self._ended.notify_all()
        for left in folder.iterdir():
            if left.name != "state.json":
                left.unlink(missing_ok=True)
        _log.info("load ended", job=name, state=state)

    def _say(self, name: str, **changes: Any) -> None:
        known = self.get(name) or {}
        known.pop("id", None)
        _write(self._root / name / "state.json", {**known, **changes})


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file so that whoever reads it sees all of it, the old or the new."""
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    beside.replace(path)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()
