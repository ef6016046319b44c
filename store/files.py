"""Writing to disk so that a power cut leaves the old or the new, and knowing a full disk when it is met."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

from tertius.store.errors import LockHeld


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(root: Path) -> None:
    """Make every file and every name under a directory durable, the directory's own entries last."""
    for folder, _, names in os.walk(root, topdown=False):
        for name in names:
            descriptor = os.open(Path(folder, name), os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_directory(Path(folder))


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name; where the file system refuses links, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def write_durably(path: Path, data: bytes) -> None:
    """Replace a file by rename, so that readers and crashes see the old content or the new, never a part."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)


def remove_tree(path: Path) -> None:
    """Remove a directory; under a name that says so first, since a crash may leave half of it."""
    doomed = path if path.suffix == ".removed" else path.with_name(path.name + ".removed")
    if doomed != path:
        shutil.rmtree(doomed, ignore_errors=True)
        path.rename(doomed)
    shutil.rmtree(doomed)


# EFBIG is a limit on file sizes: for a load it is as if the disk ended there.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_disk_full(error: BaseException | None) -> bool:
    """Tell whether a disk or quota that is full lies behind an error.

    Args:
        error: an exception; what it was raised from is looked at too.
    """
    while error is not None:
        if isinstance(error, OSError) and (error.errno in _FULL or _says_full(error)):
            return True
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def _says_full(error: OSError) -> bool:
    """The engine reports disk errors by text, without their number."""
    text = str(error)
    return any(os.strerror(number) in text for number in _FULL)


class WriterLock:
    """Lets one writer at a time into a data directory, between processes and within one.

    The kernel lets go of it when the process ends, however it ends.

    Args:
        path: the lock file; it stays there, holding the number of the last process that took it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock, or raise `LockHeld` at once."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            # flock, not POSIX record locks: those would let two loads in one process pass.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).strip()
            os.close(descriptor)
            raise LockHeld(str(self._path), int(holder) if holder.isdigit() else None) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next writer in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
