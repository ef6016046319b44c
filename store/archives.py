"""Snapshots as archives: one file that holds a snapshot whole, and says so of every byte.

An archive is an uncompressed tar file. Its first member, `tertius-backup.json`, lists every other with its
size and SHA-256; the others are the snapshot's files. What is not listed is not restored, and what is listed
must be there, once, as it was.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tertius.store.errors import DiskFull, SnapshotGone, StoreError
from tertius.store.files import is_disk_full, sync_directory
from tertius.store.manifest import Manifest
from tertius.store.snapshots import Snapshot, Snapshots

LISTING: Final = "tertius-backup.json"
_PARTS: Final = {"store", "network", "search.sqlite", "search.sqlite-wal", "manifest.json"}
_LONGEST_LISTING: Final = 64 * 2**20
_CHUNK: Final = 2**20


class BackupDamaged(StoreError):
    """An archive is not what a backup left; nothing of it was restored."""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Listing(BaseModel):
    """What an archive says it holds.

    Attributes:
        format: version of the archive's layout.
        manifest: the snapshot's manifest.
        files: every file of the snapshot by its path inside it, with size in bytes and SHA-256.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    format: Literal[1] = 1
    manifest: Manifest
    files: dict[str, _File]


def backup(snapshot: Snapshot, target: Path) -> Path:
    """Write a snapshot to an archive; the file appears under its name when it is whole and on the disk.

    A published snapshot never changes, so that servers and loads may go on meanwhile.

    Args:
        snapshot: which.
        target: the archive, which must not exist; or a folder, in which it is named after the snapshot.

    Returns:
        The archive.

    Raises:
        StoreError: the archive exists already.
        SnapshotGone: the snapshot was cleared away meanwhile.
        DiskFull: there is no room for it; nothing is left of it.
    """
    manifest = snapshot.manifest
    if target.is_dir():
        target = target / f"tertius-{manifest.number}-{str(manifest.uuid)[:8]}.tar"
    if target.exists():
        raise StoreError(f"{target} exists already; name another file")
    temporary = target.with_name(target.name + ".new")
    try:
        with temporary.open("wb") as file:
            _write(snapshot, manifest, file)
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename this never replaces what came there meanwhile.
        os.link(temporary, target)
        sync_directory(target.parent)
    except FileNotFoundError as error:
        if not snapshot.path.is_dir():
            raise SnapshotGone(snapshot.number) from error
        raise
    except OSError as error:
        if is_disk_full(error):
            raise DiskFull(f"there is no room for {target}; nothing is left of it") from error
        raise
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _write(snapshot: Snapshot, manifest: Manifest, file: IO[bytes]) -> None:
    found = {}
    for path in sorted(one for one in snapshot.path.rglob("*") if one.is_file()):
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        found[path.relative_to(snapshot.path).as_posix()] = _File(size=path.stat().st_size, sha256=digest)
    listing = Listing(manifest=manifest, files=found).model_dump_json(indent=1).encode()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(_member(LISTING, len(listing)), io.BytesIO(listing))
        for name, one in found.items():
            with (snapshot.path / name).open("rb") as content:
                archive.addfile(_member(name, one.size), content)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o644
    return member


def restore(archive: Path, snapshots: Snapshots) -> Snapshot:
    """Bring an archive's snapshot into a data directory and make it live.

    Every byte is compared with its checksum before anything goes live, and no snapshot that is there is
    cleared away. Where the same snapshot is there already, and whole, it is made live again.

    Args:
        archive: the archive.
        snapshots: those of the data directory; it may be empty, or not be there at all.

    Returns:
        The snapshot, live.

    Raises:
        BackupDamaged: the archive is not what a backup left.
        LockHeld: a load is running.
        DiskFull: there is no room for it; what was live still is.
    """
    listing = check_backup(archive)
    same = next((one for one in snapshots.list() if _same(one, listing)), None)
    if same is not None:
        return snapshots.rollback(same.number)
    room = sum(file.size for file in listing.files.values())

    def fill(path: Path) -> Manifest:
        if shutil.disk_usage(path.parent).free < room:
            raise DiskFull(f"the snapshot needs {room:,} bytes and {path.parent} has less room; free some")
        path.mkdir()
        for name, content in _verified(archive):
            place = path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as file:
                shutil.copyfileobj(content, file, _CHUNK)
        if Manifest.model_validate_json((path / "manifest.json").read_bytes()) != listing.manifest:
            raise BackupDamaged(f"{archive} holds another manifest than it lists; it is no backup")
        return listing.manifest

    try:
        return snapshots.admit(fill)
    except OSError as error:
        if is_disk_full(error):
            raise DiskFull(f"the disk of {snapshots.data_dir} is full; what was live still is") from error
        raise


