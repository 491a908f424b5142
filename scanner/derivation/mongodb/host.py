"""Facts about the host behind a MongoDB server."""

from __future__ import annotations

from scanner.derivation import hosting
from scanner.derivation.hosting import Inputs, Joint
from scanner.model.evidence import Evidence, Query

_JOINT = Joint("mongodb.server", "linux.mongodb_instance", "db_path")


def host(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give mongodb.host."""
    return hosting.host(_JOINT, query, inputs, taken_at, lambda row, server: {})


def host_file(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give mongodb.host_file."""
    return hosting.files(_JOINT, query, inputs, taken_at)
