"""The stand-in for MongoDB, asked by pymongo: logins, rights, TLS, scripts, and every way to misbehave."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

import bson
import pytest
from pymongo import errors

from tests.databases.mongodb import HOW, Refusal, StandIn, standin

ALL = pytest.mark.parametrize("flavour", ["weak", "hardened", "community"])


def ask(server: StandIn, role: str | None, *command: object, **more: object) -> dict[str, Any]:
    with server.client(role) as client:
        return client.admin.command(*command, **more)


def refused(server: StandIn, role: str | None, *command: object, **more: object) -> int | None:
    with pytest.raises(errors.OperationFailure) as caught:
        ask(server, role, *command, **more)
    return caught.value.code


@ALL
def test_the_scanner_is_answered_everything(flavour: str) -> None:
    with standin(flavour) as server, server.client("scanner") as client:
        db = client.admin
        assert db.command("getCmdLineOpts")["parsed"]["config"] == "/etc/mongod.conf"
        assert {user["user"] for user in db.command("usersInfo", {"forAllDBs": True})["users"]} >= {"scanner", "bare"}
        assert db.command("rolesInfo", 1, showPrivileges=True)["roles"][0]["privileges"]
        assert "privileges" not in db.command("rolesInfo", 1)["roles"][0]
        bypass = db.command("getParameter", 1, enableLocalhostAuthBypass=1)["enableLocalhostAuthBypass"]
        assert bypass is (flavour == "weak")
        assert db.command("getParameter", "*")["scramIterationCount"] == 10000
        assert [one["name"] for one in db.command("listDatabases")["databases"]][:1] == ["admin"]
        assert db.command("getLog", "*")["names"] == ["global", "startupWarnings"]
        assert bool(db.command("getLog", "startupWarnings")["log"]) is (flavour == "weak")
        assert db.command("hostInfo")["os"]["type"] == "Linux"
        assert db.command("serverStatus")["storageEngine"]["name"] == "wiredTiger"
        assert (db.command("buildInfo")["modules"] == ["enterprise"]) is (flavour == "hardened")
        assert db.command("connectionStatus")["authInfo"]["authenticatedUsers"] == [{"user": "scanner", "db": "admin"}]
        assert server.asked("usersInfo") == 1
        assert ("scanner", "admin") in {(user, database) for user, database, _ in server.commands}


@pytest.mark.parametrize("direct", [True, None])
def test_a_replica_set_of_one_is_found_through_itself(direct: bool | None) -> None:
    with standin("hardened") as server, server.client(directConnection=direct) as client:
        assert client.admin.command("hello")["setName"] == "rs0"
        assert client.admin.command("replSetGetStatus")["members"][0]["name"] == server.address
    with standin("weak") as server:
        assert refused(server, None, "replSetGetStatus") == 76


@pytest.mark.parametrize("flavour", ["hardened", "community"])
def test_rights_are_asked_for(flavour: str) -> None:
    with standin(flavour) as server:
        assert ask(server, None, "hello")["ok"] == ask(server, None, "buildInfo")["ok"] == 1.0
        assert refused(server, None, "listDatabases") == 13
        assert refused(server, "bare", "getCmdLineOpts") == 13
        assert ask(server, "bare", "listDatabases")["databases"] == []
        assert refused(server, "monitor", "usersInfo", {"forAllDBs": True}) == 13
        assert [one["user"] for one in ask(server, "monitor", "usersInfo", "monitor")["users"]] == ["monitor"]
        assert refused(server, "scanner", "getAuditConfig") == 13
        shown = ask(server, "scanner", "connectionStatus", showPrivileges=True)["authInfo"]
        assert shown["authenticatedUserPrivileges"][1]["actions"] == ["viewRole", "viewUser"]
        if flavour == "hardened":
            assert ask(server, "superuser", "getAuditConfig")["auditAuthorizationSuccess"] is True
        else:
            assert refused(server, "superuser", "getAuditConfig") == 59
        assert refused(server, "scanner", "noSuchCommand") == 59
        assert refused(server, "scanner", "getParameter", 1, nonsense=1) == 72


def test_wrong_passwords_and_unknown_accounts_are_refused() -> None:
    with standin("weak") as server:
        for user, password in (("scanner", "wrong"), ("nobody", "wrong"), ("x=,y", "wrong")):
            with (
                server.client(None, username=user, password=password) as client,
                pytest.raises(errors.OperationFailure) as caught,
            ):
                client.admin.command("ping")
            assert caught.value.code == 18


def test_a_weak_server_asks_for_nothing() -> None:
    with standin("weak") as server:
        assert server.ca is None
        assert len(ask(server, None, "usersInfo", {"forAllDBs": True})["users"]) == 7
        assert "security" not in ask(server, None, "getCmdLineOpts")["parsed"]


@pytest.mark.parametrize(("mode", "plain"), [("requireTLS", False), ("preferTLS", True), ("allowTLS", True)])
def test_tls_is_required_or_offered(mode: str, plain: bool) -> None:
    with standin("hardened", tls=mode) as server:
        assert ask(server, "scanner", "ping")["ok"] == 1.0
        with server.client(None, tls=None, tlsCAFile=None, serverSelectionTimeoutMS=300) as client:
            if plain:
                assert client.admin.command("hello")["ok"] == 1.0
            else:
                with pytest.raises(errors.ServerSelectionTimeoutError):
                    client.admin.command("hello")


# Python leaves a socket open whose peer has gone before TLS begins; the client gives up so soon here.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_certificate_that_ran_out_is_seen() -> None:
    with (
        standin("hardened", days=-1) as server,
        server.client(None, serverSelectionTimeoutMS=300) as client,
        pytest.raises(errors.ServerSelectionTimeoutError, match="expired"),
    ):
        client.admin.command("hello")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("oldest", [ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2])
def test_old_tls_is_taken_only_where_a_test_wants_it(oldest: ssl.TLSVersion) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with standin("hardened", oldest=oldest) as server, socket.create_connection((server.host, server.port)) as raw:
        if oldest == ssl.TLSVersion.TLSv1_1:
            with context.wrap_socket(raw) as link:
                assert link.version() == "TLSv1.1"
        else:
            with pytest.raises(ssl.SSLError, match="version"):
                context.wrap_socket(raw)


def test_answers_of_a_test_come_on_top() -> None:
    answers = {
        "getCmdLineOpts": {"argv": ["mongod"], "parsed": {}},
        "hostInfo": Refusal(11601, "Interrupted", "operation was interrupted"),
        "ping": lambda session, request: {"who": session.user, "database": request.database},
    }
    with standin("community", answers=answers) as server:
        assert ask(server, "scanner", "getCmdLineOpts")["parsed"] == {}
        assert refused(server, "scanner", "hostInfo") == 11601
        assert ask(server, "bare", "ping")["who"] == "bare"


@pytest.mark.parametrize("how", HOW)
def test_misbehaviour_ends_within_the_clients_limits(how: str) -> None:
    with standin("weak") as server:
        server.misbehave("getCmdLineOpts", how)
        with server.client("scanner", socketTimeoutMS=300, retryReads=False) as client:
            assert client.admin.command("ping")["ok"] == 1.0
            started = time.monotonic()
            if how == "empty":
                assert client.admin.command("getCmdLineOpts", check=False) == {}
            else:
                with pytest.raises((errors.PyMongoError, bson.errors.BSONError)):
                    client.admin.command("getCmdLineOpts")
            assert time.monotonic() - started < 3
            assert client.admin.command("ping")["ok"] == 1.0


def test_a_server_that_never_greets_is_given_up() -> None:
    with standin("weak") as server:
        server.misbehave("*", "hang")
        limits = {"serverSelectionTimeoutMS": 400, "connectTimeoutMS": 200}
        with server.client(None, **limits) as client, pytest.raises(errors.ServerSelectionTimeoutError):
            client.admin.command("ping")


def test_nothing_stays_behind() -> None:
    with standin("hardened") as server:
        folder = server.folder
        ask(server, "scanner", "ping")
    assert not folder.exists()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((server.host, server.port), 2)
