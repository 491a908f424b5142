"""From assertions to queries: what a rule asks of a target, with its values and the target's fields in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scanner.model.evidence import ABSENT, Gap, Query, error
from scanner.model.rule import Assertion, FactSubject, Literal, Operand, Rule, TargetRef, ValueRef


def resolve(operand: Operand, values: Mapping[str, Any], target: Mapping[str, Any]) -> Any:
    """Give what stands for a literal, a value or a target's field; ABSENT where the target has none of that name."""
    if isinstance(operand, Literal):
        return operand.value
    if isinstance(operand, ValueRef):
        return values[operand.name]
    if isinstance(operand, TargetRef):
        return target.get(operand.name, "") or ABSENT
    raise TypeError(f"{{field: {operand.name}}} has no row to be read from here (write a literal or a value)")


def query_of(subject: FactSubject, values: Mapping[str, Any], target: Mapping[str, Any]) -> Query | Gap:
    """Give the query of a subject, or an error gap when the target lacks a field that the query needs."""
    where = {name: resolve(operand, values, target) for name, operand in subject.where}
    lacking = [operand for name, operand in subject.where if where[name] is ABSENT]
    if lacking:
        names = ", ".join(operand.name for operand in lacking if isinstance(operand, TargetRef))
        return error(f"the inventory gives no {names} for this target, so {subject.fact} could not be asked")
    return Query.of(subject.fact, where)


def queries_of(assertion: Assertion, values: Mapping[str, Any], target: Mapping[str, Any]) -> list[Query]:
    """Give the query of one assertion; an empty list for a value subject or one that cannot be asked."""
    if not isinstance(assertion.subject, FactSubject):
        return []
    query = query_of(assertion.subject, values, target)
    return [query] if isinstance(query, Query) else []


def queries(rule: Rule, values: Mapping[str, Any], target: Mapping[str, Any]) -> list[Query]:
    """Give every query of a rule's `when` and `check`, each once, in the order in which they stand."""
    asked = (query for assertion in rule.assertions() for query in queries_of(assertion, values, target))
    return list(dict.fromkeys(asked))
