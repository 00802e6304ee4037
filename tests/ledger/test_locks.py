"""The lock of a block: nobody who has it or waits for it keeps an index from being built."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from signalbox.ledger.locks import Lock, alone, plain


def test_an_index_is_built_concurrently_while_it_is_held_and_waited_for(postgres_database):
    """LangGraph and DBOS build such inside the block: it waits for every older snapshot to go."""
    over = threading.Event()

    def wait():
        with alone(postgres_database, Lock.OTHER_TABLES):
            over.set()

    waiting = threading.Thread(target=wait)
    with alone(postgres_database, Lock.OTHER_TABLES):
        waiting.start()
        with psycopg.connect(plain(postgres_database), autocommit=True) as connection:
            connection.execute("CREATE TABLE things (n int)")
            # Were one of them in its way, it would be for good.
            connection.execute("SET statement_timeout = '30s'")
            connection.execute("CREATE INDEX CONCURRENTLY things_n ON things (n)")
        assert not over.is_set()
    waiting.join(timeout=30)
    assert over.is_set()


def test_a_server_that_ends_silent_transactions_lets_the_block_finish(postgres_database):
    with psycopg.connect(plain(postgres_database), autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET idle_in_transaction_session_timeout = 200')
    with alone(postgres_database, Lock.OTHER_TABLES):
        time.sleep(1.0)


def test_it_is_given_back_when_the_block_fails(postgres_database):
    with pytest.raises(KeyError), alone(postgres_database, Lock.OTHER_TABLES):
        raise KeyError
    with alone(postgres_database, Lock.OTHER_TABLES):
        pass
