"""The cases of rules, run by the same code that judges real hosts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scanner.catalog.cases import case_evidence, case_rule
from scanner.evaluation.judge import compile_rule
from scanner.model.errors import ConfigurationError, near
from scanner.model.fact import Vocabulary
from scanner.model.rule import Case, Rule
from scanner.operations.content import load_content, with_paths
from scanner.operations.request import Folders


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """What a case gave, beside what it wants."""

    rule: str
    case: str
    place: str
    wanted: str
    got: str
    why: str

    @property
    def right(self) -> bool:
        """True when the rule decided as the case says."""
        return self.wanted == self.got


def run_case(rule: Rule, case: Case, vocabulary: Vocabulary) -> CaseOutcome:
    """Judge one case of a rule."""
    target = {"id": "case", "platform": rule.platforms[0], **case.target}
    judge = compile_rule(case_rule(rule, case), case.values, vocabulary)
    result = judge(case_evidence(rule, case), target)
    why = result.reason or "; ".join(told for each in result.findings[:3] if (told := each.found or each.reason))
    return CaseOutcome(rule.id, case.name, f"{rule.path}:{case.line}", case.then.value, result.outcome.value, why)


def run_cases(named: tuple[str, ...], folders: Folders, *, below: tuple[Path, ...] = ()) -> Iterator[CaseOutcome]:
    """Run the cases of all rules; with `named` those of these rules, with `below` those that lie below these paths.

    Raises ContentError, and ConfigurationError for a rule that there is not.
    """
    loaded = load_content(with_paths(folders, below))
    for name in named:
        if name not in loaded.rules:
            raise ConfigurationError(f"no rule is called '{name}'{near(name, loaded.rules)}")
    for rule in loaded.rules.values():
        own = any(rule.path == str(path) or rule.path.startswith(f"{path}/") for path in below)
        if not (named or below) or rule.id in named or own:
            for case in rule.cases:
                yield run_case(rule, case, loaded.vocabulary)
