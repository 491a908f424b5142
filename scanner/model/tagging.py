"""Which rules speak about resources one by one, and which facts tell the tags of these."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.model.fact import FactSpec
from scanner.model.rule import AllOf, Assertion, Check, FactSubject, Quantifier, Rule, assertions

_EACH = (Quantifier.EVERY, Quantifier.NONE)


def tag_facts(rule: Rule, vocabulary: Mapping[str, FactSpec]) -> tuple[str, ...]:
    """Give the facts that tell the tags of the resources which a rule's check judges; empty where none does."""
    checked = assertions(rule.check) if rule.check is not None else ()
    judged = [each.subject.fact for each in checked if isinstance(each.subject, FactSubject)]
    return tuple(sorted({name for fact in judged if fact in vocabulary for name in vocabulary[fact].tag_facts}))


def judged_one_by_one(check: Check | None) -> frozenset[str]:
    """Give the facts of which a check demands something of each row, and nothing of the rows together.

    Only of these may rows be left aside: what is sought among all rows, or counted, would come out otherwise.
    """
    each: set[str] = set()
    together: set[str] = set()

    def walk(part: Check, apart: bool) -> None:
        if isinstance(part, Assertion):
            if isinstance(part.subject, FactSubject):
                (each if apart and part.quantifier in _EACH else together).add(part.subject.fact)
        elif isinstance(part, AllOf):
            for inner in part.parts:
                walk(inner, apart)
        else:
            together.update(found.subject.fact for found in assertions(part) if isinstance(found.subject, FactSubject))

    if check is not None:
        walk(check, True)
    return frozenset(each - together)


def narrowable(rule: Rule, vocabulary: Mapping[str, FactSpec]) -> bool:
    """Tell whether a rule judges resources one by one whose tags are known."""
    facts = judged_one_by_one(rule.check)
    return any(vocabulary[fact].tag_facts for fact in facts if fact in vocabulary)
