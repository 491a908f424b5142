"""An API made of a table: paths > answers, for tests of what collectors make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scanner.model.evidence import Identity
from scanner.transport.api import Response

MISSING = Response(404, failure="404 Not Found", missing=True)
DENIED = Response(403, failure="403 Forbidden", denied=True)


@dataclass
class TableApi:
    """Answers by path; a callable gets the parameters."""

    answers: Mapping[str, Any]
    settings: Mapping[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    server_time: str = "2026-11-20T12:00:00Z"

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Response:
        self.asked.append((path, dict(parameters or {})))
        answer = self.answers.get(path, MISSING)
        if callable(answer):
            answer = answer(dict(parameters or {}))
        return answer if isinstance(answer, Response) else Response(200, answer, server_time=self.server_time)

    @property
    def identity(self) -> Identity:
        return Identity(address="stand-in")

    def close(self) -> None:
        pass
