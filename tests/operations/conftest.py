"""Fixtures of the composition."""

from tests.support.cli import _rules_read_once, desk, policy

__all__ = ["_rules_read_once", "desk", "policy"]
