"""The transport to MongoDB against a stand-in that speaks its wire protocol."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.model.errors import (
    AuthenticationError,
    CollectionError,
    ConfigurationError,
    DeadlineError,
    HostKeyError,
    UnreachableError,
)
from scanner.model.inventory import Endpoint
from scanner.transport.mongo import open_mongo
from scanner.transport.mongo_commands import READING, Command, MongoAnswer
from scanner.transport.mongo_values import Plainer
from scanner.transport.shell import Limits
from scanner.transport.table import open_client
from tests.databases.certificates import Authority
from tests.databases.mongodb import StandIn, standin
from tests.databases.mongodb_verdicts import client
from tests.support.sshd import free_port

BUILD = Command("build", {"buildInfo": 1})
OPTIONS = Command("options", {"getCmdLineOpts": 1})
USERS = Command("users", {"usersInfo": {"forAllDBs": True}})
QUICK = Limits(connect=2, auth=2, run=2)


@pytest.fixture(scope="module")
def hardened() -> Iterator[StandIn]:
    with standin("hardened") as server:
        yield server


@pytest.fixture
def weak() -> Iterator[StandIn]:
    with standin("weak") as server:
        yield server


def ask(server: StandIn, account: str = "scanner", *commands: Command, limits: Limits = QUICK) -> MongoAnswer:
    asked = client(server, account)
    try:
        return asked.ask(commands or (BUILD, OPTIONS, USERS), limits)
    finally:
        asked.close()


def told(server: StandIn) -> list[str]:
    """Give the commands that came, without the driver's own."""
    own = {"hello", "isMaster", "ismaster", "saslStart", "saslContinue", "endSessions"}
    return [name for _, _, document in server.commands if (name := next(iter(document))) not in own]


def test_everything_over_one_login(hardened: StandIn) -> None:
    hardened.commands.clear()
    before = hardened.connections
    answer = ask(hardened)
    assert told(hardened) == ["buildInfo", "getCmdLineOpts", "usersInfo"]
    assert sum(next(iter(each)) == "saslStart" for _, _, each in hardened.commands) == 1
    assert hardened.connections - before == 2, "the one that asks, and the driver's own that only says hello"
    assert answer.replies["build"].document["version"] == "8.0.20"
    assert answer.replies["hello"].document["localTime"] == "2026-11-01T12:00:00Z"
    assert answer.identity.user == "scanner"
    assert answer.encrypted


def test_a_denied_command_leaves_the_others_alone(hardened: StandIn) -> None:
    answer = ask(hardened, "bare")
    assert answer.replies["build"].failure is None
    for name in ("options", "users"):
        failure = answer.replies[name].failure
        assert failure is not None
        assert (failure.code, failure.denied) == ("13", True)


def test_without_a_user_nobody_logs_in(hardened: StandIn) -> None:
    hardened.commands.clear()
    answer = ask(hardened, "")
    assert answer.identity.user == ""
    assert answer.replies["build"].failure is None
    assert answer.replies["options"].failure is not None
    assert "saslStart" not in {next(iter(each)) for _, _, each in hardened.commands}


def test_a_command_that_is_not_there_is_not_denied(hardened: StandIn) -> None:
    with standin("community") as server:
        failure = ask(server, "superuser", Command("audit", {"getAuditConfig": 1})).replies["audit"].failure
    assert failure is not None
    assert (failure.code, failure.denied) == ("59", False)


@pytest.mark.parametrize("account", ["scanner", "nobody"])
def test_wrong_passwords_are_refused_and_not_told(hardened: StandIn, account: str) -> None:
    endpoint = Endpoint(
        "mongo", hardened.host, hardened.port, account, password="r", options=(("ca_file", str(hardened.ca)),)
    )
    with pytest.raises(AuthenticationError, match="check user, password and auth_source") as caught:
        open_mongo(endpoint, lambda _: "s3cret/:@", QUICK).ask([BUILD], QUICK)
    assert "s3cret" not in str(caught.value)


def test_odd_characters_of_a_password_need_no_care(hardened: StandIn) -> None:
    passwords = dict(hardened.passwords)
    try:
        hardened.passwords["scanner"] = "a,b=c d@e/f:%ü"  # type: ignore[index]
        assert ask(hardened).replies["options"].failure is None
    finally:
        hardened.passwords["scanner"] = passwords["scanner"]  # type: ignore[index]


@pytest.mark.parametrize(
    "document",
    [
        {"dropDatabase": 1},
        {"shutdown": 1},
        {"setParameter": 1, "quiet": False},
        {"eval": "1"},
        {"aggregate": "system.roles", "pipeline": []},
        {"usersInfo": 1, "showCredentials": True},
        {"find": "system.users"},
        {"find": "system.roles", "comment": "x"},
        {"hello": 1, "drop": "x"},
        {"getLog": "global", "x": 1},
        {"setAuditConfig": 1},
    ],
)
def test_what_may_change_something_is_never_sent(weak: StandIn, document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"only|not sent"):
        ask(weak, "scanner", BUILD, Command("bad", document))  # type: ignore[arg-type]
    assert weak.commands == []


