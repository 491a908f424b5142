"""Start-up options as they are in force, and values of options and parameters as typed cells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scanner.collection.mongodb.defaults import default_of
from scanner.collection.mongodb.replies import Replies, Session, gap_of, number, word
from scanner.facts.mongodb.needs import MONITOR
from scanner.model.evidence import ABSENT, Cell, Gap, error, unknown
from scanner.transport.mongo_commands import Command, Value

CMDLINE = Command("options", {"getCmdLineOpts": 1})
_OLD = {"PEMKeyFile": "certificateKeyFile", "PEMKeyPassword": "certificateKeyFilePassword"}
_OLD_MODES = {"requireSSL": "requireTLS", "preferSSL": "preferTLS", "allowSSL": "allowTLS"}
_SECRET = ("password", "secret", "token")
_SWITCH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Options:
    """The options that a server was started with, over the defaults of its version."""

    given: Mapping[str, Value]
    """Full name > value, of those that file or command line give."""
    gap: Gap | None
    major: int
    mongos: bool

    @classmethod
    def of(cls, replies: Replies, session: Session) -> Options:
        """Read the options from the replies; a reply without `parsed` is a gap."""
        reply = replies.one(CMDLINE.name)
        parsed = reply.document.get("parsed")
        gap = gap_of(reply, str(MONITOR))
        if gap is None and not isinstance(parsed, dict):
            gap = error("getCmdLineOpts told no options")
        mongos = word(replies.one("hello").document.get("msg")) == "isdbgrid"
        given = {} if gap is not None or not isinstance(parsed, dict) else _modern(dict(_flat(parsed, "")))
        return cls(given, gap, session.major, mongos)

    def value(self, name: str) -> Value | Gap:
        """Give what holds for an option; None for no value."""
        if self.gap is not None:
            return self.gap
        if name in self.given:
            return self.given[name]
        known, default = default_of(
            name, self.major, role=word(self.given.get("sharding.clusterRole")), mongos=self.mongos
        )
        if known:
            return default
        return unknown(f"{name} is not given, and its default in MongoDB {self.major or '?'} is not in our table")


def typed(value: Value | Gap, name: str = "") -> dict[str, Cell]:
    """Give the cells `value enabled number items`; what may be a secret is masked."""
    if isinstance(value, Gap):
        return dict.fromkeys(("value", "enabled", "number", "items"), value)
    if value is None:
        return dict.fromkeys(("value", "enabled", "number", "items"), ABSENT)
    if any(part in name.lower() for part in _SECRET):
        value = "***"
    text = _text(value)
    parts = [_text(part) for part in value] if isinstance(value, list) else text.split(",")
    whole = number(value)
    return {
        "value": text,
        "enabled": _SWITCH.get(text, ABSENT),
        "number": ABSENT if whole is None else whole,
        "items": [part.strip() for part in parts if part.strip()],
    }


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value)


def _flat(found: Mapping[str, Value], prefix: str) -> Iterator[tuple[str, Value]]:
    for name, value in found.items():
        if isinstance(value, dict) and value and not f"{prefix}{name}".startswith("setParameter"):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _modern(given: dict[str, Value]) -> dict[str, Value]:
    """Give options of the old names `net.ssl` under those of today."""
    found = {name: value for name, value in given.items() if not name.startswith("net.ssl.")}
    for name, value in given.items():
        if name.startswith("net.ssl."):
            own = name.removeprefix("net.ssl.")
            said = _OLD_MODES.get(value, value) if isinstance(value, str) else value
            found.setdefault(f"net.tls.{_OLD.get(own, own)}", said)
    return found
