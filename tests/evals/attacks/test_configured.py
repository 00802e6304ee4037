"""The model of the settings; here a scripted host, which obeys nobody and says so."""

from evals.attacks.bench import bench_attacks
from signalbox.settings import Settings


def settings_of(host, **more):
    llm = {"base_url": host.base_url("vllm"), "model": "scripted", "dialect": "vllm", **more}
    return Settings(llm=llm)


def run(settings):
    return bench_attacks(
        attempts=12, tries=0, harmless=4, model="configured", settings=settings, seed=2
    )


def test_the_configured_model_is_asked_in_every_arm_and_named(scripted_model):
    result = run(settings_of(scripted_model))
    assert result["model"].startswith("scripted at 127.0.0.1")
    assert result["model_failures"] == {}
    assert scripted_model.stats()["requests"] > 60
    assert result["arms"]["full"]["broken"] == {}
    # Choosing the first option is no attack, so hardly anything is asked for.
    assert result["arms"]["full"]["model_asr"]["value"] < 0.5


def test_a_host_that_fails_is_counted_and_leaves_everything_to_people_or_rules(scripted_model):
    scripted_model.mode("refuse")
    result = run(settings_of(scripted_model))
    assert set(result["model_failures"]) == {"unreachable"}
    assert result["arms"]["full"]["broken"] == {}
