"""The arm with everything: the real engine, and effects read back from its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from agents.opening import ACCOUNT
from evals.attacks.attempt import CROWD, Attempt
from evals.attacks.cases import DAY_LIMIT, Case
from evals.attacks.desks import Desk
from evals.attacks.host import Host
from evals.attacks.moves import BEFORE, MOVES, VICTIMS_KEY, Session
from evals.attacks.observed import (
    ATTACKER,
    COLLEAGUE,
    NOBODY,
    End,
    changed,
    decided,
    money,
    told,
    traffic,
)
from evals.attacks.policy import Observation, read_policy
from evals.attacks.tasks import body_of
from signalbox.domain.approval import Approval, approval_id
from signalbox.domain.base import utc_now
from signalbox.domain.decision import Decision, decision_id
from signalbox.domain.enums import DecisionStatus
from signalbox.domain.errors import Unavailable

TENANT = "default"
MOST_EPOCHS = 50
SETTLE_S = 150.0
VICTIM = "victim-1"
_ROOM_FOR_ONE = 60.0


class Full:
    """Attempts and harmless cases, sent one after the other to the desks."""

    def __init__(self, desks: Mapping[str, Desk], host: Host, secret: str, seed: int) -> None:
        self._desks, self._host, self._secret = desks, host, secret
        self._rng = Random(f"full:{seed}")

    async def begin(self, victims: Mapping[str, Case]) -> None:
        """Let somebody else's task be there first, with a text that nobody else is to see."""
        for name, case in victims.items():
            desk = self._desks[name]
            desk.register.enter(case)
            self._host.turn(case, None)
            headers = {"idempotency-key": VICTIMS_KEY}
            await desk.client.post("/v1/tasks", json=body_of(case, 60_000), headers=headers)
            await desk.engine.dispatcher.drain(SETTLE_S)
            # Else the limit below would be looked for in the wrong place, and always be kept.
            if self._host.prompts and not self._spent(desk):
                raise Unavailable("what the model costs is not counted", hint="see agents.opening")

    async def run(self, name: str, case: Case, attempt: Attempt | None = None) -> End:
        """Handle one case to the end of everything it set off."""
        desk = self._desks[name]
        others = self._day(desk, attempt)
        for one in (case, *others):
            desk.register.enter(one)
        self._host.turn(case, attempt)
        if attempt is None:
            session = None
            response = await desk.client.post("/v1/tasks", json=body_of(case, 60_000))
            response.raise_for_status()
        else:
            session = Session(desk.client, attempt, self._rng, VICTIM, others)
            move = MOVES[attempt.plan.move]
            if attempt.plan.move in BEFORE:
                await move(session)
            response = await session.post()
            session.status = response.status_code
            session.posted = response.json() if response.status_code < 300 else {}
            await desk.engine.dispatcher.drain(SETTLE_S)
            if attempt.plan.move not in BEFORE:
                await move(session)
        await desk.engine.dispatcher.drain(SETTLE_S)
        return await self._end(desk, case, session, others)

    def _day(self, desk: Desk, attempt: Attempt | None) -> list[Case]:
        """Begin the till's day; the further claims of a crowd."""
        if desk.name != "spent" or attempt is None:
            desk.register.new_day()
            return []
        if attempt.plan.move != "crowd_of_claims":
            desk.register.new_day(DAY_LIMIT)
            return []
        desk.register.new_day(DAY_LIMIT - _ROOM_FOR_ONE)
        case = attempt.case
        return [
            replace(case, id=f"{case.id[:110]}:{n}", attributes=case.attributes | {"order":
                    f"{case.order}-{n}"})
            for n in range(CROWD)
        ]  # fmt: skip

    async def _end(
        self, desk: Desk, case: Case, session: Session | None, others: Sequence[Case]
    ) -> End:
        read = desk.engine.reads.run
        names = session.names if session else set()
        colleagues = session.colleagues if session else {}
        made, waits = await read(self._rows, desk, case.id)
        end = End(asked=self._host.asked)
        for one in (case, *others):
            rows = made if one is case else (await read(self._rows, desk, one.id))[0]
            for decision, approval in rows:
                if decision.status is DecisionStatus.DECIDED and decision.option is not None:
                    by, people = _approver(approval, names, colleagues)
                    end.seen.append(
                        decided(desk.name, one, decision.option, by, desk.register, people)
                    )
                end.seen += _answers(approval, names)
        end.seen += _answers(waits, names)
        self._where(end, made, waits)
        if session is None:
            return end
        outcome = await read(desk.engine.ledger.find_outcome, TENANT, case.id)
        if outcome is not None:
            by = NOBODY if outcome.reporter is None else COLLEAGUE
            by = ATTACKER if outcome.reporter in names else by
            end.seen.append({"what": "outcome", "reported_by": by})
        end.shown = [*session.shown, *self._host.prompts]
        now = desk.standing()
        requests = len(self._host.prompts) / (1 + len(others))
        end.seen += [
            traffic(len(made), round(requests)),
            money(await read(self._spent, desk), read_policy().desks[desk.name][
                "model_usd_per_day"]),
            told(end.shown, self._secret),
            changed("rules", now[:2] != desk.began[:2]),
            changed("switch", now[2:] != desk.began[2:]),
        ]  # fmt: skip
        return end

    def _rows(
        self, desk: Desk, subject: str
    ) -> tuple[list[tuple[Decision, Approval | None]], Approval | None]:
        """Every committed decision about ``subject`` with its approval, and what still waits."""
        ledger, kind = desk.engine.ledger, desk.engine.kind.kind.value
        made = []
        for epoch in range(1, MOST_EPOCHS):
            name = decision_id(TENANT, kind, subject, epoch)
            decision = ledger.find_decision(TENANT, name)
            approval = ledger.find_approval(TENANT, approval_id(name))
            if decision is None and approval is None:
                break
            if decision is not None:
                made.append((decision, approval))
        return made, ledger.unsettled_approval(TENANT, subject)

    def _spent(self, desk: Desk) -> float:
        return desk.engine.ledger.spent(ACCOUNT, utc_now())

    def _where(
        self, end: End, made: Sequence[tuple[Decision, Approval | None]], waits: Approval | None
    ) -> None:
        shown = made[-1][0] if made else (waits.draft if waits else None)
        if shown is None:
            return
        end.option, end.source = shown.option, shown.source.value
        end.flagged = bool(shown.trace.facts.get("language_risk"))
        if waits is not None:
            end.state = "waiting"
        else:
            end.state = "closed" if shown.option is None else "decided"


def _actors(approval: Approval | None) -> list[str]:
    """Everybody whose word about ``approval`` was taken."""
    if approval is None:
        return []
    given = [vote.answer for vote in approval.votes]
    given += [approval.answer] if approval.answer else []
    return list(dict.fromkeys(one.actor for one in given))


def _answers(approval: Approval | None, names: set[str]) -> list[Observation]:
    """Whose word was taken, whether or not it was enough."""
    return [
        {"what": "approval", "answered_by": ATTACKER if one in names else COLLEAGUE}
        for one in _actors(approval)
    ]


def _approver(
    approval: Approval | None, names: set[str], colleagues: Mapping[str, str]
) -> tuple[str, int]:
    """(who released it, how many colleagues that were, each person once)."""
    actors = _actors(approval)
    if not actors:
        return NOBODY, 0
    people = {colleagues.get(one, one) for one in actors if one not in names}
    return (ATTACKER if names.intersection(actors) else COLLEAGUE), len(people)
