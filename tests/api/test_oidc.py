"""Tokens of an issuer: which count, and for whom."""

from __future__ import annotations

import json
import math
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.application import create_app
from api.jwks import parse_keys
from api.oidc import LEEWAY_S, claim_of
from signalbox.app import open_signalbox
from signalbox.domain.access import Forbidden, Principal, Role
from signalbox.domain.base import utc_now
from signalbox.domain.errors import BadInput
from signalbox.ledger.store import open_ledger
from signalbox.secrets import digest, new_key
from signalbox.settings import OidcSettings, Settings, read_settings
from tests.api.tokens import AUDIENCE, ISSUER, Desk, Issuer, by_hand, part
from tests.doubles import ScriptedPredictor


@pytest.fixture
def desk():
    return Desk()


class TestSignatures:
    @pytest.mark.parametrize("kind", ["ES256", "ES384", "RS256", "PS256", "Ed25519"])
    def test_what_the_issuer_signed_counts(self, desk, kind):
        desk.issuer.rotate("another", kind)
        assert desk.verify(desk.issuer.sign()) == Principal(name="ann", role=Role.APPROVER)

    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 1, ["ES256"]])
    def test_no_signature_proves_nothing(self, desk, algorithm):
        header = {"alg": algorithm, "kid": "first"}
        desk.refuses(by_hand(header, desk.issuer.claims()))
        desk.refuses(by_hand({"kid": "first"}, desk.issuer.claims()))
        signature = desk.issuer.sign().rpartition(".")[2]
        desk.refuses(by_hand(header, desk.issuer.claims()).rpartition(".")[0] + "." + signature)

    @pytest.mark.parametrize("kind", ["RS256", "ES256"])
    def test_the_public_key_is_no_secret(self, desk, kind):
        desk.issuer.rotate("known", kind)
        key = desk.issuer.keys["known"][0]
        forms = [
            key.as_pem(private=False),
            json.dumps(key.as_dict(private=False)).encode(),
            part(key.as_pem(private=False)).encode(),
            b"",
        ]
        for secret in forms:
            for algorithm in ("HS256", "HS384", "HS512"):
                header = {"alg": algorithm, "kid": "known"}
                desk.refuses(by_hand(header, desk.issuer.claims(), secret))

    def test_a_secret_among_the_keys_is_none_of_them(self, desk):
        secret = {"kty": "oct", "k": part(b"s" * 32), "kid": "first", "alg": "HS256"}
        with pytest.raises(BadInput, match="no public key"):
            parse_keys(json.dumps({"keys": [secret]}).encode(), "keys")

    def test_a_key_of_the_bearers_own_is_not_looked_at(self, desk):
        other = Issuer()
        public = other.keys["first"][0].as_dict(private=False)
        for header in ({}, {"jwk": public}, {"jku": "https://evil.example/keys"}, {"x5u": "x"}):
            desk.refuses(other.sign(header=header))
        assert desk.issuer.read == 1

    def test_an_algorithm_is_for_the_keys_it_belongs_to(self, desk):
        desk.issuer.rotate("rsa", "RS256")
        for algorithm in ("ES256", "PS256", "RS512"):
            desk.refuses(relabelled(desk, algorithm))

    def test_a_key_that_names_its_algorithm_signs_with_no_other(self):
        issuer = Issuer()
        issuer.rotate("rsa", "RS256")
        keys = parse_keys(issuer.published(alg="PS256"), "keys")
        assert [sorted(one.algorithms) for one in keys] == [["PS256"]]

    def test_whatever_is_altered_does_not_count(self, desk):
        header, claims, signature = desk.issuer.sign().split(".")
        forged = part(desk.issuer.claims(roles=["admin"]))
        for token in (
            f"{header}.{forged}.{signature}",
            f"{part({'alg': 'ES256', 'kid': 'first', 'x': 1})}.{claims}.{signature}",
            f"{header}.{claims}.{signature[:-4]}AAAA",
            f"{header}.{claims}.",
            f"{header}.{claims}",
            f"{header}.{claims}.{signature}.x",
            f"{header}..{signature}",
        ):
            desk.refuses(token)

    def test_what_must_be_understood_and_is_not_is_refused(self, desk):
        desk.refuses(desk.issuer.sign(header={"crit": ["exp"], "exp": 1}))

    def test_what_need_not_be_is_passed_over(self, desk):
        assert desk.verify(desk.issuer.sign(header={"nonce": "x" * 3000, "typ": "at+jwt"})).name

    @given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"))
    def test_nothing_else_counts_and_nothing_breaks(self, text):
        KNOWN.refuses(text)

    @given(
        header=st.dictionaries(
            st.sampled_from(["alg", "kid", "crit", "typ"]), st.none() | st.text()
        ),
        claims=st.recursive(st.none() | st.floats() | st.text(), st.lists, max_leaves=5),
    )
    def test_nor_does_what_is_put_together_by_hand(self, header, claims):
        KNOWN.refuses(by_hand(header, claims, b"secret"))

    def test_neither_does_what_is_endless(self, desk):
        desk.refuses(desk.issuer.sign(sub="x" * 20_000))
        nested = b"[" * 5_000
        desk.refuses(f"{part(nested)}.{part(nested)}.AA")


