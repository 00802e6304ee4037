"""``prepare_threshold`` in a database URL: taken out of it, and given to psycopg."""

import pytest

from signalbox.domain.errors import BadInput
from signalbox.ledger.engine import make_engine
from signalbox.ledger.pooling import apart

BASE = "postgresql+psycopg://me:p%40ss@db.example:6432/box"


@pytest.mark.parametrize(
    ("written", "rest", "arguments"),
    [
        (BASE, BASE, {}),
        (f"{BASE}?prepare_threshold=none", BASE, {"prepare_threshold": None}),
        (f"{BASE}?prepare_threshold=None", BASE, {"prepare_threshold": None}),
        (f"{BASE}?prepare_threshold=0", BASE, {"prepare_threshold": 0}),
        (
            f"{BASE}?sslmode=require&prepare_threshold=none",
            f"{BASE}?sslmode=require",
            {"prepare_threshold": None},
        ),
        ("postgresql://u@h/prepare_threshold", "postgresql://u@h/prepare_threshold", {}),
        ("sqlite:///box.db", "sqlite:///box.db", {}),
    ],
)
def test_it_is_taken_apart(written, rest, arguments):
    assert apart(written) == (rest, arguments)


@pytest.mark.parametrize("value", ["never", "-1", "1.5", "none&prepare_threshold=3"])
def test_another_value_is_refused(value):
    with pytest.raises(BadInput, match="prepare_threshold") as refused:
        apart(f"{BASE}?prepare_threshold={value}")
    assert "p@ss" not in str(refused.value) and "p%40ss" not in str(refused.value)


def test_a_url_that_does_not_parse_is_told_as_any_other():
    with pytest.raises(BadInput, match="cannot be read"):
        make_engine("postgresql://h:port/box?prepare_threshold=none")


def test_the_ledger_connects_with_it(postgres_url):
    """Five times the same statement is when psycopg prepares it by itself."""
    for ending, prepared in (("", 1), ("?prepare_threshold=none", 0)):
        engine = make_engine(postgres_url + ending)
        with engine.connect() as connection:
            for _ in range(8):
                connection.exec_driver_sql("SELECT 1")
            count = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 1'"
            ).scalar()
        engine.dispose()
        assert count == prepared


def test_what_a_transaction_waits_for_is_its_own_behind_a_pooler(postgres_url):
    """Nothing is left on the session, which is somebody else's afterwards."""
    engine = make_engine(f"{postgres_url}?prepare_threshold=none")
    asked = "SELECT current_setting('lock_timeout'), current_setting('{}')".format(
        "idle_in_transaction_session_timeout"
    )
    with engine.connect() as connection:
        assert connection.exec_driver_sql(asked).one() == ("5s", "5s")
        connection.rollback()
        raw = connection.connection.cursor()
        assert raw.execute(asked).fetchone() == ("0", "0")
    engine.dispose()
