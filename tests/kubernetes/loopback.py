"""A small client of the stand-in that keeps the contract of APIs."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

from scanner.model.evidence import Identity
from scanner.transport.api import Response


class Loopback:
    settings: Mapping[str, str] = {}

    def __init__(self, address: str) -> None:
        self._address = address

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Response:
        query = urllib.parse.urlencode(parameters or {})
        try:
            with urllib.request.urlopen(f"{self._address}{path}?{query}", timeout=10) as answer:
                return Response(answer.status, json.load(answer), server_time="2026-11-20T12:00:00Z")
        except urllib.error.HTTPError as problem:
            with problem:
                said = json.load(problem)
            code = problem.code
            return Response(
                code, said, failure=f"{code}: {said['message']}", denied=code in (401, 403), missing=code == 404
            )

    @property
    def identity(self) -> Identity:
        return Identity(address=self._address)

    def close(self) -> None:
        pass
