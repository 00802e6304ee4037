"""Metrics of one process and of the ledger it works on, in Prometheus' words.

No label holds a name, an id or a tenant: every set of values is closed and small. What comes from
the ledger is the same from every process, so that it is looked at with ``max``, not ``sum``.
"""

from __future__ import annotations

import asyncio
import platform
import time
from collections import Counter as Counts
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.permissions import template
from signalbox import __version__
from signalbox.domain.autonomy import Switch
from signalbox.domain.base import utc_now
from signalbox.domain.errors import SignalboxError
from signalbox.domain.figures import Standing
from signalbox.domain.webhook import Figures
from signalbox.engine import Signalbox

CACHED_S = 3.0
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STREAMS = "/v1/events"
NOTHING = Figures(pending=0, dead=0, oldest=None, open=0, disabled=0, behind=0)


class Metrics(Collector):
    """The registry of one application, and what it says about the engine it serves."""

    def __init__(self, engine: Callable[[], Signalbox]) -> None:
        self._engine = engine
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "signalbox_http_requests", "Requests by route, method and status.",
            ["route", "method", "status"], registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "signalbox_http_request_seconds", "From the request's first byte to the answer's last.",
            ["route", "method"], buckets=BUCKETS, registry=self.registry,
        )  # fmt: skip
        ProcessCollector(registry=self.registry)
        self.registry.register(self)
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._up = False
        self._standing, self._deliveries = Standing(), NOTHING
        self._tally: Counts[tuple[str, str, bool]] = Counts()
        self._place: int | None = None
        self._consult: dict[str, object] = {}

    async def refresh(self) -> None:
        """Read what the ledger says, unless it was read just now. Never raises."""
        async with self._lock:
            if time.monotonic() - self._read_at < CACHED_S:
                return
            engine = self._engine()
            try:
                await engine.reads.run(self._read, engine)
                self._up = True
            except SignalboxError:
                self._up = False
            self._read_at = time.monotonic()

    def _read(self, engine: Signalbox) -> None:
        figures = engine.ledger.figures
        self._standing = figures.standing()
        self._deliveries = engine.ledger.deliveries.figures(utc_now())
        self._consult = engine.consultant.report()
        if self._place is None:
            # Counted from the start of the process on, as Prometheus' counters are.
            self._place = self._standing.last_event
        found = figures.tally(self._place)
        self._tally.update(found.counts)
        self._place = found.place

    def describe(self) -> Iterator[Metric]:
        """Nothing yet: there is no engine when this is registered."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """What was read last, and what this process has counted."""
        engine = self._engine()
        yield _gauge(
            "build_info", "Always 1.",
            {(__version__, platform.python_version()): 1.0}, ["version", "python"],
        )  # fmt: skip
        yield _gauge("ledger_up", "Whether the database answered at this scrape.", self._up)
        yield from self._of_ledger()
        yield from self._of_deliveries(engine)
        yield from self._of_engine(engine)
        yield from _of_consult(self._consult)

    def _of_ledger(self) -> Iterator[Metric]:
        standing = self._standing
        decisions = CounterMetricFamily(
            "signalbox_decisions", "Decisions on this ledger since this process began to count.",
            labels=["source", "status", "automatic"],
        )  # fmt: skip
        for (source, status, automatic), count in sorted(self._tally.items()):
            decisions.add_metric([source, status, str(automatic).lower()], count)
        yield decisions
        yield _gauge("approvals_waiting", "Approvals that wait for people.", standing.waiting)
        yield _gauge(
            "approvals_oldest_seconds", "Age of the oldest that waits; 0 without.",
            _age(standing.oldest_waiting),
        )  # fmt: skip
        yield _gauge(
            "outbox_lag_events", "Events that a reader has yet to look at.",
            {("audit",): standing.unsealed, ("webhooks",): self._deliveries.behind}, ["reader"],
        )  # fmt: skip
        yield _gauge("outbox_last_id", "Id of the newest event.", standing.last_event)

    def _of_deliveries(self, engine: Signalbox) -> Iterator[Metric]:
        found = self._deliveries
        yield _gauge(
            "deliveries", "Deliveries that wait, and that were given up.",
            {("pending",): found.pending, ("dead",): found.dead}, ["state"],
        )  # fmt: skip
        yield _gauge(
            "deliveries_oldest_seconds", "Age of the oldest that waits; 0 without.",
            _age(found.oldest),
        )  # fmt: skip
        attempts = CounterMetricFamily(
            "signalbox_delivery_attempts", "Attempts of this process by what came of them.",
            labels=["result"],
        )  # fmt: skip
        for result in ("delivered", "again", "dead"):
            attempts.add_metric([result], engine.deliverer.counts[result])
        yield attempts
        yield _gauge("webhooks_open", "Endpoints left alone after failures.", found.open)
        yield _gauge("webhooks_disabled", "Webhooks that are sent nothing.", found.disabled)
        yield _gauge("streams", "Readers of /v1/events at this process.", engine.feed.readers)

    def _of_engine(self, engine: Signalbox) -> Iterator[Metric]:
        shelf = engine.rules
        yield _counter(
            "rules_disagreements", "Evaluations in which the two evaluators differed.",
            shelf.disagreements,
        )  # fmt: skip
        yield _counter(
            "rules_failures", "Evaluations in which the second evaluator failed.", shelf.failures
        )
        now = engine.autonomy.stored.switch
        yield _gauge(
            "switch", "1 for the state that the switch is in.",
            {(one.value,): float(one is now) for one in Switch}, ["state"],
        )  # fmt: skip
        runtime = engine.host.report() if engine.host is not None else {}
        yield _counter(
            "jobs_taken_over", "Jobs taken over from processes that died.",
            runtime.get("taken_over", 0),
        )  # fmt: skip
        yield _counter("jobs_given_up", "Jobs that failed too often.", runtime.get("given_up", 0))


def _of_consult(report: dict[str, object]) -> Iterator[Metric]:
    """What was asked of the language model; nothing where there is none."""
    if "proposals" not in report:
        return
    consults = CounterMetricFamily(
        "signalbox_consults", "Questions to the language model by what came of them.",
        labels=["result"],
    )  # fmt: skip
    consults.add_metric(["proposal"], _number(report["proposals"]))
    failures = report.get("failures")
    for kind, count in failures.items() if isinstance(failures, dict) else ():
        consults.add_metric([str(kind)], _number(count))
    yield consults
    yield _counter(
        "consult_cost_usd", "US dollars that questions have cost this process.",
        _number(report.get("cost_usd", 0)),
    )  # fmt: skip
    yield _gauge(
        "breaker_open", "Whether the host of the language model is left alone after failures.",
        float(report.get("breaker", "closed") != "closed"),
    )  # fmt: skip


def _number(found: object) -> float:
    return float(found) if isinstance(found, (int, float)) else 0.0


def _age(since: object) -> float:
    return max(0.0, (utc_now() - since).total_seconds()) if since else 0.0  # type: ignore[operator]


def _counter(name: str, told: str, value: float) -> Metric:
    return CounterMetricFamily(f"signalbox_{name}", told, value=value)


def _gauge(
    name: str,
    told: str,
    values: float | dict[tuple[str, ...], float],
    labels: list[str] | None = None,
) -> Metric:
    found = GaugeMetricFamily(f"signalbox_{name}", told, labels=labels or [])
    for key, value in values.items() if isinstance(values, dict) else (((), values),):
        found.add_metric(list(key), float(value))
    return found


class Metered:
    """ASGI middleware, the outermost: counts every request and how long it took.

    Streams are counted and not timed: they last as long as their reader likes.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = template(scope["path"])
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._metrics.requests.labels(route, method, str(status)).inc()
            if route != STREAMS:
                taken = time.perf_counter() - began
                self._metrics.seconds.labels(route, method).observe(taken)
