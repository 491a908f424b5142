"""A stand-in for an API server over loopback: discovery, lists in pages, refusals; kubectl reads it as a cluster."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scanner.collection.kubernetes.resources import ALL, Resource
from tests.kubernetes.cluster import Objects

CLUSTER_WIDE = ("namespaces", "volumesnapshotcontents", "volumesnapshotclasses", "etcdsnapshotfiles")


@dataclass
class Standing:
    """What the stand-in answers, and what it was asked."""

    objects: Objects
    denied: set[str] = field(default_factory=set)
    """Names of resources whose lists are refused."""
    page: int = 0
    """Longest page, whatever limit is asked for; 0 for as asked."""
    expire: int = 0
    """How many times a following page is answered with 410."""
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        if path == "/version":
            return 200, {"major": "1", "minor": "31", "gitVersion": "v1.31.4+rke2r1"}
        if path == "/api":
            return 200, {"kind": "APIVersions", "versions": ["v1"]}
        groups = sorted({(each.group, each.versions[0]) for each in self._installed() if each.group})
        if path == "/apis":
            return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(*each) for each in groups]}
        for group, version in groups:
            if path == f"/apis/{group}":
                return 200, _group(group, version)
        for each in self._installed():
            base = each.path(each.versions[0])
            if path == base:
                same = [other for other in self._installed() if other.path(other.versions[0]) == base]
                listed = [_kind(other) for other in same]
                return 200, {"kind": "APIResourceList", "groupVersion": base.split("/", 2)[2], "resources": listed}
            if path == f"{base}/{each.plural}":
                return self._list(each, query)
        return 404, _status(404, "NotFound", "the server could not find the requested resource")

    def _installed(self) -> list[Resource]:
        return [each for each in ALL if each.name in self.objects]

    def _list(self, resource: Resource, query: dict[str, list[str]]) -> tuple[int, Any]:
        if resource.name in self.denied:
            return 403, _status(403, "Forbidden", f'{resource.name} is forbidden: User "scanner" cannot list resource')
        items = self.objects[resource.name]
        first = int(query.get("continue", ["0"])[0])
        if first and self.expire:
            self.expire -= 1
            return 410, _status(410, "Expired", "The provided continue parameter is too old")
        limit = self.page or int(query.get("limit", ["0"])[0]) or len(items)
        more = str(first + limit) if first + limit < len(items) else ""
        kind = {
            "kind": f"{resource.plural[:-1].title()}List",
            "apiVersion": resource.path(resource.versions[0]).split("/", 2)[2],
        }
        return 200, {
            **kind,
            "metadata": {"resourceVersion": "7", "continue": more},
            "items": items[first : first + limit],
        }


def _group(name: str, version: str) -> dict[str, Any]:
    one = {"groupVersion": f"{name}/{version}", "version": version}
    return {"kind": "APIGroup", "apiVersion": "v1", "name": name, "versions": [one], "preferredVersion": one}


def _kind(resource: Resource) -> dict[str, Any]:
    own = resource.plural[:-1]
    wide = resource.plural in CLUSTER_WIDE
    return {
        "name": resource.plural,
        "singularName": own,
        "namespaced": not wide,
        "kind": own.title(),
        "verbs": ["get", "list"],
    }


def _status(code: int, reason: str, message: str) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": message,
        "code": code,
    }


@contextmanager
def serving(standing: Standing) -> Iterator[Standing]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            standing.asked.append(self.path)
            code, body = standing.answer(parts.path.rstrip("/"), parse_qs(parts.query))
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    standing.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield standing
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
