"""Fixtures every room may use."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from evals.scripted.process import ScriptedModel, running_scripted
from tests.databases import admin, empty_database

# How long an example takes depends on what else the machine does; that is for benchmarks to say.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_DEFAULT = "postgresql+psycopg://postgres@127.0.0.1:5432/test"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """An own PostgreSQL database for this run, dropped at its end; skips where none answers."""
    pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")
    given = make_url(os.environ.get("SIGNALBOX_TEST_POSTGRES", _DEFAULT))
    server = given.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    try:
        with admin(server).connect():
            pass
    except SQLAlchemyError as absent:
        pytest.skip(
            f"no PostgreSQL to test on at {given.render_as_string()}"
            f" (SIGNALBOX_TEST_POSTGRES names one): {str(absent).splitlines()[0]}"
        )
    with empty_database(server) as url:
        yield url


@pytest.fixture
def postgres_schema(postgres_url: str) -> str:
    """The URL of an empty schema of its own, which is quicker to make than a database."""
    name = f"empty_{uuid.uuid4().hex[:12]}"
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    own = make_url(postgres_url).update_query_dict({"options": f"-csearch_path={name}"})
    return own.render_as_string(hide_password=False)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of a database of this test's own, for what is not kept in one schema."""
    with empty_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def scripted_process() -> Iterator[ScriptedModel]:
    """The scripted server, one process for the whole run."""
    with running_scripted() as model:
        yield model


@pytest.fixture
def scripted_model(scripted_process: ScriptedModel) -> ScriptedModel:
    """The scripted server with a clean sheet: nothing counted, default script, up."""
    scripted_process.reset()
    return scripted_process
