"""The cheap path on real rows: words alone, and attributes alone in time order."""

from __future__ import annotations

import numpy as np
import pytest

from signalbox.learning.table import read_table
from signalbox.learning.training import fit_members
from tests.shared_data import shared

KNOWN_AT_OPENING = [
    "caller_id",
    "opened_by",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "cmdb_ci",
    "impact",
    "urgency",
    "priority",
    "notify",
]


@pytest.mark.shared
def test_words_alone_reach_nine_in_ten_on_banking77() -> None:
    table = read_table(shared("routing/banking77.csv.gz"), text="text", label="category")
    order = np.random.default_rng(0).permutation(len(table))
    cut = len(table) // 5
    router = fit_members(table.take(order[cut:]))
    held = table.take(order[:cut])
    said = np.array(router.predict(held.texts).labels)
    assert np.mean(said == np.array(held.labels)) >= 0.90


@pytest.mark.shared
def test_attributes_alone_on_incidents_with_groups_and_values_never_seen() -> None:
    table = read_table(
        shared("routing/uci_incidents_first75.csv.gz"),
        attributes=KNOWN_AT_OPENING,
        label="resolved_group",
        time="opened",
    ).in_time_order()
    cut = len(table) * 3 // 5
    router = fit_members(table.take(range(cut)))
    later = table.take(range(cut, len(table)))
    said = np.array(router.predict(None, later.attributes).labels)
    assert set(later.labels) - set(router.classes)
    assert np.mean(said == np.array(later.labels)) > 0.6
