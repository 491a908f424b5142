"""What identity policies allow: everything, delicate actions on anything, and ways to more rights."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from urllib.parse import unquote

from scanner.collection.aws.policies import Statement, parse
from scanner.model.evidence import Gap, error
from scanner.transport.cloud import Value

DELICATE = (
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateTrail",
    "config:DeleteConfigurationRecorder",
    "config:StopConfigurationRecorder",
    "kms:Decrypt",
    "kms:PutKeyPolicy",
    "kms:ReEncryptFrom",
    "kms:ScheduleKeyDeletion",
    "sts:AssumeRole",
)
"""Actions that undo a protection when they are allowed on any resource."""
_ALONE = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "lambda:UpdateFunctionCode",
)
_PASS = "iam:PassRole"
_WITH_PASS = (
    "autoscaling:CreateLaunchConfiguration",
    "batch:RegisterJobDefinition",
    "cloudformation:CreateStack",
    "codebuild:CreateProject",
    "datapipeline:CreatePipeline",
    "ec2:AssociateIamInstanceProfile",
    "ec2:RunInstances",
    "ecs:RegisterTaskDefinition",
    "glue:CreateDevEndpoint",
    "glue:CreateJob",
    "lambda:CreateFunction",
    "sagemaker:CreateNotebookInstance",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
    "ssm:StartAutomationExecution",
    "states:CreateStateMachine",
)
"""What runs as a role that is passed to it."""
_NAMED = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:(?:.*[:/])?[^*?:/]+\*?")
"""A resource whose last part begins with a name of its own."""


def statements_of(document: Value) -> list[Statement] | Gap:
    """Read a policy document as the API gives it: decoded, as JSON, or as JSON for addresses."""
    try:
        if isinstance(document, str):
            return parse(document if document.lstrip().startswith("{") else unquote(document))
        return parse(json.dumps(document))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as odd:
        return error(f"the policy cannot be read: {str(odd)[:80]}")


def everything(statements: Iterable[Statement]) -> bool:
    """Tell whether some statement allows every action on every resource; conditions do not lessen that."""
    return any(
        each.allow
        and not each.other_actions
        and any(re.fullmatch(r"\*+|\*+:\*+", action) for action in each.actions)
        and _any_resource(each)
        for each in statements
    )


def by_exception(statements: Iterable[Statement]) -> bool:
    """Tell whether some statement allows all actions but those that it names, on every resource."""
    return any(each.allow and each.other_actions and _any_resource(each) for each in statements)


def wide(statements: Sequence[Statement], watched: Iterable[str] = DELICATE) -> list[str]:
    """Give the watched actions that are allowed on resources of any name, sorted."""
    return sorted(action for action in watched if _allowed(statements, action))


def escalations(statements: Sequence[Statement]) -> list[str]:
    """Give the actions, and pairs with `iam:PassRole`, that lead to more rights, sorted."""
    alone = wide(statements, _ALONE)
    pairs = wide(statements, _WITH_PASS) if _allowed(statements, _PASS) else []
    return alone + [f"{_PASS} with {each}" for each in pairs]


def _allowed(statements: Sequence[Statement], action: str) -> bool:
    denied = any(
        not each.allow and not each.conditions and _any_resource(each) and _speaks_of(each, action)
        for each in statements
    )
    return not denied and any(each.allow and _unnamed(each) and _speaks_of(each, action) for each in statements)


def _speaks_of(statement: Statement, action: str) -> bool:
    named = any(_pattern(each.lower()).fullmatch(action.lower()) for each in statement.actions)
    return named is not statement.other_actions


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in re.sub(r"\*+", "*", text).split("*"))
    return re.compile(".*".join(parts).replace(r"\?", "."))


def _any_resource(statement: Statement) -> bool:
    """Tell whether a statement is about all resources; one that leaves some out still is about nearly all."""
    return statement.other_resources or any(set(each) == {"*"} for each in statement.resources)


def _unnamed(statement: Statement) -> bool:
    """Tell whether a statement is about resources of any name: all, or all of a kind."""
    return statement.other_resources or any(not _NAMED.fullmatch(each) for each in statement.resources)
