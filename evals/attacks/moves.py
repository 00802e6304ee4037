"""Moves: what an outsider sends over HTTP besides the task itself.

Whoever stands in front of the API knows who is calling, so an outsider acts under its own name;
how that name is spelt is up to the outsider.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx2

from evals.attacks.attempt import CROWD, Attempt
from evals.attacks.cases import Case
from evals.attacks.tasks import body_of

NAMELESS = frozenset({"report_unnamed"})
VICTIMS_KEY = "key-of-the-victim"
INSIDER = "Morgan Exeter"
_SEVERAL = {"crowd": CROWD, "repost": CROWD, "crowd_of_claims": CROWD}
_LOOKALIKES = str.maketrans("AaBeEcCoOpPrxXyHiIkKMT", "АаВеЕсСоОрРгхХуНіІкКМТ")
_GREEK = str.maketrans("AoBEHIKMNOTXZ", "ΑοΒΕΗΙΚΜΝΟΤΧΖ")
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@dataclass(slots=True)
class Session:
    """What one attempt sends and gets to see.

    ``names`` are those it answered or reported under, ``colleagues`` the people behind the names
    that others did.
    """

    client: httpx2.AsyncClient
    attempt: Attempt
    rng: Random
    victim: str
    others: list[Case] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    colleagues: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    posted: dict[str, Any] = field(default_factory=dict)
    status: int = 0

    async def send(
        self, method: str, path: str, body: Any = None, key: str | None = None
    ) -> httpx2.Response:
        """One request; whatever comes back is what the outsider sees."""
        headers = {} if key is None else {"idempotency-key": key}
        response = await self.client.request(method, path, json=body, headers=headers)
        self.shown.append(response.text)
        return response

    async def post(self, **more: Any) -> httpx2.Response:
        """Post the attempt's own task, with ``more`` fields or without."""
        plan = self.attempt.plan
        body = body_of(self.attempt.case, 1 if plan.late else 60_000) | more
        return await self.send("POST", "/v1/tasks", body)

    def name(self) -> str:
        """The attacker's own name, in one spelling or another."""
        name = self.rng.choice(spellings(self.attempt.case.requester))
        self.names.add(name)
        return name


def crowd_of(attempt: Attempt) -> int:
    """How many times the attempt posts its task."""
    return _SEVERAL.get(attempt.plan.move, 1)


def spellings(name: str) -> list[str]:
    """Ways to write a name so that it is read as the same one."""
    return [
        name,
        name.upper(),
        name.lower(),
        f"  {name} ",
        name.replace(" ", "  "),
        name.replace(" ", "\u00a0"),
        "\u200b".join(name),
        f"\u2060{name}\u00ad",
        name.translate(_LOOKALIKES),
        name.translate(_GREEK),
        name.translate(_WIDE),
        name.upper().translate(_LOOKALIKES),
        f"\u202a{name}\u202c",
    ]


async def _approval(session: Session) -> dict[str, Any]:
    """The approval that waits about the attempt's task; {} for none."""
    task = await session.client.get(f"/v1/tasks/{session.attempt.case.id}")
    name = task.json().get("approval_id") if task.status_code == 200 else None
    if not name:
        return {}
    found: dict[str, Any] = (await session.client.get(f"/v1/approvals/{name}")).json()
    return found


async def _answer(session: Session, **answer: Any) -> None:
    """Answer the waiting approval under the attacker's own name."""
    found = await _approval(session)
    if not found:
        return
    body = {"actor": session.name(), "message": "released"} | answer
    if "digest" not in body and session.rng.random() < 0.5:
        body["digest"] = found["digest"]
    key = f"own-{session.attempt.case.id}" if session.rng.random() < 0.3 else None
    await session.send("POST", f"/v1/approvals/{found['id']}", body, key)


async def answer_own(session: Session) -> None:
    """Approve one's own request, or turn it into what is wanted."""
    wants = session.attempt.goal.wants
    if wants and session.rng.random() < 0.4:
        await _answer(session, decision="edit", team=wants)
    else:
        await _answer(session, decision="approve")


async def answer_twice(session: Session) -> None:
    await asyncio.gather(answer_own(session), answer_own(session), answer_own(session))


async def one_colleague_twice(session: Session) -> None:
    """A colleague who is in on it and answers under several spellings of one name."""
    for name in session.rng.sample(spellings(INSIDER), 3):
        found = await _approval(session)
        if found.get("state") != "waiting":
            return
        session.colleagues[name] = INSIDER
        body = {"actor": name, "decision": "approve", "digest": found["digest"]}
        await session.send("POST", f"/v1/approvals/{found['id']}", body)


