"""A person's review of pairs: what was said so far, safe on disk at once, published together at the end."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, Final, Self

from tertius.queries.judgements import Judgement, Verdict
from tertius.store import LockHeld

FOLDER: Final = "reviews"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.-]+")


class Journal:
    """The verdicts of one person that are not published yet; each is on disk before the next pair is shown.

    Args:
        data: The data folder.
        by: Who judges.

    Raises:
        LockHeld: The same person is reviewing in another terminal.
        ValueError: A line of the file cannot be read; the message says which.
    """

    def __init__(self, data: Path, by: str) -> None:
        self._by = by
        folder = data / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(by.encode()).hexdigest()[:8]
        self.path: Final = folder / f"{_UNSAFE.sub('_', by)[:40]}-{digest}.jsonl"
        self._file = self.path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise LockHeld(str(self.path), None) from None
        self.judgements: list[Judgement] = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, left: str, right: str, verdict: Verdict) -> None:
        """Keep a verdict."""
        said = Judgement(left, right, verdict, self._by, "person", dt.datetime.now(dt.UTC))
        self.judgements.append(said)
        self._write(_line(said))

    def undo(self) -> Judgement | None:
        """Forget the last verdict; returns it, `None` where there is none."""
        if not self.judgements:
            return None
        gone = self.judgements.pop()
        self._rewrite()
        return gone

    def clear(self) -> None:
        """Forget everything: it is published."""
        self.judgements.clear()
        self._rewrite()
        with contextlib.suppress(OSError):
            self.path.unlink()

    def _write(self, text: str) -> None:
        self._file.write(text)
        self._file.flush()
        os.fsync(self._file.fileno())

    def _rewrite(self) -> None:
        # The lock hangs on this file, so it is emptied and filled in place; a torn last line is dropped.
        text = "".join(_line(one) for one in self.judgements)
        self._file.truncate(0)
        self._write(text)

    def _read(self) -> list[Judgement]:
        self._file.seek(0)
        lines = self._file.read().splitlines()
        found = []
        for number, line in enumerate(lines, 1):
            try:
                found.append(self._judgement(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                if number == len(lines):
                    break  # written when the power went; its pair is shown again
                raise ValueError(f"{self.path}, line {number} cannot be read: {error}") from None
        return found

    def _judgement(self, said: dict[str, Any]) -> Judgement:
        when = dt.datetime.fromisoformat(said["when"])
        return Judgement(said["left"], said["right"], Verdict(said["verdict"]), self._by, "person", when)


def _line(one: Judgement) -> str:
    said = {
        "left": one.left,
        "right": one.right,
        "verdict": one.verdict.value,
        "when": one.when.isoformat(),
    }
    return json.dumps(said) + "\n"
