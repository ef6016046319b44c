"""Real SPARQL servers on loopback, started for a test run and gone with it.

`python -m tests.servers oxigraph|virtuoso` starts one by hand and prints its addresses.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
from tertius.store import RemoteService

VIRTUOSO = "virtuoso-t"
# A test run that is killed should take its servers with it.
_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
_START_SECONDS = 60
_STOP_SECONDS = 20
# A server that wants a password hangs up on a body that it has not read.
_PART = 200
_INI = """\
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
MaxCheckpointRemap = 2000
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
ServerThreads = 20
CheckpointInterval = 0
NumberOfBuffers = 20000
MaxDirtyBuffers = 15000
DirsAllowed = .
ThreadsPerQuery = 2
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 20
EnabledGzipContent = 0
[SPARQL]
ResultSetMaxRows = {rows}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextlib.contextmanager
def oxigraph_server(quads: list[ox.Quad] | None = None) -> Iterator[RemoteService]:
    """An `oxigraph` server of the wheel with an on-disk store that holds the quads."""
    with tempfile.TemporaryDirectory(prefix="tertius-oxigraph-") as folder:
        port = free_port()
        program = Path(sys.executable).with_name("oxigraph")
        command = [str(program), "serve", "--location", "store", "--bind", f"127.0.0.1:{port}"]
        base = f"http://127.0.0.1:{port}"
        with _running(command, Path(folder), f"{base}/query?query=ASK%7B%7D"):
            if quads:
                _put(f"{base}/store", quads)
            yield RemoteService(f"{base}/query", f"{base}/update")


@contextlib.contextmanager
def virtuoso_server(quads: list[ox.Quad] | None = None, *, rows: int = 1_000_000) -> Iterator[RemoteService]:
    """Debian's Virtuoso with a database of its own; reading is open, writing needs the password."""
    if shutil.which(VIRTUOSO) is None:
        raise RuntimeError(f"{VIRTUOSO} is not installed; `make test-deps` installs it")
    with tempfile.TemporaryDirectory(prefix="tertius-virtuoso-") as name:
        folder = Path(name)
        port, password = free_port(), secrets.token_hex(8)
        (folder / "virtuoso.ini").write_text(_INI.format(http=port, sql=free_port(), rows=rows))
        command = [VIRTUOSO, "+foreground", "+configfile", "virtuoso.ini"]
        # With these it makes the database, sets the passwords, and ends.
        making = [*command, "+pwdold", "dba", "+pwddba", password, "+pwddav", password]
        with (folder / "making.log").open("wb") as log:
            subprocess.run(making, cwd=folder, stdout=log, stderr=log, timeout=_START_SECONDS, check=True)
        base = f"http://127.0.0.1:{port}"
        with _running(command, folder, f"{base}/sparql?query=ASK%7B%7D"):
            if quads:
                _put(f"{base}/sparql-graph-crud-auth", quads, user="dba", password=password)
            yield RemoteService(f"{base}/sparql", f"{base}/sparql-auth", "dba", password, "digest")


@contextlib.contextmanager
def _running(command: list[str], folder: Path, probe: str) -> Iterator[None]:
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_WITH_PARENT, *command], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        _wait(process, probe, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], probe: str, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), _open(probe):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


def _open(request: str | urllib.request.Request, *handlers: urllib.request.BaseHandler) -> contextlib.closing:  # type: ignore[type-arg]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers)
    try:
        return contextlib.closing(opener.open(request, timeout=60))
    except urllib.error.HTTPError as error:
        error.close()
        raise


def _put(url: str, quads: list[ox.Quad], *, user: str = "", password: str = "") -> None:
    """Fill graphs by the Graph Store Protocol."""
    graphs: dict[str, list[ox.Triple]] = {}
    for quad in quads:
        graphs.setdefault(quad.graph_name.value, []).append(quad.triple)
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, user, password)  # type: ignore[arg-type]
    for name, triples in graphs.items():
        address = f"{url}?graph={quote(name, safe='')}"
        for start in range(0, len(triples), _PART):
            body = ox.serialize(triples[start : start + _PART], format=ox.RdfFormat.N_TRIPLES)
            headers = {"Content-Type": "application/n-triples"}
            request = urllib.request.Request(address, body, headers, method="POST")
            with _open(request, urllib.request.HTTPDigestAuthHandler(passwords)):
                pass


def main() -> None:
    starts = {"oxigraph": oxigraph_server, "virtuoso": virtuoso_server}
    with starts[sys.argv[1]]() as service, contextlib.suppress(KeyboardInterrupt):
        print(f"query {service.query_url}\nupdate {service.update_url}", flush=True)
        print(f"user {service.user}\npassword {service.password}", flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
