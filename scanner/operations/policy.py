"""Recovery policies looked at without a network: what in them cannot hold, and a set that does."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from scanner.catalog.files.header import bytes_of
from scanner.catalog.files.recovery import leaf_steps, read_recovery_policy, shipped_bytes
from scanner.catalog.nodes import read
from scanner.derivation.recovery.policy.check import contradictions
from scanner.derivation.recovery.policy.findings import ERROR, Change, Contradiction
from scanner.model.errors import ContentError, Problem
from scanner.model.recovery import Leaf, RecoveryPolicy

_ROUNDS: Final = 60
_FIRST: Final = ("documents-disagree", "service-laxer-than-class", "class-laxer-than-profile", "pitr-not-provable")
"""What is settled before means are changed for it."""


@dataclass(frozen=True, slots=True)
class LintedPolicy:
    """A recovery policy, and what in it cannot hold."""

    policy: RecoveryPolicy
    shipped: bool
    found: tuple[Contradiction, ...]

    @property
    def errors(self) -> int:
        """How many of them make the policy impossible."""
        return sum(each.severity == ERROR for each in self.found)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A policy that holds, as text of a file, and what could not be mended."""

    text: str
    changes: tuple[Change, ...]
    left: tuple[Contradiction, ...]


def lint_policy(path: Path | None) -> LintedPolicy:
    """Look for contradictions in a policy, the shipped one without a path; raises ContentError for an unreadable one."""
    shown, data = _opened(path)
    policy = _policy(shown, data)
    return LintedPolicy(policy, path is None, contradictions(policy))


def suggest_policy(path: Path | None) -> Suggestion:
    """Change a policy until it holds, by its means where it can be, never by a laxer demand but for ages of disposal.

    Raises ContentError for a policy that cannot be read.
    """
    shown, data = _opened(path)
    policy = _policy(shown, data)
    document = read(shown, data, [])
    assert document is not None
    raw: dict[str, Any] = copy.deepcopy(document.value)
    made: dict[str, Change] = {}
    left = contradictions(policy)
    for _ in range(_ROUNDS):
        changes = _next(left)
        if not changes:
            break
        for change in changes:
            _write(raw, leaf_steps(policy, change.place), change)
            made[change.place] = change
        policy = _policy(shown, _dumped(raw).encode())
        left = contradictions(policy)
    return Suggestion(_headed(shown, _dumped(raw)), tuple(made.values()), left)


def _opened(path: Path | None) -> tuple[str, bytes]:
    if path is None:
        return shipped_bytes()
    problems: list[Problem] = []
    data = bytes_of(path, problems)
    if data is None:
        raise ContentError(problems)
    return str(path), data


def _policy(shown: str, data: bytes) -> RecoveryPolicy:
    problems: list[Problem] = []
    policy = read_recovery_policy(shown, data, problems)
    if policy is None or problems:
        raise ContentError(problems)
    return policy


def _next(found: Iterable[Contradiction]) -> list[Change]:
    """Give the changes of one kind of contradiction: what it settles may settle others."""
    waiting = [each for each in found if each.changes]
    codes = dict.fromkeys((*_FIRST, *(each.code for each in waiting)))
    code = next((code for code in codes if any(each.code == code for each in waiting)), "")
    return [change for each in waiting if each.code == code for change in each.changes]


def _write(raw: dict[str, Any], steps: tuple[str, ...], change: Change) -> None:
    """Write a leaf with its reason as source; inside a map that has a source of its own, the value alone."""
    node: Any = raw
    sourced = False
    for at, step in enumerate(steps[:-1]):
        if at > 1 and isinstance(node.get(step), dict) and "value" in node[step] and "source" in node[step]:
            sourced = True
            node = node[step]["value"]
        else:
            node = node.setdefault(step, {})
    value = copy.deepcopy(change.value)
    node[steps[-1]] = value if sourced else {"value": value, "source": f"suggested: {change.reason}"}


def _dumped(raw: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(raw), sort_keys=False, allow_unicode=True, default_flow_style=None, width=150)


def _headed(shown: str, text: str) -> str:
    head, _, rest = text.partition("\n")
    return (
        f"{head}\n# Suggested by `controlproof policy lint --suggest` from {shown}: where a source begins with"
        f" `suggested`, the value is new.\n# A person decides; comments of the file are not carried over.\n{rest}"
    )


def lint_rows(linted: LintedPolicy) -> dict[str, Any]:
    """Give what was found as a document for programs."""
    return {
        "schema": "policy-lint/1",
        "policy": linted.policy.path,
        "sha256": linted.policy.sha256,
        "errors": linted.errors,
        "warnings": len(linted.found) - linted.errors,
        "contradictions": [
            {
                "code": each.code,
                "severity": each.severity,
                "says": each.says,
                "remedy": each.remedy,
                "values": [_leaf(leaf) for leaf in each.leaves],
                "changes": [{"place": one.place, "value": one.value, "reason": one.reason} for one in each.changes],
            }
            for each in linted.found
        ],
    }


def _leaf(leaf: Leaf) -> dict[str, Any]:
    return {"place": leaf.place, "value": leaf.written, "source": leaf.source, "line": leaf.line}
