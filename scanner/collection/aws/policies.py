"""Resource policies as JSON text: who is let in, and under which conditions. Shared by all services."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.collection.aws.session import gap_of
from scanner.collection.aws.session import text as text_of
from scanner.model.evidence import Gap, error
from scanner.transport.cloud import Reply

_ACCOUNT = re.compile(r"\d{12}")
_NARROWING = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
"""Condition keys that keep strangers out when they are compared with a fixed value."""
_EQUALS = frozenset({"stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike"})
_WIDEST = {4: 8, 6: 32}
"""Shortest prefix of a network that still counts as narrowing, by version."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy."""

    allow: bool
    principals: tuple[str, ...] = ()
    """`*`, ARNs, account numbers, `service:NAME`, `federated:NAME`, `canonical:ID`."""
    other_principals: bool = False
    """True for NotPrincipal: it speaks of everyone but these."""
    actions: tuple[str, ...] = ()
    other_actions: bool = False
    resources: tuple[str, ...] = ()
    other_resources: bool = False
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Operator > key > values, operators and keys in lower case."""
    sid: str = ""

    @property
    def everyone(self) -> bool:
        """True when it speaks of all principals, or of all but some."""
        return self.other_principals or "*" in self.principals

    @property
    def narrowed(self) -> bool:
        """True when a condition keeps strangers out."""
        return any(
            _narrows(operator, key, values)
            for operator, keys in self.conditions.items()
            for key, values in keys.items()
        )

    @property
    def open(self) -> bool:
        """True when it lets strangers in."""
        return self.allow and self.everyone and not self.narrowed


def parse(text: str) -> list[Statement]:
    """Read a policy; raises ValueError for what is none."""
    found = json.loads(text)
    statements = found.get("Statement") if isinstance(found, dict) else None
    listed = [statements] if isinstance(statements, dict) else statements
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise ValueError("the policy holds no statements")
    return [_statement(each) for each in listed]


def read(reply: Reply) -> list[Statement] | Gap:
    """Read the field `Policy` of an answer; no statements where there is no policy."""
    gap = gap_of(reply)
    if gap is not None or reply.missing:
        return gap if gap is not None else []
    try:
        return parse(text_of(reply.document.get("Policy")))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as odd:
        return error(f"{reply.call.operation}: the policy cannot be read: {str(odd)[:80]}")


def _statement(found: Mapping[str, object]) -> Statement:
    effect = found.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise ValueError("a statement has no effect")
    conditions = found.get("Condition") or {}
    if not isinstance(conditions, dict):
        raise TypeError("a condition cannot be read")
    return Statement(
        allow=effect == "Allow",
        principals=_principals(found.get("Principal", found.get("NotPrincipal"))),
        other_principals="NotPrincipal" in found,
        actions=_texts(found.get("Action", found.get("NotAction"))),
        other_actions="NotAction" in found,
        resources=_texts(found.get("Resource", found.get("NotResource"))),
        other_resources="NotResource" in found,
        conditions={str(operator).lower(): _condition(keys) for operator, keys in conditions.items()},
        sid=str(found.get("Sid") or ""),
    )


def _condition(keys: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(keys, dict):
        raise TypeError("a condition cannot be read")
    return {str(key).lower(): _texts(values) for key, values in keys.items()}


def _principals(found: object) -> tuple[str, ...]:
    if found is None or isinstance(found, str):
        return (found,) if found else ()
    if not isinstance(found, dict):
        raise TypeError("a principal cannot be read")
    heads = {"AWS": "", "Service": "service:", "Federated": "federated:", "CanonicalUser": "canonical:"}
    return tuple(f"{heads[kind]}{each}" for kind, listed in found.items() for each in _texts(listed))


def _texts(found: object) -> tuple[str, ...]:
    if found is None:
        return ()
    listed = found if isinstance(found, list) else [found]
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in listed)


def _narrows(operator: str, key: str, values: Sequence[str]) -> bool:
    if not values:
        return False
    if key == "aws:sourceip":
        return operator == "ipaddress" and all(map(_narrow_network, values))
    fixed = _fixed_arn if key.endswith("arn") else _fixed
    return key in _NARROWING and operator in _EQUALS and all(map(fixed, values))


def _fixed(text: str) -> bool:
    return bool(text) and not set("*?") & set(text)


def _fixed_arn(text: str) -> bool:
    """Tell whether a pattern of ARNs is bound to one account, or (where ARNs have none, as in S3) to a name."""
    parts = text.split(":", 5)
    if len(parts) < 6:
        return False
    return _ACCOUNT.fullmatch(parts[4]) is not None or (not parts[4] and parts[5][:1] not in ("", "*", "?"))


def _narrow_network(text: str) -> bool:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= _WIDEST[network.version]


def foreign(statements: Iterable[Statement], account: str) -> list[str]:
    """Give the accounts and canonical users beside our own that some statement lets in, sorted."""
    found = set()
    for statement in statements:
        if not statement.allow or statement.other_principals:
            continue
        for principal in statement.principals:
            if principal.startswith("canonical:"):
                found.add(principal)
            numbers = _ACCOUNT.findall(principal) if not principal.startswith("service:") else []
            found.update(number for number in numbers[:1] if number != account)
    return sorted(found)


def open_actions(statements: Iterable[Statement]) -> list[str]:
    """Give the actions that some statement opens to strangers, sorted; `*` where it names those it leaves out."""
    found = [statement for statement in statements if statement.open]
    return sorted({action for each in found for action in (("*",) if each.other_actions else each.actions)})


def tls_only(statements: Iterable[Statement], bucket: str) -> bool:
    """Tell whether a bucket's policy denies everyone everything without TLS, on the bucket and on all its objects."""
    whole = {
        resource
        for each in statements
        if not each.allow
        and "*" in each.principals
        and not (each.other_principals or each.other_actions or each.other_resources)
        and {"*", "s3:*"} & {action.lower() for action in each.actions}
        and _plain_http(each.conditions)
        for resource in each.resources
    }
    return any(_covers(resource, bucket) for resource in whole) and any(
        _covers_below(resource, bucket) for resource in whole
    )


def _plain_http(conditions: Mapping[str, Mapping[str, tuple[str, ...]]]) -> bool:
    """Tell whether a condition holds for each request over plain HTTP, and demands nothing else."""
    return list(conditions.values()) == [{"aws:securetransport": ("false",)}] and set(conditions) <= {
        "bool",
        "boolifexists",
    }


def _covers(pattern: str, resource: str) -> bool:
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts).replace(r"\?", "."), resource) is not None


def _covers_below(pattern: str, bucket: str) -> bool:
    return pattern.endswith("*") and f"{bucket}/".startswith(pattern[:-1])
