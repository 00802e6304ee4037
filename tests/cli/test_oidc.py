"""`serve` with an issuer of tokens, as it is set from the environment."""

import subprocess
import sys

import httpx
import pytest

from evals.server import running_server
from tests.api.tokens import AUDIENCE, ISSUER, Issuer


@pytest.fixture
def place(tmp_path, monkeypatch):
    place = tmp_path / "keys.json"
    for name, value in (("ISSUER", ISSUER), ("AUDIENCE", AUDIENCE), ("JWKS", str(place))):
        monkeypatch.setenv(f"SIGNALBOX_OIDC__{name}", value)
    return place


def test_other_addresses_take_an_issuer_instead_of_a_key(tmp_path, place):
    issuer = Issuer()
    place.write_bytes(issuer.published())
    db = f"sqlite:///{tmp_path / 'desk.db'}"
    with running_server(["--host", "0.0.0.0", "--db", db]) as server:
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(f"{url}/v1/decisions").status_code == 401
        headers = {"authorization": f"Bearer {issuer.sign()}"}
        assert httpx.get(f"{url}/v1/decisions", headers=headers).status_code == 200


def test_keys_that_are_not_there_are_told_at_the_start(tmp_path, place):
    command = [sys.executable, "-m", "signalbox", "serve", "--port", "0"]
    told = subprocess.run(
        [*command, "--db", f"sqlite:///{tmp_path / 'desk.db'}"], capture_output=True, text=True
    )
    assert told.returncode == 2
    assert str(place) in told.stderr and "SIGNALBOX_OIDC__JWKS" in told.stderr
    assert "Traceback" not in told.stderr