KNOWN = Desk()


def relabelled(desk, algorithm):
    """A token of the issuer's, said to be signed otherwise than it is."""
    _, claims, signature = desk.issuer.sign().split(".")
    return f"{part({'alg': algorithm, 'kid': desk.issuer.kid})}.{claims}.{signature}"


class TestClaims:
    @pytest.mark.parametrize(
        "issuer", [None, "", "https://id.example/", "https://evil", 1, [ISSUER]]
    )
    def test_another_issuer(self, desk, issuer):
        desk.refuses(desk.issuer.sign(iss=issuer))

    @pytest.mark.parametrize(
        "audience", [None, "", "other", "signalbox2", [], ["other"], {}, [["signalbox"]]]
    )
    def test_another_audience(self, desk, audience):
        desk.refuses(desk.issuer.sign(aud=audience))

    def test_one_of_several_audiences(self, desk):
        assert desk.verify(desk.issuer.sign(aud=["other", AUDIENCE])).name == "ann"

    @pytest.mark.parametrize("exp", [None, "never", True, [], -1, 0, math.nan, math.inf])
    def test_without_an_end_it_does_not_count(self, desk, exp):
        desk.refuses(desk.issuer.sign(exp=exp))

    def test_past_its_end_it_does_not_count(self, desk):
        token = desk.issuer.sign()
        desk.ahead = timedelta(seconds=300 + LEEWAY_S - 5)
        assert desk.verify(token)
        desk.ahead = timedelta(seconds=300 + LEEWAY_S + 1)
        desk.refuses(token)

    @pytest.mark.parametrize("name", ["nbf", "iat"])
    def test_nor_before_its_beginning(self, desk, name):
        begins = int(utc_now().timestamp()) + LEEWAY_S + 60
        token = desk.issuer.sign(**({"nbf": None} | {name: begins}))
        desk.refuses(token)
        desk.ahead = timedelta(seconds=65)
        assert desk.verify(token)

    @pytest.mark.parametrize("nbf", [None, "now", math.nan, False])
    def test_nor_without_one(self, desk, nbf):
        desk.refuses(desk.issuer.sign(nbf=nbf))

    def test_why_is_not_told_before_the_signature_counts(self, desk, caplog):
        caplog.set_level("INFO", logger="signalbox.api")
        token = desk.issuer.sign(iss="https://evil")
        expired = desk.refuses(desk.issuer.sign(exp=1))
        assert expired.message == desk.refuses(token).message
        assert "expired" in caplog.text and "https://evil" in caplog.text
        assert token not in caplog.text


class TestWho:
    @pytest.mark.parametrize("claim", ["sub", "roles"])
    def test_a_missing_claim_is_named(self, desk, claim):
        error = desk.refuses(desk.issuer.sign(**{claim: None}), Forbidden)
        assert f"'{claim}'" in error.message and "missing" in error.message

    @pytest.mark.parametrize(
        "name", ["", " ", "\u200b", "system:timer", "x" * 300, 7, ["ann"], "a\u0000"]
    )
    def test_a_name_that_nobody_may_bear(self, desk, name):
        desk.refuses(desk.issuer.sign(sub=name), Forbidden)

    @pytest.mark.parametrize(
        ("roles", "role"),
        [
            ("viewer", Role.VIEWER),
            (["viewer", "operator"], Role.OPERATOR),
            ("offline_access, approver", Role.APPROVER),
            (["admin", "operator", "approver"], Role.ADMIN),
        ],
    )
    def test_the_role_that_covers_all(self, desk, roles, role):
        assert desk.verify(desk.issuer.sign(roles=roles)).role is role

    @pytest.mark.parametrize(
        "roles", [[], "", "Admin", "administrator", ["root"], 1, {"admin": 1}, [["admin"]]]
    )
    def test_no_role_of_ours(self, desk, roles):
        desk.refuses(desk.issuer.sign(roles=roles), Forbidden)

    def test_roles_that_are_to_be_apart(self, desk):
        error = desk.refuses(desk.issuer.sign(roles=["operator", "approver"]), Forbidden)
        assert "operator and approver" in error.message

    def test_claims_of_other_names(self):
        desk = Desk(
            roles_claim="realm_access.roles", tenant_claim="org", name_claim="https://x.example/who"
        )
        token = desk.issuer.sign(
            realm_access={"roles": ["admin"]}, org="acme", **{"https://x.example/who": "Ann"}
        )
        assert desk.verify(token) == Principal(tenant="acme", name="Ann", role=Role.ADMIN)

    @pytest.mark.parametrize("tenant", [None, "", "a b", 5, "../default", ["default"]])
    def test_a_tenant_that_is_told_must_be_one(self, tenant):
        desk = Desk(tenant_claim="org")
        desk.refuses(desk.issuer.sign(org=tenant), Forbidden)

    def test_an_address_that_nobody_verified_names_nobody(self):
        desk = Desk(name_claim="email")
        for verified in (None, False, "false", 1.5):
            token = desk.issuer.sign(email="ann@desk.example", email_verified=verified)
            desk.refuses(token, Forbidden)
        token = desk.issuer.sign(email="ann@desk.example", email_verified=True)
        assert desk.verify(token).name == "ann@desk.example"

    @given(st.recursive(st.none() | st.text(), lambda x: st.dictionaries(st.text(), x)), st.text())
    def test_a_path_leads_somewhere_or_nowhere(self, claims, name):
        claim_of({"a": claims}, f"a.{name}")


