from __future__ import annotations

import asyncio
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.delivery.addresses import AddressRules, Barred
from signalbox.delivery.registering import new_webhook
from signalbox.delivery.sender import HttpSender
from signalbox.domain.errors import BadInput
from signalbox.domain.outcome import Event
from signalbox.domain.webhook import Webhook
from tests.ledger.make import NOON

PRIVATE = [
    "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "198.18.0.1", "fe80::1", "fd00::1", "::", "ff02::1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "2002:a00:1::", "::10.0.0.1",
]  # fmt: skip
LOOPBACK = ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"]
PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"]


def allowed(rules: AddressRules, address: str, tenant: str = "default") -> bool:
    try:
        rules.check(ipaddress.ip_address(address), tenant)
    except Barred:
        return False
    return True


@pytest.mark.parametrize("tenant", ["default", "other"])
def test_only_public_addresses_are_delivered_to(tenant):
    rules = AddressRules()
    assert [one for one in PRIVATE if allowed(rules, one, tenant)] == []
    assert [one for one in PUBLIC if not allowed(rules, one, tenant)] == []


def test_this_machine_is_for_those_who_run_it():
    assert all(allowed(AddressRules(), one) for one in LOOPBACK)
    assert not any(allowed(AddressRules(), one, "other") for one in LOOPBACK)


def test_a_network_that_is_named_is_allowed_and_no_other():
    rules = AddressRules(networks=[ipaddress.ip_network("10.1.0.0/16")])
    assert allowed(rules, "10.1.2.3") and allowed(rules, "::ffff:10.1.2.3", "other")
    assert not allowed(rules, "10.2.0.1")


@given(st.ip_addresses(v=4))
def test_an_address_in_another_spelling_is_as_barred(address):
    rules = AddressRules()
    number = int(address)
    spelled = [
        ipaddress.IPv6Address(0xFFFF << 32 | number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    ]
    for one in spelled:
        assert allowed(rules, str(one)) == allowed(rules, str(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "https://", "https:///x", "example.com",
        "https://user:word@example.com/", "https://example.com/#part", "https://exa mple.com/",
        "https://example.com:0/", "https://example.com:99999/", "https://[::1", "https://10.0.0.1/",
        "https://169.254.169.254/latest", "https://[fe80::1]/", "https://example.com/\n",
        "https://bücher.example/", "https://example.com/" + "x" * 3000, "http://10.0.0.1/",
        "https://[::ffff:10.0.0.1]/", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_what_cannot_be_delivered_to_is_refused_with_its_fix(url):
    with pytest.raises(BadInput, match="url: ") as refused:
        new_webhook(url, ["*"], "default", AddressRules(), NOON)
    assert refused.value.hint


@pytest.mark.parametrize(
    "url", ["https://example.com/hook?key=1", "http://127.0.0.1:9/x", "http://localhost/x"]
)
def test_what_can_be_is_taken(url):
    webhook, _ = new_webhook(url, ["*"], "default", AddressRules(), NOON)
    assert webhook.url == url


def test_http_is_taken_where_it_is_allowed():
    new_webhook("http://example.com/", ["*"], "default", AddressRules(allow_http=True), NOON)


@pytest.mark.parametrize("leads_to", ["169.254.169.254", "10.0.0.1", "127.0.0.1", "::1"])
def test_a_name_is_looked_up_and_checked_when_it_connects(monkeypatch, leads_to):
    """The name was fine when it was registered, and leads inside by now."""
    webhook = Webhook(id="w", tenant="other", url="https://hooks.example/x", created_at=NOON)
    event = Event(id=1, tenant="other", type="decision.committed", subject="T-1", data={})

    async def attempt():
        async def lead(host, port, **_):
            assert host == "hooks.example"
            return [(2, 1, 6, "", (leads_to, port))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lead)
        sender = HttpSender(AddressRules())
        done = await sender.send(webhook, ("whsec_AAAA",), event)
        await sender.aclose()
        return done

    done = asyncio.run(attempt())
    assert (done.ok, done.status) == (False, None)
    assert "is no public address" in done.error
