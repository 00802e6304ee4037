"""The gate: from what a request carries to whoever it comes from."""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from graphs.lanes import Lane
from signalbox.domain.access import ApiKey, ApiKeys, Principal, Sessions, Unauthorised
from signalbox.secrets import digest, key_id, new_session

# For so long a key goes on counting after it was revoked, on every process.
REMEMBERED_S = 1.0
MOST_REMEMBERED = 10_000
SESSION_LIFE = timedelta(hours=12)
HINT = "send a key as 'Authorization: Bearer sbk_…'; `signalbox keys create` makes one"


class Gate:
    """Looks keys and sessions up, and remembers for a second what it found."""

    def __init__(
        self,
        keys: ApiKeys,
        sessions: Sessions,
        reads: Lane,
        writes: Lane,
        clock: Callable[[], datetime],
    ) -> None:
        self._keys, self._sessions = keys, sessions
        self._reads, self._writes, self._clock = reads, writes, clock
        self._known: OrderedDict[str, tuple[float, ApiKey]] = OrderedDict()
        self._keyed, self._looked_at = False, float("-inf")

    async def keyed(self) -> bool:
        """Whether requests need a key: from the first one that was ever made."""
        if not self._keyed and time.monotonic() - self._looked_at > REMEMBERED_S:
            self._keyed = await self._reads.run(self._keys.any)
            self._looked_at = time.monotonic()
        return self._keyed

    async def principal(self, token: str) -> Principal:
        """Who bears this key. Raises Unauthorised; Unavailable where the ledger is away."""
        mark = digest(token)
        key = self._remembered(mark)
        if key is None:
            id = key_id(token)
            found = None if id is None else await self._reads.run(self._keys.find, id)
            if found is None or not hmac.compare_digest(found[1], mark):
                raise Unauthorised("no key, or none that counts", hint=HINT)
            key = found[0]
            self._remember(mark, key)
        return self._as(key)

    async def open_session(self, token: str) -> tuple[str, Principal, datetime]:
        """A session for the bearer of a key: its token, who it is, and until when."""
        principal = await self.principal(token)
        session, now = new_session(), self._clock()
        expires_at = now + SESSION_LIFE
        await self._writes.run(
            self._sessions.add, digest(session), str(principal.key_id), expires_at, now
        )
        return session, principal, expires_at

    async def in_session(self, session: str) -> Principal:
        """Whose session it is. Raises Unauthorised also where its key no longer counts."""
        mark = digest(f"session:{session}")
        key = self._remembered(mark)
        if key is None:
            id = await self._reads.run(self._sessions.find, digest(session), self._clock())
            found = None if id is None else await self._reads.run(self._keys.find, id)
            if found is None:
                raise Unauthorised("the session is over", hint="open a new one with a key")
            key = found[0]
            self._remember(mark, key)
        return self._as(key)

    async def end_session(self, session: str) -> None:
        """Close it, here at once and elsewhere within a second."""
        self._known.pop(digest(f"session:{session}"), None)
        await self._writes.run(self._sessions.end, digest(session))

    def _as(self, key: ApiKey) -> Principal:
        if not key.valid(self._clock()):
            raise Unauthorised("no key, or none that counts", hint=HINT)
        return Principal(
            tenant=key.tenant, name=key.name, role=key.role, scopes=key.scopes, key_id=key.id
        )

    def _remembered(self, mark: str) -> ApiKey | None:
        at, key = self._known.get(mark, (float("-inf"), None))
        return key if time.monotonic() - at <= REMEMBERED_S else None

    def _remember(self, mark: str, key: ApiKey) -> None:
        self._known[mark] = (time.monotonic(), key)
        self._known.move_to_end(mark)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
