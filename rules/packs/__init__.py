"""Rule sets that ship with the engine, as examples to start from."""

from pathlib import Path

ROUTING = Path(__file__).with_name("routing.yaml")
FALLBACK = Path(__file__).with_name("fallback.yaml")
ASSIGNMENT = Path(__file__).with_name("assignment.yaml")
REFUNDS = Path(__file__).with_name("refund_approval.csv")
SHIPPED = (ROUTING, FALLBACK, ASSIGNMENT, REFUNDS)
