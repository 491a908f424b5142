"""Collects the credential report of an account: users, their passwords, factors and access keys, and the root user's use."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from scanner.collection.aws.session import Session, gap_of, moment, text
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Operation, Reply

GENERATE = Operation("iam", "GenerateCredentialReport", "iam:GenerateCredentialReport")
REPORT = Operation("iam", "GetCredentialReport", "iam:GetCredentialReport")
FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.iam_access_key": (GENERATE, REPORT),
    "aws.iam_root_use": (GENERATE, REPORT),
    "aws.iam_user": (GENERATE, REPORT),
}
WAITS = (1, 1, 2, 3, 5, 8)
"""Seconds between one look and the next while AWS writes the report."""
OLDEST = timedelta(hours=4, minutes=30)
"""Age beyond which a report is not the one that AWS should have written for us: four hours, and time to write."""
_WRITING = ("STARTED", "INPROGRESS")
_ROOT = "<root_account>"
_NONE = frozenset({"N/A", "no_information", "not_supported", ""})
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:\+00:00|Z)")
_SETUP = timedelta(minutes=1)
_FLAGS: Mapping[str, Cell] = {"true": True, "false": False, "not_supported": False, "N/A": False}

Line = Mapping[str, str]


def pause(seconds: float) -> None:
    """Wait while AWS writes."""
    time.sleep(seconds)


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Have the report written, fetch it, and read its lines."""
    made = _until_written(session)
    reply = session.ask(REPORT) if made is None else None
    gap = made if reply is None else gap_of(reply)
    lines: list[Line] = []
    reported: Cell = ABSENT
    if reply is not None and gap is None:
        lines, gap = read(text(reply.document.get("Content")))
        reported = moment(reply.document.get("GeneratedTime"))
        gap = gap or _outdated(reported, session.started)
    found = []
    for query in queries:
        rows, own = _ROWS[query.fact](lines, reported, gap)
        found.append(Evidence(query, tuple(rows), own, session.provenance(FACTS[query.fact])))
    return found


def _until_written(session: Session) -> Gap | None:
    """Have AWS write the report, and ask again while it does; give why there is none in the end."""
    call = Call.of(GENERATE, session.home)
    reply: Reply = session.ask(GENERATE)
    for seconds in WAITS:
        if reply.document.get("State") not in _WRITING or reply.failure:
            break
        pause(seconds)
        reply = session.ask_again(call)
    gap = gap_of(reply)
    if gap is None and reply.document.get("State") in _WRITING:
        return error(f"{GENERATE}: the report was not ready within {sum(WAITS)} seconds (try again later)")
    return gap


def _outdated(reported: Cell, now: str) -> Gap | None:
    """Give why a report is not to be relied on: what was changed since it was written would be missing."""
    if isinstance(reported, Gap):
        return reported
    written, current = _instant(str(reported)), _instant(now)
    if written is None:
        return error(f"{REPORT}: the report does not say when it was written")
    if current is not None and current - written > OLDEST:
        return error(f"{REPORT}: the report of {reported} is older than 4 hours")
    return None