def test_the_allowed_commands_only_read() -> None:
    assert set(READING) == {
        "hello", "buildInfo", "connectionStatus", "getCmdLineOpts", "getParameter", "getLog", "getAuditConfig",
        "replSetGetConfig", "replSetGetStatus", "usersInfo", "find",
    }  # fmt: skip
    assert Command("roles", {"find": "system.roles"}, "sky").forbidden


def test_roles_are_found_in_one_collection(hardened: StandIn) -> None:
    reply = ask(hardened, "scanner", Command("roles", {"find": "system.roles", "limit": 10})).replies["roles"]
    cursor = reply.document["cursor"]
    assert isinstance(cursor, dict)
    assert cursor["id"] == 0


@pytest.mark.parametrize("how", ["hang", "cut", "broken", "short"])
def test_a_server_that_misbehaves_costs_its_own_reply(weak: StandIn, how: str) -> None:
    weak.misbehave("getCmdLineOpts", how)
    start = time.monotonic()
    answer = ask(weak)
    assert time.monotonic() - start < QUICK.run + 3
    assert answer.replies["build"].failure is None
    failure = answer.replies["options"].failure
    assert failure is not None
    assert not failure.denied
    assert failure.text
    if how == "broken":
        assert answer.replies["users"].failure is None


@pytest.mark.parametrize("how", ["hang", "cut", "broken", "short", "empty"])
def test_a_greeting_that_is_none_ends_the_visit(weak: StandIn, how: str) -> None:
    weak.misbehave("*", how)
    start = time.monotonic()
    with pytest.raises(CollectionError) as caught:
        ask(weak)
    assert time.monotonic() - start < 6
    assert str(weak.port) in str(caught.value)


def test_an_answer_of_any_size_is_bounded() -> None:
    many = {"rows": [{"n": n, "text": "x" * 100} for n in range(40_000)]}
    with standin("weak", answers={"getCmdLineOpts": many}) as server:
        small = Limits(connect=5, auth=5, run=20, max_bytes=500_000)
        answer = ask(server, "scanner", OPTIONS, BUILD, limits=small)
    assert "size" in answer.replies["options"].cut
    assert answer.replies["build"].cut, "the budget is spent"


def test_depth_is_bounded() -> None:
    deep: dict[str, object] = {}
    for _ in range(60):
        deep = {"x": deep}
    plainer = Plainer(10_000)
    plainer.document(deep)
    assert "levels" in plainer.cut


def test_a_server_that_announces_giant_messages_is_left() -> None:
    from tests.databases.mongodb_commands import Request, Session

    def giant(_session: Session, request: Request) -> dict[str, object]:
        found: dict[str, object] = {"helloOk": True, "ismaster": True, "isWritablePrimary": True, "maxWireVersion": 21}
        found |= {"minWireVersion": 0, "maxMessageSizeBytes": 2**31 - 1, "maxBsonObjectSize": 16777216}
        return found

    with (
        standin("weak", answers=dict.fromkeys(("hello", "ismaster", "isMaster"), giant)) as server,
        pytest.raises(CollectionError, match="announces messages of 2147483647 bytes"),
    ):
        ask(server, "")


def test_close_from_another_thread_ends_the_wait(weak: StandIn) -> None:
    weak.misbehave("getCmdLineOpts", "hang")
    asked = client(weak)
    timer = threading.Timer(0.5, asked.close)
    timer.start()
    start = time.monotonic()
    answer = asked.ask([BUILD, OPTIONS], Limits(connect=5, auth=5, run=8))
    assert time.monotonic() - start < 3
    failure = answer.replies["options"].failure
    assert failure is not None
    assert "broken off" in failure.text
    asked.close()


def test_nobody_listens() -> None:
    endpoint = Endpoint("mongo", "127.0.0.1", free_port())
    start = time.monotonic()
    with pytest.raises(UnreachableError, match="refused"):
        open_mongo(endpoint, str, QUICK).ask([BUILD], QUICK)
    assert time.monotonic() - start < 2, "the driver would go on trying"


def test_somebody_listens_and_says_nothing() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = Endpoint("mongo", "127.0.0.1", silent.getsockname()[1])
        with pytest.raises((UnreachableError, DeadlineError)):
            open_mongo(endpoint, str, QUICK).ask([BUILD], QUICK)


