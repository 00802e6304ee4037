"""The demo from the command line, on a smaller desk and a shorter stream."""

import pytest
from typer.testing import CliRunner

from signalbox.cli import app
from signalbox.demo.wording import NO_LANGUAGE_MODEL, SCRIPTED_MODEL


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr("signalbox.demo.run.HISTORY", 1200)
    monkeypatch.setattr("signalbox.demo.run.STREAM", 60)


def lines(*options):
    done = CliRunner().invoke(app, ["demo", *options])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


@pytest.mark.slow
def test_without_a_language_model_the_demo_says_so(small):
    found = lines()
    assert NO_LANGUAGE_MODEL in found
    assert "scripted" not in "\n".join(found).lower()
    assert "  Tasks               60" in found


@pytest.mark.slow
def test_a_scripted_model_is_called_scripted_wherever_it_shows(small, monkeypatch):
    # Whatever host the environment names is not asked, and its key goes nowhere.
    monkeypatch.setenv("SIGNALBOX_LLM__BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("SIGNALBOX_LLM__API_KEY", "of-another-host")
    found = lines("--scripted-model")
    assert f"Language model: {SCRIPTED_MODEL}" in found
    at = found.index(f"  Language model      {SCRIPTED_MODEL}:")
    proposals, _, acted = found[at + 1].split(maxsplit=2)
    assert int(proposals) > 0
    assert acted == "0 acted on alone"
    assert NO_LANGUAGE_MODEL not in found