@pytest.mark.parametrize("given", ["ISSUER", "AUDIENCE", "JWKS"])
def test_a_part_of_the_settings_is_not_enough(monkeypatch, given):
    monkeypatch.setenv(f"SIGNALBOX_OIDC__{given}", "https://id.example")
    with pytest.raises(BadInput, match="SIGNALBOX_OIDC"):
        read_settings()


class TestOverTheApi:
    @pytest.fixture
    def ask(self, tmp_path, monkeypatch):
        issuer, place = Issuer(), tmp_path / "keys.json"
        place.write_bytes(issuer.published())
        settings = Settings(
            db=f"sqlite:///{tmp_path / 'desk.db'}",
            oidc=OidcSettings(
                issuer=ISSUER, audience=AUDIENCE, jwks=str(place), tenant_claim="org"
            ),
        )
        monkeypatch.setattr(
            "api.application.open_signalbox",
            lambda given, **more: open_signalbox(given, ScriptedPredictor(), **more),
        )
        with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:

            def ask(method, path, *, body=None, bare=False, **claims):
                token = issuer.sign(**({"org": "default"} | claims))
                headers = {} if bare else {"authorization": f"Bearer {token}"}
                return client.request(method, path, json=body, headers=headers)

            yield ask

    def test_nobody_is_an_administrator_for_being_on_this_machine(self, ask):
        answer = ask("GET", "/v1/decisions", bare=True)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert ask("GET", "/readyz", bare=True).json() == {"ready": True}

    def test_a_token_stands_for_a_person_with_a_role_in_a_tenant(self, ask):
        posted = {"text": "nobody knows", "requester": "cleo"}
        task = ask("POST", "/v1/tasks", body=posted, sub="intake", roles=["operator"]).json()
        path = f"/v1/approvals/{task['approval_id']}"
        answer = {"decision": "reject"}
        assert ask("POST", path, body=answer, roles=["operator"]).status_code == 403
        assert ask("POST", path, body=answer, org="acme").status_code == 404
        assert ask("POST", path, body=answer | {"actor": "ben"}).status_code == 403
        assert ask("POST", path, body=answer, sub="Cleo").status_code == 409
        assert ask("POST", path, body=answer).status_code == 200
        assert ask("GET", path).json()["answered_by"] == "ann"

    def test_what_concerns_everybody_is_for_those_at_home(self, ask):
        order = {"switch": "paused"}
        assert ask("POST", "/v1/autonomy", body=order, roles="admin", org="acme").status_code == 403
        assert ask("POST", "/v1/autonomy", body=order, roles="admin").status_code == 200

    def test_one_that_does_not_count_is_refused(self, ask):
        assert ask("GET", "/v1/decisions", exp=1).status_code == 401
        assert ask("GET", "/v1/decisions", roles=["root"]).status_code == 403
        assert ask("GET", "/v1/decisions").status_code == 200

    def test_a_key_of_ours_is_looked_up_as_ever(self, ask, tmp_path):
        ledger = open_ledger(f"sqlite:///{tmp_path / 'desk.db'}")
        key, text = new_key(Role.VIEWER, utc_now(), timedelta(days=1), name="Dora")
        ledger.api_keys.add(key, digest(text))
        ledger.close()
        opened = ask("POST", "/v1/session", body={"key": text}, bare=True)
        assert opened.json()["name"] == "Dora"
