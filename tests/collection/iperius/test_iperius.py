"""Iperius: logs in several languages, none taken for a success unread, and the files in its destination."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.iperius.log import read_log
from scanner.collection.iperius.phrases import PHRASES
from scanner.collection.iperius.server import FACTS, collect, describe
from scanner.model.evidence import Evidence, Gap, Query
from scanner.model.inventory import Endpoint
from scanner.model.outcome import Outcome
from scanner.transport.folder import open_folder
from scanner.transport.shell import Limits
from tests.collection.parity import check

QUERIES = [Query.of(fact) for fact in FACTS]
NOW = "2026-11-20T12:00:00Z"


def page(sentence: str, head: str = "Iperius Backup Full 8.7.4") -> str:
    """Give a log of the known shape: HTML, the sentence in a span of its own; not a real one."""
    return f"<html><head><style>x</style></head><body>\r\n<p>{head}</p>\r\n<span class='ok'>{sentence}</span>\r\n</body></html>"


def log(
    folder: Path, job: str, sentence: str, when: str = "2026-11-20T03:00:00Z", head: str = "Iperius Backup 8.7.4"
) -> None:
    file = folder / job / "LogFile.htm"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(page(sentence, head).encode("utf-16-le"))
    touch(file, when)


def touch(file: Path, when: str) -> None:
    moment = datetime.fromisoformat(when).timestamp()
    os.utime(file, (moment, moment))


def put(folder: Path, name: str, when: str, data: bytes = b"x") -> None:
    file = folder / "destination" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    touch(file, when)


def read(folder: Path, **settings: str) -> dict[str, Evidence]:
    options = tuple(sorted({"folder": str(folder), **settings}.items()))
    answer = collect(QUERIES, open_folder(Endpoint("files", options=options), lambda _: "", Limits()), Limits(), NOW)
    for each in answer.evidence:
        check(each)
        assert "stumbled" not in str(each.gap)
    return {each.query.fact: each for each in answer.evidence}


def test_the_last_run_of_each_job_is_told(tmp_path: Path) -> None:
    log(tmp_path, "Job001", "Backup completed successfully.")
    log(tmp_path, "Job002", "Sauvegarde terminée avec des avertissements", "2026-11-20T04:00:00Z")
    log(tmp_path, "Job003", "Backup completato con errori")
    found = read(tmp_path)
    rows = {row["job"]: row for row in found["backup.run"].rows}
    assert {job: row["status"] for job, row in rows.items()} == {
        "Job001": "ok",
        "Job002": "warning",
        "Job003": "failed",
    }
    assert rows["Job001"]["ended_at"] == "2026-11-20T03:00:00Z"
    assert found["backup.run"].gap is None
    server = found["backup.server"].rows[0]
    assert (server["version"], server["collected_at"]) == ("8.7.4", "2026-11-20T04:00:00Z")
    gap = found["backup.restore_point"].gap
    assert gap is not None
    assert gap.kind is Outcome.UNKNOWN, "a log is no restore point"


@pytest.mark.parametrize(
    "sentence", ["Sicherung erfolgreich beendet", "", "Backup completed", "backup completed successfully not"]
)
def test_a_sentence_that_nobody_knows_is_no_success(tmp_path: Path, sentence: str) -> None:
    log(tmp_path, "Job001", sentence)
    assert isinstance(read(tmp_path)["backup.run"].rows[0]["status"], Gap)


def test_the_language_of_the_target_decides(tmp_path: Path) -> None:
    log(tmp_path, "Job001", "Backup completed successfully")
    assert read(tmp_path, language="en")["backup.run"].rows[0]["status"] == "ok"
    assert isinstance(read(tmp_path, language="it")["backup.run"].rows[0]["status"], Gap)
    assert isinstance(read(tmp_path, language="de")["backup.run"].rows[0]["status"], Gap)


def test_the_worse_of_two_sentences_decides() -> None:
    text = page("Backup completed successfully") + page("Backup completed with errors")
    assert read_log(text.encode("utf-16")).status == "failed"
    assert read_log(text.encode()).status == "failed"
    assert isinstance(read_log(b"\xff\xfe\x00\xd8\x00").status, Gap)


def test_an_old_log_tells_nothing_of_now(tmp_path: Path) -> None:
    log(tmp_path, "Job001", "Backup completed successfully", "2026-11-10T03:00:00Z")
    found = read(tmp_path, every="1d")["backup.run"]
    assert found.rows == ()
    assert found.gap is not None
    assert found.gap.kind is Outcome.UNKNOWN
    assert read(tmp_path, every="14d")["backup.run"].gap is None


def test_a_version_that_no_log_tells_is_unknown(tmp_path: Path) -> None:
    log(tmp_path, "Job001", "Backup completed successfully", head="Log")
    assert isinstance(read(tmp_path)["backup.server"].rows[0]["version"], Gap)


def test_files_of_the_destination_are_restore_points(tmp_path: Path) -> None:
    log(tmp_path, "Job001", "Backup completed successfully")
    put(tmp_path, "Job001/db_1.zip", "2026-11-19T03:00:00Z", b"x" * 7)
    put(tmp_path, "Job001/db_2.zip", "2026-11-20T02:59:00Z")
    put(tmp_path, "Job001/empty.zip", "2026-11-20T02:00:00Z", b"")
    put(tmp_path, "Job001/now.zip", "2026-11-20T11:58:00Z")
    found = read(tmp_path)
    assert {row["point"]: row["status"] for row in found["backup.restore_point"].rows} == {
        "Job001/db_1.zip": "ok",
        "Job001/db_2.zip": "ok",
        "Job001/empty.zip": "failed",
        "Job001/now.zip": "running",
    }
    first = found["backup.restore_point"].rows[0]
    assert (first["asset_keys"], first["data_time"], first["size"]) == (["iperius:Job001"], "2026-11-19T03:00:00Z", 7)
    assert found["backup.location"].rows[0]["usable"] is True


def test_the_file_of_a_failed_run_is_not_taken_for_good(tmp_path: Path) -> None:
    log(tmp_path, "Job001", "Backup failed")
    put(tmp_path, "Job001/db_1.zip", "2026-11-18T03:00:00Z")
    put(tmp_path, "Job001/db_2.zip", "2026-11-20T02:59:00Z")
    old, new = read(tmp_path)["backup.restore_point"].rows
    assert old["status"] == "ok"
    assert isinstance(new["status"], Gap)


def test_names_are_read_by_pattern(tmp_path: Path) -> None:
    log(tmp_path, "Job001", "Backup completed successfully")
    put(tmp_path, "erp_2026-11-19T01:00:00Z.bak", "2026-11-19T03:00:00Z")
    put(tmp_path, "erp_2026-11-18T01:00:00.bak", "2026-11-18T03:00:00Z")
    put(tmp_path, "notes.txt", "2026-11-18T03:00:00Z")
    rows = read(tmp_path, pattern=r"(?P<object>\w+)_(?P<time>[-0-9T:Z]+)\.bak")["backup.restore_point"].rows
    assert [row["object"] for row in rows] == ["erp", "erp"]
    assert isinstance(rows[0]["data_time"], Gap), "a time without its zone is no moment"
    assert rows[1]["data_time"] == "2026-11-19T01:00:00Z"
    assert read(tmp_path, pattern="(")["backup.restore_point"].gap is not None


def test_a_folder_without_logs_proves_nothing(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert all(found[fact].gap is not None for fact in FACTS if fact != "backup.server")


def test_phrases_are_in_lower_case_and_known() -> None:
    for phrases in PHRASES.values():
        assert {"ok", "warning", "failed"} <= set(phrases.values()) <= {"ok", "warning", "failed", "cancelled"}
        assert all(each == each.casefold() for each in phrases)
    assert b"read */LogFile.htm" in describe(QUERIES).text


@given(st.binary(max_size=300))
def test_no_log_raises(data: bytes) -> None:
    assert read_log(data).status != "ok"


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    read_log(("<span>" + text).encode("utf-16-le", "surrogatepass"))
