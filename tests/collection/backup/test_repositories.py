"""restic, BorgBackup and rclone: what their listings say, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.collection.backup import names
from scanner.collection.linux.probe import Output
from scanner.collection.linux.script import assemble
from scanner.collection.table import platform_module
from scanner.model.evidence import ABSENT, Gap
from scanner.model.outcome import Outcome
from tests.collection.backup.tools import SETTINGS, as_json, ask, gap, recorded, rows

CONFIG = Output(recorded("restic/cat_config.json"))
SNAPSHOT = {
    "time": "2026-11-20T03:00:00.123456789+01:00",
    "paths": ["/b", "/a"],
    "hostname": "db01",
    "id": "ab" * 32,
}


def restic(snapshots: bytes = recorded("restic/snapshots_v0.14.0.json"), **outputs: Any) -> Any:
    return ask(
        "restic",
        {
            "restic.version": Output(b"restic 0.14.0 compiled with go1.19.8 on linux/amd64\n"),
            "restic.config": CONFIG,
            "restic.snapshots": Output(snapshots),
            **{f"restic.{name}": output for name, output in outputs.items()},
        },
    )


def points(answer: Any) -> list[dict[str, Any]]:
    return rows(answer, "backup.restore_point")


def test_restic_snapshots() -> None:
    answer = restic()
    first = points(answer)[0]
    assert (first["object"], first["asset_keys"]) == ("db01:/srv/restic/src", ["restic:db01:/srv/restic/src"])
    assert (first["data_time"], first["status"], first["encryption"]) == ("2026-08-31T02:00:00Z", "ok", "encrypted")
    assert (gap(answer, "backup.restore_point"), len(points(answer))) == (None, 9)
    assert rows(answer, "backup.server")[0]["version"] == "0.14.0"


def test_restic_times_have_nanoseconds_and_the_clients_offset() -> None:
    [row] = points(restic(as_json([SNAPSHOT])))
    assert (row["data_time"], row["object"]) == ("2026-11-20T02:00:00Z", "db01:/a,/b")


def test_restic_times_are_never_later_than_their_files() -> None:
    """The client sets the time of a snapshot (`--time`); in a folder of the host the file tells when it came."""
    [row] = points(restic(as_json([SNAPSHOT]), files=Output(f"1795130000.5 {'ab' * 32}\n".encode())))
    assert (row["data_time"], row["completed_at"]) == ("2026-11-19T23:13:20Z", "2026-11-19T23:13:20Z")


def test_restic_summaries_of_newer_versions() -> None:
    summary = {"backup_end": "2026-11-20T03:20:00+01:00", "total_bytes_processed": 77}
    [row] = points(restic(as_json([{**SNAPSHOT, "summary": summary}])))
    assert (row["completed_at"], row["size"]) == ("2026-11-20T02:20:00Z", 77)


@pytest.mark.parametrize("empty", [b"[]", b"null"])
def test_an_empty_repository_of_restic_is_really_empty(empty: bytes) -> None:
    answer = restic(empty)
    assert (points(answer), gap(answer, "backup.restore_point")) == ([], None)


@pytest.mark.parametrize(
    ("status", "said", "kind", "needs"),
    [
        (1, "Fatal: wrong password or no key found", Outcome.UNKNOWN, "the passphrase of the repository"),
        (12, "Fatal: key", Outcome.UNKNOWN, "the passphrase of the repository"),
        (11, "repo already locked", Outcome.UNKNOWN, "a repository that nothing has locked"),
        (
            1,
            "open /srv/restic/keys: permission denied",
            Outcome.UNKNOWN,
            "read access to the repository and to its secret_file",
        ),
        (1, "Resolving password failed: Fatal: /etc/restic.pw does not exist", Outcome.ERROR, None),
        (1, "dial tcp: connection refused", Outcome.ERROR, None),
        (127, "", Outcome.ERROR, None),
        (124, "", Outcome.ERROR, None),
    ],
)
def test_what_restic_refuses_is_never_an_empty_list(status: int, said: str, kind: Outcome, needs: str | None) -> None:
    answer = restic(config=Output(status=status, stderr=said))
    found = gap(answer, "backup.restore_point")
    assert (found.kind, found.needs) == (kind, needs)
    assert isinstance(rows(answer, "backup.location")[0]["usable"], Gap)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (10, ""),
        (
            1,
            "Fatal: unable to open config file: stat /srv/restic/config: no such file or directory\nIs there a repository at the following location?",
        ),
    ],
)
def test_a_repository_of_restic_that_is_gone_is_not_usable(status: int, said: str) -> None:
    answer = restic(config=Output(status=status, stderr=said))
    assert rows(answer, "backup.location")[0]["usable"] is False
    assert gap(answer, "backup.restore_point") is None


def test_secrets_are_paths_and_never_words_of_a_command() -> None:
    for platform in ("restic", "borg"):
        script = assemble(platform_module(platform).probes(SETTINGS[platform])).text.decode()
        assert f"/etc/{platform}.pw" in script
    assert "cat /etc/borg.pw" in assemble(platform_module("borg").probes(SETTINGS["borg"])).text.decode()


def test_a_password_in_a_url_is_not_shown() -> None:
    settings = {"repository": "rest:http://me:sesame@backup:8000/", "secret_file": "/etc/restic.pw"}
    outputs = {"restic.config": CONFIG, "restic.snapshots": Output(b"[]")}
    [row] = rows(ask("restic", outputs, settings), "backup.location")
    assert (row["location"], row["transport"]) == ("rest:http://backup:8000/", "plain")


def test_a_target_without_its_settings_is_an_error() -> None:
    from scanner.model.evidence import Query
    from scanner.transport.shell import Limits
    from scanner.transport.tool import Tool
    from tests.collection.backup.tools import Answering

    for platform in SETTINGS:
        module = platform_module(platform)
        answer = module.collect([Query.of("backup.server")], Tool(Answering({}, []), {}), Limits())
        assert "add" in answer.evidence[0].gap.reason
        assert answer.started is False


def borg(archives: bytes = recorded("borg/list_v1.2.4.json"), status: int = 0, said: str = "") -> Any:
    return ask(
        "borg",
        {"borg.version": Output(b"borg 1.2.4\n"), "borg.archives": Output(archives, said, status)},
    )


def listing(*names: str, mode: str = "repokey-blake2", **more: str) -> bytes:
    archives = [{"name": name, "start": "2026-11-20T02:00:00.000000", **more} for name in names]
    return as_json({"archives": archives, "encryption": {"mode": mode}, "repository": {}})


def test_borg_archives_are_in_utc() -> None:
    answer = borg()
    first = points(answer)[0]
    assert (first["data_time"], first["asset_keys"]) == ("2026-09-30T02:00:00Z", ["borg:repo/fs01"])
    assert gap(answer, "backup.restore_point") is None
    [row] = points(borg(listing("etc", hostname="fs01", end="2026-11-20T02:10:00.000000")))
    assert (row["object"], row["completed_at"], row["asset_keys"]) == (
        "fs01:etc",
        "2026-11-20T02:10:00Z",
        ["borg:repo/etc"],
    )


def test_borg_checkpoints_are_partial() -> None:
    answer = borg(listing("fs01-2026-11-20", "fs01-2026-11-21.checkpoint", "fs01-2026-11-21.checkpoint.1"))
    assert [row["status"] for row in points(answer)] == ["ok", "partial", "partial"]
    assert {row["object"] for row in points(answer)} == {"fs01"}


@pytest.mark.parametrize(
    ("mode", "point", "place"),
    [("none", "plain", "plain"), ("authenticated", "signed", "plain"), ("keyfile", "encrypted", "encrypted")],
)
def test_borg_encryption(mode: str, point: str, place: str) -> None:
    answer = borg(listing("a", mode=mode))
    assert points(answer)[0]["encryption"] == point
    assert rows(answer, "backup.location")[0]["encryption"] == place


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (2, "passphrase supplied in BORG_PASSPHRASE is incorrect.", Outcome.UNKNOWN),
        (2, "No key file for repository /srv/borg found in /root/.config/borg/keys.", Outcome.UNKNOWN),
        (126, "/srv/borg/repo: Permission denied", Outcome.UNKNOWN),
        (2, "cat: /etc/borg.pw: No such file or directory", Outcome.ERROR),
        (2, "Connection closed by remote host.", Outcome.ERROR),
        (127, "sh: borg: not found", Outcome.ERROR),
    ],
)
def test_what_borg_refuses_is_never_an_empty_list(status: int, said: str, kind: Outcome) -> None:
    assert gap(borg(b"", status, said), "backup.restore_point").kind is kind


def test_a_repository_of_borg_that_is_gone_is_not_usable() -> None:
    answer = borg(b"", 2, "Repository /srv/borg/repo does not exist.")
    assert rows(answer, "backup.location")[0]["usable"] is False


def test_borg_with_a_warning_is_listed() -> None:
    assert len(points(borg(listing("a"), 1, "a warning"))) == 1


def rclone(files: Any, settings: dict[str, str] | None = None, remotes: bytes = b"", **more: Any) -> Any:
    body = as_json(files) if not isinstance(files, bytes) else files
    given = {"rclone.version": Output(b"rclone v1.60.1-DEV\n"), "rclone.remotes": Output(remotes)}
    return ask(
        "rclone", {**given, "rclone.files": Output(body, **more)}, {"remote": "offsite:archive", **(settings or {})}
    )


def file(path: str, **more: Any) -> dict[str, Any]:
    return {"Path": path, "Size": 5, "ModTime": "2026-11-20T03:00:00.123456789Z", "IsDir": False, **more}


PATTERN = r"(?P<object>[a-z0-9]+)/(?P<time>[0-9T-]+)\.dump(\.gpg)?"


def test_rclone_names_become_restore_points() -> None:
    files = [file("db1/2026-11-20T0200.dump.gpg", Tier="GLACIER"), file("db1/readme.txt")]
    answer = rclone(files, {"pattern": PATTERN})
    [row] = points(answer)
    assert (row["object"], row["asset_keys"], row["data_time"]) == ("db1", ["rclone:db1"], "2026-11-20T02:00:00Z")
    assert (row["completed_at"], row["encryption"], row["storage_class"]) == (
        "2026-11-20T03:00:00Z",
        "encrypted",
        "GLACIER",
    )
    assert rows(answer, "backup.location")[0]["storage_class"] == "GLACIER"


def test_a_time_in_a_name_is_never_later_than_its_file() -> None:
    [row] = points(rclone([file("db1/2026-11-20T0400.dump")], {"pattern": PATTERN}))
    assert row["data_time"] == "2026-11-20T03:00:00Z"


def test_files_that_are_empty_or_unfinished_are_no_points_to_return_to() -> None:
    files = [file("a", Size=0), file("b.partial"), file("c", Size=-1)]
    answer = rclone(files, {"covers": "db1"})
    assert [row["status"] for row in points(answer)] == ["failed", "partial", "ok"]
    assert (points(answer)[2]["size"], points(answer)[2]["object"]) == (ABSENT, "db1")


def test_a_pattern_that_fits_nothing_is_an_error() -> None:
    assert gap(rclone([file("x")], {"pattern": PATTERN}), "backup.restore_point").kind is Outcome.ERROR
    assert gap(rclone([], {"pattern": PATTERN}), "backup.restore_point") is None
    assert "RE2" in gap(rclone([file("x")], {"pattern": "("}), "backup.restore_point").reason


def test_a_remote_that_encrypts() -> None:
    answer = rclone([file("x")], remotes=b"offsite: crypt\nother: s3\n")
    assert rows(answer, "backup.location")[0]["encryption"] == "encrypted"
    assert rows(rclone([file("x")]), "backup.location")[0]["encryption"].kind is Outcome.UNKNOWN


def test_what_rclone_refuses_is_never_an_empty_list() -> None:
    denied = rclone(b"", status=1, stderr="Failed to lsjson: AccessDenied: Access Denied status code: 403")
    assert gap(denied, "backup.restore_point").kind is Outcome.UNKNOWN
    assert rows(rclone(b"", status=3, stderr="directory not found"), "backup.location")[0]["usable"] is False
    assert gap(rclone(b"", status=1, stderr="didn't find section"), "backup.restore_point").kind is Outcome.ERROR
    assert gap(rclone(b"[{}]"), "backup.restore_point").kind is Outcome.ERROR


def test_a_recorded_listing() -> None:
    answer = rclone(recorded("rclone/lsjson_v1.60.json"), {"covers": "x"})
    assert len(points(answer)) == len(json.loads(recorded("rclone/lsjson_v1.60.json")))


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("2026-11-20", "2026-11-20T00:00:00Z"),
        ("20261120T020304Z", "2026-11-20T02:03:04Z"),
        ("2026-11-20_02-03-04", "2026-11-20T02:03:04Z"),
        ("20261120-0203", "2026-11-20T02:03:00Z"),
        ("2026-11-20T02:03:04+01:00", "2026-11-20T01:03:04Z"),
        ("2026112002", "2026-11-20T02:00:00Z"),
        ("1795140000", "2026-11-20T02:00:00Z"),
        ("20261340", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_in_names(name: str, time: str | None) -> None:
    assert names.time(name) == time
