"""Alias of the account."""

from __future__ import annotations

from tests.aws.bench import Maker


def weak(client: Maker) -> None:
    """Leave it without an alias."""


def hardened(client: Maker) -> None:
    """Name it."""
    client("iam").create_account_alias(AccountAlias="hardened")
