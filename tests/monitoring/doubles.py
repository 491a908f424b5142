"""Stands in for an API: answers by path, and counts what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scanner.model.errors import CollectionError
from scanner.model.evidence import Evidence, Identity, Query
from scanner.transport.api import Response
from scanner.transport.shell import Limits

NOW = "2026-11-20T19:46:10Z"
DENIED = Response(status=403, failure="HTTP 403", denied=True)
Answer = Response | CollectionError | Callable[[Mapping[str, str]], Response]


def told(data: Any) -> Response:
    """Give a good response with this JSON."""
    return Response(status=200, data=data, server_time=NOW)


def promised(data: Any) -> Response:
    """Give a good response as Prometheus wraps it."""
    return told({"status": "success", "data": data})


@dataclass
class Scripted:
    """An API whose answers are written down."""

    answers: Mapping[str, Answer]
    settings: Mapping[str, str] = field(default_factory=dict)
    address: str = "mon01:9090"
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Response:
        """Answer as written; a path that is not written is unknown there."""
        self.asked.append((path, parameters or {}))
        answer = self.answers.get(path, Response(status=404, failure="HTTP 404", missing=True))
        if isinstance(answer, CollectionError):
            raise answer
        return answer if isinstance(answer, Response) else answer(parameters or {})

    @property
    def identity(self) -> Identity:
        """Say where it is."""
        return Identity(address=self.address, user="scanner")

    def close(self) -> None:
        """Do nothing."""


def ask(module: Any, client: Scripted, *facts: str) -> dict[str, Evidence]:
    """Ask a collector for facts, all of them when none is named."""
    queries = [Query.of(fact) for fact in facts or module.FACTS]
    return {each.query.fact: each for each in module.collect(queries, client, Limits()).evidence}


def vector(*samples: tuple[Mapping[str, str], float]) -> Response:
    """Give the response of an instant query."""
    result = [{"metric": dict(labels), "value": [1.0, str(value)]} for labels, value in samples]
    return promised({"resultType": "vector", "result": result})
