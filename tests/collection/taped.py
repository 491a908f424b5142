"""Whole visits to database servers, taped: every reply beside the evidence that it must give.

A case is a folder `tests/recordings/PLATFORM/CASE` with `replies.json` (what each session in each database brought)
and `evidence.json` (what the collectors make of it). Names and paths of the machine are scrubbed before they are kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scanner.collection.table import platform_module
from scanner.facts.table import builtin
from scanner.model.asking import queries as queries_of
from scanner.model.errors import CollectionError
from scanner.model.evidence import Evidence, Identity, Query
from scanner.model.outcome import Outcome
from scanner.operations.content import load_content
from scanner.planning.expand import expand
from scanner.transport.probing import Probed
from scanner.transport.shell import Limits
from scanner.transport.sql import Failure, Reply, SqlAnswer, SqlClient, Statement
from tests.collection.recorded import written

OWN = {
    "postgres": [
        Query.of("postgres.query", {"database": "sky", "sql": "SELECT count(*) FROM pg_class WHERE relkind = 'p'"})
    ]
}
"""Platform > what no shipped rule asks with its values at their defaults."""
HOME = Path(__file__).parent.parent / "recordings"


@dataclass
class Taping:
    """A client that remembers what came through it."""

    client: SqlClient
    options: Mapping[str, str] = field(default_factory=dict)
    tape: dict[str, SqlAnswer] = field(default_factory=dict)
    refused: dict[str, CollectionError] = field(default_factory=dict)

    def ask(self, database: str, statements: Sequence[Statement], limits: Limits) -> SqlAnswer:
        """Ask the real server, and keep what it said."""
        try:
            found = self.tape[database] = self.client.ask(database, statements, limits)
        except CollectionError as problem:
            self.refused[database] = problem
            raise
        return found

    def probe(self, kind: str, limits: Limits) -> Probed:
        """Let the real client try; probes are not taped."""
        return self.client.probe(kind, limits)

    def close(self) -> None:
        """Close the real client."""
        self.client.close()


@dataclass
class Taped:
    """A client that says again what a server said; a statement that was not taped fails loudly."""

    tape: Mapping[str, SqlAnswer]
    options: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, CollectionError] = field(default_factory=dict)

    def ask(self, database: str, statements: Sequence[Statement], limits: Limits) -> SqlAnswer:
        """Give the tape of a database, cut to what is asked."""
        del limits
        if database in self.refused:
            raise self.refused[database]
        answer = self.tape[database]
        own = [each for each in statements if each.database in ("", database)]
        fitting = [each.name for each in own if each.fits(answer.version)]
        lost = [name for name in fitting if name not in answer.replies]
        assert not lost, f"not on the tape: {lost} (record the servers again)"
        return SqlAnswer(
            {name: answer.replies[name] for name in fitting}, answer.version, answer.identity, answer.started_at
        )

    def probe(self, kind: str, limits: Limits) -> Probed:
        """Refuse: the options of a tape opt into no probe."""
        raise AssertionError(f"{kind}: probes are not taped")

    def close(self) -> None:
        """Nothing is held."""


def questions(platform: str) -> list[Query]:
    """Give what a server of this platform is asked when every shipped rule is judged, and each fact without parameters."""
    vocabulary = builtin()
    rules = [rule for rule in load_content().rules.values() if platform in rule.platforms]
    asked = {
        query
        for rule in rules
        for query in queries_of(rule, {name: value.default for name, value in rule.values.items()}, {})
    }
    asked |= {Query.of(spec.name) for spec in vocabulary.values() if platform in spec.platforms and not spec.parameters}
    asked |= set(OWN.get(platform, ()))
    base, _ = expand(sorted(asked, key=str), vocabulary)
    return [query for query in base if platform in vocabulary[query.fact].platforms]


def evidence(platform: str, client: SqlClient) -> list[Evidence]:
    """Ask everything over a client, real or taped."""
    asked = questions(platform)
    return list(platform_module(platform).collect(asked, client, Limits()).evidence)


def save(case: Path, says: str, tape: Taping, found: Sequence[Evidence], scrub: Mapping[str, str]) -> None:
    """Write a case; `scrub` maps words of the machine to words of the recording."""
    case.mkdir(parents=True, exist_ok=True)
    told = {
        "says": says,
        "options": dict(tape.options),
        "sessions": {name: _answer(answer) for name, answer in tape.tape.items()},
        "refused": {name: [each.reason, each.kind.value, each.needs] for name, each in tape.refused.items()},
    }
    _write(case / "replies.json", told, scrub)
    write_evidence(case, found, scrub)


def write_evidence(case: Path, found: Sequence[Evidence], scrub: Mapping[str, str] | None = None) -> None:
    """Write what the collectors make of a case."""
    told = {str(each.query): {key: part for key, part in written(each).items() if key != "where"} for each in found}
    _write(case / "evidence.json", told, scrub or {})


def load(case: Path) -> Taped:
    """Read a case as a client."""
    told = json.loads((case / "replies.json").read_text())
    tape = {name: _read(each) for name, each in told["sessions"].items()}
    refused = {
        name: CollectionError(reason, kind=Outcome(kind), needs=needs)
        for name, (reason, kind, needs) in told["refused"].items()
    }
    return Taped(tape, told["options"], refused)


def _answer(answer: SqlAnswer) -> dict[str, Any]:
    replies = {
        name: {key: part for key, part in asdict(reply).items() if part} for name, reply in answer.replies.items()
    }
    return {"version": answer.version, "identity": asdict(answer.identity), "replies": replies}


def _read(told: dict[str, Any]) -> SqlAnswer:
    replies = {
        name: Reply(
            tuple(reply.get("columns", ())),
            tuple(tuple(row) for row in reply.get("rows", ())),
            Failure(**reply["failure"]) if "failure" in reply else None,
            reply.get("cut", ""),
        )
        for name, reply in told["replies"].items()
    }
    return SqlAnswer(replies, told["version"], Identity(**told["identity"]), "2026-11-20T00:00:00Z")


def _write(path: Path, told: Any, scrub: Mapping[str, str]) -> None:
    text = json.dumps(told, indent=0, ensure_ascii=False, sort_keys=True)
    for old, new in scrub.items():
        text = text.replace(old, new)
    path.write_text(text + "\n")
