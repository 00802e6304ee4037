"""Logs without personal data: every record of this process is redacted when it is made.

Filters of a logger do not see what its children log, and those of a handler only what that one
handler writes. So the records themselves are made clean, whoever logs them (ours, httpx, openai,
uvicorn, SQLAlchemy) and wherever they are written.
"""

from __future__ import annotations

import io
import logging
import re
import traceback
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, unquote_plus

from guardrails.redaction import Redactor

_ADDRESS = re.compile(r"[^\s\"']{1,8000}+")
_ESCAPES = re.compile(r"((?:\\x[0-9a-f]{2})+)")
ACCESS = "uvicorn.access"
LEAST_SECRET = 8
"""Characters; what is shorter would be found in ordinary words."""


def redact_logs(secrets: Iterable[str] = ()) -> None:
    """Redact every log record of this process from now on, and take out ``secrets`` literally.

    Safe to repeat: what is given later is added.
    """
    made_by = logging.getLogRecordFactory()
    if not isinstance(made_by, _Redacting):
        made_by = _Redacting(made_by)
        logging.setLogRecordFactory(made_by)
    made_by.secrets |= {one for one in secrets if len(one) >= LEAST_SECRET}


class _Redacting:
    """Makes records as another factory does, and cleans them."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make
        self.secrets: set[str] = set()

    def __call__(self, *args: Any, **more: Any) -> logging.LogRecord:
        record = self._make(*args, **more)
        # Of each line its own: nothing tells what two lines have in common.
        redactor = Redactor()
        self._clean_message(record, redactor)
        if record.exc_info and record.exc_info[1] is not None:
            told = _told(record.exc_info[1])
            clean = self._clean(told, redactor)
            if clean != told:
                # What formatters find here they write instead of the exception.
                record.exc_text = clean
        if record.stack_info:
            record.stack_info = self._clean(record.stack_info, redactor)
        return record

    def _clean_message(self, record: logging.LogRecord, redactor: Redactor) -> None:
        try:
            message = record.getMessage()
        except Exception:
            # Arguments that do not fit would be written to stderr as they are.
            message = f"{record.msg} {record.args!r}"
            record.msg, record.args = self._clean(message, redactor), ()
            return
        clean = self._clean(message, redactor)
        if clean == message:
            return
        if record.name == ACCESS and isinstance(record.args, tuple):
            # Its formatter takes the arguments apart, each of them holds a whole part of the line.
            record.args = tuple(
                self._clean(one, redactor) if isinstance(one, str) else one for one in record.args
            )
        else:
            record.msg, record.args = clean, ()

    def _clean(self, text: str, redactor: Redactor) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "[secret]")
        if "%" in text or "?" in text:
            text = _ADDRESS.sub(lambda match: _decoded(match.group(), redactor), text)
        if "\\x" not in text:
            return redactor(text)
        # Bytes as Python shows them: an escape is no part of the word behind it.
        return "".join(
            part if part.startswith("\\x") else redactor(part) for part in _ESCAPES.split(text)
        )


def quiet() -> None:
    """Keep at warnings those libraries that at debug write out checkpoints, bodies, addresses."""
    for name in ("alembic", "aiosqlite", "httpx", "httpx2", "httpcore", "httpcore2", "openai"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _decoded(address: str, redactor: Redactor) -> str:
    """A word as it was, or decoded as an address where only that shows what has to go."""
    if "%" not in address and "+" not in address:
        return address
    path, mark, query = address.partition("?")
    plain = unquote(path) + mark + unquote_plus(query)
    clean = redactor(plain)
    return address if clean == plain else clean


def _told(error: BaseException) -> str:
    """As the logging package tells an exception."""
    told = io.StringIO()
    traceback.print_exception(type(error), error, error.__traceback__, file=told)
    return told.getvalue().rstrip("\n")
