"""The desk's teams, and which of them get taken for one another."""

from __future__ import annotations

TEAMS: dict[str, str] = {
    "identity": "Identity and access",
    "network": "Network and telephony",
    "security": "Security operations",
    "workplace": "Workplace devices",
    "printing": "Print services",
    "messaging": "Mail and collaboration",
    "facilities": "Facilities",
    "procurement": "Procurement",
    "finance-apps": "Finance applications",
    "hr-apps": "People applications",
    "sales-apps": "Sales and webshop",
    "data-platform": "Data and reporting",
}

NEIGHBOURS: dict[str, tuple[str, ...]] = {
    "identity": ("network", "security", "hr-apps"),
    "network": ("identity", "workplace", "messaging"),
    "security": ("messaging", "identity", "workplace"),
    "workplace": ("procurement", "network", "printing"),
    "printing": ("workplace", "network"),
    "messaging": ("network", "workplace", "security"),
    "facilities": ("messaging", "identity"),
    "procurement": ("workplace", "finance-apps"),
    "finance-apps": ("data-platform", "hr-apps", "procurement"),
    "hr-apps": ("finance-apps", "identity"),
    "sales-apps": ("data-platform", "finance-apps"),
    "data-platform": ("finance-apps", "sales-apps"),
}
