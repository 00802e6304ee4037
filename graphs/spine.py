"""The one LangGraph shape: screen → rule → predict → consult → verify → authorise → commit.

``approve`` lies between the last two when a person must be asked, also when only committing shows
that a day's limit is used up. Node names are part of what is stored for a paused decision: they
are never renamed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graphs.kind import Parts
from graphs.state import SpineState
from graphs.stations import Stations, timed
from signalbox.domain.enums import Step, Verdict
from signalbox.domain.prediction import Prediction
from signalbox.domain.task import Task

Predict = Callable[[Task, tuple[str, ...]], Awaitable[Prediction | None]]
Spine = CompiledStateGraph[SpineState, None, SpineState, SpineState]


def _after_authorise(state: SpineState) -> str:
    if state["authorised"].verdict is Verdict.REQUIRE_APPROVAL:
        return Step.APPROVE.value
    return Step.COMMIT.value


def _after_commit(state: SpineState) -> str:
    # Held back at the last moment: a person decides, as if it had never been automatic.
    return Step.APPROVE.value if state.get("held") else END


def build_spine(parts: Parts, predict: Predict, saver: BaseCheckpointSaver[Any] | None) -> Spine:
    """Compile the spine for one kind of decision.

    ``predict`` runs the kind's predictor off the event loop. Without ``saver`` a decision that
    needs approval cannot be resumed, so only tests leave it out.
    """
    return compile_spine(Stations(parts, predict), saver)


def compile_spine(stations: Stations, saver: BaseCheckpointSaver[Any] | None) -> Spine:
    """Lay the line through ``stations``: the one shape there is."""
    graph: StateGraph[SpineState, None, SpineState, SpineState] = StateGraph(SpineState)
    line: tuple[tuple[Step, Any], ...] = (
        (Step.SCREEN, stations.screen),
        (Step.RULE, stations.rule),
        (Step.PREDICT, stations.predict),
        (Step.CONSULT, stations.consult),
        (Step.VERIFY, stations.verify),
        (Step.AUTHORISE, stations.authorise),
    )
    previous = START
    for step, station in line:
        graph.add_node(step.value, timed(step, station))
        graph.add_edge(previous, step.value)
        previous = step.value
    graph.add_node(Step.APPROVE.value, stations.approve)
    graph.add_node(Step.COMMIT.value, stations.commit)
    graph.add_conditional_edges(
        Step.AUTHORISE.value, _after_authorise, [Step.APPROVE.value, Step.COMMIT.value]
    )
    graph.add_edge(Step.APPROVE.value, Step.COMMIT.value)
    graph.add_conditional_edges(Step.COMMIT.value, _after_commit, [Step.APPROVE.value, END])
    return graph.compile(checkpointer=saver)
