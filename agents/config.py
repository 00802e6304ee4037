"""Where a reasoning model answers and how far a question may go."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from agents.dialects import PRESETS, Dialect, dialect_named, preset_named
from agents.failures import one_line
from signalbox.domain.errors import BadInput


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Settings of one client. Prices are US dollars per million tokens.

    ``max_tokens`` includes the reasoning, ``concurrency`` is of questions on one event loop.
    ``max_body_bytes`` bounds what is read of an answer, after decompression. ``proxy`` is the only
    way to a proxy: the environment is not consulted.
    """

    base_url: str
    model: str
    dialect: Dialect
    api_key: str = field(default="", repr=False)
    max_tokens: int = 4096
    usd_per_million_in: float = 0.55
    usd_per_million_out: float = 2.19
    concurrency: int = 8
    attempts: int = 3
    connect_s: float = 5.0
    backoff_s: float = 0.25
    backoff_max_s: float = 4.0
    max_body_bytes: int = 4_000_000
    reasoning_chars: int = 20_000
    breaker_failures: int = 5
    probe_s: float = 5.0
    probe_max_s: float = 60.0
    cache_size: int = 0
    proxy: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        _check_url(self.base_url)
        if not self.model.strip():
            raise BadInput(
                "SIGNALBOX_LLM__MODEL is empty", hint="name the model as the host spells it"
            )
        key = self.api_key
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise BadInput(
                "SIGNALBOX_LLM__API_KEY holds spaces or letters that no header can carry",
                hint="copy the key again",
            )
        for name in ("max_tokens", "concurrency", "attempts", "max_body_bytes"):
            if getattr(self, name) < 1:
                raise BadInput(f"{name} is below 1", hint=f"give {name} a positive number")

    @property
    def host(self) -> str:
        """Host and port, as the breaker and the metrics name it."""
        return urlsplit(self.base_url).netloc


def _check_url(url: str) -> None:
    """Raise BadInput unless ``url`` is one that requests can be sent below."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable()
        usable = usable and parts.port != 0 and " " not in url
    except ValueError:
        usable = False
    if not usable:
        raise BadInput(
            f"SIGNALBOX_LLM__BASE_URL: {_shown(url)!r} is not an http(s) URL",
            hint="such as http://127.0.0.1:8000/v1",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadInput(
            "SIGNALBOX_LLM__BASE_URL holds a user name, a password or a query",
            hint="put the key into SIGNALBOX_LLM__API_KEY",
        )


def _shown(url: str) -> str:
    """The URL for a message, without what stands where a password does."""
    return one_line(re.sub(r"(?s)^.*@", "…@", url), limit=80)


def _own_host(url: str) -> str:
    """The host name, in small letters; "" where there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


_PUBLIC = frozenset(_own_host(one.base_url) for one in PRESETS.values() if one.key_needed)


def configure(
    *,
    preset: str = "custom",
    base_url: str = "",
    model: str = "",
    dialect: str = "",
    api_key: str = "",
    **limits: object,
) -> ClientConfig:
    """A client's settings from a preset and what overrides it; ``limits`` are further fields.

    Raises:
        BadInput: an unknown preset or dialect, a missing URL, model or key; the message names
            the setting.
    """
    known = preset_named(preset or "custom")
    url = (base_url or known.base_url).rstrip("/")
    if not url:
        raise BadInput("SIGNALBOX_LLM__BASE_URL is empty", hint="or name a SIGNALBOX_LLM__PRESET")
    # The key guards the preset's own host; a host one runs oneself may do without.
    host = _own_host(url)
    if known.key_needed and not api_key and host == _own_host(known.base_url):
        raise BadInput(
            f"SIGNALBOX_LLM__API_KEY is empty and {known.name} needs one",
            hint="set it in the environment, never on a command line",
        )
    if api_key and host in _PUBLIC and urlsplit(url).scheme == "http":
        raise BadInput(
            f"SIGNALBOX_LLM__BASE_URL: the key would go to {host} unencrypted",
            hint="begin the URL with https://",
        )
    return ClientConfig(
        base_url=url,
        model=model or known.model,
        dialect=dialect_named(dialect or known.dialect),
        api_key=api_key,
        **limits,  # type: ignore[arg-type]
    )
