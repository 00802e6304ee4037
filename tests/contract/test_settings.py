import pytest

from signalbox.domain.enums import AutonomyLevel
from signalbox.domain.errors import BadInput
from signalbox.parts import read_chain
from signalbox.settings import read_settings, refuse_slips, unknown_variables


def test_settings_come_from_the_environment_and_overrides_win(monkeypatch):
    monkeypatch.setenv("SIGNALBOX_DEADLINE_MS", "250")
    monkeypatch.setenv("SIGNALBOX_AUTONOMY__ROUTING", "suggest")
    monkeypatch.setenv("SIGNALBOX_PORT", "1")
    settings = read_settings(port=2, model=None)
    assert settings.deadline_ms == 250
    assert settings.autonomy.routing is AutonomyLevel.SUGGEST
    assert settings.port == 2
    assert settings.llm.configured is False


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("security", ("security",)),
        (" security , card arrival,", ("security", "card arrival")),
        ('["one, two", "three"]', ("one, two", "three")),
        ("", ()),
    ],
)
def test_names_are_read_with_commas_or_as_a_json_list(monkeypatch, written, read):
    monkeypatch.setenv("SIGNALBOX_SENSITIVE_OPTIONS", written)
    assert read_settings().sensitive_options == read


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
        ("SIGNALBOX_APPROVAL_FRESH_HOURS", "-1"),
        ("SIGNALBOX_APPROVERS_TOP", "0"),
        ("SIGNALBOX_SENSITIVE_OPTIONS", "[security]"),
        ("SIGNALBOX_SENSITIVE_OPTIONS", "[1]"),
        ("SIGNALBOX_PORT", "abc"),
        ("SIGNALBOX_LLM__BUDGET_USD_PER_DAY", "inf"),
        ("SIGNALBOX_LLM__BUDGET_USD_PER_DAY", "nan"),
        ("SIGNALBOX_LLM__USD_PER_MILLION_IN", "1e10"),
        ("SIGNALBOX_LLM__USD_PER_MILLION_OUT", "inf"),
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


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("SIGNALBOX_FALLBACK_TAEM", "did you mean SIGNALBOX_FALLBACK_TEAM?"),
        ("SIGNALBOX_LLM__BASEURL", "did you mean SIGNALBOX_LLM__BASE_URL?"),
        ("SIGNALBOX_LLM_BASE_URL", "did you mean SIGNALBOX_LLM__BASE_URL?"),
        ("SIGNALBOX_XYZZY", "there is no such setting"),
    ],
)
def test_a_variable_that_sets_nothing_is_told_with_the_nearest_that_does(variable, words):
    (told,) = unknown_variables([variable, "SIGNALBOX_DB", "signalbox_port", "PATH"])
    assert told.startswith(variable)
    assert told.endswith(words)


@pytest.mark.parametrize(
    "variable",
    ["SIGNALBOX_SENSITIVE_OPTION", "SIGNALBOX_FALLBACK_TAEM", "SIGNALBOX_APPROVAL_HUORS"],
)
def test_a_slip_of_the_pen_is_refused(variable):
    with pytest.raises(BadInput, match=f"{variable} sets nothing") as caught:
        refuse_slips([variable])
    assert caught.value.hint.startswith("did you mean SIGNALBOX_")


def test_what_others_set_is_not():
    """Kubernetes tells every container of the services beside it, under their names."""
    refuse_slips(["SIGNALBOX_SERVICE_HOST", "SIGNALBOX_PORT_8000_TCP_ADDR", "SIGNALBOX_XYZZY"])


def test_every_setting_is_known_by_its_variable():
    known = ["SIGNALBOX_LLM", "SIGNALBOX_LLM__API_KEY", "SIGNALBOX_AUTONOMY__ROUTING"]
    assert unknown_variables(known) == []


def test_a_nested_setting_that_is_refused_names_the_nearest_too(monkeypatch):
    monkeypatch.setenv("SIGNALBOX_LLM__MODLE", "r1")
    with pytest.raises(BadInput, match="SIGNALBOX_LLM__MODLE sets nothing") as caught:
        read_settings()
    assert caught.value.hint == "did you mean SIGNALBOX_LLM__MODEL?"


def test_a_chain_is_read_level_by_level(monkeypatch):
    monkeypatch.setenv("SIGNALBOX_ESCALATION__LEVELS", '["team-lead", "manager"]')
    monkeypatch.setenv("SIGNALBOX_ESCALATION__AFTER_MINUTES", "[30, 240]")
    monkeypatch.setenv("SIGNALBOX_ESCALATION__PEOPLE", '{"manager": ["dora"]}')
    chain = read_chain(read_settings())
    assert [(one.name, one.after.total_seconds(), one.people) for one in chain.levels] == [
        ("team-lead", 1800, ()),
        ("manager", 14400, ("dora",)),
    ]


@pytest.mark.parametrize(
    ("levels", "minutes", "people", "told"),
    [
        ('["a", "b"]', "[1]", "{}", "each level needs its minutes"),
        ('["a", "a"]', "[1, 1]", "{}", "twice"),
        ('["a"]', "[1]", '{"b": ["x"]}', "none of LEVELS"),
        ('["a"]', "[0]", "{}", "AFTER_MINUTES"),
        ("team-lead", "[1]", "{}", "ESCALATION"),
    ],
)
def test_a_chain_that_does_not_fit_is_refused(monkeypatch, levels, minutes, people, told):
    monkeypatch.setenv("SIGNALBOX_ESCALATION__LEVELS", levels)
    monkeypatch.setenv("SIGNALBOX_ESCALATION__AFTER_MINUTES", minutes)
    monkeypatch.setenv("SIGNALBOX_ESCALATION__PEOPLE", people)
    with pytest.raises(BadInput, match="SIGNALBOX_ESCALATION") as caught:
        read_settings()
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SIGNALBOX_AUTONOMY", '{"routin": "off"}'), ("SIGNALBOX_AUTONOMY__ROUTIN", "off")],
)
def test_a_level_for_what_is_no_kind_of_decision_is_refused(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadInput, match="ROUTIN"):
        read_settings()
