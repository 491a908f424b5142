"""Collects users, groups, roles and policies of an account: all from one call with its pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.collection.aws.grants import by_exception, escalations, everything, statements_of, wide
from scanner.collection.aws.policies import Statement
from scanner.collection.aws.session import Session, document, documents, gap_of, moment, tags, text, word, worst
from scanner.collection.aws.trust import Trust, trust
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Operation, Value

DETAILS = Operation("iam", "GetAccountAuthorizationDetails", "iam:GetAccountAuthorizationDetails")
FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.iam_policy": (DETAILS,),
    "aws.iam_principal": (DETAILS,),
    "aws.iam_role": (DETAILS,),
}
KINDS = {"UserDetailList": "user", "GroupDetailList": "group", "RoleDetailList": "role"}
_INLINE = {"user": "UserPolicyList", "group": "GroupPolicyList", "role": "RolePolicyList"}
_NAME = {"user": "UserName", "group": "GroupName", "role": "RoleName"}
_POLICIES = "Policies"
_LINKED = "/aws-service-role/"
_ADMINISTRATOR = ":iam::aws:policy/AdministratorAccess"
"""The one policy of AWS that allows everything."""

Item = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Listed:
    """What the call brought."""

    principals: tuple[tuple[str, Item], ...]
    """Kind and description of each user, group and role."""
    policies: tuple[Item, ...]
    gap: Gap | None

    def own(self) -> dict[str, list[Statement] | Gap]:
        """Give the statements in force of each managed policy of the account, by ARN."""
        return {text(each.get("Arn")): _in_force(each) for each in self.policies}


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask once, and read each fact from the answer."""
    listed = _ask(session)
    made = {
        "aws.iam_principal": lambda: _principals(listed),
        "aws.iam_policy": lambda: _policies(listed),
        "aws.iam_role": lambda: _roles(listed, session.account),
    }
    return [Evidence(each, tuple(made[each.fact]()), listed.gap, session.provenance((DETAILS,))) for each in queries]


def _ask(session: Session) -> Listed:
    reply = session.ask(DETAILS, {"Filter": ["User", "Group", "Role", "LocalManagedPolicy"]})
    gap = gap_of(reply)
    found: dict[str, list[Item]] = {name: [] for name in (*KINDS, _POLICIES)}
    for name, items in found.items():
        lists = [page[name] for page in reply.pages if page.get(name) is not None]
        sound = [each for listed in lists for each in documents(listed) if text(each.get("Arn")).startswith("arn:")]
        items.extend({text(each["Arn"]): each for each in sound}.values())
        whole = bool(lists) and all(isinstance(each, list) for each in lists)
        count = sum(len(each) for each in lists if isinstance(each, list))
        if gap is None and not (whole and count == len(items)):
            gap = error(f"{DETAILS}: the list {name} cannot be read")
    principals = tuple((kind, each) for name, kind in KINDS.items() for each in found[name])
    return Listed(principals, tuple(found[_POLICIES]), gap)


def _linked(item: Item) -> bool:
    return text(item.get("Path")).startswith(_LINKED)


def _attached(item: Item) -> list[str] | Gap:
    listed = item.get("AttachedManagedPolicies")
    arns = [text(each.get("PolicyArn")) for each in documents(listed)]
    if not isinstance(listed, list) or not all(arns) or len(arns) != len(listed):
        return error(f"{DETAILS}: the attached policies cannot be read")
    return sorted(arns)


def _inline(kind: str, item: Item) -> list[tuple[str, list[Statement] | Gap]] | Gap:
    """Give names and statements of the policies that stand in a user, group or role."""
    listed = item.get(_INLINE[kind], [])
    found = [(text(each.get("PolicyName")), statements_of(each.get("PolicyDocument"))) for each in documents(listed)]
    if not isinstance(listed, list) or len(found) != len(listed) or not all(name for name, _ in found):
        return error(f"{DETAILS}: the inline policies cannot be read")
    return found


