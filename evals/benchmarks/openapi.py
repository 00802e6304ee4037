"""schemathesis over the API's own description: ``python -m evals.benchmarks.openapi``.

Every operation, with data that fits the description and data that does not, all checks: no 5xx, no
status or media type that is not described, answers that fit their schema, what does not fit is
refused, and so on. The real server runs in a process of its own on a database of its own, and has
keys: the description is that of a server with some.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from evals.benchmarks.posting import demo_model
from evals.server import running_server
from signalbox.domain.access import Role
from signalbox.domain.base import utc_now

# What fits the description and is refused all the same, since it depends on what is stored: a team
# that the approval does not offer or that nobody knows, an id that stands twice in a batch, a
# delegation that ends before now.
REFUSE = (
    "POST /v1/approvals/{approval_id}",
    "POST /v1/tasks/{task_id}/outcome",
    "POST /v1/tasks/batch",
    "POST /v1/delegations",
    "POST /v1/webhooks",
    "PUT /v1/resources/{resource_id}",
)
# Streams do not end by themselves.
LEFT_OUT = ("GET /v1/events",)


def _refuses(operation: str) -> dict[str, Any]:
    expected = ["2xx", "401", "403", "404", "409", "422", "429"]
    return {
        "include-name": operation,
        "checks": {"positive_data_acceptance": {"expected-statuses": expected}},
    }


def bench_openapi(
    examples: int = 100, *, seed: int = 1, model: Path | None = None
) -> dict[str, Any]:
    """At most ``examples`` for each operation and phase. In the result ``examples`` counts the
    requests, ``failures`` are what was found, one line each."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig
    from schemathesis.engine import events, from_schema

    failures: list[str] = []
    statuses: Counter[str] = Counter()
    operations: Counter[str] = Counter()
    with _server(model) as (url, key):
        config = SchemathesisConfig.from_dict(
            {
                "seed": seed,
                "headers": {"Authorization": f"Bearer {key}"},
                "operations": [
                    *[_refuses(name) for name in REFUSE],
                    *[{"include-name": name, "enabled": False} for name in LEFT_OUT],
                ],
                "generation": {"max-examples": examples, "database": "none"},
            }
        )
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                recorder = event.recorder
                for id, interaction in recorder.interactions.items():
                    if interaction.response is not None:
                        statuses[str(interaction.response.status_code)] += 1
                    if id in recorder.cases:
                        operations[recorder.cases[id].value.operation.label] += 1
                for id, checks in recorder.checks.items():
                    for check in checks:
                        if check.failure_info is not None:
                            case = recorder.cases[id].value
                            failures.append(_line(case, check))
            elif isinstance(event, events.NonFatalError):
                failures.append(f"{event.label}: {event.info.format()}"[:400])
    return {
        "examples": sum(statuses.values()),
        "failures": sorted(set(failures)),
        "by_status": dict(sorted(statuses.items())),
        "by_operation": dict(sorted(operations.items())),
    }


def _line(case: Any, check: Any) -> str:
    failure = check.failure_info.failure
    told = " ".join(str(failure.message).split())
    return f"{case.operation.label}: {check.name}: {failure.title}: {told}"[:400]


@contextmanager
def _server(model: Path | None) -> Iterator[tuple[str, str]]:
    """A server with something in it: its address, and the key of an administrator."""
    from signalbox.ledger.store import open_ledger
    from signalbox.secrets import digest, new_key

    with tempfile.TemporaryDirectory(prefix="signalbox-openapi-") as made:
        folder = Path(made)
        db = f"sqlite:///{folder / 'desk.db'}"
        key, text = new_key(Role.ADMIN, utc_now(), timedelta(days=1), name="schemathesis")
        ledger = open_ledger(db)
        ledger.api_keys.add(key, digest(text))
        ledger.close()
        headers = {"authorization": f"Bearer {text}"}
        arguments = ["--db", db, "--model", str(model or demo_model(folder))]
        env = {
            # Most keys it opens sessions with do not count; what they are answered is to be seen.
            "SIGNALBOX_RATE__FAILURES_PER_MINUTE": "0",
            # The addresses that are made up must not be called.
            "SIGNALBOX_WEBHOOKS__DELIVER": "false",
        }
        with running_server(arguments, env=env) as server:
            for number, said in enumerate(("The VPN drops", "zzz qqq", "payslip is missing")):
                task = {"id": f"t-{number}", "text": said}
                httpx.post(f"{server.url}/v1/tasks", json=task, headers=headers)
            yield server.url, text


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.benchmarks.openapi", description=__doc__)
    parser.add_argument("--examples", type=int, default=150, help="of each operation and phase")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    result = bench_openapi(given.examples, seed=given.seed)
    sys.stdout.write(json.dumps(result) + "\n")
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
