"""A webhook, checked before it is stored."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from signalbox.delivery.addresses import AddressRules
from signalbox.delivery.signing import new_secret
from signalbox.domain.webhook import Webhook


def new_webhook(
    url: str, types: Sequence[str], tenant: str, rules: AddressRules, now: datetime
) -> tuple[Webhook, str]:
    """A webhook to be stored, and its secret, which is shown once.

    Raises BadInput for an address that may not be delivered to.
    """
    rules.check_url(url, tenant)
    webhook = Webhook(
        id=f"whk_{secrets.token_hex(8)}",
        tenant=tenant,
        url=url,
        types=tuple(dict.fromkeys(types)),
        created_at=now,
    )
    return webhook, new_secret()
