"""The engine of the tests of the spine, on the same rule file."""

from tests.graphs.conftest import opened, rule_file

__all__ = ["opened", "rule_file"]
