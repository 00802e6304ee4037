from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from signalbox.domain.enums import TaskState
from signalbox.domain.errors import BadInput
from signalbox.ledger import schema, tasks
from signalbox.ledger.database import Database
from signalbox.ledger.engine import make_engine
from signalbox.ledger.store import open_ledger
from signalbox.ledger.tables import metadata
from tests.ledger.make import NOON, a_decision, a_task

ROOT = Path(__file__).parents[2]


def test_head_is_the_last_migration() -> None:
    script = ScriptDirectory.from_config(schema.alembic_config())
    assert script.get_heads() == [schema.HEAD]


def test_up_from_nothing_agrees_with_the_tables_and_down_leaves_none(empty_url: str) -> None:
    database = Database(make_engine(empty_url))
    schema.upgrade(database)
    with database.read() as connection:
        assert schema.version(connection) == schema.HEAD
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    with database.write() as connection:
        config = schema.alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with database.read() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
        assert schema.version(connection) is None
    schema.upgrade(database)
    with database.read() as connection:
        assert set(metadata.tables) < set(inspect(connection).get_table_names())
    database.close()


def test_partial_index_serves_the_undecided(url: str) -> None:
    database = Database(make_engine(url))
    with database.read() as connection:
        found = {index["name"]: index for index in inspect(connection).get_indexes("tasks")}
        options = found["ix_tasks_undecided"]["dialect_options"]
        where = " ".join(str(value) for value in options.values())
    database.close()
    assert "received" in where


def test_a_schema_from_the_future_is_left_alone(empty_url: str) -> None:
    database = Database(make_engine(empty_url))
    schema.upgrade(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadInput, match="'9999'") as raised:
        schema.upgrade(database)
    assert "upgrade Signalbox" in raised.value.hint
    database.close()


def test_starting_at_head_does_not_import_alembic(url: str) -> None:
    program = (
        "import sys; from signalbox.ledger.store import open_ledger;"
        f"open_ledger({url!r}).close(); print('alembic' in sys.modules)"
    )
    done = _run([sys.executable, "-c", program])
    assert done.stdout.strip() == "False"


def test_two_processes_may_start_at_once(empty_url: str) -> None:
    program = (
        "import sys; from signalbox.ledger.store import open_ledger; sys.stdin.read();"
        f"ledger = open_ledger({empty_url!r}); ledger.ping(); ledger.close(); print('up')"
    )
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for start in starts:
        assert start.stdin is not None
        start.stdin.close()
        start.stdin = None
    ends = [start.communicate(timeout=60) for start in starts]
    assert [out.strip() for out, _ in ends] == ["up", "up"], ends


def test_the_alembic_command_reads_the_packaged_configuration(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cli.db'}"
    config = ["-c", str(schema.MIGRATIONS / "alembic.ini")]
    alembic = [sys.executable, "-m", "alembic"]
    _run([*alembic, *config, "upgrade", "head"], SIGNALBOX_DB=url)
    current = _run([*alembic, "-x", f"url={url}", *config, "current"])
    assert schema.HEAD in current.stdout
    sql = _run([*alembic, *config, "upgrade", "head", "--sql"], SIGNALBOX_DB="postgresql://x/y")
    assert "CREATE TABLE decisions" in sql.stdout


def test_an_interrupted_migration_leaves_nothing(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(make_engine(empty_url))

    real = command.upgrade

    def break_off(config: Config, revision: str) -> None:
        real(config, revision)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "upgrade", break_off)
    with pytest.raises(KeyboardInterrupt):
        schema.upgrade(database)
    with database.read() as connection:
        assert inspect(connection).get_table_names() == []
    database.close()


def test_rows_survive_a_second_upgrade(url: str) -> None:
    first = open_ledger(url)
    first.commit(a_task(), a_decision())
    first.close()
    second = open_ledger(url)
    assert second.latest_decision("default", "T-1") == a_decision()
    second.close()


def test_rows_of_the_first_schema_survive_the_next(empty_url: str) -> None:
    database = Database(make_engine(empty_url))
    with database.write() as connection:
        config = schema.alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        tasks.store(connection, a_task(), TaskState.RECEIVED)
    database.close()
    ledger = open_ledger(empty_url)
    assert ledger.undecided() == [a_task()]
    assert ledger.reserve("host", 0.1, 1, NOON) is not None
    ledger.close()


def _run(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        arguments,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done
