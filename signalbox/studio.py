"""The graphs that ``langgraph.json`` names, for ``langgraph dev`` and its client. For development.

Made as the settings say, with the rules of the settings and without ledger, checkpointer or
language model: runs are kept by that server, and nothing takes effect.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import cache, partial

from agents import NoConsultant
from graphs.kind import Parts
from graphs.routing import Routing
from graphs.spine import Spine, compile_spine
from graphs.studio import Rules, ShownOnly, StudioStations
from graphs.terms import Terms
from signalbox import __version__
from signalbox.domain.base import utc_now
from signalbox.domain.ports import Predictor
from signalbox.domain.prediction import Prediction
from signalbox.domain.task import Task
from signalbox.parts import read_autonomy, read_predictor, read_rules
from signalbox.settings import Settings, read_settings
from signalbox.tracing import ignore_tracing


@cache
def routing() -> Spine:
    """The spine of routing. Read once: restart the server for other settings."""
    ignore_tracing()
    settings = read_settings()
    return routing_spine(settings, read_predictor(settings))


def routing_spine(settings: Settings, predictor: Predictor | None) -> Spine:
    """The spine of routing with ``predictor``, as a development server runs it."""
    fallback = settings.fallback_team
    kind = Routing(
        lambda: predictor,
        extra=(fallback,) if fallback else (),
        sensitive=settings.sensitive_options,
    )
    parts = Parts(
        kind=kind,
        rules=Rules(read_rules(settings)),
        consultant=NoConsultant(),
        recorder=ShownOnly(),
        candidates=settings.llm.candidates,
        level=partial(read_autonomy(settings).level, kind.kind),
        clock=utc_now,
        engine_version=__version__,
        terms=Terms(
            fresh=timedelta(hours=settings.approval_fresh_hours),
            approvers_top=settings.approvers_top,
        ),
    )

    async def predict(task: Task, offered: tuple[str, ...]) -> Prediction | None:
        return await asyncio.to_thread(kind.predict, task, offered)

    return compile_spine(StudioStations(parts, predict), None)
