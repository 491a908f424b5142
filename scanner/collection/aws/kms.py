"""Collects keys of KMS in every region: state, rotation, policies, aliases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.aws.policies import Statement, foreign, open_actions, read
from scanner.collection.aws.session import Session, cell, choice, flag, moment, number, tags, text, word, worst
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation, Reply

LIST_KEYS = Operation("kms", "ListKeys", "kms:ListKeys", key="Keys", per="region")
DESCRIBE = Operation("kms", "DescribeKey", "kms:DescribeKey", per="key")
ROTATION = Operation("kms", "GetKeyRotationStatus", "kms:GetKeyRotationStatus", per="key")
POLICY = Operation("kms", "GetKeyPolicy", "kms:GetKeyPolicy", per="key")
ALIASES = Operation("kms", "ListAliases", "kms:ListAliases", key="Aliases", per="region")
TAGS = Operation("kms", "ListResourceTags", "kms:ListResourceTags", key="Tags", per="key")
FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.kms_alias": (ALIASES,),
    "aws.kms_key": (LIST_KEYS, DESCRIBE),
    "aws.kms_policy": (LIST_KEYS, DESCRIBE, POLICY),
    "aws.kms_rotation": (LIST_KEYS, DESCRIBE, ROTATION),
    "aws.kms_tags": (LIST_KEYS, DESCRIBE, TAGS),
}
_MANAGERS: Mapping[str, Cell] = {"CUSTOMER": "customer", "AWS": "aws"}
_STATES = (
    "Enabled",
    "Disabled",
    "PendingDeletion",
    "PendingReplicaDeletion",
    "PendingImport",
    "Creating",
    "Updating",
    "Unavailable",
)
_USAGES = ("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT")
_ORIGINS = ("AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")


@dataclass(frozen=True, slots=True)
class Key:
    """One key with what DescribeKey said."""

    arn: str
    region: str
    id: str
    row: Mapping[str, Cell]


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each region for its keys, and each key for what the facts take."""
    return [_collected(query, session) for query in queries]


def _collected(query: Query, session: Session) -> Evidence:
    provenance = session.provenance(FACTS[query.fact])
    if query.fact == "aws.kms_alias":
        rows, gap = _aliases(session)
        return Evidence(query, tuple(rows), gap, provenance)
    keys, gap = _keys(session)
    if query.fact == "aws.kms_key":
        return Evidence(query, tuple({**_head(key), **key.row} for key in keys), gap, provenance)
    if query.fact == "aws.kms_policy":
        rows = _asked(session, [key for key in keys if _ours(key)], POLICY, {"PolicyName": "default"}, _policy)
    elif query.fact == "aws.kms_tags":
        rows = _asked(session, [key for key in keys if _ours(key)], TAGS, {}, _tags)
    else:
        rows = _asked(session, [key for key in keys if _rotates(key)], ROTATION, {}, _rotation)
    return Evidence(query, tuple(rows), gap, provenance)


def _head(key: Key) -> Row:
    return {"arn": key.arn, "region": key.region, "id": key.id}


def _keys(session: Session) -> tuple[list[Key], Gap | None]:
    listed = session.list_everywhere(LIST_KEYS)
    gap, found = listed.gap, {}
    for region, item in listed.items:
        arn, key = text(item.get("KeyArn")), text(item.get("KeyId"))
        if not arn or not key:
            gap = worst(gap, error(f"{LIST_KEYS}: {region}: a key has no ARN or no id"))
            continue
        found[arn] = (region, key, Call.of(DESCRIBE, region, {"KeyId": key}))
    replies = session.ask_all([call for _, _, call in found.values()])
    return [Key(arn, region, key, _described(replies[call])) for arn, (region, key, call) in found.items()], gap


