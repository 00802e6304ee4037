"""Presets, dialects and what is wrong with a setting."""

import pytest

from agents.config import configure
from agents.dialects import DIALECTS, PRESETS, dialect_named
from signalbox.domain.errors import BadInput


def test_the_hosts_and_dialects_are_those_of_the_facts():
    assert set(DIALECTS) == {
        "deepseek",
        "sglang",
        "vllm",
        "openrouter",
        "ollama",
        "together",
        "raw",
    }
    assert set(PRESETS) == {
        "deepseek",
        "vllm",
        "sglang",
        "ollama",
        "together",
        "fireworks",
        "openrouter",
        "custom",
    }
    assert all(preset.dialect in DIALECTS for preset in PRESETS.values())


@pytest.mark.parametrize("name", [name for name, one in PRESETS.items() if name != "custom"])
def test_a_preset_and_a_key_are_enough_but_for_a_model_where_none_is_sure(name):
    found = configure(preset=name, api_key="k" * 20, model=PRESETS[name].model or "m")
    assert found.base_url.startswith("http")
    assert found.dialect.name == PRESETS[name].dialect
    assert "kkkk" not in repr(found)


def test_open_weights_style_is_the_default():
    raw = dialect_named("raw")
    assert (raw.system_prompt, raw.temperature, raw.top_p) == (False, 0.6, 0.95)
    assert (raw.reasoning, raw.opening_tag) == ("inline", False)


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"preset": "vlm"}, "PRESET"),
        ({"preset": "vllm", "dialect": "vllmm"}, "DIALECT"),
        ({}, "BASE_URL"),
        ({"base_url": "ftp://host/v1", "model": "m"}, "BASE_URL"),
        ({"base_url": "http:///v1", "model": "m"}, "BASE_URL"),
        ({"base_url": "http://[::1/v1", "model": "m"}, "BASE_URL"),
        ({"base_url": "http://host:99999/v1", "model": "m"}, "BASE_URL"),
        ({"base_url": "http://ho\nst/v1", "model": "m"}, "BASE_URL"),
        ({"base_url": "http://user:pw@host/v1", "model": "m"}, "BASE_URL"),
        ({"base_url": "http://host/v1?key=x", "model": "m"}, "BASE_URL"),
        ({"base_url": "http://host/v1"}, "MODEL"),
        ({"preset": "deepseek", "api_key": "x"}, "MODEL"),
        ({"preset": "together"}, "API_KEY"),
        ({"preset": "together", "base_url": "https://API.together.xyz"}, "API_KEY"),
        ({"preset": "together", "base_url": "https://api.together.xyz/v1/x/"}, "API_KEY"),
        ({"preset": "together", "base_url": "http://api.together.xyz/v1", "api_key": "k"}, "URL"),
        ({"base_url": "http://api.deepseek.com:80/v1", "model": "m", "api_key": "k"}, "URL"),
        ({"preset": "vllm", "api_key": "two words"}, "API_KEY"),
        ({"preset": "vllm", "api_key": "schlüssel"}, "API_KEY"),
        ({"preset": "vllm", "max_tokens": 0}, "max_tokens"),
    ],
)
def test_a_wrong_setting_is_named(given, variable):
    with pytest.raises(BadInput) as caught:
        configure(**given)
    assert variable in caught.value.message
    assert caught.value.hint


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(BadInput) as caught:
        configure(preset="olama")
    assert "did you mean 'ollama'" in caught.value.hint
    assert "fireworks" in caught.value.hint


def test_a_host_of_ones_own_needs_no_key_even_with_a_preset():
    found = configure(preset="together", base_url="http://127.0.0.1:9/v1/")
    assert found.base_url == "http://127.0.0.1:9/v1"
    assert found.host == "127.0.0.1:9"


@pytest.mark.parametrize(
    "url",
    [
        "http://u:hunter2@host:99999/v1",
        "u:hunter2@host",
        "http://u:hunter2@[::1/v1",
        "ftp://u:hunter2@h",
    ],
)
def test_a_url_that_cannot_be_read_is_shown_without_its_password(url):
    with pytest.raises(BadInput) as caught:
        configure(base_url=url, model="m")
    assert "hunter2" not in str(caught.value) and "BASE_URL" in caught.value.message
