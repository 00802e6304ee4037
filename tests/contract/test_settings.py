import pytest

from signalbox.domain.enums import AutonomyLevel
from signalbox.domain.errors import BadInput
from signalbox.settings import read_settings


def test_settings_come_from_the_environment_and_overrides_win(monkeypatch):
    monkeypatch.setenv("SIGNALBOX_DEADLINE_MS", "250")
    monkeypatch.setenv("SIGNALBOX_AUTONOMY__ROUTING", "suggest")
    monkeypatch.setenv("SIGNALBOX_PORT", "1")
    settings = read_settings(port=2, model=None)
    assert settings.deadline_ms == 250
    assert settings.autonomy.routing is AutonomyLevel.SUGGEST
    assert settings.port == 2
    assert settings.llm.configured is False


def test_a_bad_value_names_its_variable(monkeypatch):
    monkeypatch.setenv("SIGNALBOX_AUTONOMY__ROUTING", "yolo")
    with pytest.raises(BadInput, match="SIGNALBOX_AUTONOMY__ROUTING"):
        read_settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SIGNALBOX_LOG_LEVEL", "loud"),
        ("SIGNALBOX_DEADLINE_MS", "inf"),
        ("SIGNALBOX_DEADLINE_MS", "nan"),
        ("SIGNALBOX_APPROVAL_HOURS", "1e300"),
        ("SIGNALBOX_PORT", "abc"),
        ("SIGNALBOX_LLM", "{"),
        ("SIGNALBOX_LLM", "5"),
        ("SIGNALBOX_AUTONOMY", "["),
        ("SIGNALBOX_FALLBACK_TEAM", "x" * 300),
    ],
)
def test_no_value_ends_in_a_traceback(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadInput, match=variable) as caught:
        read_settings()
    assert caught.value.hint


def test_a_log_level_may_be_written_large(monkeypatch):
    monkeypatch.setenv("SIGNALBOX_LOG_LEVEL", "WARNING")
    assert read_settings().log_level == "warning"


def test_an_api_key_is_not_printed(monkeypatch):
    monkeypatch.setenv("SIGNALBOX_LLM__API_KEY", "hush-hush")
    assert "hush-hush" not in repr(read_settings())