def check_backup(archive: Path) -> Listing:
    """Compare every byte of an archive with its checksum, and restore nothing.

    Args:
        archive: the archive.

    Returns:
        What it holds.

    Raises:
        BackupDamaged: it is not what a backup left; the message names what is wrong.
    """
    for _, content in _verified(archive):
        while content.read(_CHUNK):
            pass
    with _opened(archive) as opened:
        return _listing(archive, opened)


def _same(snapshot: Snapshot, listing: Listing) -> bool:
    try:
        if snapshot.manifest.uuid != listing.manifest.uuid:
            return False
        for name, expected in listing.files.items():
            with (snapshot.path / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != expected.sha256:
                    return False
    except (OSError, StoreError):
        return False
    return True


class _Counted:
    """A member's content that is compared with the listing at its end."""

    def __init__(self, name: str, content: IO[bytes], expected: _File) -> None:
        self._name, self._content, self._expected = name, content, expected
        self._digest = hashlib.sha256()
        self.ended = False

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._content.read(size)
        except tarfile.TarError as error:
            raise BackupDamaged(f"{self._name} is cut: {error}") from error
        self._digest.update(data)
        if not data:
            self.ended = True
            if self._digest.hexdigest() != self._expected.sha256:
                raise BackupDamaged(f"{self._name} is not as it was when the backup was made")
        return data


def _opened(archive: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(archive, mode="r:")
    except tarfile.TarError as error:
        raise BackupDamaged(f"{archive} is not an archive of a snapshot: {error}") from error


def _verified(archive: Path) -> Iterator[tuple[str, _Counted]]:
    """Give each file of an archive once; its content raises at its end where it is not what it was."""
    with _opened(archive) as opened:
        try:
            missing = dict(_listing(archive, opened).files)
            # The listing comes again.
            for member in itertools.islice(opened, 1, None):
                expected = missing.pop(member.name, None)
                content = opened.extractfile(member) if _is_plain(member) else None
                if expected is None or content is None or member.size != expected.size:
                    raise BackupDamaged(
                        f"{archive} holds {member.name[:80]!r}, which is not as its listing says"
                    )
                counted = _Counted(f"{archive}: {member.name}", content, expected)
                yield member.name, counted
                if not counted.ended:
                    raise AssertionError("a file of an archive must be read to its end")
        except (tarfile.TarError, EOFError, UnicodeDecodeError) as error:
            raise BackupDamaged(f"{archive} is cut or damaged: {error}") from error
    if missing:
        raise BackupDamaged(f"{archive} is cut: {len(missing)} files are missing, such as {min(missing)}")


def _is_plain(member: tarfile.TarInfo) -> bool:
    return member.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not member.sparse


def _listing(archive: Path, opened: tarfile.TarFile) -> Listing:
    """Read the first member."""
    first = opened.next()
    if first is None or first.name != LISTING or not _is_plain(first) or first.size > _LONGEST_LISTING:
        raise BackupDamaged(f"{archive} does not begin with {LISTING}; it was not made by a backup")
    content = opened.extractfile(first)
    try:
        listing = Listing.model_validate_json(content.read() if content else b"")
    except (ValidationError, json.JSONDecodeError) as error:
        raise BackupDamaged(f"{LISTING} in {archive} cannot be read, or is of a later version") from error
    for name in listing.files:
        path = PurePosixPath(name)
        plain = path.as_posix() == name and not path.is_absolute() and ".." not in path.parts
        if not plain or path.parts[0] not in _PARTS or "\0" in name or "\\" in name:
            raise BackupDamaged(f"{archive} lists {name[:80]!r}, which is no file of a snapshot")
    if "manifest.json" not in listing.files:
        raise BackupDamaged(f"{archive} lists no manifest")
    return listing
