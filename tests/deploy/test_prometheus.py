"""What Prometheus and Grafana are given, as Prometheus's own tool reads it."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
import yaml

from tests.deploy.test_deploy import DEPLOY

# One server goes away, the ledger with it; both requests in a hundred of the other one fail.
WEATHER = [
    {"series": 'up{job="signalbox", instance="api-1:8400"}', "values": "0x40"},
    {"series": 'up{job="signalbox", instance="api-2:8400"}', "values": "1x40"},
    {"series": 'signalbox_ledger_up{instance="api-2:8400"}', "values": "1x9 0x30"},
    {"series": 'signalbox_http_requests_total{status="200"}', "values": "0+98x40"},
    {"series": 'signalbox_http_requests_total{status="503"}', "values": "0+2x40"},
    {"series": "signalbox_rules_disagreements_total", "values": "0x20 1x20"},
    {"series": "signalbox_jobs_given_up_total", "values": "0x20 1x20"},
    {"series": "signalbox_approvals_oldest_seconds", "values": "0+3600x40"},
    {"series": 'signalbox_outbox_lag_events{reader="audit"}', "values": "2000x40"},
    {"series": 'signalbox_deliveries{state="dead"}', "values": "1x40"},
    {"series": 'signalbox_switch{state="running"}', "values": "0x90"},
    {"series": 'signalbox_switch{state="halted"}', "values": "1x90"},
]
FINE = [
    {"series": 'up{job="signalbox", instance="api-1:8400"}', "values": "1x90"},
    {"series": "signalbox_ledger_up", "values": "1x90"},
    {"series": 'signalbox_http_requests_total{status="200"}', "values": "0+100x90"},
    {"series": 'signalbox_http_requests_total{status="503"}', "values": "0x90"},
    {"series": "signalbox_rules_disagreements_total", "values": "0x90"},
    {"series": "signalbox_jobs_given_up_total", "values": "0x90"},
    {"series": "signalbox_approvals_oldest_seconds", "values": "60x90"},
    {"series": 'signalbox_outbox_lag_events{reader="audit"}', "values": "3x90"},
    {"series": 'signalbox_deliveries{state="dead"}', "values": "0x90"},
    {"series": "signalbox_webhooks_disabled", "values": "0x90"},
    {"series": 'signalbox_switch{state="running"}', "values": "1x90"},
    {"series": 'signalbox_switch{state="halted"}', "values": "0x90"},
]
# By when each is to have fired, in that weather.
FIRING = {
    "SignalboxServerAway": "5m",
    "SignalboxLedgerAway": "12m",
    "SignalboxErrors": "15m",
    "SignalboxApprovalsWait": "30m",
    "SignalboxDeliveriesDie": "10m",
    "SignalboxOutboxLags": "10m",
    "SignalboxRulesDisagree": "25m",
    "SignalboxJobsGivenUp": "25m",
    "SignalboxHeld": "70m",
}


@pytest.fixture
def promtool(program):
    path = program("promtool")

    def run(*arguments):
        done = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture
def configuration(tmp_path):
    """A copy with a key where the configuration looks for one; its folder."""
    folder = shutil.copytree(DEPLOY / "prometheus", tmp_path / "prometheus")
    (tmp_path / "key").write_text("sbk_some_key")
    file = folder / "prometheus.yml"
    told = file.read_text()
    assert told.count("/run/secrets/metrics_key") == 1
    file.write_text(told.replace("/run/secrets/metrics_key", str(tmp_path / "key")))
    return folder


def alerts():
    (group,) = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return group["rules"]


def test_the_configuration_is_valid(promtool, configuration):
    code, said = promtool("check", "config", configuration / "prometheus.yml")
    assert code == 0, said
    assert f"{len(alerts())} rules found" in said


def test_every_question_of_the_dashboard_can_be_asked(promtool, tmp_path):
    board = json.loads((DEPLOY / "grafana" / "signalbox.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(asked) > 20
    rules = [
        # Grafana puts its own interval in.
        {"record": f"question:{n}", "expr": expr.replace("$__rate_interval", "1m")}
        for n, expr in enumerate(asked)
    ]
    file = tmp_path / "questions.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "questions", "rules": rules}]}))
    code, said = promtool("check", "rules", file)
    assert code == 0, said


class TestAlerts:
    def judge(self, promtool, folder, series, expected):
        """Whether ``expected`` (alert, time, whether it fires) holds for ``series``."""
        cases = [
            {
                "alertname": name,
                "eval_time": at,
                # Labels and texts are the rule's own affair.
                "exp_alerts": [],
            }
            for name, at in expected
        ]
        test = {"interval": "1m", "input_series": series, "alert_rule_test": cases}
        file = folder / "test.yml"
        file.write_text(
            yaml.safe_dump(
                {"rule_files": ["alerts.yml"], "evaluation_interval": "1m", "tests": [test]}
            )
        )
        return promtool("test", "rules", file)

    def test_every_alert_is_tried(self):
        assert {rule["alert"] for rule in alerts()} == set(FIRING)

    def test_none_fires_when_all_is_well(self, promtool, configuration):
        expected = [(name, "80m") for name in FIRING]
        code, said = self.judge(promtool, configuration, FINE, expected)
        assert code == 0, said

    @pytest.mark.parametrize("name", FIRING)
    def test_it_fires_when_it_should(self, promtool, configuration, name):
        code, said = self.judge(promtool, configuration, WEATHER, [(name, FIRING[name])])
        assert code == 1
        # It was expected to be silent, and was not.
        assert f'alertname="{name}"' in said, said
