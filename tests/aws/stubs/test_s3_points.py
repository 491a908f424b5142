"""Objects of archives as restore points: what names tell, what is said, and what is missing."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.answer import Answer
from scanner.collection.aws.s3_points import archives
from scanner.collection.aws.visit import collect
from scanner.model.evidence import ABSENT, Evidence, Gap, Query
from scanner.model.outcome import Outcome
from scanner.transport.cloud import Call, Reply
from scanner.transport.sql import Failure
from tests.aws.bench import LIMITS, Replayed, operation
from tests.collection.parity import check

PATTERN = r"(?P<object>[a-z]+)-(?P<time>\d{4}-\d\d-\d\dT\d{4}Z)\.dump(\.gpg)?"
NAMED = {"vault/db/": {"pattern": PATTERN}}
TOLD: dict[str, Any] = {
    "sts:GetCallerIdentity": {"Account": "1", "Arn": "arn:aws:iam::1:user/x", "UserId": "x"},
    "backup:ListBackupVaults": {"BackupVaultList": []},
    "s3:ListBuckets": {"Buckets": [{"Name": "vault", "BucketRegion": "eu-west-1"}]},
}
DENIED = Failure("AccessDenied", "AccessDenied: no", denied=True)
STORED = "2026-11-20T03:10:00Z"


def _object(key: str, **more: Any) -> dict[str, Any]:
    return {"Key": key, "LastModified": STORED, "Size": 10**9, "StorageClass": "GLACIER", **more}


def _visit(named: dict[str, Any] | str = NAMED, url: str = "", **told: Any) -> Answer:
    setting = named if isinstance(named, str) else json.dumps(named)
    options = {"regions": "eu-west-1", "archives": setting, "url": url}
    given_ = {**TOLD, **{f"s3:{name}": answer for name, answer in told.items()}}
    answer = collect([Query.of("backup.restore_point")], Replayed({}, options, told=given_), LIMITS)
    check(answer.evidence[0])
    return answer


def _points(*objects: dict[str, Any], named: dict[str, Any] | str = NAMED, url: str = "") -> Evidence:
    return _visit(named, url, ListObjectsV2={"Contents": list(objects)}).evidence[0]


def test_an_object_is_a_restore_point_of_what_its_name_tells() -> None:
    found = _points(_object("db/shop-2026-11-20T0200Z.dump"))
    (row,) = found.rows
    assert found.gap is None
    assert (row["system"], row["object"], row["asset_keys"]) == ("s3", "shop", ["s3:shop"])
    assert (row["location"], row["point"], row["storage_class"]) == (
        "vault/db/",
        "db/shop-2026-11-20T0200Z.dump",
        "GLACIER",
    )
    assert (row["data_time"], row["completed_at"]) == ("2026-11-20T02:00:00Z", STORED)
    assert (row["status"], row["size"], row["encryption"], row["verification"]) == ("ok", 10**9, "encrypted", "none")
    assert "s3:ListObjectsV2" in found.provenance.asked


@pytest.mark.parametrize(
    ("more", "cell", "value"),
    [
        ({"StorageClass": None}, "storage_class", "STANDARD"),
        ({"Size": 0}, "status", "failed"),
        ({"Size": None}, "size", ABSENT),
        ({"LastModified": "2026-11-19T01:00:00Z"}, "data_time", "2026-11-19T01:00:00Z"),
    ],
)
def test_cells(more: dict[str, Any], cell: str, value: Any) -> None:
    told = {name: each for name, each in _object("db/shop-2026-11-20T0200Z.dump", **more).items() if each is not None}
    assert _points(told).rows[0][cell] == value


def test_without_a_time_in_the_name_it_is_that_of_storing() -> None:
    (row,) = _points(_object("db/any"), named={"vault/db/": {"covers": "shop"}}).rows
    assert (row["object"], row["data_time"]) == ("shop", STORED)
    (row,) = _points(_object("db/any.part"), named={"vault/db/": {"covers": "shop"}}).rows
    assert row["status"] == "partial"


def test_a_time_that_cannot_be_read_is_a_gap_and_never_now() -> None:
    pattern = "(?P<object>[a-z]+)-(?P<time>.+)"
    (row,) = _points(_object("db/shop-yesterday"), named={"vault/db/": {"pattern": pattern}}).rows
    assert isinstance(row["data_time"], Gap)


@pytest.mark.parametrize(
    ("key", "stored", "url", "known"),
    [
        ("db/a", STORED, "", True),
        ("db/a", STORED, "https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com", True),
        ("db/a", "2023-01-05T12:00:00Z", "", False),
        ("db/a.gpg", "2022-01-05T12:00:00Z", "", True),
        ("db/a", STORED, "https://minio.example.org", False),
        ("db/a", STORED, "https://amazonaws.com.example.org", False),
    ],
)
def test_encryption_is_known_by_name_or_by_the_day_since_which_s3_encrypts(
    key: str, stored: str, url: str, known: bool
) -> None:
    (row,) = _points(_object(key, LastModified=stored), named={"vault/db/": {"covers": "x"}}, url=url).rows
    assert (row["encryption"] == "encrypted") is known
    assert known or isinstance(row["encryption"], Gap)


def test_objects_that_fit_no_pattern_are_said() -> None:
    answer = _visit(
        ListObjectsV2={"Contents": [_object("db/shop-2026-11-20T0200Z.dump"), _object("db/notes.txt"), _object("db/")]}
    )
    assert answer.notes[1:] == (
        "archive vault/db/: 2 of 3 objects fit no pattern and are no restore points: db/notes.txt, db/",
    )
    assert answer.evidence[0].gap is None
    folder = _object("db/", Size=0)
    assert _visit(ListObjectsV2={"Contents": [_object("db/shop-2026-11-20T0200Z.dump"), folder]}).notes[1:] == ()


def test_where_no_name_fits_the_list_is_not_whole() -> None:
    found = _points(_object("db/notes.txt"))
    assert (found.rows, str(found.gap)) == ((), "vault/db/: none of 1 objects fits the pattern (correct it)")


def test_an_empty_archive_is_whole_and_gives_no_point() -> None:
    found = _visit(ListObjectsV2={}).evidence[0]
    assert (found.rows, found.gap) == ((), None)


@pytest.mark.parametrize(
    ("told", "kind", "says"),
    [
        ({"ListObjectsV2": DENIED}, Outcome.UNKNOWN, "s3:ListBucket"),
        ({"ListBuckets": DENIED}, Outcome.UNKNOWN, "s3:ListAllMyBuckets"),
        ({"ListObjectsV2": Failure("SlowDown", "SlowDown: later")}, Outcome.ERROR, "SlowDown"),
        ({"ListBuckets": {"Buckets": []}}, Outcome.ERROR, "the account has no bucket vault"),
    ],
)
def test_what_was_not_listed_is_missing(told: dict[str, Any], kind: Outcome, says: str) -> None:
    found = _visit(**told).evidence[0]
    assert found.gap is not None
    assert found.rows == ()
    assert (found.gap.kind, says in str(found.gap)) == (kind, True)


def test_a_list_that_ends_early_keeps_its_rows_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.collection.aws.s3_points.MOST", 2)
    found = _points(*(_object(f"db/shop-2026-11-{day}T0200Z.dump") for day in (18, 19)))
    assert len(found.rows) == 2
    assert "the rest was not listed" in str(found.gap)


def test_places_that_overlap_give_each_object_once() -> None:
    named = {"vault/db/": {"covers": "x"}, "vault": {"covers": "x"}}
    assert len(_points(_object("db/a"), named=named).rows) == 1


@pytest.mark.parametrize("setting", ["[]", "no", '{"vault": {"pattern": "("}}'])
def test_settings_that_cannot_be_read_are_errors(setting: str) -> None:
    found = _visit(setting).evidence[0]
    assert found.gap is not None
    assert found.gap.kind is Outcome.ERROR


def test_without_archives_no_bucket_is_asked() -> None:
    assert archives("") == []
    found = _visit("", ListBuckets=DENIED).evidence[0]
    assert found.gap is None


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "Key": st.text(max_size=9),
                "Size": st.none() | st.integers(),
                "LastModified": st.text(max_size=9),
            },
        ),
        max_size=5,
    ),
    st.integers(0, 9),
)
def test_odd_objects_never_raise(objects: list[dict[str, Any]], seed: int) -> None:
    class Odd(Replayed):
        def _one(self, call: Call) -> Reply:
            if call.operation == operation("s3:ListObjectsV2"):
                return Reply(call, ({"Contents": Random(seed).sample(objects, len(objects))},))
            return super()._one(call)

    options = {"regions": "eu-west-1", "archives": json.dumps(NAMED)}
    answer = collect([Query.of("backup.restore_point")], Odd({}, options, told=TOLD), LIMITS)
    check(answer.evidence[0])
