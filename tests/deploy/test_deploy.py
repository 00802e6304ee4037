"""What is deployed names settings and commands that exist, and images by their version."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from signalbox.settings import unknown_variables

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
# Of the compose file itself, not of the engine.
COMPOSE_ONLY = {"SIGNALBOX_MODEL_FOLDER", "SIGNALBOX_METRICS_KEY_FILE"}


def documents(path):
    return list(yaml.safe_load_all(path.read_text()))


def test_every_setting_that_is_named_exists():
    named = {
        name for path in FILES for name in re.findall(r"SIGNALBOX_[A-Z_]+[A-Z]", path.read_text())
    }
    assert {"SIGNALBOX_DB", "SIGNALBOX_MODEL"} <= named
    assert unknown_variables(named - COMPOSE_ONLY) == []


def test_every_command_that_is_started_exists():
    compose = documents(DEPLOY / "compose.yaml")[0]["services"]
    ours = [one for one in compose.values() if one["image"].startswith("signalbox:")]
    started = {tuple(one["command"]) for one in ours}
    for document in documents(DEPLOY / "kubernetes" / "signalbox.yaml"):
        if document["kind"] == "Deployment":
            started |= {
                tuple(one["args"]) for one in document["spec"]["template"]["spec"]["containers"]
            }
    for unit in (DEPLOY / "systemd").glob("*.service"):
        line = re.search(r"^ExecStart=\S+/signalbox (.+)$", unit.read_text(), re.MULTILINE)
        started.add(tuple(line.group(1).split()))
    assert started == {("serve",), ("worker",)}
    for command in started:
        done = subprocess.run(
            [sys.executable, "-m", "signalbox", *command, "--help"], capture_output=True
        )
        assert done.returncode == 0


def test_images_are_named_by_their_version():
    compose = documents(DEPLOY / "compose.yaml")[0]["services"]
    images = {one["image"] for one in compose.values()}
    images |= set(re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    assert len(images) >= 5
    for image in images:
        tag = image.partition(":")[2]
        assert re.search(r"\d", tag), image
        assert tag != "latest"


def test_what_the_image_is_built_from_is_there_and_pinned():
    said = (DEPLOY / "Dockerfile").read_text()
    for name in re.findall(r"-r (requirements/\S+)", said):
        text = (DEPLOY.parent / name).read_text()
        assert "--hash=sha256:" in text, name
    assert said.count("--require-hashes") == len(re.findall(r"-r requirements/", said))
    assert "USER 10001" in said


@pytest.mark.parametrize("path", [one for one in FILES if one.suffix in (".yaml", ".yml")])
def test_it_is_yaml(path):
    assert documents(path)


def test_two_servers_and_two_workers_wherever_there_are_many():
    compose = documents(DEPLOY / "compose.yaml")[0]["services"]
    commands = [one.get("command") for one in compose.values()]
    assert commands.count(["serve"]) == commands.count(["worker"]) == 2
    kinds = documents(DEPLOY / "kubernetes" / "signalbox.yaml")
    replicas = [one["spec"]["replicas"] for one in kinds if one["kind"] == "Deployment"]
    assert replicas == [2, 2]


def mounted(service, inside):
    """The file of ``deploy/`` that is at the path ``inside`` a container."""
    for one in documents(DEPLOY / "compose.yaml")[0]["services"][service]["volumes"]:
        outside, there = one.split(":")[:2]
        if outside.startswith("./") and inside.startswith(f"{there}/"):
            return DEPLOY / outside / inside.removeprefix(f"{there}/")
    raise AssertionError(f"nothing of deploy/ is at {inside} of {service}")


def test_every_container_finds_its_files_where_it_looks():
    provisioning = "/etc/grafana/provisioning"
    assert mounted("proxy", "/usr/local/etc/haproxy/haproxy.cfg").is_file()
    assert mounted("prometheus", "/etc/prometheus/prometheus.yml").is_file()
    rules = documents(mounted("prometheus", "/etc/prometheus/prometheus.yml"))[0]["rule_files"]
    assert all(mounted("prometheus", f"/etc/prometheus/{one}").is_file() for one in rules)
    # Grafana reads no dashboard but through a provider, and shows nothing without a source.
    (source,) = documents(mounted("grafana", f"{provisioning}/datasources/prometheus.yaml"))
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
    (provider,) = documents(mounted("grafana", f"{provisioning}/dashboards/signalbox.yaml"))
    folder = provider["providers"][0]["options"]["path"]
    assert mounted("grafana", f"{folder}/signalbox.json").is_file()


def test_what_is_not_to_be_sent_is_named_where_docker_looks():
    """Beside the Dockerfile and by its name: of a .dockerignore only the one at the root counts."""
    said = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert {".git", ".venv"} <= set(said)


def test_a_database_that_all_can_be_connected_to():
    """As docs/deploy.md counts them."""
    compose = documents(DEPLOY / "compose.yaml")[0]["services"]
    processes = [one for one in compose.values() if one.get("command") in (["serve"], ["worker"])]
    (allowed,) = re.findall(r"max_connections=(\d+)", " ".join(compose["postgres"]["command"]))
    told = (DEPLOY.parent / "docs" / "deploy.md").read_text()
    ledger, paused, jobs = map(int, re.search(
        r"at most (\d+) for the\s+ledger, (\d+) for paused decisions and (\d+) for jobs", told
    ).groups())  # fmt: skip
    assert len(processes) * (ledger + paused + jobs) < int(allowed)


def test_both_units_are_of_one_user_who_keeps_the_folder():
    """A folder of a dynamic user is given to whichever unit started last."""
    for unit in (DEPLOY / "systemd").glob("*.service"):
        lines = unit.read_text().splitlines()
        assert "User=signalbox" in lines
        assert "DynamicUser=yes" not in lines
    admin = (DEPLOY / "systemd" / "signalbox-admin").read_text()
    assert "runuser -u signalbox -- /opt/signalbox/bin/signalbox" in admin


def test_a_unit_is_what_systemd_understands(program, tmp_path):
    verify = program("systemd-analyze")
    for unit in (DEPLOY / "systemd").glob("*.service"):
        # The program of an installation need not be there for the unit to be right.
        told = unit.read_text().replace("/opt/signalbox/bin/signalbox", "/bin/true")
        (tmp_path / unit.name).write_text(told)
    units = sorted(map(str, tmp_path.glob("*.service")))
    done = subprocess.run([verify, "verify", *units], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
