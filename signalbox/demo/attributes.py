"""The form fields of a ticket: informative on the whole, now and then wrong or left out."""

from __future__ import annotations

from itertools import accumulate
from random import Random

from signalbox.demo.ticket import ATTRIBUTES

CHANNELS = ("portal", "mail", "phone", "chat")
LOCATIONS = ("Harbour", "Northgate", "Mill", "Plant 2", "Tower", "Depot", "Home office")
PRIORITIES = ("P1", "P2", "P3", "P4")
TIERS = ("internal", "standard", "key")
DEPARTMENTS = ("Finance", "People", "Sales", "Production", "Logistics", "Research", "IT")
PRODUCTS = (
    "Gatekey", "Tunnelgate", "Office network", "Deskphone", "Mail shield", "Endpoint guard",
    "Laptop", "Software centre", "Printhub", "Outpost", "Relay", "Room booking", "Door badge",
    "Order desk", "Ledgerwell", "Tallyo", "Peoplebook", "Bramble", "Storefront", "Lumen",
    "Warehouse",
)  # fmt: skip

_CHANNEL_WEIGHTS = tuple(accumulate((45, 35, 12, 8)))
_LOCATION_WEIGHTS = tuple(accumulate((24, 18, 14, 12, 14, 8, 10)))
_PRIORITY_WEIGHTS = tuple(accumulate((4, 16, 60, 20)))
_URGENT_WEIGHTS = tuple(accumulate((22, 40, 30, 8)))
_TIER_WEIGHTS = tuple(accumulate((70, 22, 8)))
_SELLING_WEIGHTS = tuple(accumulate((25, 50, 25)))
_HOME_DEPARTMENT = {
    "finance-apps": "Finance",
    "hr-apps": "People",
    "sales-apps": "Sales",
    "data-platform": "Research",
}

_PRODUCT_RIGHT = 0.62
_PRODUCT_LEFT_OUT = 0.22
_HOME_SHARE = 0.40
_FIELD_LEFT_OUT = 0.04


def attributes_of(rng: Random, team: str, product: str) -> dict[str, str]:
    """Fields for a ticket of ``team`` about ``product`` ("" for stray mail, which names none).

    A field that was left out is absent. Channel is always known.
    """
    pick = rng.choices
    urgent = team == "security"
    home = _HOME_DEPARTMENT.get(team)
    at_home = home is not None and rng.random() < _HOME_SHARE
    department = home if home and at_home else DEPARTMENTS[int(rng.random() * len(DEPARTMENTS))]
    tier_weights = _SELLING_WEIGHTS if team == "sales-apps" else _TIER_WEIGHTS
    fields = {
        "channel": pick(CHANNELS, cum_weights=_CHANNEL_WEIGHTS)[0],
        "location": pick(LOCATIONS, cum_weights=_LOCATION_WEIGHTS)[0],
        "priority": pick(PRIORITIES, cum_weights=_URGENT_WEIGHTS if urgent else _PRIORITY_WEIGHTS)[
            0
        ],
        "customer_tier": pick(TIERS, cum_weights=tier_weights)[0],
        "product": _product(rng, product),
        "department": department,
    }
    if rng.random() < _FIELD_LEFT_OUT * (len(ATTRIBUTES) - 2):
        fields[ATTRIBUTES[1 + int(rng.random() * (len(ATTRIBUTES) - 1))]] = ""
    return {name: value for name, value in fields.items() if value}


def _product(rng: Random, product: str) -> str:
    luck = rng.random()
    if luck < _PRODUCT_LEFT_OUT or not product:
        return ""
    if luck < _PRODUCT_LEFT_OUT + _PRODUCT_RIGHT:
        return product
    return PRODUCTS[int(rng.random() * len(PRODUCTS))]
