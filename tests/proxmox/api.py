"""An API in memory: answers paths as a stand-in would over the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from scanner.model.errors import CollectionError
from scanner.model.evidence import Evidence, Identity, Query
from scanner.transport.api import Response
from scanner.transport.shell import Limits
from tests.collection.parity import check
from tests.support.web import Asked, Reply

RECORDINGS = Path(__file__).parents[1] / "recordings" / "backup"
NOW = "2026-11-20T09:00:00Z"


def recorded(name: str) -> list[dict[str, Any]]:
    """Give the rows of a recorded answer."""
    return list(json.loads((RECORDINGS / name).read_text())["data"])


class Memory:
    """Implements the contract of `scanner.transport.api.Api`."""

    def __init__(
        self, answerer: Callable[[Asked], Reply], settings: Mapping[str, str] | None = None, now: str = NOW
    ) -> None:
        self.answerer, self.settings, self.now = answerer, settings or {}, now
        self.asked: list[str] = []
        self.broken: CollectionError | None = None

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Response:
        """Answer from memory."""
        if self.broken is not None:
            raise self.broken
        self.asked.append(path)
        reply = self.answerer(Asked("GET", unquote(f"/{path}"), parameters or {}, {}))
        data = json.loads(reply.body) if reply.body else None
        if reply.status == 200:
            return Response(200, data, server_time=self.now)
        denied, missing = reply.status in (401, 403), reply.status == 404
        return Response(reply.status, data, "", f"HTTP {reply.status} {reply.phrase}", denied, missing, self.now)

    @property
    def identity(self) -> Identity:
        """Somebody on loopback."""
        return Identity(address="127.0.0.1:8007", user="audit@pbs!scan")

    def close(self) -> None:
        """Nothing is open."""


def ask(module: Any, api: Any, *facts: str) -> dict[str, Evidence]:
    """Collect facts, all of the platform's when none is named."""
    queries = [Query.of(fact) for fact in facts or module.FACTS]
    answer = module.collect(queries, api, Limits())
    assert [each.query for each in answer.evidence] == queries
    for each in answer.evidence:
        check(each)
    return {each.query.fact: each for each in answer.evidence}
