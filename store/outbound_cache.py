"""Answers from outside kept on disk for a while, so that a service is not asked the same thing twice.

One file per answer: a line of JSON that says where it comes from, then its bytes. A file is written beside
its place and put there whole, so that readers in other processes see all of it or nothing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final, Self

_HEAD: Final = 16_384
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_SWEEP_EVERY: Final = 64


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an answer comes from.

    Attributes:
        service: name of the service.
        url: the address that answered, after redirects.
        retrieved: when, in UTC.
        digest: SHA-256 of the answer, unpacked, in hexadecimal.
        status: HTTP status.
        media_type: what the answer is.
        size: bytes, unpacked.
        cached: whether it was kept here from an earlier request.
    """

    service: str
    url: str
    retrieved: dt.datetime
    digest: str
    status: int
    media_type: str
    size: int
    cached: bool = False


class Fetched:
    """An answer from outside, on disk; a context manager that lets go of it.

    Attributes:
        provenance: where it comes from.
        file: its bytes, to be read from where the file stands.
    """

    def __init__(self, provenance: Provenance, file: IO[bytes]) -> None:
        self.provenance = provenance
        self.file = file
        self._start = file.tell()

    def read(self) -> bytes:
        """Return the rest of the answer; its size has been limited."""
        return self.file.read()

    def rewind(self) -> None:
        """Go back to the beginning of the answer."""
        self.file.seek(self._start)

    def close(self) -> None:
        """Let go of it."""
        self.file.close()

    def __enter__(self) -> Self:
        """The answer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self.close()


class Cache:
    """Answers on disk; safe between threads and processes.

    Args:
        folder: where; made when it is first needed, for this user only. `None` keeps nothing.
        seconds: how long an answer is used.
        most: bytes of all answers together; the oldest go first.
    """

    def __init__(self, folder: Path | None, *, seconds: float, most: int) -> None:
        self._folder = folder
        self._seconds = seconds
        self._most = most
        self._written = 0

    @staticmethod
    def key(*parts: str | bytes | None) -> str:
        """Return the name under which a request's answer is kept."""
        digest = hashlib.sha256()
        for part in parts:
            data = part.encode() if isinstance(part, str) else part or b""
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.hexdigest()

    def get(self, key: str) -> Fetched | None:
        """Return an answer that is kept and not too old."""
        if self._folder is None:
            return None
        try:
            file = (self._folder / key).open("rb")
        except OSError:
            return None
        try:
            head = json.loads(file.readline(_HEAD))
            retrieved = dt.datetime.fromisoformat(head["retrieved"])
            found = Provenance(**{**head, "retrieved": retrieved, "cached": True})
        except (OSError, ValueError, KeyError, TypeError):
            file.close()
            return None
        age = (dt.datetime.now(dt.UTC) - retrieved).total_seconds()
        if not 0 <= age < self._seconds:
            file.close()
            return None
        return Fetched(found, file)

    @contextlib.contextmanager
    def room(self) -> Iterator[IO[bytes]]:
        """Give a nameless file for an answer that is arriving; it is gone with its last handle."""
        with tempfile.TemporaryFile(prefix="tertius-answer-") as file:
            yield file

    def keep(self, key: str, found: Provenance, body: IO[bytes]) -> Fetched:
        """Keep an answer and return it, readable from its beginning.

        An answer that cannot be kept, on a full disk for instance, is returned all the same.
        """
        body.seek(0)
        own = os.fdopen(os.dup(body.fileno()), "rb")
        if self._folder is None or self._seconds <= 0:
            return Fetched(found, own)
        with contextlib.suppress(OSError):
            self._write(self._folder, key, found, body)
        own.seek(0)
        return Fetched(found, own)

    def _write(self, folder: Path, key: str, found: Provenance, body: IO[bytes]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        head = json.dumps({**asdict(found), "retrieved": found.retrieved.isoformat()})
        if len(head) >= _HEAD:
            return
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".part-", delete=False) as file:
            part = Path(file.name)
            try:
                file.write(head.encode() + b"\n")
                while chunk := body.read(65_536):
                    file.write(chunk)
                file.flush()
                part.replace(folder / key)
            except OSError:
                part.unlink(missing_ok=True)
                raise
        self._written += 1
        if self._written % _SWEEP_EVERY == 1:
            self.sweep()

    def sweep(self) -> int:
        """Remove what is too old and, oldest first, what is too much; return how many answers went."""
        if self._folder is None:
            return 0
        kept: list[tuple[float, int, str]] = []
        removed = 0
        now = dt.datetime.now(dt.UTC).timestamp()
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if not (_NAME.fullmatch(entry.name) or entry.name.startswith(".part-")):
                    continue
                with contextlib.suppress(OSError):
                    seen = entry.stat(follow_symlinks=False)
                    kept.append((seen.st_mtime, seen.st_size, entry.path))
        total = sum(size for _, size, _ in kept)
        for written, size, path in sorted(kept):
            if now - written < self._seconds and total <= self._most:
                break
            with contextlib.suppress(OSError):
                Path(path).unlink()
                removed += 1
            total -= size
        return removed
