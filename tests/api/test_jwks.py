"""The keys of an issuer: how they are had, kept and read again."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from api.jwks import FLOOR_S, MAX_AGE_S, STALE_S, SigningKeys, parse_keys, read_place
from api.oidc import Verifier
from signalbox.domain.errors import BadInput, Unavailable
from signalbox.settings import OidcSettings
from tests.api.tokens import AUDIENCE, ISSUER, Desk, Issuer


@pytest.fixture
def desk():
    return Desk()


class TestKeys:
    def test_they_are_kept(self, desk):
        for _ in range(5):
            desk.verify(desk.issuer.sign())
        assert desk.issuer.read == 1

    def test_a_new_one_counts_once_it_is_seen(self, desk):
        desk.verify(desk.issuer.sign())
        desk.issuer.rotate("second")
        desk.refuses(desk.issuer.sign())
        desk.clock.now += FLOOR_S + 1
        assert desk.verify(desk.issuer.sign())
        assert desk.verify(desk.issuer.sign(kid="first"))
        assert desk.issuer.read == 2

    def test_one_that_was_withdrawn_stops_counting(self, desk):
        token = desk.issuer.sign()
        desk.verify(token)
        desk.issuer.rotate("second")
        del desk.issuer.keys["first"]
        desk.clock.now += MAX_AGE_S + 1
        desk.refuses(token)

    def test_unknown_ids_do_not_make_it_ask_again_and_again(self, desk):
        desk.verify(desk.issuer.sign())
        for number in range(200):
            desk.clock.now += 1
            desk.refuses(desk.issuer.sign(header={"kid": f"guess-{number}"}))
        assert desk.issuer.read <= 1 + 200 / FLOOR_S + 1

    def test_without_an_id_the_only_fitting_key_is_meant(self, desk):
        assert desk.verify(desk.issuer.sign(header={"kid": None}))
        desk.issuer.rotate("rsa", "RS256")
        desk.clock.now += MAX_AGE_S + 1
        assert desk.verify(desk.issuer.sign(header={"kid": None}))
        desk.issuer.rotate("third")
        desk.clock.now += MAX_AGE_S + 1
        desk.refuses(desk.issuer.sign(header={"kid": None}))

    def test_an_issuer_that_is_away_is_believed_for_a_while(self, desk):
        desk.verify(desk.issuer.sign())
        desk.issuer.away = True
        desk.clock.now += STALE_S - 1
        assert desk.verify(desk.issuer.sign())
        desk.clock.now += FLOOR_S + 1
        desk.refuses(desk.issuer.sign(), Unavailable)
        desk.refuses(desk.issuer.sign(), Unavailable)
        assert desk.issuer.read == 3
        desk.issuer.away = False
        desk.clock.now += FLOOR_S + 1
        assert desk.verify(desk.issuer.sign())

    def test_one_that_never_answered_is_told(self, desk):
        desk.issuer.away = True
        desk.refuses(desk.issuer.sign(), Unavailable)
        desk.refuses(desk.issuer.sign(), Unavailable)
        assert desk.issuer.read == 1

    def test_many_threads_make_one_reading(self):
        issuer, entered, go = Issuer(), threading.Event(), threading.Event()

        def slow():
            entered.set()
            assert go.wait(10)
            return issuer.fetch()

        keys, found = SigningKeys("the issuer", read=slow), []
        threads = [
            threading.Thread(target=lambda: found.append(keys.find("first", "ES256")))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        assert entered.wait(10)
        go.set()
        for thread in threads:
            thread.join(10)
        assert len(found) == 8 and all(found)
        assert issuer.read == 1

    def test_whoever_finds_another_reading_goes_on_with_what_is_there(self, desk):
        desk.verify(desk.issuer.sign())
        desk.clock.now += MAX_AGE_S + 1
        with desk.keys._lock:
            assert desk.verify(desk.issuer.sign())
        assert desk.issuer.read == 1

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{}",
            b"[]",
            b"null",
            b'{"keys": 5}',
            b'{"keys": [5, null, []]}',
            b"\xff",
            b"[" * 100_000,
        ],
    )
    def test_what_is_no_key_set_is_told(self, content):
        with pytest.raises(BadInput):
            parse_keys(content, "keys.json")

    def test_of_a_set_what_can_sign_is_taken(self):
        issuer = Issuer()
        good = json.loads(issuer.published())["keys"][0]
        others = [
            good | {"kid": "enc", "use": "enc"},
            good | {"kid": "ops", "key_ops": ["encrypt"]},
            good | {"kid": "bent", "x": "AA"},
            good | {"kid": 5},
            good | {"kid": "odd", "crv": ["P-256"]},
            {"kty": "AKP", "kid": "new"},
            {"kty": ["EC"]},
        ]
        keys = parse_keys(json.dumps({"keys": [*others, good]}).encode(), "keys.json")
        assert [one.kid for one in keys] == ["first"]

    def test_a_short_key_does_not_count(self):
        from joserfc.jwk import RSAKey

        with pytest.warns(UserWarning):
            short = RSAKey.generate_key(1024).as_dict(private=False)
        with pytest.warns(UserWarning), pytest.raises(BadInput):
            parse_keys(json.dumps({"keys": [short]}).encode(), "keys.json")

    def test_a_file_is_read_at_once(self, tmp_path):
        place = tmp_path / "keys.json"
        settings = OidcSettings(issuer=ISSUER, audience=AUDIENCE, jwks=str(place))
        with pytest.raises(BadInput, match=r"keys\.json"):
            Verifier(settings)
        issuer = Issuer()
        place.write_bytes(issuer.published())
        assert Verifier(settings).verify(issuer.sign()).name == "ann"

    def test_an_address_is_https_or_this_machine(self):
        with pytest.raises(BadInput, match="not https"):
            read_place("http://id.example/keys")


class TestOverHttp:
    @pytest.fixture
    def serve(self):
        """Answers on a free loopback port: makes the address of what it is given."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, headers, content = answers[self.path]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        answers = {}
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def address(content, status=200, **headers):
            path = f"/{len(answers)}"
            answers[path] = (status, headers, content)
            return f"http://127.0.0.1:{server.server_port}{path}"

        yield address
        server.shutdown()
        server.server_close()

    def test_keys_come_from_their_address(self, serve):
        issuer = Issuer()
        place = serve(issuer.published())
        settings = OidcSettings(issuer=ISSUER, audience=AUDIENCE, jwks=place)
        assert Verifier(settings).verify(issuer.sign()).name == "ann"

    def test_and_from_nowhere_else(self, serve):
        moved = serve(b"", 302, location=serve(Issuer().published()))
        for place in (moved, serve(b"", 500), serve(b"x" * 1_000_001), "http://127.0.0.1:1/"):
            with pytest.raises(BadInput, match=re.escape(place)):
                read_place(place)
