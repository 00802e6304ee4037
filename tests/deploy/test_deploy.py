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
    started = {tuple(one["command"]) for one in compose.values() if "command" in one}
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
