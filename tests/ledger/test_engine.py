from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from signalbox.domain.autonomy import AutonomyChange, Switch
from signalbox.domain.base import utc_now
from signalbox.domain.errors import BadInput, Unavailable
from signalbox.ledger import engine
from signalbox.ledger.database import Database
from signalbox.ledger.engine import make_engine
from signalbox.ledger.store import SqlLedger, open_ledger
from tests.ledger.make import a_decision, a_task


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "cannot be read"),
        ("", "cannot be read"),
        ("mysql://user@host/db", "'mysql' is not supported"),
        ("sqlite+aiosqlite:///x.db", "not supported"),
        ("sqlite:////no/such/folder/x.db", "folder /no/such/folder"),
        ("sqlite:////tmp", "is a folder"),
    ],
)
def test_a_url_that_cannot_be_used_says_what_to_write(url: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as raised:
        make_engine(url)
    assert raised.value.hint


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadInput, match=r"signalbox\[postgres\]"):
        make_engine("postgresql://u:secret@127.0.0.1/db")


def test_a_server_that_is_not_there_is_unavailable_and_its_password_untold() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(Unavailable, match="does not answer") as raised:
        open_ledger("postgresql+psycopg://u:secret@127.0.0.1:1/db")
    assert "secret" not in str(raised.value)


def test_a_file_of_another_kind_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, and long enough to have a header of its own\n" * 40)
    with pytest.raises(BadInput, match="file is not a database"):
        open_ledger(f"sqlite:///{path}")
    assert path.read_text().startswith("not a database")


def test_a_file_that_cannot_be_made_is_bad_input() -> None:
    if not Path("/proc/self").exists():
        pytest.skip("needs a folder in which nobody can make a file (/proc)")
    with pytest.raises(BadInput, match="unable to open database file"):
        open_ledger("sqlite:////proc/self/signalbox.db")


def test_sqlite_is_durable_wal_and_immediate(tmp_path: Path) -> None:
    database = Database(make_engine(f"sqlite:///{tmp_path / 'x.db'}"))
    with database.read() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    assert pragma == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


def test_a_relative_path_is_relative_to_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    open_ledger("sqlite:///here.db").close()
    assert (tmp_path / "here.db").is_file()


def test_memory_is_one_database_for_all_threads() -> None:
    ledger = open_ledger("sqlite:///:memory:")
    threads = [
        threading.Thread(target=ledger.commit, args=(a_task(f"T-{n}"), a_decision(f"T-{n}")))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ledger.decisions("default", limit=100)) == 8
    ledger.close()


def test_a_locked_database_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    open_ledger(url).close()
    monkeypatch.setattr("signalbox.ledger.engine.BUSY_TIMEOUT_MS", 50)
    ledger, other = open_ledger(url), Database(make_engine(url))
    with other.write() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(Unavailable, match="busy") as raised:
            ledger.commit(a_task(), a_decision())
    assert "PostgreSQL" in raised.value.hint
    assert ledger.find_task("default", "T-1") is None
    assert ledger.commit(a_task(), a_decision()) == a_decision()
    ledger.close()
    other.close()


def test_nothing_is_written_to_a_file_that_was_deleted(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    ledger = open_ledger(f"sqlite:///{path}")
    ledger.commit(a_task(), a_decision())
    path.unlink()
    with pytest.raises(Unavailable, match="is gone") as raised:
        ledger.commit(a_task("T-2"), a_decision("T-2"))
    assert "backup" in raised.value.hint
    with pytest.raises(Unavailable, match="is gone"):
        ledger.ping()
    assert ledger.find_decision("default", a_decision().id) is not None
    assert not path.exists(), "no empty one is made in its place"
    ledger.close()


def test_a_file_that_replaced_the_open_one_is_not_written_to(tmp_path: Path) -> None:
    path, other = tmp_path / "x.db", tmp_path / "y.db"
    open_ledger(f"sqlite:///{other}").close()
    ledger = open_ledger(f"sqlite:///{path}")
    other.replace(path)
    with pytest.raises(Unavailable, match="another file lies"):
        ledger.commit(a_task(), a_decision())
    ledger.close()
    for rest in tmp_path.glob("x.db-*"):
        rest.unlink()
    again = open_ledger(f"sqlite:///{path}")
    assert again.find_task("default", "T-1") is None
    again.close()


def test_a_damaged_file_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    open_ledger(f"sqlite:///{path}").close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(Unavailable, match="malformed") as raised:
        open_ledger(f"sqlite:///{path}").commit(a_task(), a_decision())
    assert "backup" in raised.value.hint


def test_a_full_database_is_not_ready_until_room_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'x.db'}")
    with ledger._database.write() as connection:
        full = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={full}")
    ledger.ping()
    with pytest.raises(Unavailable, match="no room") as raised:
        ledger.commit(a_task(text="x" * 50_000), a_decision())
    assert "make room" in raised.value.hint
    assert ledger.find_task("default", "T-1") is None
    # The limit was that of the connection, which is not used again: there is room.
    ledger.commit(a_task(text="x" * 50_000), a_decision())
    with pytest.raises(Unavailable, match="no room"):
        ledger.ping()
    monkeypatch.setattr("signalbox.domain.trouble.TROUBLED_S", 0.0)
    ledger.ping()
    ledger.close()


def _running(url: str) -> SqlLedger:
    """A ledger that whoever had the database before may have paused."""
    ledger = open_ledger(url)
    ledger.set_autonomy(AutonomyChange(switch=Switch.RUNNING, actor="test"), utc_now())
    return ledger


def test_a_client_that_is_gone_without_a_word_keeps_nothing_locked(
    migrated_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have lost its network: PostgreSQL hears nothing of it for hours."""
    monkeypatch.setattr(engine, "SILENCE_MS", 500)
    gone = Database(make_engine(migrated_postgres))
    ledger = _running(migrated_postgres)
    try:
        with pytest.raises(Unavailable, match="ended the transaction"), gone.write() as connection:
            connection.execute(text("LOCK TABLE tasks"))
            ledger.commit(a_task("T-silent"), a_decision("T-silent"))
            connection.execute(text("SELECT 1"))
        assert ledger.latest_decision("default", "T-silent") is not None
    finally:
        gone.close()
        ledger.close()


def test_a_lock_is_waited_for_so_long_and_then_told(
    migrated_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LOCK_MS", 200)
    holder = make_engine(migrated_postgres)
    ledger = _running(migrated_postgres)
    try:
        with holder.begin() as connection:
            connection.execute(text("LOCK TABLE tasks"))
            with pytest.raises(Unavailable, match="is busy"):
                ledger.commit(a_task("T-held"), a_decision("T-held"))
        ledger.commit(a_task("T-held"), a_decision("T-held"))
    finally:
        holder.dispose()
        ledger.close()
