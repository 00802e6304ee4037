"""Backup and restore of a SQLite ledger with its pauses, as of one moment, in one file.

The two are separate databases, and one moment of both is what makes a resume safe: whatever waits
for an answer in the ledger of the copy has its pause in the copy. So the ledger is held, for as
long as it takes to copy the pauses, at a moment between two commits: a pause is written before
its approval is, and forgotten after its decision is.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import Any

from signalbox import __version__
from signalbox.checkpoints import checkpoint_path
from signalbox.domain.audit import AuditReport
from signalbox.domain.base import utc_now
from signalbox.domain.errors import BadInput, Conflict, Unavailable
from signalbox.parts import read_ledger
from signalbox.settings import Settings

FORMAT = 1
LEDGER, PAUSES, MANIFEST = "ledger.db", "pauses.db", "manifest.json"
WAIT_S = 30.0
MOST_MANIFEST = 1_000_000
BLOCK = 1 << 20
_POSTGRESQL = (
    "on PostgreSQL ledger and pauses are one database: `pg_dump -Fc`, `pg_restore`, and then"
    " `signalbox audit verify`"
)


def backup(settings: Settings, target: Path) -> dict[str, Any]:
    """Copy ledger and pauses into ``target`` while others go on working; what is in it.

    ``chain_ok`` says whether the copy verifies. Raises BadInput for another database than a SQLite
    file, or a target that is there already or cannot be; Unavailable where no moment is to be had.
    """
    ledger = _file(settings.db)
    if not ledger.is_file():
        raise BadInput(f"there is no database {ledger}", hint="name it with --db or SIGNALBOX_DB")
    if target.exists():
        raise BadInput(f"{target} is there already", hint="name a new file")
    if not target.absolute().parent.is_dir():
        raise BadInput(f"there is no folder {target.absolute().parent}", hint="make it first")
    # Beside the target: a file is then moved into place whole, or not at all.
    with TemporaryDirectory(dir=target.absolute().parent, prefix=".backup-") as folder:
        here = Path(folder)
        _copy(ledger, Path(checkpoint_path(settings.db)), here)
        report = _check(settings, here / LEDGER, None)
        names = [path.name for path in sorted(here.glob("*.db"))]
        manifest = {
            "format": FORMAT,
            "signalbox": __version__,
            "made_at": utc_now().isoformat(),
            "head": report.head,
            "rows": report.rows,
            "files": {name: _digest(here / name) for name in names},
        }
        packed = here / "packed"
        with (
            os.fdopen(os.open(packed, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        ):
            archive.writestr(MANIFEST, json.dumps(manifest))
            for name in names:
                archive.write(here / name, name)
        _synced(packed)
        packed.replace(target)
    return _told(target, report)


def restore(settings: Settings, source: Path, *, force: bool) -> dict[str, Any]:
    """Put ledger and pauses of a backup in place; what is in it.

    What does not verify is not put in place unless ``force`` says so; nor is anything written over.
    Raises BadInput for a file that is no backup or a ledger that is there; Conflict for one in use.
    """
    ledger, pauses = _file(settings.db), Path(checkpoint_path(settings.db))
    if ledger.exists() and not force:
        raise BadInput(
            f"the database {ledger} is there already",
            hint="name another with --db, or --force to put the backup in its place",
        )
    if not ledger.absolute().parent.is_dir():
        raise BadInput(f"there is no folder {ledger.absolute().parent}", hint="make it first")
    with TemporaryDirectory(dir=ledger.absolute().parent, prefix=".restore-") as folder:
        here = Path(folder)
        manifest = _unpack(source, here)
        report = _check(settings, here / LEDGER, str(manifest["head"]))
        told = _told(source, report) | {"restored": report.ok or force}
        if told["restored"]:
            for path in (ledger, pauses):
                _unused(path)
            # The ledger goes first and comes last: while it is there, its pauses are.
            for path in (ledger, pauses):
                for end in ("", "-wal", "-shm"):
                    path.with_name(path.name + end).unlink(missing_ok=True)
            for name, path in ((PAUSES, pauses), (LEDGER, ledger)):
                if (here / name).exists():
                    _synced(here / name)
                    (here / name).replace(path)
    return told


def _file(url: str) -> Path:
    if not url.startswith("sqlite"):
        raise BadInput("this database is no SQLite file", hint=_POSTGRESQL)
    file = url.partition(":///")[2].partition("?")[0]
    if file in ("", ":memory:"):
        raise BadInput("a database in memory cannot be kept", hint="set SIGNALBOX_DB to a file")
    return Path(file)


def _copy(ledger: Path, pauses: Path, into: Path) -> None:
    try:
        with (
            closing(_opened(ledger)) as holding,
            closing(_opened(ledger)) as reading,
            closing(sqlite3.connect(into / LEDGER)) as copy,
        ):
            holding.execute("BEGIN IMMEDIATE")
            # From here on nobody commits; this is the moment that the copy of the ledger is of.
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_master").fetchall()
            if pauses.is_file():
                with (
                    closing(_opened(pauses)) as source,
                    closing(sqlite3.connect(into / PAUSES)) as beside,
                ):
                    source.backup(beside)
            holding.execute("ROLLBACK")
            reading.backup(copy)
    except sqlite3.OperationalError as error:
        raise Unavailable(
            f"cannot copy {ledger}: {error}", hint="see that there is room, and try again"
        ) from error


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)


def _check(settings: Settings, ledger: Path, head: str | None) -> AuditReport:
    opened = read_ledger(settings.model_copy(update={"db": f"sqlite:///{ledger}"}))
    try:
        while opened.audit.seal(500):
            pass
        return opened.audit.verify(since=None, expect_head=head)
    finally:
        opened.close()


def _unpack(source: Path, into: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(source) as archive:
            if archive.getinfo(MANIFEST).file_size > MOST_MANIFEST:
                raise ValueError("its manifest is too long")
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
            if manifest["format"] != FORMAT:
                raise ValueError(f"its format is {manifest['format']}, and this reads {FORMAT}")
            for name in (LEDGER, PAUSES):
                if name in manifest["files"]:
                    with archive.open(name) as packed, (into / name).open("wb") as file:
                        copyfileobj(packed, file, BLOCK)
                    if _digest(into / name) != manifest["files"][name]:
                        raise ValueError(f"{name} in it is not as it was written")
            if not (into / LEDGER).exists():
                raise ValueError("there is no ledger in it")
    except FileNotFoundError:
        raise BadInput(f"there is no file {source}", hint="name a backup") from None
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"{source} is no backup that can be read: {error}",
            hint="take another one; this one was cut short, changed, or is something else",
        ) from error
    return manifest


def _unused(path: Path) -> None:
    """Conflict where another process has ``path`` open: the log goes with the last who has."""
    if not path.exists():
        return
    with closing(sqlite3.connect(path)) as last:
        try:
            last.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error:
            return  # No database any more, so nobody works with it.
    if path.with_name(path.name + "-wal").exists():
        raise Conflict(
            f"the database {path} is in use", hint="stop the servers and workers on it first"
        )


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _synced(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _told(file: Path, report: AuditReport) -> dict[str, Any]:
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "decisions": report.decisions,
        "rows": report.rows,
        "head": report.head,
        "chain_ok": report.ok,
        "problems": [flaw.model_dump() for flaw in report.flaws],
    }
