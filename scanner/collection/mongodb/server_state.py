"""Collects what a server says of itself, and the warnings that it started with."""

from __future__ import annotations

import json
from collections.abc import Sequence

from scanner.collection.mongodb.option_values import CMDLINE, Options
from scanner.collection.mongodb.replies import Replies, Session, gap_of, number, strings, word
from scanner.collection.mongodb.server import BUILD, HELLO, STATUS
from scanner.facts.mongodb.needs import MONITOR
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.mongo_commands import Command, Document, Value

FACTS: tuple[str, ...] = ("mongodb.server", "mongodb.startup_warning")

WARNINGS = Command("startup_warnings", {"getLog": "startupWarnings"})
_PROVIDERS = {
    ".mongodb.net": "MongoDB Atlas",
    ".docdb.amazonaws.com": "Amazon DocumentDB",
    ".cosmos.azure.com": "Azure Cosmos DB",
    ".mongodb.rds.aliyuncs.com": "Alibaba ApsaraDB",
    ".mongo.ondigitalocean.com": "DigitalOcean",
}
_LONGEST = 500


def commands(queries: Sequence[Query]) -> list[Command]:
    """Give the commands that these queries take."""
    facts = {query.fact for query in queries}
    wanted = {"mongodb.server": CMDLINE, "mongodb.startup_warning": WARNINGS}
    return [command for fact, command in wanted.items() if fact in facts]


def answer(queries: Sequence[Query], replies: Replies, session: Session) -> list[Evidence]:
    """Read the replies: one Evidence per query."""
    read = {"mongodb.server": _server, "mongodb.startup_warning": _warnings}
    return [read[query.fact](query, replies, session) for query in queries]


def _server(query: Query, replies: Replies, session: Session) -> Evidence:
    hello = replies.one(HELLO.name).document
    build = replies.one(BUILD.name)
    lost = gap_of(build)
    if lost is None and not session.version:
        lost = error("the server told no version")
    options = Options.of(replies, session)
    provider = _provider(hello, session)
    said = session.options.get("managed", "").lower()
    row: dict[str, Cell] = {
        "version": lost or session.version,
        "major": lost or session.major,
        "series": lost or ".".join(session.version.split(".")[:2]),
        "edition": lost or _edition(build.document),
        "managed": said == "true" if said else bool(provider),
        "provider": provider or ABSENT,
        "port": _port(options),
        "db_path": _of(options, "storage.dbPath"),
        "topology": _topology(hello),
        "cluster_role": _of(options, "sharding.clusterRole"),
        "replica_set": word(hello.get("setName")) or ABSENT,
        "user": _user(replies, session),
        "encrypted": session.encrypted,
    }
    return Evidence(query, (row,), None, session.provenance(HELLO, BUILD, STATUS, CMDLINE))


def _user(replies: Replies, session: Session) -> Cell:
    lost = gap_of(replies.one(STATUS.name))
    return lost or ", ".join(session.logins) or ABSENT


def _edition(build: Document) -> str:
    if "psmdbVersion" in build:
        return "percona"
    if "modules" not in build or "ferretdb" in build:
        return "other"
    return "enterprise" if "enterprise" in strings(build["modules"]) else "community"


def _provider(hello: Document, session: Session) -> str:
    names = [word(hello.get("me")), *strings(hello.get("hosts")), session.address]
    for name in names:
        host = name.rsplit(":", 1)[0].lower().rstrip(".")
        for ending, provider in _PROVIDERS.items():
            if host.endswith(ending):
                return provider
    return ""


def _topology(hello: Document) -> str:
    if hello.get("msg") == "isdbgrid":
        return "mongos"
    return "replica set" if "setName" in hello or hello.get("isreplicaset") is True else "standalone"


def _port(options: Options) -> Cell:
    value = options.value("net.port")
    if isinstance(value, Gap):
        return value
    found = number(value)
    return error("the port is not a number") if found is None else found


def _of(options: Options, name: str) -> Cell:
    value: Value | Gap = options.value(name)
    if isinstance(value, Gap):
        return value
    return word(value) or ABSENT


def _warnings(query: Query, replies: Replies, session: Session) -> Evidence:
    reply = replies.one(WARNINGS.name)
    gap = gap_of(reply, str(MONITOR))
    lines = reply.document.get("log")
    kept = strings(lines)
    total = number(reply.document.get("totalLinesWritten"))
    if gap is None and (not isinstance(lines, list) or len(kept) != len(lines)):
        gap = error("getLog told no lines that can be read")
    if gap is None and (total is None or total > len(kept)):
        gap = error(f"the log kept {len(kept)} of {total if total is not None else 'an unknown number of'} warnings")
    rows: dict[tuple[object, object], Row] = {}
    for line in kept:
        row = _warning(line)
        rows.setdefault((row["id"], row["message"]), row)
    return Evidence(query, tuple(rows.values()), gap, session.provenance(WARNINGS))


def _warning(line: str) -> dict[str, Cell]:
    """Read a line of the log: JSON since 4.4, plain text before."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        return {"id": 0, "component": ABSENT, "message": " ".join(line.split())[:_LONGEST]}
    found = number(told.get("id"))
    message = told.get("msg")
    return {
        "id": found or 0,
        "component": word(told.get("c")) or ABSENT,
        "message": " ".join(message.split())[:_LONGEST] if isinstance(message, str) else "(without text)",
    }
