"""pgBackRest's catalogue beside what lies in its repositories: broken in the ways in which `info` stays green."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Gap
from scanner.model.outcome import Outcome
from tests.collection.backup.tools import ask, call, gap, recorded, rows

OK = json.loads(recorded("pgbackrest/info_ok_v2.45.json"))
LABELS = [each["label"] for each in OK[0]["backup"]]


def segments(numbers: Any, *, ident: str = "15-1") -> str:
    entries = {".": {"type": "path"}, ident: {"type": "path"}, "archive.info": {"type": "file", "size": 3, "time": 5}}
    for number in numbers:
        path = f"{ident}/0000000100000000/00000001000000000000{number:04X}-{'ab' * 20}.zst"
        entries[path] = {"type": "file", "size": 700, "time": 1795200000 + number}
    return json.dumps(entries, separators=(",", ":"))


def told(
    info: Any = OK,
    listing: str | None = None,
    labels: list[str] | None = None,
    without: str = "",
    more: bytes = b"",
    version: str = "pgBackRest 2.45\n",
) -> Any:
    """Give the answer of two repositories that hold everything, but for the manifest of the backup `without`."""
    whole = segments(range(1, 0x1A)) if listing is None else listing
    kept = LABELS if labels is None else labels
    stream = call("version", version) + call("info", info if isinstance(info, bytes) else json.dumps(info))
    for repo in (1, 2):
        stream += call(f"wal {repo} main", whole) + call(f"labels {repo} main", "\n".join([*kept, "backup.info"]))
        for label in kept:
            stream += call(f"manifest {repo} main/{label}", "" if label == without else "backup.manifest\n")
    return ask("pgbackrest", {"pgbackrest": Output(stream + more)})


def statuses(answer: Any) -> dict[str, Any]:
    return {row["point"]: row["status"] for row in rows(answer, "backup.restore_point") if row["point"] != "pitr"}


def test_a_whole_estate() -> None:
    answer = told()
    assert set(statuses(answer).values()) == {"ok"}
    assert [gap(answer, fact) for fact in ("backup.restore_point", "backup.log_archive", "backup.location")] == [
        None
    ] * 3
    first = next(row for row in rows(answer, "backup.restore_point") if row["point"] == LABELS[0])
    assert first["asset_keys"] == ["pgbackrest:main", "postgres:7710336295316965564"]
    assert (first["kind"], first["location"], first["encryption"]) == ("full", "repo1", "encrypted")
    assert (first["started_at"], first["completed_at"]) == ("2026-11-20T19:23:03Z", "2026-11-20T19:23:11Z")
    assert (
        next(row for row in rows(answer, "backup.restore_point") if row["location"] == "repo2")["encryption"] == "plain"
    )
    ends = [row for row in rows(answer, "backup.restore_point") if row["kind"] == "pitr"]
    assert [(row["location"], row["data_time"]) for row in ends] == [
        ("repo1", "2026-11-20T18:40:25Z"),
        ("repo2", "2026-11-20T18:40:25Z"),
    ]
    assert [row["segment_size"] for row in rows(answer, "backup.log_archive")] == [2**24, 2**24]
    assert rows(answer, "backup.server")[0]["name"] == "pgBackRest 2.45"


def test_version_2_60_is_read_alike() -> None:
    newer = json.loads(recorded("pgbackrest/info_ok_v2.60dev.json"))
    assert set(statuses(told(newer)).values()) == {"ok"}


def test_a_gap_between_backups_leaves_them_and_is_told() -> None:
    answer = told(listing=segments(n for n in range(1, 0x1A) if n != 0x10))
    assert set(statuses(answer).values()) == {"ok"}
    first = rows(answer, "backup.log_archive")[0]
    assert (first["missing"], first["gaps"]) == (1, ["000000010000000000000010..000000010000000000000010"])


def test_a_backup_that_lacks_a_segment_of_its_own_is_failed() -> None:
    answer = told(listing=segments(n for n in range(1, 0x1A) if n != 0x14))
    assert statuses(answer)["20261120-192321F"] == "failed"
    second = rows(answer, "backup.log_archive")[1]
    assert (second["broken_backups"], second["last"], second["missing"]) == (["20261120-192321F"], ABSENT, 1)
    assert [row["location"] for row in rows(answer, "backup.restore_point") if row["kind"] == "pitr"] == ["repo1"]


def test_a_full_backup_whose_folder_is_gone_takes_its_dependants_along() -> None:
    answer = told(labels=LABELS[1:])
    assert statuses(answer) == {
        LABELS[0]: "failed",
        LABELS[1]: "failed",
        LABELS[2]: "ok",
        LABELS[3]: "failed",
    }


def test_a_backup_without_its_manifest_is_failed() -> None:
    assert statuses(told(without=LABELS[1]))[LABELS[1]] == "failed"


def test_page_checksum_errors_are_a_warning_and_no_base() -> None:
    flawed = json.loads(recorded("pgbackrest/info_page_checksum_error.json"))
    labels = [each["label"] for each in flawed[0]["backup"]]
    answer = told(flawed, segments(range(1, 0x22)), labels)
    assert sorted(set(statuses(answer).values())) == ["ok", "warning"]
    ends = [row["base"] for row in rows(answer, "backup.restore_point") if row["kind"] == "pitr"]
    assert all(statuses(answer)[base] == "ok" for base in ends)


def test_a_repository_that_may_not_be_read_is_unknown() -> None:
    answer = told(json.loads(recorded("pgbackrest/info_repo2_permission_denied.json")))
    for fact in ("backup.restore_point", "backup.log_archive"):
        assert gap(answer, fact).kind is Outcome.UNKNOWN
        assert "owns the repository" in gap(answer, fact).needs
    usable = [row["usable"] for row in rows(answer, "backup.location")]
    assert usable[0] is True
    assert isinstance(usable[1], Gap)
    assert rows(answer, "backup.server")[0]["blind"] != []


def test_a_repository_that_is_gone_is_not_usable() -> None:
    answer = told(json.loads(recorded("pgbackrest/info_repo1_missing.json")))
    assert [row["usable"] for row in rows(answer, "backup.location")] == [False, True]
    assert rows(answer, "backup.location")[0]["message"] == "missing stanza path"
    assert {row["location"] for row in rows(answer, "backup.restore_point")} == {"repo2"}


def test_a_stanza_of_the_settings_that_no_repository_has() -> None:
    unknown = recorded("pgbackrest/info_unknown_stanza.json")
    answer = told([], more=call("stanza nosuch", unknown))
    assert gap(answer, "backup.restore_point") is None
    assert [row["usable"] for row in rows(answer, "backup.location")] == [False, False]


def test_no_stanza_at_all_is_an_error_and_no_empty_list() -> None:
    answer = told(recorded("pgbackrest/info_empty_repo.json"))
    for fact in ("backup.restore_point", "backup.log_archive", "backup.location"):
        assert gap(answer, fact).kind is Outcome.ERROR


def test_the_noise_of_a_wrong_passphrase_is_read_and_not_shown() -> None:
    answer = told(recorded("pgbackrest/info_wrong_passphrase_invalid_utf8_v2.45.json.bin"))
    found = gap(answer, "backup.restore_point")
    assert (found.kind, found.needs) == (Outcome.UNKNOWN, "the passphrase of the repository")
    assert found.reason.isascii()


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (Output(status=127), Outcome.ERROR),
        (
            Output(call("version") + call("info", "ERROR: [041]: unable to open /etc/x: [13] Permission denied", 41)),
            Outcome.UNKNOWN,
        ),
        (Output(call("version") + call("info", "ERROR: [032]: bad option", 32)), Outcome.ERROR),
        (Output(call("version") + b"#info\n|[]"), Outcome.ERROR),
    ],
)
def test_what_could_not_be_asked_is_never_an_empty_list(output: Output, kind: Outcome) -> None:
    answer = ask("pgbackrest", {"pgbackrest": output})
    for fact in ("backup.restore_point", "backup.log_archive", "backup.location"):
        assert gap(answer, fact).kind is kind


def test_a_listing_that_fails_leaves_no_verdict() -> None:
    stream = call("version", "pgBackRest 2.45\n") + call("info", json.dumps(OK))
    stream += call("wal 1 main", "ERROR: [049]: timeout", 49)
    answer = ask("pgbackrest", {"pgbackrest": Output(stream)})
    assert all(isinstance(status, Gap) for status in statuses(answer).values())
    assert gap(answer, "backup.restore_point").kind is Outcome.ERROR
    assert rows(answer, "backup.log_archive") == []


def test_words_before_the_json_do_not_hide_it() -> None:
    answer = told(b"WARN: repo1: a warning\n" + json.dumps(OK).encode())
    assert len(statuses(answer)) == 4


def test_a_recorded_gap_is_found() -> None:
    hidden = json.loads(recorded("pgbackrest/info_with_hidden_wal_gap.json"))
    listed = json.loads(recorded("pgbackrest/repo_ls_wal_gap.json"))
    listing = json.dumps({f"15-1/{path}": each for path, each in listed.items()}, separators=(",", ":"))
    labels = [each["label"] for each in hidden[0]["backup"]]
    answer = told(hidden, listing, labels)
    gaps = [each for row in rows(answer, "backup.log_archive") for each in row["gaps"]]
    assert "00000001000000000000002C..00000001000000000000002C" in gaps


def test_a_spaced_listing_is_read_as_well() -> None:
    spaced = json.dumps(json.loads(segments(range(1, 0x1A))), indent=1)
    assert rows(told(listing=spaced), "backup.log_archive") == rows(told(), "backup.log_archive")