def _principals(listed: Listed) -> Iterator[Row]:
    own = listed.own()
    for kind, item in listed.principals:
        attached, inline = _attached(item), _inline(kind, item)
        groups = item.get("GroupList") if kind == "user" else []
        yield {
            "arn": text(item.get("Arn")),
            "name": word(item.get(_NAME[kind])),
            "kind": kind,
            "attached": attached,
            "inline": inline if isinstance(inline, Gap) else sorted(name for name, _ in inline),
            "groups": _names(groups),
            "boundary": word(document(item.get("PermissionsBoundary")).get("PermissionsBoundaryArn")),
            "everything_by": _everything_by(attached, inline, own, listed.gap),
            "service_linked": _linked(item),
            "tags": tags(item.get("Tags")),
        }


def _names(value: Value) -> Cell:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return error(f"{DETAILS}: the groups cannot be read")
    return sorted(text(each) for each in value)


def _everything_by(
    attached: list[str] | Gap,
    inline: list[tuple[str, list[Statement] | Gap]] | Gap,
    own: Mapping[str, list[Statement] | Gap],
    lost: Gap | None,
) -> Cell:
    """Name the policies that allow everything; one that cannot be read leaves open whether there are more."""
    if isinstance(attached, Gap) or isinstance(inline, Gap):
        return worst(*(each for each in (attached, inline) if isinstance(each, Gap))) or error("no policies")
    held: list[tuple[str, list[Statement] | Gap]] = list(inline)
    found = []
    for arn in attached:
        if ":iam::aws:policy/" not in arn:
            unread = lost or error(f"{DETAILS}: the policy {arn} was not told")
            held.append((arn.rpartition("/")[2], own.get(arn, unread)))
        elif arn.endswith(_ADMINISTRATOR):
            found.append(arn.rpartition("/")[2])
    gaps = [each for _, each in held if isinstance(each, Gap)]
    found += [name for name, each in held if not isinstance(each, Gap) and everything(each)]
    if not found and gaps:
        return gaps[0]
    return sorted(found)


def _in_force(policy: Item) -> list[Statement] | Gap:
    versions = documents(policy.get("PolicyVersionList"))
    default = [each for each in versions if each.get("IsDefaultVersion") is True]
    if len(default) != 1:
        return error(f"{DETAILS}: the version in force cannot be told")
    return statements_of(default[0].get("Document"))


def _policies(listed: Listed) -> Iterator[Row]:
    for each in listed.policies:
        count = each.get("AttachmentCount")
        bounds = each.get("PermissionsBoundaryUsageCount") or 0
        known = isinstance(count, int) and isinstance(bounds, int)
        yield {
            "arn": text(each.get("Arn")),
            "name": text(each.get("PolicyName")) or text(each.get("Arn")).rpartition("/")[2],
            "kind": "managed",
            "used": bool(count) if known else error(f"{DETAILS}: it does not say whether the policy is attached"),
            **_read(_in_force(each)),
        }
    for kind, item in listed.principals:
        inline = _inline(kind, item)
        if isinstance(inline, Gap):
            yield _policy_row(item, "(unread)", inline)
            continue
        yield from (_policy_row(item, name, statements) for name, statements in dict(inline).items())


def _policy_row(item: Item, name: str, statements: list[Statement] | Gap) -> Row:
    return {"arn": text(item.get("Arn")), "name": name, "kind": "inline", "used": True, **_read(statements)}


def _read(statements: list[Statement] | Gap) -> Row:
    if isinstance(statements, Gap):
        return dict.fromkeys(("everything", "by_exception", "wide", "escalations"), statements)
    return {
        "everything": everything(statements),
        "by_exception": by_exception(statements),
        "wide": wide(statements),
        "escalations": escalations(statements),
    }


def _roles(listed: Listed, account: str) -> Iterator[Row]:
    for kind, item in listed.principals:
        if kind != "role":
            continue
        statements = statements_of(item.get("AssumeRolePolicyDocument"))
        found = statements if isinstance(statements, Gap) else trust(statements, account)
        yield {
            "arn": text(item.get("Arn")),
            "name": word(item.get("RoleName")),
            "service_linked": _linked(item),
            **{name: found if isinstance(found, Gap) else getattr(found, name) for name in Trust.FIELDS},
            "used": moment(document(item.get("RoleLastUsed")).get("LastUsedDate")),
            "tags": tags(item.get("Tags")),
        }