def _instant(moment_said: str) -> datetime | None:
    try:
        return datetime.strptime(moment_said, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007
    except ValueError:
        return None


def read(content: str) -> tuple[list[Line], Gap | None]:
    """Read the table; a line without an ARN, or of another length than the head, is a gap."""
    wrong = error(f"{REPORT}: the report cannot be read")
    try:
        table = list(csv.reader(io.StringIO(content), strict=True))
    except csv.Error:
        return [], wrong
    head = table[0] if table else []
    if not {"user", "arn", "password_enabled", "mfa_active", "access_key_1_active", "access_key_2_active"} <= set(head):
        return [], wrong
    lines = [
        dict(zip(head, line, strict=True))
        for line in table[1:]
        if len(line) == len(head) and len(set(head)) == len(head)
    ]
    sound = {line["arn"]: line for line in lines if line["arn"].startswith("arn:")}
    return list(sound.values()), None if len(sound) == len([line for line in table[1:] if line]) else wrong


def _when(line: Line, name: str) -> Cell:
    """Read a time of the report; words for "none" are ABSENT."""
    said = line.get(name, "")
    if said in _NONE:
        return ABSENT
    found = _TIME.fullmatch(said)
    return f"{found[1]}Z" if found else error(f"{REPORT}: '{said[:40]}' is not a time")


def _flag(line: Line, name: str) -> Cell:
    said = line.get(name, "")
    return _FLAGS.get(said, error(f"{REPORT}: {name} is '{said[:40]}'"))


def _first(*cells: Cell) -> Cell:
    """Give the first that is there; a gap before it stands for it."""
    return next((each for each in cells if each is not ABSENT), ABSENT)


def _users(lines: Sequence[Line], reported: Cell, gap: Gap | None) -> tuple[list[Row], Gap | None]:
    rows: list[Row] = []
    for line in lines:
        if line["user"] == _ROOT:
            continue
        password = _flag(line, "password_enabled")
        used, changed = _when(line, "password_last_used"), _when(line, "password_last_changed")
        rows.append(
            {
                "arn": line["arn"],
                "name": line["user"],
                "created": _when(line, "user_creation_time"),
                "password": password,
                "password_used": used,
                "password_changed": changed,
                "password_idle_since": ABSENT if password is False else _first(used, changed),
                "mfa": _flag(line, "mfa_active"),
                "certificates": _either(_flag(line, "cert_1_active"), _flag(line, "cert_2_active")),
                "reported": reported,
            }
        )
    return rows, gap


def _either(one: Cell, other: Cell) -> Cell:
    if one is True or other is True:
        return True
    return next((each for each in (one, other) if isinstance(each, Gap)), False)


def _keys(lines: Sequence[Line], reported: Cell, gap: Gap | None) -> tuple[list[Row], Gap | None]:
    rows = [row for line in lines if line["user"] != _ROOT for row in _keys_of(line, reported)]
    return rows, gap


def _keys_of(line: Line, reported: Cell) -> Iterator[Row]:
    for slot, other in (("1", "2"), ("2", "1")):
        head = f"access_key_{slot}"
        active = _flag(line, f"{head}_active")
        created, used = _when(line, f"{head}_last_rotated"), _when(line, f"{head}_last_used_date")
        if active is False and created is ABSENT:
            continue  # There is no such key.
        service = line.get(f"{head}_last_used_service", "")
        yield {
            "arn": line["arn"],
            "user": line["user"],
            "slot": slot,
            "active": active,
            "created": created,
            "used": used,
            "idle_since": _first(used, created),
            "service": ABSENT if service in _NONE else service,
            "spare": _flag(line, f"access_key_{other}_active"),
            "from_setup": _from_setup(line, created, used),
            "reported": reported,
        }


def _from_setup(line: Line, created: Cell, used: Cell) -> Cell:
    """Tell whether a key came with the user, as consoles once made them unasked, and was never used."""
    born, password = _when(line, "user_creation_time"), _flag(line, "password_enabled")
    gap = next((each for each in (born, created, used, password) if isinstance(each, Gap)), None)
    if gap is not None:
        return gap
    start, made = _instant(str(born)), _instant(str(created))
    if start is None or made is None:
        return error(f"{REPORT}: it does not say when the user or the key was made")
    return password is True and used is ABSENT and abs(made - start) <= _SETUP


def _root(lines: Sequence[Line], reported: Cell, gap: Gap | None) -> tuple[list[Row], Gap | None]:
    line = next((each for each in lines if each["user"] == _ROOT), None)
    if gap is not None or line is None:
        return [], gap or error(f"{REPORT}: the report has no line on the root user")
    uses = {
        "password": _when(line, "password_last_used"),
        "key 1": _when(line, "access_key_1_last_used_date"),
        "key 2": _when(line, "access_key_2_last_used_date"),
    }
    lost = next((each for each in uses.values() if isinstance(each, Gap)), None)
    known = sorted((str(when), name) for name, when in uses.items() if isinstance(when, str))
    row: Row = {
        "arn": line["arn"],
        "used": lost or (known[-1][0] if known else ABSENT),
        "by": lost or (known[-1][1] if known else ABSENT),
        "reported": reported,
    }
    return [row], None


_ROWS = {"aws.iam_user": _users, "aws.iam_access_key": _keys, "aws.iam_root_use": _root}
