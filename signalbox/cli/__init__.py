"""The command line: thin commands, one noun a file."""

from __future__ import annotations

import os
import sys

import typer

from signalbox.cli import (
    agent,
    audit,
    autonomy,
    backup,
    bench,
    demo,
    doctor,
    evaluate,
    keys,
    learn,
    learn_allocation,
    mine,
    predict,
    retention,
    rule_diff,
    rule_versions,
    rule_why,
    rules,
    serve,
    simulate,
    webhooks,
    worker,
)
from signalbox.domain.errors import SignalboxError

app = typer.Typer(
    name="signalbox",
    help="Intelligent workflow engine: models propose; rules, certified bounds and people dispose.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(learn.app, name="learn")
app.add_typer(evaluate.app, name="eval")
app.add_typer(bench.app, name="bench")
app.add_typer(predict.app, name="predict")
app.add_typer(autonomy.app, name="autonomy")
app.add_typer(audit.app, name="audit")
app.add_typer(retention.app, name="retention")
app.add_typer(rules.app, name="rules")
app.add_typer(keys.app, name="keys")
app.add_typer(webhooks.app, name="webhooks")
learn.app.command("agent")(agent.learn)
learn.app.command("allocation")(learn_allocation.allocation)
evaluate.app.command("agent")(agent.evaluate)
rules.app.command("diff")(rule_diff.diff)
rules.app.command("why")(rule_why.why)
for _verb in ("draft", "shadow", "activate", "rollback", "status", "history", "copy"):
    rules.app.command(_verb)(getattr(rule_versions, _verb))
app.command("simulate")(simulate.simulate)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("demo")(demo.demo)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("erase")(retention.erase)
app.command("doctor")(doctor.doctor)
app.command("mine")(mine.mine)


def main() -> None:
    """Run a command. Exit codes: 0 fine, 1 a check failed, 2 bad usage or bad input."""
    try:
        app()
    except SignalboxError as error:
        typer.echo(f"signalbox: {error.message}", err=True)
        if error.hint:
            typer.echo(f"  fix: {error.hint}", err=True)
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        # The reader of our output has gone; Python would complain again while shutting down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except OSError as error:
        if error.strerror is None:
            raise
        where = f"{error.filename}: " if error.filename is not None else ""
        typer.echo(f"signalbox: {str(where)[:200]}{error.strerror}", err=True)
        typer.echo("  fix: name a file or folder that can be used", err=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
