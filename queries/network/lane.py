"""Networks for parameters other than the defaults: derived in a process of their own, kept on disk."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter, OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tertius.queries.network.derived import Derived
from tertius.queries.network.errors import (
    ClientLimitError,
    DerivationTimeoutError,
    LaneBusyError,
    LaneClosedError,
    NetworkError,
    NetworkFormatError,
    NetworkTooLargeError,
)
from tertius.queries.network.files import FORMAT
from tertius.queries.network.network import Network
from tertius.queries.network.parameters import NetworkParameters
from tertius.queries.network.table import ParticipationTable

DEFAULT_BYTES: Final = 4 * 1024**3
DEFAULT_DEADLINE: Final = 30.0
DEFAULT_PER_CLIENT: Final = 2
DEFAULT_WAITING: Final = 8
MOST_OPEN: Final = 8
"""Networks kept open: every mapped array holds a file descriptor, and a network has some fifty."""


_NAME: Final = re.compile(r"\d+-[0-9a-f]{32}-[0-9a-f]{32}")


class _Process:
    """The worker process and the lines spoken with it; used by one thread at a time."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def start(self) -> None:
        """Start the process if it does not run; it imports and warms up by itself meanwhile."""
        if self._child is None or self._child.poll() is not None:
            self.kill()
            self._child = subprocess.Popen(
                # -P: modules lying in the caller's working directory must not be imported.
                [sys.executable, "-P", "-m", "tertius.queries.network.lane_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )

    def ask(self, request: dict[str, Any], limit: float) -> dict[str, Any]:
        """Send a request and wait for its answer.

        Raises:
            TimeoutError: No answer within `limit` seconds.
            EOFError: The process died.
        """
        until = time.monotonic() + limit
        self.start()
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            raise EOFError("the process has no pipes")
        try:
            child.stdin.write(json.dumps(request).encode() + b"\n")
        except BrokenPipeError as error:
            raise EOFError("the process ended") from error
        while True:
            line, found, rest = self._rest.partition(b"\n")
            if found:
                self._rest = rest
                answer: dict[str, Any] = json.loads(line)
                if "ready" not in answer:
                    return answer
                continue
            if not wait([child.stdout.fileno()], max(until - time.monotonic(), 0)):
                raise TimeoutError
            read = os.read(child.stdout.fileno(), 65_536)
            if not read:
                raise EOFError("the process ended")
            self._rest += read

    def stop(self) -> None:
        """End the process; whoever waits for an answer gets `EOFError`."""
        child = self._child
        if child is not None:
            child.kill()

    def kill(self) -> None:
        """End the process, wait until it has gone, and let go of its pipes."""
        child, self._child, self._rest = self._child, None, b""
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    @property
    def pid(self) -> int | None:
        """Process id, or None while there is no process."""
        return self._child.pid if self._child else None


@dataclass(slots=True)
class _Entry:
    """A network on disk; closed if an earlier process left it or many others were asked for since."""

    network: Network | None
    bytes: int


@dataclass(slots=True)
class _Books:
    """What the lane knows; guarded by its lock."""

    kept: OrderedDict[str, _Entry] = field(default_factory=OrderedDict)
    under_way: dict[str, Future[Network]] = field(default_factory=dict)
    clients: Counter[str] = field(default_factory=Counter)
    closed: bool = False


class NetworkLane:
    """Derives networks one after the other in one process, and keeps the latest used on disk.

    Requests for the same network share one derivation. Derived files are mapped by the caller's process;
    a network that is thrown out stays usable for whoever holds it.

    Args:
        directory: Where derived networks are kept; made if missing. Left-overs are reused or removed.
        bytes_cap: Bytes that kept networks may take on disk; the newest is kept even if larger.
        per_client: Derivations that one client may wait for at a time.
        waiting: Derivations that may be under way or waiting in all.
        deadline: Seconds from asking to answer, waiting for others' derivations included.
        threads: Threads that the process may use; None for one per processor.
    """

    def __init__(
        self,
        directory: Path,
        *,
        bytes_cap: int = DEFAULT_BYTES,
        per_client: int = DEFAULT_PER_CLIENT,
        waiting: int = DEFAULT_WAITING,
        deadline: float = DEFAULT_DEADLINE,
        threads: int | None = None,
    ) -> None:
        self._directory = directory
        self._bytes_cap, self._per_client, self._waiting = bytes_cap, per_client, waiting
        self._deadline, self._threads = deadline, threads
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._books, self._process = _Books(), _Process()
        directory.mkdir(parents=True, exist_ok=True)
        self._sweep()
        self._process.start()

    def network(
        self, default: Network | Path, snapshot: str, parameters: NetworkParameters, *, client: str
    ) -> Network:
        """Return the network for some parameters, deriving it if nobody has asked for it lately.

        Blocks up to the deadline; call it from a thread.

        Args:
            default: The snapshot's default network, or its network directory.
            snapshot: What identifies the snapshot for ever, such as its uuid.
            parameters: What to derive.
            client: Who asks; caps are per client.

        Raises:
            ClientLimitError: The client waits for as many derivations as it may.
            LaneBusyError: Too many derivations wait.
            DerivationTimeoutError: Not ready before the deadline.
            NetworkTooLargeError: The parameters tie too many pairs.
            NetworkError: The derivation failed; the message says why.
            LaneClosedError: The lane is closed.
        """
        until = time.monotonic() + self._deadline
        if isinstance(default, Path):
            default = Network.open(default)
        if default.serves(parameters):
            return default
        resolved = parameters.resolved(default.table.as_of)
        name = _name(snapshot, resolved)
        with self._lock:
            if self._books.closed:
                raise LaneClosedError("the lane is closed")
            kept = self._books.kept.get(name)
            if kept is not None and kept.network is not None:
                self._books.kept.move_to_end(name)
                return kept.network
            if self._books.clients[client] >= self._per_client:
                raise ClientLimitError(
                    f"{self._per_client} networks are being derived for this client already", 1.0
                )
            future = self._books.under_way.get(name)
            mine = future is None
            if future is None:
                if len(self._books.under_way) >= self._waiting:
                    raise LaneBusyError(f"{self._waiting} networks are waiting to be derived", 5.0)
                future = self._books.under_way[name] = Future()
            self._books.clients[client] += 1
        try:
            if mine:
                self._settle(future, name, default.table, resolved, until=until)
            try:
                return future.result(timeout=max(until - time.monotonic(), 0))
            except TimeoutError:
                raise DerivationTimeoutError(self._deadline) from None
        finally:
            with self._lock:
                self._books.clients[client] -= 1
                self._books.clients += Counter()

    def close(self) -> None:
        """End the process; derivations under way fail with `LaneClosedError`. Kept files stay."""
        with self._lock:
            self._books.closed = True
        self._process.stop()
        with self._turn:
            self._process.kill()

    @property
    def pid(self) -> int | None:
        """Process id of the worker, or None while there is none."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _settle(
        self,
        future: Future[Network],
        name: str,
        table: ParticipationTable,
        parameters: NetworkParameters,
        *,
        until: float,
    ) -> None:
        """Derive a network and give it, or the error, to everybody who waits for it."""
        try:
            network = self._derive(name, table, parameters, until)
        except BaseException as error:  # noqa: BLE001 - everybody who waits must hear of it
            self._forget(name)
            future.set_exception(error)
        else:
            self._keep(name, network)
            future.set_result(network)

    def _derive(
        self, name: str, table: ParticipationTable, parameters: NetworkParameters, until: float
    ) -> Network:
        target = self._directory / name
        try:
            return Network(table, Derived.open(target), default=False)
        except NetworkFormatError:
            shutil.rmtree(target, ignore_errors=True)
        if not self._turn.acquire(timeout=max(until - time.monotonic(), 0)):
            raise DerivationTimeoutError(self._deadline)
        try:
            if self._books.closed:
                raise LaneClosedError("the lane is closed")
            request = {
                "network": str(table.path.absolute()),
                "target": str(target.absolute()),
                "parameters": parameters.as_json(),
                "threads": self._threads,
            }
            try:
                answer = self._process.ask(request, until - time.monotonic())
            except TimeoutError:
                self._restart()
                raise DerivationTimeoutError(self._deadline) from None
            except EOFError:
                if self._books.closed:
                    raise LaneClosedError("the lane was closed") from None
                self._restart()
                raise NetworkError("the process that derives networks died; ask again") from None
        finally:
            self._turn.release()
        if "error" in answer:
            raise _error(answer)
        return Network(table, Derived.open(target), default=False)

    def _restart(self) -> None:
        self._process.kill()
        self._sweep_drafts()
        if not self._books.closed:
            self._process.start()

    def _keep(self, name: str, network: Network) -> None:
        size = _bytes(self._directory / name)
        with self._lock:
            self._books.under_way.pop(name, None)
            self._books.kept[name] = _Entry(network, size)
            self._books.kept.move_to_end(name)
            for entry in list(self._books.kept.values())[:-MOST_OPEN]:
                entry.network = None
            thrown_out = self._beyond_cap()
        for oldest in thrown_out:
            shutil.rmtree(self._directory / oldest, ignore_errors=True)

    def _beyond_cap(self) -> list[str]:
        """Strike the longest unused networks off the books until the rest fits; the newest stays."""
        thrown_out = []
        total = sum(entry.bytes for entry in self._books.kept.values())
        while total > self._bytes_cap and len(self._books.kept) > 1:
            oldest, entry = self._books.kept.popitem(last=False)
            total -= entry.bytes
            thrown_out.append(oldest)
        return thrown_out

    def _forget(self, name: str) -> None:
        with self._lock:
            self._books.under_way.pop(name, None)

    def _sweep(self) -> None:
        """Remove drafts, take over what an earlier process left, and hold the cap."""
        self._sweep_drafts()
        left = [path for path in self._directory.iterdir() if _NAME.fullmatch(path.name)]
        for path in sorted(left, key=lambda path: path.stat().st_mtime):
            self._books.kept[path.name] = _Entry(None, _bytes(path))
        for oldest in self._beyond_cap():
            shutil.rmtree(self._directory / oldest, ignore_errors=True)

    def _sweep_drafts(self) -> None:
        for draft in self._directory.glob("*.draft"):
            shutil.rmtree(draft, ignore_errors=True)


def _name(snapshot: str, parameters: NetworkParameters) -> str:
    """Name a derived network by its file format, snapshot and parameters."""
    digest = hashlib.blake2b(snapshot.encode(), digest_size=16).hexdigest()
    return f"{FORMAT}-{digest}-{parameters.fingerprint()}"


def _bytes(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.iterdir())


def _error(answer: dict[str, Any]) -> NetworkError:
    if answer["error"] == "NetworkTooLargeError":
        return NetworkTooLargeError(answer["pairs"], answer["cap"], answer["alliance"], answer["partners"])
    return NetworkError(answer["message"])
