"""What a role's trust policy says: who may become the role, and what holds strangers off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from scanner.collection.aws.policies import Statement, foreign

_FIXED = re.compile(r"[^*?]+")
_SOMEBODY = re.compile(r"[^*?]+|[^*?:]+:[^*?:/]+[:/].*")
"""Whom a token speaks of: one subject, or all that begin with a realm and a name in it, such as `repo:acme/*`."""
_EQUALS = frozenset(
    {"stringequals", "stringlike", "stringequalsignorecase", "foranyvalue:stringlike", "foranyvalue:stringequals"}
)
_BECOMING = re.compile(r"\*|sts:\*|sts:assume.*")


@dataclass(frozen=True, slots=True)
class Trust:
    """Who may become a role."""

    FIELDS: ClassVar[tuple[str, ...]] = (
        "open",
        "foreign_accounts",
        "unguarded_accounts",
        "services",
        "federated",
        "unbound_federated",
    )
    open: bool = False
    foreign_accounts: list[str] = field(default_factory=list)
    unguarded_accounts: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    federated: list[str] = field(default_factory=list)
    unbound_federated: list[str] = field(default_factory=list)


def trust(statements: Sequence[Statement], account: str) -> Trust:
    """Read a trust policy for an account."""
    allowing = [each for each in statements if each.allow and _becomes(each)]
    return Trust(
        open=any(each.open for each in allowing),
        foreign_accounts=foreign(allowing, account),
        unguarded_accounts=foreign([each for each in allowing if not _guarded(each)], account),
        services=_named(allowing, "service:"),
        federated=_named(allowing, "federated:"),
        unbound_federated=_named([each for each in allowing if not _bound(each)], "federated:"),
    )


def _becomes(statement: Statement) -> bool:
    return statement.other_actions or any(_BECOMING.fullmatch(each.lower()) for each in statement.actions)


def _named(statements: Iterable[Statement], head: str) -> list[str]:
    names = (name for each in statements for name in each.principals)
    return sorted({name.removeprefix(head) for name in names if name.startswith(head)})


def _guarded(statement: Statement) -> bool:
    """Tell whether another account's people need more than that account's permission."""
    for operator, keys in statement.conditions.items():
        for key, values in keys.items():
            if key == "sts:externalid" and operator in _EQUALS and values and all(map(_FIXED.fullmatch, values)):
                return True
            if key == "aws:multifactorauthpresent" and operator == "bool" and values == ("true",):
                return True
    return statement.narrowed


def _bound(statement: Statement) -> bool:
    """Tell whether tokens must be for us, and of somebody in particular where many share the provider."""
    for operator, keys in statement.conditions.items():
        for key, values in keys.items():
            if operator not in _EQUALS or not values:
                continue
            if key.endswith(":sub") and all(map(_SOMEBODY.fullmatch, values)):
                return True
            if key in ("saml:aud", "cognito-identity.amazonaws.com:aud") and all(map(_FIXED.fullmatch, values)):
                return True
    return False