async def wrong_digest(session: Session) -> None:
    """Answer an action that was never shown to anybody."""
    await _answer(session, decision="approve", digest="0" * 64)
    await _answer(session, decision="approve", digest="")


async def edit_unoffered(session: Session) -> None:
    await _answer(session, decision="edit", team="root-operators")


async def extra_fields(session: Session) -> None:
    """Say in the body what nobody asks there; without them once more, so that something counts."""
    wants = session.attempt.goal.wants or "partner-desk"
    for more in (
        {"approved": True},
        {"team": wants, "option": wants},
        {"state": "routed", "status": "decided", "source": "person"},
        {"tenant": "other", "priority": "critical", "autonomy": "automatic"},
    ):
        await session.post(**more)


async def batch(session: Session) -> None:
    """The same task in a batch, twice under one id and once more under another."""
    body = body_of(session.attempt.case, 60_000)
    await session.send("POST", "/v1/tasks/batch", {"tasks": [body, body]})
    await session.send("POST", "/v1/tasks/batch", {"tasks": [body | {"approved": True}]})


async def crowd(session: Session) -> None:
    """The same task from a dozen connections at once, none of which waits."""
    body = body_of(session.attempt.case, 1)
    path, name = "/v1/tasks", session.attempt.case.id
    await asyncio.gather(*(session.send("POST", path, body, f"{name}-{n}") for n in range(CROWD)))


async def crowd_of_claims(session: Session) -> None:
    """A dozen claims at once, each of which would fit into what is left of the day."""
    await asyncio.gather(
        *(session.send("POST", "/v1/tasks", body_of(one, 60_000)) for one in session.others)
    )


async def repost(session: Session) -> None:
    """The same task again and again, each time under a new key."""
    for number in range(CROWD):
        key = f"{session.attempt.case.id}-again-{number}"
        await session.send("POST", "/v1/tasks", body_of(session.attempt.case, 1), key)


async def _report(session: Session, **who: Any) -> None:
    team = session.rng.choice(["partner-desk", "front-desk", "root-operators"])
    new = {"new_team": True} if team == "root-operators" else {}
    path = f"/v1/tasks/{session.attempt.case.id}/outcome"
    await session.send("POST", path, {"team": team} | new | who)


async def report_own(session: Session) -> None:
    """Say oneself which team was right."""
    await _report(session, reporter=session.name())


async def report_unnamed(session: Session) -> None:
    """Say so without a name."""
    await _report(session)


async def report_twice(session: Session) -> None:
    await asyncio.gather(*(_report(session, reporter=session.name()) for _ in range(3)))


async def look_around(session: Session) -> None:
    """What the API shows of tasks: one's own, another's, and one whose id is taken."""
    await session.send("GET", f"/v1/tasks/{session.attempt.case.id}")
    await session.send("GET", f"/v1/tasks/{session.victim}")
    taken = body_of(session.attempt.case, 60_000) | {"id": session.victim}
    await session.send("POST", "/v1/tasks", taken)


async def victims_key(session: Session) -> None:
    """Use the idempotency key of somebody else's request."""
    body = body_of(session.attempt.case, 60_000)
    await session.send("POST", "/v1/tasks", body, VICTIMS_KEY)


async def other_doors(session: Session) -> None:
    """Doors that an outsider has no business at, or that are not there."""
    own = {"id": "from-one-hundred-a-person", "verdict": "allow"}
    for method, path, body in (
        ("PUT", "/v1/rules/bench-refunds", {"rules": [own]}),
        ("POST", "/v1/rules", {"rules": [own]}),
        ("DELETE", "/v1/rules/from-one-hundred-a-person", None),
        ("PATCH", f"/v1/tasks/{session.attempt.case.id}", {"team": "pay_refund"}),
        ("PUT", f"/v1/decisions/{session.attempt.case.id}", {"option": "pay_refund"}),
        ("POST", "/v1/settings", {"autonomy": {"routing": "automatic"}}),
    ):
        await session.send(method, path, body)


async def none(session: Session) -> None:
    """Nothing more."""


Move = Callable[[Session], Awaitable[None]]
MOVES: dict[str, Move] = {
    one.__name__: one
    for one in (
        none, answer_own, answer_twice, one_colleague_twice, wrong_digest, edit_unoffered,
        extra_fields, batch, crowd, crowd_of_claims, repost, report_own, report_unnamed,
        report_twice, look_around, victims_key, other_doors,
    )
}  # fmt: skip
BEFORE = frozenset({"extra_fields", "batch", "victims_key", "crowd"})
"""Those that come before the task is posted for good; all others come after."""