def test_certificates_are_verified(hardened: StandIn, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other").certificate
    with pytest.raises(HostKeyError, match="give ca_file"):
        client(hardened, ca_file=str(other)).ask([BUILD], QUICK)
    assert client(hardened, ca_file=str(other), sslmode="require").ask([BUILD], QUICK).encrypted


def test_names_are_verified(tmp_path: Path) -> None:
    with standin("hardened") as server:
        pair = Authority(tmp_path).issue("elsewhere", addresses=("192.0.2.7",))
        server.context.load_cert_chain(pair.certificate, pair.key)
        with pytest.raises(HostKeyError):
            client(server, ca_file=str(tmp_path / "ca.crt")).ask([BUILD], QUICK)
        assert client(server, ca_file=str(tmp_path / "ca.crt"), sslmode="verify-ca").ask([BUILD], QUICK).encrypted


def test_tls_that_is_missing_on_one_side_says_what_to_do(weak: StandIn, hardened: StandIn) -> None:
    with pytest.raises(HostKeyError, match="sslmode: disable"):
        client(weak, sslmode="require").ask([BUILD], QUICK)
    endpoint = Endpoint("mongo", hardened.host, hardened.port)
    with pytest.raises(UnreachableError, match="may demand TLS"):
        open_mongo(endpoint, str, QUICK).ask([BUILD], QUICK)


def test_the_network_is_encrypted_unless_the_inventory_says_otherwise() -> None:
    def settings(address: str, **options: str) -> dict[str, object]:
        return dict(open_mongo(Endpoint("mongo", address, options=tuple(options.items())), str, QUICK).settings)

    assert settings("db.example.org")["tls"] is True
    assert "tlsAllowInvalidCertificates" not in settings("db.example.org")
    assert settings("db.example.org", sslmode="disable")["tls"] is False
    assert settings("localhost")["tls"] is False
    assert settings("localhost", ca_file="/x.pem")["tls"] is True
    assert settings("::1")["host"] == "[::1]"
    assert settings("/tmp/mongodb-27017.sock")["host"] == "/tmp/mongodb-27017.sock"
    with pytest.raises(ConfigurationError, match="prefer"):
        settings("db.example.org", sslmode="prefer")


def test_who_logs_in_and_how() -> None:
    def settings(user: str, **options: str) -> dict[str, object]:
        endpoint = Endpoint("mongo", "db", user=user, options=tuple(options.items()))
        return dict(open_mongo(endpoint, str, QUICK).settings)

    assert settings("ada")["authSource"] == "admin"
    assert settings("ada", auth_source="sky")["authSource"] == "sky"
    assert "username" not in settings("")
    by_certificate = settings("", auth_source="$external", client_cert="/c.pem")
    assert by_certificate["authMechanism"] == "MONGODB-X509"
    assert by_certificate["tlsCertificateKeyFile"] == "/c.pem"


def test_the_table_opens_it() -> None:
    opened = open_client("mongodb", Endpoint("mongo", "db"), str, QUICK)
    assert type(opened).__module__ == "scanner.transport.mongo"
    opened.close()


def test_probes_of_a_hardened_server(hardened: StandIn) -> None:
    asked = client(hardened)
    outcomes = {kind: asked.probe(kind, QUICK) for kind in ("plaintext", "unauthenticated", "old-tls", "certificate")}
    assert outcomes["plaintext"].outcome == "refused"
    assert outcomes["unauthenticated"].outcome == "refused"
    assert outcomes["old-tls"].outcome == "refused"
    handshake = outcomes["certificate"].handshake
    assert handshake is not None
    assert handshake.trusted
    assert handshake.name_matches
    assert asked.probe("nonsense", QUICK).outcome == ""


def test_probes_of_a_weak_server(weak: StandIn) -> None:
    asked = client(weak, "")
    assert asked.probe("plaintext", QUICK).outcome == "accepted"
    assert asked.probe("unauthenticated", QUICK).outcome == "accepted"


@pytest.mark.parametrize("how", ["hang", "cut", "broken", "short"])
def test_a_probe_that_tells_nothing_decides_nothing(weak: StandIn, how: str) -> None:
    weak.misbehave("listDatabases", how)
    assert client(weak, "").probe("unauthenticated", QUICK).outcome == ""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_noticed() -> None:
    with standin("hardened", oldest=ssl.TLSVersion.TLSv1_1) as server:
        assert client(server).probe("old-tls", QUICK).outcome == "accepted"


def test_a_probe_of_a_closed_port_decides_nothing() -> None:
    asked = open_mongo(Endpoint("mongo", "127.0.0.1", free_port()), str, QUICK)
    for kind in ("plaintext", "unauthenticated", "old-tls", "certificate"):
        assert asked.probe(kind, QUICK).outcome == ""


def test_kinds_of_bson_become_plain() -> None:
    import datetime as dt

    import bson

    found = Plainer(10_000).document(
        {
            "time": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
            "stamp": bson.Timestamp(1, 1),
            "id": bson.ObjectId("0" * 24),
            "long": bson.Int64(2**40),
            "bytes": b"\x00\x01",
            "far": bson.DatetimeMS(2**60),
            "surrogate": "a\ud800",
            "number": 1.5,
            "none": None,
        }
    )
    assert found["time"] == "2026-01-02T03:04:05Z"
    assert found["stamp"] == "1970-01-01T00:00:01Z"
    assert (found["id"], found["long"], found["bytes"]) == ("0" * 24, 2**40, "2 bytes")
    assert "beyond the calendar" in str(found["far"])
    assert found["surrogate"] == "a?"
    assert (found["number"], found["none"]) == (1.5, None)
