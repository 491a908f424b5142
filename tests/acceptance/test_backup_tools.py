"""Real backup tools, broken on purpose: our rows are right where the tools' own status stays green.

What a listing cannot show is stated here as well: flipped bytes in stored data, a corrupt pack or segment, and files
that a backup could not read. The age of the last verification and a restore drill catch those.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.collection.answer import Answer
from scanner.model.evidence import ABSENT, Gap
from scanner.model.outcome import Outcome
from tests.acceptance.backup_lab import Lab, archived_cluster, gap, need, rows, verdicts
from tests.databases.places import folder
from tests.databases.postgres import Cluster
from tests.support.sshd import until

pytestmark = pytest.mark.acceptance

FACTS = ("backup.restore_point", "backup.log_archive")


@contextlib.contextmanager
def without(path: Path) -> Iterator[None]:
    """Take a file or folder away inside the block."""
    with folder("aside") as aside:
        shutil.move(path, aside / path.name)
        try:
            yield
        finally:
            shutil.move(aside / path.name, path)


@contextlib.contextmanager
def closed(path: Path) -> Iterator[None]:
    """Give a folder to root alone inside the block."""
    was = path.stat()
    os.chown(path, 0, 0)
    path.chmod(0o700)
    try:
        yield
    finally:
        os.chown(path, was.st_uid, was.st_gid)
        path.chmod(was.st_mode & 0o7777)


def flip(path: Path) -> None:
    """Change eight bytes in the middle of a file."""
    with path.open("r+b") as opened:
        opened.seek(path.stat().st_size // 2)
        old = opened.read(8)
        opened.seek(-len(old), 1)
        opened.write(bytes(byte ^ 0xFF for byte in old))


class Estate:
    """A cluster whose log goes to pgBackRest and to Barman."""

    def __init__(self, server: Cluster) -> None:
        self.server = server
        self.folder = server.place.folder
        self.lab = Lab(self.folder, server.owner)
        server.place.make("barman", "barmanlog", "copies")
        self.rest = self._write(
            "pgbackrest.conf",
            f"""
            [global]
            repo1-path={self.folder}/copies/repo1
            repo1-cipher-type=aes-256-cbc
            repo1-cipher-pass=sesame
            repo1-retention-full=9
            repo2-path={self.folder}/copies/repo2
            repo2-retention-full=9
            log-level-file=off
            log-level-console=off
            lock-path={self.folder}/lock
            spool-path={self.folder}/spool
            start-fast=y
            compress-type=gz
            compress-level=1
            [main]
            pg1-path={server.data}
            pg1-port={server.port}
            pg1-socket-path={server.sockets}
            """,
        )
        where = f"host={server.sockets} port={server.port} user=postgres"
        self.barman = self._write(
            "barman.conf",
            f"""
            [barman]
            barman_user={server.owner}
            barman_home={self.folder}/barman
            log_file={self.folder}/barmanlog/barman.log
            [main]
            description=lab
            conninfo={where} dbname=postgres
            streaming_conninfo={where}
            backup_method=postgres
            immediate_checkpoint=true
            archiver=on
            """,
        )
        self.lab.mounts |= {"/etc/pgbackrest.conf": str(self.rest), "/etc/barman.conf": str(self.barman)}
        self.archive_command = (
            f"pgbackrest --config={self.rest} --stanza=main archive-push %p"
            f" && {{ test ! -d {self.folder}/barman/main/incoming || cp %p {self.folder}/barman/main/incoming/%f; }}"
        )

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text("".join(f"{line.strip()}\n" for line in text.strip().splitlines()))
        self.server.place.give(path)
        return path

    def pgbackrest(self, *words: str, status: int = 0) -> str:
        return self.lab.run("pgbackrest", "--stanza=main", *words, status=status)

    def backup(self, kind: str = "full", repo: int = 1) -> str:
        """Take a backup; gives its label."""
        self.pgbackrest(f"--type={kind}", f"--repo={repo}", "--no-archive-check", "backup")
        self.archived()
        return self.info()["backup"][-1]["label"]

    def info(self) -> dict[str, Any]:
        """Give what pgBackRest itself says of the stanza."""
        return json.loads(self.lab.run("pgbackrest", "info", "--output=json"))[0]

    def fill(self) -> str:
        """Write something and close the segment; gives its name."""
        [[name]] = self.server.sql(
            "CREATE TABLE IF NOT EXISTS filled (n int); INSERT INTO filled SELECT generate_series(1, 3000); "
            "SELECT pg_walfile_name(pg_switch_wal())"
        )
        return str(name)

    def archived(self, name: str = "") -> None:
        """Close a segment, and wait until it has been archived."""
        wanted = name or self.fill()
        until(
            lambda: (
                self.server.sql("SELECT coalesce(max(last_archived_wal), '') FROM pg_stat_archiver")[0][0][:24]
                >= wanted
            ),
            20,
            f"the archiving of {wanted}",
        )

    def segment(self, name: str, repo: int = 1) -> Path:
        """Give the file of a segment in a repository of pgBackRest."""
        return next((self.folder / f"copies/repo{repo}/archive/main").glob(f"*/{name[:16]}/{name}-*"))

    def ask(self, **more: str) -> Answer:
        return self.lab.ask("pgbackrest", **more)  # type: ignore[arg-type]


def statuses(answer: Answer, location: str = "repo1") -> dict[object, object]:
    """Give point > status of the base backups in a repository."""
    points = rows(answer, "backup.restore_point")
    return {each["point"]: each["status"] for each in points if each["location"] == location and each["kind"] != "pitr"}


def archive(answer: Answer, location: str = "repo1") -> dict[str, object]:
    return next(row for row in rows(answer, "backup.log_archive") if row["location"] == location)


def end(answer: Answer, location: str = "repo1") -> dict[str, object] | None:
    """Give the point at the end of the archive."""
    points = rows(answer, "backup.restore_point")
    return next((each for each in points if each["location"] == location and each["kind"] == "pitr"), None)


@pytest.fixture(scope="module")
def estate() -> Iterator[Estate]:
    need("pgbackrest", "barman", "restic", "borg", "rclone", "unshare", "setpriv")
    with archived_cluster() as server:
        made = Estate(server)
        made.pgbackrest("stanza-create")
        server.set(archive_command=made.archive_command)
        made.backup()
        yield made


@pytest.fixture(scope="module")
def backups(estate: Estate) -> tuple[str, str, str]:
    """Take more backups: gives the labels of a full one, an incremental one, and one in the second repository."""
    first = estate.info()["backup"][0]["label"]
    between = estate.fill()
    estate.archived(between)
    return first, estate.backup("incr"), estate.backup(repo=2)


def test_a_whole_archive(estate: Estate, backups: tuple[str, str, str]) -> None:
    answer = estate.ask()
    full, incremental, other = backups
    assert statuses(answer) == {full: "ok", incremental: "ok"}
    assert statuses(answer, "repo2") == {other: "ok"}
    assert [gap(answer, fact) for fact in (*FACTS, "backup.location")] == [None] * 3
    assert {row["location"]: row["encryption"] for row in rows(answer, "backup.location")} == {
        "repo1": "encrypted",
        "repo2": "plain",
    }
    told = archive(answer)
    assert (told["missing"], told["segment_size"], told["last"]) == (0, 2**20, told["newest"])
    [[identifier]] = estate.server.sql("SELECT system_identifier::text FROM pg_control_system()")
    point = end(answer)
    assert point is not None
    assert point["asset_keys"] == ["pgbackrest:main", f"postgres:{identifier}"]
    assert 0 <= age(answer, point["data_time"]) < 60
    assert rows(answer, "backup.server")[0]["blind"] == []
    assert verdicts(answer, "pgbackrest") == {
        "contiguous": "pass",
        "whole": "pass",
        "usable": "pass",
        "encrypted": "fail",
    }


def age(answer: Answer, told: object) -> float:
    shape = "%Y-%m-%dT%H:%M:%SZ"
    return time.mktime(time.strptime(answer.now, shape)) - time.mktime(time.strptime(str(told), shape))


def test_a_segment_lost_between_backups(estate: Estate, backups: tuple[str, str, str]) -> None:
    full, incremental, _ = backups
    span = {each["label"]: each["archive"] for each in estate.info()["backup"]}
    lost = f"{int(span[full]['stop'], 16) + 1:024X}"
    assert lost < span[incremental]["start"]
    with without(estate.segment(lost)):
        assert estate.info()["status"]["code"] == 0
        answer = estate.ask()
    told = archive(answer)
    assert (told["missing"], told["gaps"], told["broken_backups"]) == (1, [f"{lost}..{lost}"], [])
    assert verdicts(answer, "pgbackrest") == {
        "contiguous": "fail",
        "whole": "pass",
        "usable": "pass",
        "encrypted": "fail",
    }
    assert statuses(answer) == {full: "ok", incremental: "ok"}
    point = end(answer)
    assert point is not None
    assert point["base"] == incremental
    assert archive(answer, "repo2")["missing"] == 0


def test_a_segment_lost_inside_a_backup(estate: Estate, backups: tuple[str, str, str]) -> None:
    *_, other = backups
    span = next(each["archive"] for each in estate.info()["backup"] if each["label"] == other)
    with without(estate.segment(span["stop"], 2)):
        assert estate.info()["status"]["code"] == 0
        answer = estate.ask()
    assert statuses(answer, "repo2") == {other: "failed"}
    told = archive(answer, "repo2")
    assert (told["broken_backups"], told["last"], end(answer, "repo2")) == ([other], ABSENT, None)
    assert verdicts(answer, "pgbackrest") == {
        "contiguous": "fail",
        "whole": "fail",
        "usable": "pass",
        "encrypted": "fail",
    }


def test_the_folder_of_a_full_backup_is_removed(estate: Estate, backups: tuple[str, str, str]) -> None:
    full, incremental, _ = backups
    with without(estate.folder / f"copies/repo1/backup/main/{full}"):
        assert estate.info()["status"]["code"] == 0
        answer = estate.ask()
    assert statuses(answer) == {full: "failed", incremental: "failed"}
    assert end(answer) is None
    assert verdicts(answer, "pgbackrest") == {
        "contiguous": "fail",
        "whole": "fail",
        "usable": "pass",
        "encrypted": "fail",
    }


def test_a_listing_does_not_show_flipped_bytes(estate: Estate, backups: tuple[str, str, str]) -> None:
    """A limit, stated: only `pgbackrest verify` reads the data, and only a drill restores them."""
    files = (estate.folder / f"copies/repo2/backup/main/{backups[2]}/pg_data/base").rglob("*.gz")
    largest = max(files, key=lambda path: path.stat().st_size)
    flip(largest)
    assert statuses(estate.ask(), "repo2") == {backups[2]: "ok"}
    flip(largest)


def test_what_may_not_be_read(estate: Estate, backups: tuple[str, str, str]) -> None:
    with closed(estate.folder / "copies/repo1"):
        answer = estate.ask()
    for fact in FACTS:
        found = gap(answer, fact)
        assert isinstance(found, Gap)
        assert (found.kind, "owns the repository" in str(found.needs)) == (Outcome.UNKNOWN, True)
    assert statuses(answer, "repo2") == {backups[2]: "ok"}
    stranger = estate.lab.ask("pgbackrest", user="nobody")
    assert all(isinstance(gap(stranger, fact), Gap) for fact in FACTS)
    assert rows(stranger, "backup.restore_point") == []
    assert verdicts(stranger, "pgbackrest") == {
        "contiguous": "unknown",
        "whole": "unknown",
        "usable": "unknown",
        "encrypted": "fail",
    }


def test_a_wrong_passphrase(estate: Estate) -> None:
    text = estate.rest.read_text()
    estate.rest.write_text(text.replace("sesame", "open"))
    try:
        answer = estate.ask()
    finally:
        estate.rest.write_text(text)
    found = gap(answer, "backup.restore_point")
    assert isinstance(found, Gap)
    assert (found.kind, found.needs) == (Outcome.UNKNOWN, "the passphrase of the repository")
    assert verdicts(answer, "pgbackrest") == {
        "contiguous": "unknown",
        "whole": "unknown",
        "usable": "unknown",
        "encrypted": "fail",
    }


def test_repositories_that_are_gone(estate: Estate, backups: tuple[str, str, str]) -> None:
    with without(estate.folder / "copies/repo1"):
        answer = estate.ask()
        assert [row["usable"] for row in rows(answer, "backup.location")] == [False, True]
        assert statuses(answer, "repo2") == {backups[2]: "ok"}
    with without(estate.folder / "copies"):
        assert json.loads(estate.lab.run("pgbackrest", "info", "--output=json")) == []
        answer = estate.ask()
        assert [row["usable"] for row in rows(answer, "backup.location")] == [False, False]
        assert verdicts(answer, "pgbackrest") == {
            "contiguous": "fail",
            "whole": "fail",
            "usable": "fail",
            "encrypted": "fail",
        }


def test_archiving_that_fails_shows_as_age(estate: Estate, backups: tuple[str, str, str]) -> None:
    before = archive(estate.ask())
    estate.server.set(archive_command="/bin/false")
    try:
        name = estate.fill()
        assert estate.info()["status"]["code"] == 0
        after = archive(estate.ask())
    finally:
        estate.server.set(archive_command=estate.archive_command)
    assert (after["last"], after["archived_at"]) == (before["last"], before["archived_at"])
    assert str(after["last"]) < name
    estate.archived()


@pytest.fixture(scope="module")
def barman(estate: Estate, backups: tuple[str, str, str]) -> Path:
    """Let Barman take a backup of its own; gives the folder of its server."""
    # The first call makes the folders into which the log is then copied.
    estate.lab.run("barman", "list-servers")
    estate.lab.run("barman", "cron")
    home = estate.folder / "barman/main"
    for name in ("incoming", "base", "wals", "streaming", "errors"):
        (home / name).mkdir(parents=True, exist_ok=True)
    estate.server.place.give(home)
    estate.archived()
    estate.lab.run("barman", "archive-wal", "main")
    estate.lab.run("barman", "backup", "main")
    estate.archived()
    estate.archived()
    estate.lab.run("barman", "archive-wal", "main")
    return home


def test_a_whole_server_of_barman(estate: Estate, barman: Path) -> None:
    answer = estate.lab.ask("barman")
    assert list(statuses(answer, "main").values()) == ["ok"]
    told = archive(answer, "main")
    assert (told["missing"], told["segment_size"], told["last"]) == (0, 2**20, told["newest"])
    point = end(answer, "main")
    assert point is not None
    assert 0 <= age(answer, point["data_time"]) < 60
    assert [gap(answer, fact) for fact in FACTS] == [None, None]
    assert verdicts(answer, "barman") == {"contiguous": "pass", "whole": "pass", "usable": "pass", "encrypted": "fail"}


def test_a_segment_that_barman_lost(estate: Estate, barman: Path) -> None:
    segments = sorted(path for path in (barman / "wals").glob("*/*") if len(path.name) == 24)
    with without(segments[-2]):
        answer = estate.lab.ask("barman")
    assert archive(answer, "main")["gaps"] == [f"{segments[-2].name}..{segments[-2].name}"]
    assert verdicts(answer, "barman") == {"contiguous": "fail", "whole": "pass", "usable": "pass", "encrypted": "fail"}
    with without(segments[0]):
        answer = estate.lab.ask("barman", {"server": "main"})
    assert list(statuses(answer, "main").values()) == ["failed"]


def test_data_that_barman_lost(estate: Estate, barman: Path) -> None:
    [data] = barman.glob("base/*/data")
    with without(data):
        told = json.loads(estate.lab.run("barman", "-f", "json", "list-backups", "main"))
        assert told["main"][0]["status"] == "DONE"
        answer = estate.lab.ask("barman")
    assert list(statuses(answer, "main").values()) == ["failed"]


def test_barman_of_another_account(estate: Estate, barman: Path) -> None:
    answer = estate.lab.ask("barman", user="nobody")
    assert verdicts(answer, "barman") == {
        "contiguous": "unknown",
        "whole": "unknown",
        "usable": "unknown",
        "encrypted": "unknown",
    }
    found = gap(answer, "backup.restore_point")
    assert isinstance(found, Gap)
    assert (found.kind, found.needs) == (Outcome.UNKNOWN, "the account barman")


def test_an_archive_command_that_stored_nothing(estate: Estate, backups: tuple[str, str, str], barman: Path) -> None:
    """The log went to /bin/true for a while; all of pgBackRest's own checks pass again after the repair."""
    estate.server.set(archive_command="true #pgbackrest")
    lost = estate.fill()
    estate.archived(lost)
    estate.server.set(archive_command=estate.archive_command)
    estate.archived()
    estate.pgbackrest("check")
    assert estate.info()["status"]["code"] == 0
    answer = estate.ask()
    told = archive(answer)
    assert (told["missing"], told["gaps"]) == (1, [f"{lost}..{lost}"])
    assert str(told["last"]) < lost < str(told["newest"])
    assert verdicts(answer, "pgbackrest") == {
        "contiguous": "fail",
        "whole": "pass",
        "usable": "pass",
        "encrypted": "fail",
    }
    label = estate.backup()
    answer = estate.ask()
    point = end(answer)
    assert point is not None
    assert (point["base"], archive(answer)["missing"], archive(answer)["last"]) == (label, 1, archive(answer)["newest"])


