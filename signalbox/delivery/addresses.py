"""Which addresses may be delivered to: nobody may have us call what only we can reach."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from signalbox.domain.access import HOME
from signalbox.domain.errors import BadInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL = 2_048
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


class Barred(Exception):
    """An address that is not delivered to, in words."""


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What is allowed beyond public addresses over https."""

    allow_http: bool = False
    networks: Sequence[Network] = ()

    def check_url(self, url: str, tenant: str) -> None:
        """BadInput for an address that could never be delivered to; names are looked up later."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise BadInput(
                "url: cannot be read", hint="give one such as https://example.com/hook"
            ) from None
        if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
            raise BadInput(
                f"url: takes at most {MAX_URL} printable ASCII characters",
                hint="percent-encode the path, write the host in its xn-- form",
            )
        if parts.scheme not in ("http", "https") or not host or port == 0:
            raise BadInput("url: is no https address", hint="such as https://example.com/hook")
        if parts.username is not None or parts.password is not None:
            raise BadInput(
                "url: holds a name or password before the host",
                hint="leave it out: deliveries are signed",
            )
        if parts.fragment:
            raise BadInput("url: has a fragment, which is never sent", hint="end it before the #")
        literal = _literal(host)
        loopback = host == "localhost" or (literal is not None and _inner(literal).is_loopback)
        if parts.scheme == "http" and not self.allow_http and not loopback:
            raise BadInput(
                "url: is not https, so that anybody on the way could read it",
                hint="use https, or set SIGNALBOX_WEBHOOKS__ALLOW_HTTP=true",
            )
        if literal is not None:
            try:
                self.check(literal, tenant)
            except Barred as barred:
                raise BadInput(
                    f"url: {barred}",
                    hint="SIGNALBOX_WEBHOOKS__ALLOW_NETWORKS=10.1.2.0/24 would allow such",
                ) from None

    def check(self, address: Address, tenant: str) -> None:
        """Barred for an address that may not be connected to. Loopback is for those only who run
        the installation: to another tenant it is somebody else's machine."""
        inner = _inner(address)
        if any(_within(one, network) for network in self.networks for one in (address, inner)):
            return
        if inner.is_loopback and tenant == HOME:
            return
        if inner.is_global and not inner.is_multicast:
            return
        raise Barred(f"{address} is no public address")


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one leads to, where it does: rules for it have to hold."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
