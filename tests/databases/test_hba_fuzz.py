"""Our reader of pg_hba.conf and pg_ident.conf against the server's own view of them, row by row.

The views read the files anew at every query, so nothing needs to be reloaded and no rule ever takes effect.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.collection.postgres.hba_file import HbaRule, hba_file
from scanner.collection.postgres.hba_lexer import Files, Trouble
from scanner.collection.postgres.ident_file import ident_file
from tests.databases.hba_texts import AWKWARD, FILES, HBA, IDENT
from tests.databases.postgres import VERSIONS, Cluster, cluster
from tests.support.hba import deciding

pytestmark = pytest.mark.server

_SHOWN = (
    *("map", "clientcert", "pamservice", "krb_realm", "ldapserver"),
    *("radiusservers", "radiussecrets", "radiusports", "radiusidentifiers"),
)
"""Options that the view shows as they were written."""
_UNBUILT = ("gss", "pam", "ldap")
fuzzed = settings(
    max_examples=80, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@dataclass
class Bench:
    """A running server whose two files are ours to write; the ones they include are there already."""

    server: Cluster
    tls: bool = True

    @property
    def major(self) -> int:
        return int(self.server.version)

    def theirs(self, name: str, text: str, view: str) -> list[Mapping[str, Any]]:
        path = self.server.data / name
        path.write_bytes(text.encode())
        return [row for (row,) in self.server.sql(f"SELECT to_jsonb(v) FROM {view} v")]

    def files(self) -> Files:
        return Files(_text, _names)


def _text(path: str) -> str | Trouble:
    try:
        return "" if Path(path).is_dir() else Path(path).read_bytes().decode()
    except OSError as wrong:
        return Trouble(str(wrong.strerror), missing=True)


def _names(path: str) -> list[str] | Trouble:
    try:
        return [each.name for each in Path(path).iterdir() if not each.is_dir()]
    except OSError as wrong:
        return Trouble(str(wrong.strerror), missing=True)


@pytest.fixture(scope="module", params=VERSIONS)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with cluster(request.param, "hardened") as server:
        yield _furnished(server)


def _furnished(server: Cluster, tls: bool = True) -> Bench:
    (server.data / "parts").mkdir()
    (server.data / "parts/folder.conf").mkdir()
    for name, text in FILES.items():
        (server.data / name).write_text(text)
    server.place.give(server.data / "parts")
    return Bench(server, tls)


def _server_row(row: Mapping[str, Any], path: str) -> tuple[Any, ...]:
    place = (row.get("file_name", path), row["line_number"])
    if row["type"] is None:
        return (*place, "refused")
    options = dict(option.split("=", 1) for option in row["options"] or ())
    options.pop("include_realm", None)
    error = "unmatched" if row["error"] else ""
    return (*place, row["type"], row["database"], row["user_name"], _address(row), row["auth_method"], options, error)


def _address(row: Mapping[str, Any]) -> str:
    address, mask = row["address"], row["netmask"]
    if not mask:
        return address or ""
    width = ipaddress.ip_address(mask).max_prefixlen
    ones = f"{int(ipaddress.ip_address(mask)):0{width}b}"
    if "01" in ones:
        return f"{ipaddress.ip_address(address)} {ipaddress.ip_address(mask)}"
    return str(ipaddress.ip_network(f"{address}/{ones.count('1')}", strict=False))


def _our_row(rule: HbaRule) -> tuple[Any, ...]:
    if not rule.type:
        return (rule.path, rule.line, "refused")
    options = {name: value for name, value in rule.options.items() if name in _SHOWN}
    names = [[word.text for word in words] for words in (rule.databases, rule.users)]
    error = "unmatched" if rule.error else ""
    return (rule.path, rule.line, rule.type, *names, rule.address, rule.method, options, error)


def _same_hba(bench: Bench, text: str) -> None:
    path = str(bench.server.data / "pg_hba.conf")
    theirs = [_server_row(row, path) for row in bench.theirs("pg_hba.conf", text, "pg_hba_file_rules")]
    found = hba_file(path, bench.files(), bench.major, bench.tls)
    ours = [_our_row(rule) for rule in found.rules]
    assert found.gap is None
    assert _placed(ours, bench.major) == _placed(_unbuilt(theirs, ours), bench.major)


def _placed(rows: list[tuple[Any, ...]], major: int) -> list[tuple[Any, ...]]:
    """Leave out the file's name where the server does not tell it."""
    return rows if major >= 16 else [row[1:] for row in rows]