def _described(reply: Reply) -> Row:
    def data(page: Document) -> Document:
        found = page.get("KeyMetadata")
        if not isinstance(found, dict):
            raise TypeError("no description")
        return found

    def read(name: str, known: Mapping[str, Cell]) -> Cell:
        lost = error(f"{DESCRIBE}: {name} is not told")
        return cell(reply, lambda page: choice(data(page).get(name), known, none=lost))

    spec = "SYMMETRIC_DEFAULT"
    return {
        "manager": read("KeyManager", _MANAGERS),
        "state": read("KeyState", {each: each for each in _STATES}),
        "usage": cell(reply, lambda page: choice(data(page).get("KeyUsage"), {each: each for each in _USAGES})),
        "symmetric": cell(reply, lambda page: text(data(page).get("KeySpec")) == spec),
        "origin": read("Origin", {each: each for each in _ORIGINS}),
        "multi_region": cell(reply, lambda page: flag(data(page).get("MultiRegion"), none=False)),
        "replica": cell(reply, lambda page: _replica(data(page))),
        "deletion": cell(reply, lambda page: moment(data(page).get("DeletionDate"))),
        "created": cell(reply, lambda page: moment(data(page).get("CreationDate"))),
    }


def _replica(data: Document) -> Cell:
    found = data.get("MultiRegionConfiguration")
    return isinstance(found, dict) and found.get("MultiRegionKeyType") == "REPLICA"


def _ours(key: Key) -> bool:
    """Tell whether a key may be our own: one of which that is not known stays, with its gap."""
    return key.row["manager"] != "aws"


def _rotates(key: Key) -> bool:
    """Tell whether a key can rotate by itself, or may: what is not known does not leave it out."""
    wanted: Mapping[str, Cell] = {
        "manager": "customer",
        "state": "Enabled",
        "symmetric": True,
        "origin": "AWS_KMS",
        "replica": False,
    }
    return all(isinstance(key.row[name], Gap) or key.row[name] == value for name, value in wanted.items())


def _asked(
    session: Session,
    keys: Sequence[Key],
    operation: Operation,
    more: Mapping[str, str],
    read: Callable[[Reply, str], Row],
) -> list[Row]:
    """Ask each key; one that could not be described is asked nothing further, and has that gap in each cell."""
    calls = {key.arn: Call.of(operation, key.region, {"KeyId": key.id, **more}) for key in keys}
    asked = {key.arn: _gap(key) for key in keys}
    replies = session.ask_all([call for arn, call in calls.items() if asked[arn] is None])
    rows: list[Row] = []
    for key in keys:
        lost = asked[key.arn]
        reply = Reply(calls[key.arn]) if lost is not None else replies[calls[key.arn]]
        found = read(reply, session.account)
        rows.append({**_head(key), **(found if lost is None else dict.fromkeys(found, lost))})
    return rows


def _gap(key: Key) -> Gap | None:
    manager = key.row["manager"]
    return manager if isinstance(manager, Gap) else None


def _rotation(reply: Reply, _account: str) -> Row:
    unsaid = error(f"{ROTATION}: it does not say whether the key rotates")
    return {
        "enabled": cell(reply, lambda page: flag(page.get("KeyRotationEnabled"), none=unsaid)),
        "days": cell(reply, lambda page: number(page.get("RotationPeriodInDays"))),
        "next": cell(reply, lambda page: moment(page.get("NextRotationDate"))),
    }


def _tags(reply: Reply, _account: str) -> Row:
    """Read the tags, which KMS names by fields of its own."""
    listed = [{"Key": each.get("TagKey"), "Value": each.get("TagValue")} for each in reply.items]
    return {"tags": cell(reply, lambda _: tags(list(listed)))}


def _policy(reply: Reply, account: str) -> Row:
    policy = read(reply)
    return {
        "open_actions": policy if isinstance(policy, Gap) else open_actions(policy),
        "foreign_accounts": policy if isinstance(policy, Gap) else foreign(policy, account),
        "account_rules": policy if isinstance(policy, Gap) else any(_account_rules(each, account) for each in policy),
    }


def _account_rules(statement: Statement, account: str) -> bool:
    names = {name for name in statement.principals if name == account or name.endswith(f":{account}:root")}
    return bool(statement.allow and names and not statement.conditions and {"kms:*", "*"} & set(statement.actions))


def _aliases(session: Session) -> tuple[list[Row], Gap | None]:
    listed = session.list_everywhere(ALIASES)
    gap = listed.gap
    rows: dict[str, Row] = {}
    for region, item in listed.items:
        arn = text(item.get("AliasArn"))
        if not arn:
            gap = worst(gap, error(f"{ALIASES}: {region}: an alias has no ARN"))
            continue
        rows[arn] = {
            "arn": arn,
            "region": region,
            "name": word(item.get("AliasName")),
            "key": word(item.get("TargetKeyId")),
        }
    return list(rows.values()), gap
