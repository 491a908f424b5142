"""Collects who may reach S3 buckets: public access blocks, policies, access control lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.buckets import BUCKET_LOCATION, LIST_BUCKETS, Bucket, per_bucket
from scanner.collection.aws.policies import foreign, open_actions, read, tls_only
from scanner.collection.aws.session import Session, cell, choice, document, documents, flag, gap_of, text
from scanner.model.evidence import Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Document, Operation, Reply

ACCOUNT_BLOCK = Operation(
    "s3control",
    "GetPublicAccessBlock",
    "s3:GetAccountPublicAccessBlock",
    absent=("NoSuchPublicAccessBlockConfiguration",),
)
BUCKET_BLOCK = Operation(
    "s3",
    "GetPublicAccessBlock",
    "s3:GetBucketPublicAccessBlock",
    absent=("NoSuchPublicAccessBlockConfiguration",),
    per="bucket",
)
POLICY = Operation("s3", "GetBucketPolicy", "s3:GetBucketPolicy", absent=("NoSuchBucketPolicy",), per="bucket")
POLICY_STATUS = Operation(
    "s3", "GetBucketPolicyStatus", "s3:GetBucketPolicyStatus", absent=("NoSuchBucketPolicy",), per="bucket"
)
ACL = Operation("s3", "GetBucketAcl", "s3:GetBucketAcl", per="bucket")
OWNERSHIP = Operation(
    "s3",
    "GetBucketOwnershipControls",
    "s3:GetBucketOwnershipControls",
    absent=("OwnershipControlsNotFoundError",),
    per="bucket",
)

_LISTING = (LIST_BUCKETS, BUCKET_LOCATION)
FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.s3_account": (ACCOUNT_BLOCK,),
    "aws.s3_acl": (*_LISTING, ACL, OWNERSHIP),
    "aws.s3_policy": (*_LISTING, POLICY, POLICY_STATUS),
    "aws.s3_public_block": (*_LISTING, BUCKET_BLOCK, ACCOUNT_BLOCK),
}
SWITCHES = {
    "block_acls": "BlockPublicAcls",
    "ignore_acls": "IgnorePublicAcls",
    "block_policy": "BlockPublicPolicy",
    "restrict": "RestrictPublicBuckets",
}
_OWNERSHIPS = {each: each for each in ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")}
_GROUPS = {"AllUsers": "everyone", "AuthenticatedUsers": "all AWS users"}


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask the account and each bucket."""
    return [_collected(query, session) for query in queries]


def _collected(query: Query, session: Session) -> Evidence:
    if query.fact == "aws.s3_acl":
        return per_bucket(query, session, (ACL, OWNERSHIP), _acl)
    if query.fact == "aws.s3_policy":
        return per_bucket(
            query, session, (POLICY, POLICY_STATUS), lambda bucket, replies: _policy(bucket, replies, session.account)
        )
    account = switches(session.ask(ACCOUNT_BLOCK, {"AccountId": session.account}))
    if query.fact == "aws.s3_account":
        row: Row = {"arn": f"arn:{session.partition}:s3:::account/{session.account}", **account}
        return Evidence(query, (row,), provenance=session.provenance(FACTS[query.fact]))

    def block(_bucket: Bucket, replies: Mapping[Operation, Reply]) -> Row:
        own = switches(replies[BUCKET_BLOCK])
        return {
            **{name: either(own[name], account[name]) for name in SWITCHES},
            **{f"own_{name}": own[name] for name in SWITCHES},
        }

    return per_bucket(query, session, (BUCKET_BLOCK,), block)


def switches(reply: Reply) -> dict[str, Cell]:
    """Read the four switches; where nothing is set they are all off."""
    return {
        name: cell(
            reply,
            lambda page, said=said: flag(document(page.get("PublicAccessBlockConfiguration")).get(said), none=False),  # type: ignore[misc]
            none=False,
        )
        for name, said in SWITCHES.items()
    }


def either(one: Cell, other: Cell) -> Cell:
    """Give what is in force of two: on when either is; what is not known decides nothing then."""
    if one is True or other is True:
        return True
    return next((each for each in (one, other) if isinstance(each, Gap)), False)


def _policy(bucket: Bucket, replies: Mapping[Operation, Reply], account: str) -> Row:
    reply = replies[POLICY]
    gap, policy = gap_of(reply), read(reply)
    return {
        "present": gap if gap is not None else not reply.missing,
        "public": is_public(replies[POLICY_STATUS]),
        "public_actions": policy if isinstance(policy, Gap) else open_actions(policy),
        "tls_only": policy if isinstance(policy, Gap) else tls_only(policy, bucket.arn),
        "foreign_accounts": policy if isinstance(policy, Gap) else foreign(policy, account),
    }


def is_public(status: Reply) -> Cell:
    """Tell what S3 itself says of a policy, of a bucket or an access point; no policy is not public."""
    unsaid = error("the API did not say whether the policy is public")
    return cell(status, lambda page: flag(document(page.get("PolicyStatus")).get("IsPublic"), none=unsaid), none=False)


def _acl(_bucket: Bucket, replies: Mapping[Operation, Reply]) -> Row:
    reply = replies[ACL]
    return {
        "public_grants": cell(reply, _grants),
        "foreign_grants": cell(reply, _strangers),
        "ownership": cell(replies[OWNERSHIP], _ownership),
    }


def _grants(page: Document) -> Cell:
    """Give the rights that groups beyond the account hold: `everyone: READ`."""
    found = []
    for each in _listed(page):
        uri = text(document(each.get("Grantee")).get("URI"))
        group = _GROUPS.get(uri.rpartition("/groups/global/")[2])
        if group:
            found.append(f"{group}: {text(each.get('Permission'))}")
    return sorted(found)


def _strangers(page: Document) -> Cell:
    owner = text(document(page.get("Owner")).get("ID"))
    grantees = [document(each.get("Grantee")) for each in _listed(page)]
    return sorted({text(each.get("ID")) for each in grantees if text(each.get("ID")) not in ("", owner)})


def _listed(page: Document) -> list[Document]:
    if not isinstance(page.get("Grants"), list):
        raise TypeError("no list of grants")
    return list(documents(page["Grants"]))


def _ownership(page: Document) -> Cell:
    rules = documents(document(page.get("OwnershipControls")).get("Rules"))
    if len(rules) != 1:
        return error(f"{OWNERSHIP}: the rules cannot be read")
    return choice(rules[0].get("ObjectOwnership"), _OWNERSHIPS)
