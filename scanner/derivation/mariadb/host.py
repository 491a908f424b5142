"""Facts about the host behind a MariaDB or MySQL server."""

from __future__ import annotations

from scanner.derivation import hosting
from scanner.derivation.hosting import Inputs, Joint
from scanner.derivation.inputs import cell
from scanner.model.evidence import Evidence, Query

_JOINT = Joint("mariadb.server", "linux.mariadb_instance", "datadir")


def host(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give mariadb.host."""
    return hosting.host(_JOINT, query, inputs, taken_at, lambda row, server: {})


def host_file(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give mariadb.host_file."""
    return hosting.files(_JOINT, query, inputs, taken_at)


def client_history(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give mariadb.client_history."""
    return hosting.passed_on(query, inputs, taken_at, lambda row: cell(row, "client") == "mysql", ("client",))


def environment_secret(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give mariadb.environment_secret."""
    return hosting.passed_on(query, inputs, taken_at, lambda row: cell(row, "name") == "MYSQL_PWD", ("name",))


def command_line_secret(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give mariadb.command_line_secret."""
    return hosting.passed_on(query, inputs, taken_at, lambda row: cell(row, "engine") == "mariadb", ("engine",))


def option_file_secret(query: Query, inputs: Inputs, taken_at: str) -> Evidence:
    """Give mariadb.option_file_secret."""
    return hosting.passed_on(query, inputs, taken_at, lambda row: cell(row, "kind") == "option_file", ("kind",))
