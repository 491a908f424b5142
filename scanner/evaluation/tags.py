"""Tags of resources, joined to findings whichever fact these came from; and what profiles leave aside by them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from scanner.evaluation.findings import join, key_text
from scanner.model.evidence import Cell, Evidence, Gap, Query, error
from scanner.model.fact import FactSpec
from scanner.model.outcome import Outcome, combine_all
from scanner.model.result import ASIDE, Finding, Result, fingerprint
from scanner.model.rule import Rule
from scanner.model.tagging import judged_one_by_one

MOST = 50
"""Tags of a resource that findings carry: AWS allows no more."""


@dataclass(slots=True)
class Tags:
    """The tags of one target's resources by ARN, from all facts that tell them."""

    evidence: Callable[[Query], Evidence]
    vocabulary: Mapping[str, FactSpec]
    asked: Collection[Query]
    """What the plan asks of the target: of tags that nobody wanted nothing is said."""
    outside: set[str] = field(default_factory=set)
    """ARNs of the resources that profiles left aside."""
    _facts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Fact > those that tell its tags: found once, for findings are many."""
    _told: dict[str, dict[str, Cell]] = field(default_factory=dict)
    _names: dict[tuple[str, str], dict[tuple[str, ...], str]] = field(default_factory=dict)

    def of(self, finding: Finding) -> Mapping[str, str] | Gap | None:
        """Give the tags of a finding's resource, or why they are not known; None where it is about no resource.

        None as well for facts whose resources have no tags that Controlproof could ask for.
        """
        facts = self.facts(finding.fact)
        arn = self.arn(finding) if facts else ""
        if not arn:
            return None
        gaps: list[Gap] = []
        for fact in facts:
            told = self._of_fact(fact).get(arn)
            if isinstance(told, dict):
                return told
            listed = self.evidence(Query.of(fact))
            gaps += [each for each in (told, listed.gap) if isinstance(each, Gap)]
        return gaps[0] if gaps else error(f"{', '.join(facts)}: the resource is not listed there")

    def facts(self, fact: str) -> tuple[str, ...]:
        """Give the facts that tell the tags of a fact's resources; empty where none does."""
        if fact not in self._facts:
            spec = self.vocabulary.get(fact)
            self._facts[fact] = spec.tag_facts if spec is not None else ()
        return self._facts[fact]

    def wanted(self, fact: str) -> bool:
        """Tell whether the plan asks for the tags of a fact's resources."""
        return any(Query.of(name) in self.asked for name in self.facts(fact))

    def arn(self, finding: Finding) -> str:
        """Give the ARN of a finding's resource; empty where it has none."""
        spec = self.vocabulary.get(finding.fact)
        return self._arn(spec, finding) if spec is not None else ""

    def _arn(self, spec: FactSpec, finding: Finding) -> str:
        """Find the ARN in the key, or else in the row that has this key."""
        given = dict(finding.key).get("arn")
        if given is not None or spec.field("arn") is None or not spec.keys:
            return given or ""
        known = self._names.setdefault((spec.name, finding.evidence), {})
        if not known:
            for each in self._rows(finding):
                arn = each.get("arn")
                known[tuple(key_text(each.get(name, "")) for name in spec.keys)] = arn if isinstance(arn, str) else ""
        return known.get(tuple(value for _, value in finding.key), "")

    def _rows(self, finding: Finding) -> Iterable[Mapping[str, Cell]]:
        return next((self.evidence(query).rows for query in self.asked if str(query) == finding.evidence), ())

    def _of_fact(self, fact: str) -> dict[str, Cell]:
        if fact not in self._told:
            found: dict[str, Cell] = {}
            for row in self.evidence(Query.of(fact)).rows:
                arn, cell = row.get("arn"), row.get("tags")
                if isinstance(arn, str) and isinstance(cell, dict | Gap):
                    # Of two rows about one resource the one that is not known weighs more.
                    found[arn] = found[arn] if isinstance(found.get(arn), Gap) else cell
            self._told[fact] = found
        return self._told[fact]


def with_tags(result: Result, tags: Tags) -> Result:
    """Give the result with the tags of their resources beside all findings that did not pass."""
    if not any(_open(each) and each.key and tags.facts(each.fact) for each in result.findings):
        return result
    return replace(result, findings=tuple(_tagged(each, tags) if _open(each) else each for each in result.findings))


def _open(finding: Finding) -> bool:
    return finding.outcome is Outcome.FAIL or finding.outcome.undecided


def _tagged(finding: Finding, tags: Tags) -> Finding:
    found = tags.of(finding)
    if isinstance(found, Gap):
        return replace(finding, untagged=str(found)) if tags.wanted(finding.fact) else finding
    if found is None:
        return finding
    pairs = sorted((str(name), str(value)) for name, value in found.items())
    return replace(finding, tags=tuple(pairs[:MOST]))


def narrowed(result: Result, rule: Rule, resources: Mapping[str, Mapping[str, str]], tags: Tags) -> Result:
    """Give the result without the resources that lack the tags which its profiles want; those stand in it as left aside.

    `resources` are the tags by profile; a resource that has those of one of them is in. One whose tags could not be
    read is in, too. Rules that judge resources together, by number or by one of them, are left as they are.
    """
    facts = judged_one_by_one(rule.check)
    kept: list[Finding] = []
    aside = judged = 0
    for each in result.findings:
        found = tags.of(each) if each.fact in facts else None
        judged += found is not None
        if found is None or isinstance(found, Gap) or _carries(found, resources.values()):
            kept.append(each)
            continue
        aside += 1
        tags.outside.add(tags.arn(each))
        kept.append(_left_aside(each, result))
    if not aside:
        return result
    left = [each for each in kept if each.outcome is not Outcome.NOTAPPLICABLE]
    said = f"{aside} of {judged} resources left aside: they lack the tags {wanted_tags(resources)}"
    return replace(
        result,
        outcome=combine_all(each.outcome for each in left),
        findings=tuple(kept),
        reason=join((result.reason, said)),
        passing=sum(each.outcome is Outcome.PASS for each in left),
    )


def _carries(found: Mapping[str, str], wanted: Iterable[Mapping[str, str]]) -> bool:
    return any(all(found.get(name) == value for name, value in each.items()) for each in wanted)


def _left_aside(finding: Finding, result: Result) -> Finding:
    """Give what stands for a resource that is out of scope: its key, and never a verdict."""
    mark = finding.fingerprint or fingerprint(result.rule, result.target, finding.fact, finding.key)
    return Finding(
        finding.fact,
        finding.key,
        Outcome.NOTAPPLICABLE,
        reason=ASIDE,
        evidence=finding.evidence,
        fingerprint=mark,
    )


def wanted_tags(resources: Mapping[str, Mapping[str, str]]) -> str:
    """Put tags by profile into words: `env=prod (profile ours)`."""
    said = (
        f"{', '.join(f'{name}={value}' for name, value in sorted(each.items()))} (profile {profile})"
        for profile, each in sorted(resources.items())
    )
    return " or ".join(said)
