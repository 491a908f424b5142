"""Asks the REST API (1.1 and newer) page by page, and puts its answers into the words of the export format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scanner.collection.exported.values import at, known, mappings, moment, text, whole, word
from scanner.collection.veeam.record import Items, Record
from scanner.collection.veeam.schedule import interval, schedule_text
from scanner.model.evidence import Gap, error, unknown
from scanner.transport.api import Api, Response

ROOT = "/api/v1"
_LISTED = (
    "jobs",
    "jobs/states",
    "sessions",
    "objectRestorePoints",
    "backups",
    "backupObjects",
    "backupInfrastructure/repositories",
    "backupInfrastructure/repositories/states",
)
PATHS = tuple(
    f"{ROOT}/{path}" for path in ("serverInfo", "serverTime", *_LISTED, "configBackup", "encryptionPasswords")
)
_PAGE = 200
_MOST = 200_000
_ROLE = "role Veeam Backup Administrator, or one that may read"


def ask(api: Api, _begun: str) -> Record:
    """Ask for everything; what is refused becomes a gap of its list, and stands in `blind`.

    Raises a CollectionError when the server is out of reach.
    """
    record = Record("asked", "; ".join(f"GET {path}" for path in PATHS))
    info = api.get(f"{ROOT}/serverInfo")
    record.version = text(at(info.data, "buildVersion"), "buildVersion")
    if known(record.version):
        record.name = f"Veeam Backup & Replication {record.version}"
    clock = moment(at(api.get(f"{ROOT}/serverTime").data, "serverTime"), "serverTime")
    record.now = clock if isinstance(clock, str) else info.server_time
    found = {path: _pages(api, path, record) for path in _LISTED}
    _jobs(record, found)
    record.lists["sessions"] = Items([_session(each) for each in found["sessions"].items], found["sessions"].gaps)
    _points(record, found)
    _repositories(record, found)
    _configuration(record, api)
    passwords = _pages(api, "encryptionPasswords", record)
    if not passwords.gaps:
        record.notes.append(f"Veeam keeps {len(passwords.items)} encryption passwords")
    return record


def _refused(path: str, response: Response, record: Record) -> Gap:
    if response.denied:
        blind = f"GET {ROOT}/{path}"
        record.blind += [blind] if blind not in record.blind else []
        return unknown(f"{path}: {response.failure or 'refused'}", _ROLE)
    return error(f"{path}: {response.failure or 'the answer is no object'}")


def _pages(api: Api, path: str, record: Record) -> Items:
    found = Items()
    total: int | None = None
    while True:
        query = {"skip": str(len(found.items)), "limit": str(_PAGE)}
        response = api.get(f"{ROOT}/{path}", query)
        data = at(response.data, "data")
        if response.failure or not isinstance(data, list):
            found.gaps.append(_refused(path, response, record))
            return found
        found.items += (page := mappings(data))
        if len(page) < len(data):
            found.gaps.append(error(f"{path}: the list holds things that are no objects"))
            return found
        told = whole(at(response.data, "pagination", "total"), "total")
        if not isinstance(told, int):
            found.gaps.append(error(f"{path}: the answer does not say how many there are"))
            return found
        total = told
        if len(found.items) >= total:
            return found
        if not page or len(found.items) > _MOST:
            found.gaps.append(error(f"{path}: {len(found.items)} of {total} were told"))
            return found


def _jobs(record: Record, found: Mapping[str, Items]) -> None:
    jobs = record.lists["jobs"]
    states = {word(each.get("id")): each for each in found["jobs/states"].items}
    names = _names(found["backupInfrastructure/repositories"])
    models = {word(each.get("id")): each for each in found["jobs"].items}
    for key in {**models, **states}:
        jobs.items.append(_job(models.get(key, {}), states.get(key, {}), names))
    jobs.gaps += [*found["jobs"].gaps, *found["jobs/states"].gaps]
    backups = found["backups"]
    hidden = {word(each.get("name")) for each in backups.items if word(each.get("jobId")) not in {**models, **states}}
    jobs.gaps += backups.gaps
    if hidden:
        names_of = ", ".join(sorted(hidden)[:3])
        reason = (
            f"{len(hidden)} backups ({names_of}) are of jobs that this API does not show (agent, copy or tape jobs)"
        )
        jobs.gaps.append(unknown(reason, "a newer API, or the export file"))
        record.notes.append(reason)


def _names(repositories: Items) -> dict[str, str]:
    return {word(each.get("id")): word(each.get("name")) for each in repositories.items}


def _job(model: Mapping[str, Any], state: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    storage = model.get("storage")
    advanced = at(storage, "advancedSettings")
    gfs = at(storage, "gfsPolicy") if at(storage, "gfsPolicy", "isEnabled") is True else None
    includes = [_included(each) for each in mappings(at(model, "virtualMachines", "includes"))]
    automatic = at(model, "schedule", "runAutomatically")
    disabled = model.get("isDisabled", word(state.get("status")).casefold() == "disabled" if state else None)
    return {
        "id": model.get("id") or state.get("id"),
        "name": model.get("name") or state.get("name"),
        "type": model.get("type") or state.get("type"),
        "enabled": False if disabled is True or automatic is False else True if automatic is True else None,
        "schedule": schedule_text(model.get("schedule")),
        "interval": interval(model.get("schedule")),
        "repository": names.get(word(at(storage, "backupRepositoryId"))) or state.get("repositoryName"),
        "objects": [name for name, kind in includes if kind == "virtualmachine"] if includes else None,
        "containers": [name for name, kind in includes if kind != "virtualmachine"],
        "application_aware": at(model, "guestProcessing", "appAwareProcessing", "isEnabled"),
        "encrypted": at(advanced, "storageData", "encryption", "isEnabled"),
        "retention": at(storage, "retentionPolicy", "type"),
        "retention_quantity": at(storage, "retentionPolicy", "quantity"),
        "keep_weekly": _tier(gfs, "weekly", "keepForNumberOfWeeks"),
        "keep_monthly": _tier(gfs, "monthly", "keepForNumberOfMonths"),
        "keep_yearly": _tier(gfs, "yearly", "keepForNumberOfYears"),
        "health_check": _health(at(advanced, "backupHealth")),
        "notifies": at(advanced, "notifications", "emailNotifications", "isEnabled"),
        "state": state.get("status"),
        "last_run": state.get("lastRun"),
        "last_result": state.get("lastResult"),
        "next_run": state.get("nextRun"),
    }


def _included(raw: Mapping[str, Any]) -> tuple[str, str]:
    thing = raw.get("inventoryObject") if isinstance(raw.get("inventoryObject"), dict) else raw
    return word(at(thing, "name")), word(at(thing, "type")).casefold()


def _tier(policy: Any, tier: str, key: str) -> Any:
    return at(policy, tier, key) if at(policy, tier, "isEnabled") is True else None


def _health(policy: Any) -> str | None:
    if at(policy, "isEnabled") is not True:
        return "never" if at(policy, "isEnabled") is False else None
    return "weekly" if at(policy, "weekly", "isEnabled") is True else "monthly"


def _session(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": raw.get("id"),
        "job_id": raw.get("resourceId"),
        "job": raw.get("name"),
        "type": raw.get("sessionType"),
        "started_at": raw.get("creationTime"),
        "ended_at": raw.get("endTime"),
        "state": raw.get("state"),
        "result": "Cancelled" if at(raw, "result", "isCanceled") is True else at(raw, "result", "result"),
        "message": at(raw, "result", "message"),
    }


def _points(record: Record, found: Mapping[str, Items]) -> None:
    points = record.lists["restore_points"]
    names = _names(found["backupInfrastructure/repositories"])
    backups = {word(each.get("id")): each for each in found["backups"].items}
    listed = found["objectRestorePoints"]
    for each in listed.items:
        backup = backups.get(word(each.get("backupId")), {})
        points.items.append(
            {
                "id": each.get("id"),
                "object": each.get("name"),
                "type": each.get("type"),
                "created_at": each.get("creationTime"),
                "job_id": backup.get("jobId"),
                "backup": backup.get("name") or each.get("backupId"),
                "repository": names.get(word(backup.get("repositoryId"))),
            }
        )
    points.gaps += listed.gaps
    counts = [whole(each.get("restorePointsCount")) for each in found["backupObjects"].items]
    expected = sum(each for each in counts if isinstance(each, int))
    if len(listed.items) < expected:
        reason = f"objects have {expected} restore points, and {len(listed.items)} are listed"
        points.gaps.append(unknown(f"{reason} (a role may hide some)", _ROLE))


def _repositories(record: Record, found: Mapping[str, Items]) -> None:
    models, states = found["backupInfrastructure/repositories"], found["backupInfrastructure/repositories/states"]
    by_id = {word(each.get("id")): each for each in states.items}
    repositories = record.lists["repositories"]
    known_ids = {word(each.get("id")): each for each in models.items}
    for key in {**known_ids, **by_id}:
        model, state = known_ids.get(key, {}), by_id.get(key, {})
        repositories.items.append(
            {
                "name": model.get("name") or state.get("name"),
                "type": model.get("type") or state.get("type"),
                "total": _bytes(state.get("capacityGB")),
                "free": _bytes(state.get("freeGB")),
                "online": state.get("isOnline"),
            }
        )
    repositories.gaps += [*models.gaps, *states.gaps]


def _bytes(gigabytes: Any) -> Any:
    usable = isinstance(gigabytes, int | float) and not isinstance(gigabytes, bool) and 0 < gigabytes < 2**30
    return int(gigabytes * 2**30) if usable else None


def _configuration(record: Record, api: Api) -> None:
    response = api.get(f"{ROOT}/configBackup")
    items = record.lists["configuration_backup"]
    if response.failure or not isinstance(response.data, dict):
        items.gaps.append(_refused("configBackup", response, record))
        return
    last = response.data.get("lastSuccessfulBackup")
    items.items.append(
        {
            "enabled": response.data.get("isEnabled"),
            "encrypted": at(response.data, "encryption", "isEnabled"),
            "repository": response.data.get("backupRepositoryId"),
            "schedule": schedule_text(response.data.get("schedule")),
            "last_success": at(last, "lastSuccessfulTime") or at(last, "creationTime") or at(last, "endTime"),
        }
    )
