"""A disk that is full, read-only or failing, a file that goes away: said, survived, got over."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, make_url, text

from evals.benchmarks.chaos.postgres import own_postgres
from signalbox.domain.errors import BadInput
from signalbox.ledger.store import open_ledger
from tests.chaos.serving import nothing_twice, problem, serving


def fill(folder):
    """Use up what room is left; the file to delete for having it back."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    return filler


def told_full_and_recovers(client, folder):
    assert client.post("before").status_code == 200
    filler = fill(folder)
    # There may be room in what the database has already; long tasks use it up.
    texts = {f"full-{n}": f"{n} " + "x " * 40_000 for n in range(12)}
    answers = [client.post(id, texts[id]) for id in texts]
    refused = [one for one in answers if one.status_code not in (200, 202)]
    assert refused, "the disk was not full"
    problem(refused[-1], "room")
    assert not client.ready()
    assert client.task("before")["team"], "what is there can still be read"
    filler.unlink()
    for id in texts:
        client.until(lambda id=id: client.post(id, texts[id]))
    client.until(lambda: client.http.get("/readyz"))
    return {"before", *texts}


@contextlib.contextmanager
def unchangeable(*paths):
    """Also for root, and for those who have them open."""
    done = subprocess.run(["chattr", "+i", *map(str, paths)], capture_output=True, text=True)
    try:
        if done.returncode:
            pytest.skip(f"files cannot be made unchangeable here: {done.stderr.strip()}")
        yield
    finally:
        subprocess.run(["chattr", "-i", *map(str, paths)], capture_output=True)


class TestDiskFull:
    def test_sqlite_says_so_loses_nothing_and_goes_on_when_there_is_room(self, small_disk, model):
        db = f"sqlite:///{small_disk / 'desk.db'}"
        with serving(db, model) as client:
            sent = told_full_and_recovers(client, small_disk)
            assert {client.task(id)["task_id"] for id in sent} == sent
        assert nothing_twice(db) <= sent

    def test_postgres_says_so_loses_nothing_and_goes_on_when_there_is_room(self, small_disk, model):
        """Its tables lie on the small disk, its log on another: that one being full is a crash."""
        try:
            with own_postgres() as db:
                small_disk.chmod(0o755)
                admin = create_engine(db, isolation_level="AUTOCOMMIT")
                with admin.connect() as connection:
                    place = small_disk / "tables"
                    place.mkdir()
                    if os.getuid() == 0:
                        shutil.chown(place, "postgres", "postgres")
                    connection.execute(text(f"CREATE TABLESPACE small LOCATION '{place}'"))
                    connection.execute(text("CREATE DATABASE desk TABLESPACE small"))
                admin.dispose()
                desk = make_url(db).set(database="desk").render_as_string(hide_password=False)
                with serving(desk, model) as client:
                    sent = told_full_and_recovers(client, small_disk)
                    assert {client.task(id)["task_id"] for id in sent} == sent
                assert nothing_twice(desk) <= sent
        except BadInput as absent:
            pytest.skip(str(absent))


class TestReadOnly:
    def test_postgres_says_so_reads_on_and_recovers(self, postgres_database, model):
        name = make_url(postgres_database).database
        admin = create_engine(postgres_database, isolation_level="AUTOCOMMIT")

        def turn(value):
            with admin.connect() as connection:
                connection.execute(
                    text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}')
                )
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = :name AND pid <> pg_backend_pid()"
                    ),
                    {"name": name},
                )
            admin.dispose()

        with serving(postgres_database, model) as client:
            assert client.post("before").status_code == 200
            turn("on")
            time.sleep(1.5)
            problem(client.post("during"), "cannot be written to")
            assert client.task("before")["team"]
            assert not client.ready()
            with admin.connect() as connection:
                connection.execute(text("SET default_transaction_read_only = off"))
            turn_off = create_engine(
                postgres_database,
                isolation_level="AUTOCOMMIT",
                connect_args={"options": "-c default_transaction_read_only=off"},
            )
            with turn_off.connect() as connection:
                connection.execute(
                    text(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
                )
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = :name AND pid <> pg_backend_pid()"
                    ),
                    {"name": name},
                )
            turn_off.dispose()
            client.until(lambda: client.post("during"))
            client.until(lambda: client.http.get("/readyz"))
        assert nothing_twice(postgres_database) == {"before", "during"}

    def test_a_file_that_may_not_be_changed_any_more(self, tmp_path, model):
        """As after a file system went read-only under a process that has its files open."""
        path = tmp_path / "desk.db"
        db = f"sqlite:///{path}"
        with serving(db, model) as client, ThreadPoolExecutor(8) as pool:
            assert client.post("before").status_code == 200
            kept = [path, path.with_name("desk.db-wal")]
            with unchangeable(*kept):
                answers = list(pool.map(lambda n: client.post(f"during-{n}"), range(8)))
                for answer in answers:
                    problem(answer, "writable")
                assert client.task("before")["team"]
                assert not client.ready()
            for n in range(8):
                client.until(lambda n=n: client.post(f"during-{n}"))
            client.until(lambda: client.http.get("/readyz"))
        assert nothing_twice(db) == {"before", *(f"during-{n}" for n in range(8))}

    def test_a_read_only_folder_refuses_the_start_in_words(self, small_disk, model):
        db = f"sqlite:///{small_disk / 'desk.db'}"
        open_ledger(db).close()
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "signalbox", "serve", "--port", "0", "--db", db],
                capture_output=True,
                text=True,
                timeout=60,
            )
        finally:
            subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr
        assert "fix:" in done.stderr and "writ" in done.stderr


class TestFileGone:
    def test_what_would_be_written_to_a_deleted_file_is_refused(self, tmp_path, model):
        """It goes on existing for whoever has it open, and everything in it goes with them."""
        path = tmp_path / "desk.db"
        with serving(f"sqlite:///{path}", model) as client, ThreadPoolExecutor(16) as pool:
            assert client.post("before").status_code == 200
            assert client.ready()
            path.unlink()
            answer = client.http.get("/readyz")
            assert answer.status_code == 503
            assert "is gone" in answer.json()["database"]
            for answer in pool.map(lambda n: client.post(f"after-{n}"), range(32)):
                problem(answer, "is gone", "backup")

    def test_a_file_put_in_its_place_is_not_taken_for_it(self, tmp_path, model):
        path, other = tmp_path / "desk.db", tmp_path / "other.db"
        open_ledger(f"sqlite:///{other}").close()
        with serving(f"sqlite:///{path}", model) as client:
            assert client.post("before").status_code == 200
            other.replace(path)
            problem(client.post("after"), "another file", "-wal")
            assert not client.ready()
        for rest in (path.with_name("desk.db-wal"), path.with_name("desk.db-shm")):
            rest.unlink(missing_ok=True)
        with serving(f"sqlite:///{path}", model) as client:
            assert client.post("after").status_code == 200
        assert nothing_twice(f"sqlite:///{path}") == {"after"}
