"""A query worker: a process that answers one query after another over read-only snapshots, and may be killed.

Started as `python -m tertius.store.worker` by `tertius.store.process`, with requests on standard input and
replies on standard output. Imports only pyoxigraph and the standard library, to start quickly.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from tertius.store import seccomp
from tertius.store.evaluation import EVALUATION_ERRORS, Question, evaluate
from tertius.store.failures import describe
from tertius.store.frames import pack, read_message, write_all

# Should the parent fail to kill an overdue query, the kernel does it this many seconds later.
_ALARM_GRACE = 2.0
# A worker that still holds this share of its address space between queries asks to be replaced.
_FULL_SHARE = 0.6
# Where the system allows an unlimited stack, deep nesting would eat all memory before it ends the worker.
_STACK = 8 << 20
_PR_SET_PDEATHSIG = 1
# The kernel's out-of-memory killer should take a worker before it takes the service (range -1000 to 1000).
_OOM_SCORE = 500


def main() -> int:
    """Serve requests until the other side hangs up; the process's exit status."""
    requests, replies = _take_over_channels()
    message = read_message(requests)
    if message is None:
        return 0
    settings = message[0]
    try:
        sandboxed = _confine(settings)
    except (OSError, ValueError) as error:
        write_all(replies, pack({"error": f"{error}"}))
        return 1
    handles = _Handles(settings["handles"])
    space = _AddressSpace()
    write_all(replies, pack({"ready": True, "sandboxed": sandboxed}))
    while (message := read_message(requests)) is not None:
        request, text = message
        signal.setitimer(signal.ITIMER_REAL, request["seconds"] + _ALARM_GRACE)
        reply, body = _respond(handles, request, text, settings["prefixes"])
        full = space.used() > _FULL_SHARE * settings["memory"]
        reply["retire"] = full or reply.get("kind") == "memory"
        write_all(replies, pack(reply, body))
        signal.setitimer(signal.ITIMER_REAL, 0)
        # An idle worker should not hold on to the largest answer it gave.
        del body, message
    return 0


def _take_over_channels() -> tuple[int, int]:
    """Move the pipes away from the standard streams, where any library might write."""
    requests, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    # Last words beyond what the pipe holds are dropped: nobody reads them while the worker lives.
    os.set_blocking(2, False)
    return requests, replies


def _confine(settings: dict[str, Any]) -> bool:
    """Take away what a query has no use for; whether the network is among it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(settings["nice"])
    limits = (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_STACK, _STACK),
        (resource.RLIMIT_AS, settings["memory"]),
    )
    for kind, limit in limits:
        _, most = resource.getrlimit(kind)
        allowed = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(kind, (allowed, allowed))
    if not sys.platform.startswith("linux"):
        return False
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(f"{_OOM_SCORE}\n")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0 or os.getppid() != settings["parent"]:
        raise OSError("the worker's parent is gone")
    if settings["sandbox"]:
        seccomp.install()
    return bool(settings["sandbox"])


class _Handles:
    """Stores opened lately: a cursor pinned to an older snapshot should not cost an opening each time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._stores: dict[str, ox.Store] = {}

    def get(self, path: str) -> ox.Store:
        """The store at a path, opened read-only unless it is open already."""
        store = self._stores.pop(path, None) or ox.Store.read_only(path)
        self._stores[path] = store
        while len(self._stores) > self._most:
            del self._stores[next(iter(self._stores))]
        return store


def _respond(
    handles: _Handles, request: dict[str, Any], text: bytes, prefixes: dict[str, str]
) -> tuple[dict[str, Any], bytes]:
    path = request["path"]
    try:
        store = handles.get(path)
    except (OSError, RuntimeError, ValueError) as error:
        kind = "damaged" if Path(path).is_dir() else "gone"
        return {"kind": kind, "detail": f"{error}"}, b""
    try:
        question = Question(
            text.decode("utf-8", "surrogatepass"),
            request["solutions"],
            request["graph"],
            tuple(request["default_graphs"]),
            tuple(request["named_graphs"]),
            request["rows"],
            request["bytes"],
        )
        result = evaluate(store, question, prefixes=prefixes)
    except EVALUATION_ERRORS as error:
        # The engine opens files as it needs them, and some may have been cleared away meanwhile.
        if isinstance(error, OSError) and not Path(path).is_dir():
            return {"kind": "gone"}, b""
        return describe(error), b""
    return {"form": result.form, "format": result.format, "rows": result.rows}, result.body


class _AddressSpace:
    """Tells how many bytes of address space are in use, 0 where the kernel does not say."""

    def __init__(self) -> None:
        self._file = os.open("/proc/self/statm", os.O_RDONLY) if Path("/proc/self/statm").exists() else None

    def used(self) -> int:
        """Bytes in use now. Asked after every query, hence through a file that stays open."""
        if self._file is None:
            return 0
        return int(os.pread(self._file, 64, 0).split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    sys.exit(main())
