"""Asks a booted host everything that a profile wants and judges the answer, without a process of its own."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scanner.collection.linux.host import HostAnswer, describe, interpret
from scanner.model.evidence import Snapshot
from scanner.model.plan import Plan
from scanner.model.result import Result
from scanner.operations.judging import Bench
from scanner.operations.prepare import prepare
from scanner.operations.request import Files, Request, Selection
from scanner.operations.visiting import utc_now
from scanner.store.evidence import mask

PROFILES = {"bookworm": "cis-debian-12-level-2-server", "noble": "cis-ubuntu-24.04-level-2-server"}
"""Suite > the profile that test hosts of the suite are judged by."""

_INVENTORY = "schema: inventory/1\ntargets:\n  host: {platform: linux, local: true}\n"


class Machine(Protocol):
    """A booted host or guest."""

    @property
    def inside(self) -> tuple[str, ...]:
        """The words that run a command as root on it."""
        ...


@dataclass
class Judging:
    """The plan of a profile, ready to be put to hosts again and again."""

    suite: str
    plan: Plan
    bench: Bench
    tries: int = 1
    """How often a host is asked when probes run into their time limits: an emulated one is slower than any host."""

    def results(self, host: Machine, *, user: str = "") -> dict[str, Result]:
        """Rule > result, asked as root or as another account; an answer that is not whole is an AssertionError."""
        answer = self._answer(host, user)
        for _ in range(self.tries - 1):
            if not any("ran into its time limit" in str(found.gap) for found in answer.evidence):
                break
            answer = self._answer(host, user)
        assert answer.gap is None, answer.gap
        evidence = {found.query: mask(found, self.bench.vocabulary) for found in answer.evidence}
        snapshot = Snapshot("host", answer.now or utc_now(), evidence, identity=answer.identity)
        judged = self.bench.judge(self.plan.targets["host"], snapshot)
        return {result.rule: result for result in judged.results}

    def _answer(self, host: Machine, user: str) -> HostAnswer:
        [visit] = self.plan.visits
        script = describe(visit.queries)
        lowered = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups") if user else ()
        argv = [*host.inside, *lowered, *script.words]
        done = subprocess.run(argv, input=script.text, capture_output=True, timeout=900)
        return interpret(visit.queries, done.stdout, stderr=done.stderr, status=done.returncode)


def judging(suite: str, folder: Path, *, variant: str = "server", rules: tuple[str, ...] = ()) -> Judging:
    """Load the suite's profile, or these rules of it; `folder` is an empty one for the inventory that a plan needs."""
    inventory = folder / "inventory.yaml"
    inventory.write_text(_INVENTORY)
    request = Request(
        now=utc_now(),
        profiles=(PROFILES[suite].replace("server", variant),),
        files=Files(inventory=inventory),
        selection=Selection(rules=rules),
    )
    prepared = prepare(request)
    # Mutations may take hours of the nightly lane; the age of evidence is no matter here.
    bench = Bench(prepared.content.rules, prepared.profiles, prepared.content.vocabulary, request.now, None)
    return Judging(suite, prepared.plan, bench)


def told(result: Result) -> str:
    """Say in a line what became of a rule and why."""
    reasons = [
        f"{'/'.join(value for _, value in each.key)}: {each.found or each.reason}"
        for each in result.findings
        if each.outcome is result.outcome
    ]
    return f"{result.rule} {result.outcome.value}: {result.reason or '; '.join(reasons[:3])}"
