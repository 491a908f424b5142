"""Collects plans, selections, vaults and protected resources of AWS Backup."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from scanner.collection.aws.listing import field_arn, listed, must, strict
from scanner.collection.aws.session import Session, cell, document, flag, gap_of, moment, number, text, word
from scanner.model.evidence import ABSENT, Cell, Evidence, Query
from scanner.transport.cloud import Call, Document, Operation, Reply

PLANS = Operation("backup", "ListBackupPlans", "backup:ListBackupPlans", key="BackupPlansList", per="region")
PLAN = Operation("backup", "GetBackupPlan", "backup:GetBackupPlan", per="plan")
SELECTIONS = Operation(
    "backup", "ListBackupSelections", "backup:ListBackupSelections", key="BackupSelectionsList", per="plan"
)
VAULTS = Operation("backup", "ListBackupVaults", "backup:ListBackupVaults", key="BackupVaultList", per="region")
PROTECTED = Operation("backup", "ListProtectedResources", "backup:ListProtectedResources", key="Results", per="region")

FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.backup_plan": (PLANS, PLAN),
    "aws.backup_resource": (PROTECTED,),
    "aws.backup_selection": (PLANS, SELECTIONS),
    "aws.backup_vault": (VAULTS,),
}


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each region for its lists, and each plan for what it says."""
    return [_collect(query, session) for query in queries]


def _collect(query: Query, session: Session) -> Evidence:
    if query.fact == "aws.backup_vault":
        found = session.list_everywhere(VAULTS)
        return listed(query, session, found, field_arn("BackupVaultArn"), _vault, (VAULTS,))
    if query.fact == "aws.backup_resource":
        found = session.list_everywhere(PROTECTED)
        return listed(query, session, found, field_arn("ResourceArn"), _resource, (PROTECTED,))
    return _plans(query, session)


def _vault(item: Document, region: str) -> dict[str, Cell]:
    del region
    return {
        "name": text(item.get("BackupVaultName")),
        "key": word(item.get("EncryptionKeyArn")),
        "points": number(item.get("NumberOfRecoveryPoints")),
        "locked": flag(item.get("Locked"), none=False),
        "least_days": number(item.get("MinRetentionDays")),
        "fixed_from": moment(item.get("LockDate")),
    }


def _resource(item: Document, region: str) -> dict[str, Cell]:
    del region
    return {
        "kind": word(item.get("ResourceType")),
        "name": word(item.get("ResourceName")),
        "last_backup": must(moment(item.get("LastBackupTime"))),
    }


def _plans(query: Query, session: Session) -> Evidence:
    """Give a row per plan, from one more call for each."""
    found = session.list_everywhere(PLANS)
    operation = FACTS[query.fact][1]

    def call(item: Document, region: str) -> Call:
        return Call.of(operation, region, {"BackupPlanId": text(item.get("BackupPlanId"))})

    replies = session.ask_all([call(item, region) for region, item in found.items])

    def row(item: Document, region: str) -> dict[str, Cell]:
        reply = replies[call(item, region)]
        cells = _plan(reply, region, session.account) if operation is PLAN else _selections(reply)
        return {"name": word(item.get("BackupPlanName")), **cells}

    return listed(query, session, found, field_arn("BackupPlanArn"), row, FACTS[query.fact])


def _selections(reply: Reply) -> dict[str, Cell]:
    gap = gap_of(reply)
    return {"selections": gap if gap is not None else len(list(reply.items))}


def _plan(reply: Reply, region: str, account: str) -> dict[str, Cell]:
    def rules(page: Document) -> list[Document]:
        plan = page.get("BackupPlan")
        if not isinstance(plan, dict):
            raise TypeError("no plan")
        return list(strict(plan.get("Rules")))

    def of(read: Callable[[list[Document]], Cell]) -> Cell:
        return cell(reply, lambda page: read(rules(page)))

    return {
        "rules": of(len),
        "schedules": of(lambda own: _texts(own, "ScheduleExpression")),
        "vaults": of(lambda own: _texts(own, "TargetBackupVaultName")),
        "kept_days": of(_kept),
        "copies": of(_copies),
        "copied_elsewhere": of(lambda own: any(_elsewhere(each, region, account) for each in _copies(own))),
        "continuous": of(lambda own: any(each.get("EnableContinuousBackup") is True for each in own)),
    }


def _texts(rules: Sequence[Document], field: str) -> list[str]:
    return sorted({text(each.get(field)) for each in rules} - {""})


def _kept(rules: Sequence[Document]) -> Cell:
    """Give the longest term, ABSENT where a rule has none: it keeps for ever."""
    terms = [number(document(each.get("Lifecycle")).get("DeleteAfterDays")) for each in rules]
    if not terms or ABSENT in terms or -1 in terms:
        return ABSENT
    return next((each for each in terms if not isinstance(each, int)), None) or max(
        each for each in terms if isinstance(each, int)
    )


def _copies(rules: Sequence[Document]) -> list[str]:
    actions = [action for each in rules for action in strict(each.get("CopyActions"))]
    return sorted({text(each.get("DestinationBackupVaultArn")) for each in actions} - {""})


def _elsewhere(vault: str, region: str, account: str) -> bool:
    parts = vault.split(":")
    return len(parts) > 5 and (parts[3], parts[4]) != (region, account)
