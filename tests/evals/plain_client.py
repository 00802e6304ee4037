"""The plainest client that keeps the contract, to show that the matrix can be kept.

One question, three attempts, one re-ask, a strict reader; httpx alone. It stands in for no
client of the product and has no breaker, budget or cap.
"""

import asyncio
import json
import time
from email.utils import parsedate_to_datetime

import httpx

OFFERED = ("left", "right")
BINS = {"almost_certain", "likely", "even", "unlikely", "guess"}
MOST_BYTES = 4_000_000
STATUS = {400: "bad_request", 401: "auth", 402: "payment", 404: "bad_request",
          422: "bad_request", 429: "rate_limited"}  # fmt: skip
BACKOFF_S = 0.05


class Failed(Exception):
    def __init__(self, kind, about="", wait_s=None):
        super().__init__(kind)
        self.kind, self.about, self.wait_s = kind, about, wait_s


async def consult(base_url, dialect, deadline_s):
    start = time.perf_counter()
    try:
        async with asyncio.timeout(deadline_s), _http(None) as http:
            result = await _with_reask(http, base_url, start + deadline_s)
    except Failed as failed:
        result = failed.kind
    except TimeoutError:
        result = "timeout"
    return result, time.perf_counter() - start


async def naive(base_url, dialect, deadline_s):
    """What many write: no reader, no deadline but the HTTP client's."""
    start = time.perf_counter()
    async with _http(deadline_s) as http:
        reply = await http.post(f"{base_url}/chat/completions", json=_request(""))
    json.loads(reply.json()["choices"][0]["message"]["content"])
    return "proposal", time.perf_counter() - start


def _http(timeout):
    # Reading the certificate store costs 50 ms, and there is no TLS here.
    return httpx.AsyncClient(timeout=timeout, verify=False)


def _request(rejected):
    about = f"\nYour last answer failed: {rejected}" if rejected else ""
    prompt = f"OFFERED: {json.dumps(OFFERED)}\nAnswer with one JSON object.{about}"
    return {"model": "r1", "messages": [{"role": "user", "content": prompt}]}


async def _with_reask(http, base_url, end):
    try:
        return _read(await _attempts(http, base_url, "", end))
    except Failed as failed:
        if failed.kind not in {"invalid_json", "invalid_schema", "not_offered"}:
            raise
        return _read(await _attempts(http, base_url, failed.about or failed.kind, end))


async def _attempts(http, base_url, rejected, end):
    for attempt in (1, 2, 3):
        try:
            return await _once(http, base_url, rejected)
        except Failed as failed:
            again = failed.kind in {"rate_limited", "server_error", "unreachable"}
            wait = BACKOFF_S * attempt if failed.wait_s is None else failed.wait_s
            if not again or attempt == 3 or time.perf_counter() + wait >= end:
                raise
            await asyncio.sleep(wait)
    raise AssertionError


async def _once(http, base_url, rejected):
    body = bytearray()
    try:
        async with http.stream(
            "POST", f"{base_url}/chat/completions", json=_request(rejected)
        ) as reply:
            async for part in reply.aiter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    raise Failed("protocol")
    except httpx.NetworkError:
        raise Failed("unreachable") from None
    except httpx.RemoteProtocolError:
        raise Failed("protocol") from None
    if reply.status_code != 200:
        kind = STATUS.get(reply.status_code, "server_error")
        raise Failed(kind, wait_s=_wait(reply.headers.get("retry-after")))
    if reply.headers.get("content-type") != "application/json":
        raise Failed("protocol")
    return body


def _wait(header):
    if header is None or header.isdigit():
        return None if header is None else int(header)
    return parsedate_to_datetime(header).timestamp() - time.time()


def _read(body):
    try:
        choice = json.loads(body)["choices"][0]
        content = choice["message"]["content"] or ""
    except (ValueError, LookupError):
        raise Failed("protocol") from None
    if choice.get("finish_reason") == "content_filter":
        raise Failed("refused")
    if choice.get("finish_reason") != "stop":
        raise Failed("truncated")
    text = content.rpartition("</think>")[2].strip()
    if not text:
        raise Failed("blank")
    text = text.removeprefix("```json").removesuffix("```")
    try:
        found = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except ValueError:
        raise Failed("invalid_json") from None
    if not isinstance(found, dict):
        raise Failed("invalid_json")
    _check(found)
    return "proposal"


def _check(found):
    strings = [found.get("reasons"), found.get("evidence")]
    if (
        set(found) != {"choice", "reasons", "evidence", "confidence"}
        or not isinstance(found["choice"], str)
        or not all(isinstance(one, list) for one in strings)
        or found["confidence"] not in BINS
    ):
        raise Failed("invalid_schema")
    if found["choice"] not in OFFERED:
        raise Failed("not_offered", f"{found['choice']!r} was not offered")


def _unique(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _no_constant(name):
    raise ValueError(name)
