"""Every fault the scripted server can commit, and what a well-behaved client makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from evals.scripted import reply, shapes, wire
from evals.scripted.reply import PayloadFault, ReplyFault
from evals.scripted.results import PROPOSAL
from evals.scripted.shapes import Shape
from evals.scripted.wire import Send


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to answer, by the stage that goes wrong: said, payload, status, reply, bytes.

    ``expected`` is the result (``results.py``) of a well-behaved client; ``also`` holds others
    that are as good, ``by_dialect`` those that differ at one host. ``once``: the first of two
    like requests fails. ``until_told``: right once the messages quote the id that was rejected.
    """

    name: str
    says: str
    expected: str
    also: frozenset[str] = frozenset()
    by_dialect: Mapping[str, str] = field(default_factory=dict)
    shape: Shape | None = None
    payload: PayloadFault | None = None
    status: int = 200
    retry_after: Callable[[], str] | None = None
    reply: ReplyFault | None = None
    send: Send = wire.whole
    once: bool = False
    until_told: bool = False

    def accepts(self, dialect: str) -> frozenset[str]:
        """The results with which a client passes at this host."""
        return self.also | {self.by_dialect.get(dialect, self.expected)}


def _said(name: str, says: str, expected: str, shape: Shape, until_told: bool = False) -> Fault:
    return Fault(name, says, expected, shape=shape, until_told=until_told)


def _status(name: str, expected: str, status: int, retry_after: str | None = None) -> Fault:
    says = f"HTTP {status}" + (f" with Retry-After: {retry_after}" if retry_after else "")
    wait = None if retry_after is None else lambda: retry_after
    return Fault(name, says, expected, status=status, retry_after=wait)


_ALL = (
    Fault("none", "a correct answer", PROPOSAL),
    # What is said.
    _said("blank_content", "content is empty", "blank", shapes.content("")),
    _said("spaces", "content is white space", "blank", shapes.content("  \n \t\n")),
    _said("null_content", "content is null", "blank", shapes.content(None)),
    _said("fenced_json", "one object in a ```json fence", PROPOSAL,
          shapes.around("```json\n", "\n```")),
    _said("prose_around_json", "prose before and after the object", "invalid_json",
          shapes.around("Here is my decision:\n\n", "\n\nI hope this helps.")),
    _said("two_json_objects", "two objects", "invalid_json", shapes.twice),
    _said("think_inline", "<think>...</think> in the content", PROPOSAL, shapes.inline("tags")),
    _said("think_no_open", "reasoning in the content, closing tag only", PROPOSAL,
          shapes.inline("closing")),
    _said("think_twice", "two think parts with a draft between them", PROPOSAL,
          shapes.think_twice),
    _said("json_in_reasoning_only", "the object stands in the reasoning only", "blank",
          shapes.in_reasoning_only),
    _said("truncated_length", "half an object, finish reason length", "truncated",
          shapes.cut("length")),
    _said("truncated_stop", "half an object, finish reason stop", "invalid_json",
          shapes.cut("stop")),
    Fault("no_finish_reason", "a whole answer, finish reason null or absent", "truncated",
          payload=reply.no_finish_reason),
    _said("finish_unknown", "a whole answer, finish reason insufficient_system_resource",
          "truncated", shapes.finish("insufficient_system_resource")),
    _said("finish_content_filter", "nothing, finish reason content_filter", "refused",
          shapes.refusal),
    _said("wrong_enum", "a confidence that is no bin", "invalid_schema",
          shapes.wrong(confidence="pretty sure")),
    _said("extra_keys", "one key too many", "invalid_schema",
          shapes.wrong(action="approve everything")),
    _said("duplicate_keys", "the key choice twice", "invalid_json", shapes.duplicate_keys),
    _said("unknown_id", "an option that was not offered", "not_offered", shapes.unknown_id),
    _said("nan", "NaN for a value", "invalid_json", shapes.wrong(confidence=float("nan"))),
    _said("infinity", "Infinity for a value", "invalid_json",
          shapes.wrong(confidence=float("inf"))),
    _said("wrong_types", "a number, a string and null where others belong", "invalid_schema",
          shapes.wrong(choice=7, reasons="one string", evidence=None)),
    _said("json_array", "the object in an array", "invalid_json", shapes.as_array),
    _said("invalid_json", "single quotes and a trailing comma", "invalid_json",
          shapes.content("{'choice': 'a', 'confidence': likely,}")),
    _said("reasoning_1mb", "1 MB of reasoning, then a correct answer", PROPOSAL,
          shapes.long_reasoning),
    # A client that bounds the body it reads stops before it sees the schema broken.
    Fault("content_10mb", "one object of 10 MB", "invalid_schema", frozenset({"protocol"}),
          shape=shapes.long_content),
    _said("reask_ok", "an unknown id, put right when the re-ask quotes it", PROPOSAL,
          shapes.unknown_id, until_told=True),
    _said("reask_bad", "an unknown id, before and after the re-ask", "not_offered",
          shapes.unknown_id),
    # The payload around it, and the body.
    Fault("no_choices", "choices is an empty list", "protocol", payload=reply.no_choices),
    Fault("error_200", "an error object with status 200", "protocol",
          payload=reply.error_object),
    Fault("usage_missing", "a correct answer without usage", PROPOSAL, payload=reply.no_usage),
    Fault("usage_absurd", "a correct answer, usage negative and huge", PROPOSAL,
          payload=reply.absurd_usage),
    Fault("html_200", "a web page with status 200", "protocol", reply=reply.html),
    Fault("empty_body", "status 200 and no body", "protocol", reply=reply.empty),
    Fault("wrong_content_type", "a correct body labelled text/plain", "protocol",
          reply=reply.plain_text),
    # The status.
    _status("http_400", "bad_request", 400),
    _status("http_401", "auth", 401),
    _status("http_402", "payment", 402),
    _status("http_404", "bad_request", 404),
    _status("http_422", "bad_request", 422),
    _status("http_429", "rate_limited", 429),
    _status("http_429_after", "rate_limited", 429, "1"),
    Fault("http_429_date", "HTTP 429 with a date a second or two ahead as Retry-After",
          "rate_limited", status=429, retry_after=lambda: reply.http_date_in(1)),
    _status("http_429_long", "rate_limited", 429, "3600"),
    _status("http_500", "server_error", 500),
    _status("http_503", "server_error", 503),
    _status("http_503_after", "server_error", 503, "1"),
    Fault("flaky_503_once", "HTTP 503, then a correct answer", PROPOSAL, status=503, once=True),
    Fault("flaky_429_once", "HTTP 429, then a correct answer", PROPOSAL, status=429, once=True),
    # How the bytes arrive.
    Fault("slow_first_byte", "nothing for 60 s", "timeout", send=wire.slow_first_byte),
    Fault("keep_alive", "keep-alive lines every 0.3 s for ever", "timeout",
          send=wire.keep_alive),
    Fault("keep_alive_then_answer", "blank lines for 0.3 s, then a correct answer", PROPOSAL,
          send=wire.keep_alive_then_answer),
    Fault("trickle", "a correct body, a byte every 0.2 s", "timeout", send=wire.trickle),
    Fault("cut_body", "half of the announced body", "protocol", send=wire.cut_body),
    # HTTP clients report this like a server that closed without a word.
    Fault("cut_header", "half of the headers", "protocol", frozenset({"unreachable"}),
          send=wire.cut_header),
    Fault("reset", "RST instead of an answer", "unreachable", send=wire.reset),
)  # fmt: skip

FAULTS: dict[str, Fault] = {fault.name: fault for fault in _ALL}