def _unbuilt(theirs: list[tuple[Any, ...]], ours: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Where the server was built without GSSAPI or PAM, take our word for rules that need them."""
    told = dict(enumerate(ours))

    def same(place: int, row: tuple[Any, ...]) -> tuple[Any, ...]:
        mine = told.get(place, ())
        needs = len(mine) > 6 and (mine[6] in _UNBUILT or mine[2] == "hostgssenc")
        if needs and row[2] == "refused":
            return mine
        return (*row[:-1], "") if needs else row

    return [same(place, row) for place, row in enumerate(theirs)]


def _same_ident(bench: Bench, text: str) -> None:
    path = str(bench.server.data / "pg_ident.conf")
    theirs = [
        (row.get("file_name", path), row["line_number"], row["map_name"], row["sys_name"], row["pg_username"])
        for row in bench.theirs("pg_ident.conf", text, "pg_ident_file_mappings")
    ]
    found = ident_file(path, bench.files(), bench.major)
    ours = [
        (rule.path, rule.line, *((None,) * 3 if rule.error else (rule.map, rule.system_user.text, rule.role.text)))
        for rule in found.rules
    ]
    assert found.gap is None
    assert _placed(ours, bench.major) == _placed(theirs, bench.major)


def test_awkward_lines(bench: Bench) -> None:
    for line in AWKWARD.replace("\\\n", "\0").splitlines():
        _same_hba(bench, line.replace("\0", "\\\n") + "\n")
    _same_hba(bench, AWKWARD)


def test_generated_rules(bench: Bench) -> None:
    @fuzzed
    @given(HBA)
    def check(text: str) -> None:
        _same_hba(bench, text)

    check()


def test_generated_maps(bench: Bench) -> None:
    @fuzzed
    @given(IDENT)
    def check(text: str) -> None:
        _same_ident(bench, text)

    check()


@pytest.mark.parametrize("version", VERSIONS)
def test_without_tls(version: str) -> None:
    with cluster(version, "weak") as server:
        _same_hba(_furnished(server, tls=False), AWKWARD)


ROLES = [
    {"role": "app", "all_roles": ["staff"]},
    {"role": "staff", "all_roles": []},
    {"role": "all", "all_roles": []},
    {"role": "+staff", "all_roles": []},
]
DATABASES = ("app", "staff", "all", "replication")
CLIENTS = [
    (channel, database, str(role["role"]), "127.0.0.1")
    for channel in ("local", "plain", "tls")
    for database in (*DATABASES, "(physical)")
    for role in ROLES
]
_BARE = [
    "all",
    "all",
    "app",
    "app,all",
    "/^a",
    "/.*",
    "+staff",
    "sameuser",
    "samerole",
    "replication",
    "replication,all",
]
FOR = st.sampled_from([*_BARE, '"all"', '"app"', '"+staff"', '"replication"'])
FROM = st.sampled_from(["all", "all", '"all"', "127.0.0.1/32", "0.0.0.0/0", "10.0.0.0/8", "samehost", "::/0", ".x"])
METHODS = st.sampled_from(["trust", "reject"])
RULES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["host", "hostssl", "hostnossl", "hostnogssenc"]), FOR, FOR, FROM, METHODS),
        st.tuples(st.just("local"), FOR, FOR, METHODS),
    ).map(" ".join),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("version", ["16"])
def test_who_gets_in(version: str) -> None:
    """Whom rules let in really: the plain walk that the judgement of rules is held against walks as the server does."""
    roles = [f'CREATE ROLE "{role["role"]}" LOGIN REPLICATION' for role in ROLES]
    databases = [f'CREATE DATABASE "{name}" TEMPLATE template0' for name in DATABASES]
    made = [("postgres", text) for text in (*roles, "GRANT staff TO app", *databases)]
    with cluster(version, "hardened", sql=made) as server:

        @settings(fuzzed, max_examples=20)
        @given(RULES)
        def check(lines: list[str]) -> None:
            server.write("pg_hba.conf", "\n".join(lines) + "\n")
            server.reload()
            wanted = [bool(place) and lines[place - 1].endswith("trust") for place in deciding(lines, CLIENTS, ROLES)]
            assert [_gets_in(server, *client) for client in CLIENTS] == wanted

        check()


def _gets_in(server: Cluster, channel: str, database: str, role: str, _address: str) -> bool:
    more: dict[str, object] = {"sslmode": "disable" if channel == "plain" else "require", "gssencmode": "disable"}
    if channel == "local":
        more["host"] = str(server.sockets)
    if database == "(physical)":
        more["replication"] = "true"
    try:
        psycopg.connect(**server.parameters(role, database, sslrootcert=None, **more)).close()
    except psycopg.OperationalError as refused:
        assert "pg_hba.conf" in str(refused)
        return False
    return True
