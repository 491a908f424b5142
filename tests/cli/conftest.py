"""Fixtures of the command line."""

from tests.support.cli import _content_read_once, desk, policy

__all__ = ["_content_read_once", "desk", "policy"]
