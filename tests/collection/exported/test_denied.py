"""Files that may not be read, and folders that may not be listed: unknown with the right named, never an empty list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import pytest

from scanner.collection.iperius import server as iperius
from scanner.collection.kubernetes import server as kubernetes
from scanner.collection.records import server as records
from scanner.collection.veeam import server as veeam
from scanner.model.errors import CollectionError
from scanner.model.evidence import Query
from scanner.model.outcome import Outcome
from scanner.transport.dropped import Dropped
from scanner.transport.shell import Limits

NOW = "2026-11-20T12:00:00Z"


@dataclass
class Closed:
    """A folder whose file may not be read (`*`: any that is asked for), or one that may not even be listed."""

    name: str
    settings: Mapping[str, str] = field(default_factory=lambda: {"folder": "/exports"})

    def files(self, patterns: Sequence[str], *, read: bool = True) -> tuple[Dropped, ...]:
        """List the file where a pattern fits it."""
        del read
        if not self.name:
            raise CollectionError(
                "/exports: Permission denied", kind=Outcome.UNKNOWN, needs="the right to list /exports"
            )
        names = patterns if self.name == "*" else [self.name] if any(map(self._fits, patterns)) else []
        return tuple(Dropped(name, NOW, 9, failure="Permission denied", denied=True) for name in names)

    def _fits(self, pattern: str) -> bool:
        return fnmatchcase(self.name, pattern)

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("module", "name", "facts"),
    [
        (iperius, "Job001/LogFile.htm", ("backup.run",)),
        (iperius, "destination/Job001", ("backup.restore_point",)),
        (records, "2026-11-db01.json", ("recovery.drill",)),
        (veeam, "vbr01.json", veeam.FACTS),
        (kubernetes, "*", kubernetes.FACTS[1:]),
        *((module, "", module.FACTS) for module in (iperius, records, veeam, kubernetes)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_may_not_be_read_is_unknown(module: Any, name: str, facts: Sequence[str]) -> None:
    answer = module.collect([Query.of(fact) for fact in facts], Closed(name), Limits(), NOW)
    for evidence in answer.evidence:
        assert evidence.gap is not None, evidence.query
        assert evidence.gap.kind is Outcome.UNKNOWN, evidence.gap
        assert "right to" in str(evidence.gap.needs)