def test_expired_points_are_gone(estate: Estate, backups: tuple[str, str, str], barman: Path) -> None:
    estate.pgbackrest("--repo=1", f"--set={backups[1]}", "expire")
    assert backups[1] not in statuses(estate.ask())


def test_a_promotion_is_followed(estate: Estate, backups: tuple[str, str, str], barman: Path) -> None:
    label = estate.backup()
    estate.pgbackrest("--repo=1", f"--set={backups[0]}", "expire")
    signal = estate.server.data / "recovery.signal"
    signal.touch()
    estate.server.place.give(signal)
    estate.server.set(restore_command=f"pgbackrest --config={estate.rest} --stanza=main archive-get %f %p")
    estate.server.restart()
    [[timeline]] = estate.server.sql("SELECT timeline_id FROM pg_control_checkpoint()")
    until(lambda: estate.server.sql("SELECT pg_is_in_recovery()") == [(False,)], 20, "the promotion")
    estate.archived()
    answer = estate.ask()
    told = archive(answer)
    assert str(told["last"])[:8] == "00000002", timeline
    assert (told["last"], told["missing"]) == (told["newest"], 0)
    point = end(answer)
    assert point is not None
    assert point["base"] == label


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A folder with some files to back up, and passphrases."""
    need("restic", "borg", "rclone", "unshare", "setpriv")
    with folder("tools") as path:
        path.chmod(0o755)
        (path / "data/closed").mkdir(parents=True)
        for at in range(4):
            (path / f"data/{at}").write_bytes(os.urandom(50_000))
        (path / "data/closed/x").write_text("x")
        (path / "right").write_text("sesame\n")
        (path / "wrong").write_text("open\n")
        yield Lab(path)


def refused(answer: Answer, needs: str) -> bool:
    """Tell whether the list of points is unknown for want of that, and empty."""
    found = gap(answer, "backup.restore_point")
    assert rows(answer, "backup.restore_point") == []
    return isinstance(found, Gap) and found.kind is Outcome.UNKNOWN and needs in str(found.needs)


def test_restic(lab: Lab) -> None:
    repository = lab.folder / "restic"
    settings = {"repository": str(repository), "secret_file": str(lab.folder / "right")}
    words = ["restic", "--repo", str(repository), "--password-file", str(lab.folder / "right"), "--no-cache"]
    lab.run(*words, "init")
    empty = lab.ask("restic", settings)
    assert (rows(empty, "backup.restore_point"), gap(empty, "backup.restore_point")) == ([], None)
    lab.run(*words, "backup", "--host", "db01", "--time", "2026-10-01 02:00:00", str(lab.folder / "data"))
    lab.run(*words, "backup", "--host", "db01", str(lab.folder / "data"))
    thing = f"db01:{lab.folder}/data"
    old, new = rows(lab.ask("restic", settings), "backup.restore_point")
    assert (old["data_time"], old["asset_keys"]) == ("2026-10-01T02:00:00Z", [f"restic:{thing}"])
    assert str(new["data_time"]) > str(old["data_time"])
    assert refused(lab.ask("restic", {**settings, "secret_file": str(lab.folder / "wrong")}), "passphrase")
    repository.chmod(0o700)
    assert refused(lab.ask("restic", settings, user="nobody"), "read access")
    assert verdicts(lab.ask("restic", settings), "restic") == {"usable": "pass", "encrypted": "pass"}
    gone = lab.ask("restic", {**settings, "repository": str(lab.folder / "nowhere")})
    assert verdicts(gone, "restic") == {"usable": "fail", "encrypted": "error"}
    assert [row["usable"] for row in rows(gone, "backup.location")] == [False]
    before = sorted(path.name for path in repository.rglob("*"))
    flip(max((repository / "data").rglob("*/*"), key=lambda path: path.stat().st_size))
    # Limits, stated: neither a corrupt pack nor a file that could not be read shows in any listing.
    assert len(rows(lab.ask("restic", settings), "backup.restore_point")) == 2
    assert sorted(path.name for path in repository.rglob("*")) == before, "no lock and no cache was written"


def test_restic_forgets(lab: Lab) -> None:
    words = ["restic", "--repo", str(lab.folder / "restic"), "--password-file", str(lab.folder / "right"), "--no-cache"]
    lab.run(*words, "forget", "--keep-last", "1")
    settings = {"repository": str(lab.folder / "restic"), "secret_file": str(lab.folder / "right")}
    assert len(rows(lab.ask("restic", settings), "backup.restore_point")) == 1


def test_borg(lab: Lab) -> None:
    repository = lab.folder / "borg"
    env = {"BORG_PASSPHRASE": "sesame", "BORG_BASE_DIR": str(lab.folder / "base"), "TZ": "Pacific/Auckland"}
    settings = {"repository": str(repository), "secret_file": str(lab.folder / "right")}
    lab.run("borg", "init", "-e", "repokey-blake2", str(repository), env=env)
    name = "fs01-2026-11-20T02:00:00"
    lab.run(
        "borg",
        "create",
        "--timestamp",
        "2026-11-20T02:00:00",
        f"{repository}::{name}",
        str(lab.folder / "data"),
        env={**env, "TZ": "UTC"},
    )
    lab.run("borg", "create", f"{repository}::fs01-2026-11-21.checkpoint", str(lab.folder / "data"), env=env)
    answer = lab.ask("borg", settings)
    first, second = rows(answer, "backup.restore_point")
    assert (first["data_time"], first["asset_keys"], first["status"]) == (
        "2026-11-20T02:00:00Z",
        ["borg:borg/fs01"],
        "ok",
    )
    assert (second["status"], first["encryption"]) == ("partial", "encrypted")
    assert age(answer, second["data_time"]) < 600, "times are UTC, wherever the archive was made"
    assert refused(lab.ask("borg", {**settings, "secret_file": str(lab.folder / "wrong")}), "passphrase")
    assert refused(lab.ask("borg", settings, user="nobody"), "read access")
    gone = lab.ask("borg", {**settings, "repository": str(lab.folder / "nowhere")})
    assert [row["usable"] for row in rows(gone, "backup.location")] == [False]
    flip(max((repository / "data").rglob("*/*"), key=lambda path: path.stat().st_size))
    # A limit, stated: the list of archives is whole while a segment of their data is corrupt.
    assert len(rows(lab.ask("borg", settings), "backup.restore_point")) == 2
    assert not list(Path("/dev/shm").glob("controlproof-*"))


def test_borg_without_encryption(lab: Lab) -> None:
    plain = lab.folder / "plain"
    lab.run("borg", "init", "-e", "none", str(plain), env={"BORG_BASE_DIR": str(lab.folder / "base")})
    assert verdicts(lab.ask("borg", {"repository": str(plain)}), "borg") == {"usable": "pass", "encrypted": "fail"}


def test_partial_backups_look_like_any_other(lab: Lab) -> None:
    """A limit, stated: both tools say by their exit status that something could not be read, and keep no note of it."""
    (lab.folder / "data/closed").chmod(0)
    home = lab.folder / "home"
    home.mkdir()
    shutil.chown(home, "nobody")
    words = ["restic", "--repo", str(home / "restic"), "--password-file", str(lab.folder / "right"), "--no-cache"]
    lab.run(*words, "init", user="nobody")
    lab.run(*words, "backup", str(lab.folder / "data"), user="nobody", status=3)
    settings = {"secret_file": str(lab.folder / "right")}
    [row] = rows(lab.ask("restic", {**settings, "repository": str(home / "restic")}), "backup.restore_point")
    assert row["status"] == "ok"
    env = {"BORG_PASSPHRASE": "sesame", "BORG_BASE_DIR": str(home / "base")}
    lab.run("borg", "init", "-e", "repokey-blake2", str(home / "borg"), env=env, user="nobody")
    lab.run("borg", "create", f"{home}/borg::a", str(lab.folder / "data"), env=env, user="nobody", status=1)
    [row] = rows(lab.ask("borg", {**settings, "repository": str(home / "borg")}), "backup.restore_point")
    assert row["status"] == "ok"


def test_rclone(lab: Lab) -> None:
    dumps = lab.folder / "dumps/db1"
    dumps.mkdir(parents=True)
    for name, text in (("2026-11-20T0200.sql.gz", "x"), ("2026-11-21T0200.sql.gz", ""), ("readme", "x")):
        (dumps / name).write_text(text)
    before = {*Path("/").iterdir(), *Path.home().glob(".*"), *Path.home().glob(".c*/*")}
    settings = {"remote": str(lab.folder / "dumps"), "pattern": r"(?P<object>\w+)/(?P<time>[0-9T-]+)\.sql\.gz"}
    first, second = rows(lab.ask("rclone", settings), "backup.restore_point")
    assert (first["asset_keys"], first["data_time"], first["status"]) == (["rclone:db1"], "2026-11-20T02:00:00Z", "ok")
    assert second["status"] == "failed"
    assert before == {*Path("/").iterdir(), *Path.home().glob(".*"), *Path.home().glob(".c*/*")}, "no folders were made"
    dumps.parent.chmod(0o700)
    assert refused(lab.ask("rclone", settings, user="nobody"), "read access")
    gone = lab.ask("rclone", {**settings, "remote": str(lab.folder / "nowhere")})
    assert [row["usable"] for row in rows(gone, "backup.location")] == [False]
