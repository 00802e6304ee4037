"""What a URL may say to psycopg beyond what libpq reads: whether statements are prepared.

A pooler that lends a connection for one transaction at a time (PgBouncer's ``transaction`` mode)
gives the next one another session, where what was prepared is unknown, or is another client's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from signalbox.domain.errors import BadInput

PREPARE = "prepare_threshold"


def apart(url: str) -> tuple[str, dict[str, Any]]:
    """``url`` without ``prepare_threshold``, and that as an argument for ``psycopg.connect``.

    ``none`` prepares nothing; a number prepares what was executed more often. Without it the
    arguments are empty, and psycopg does as it always does. Raises BadInput on another value.
    """
    if PREPARE not in url:
        return url, {}
    try:
        given = make_url(url)
    except (ArgumentError, ValueError):
        # Whoever connects says what is wrong with it, once and in one way.
        return url, {}
    values = given.normalized_query.get(PREPARE, ())
    if not values:
        return url, {}
    rest = given.difference_update_query([PREPARE]).render_as_string(hide_password=False)
    if len(values) == 1 and values[0].lower() == "none":
        return rest, {PREPARE: None}
    if len(values) == 1 and values[0].isdecimal():
        return rest, {PREPARE: int(values[0])}
    raise BadInput(
        f"{PREPARE}={','.join(values)} in the database URL is not understood",
        hint=f"{PREPARE}=none behind a pooler in transaction mode; leave it out elsewhere",
    )


def pooled(arguments: Mapping[str, Any]) -> bool:
    """Whether these, of ``apart``, are for a pooler: every transaction may have another session."""
    return PREPARE in arguments and arguments[PREPARE] is None
