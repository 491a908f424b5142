"""Answers of backup tools without the tools: outputs of probes as a host would send them, read by our own visit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scanner.collection.answer import Answer
from scanner.collection.linux.probe import Output
from scanner.collection.linux.script import assemble
from scanner.collection.table import platform_module
from scanner.model.evidence import Identity, Query
from scanner.transport.shell import Limits, ShellAnswer
from scanner.transport.tool import Tool
from tests.collection.parity import check

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings/backup"
NOW = "2026-11-20T20:00:00Z"
SETTINGS = {
    "restic": {"repository": "/srv/restic", "secret_file": "/etc/restic.pw"},
    "borg": {"repository": "/srv/borg/repo", "secret_file": "/etc/borg.pw"},
    "rclone": {"remote": "offsite:archive"},
}


@dataclass
class Answering:
    """A shell that answers the script it is given with these outputs; those not named ended with nothing to say."""

    outputs: Mapping[str, Output]
    probes: Sequence[str]
    script: bytes = b""
    more: dict[str, Any] = field(default_factory=dict)

    def run(self, script: bytes, words: Sequence[str], limits: Limits) -> ShellAnswer:
        self.script = script
        text = script.decode()
        mark = next(line for line in text.splitlines() if line.startswith("cp_mark=")).split("'")[1]
        own = next(line for line in text.splitlines() if line.startswith("# Script ")).split()[2]
        parts = [f"{mark} start {own}\n{mark} uid 0\n{mark} user root\n{mark} now {NOW}\n".encode()]
        for name in self.probes:
            output = self.outputs.get(name, Output())
            lines = output.stdout.split(b"\n") if output.stdout else []
            parts.append(f"{mark} begin {name}\n".encode() + b"".join(b"|" + line + b"\n" for line in lines) + b"\n")
            parts.append(b"".join(b"!" + line.encode() + b"\n" for line in output.stderr.splitlines()))
            parts.append(f"{mark} end {name} {output.status}\n".encode())
        parts.append(f"{mark} finish {len(self.probes)}\n".encode())
        return ShellAnswer(b"".join(parts), b"", 0, "", Identity(user="root"), NOW, 0.1)

    def close(self) -> None:
        pass


def ask(platform: str, outputs: Mapping[str, Output], settings: Mapping[str, str] | None = None) -> Answer:
    """Collect all facts of a platform from these outputs of its probes; every cell is checked."""
    module = platform_module(platform)
    chosen = SETTINGS.get(platform, {}) if settings is None else settings
    names = [probe.name for probe in assemble(module.probes(chosen)).probes]
    assert set(outputs) <= set(names)
    tool = Tool(Answering(outputs, names), chosen)
    answer: Answer = module.collect([Query.of(fact) for fact in module.FACTS], tool, Limits())
    for evidence in answer.evidence:
        check(evidence)
    return answer


def rows(answer: Answer, fact: str) -> list[dict[str, Any]]:
    return [dict(row) for each in answer.evidence if each.query.fact == fact for row in each.rows]


def gap(answer: Answer, fact: str) -> Any:
    return next(each.gap for each in answer.evidence if each.query.fact == fact)


def recorded(name: str) -> bytes:
    return (RECORDINGS / name).read_bytes()


def call(label: str, body: bytes | str = b"", status: int = 0) -> bytes:
    """Give one call of a tool as a probe with several sends it."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [*raw.split(b"\n"), str(status).encode()]
    return f"#{label}\n".encode() + b"".join(b"|" + line + b"\n" for line in lines)


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()
