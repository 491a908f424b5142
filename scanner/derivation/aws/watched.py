"""What of an account is to be watched: for each subject the events that CloudTrail writes of it."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.aws.filter_patterns import Event

_COMMON: Event = {
    "eventType": "AwsApiCall",
    "errorCode": None,
    "errorMessage": None,
    "sourceIPAddress": "198.51.100.7",
    "userIdentity.invokedBy": None,
    "userIdentity.type": "IAMUser",
}
"""What events have in common, so that a pattern may leave out services of AWS and calls that failed."""


def _calls(service: str, names: str) -> dict[str, Event]:
    """Give the event of each call of a service."""
    return {name: {**_COMMON, "eventSource": f"{service}.amazonaws.com", "eventName": name} for name in names.split()}


def _refused(code: str) -> Event:
    return {**_COMMON, "eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "errorCode": code}


def _sign_in(**more: str | None) -> Event:
    named = {name.replace("__", "."): value for name, value in more.items()}
    shape = {"eventType": "AwsConsoleSignIn", "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"}
    return {**_COMMON, **shape, **named}


EVENTS: Mapping[str, Mapping[str, Event]] = {
    "refused_calls": {each: _refused(each) for each in ("Client.UnauthorizedOperation", "AccessDenied")},
    "sign_in_without_mfa": {
        "ConsoleLogin": _sign_in(additionalEventData__MFAUsed="No", responseElements__ConsoleLogin="Success")
    },
    "root_use": {
        "call of root": {**_calls("ec2", "RunInstances")["RunInstances"], "userIdentity.type": "Root"},
        "sign-in of root": _sign_in(userIdentity__type="Root", responseElements__ConsoleLogin="Success"),
    },
    "iam_policies": _calls(
        "iam",
        "PutGroupPolicy PutRolePolicy PutUserPolicy DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy "
        "CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachGroupPolicy AttachRolePolicy "
        "AttachUserPolicy DetachGroupPolicy DetachRolePolicy DetachUserPolicy",
    ),
    "trails": _calls("cloudtrail", "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
    "failed_sign_in": {
        "ConsoleLogin": _sign_in(errorMessage="Failed authentication", responseElements__ConsoleLogin="Failure")
    },
    "keys": _calls("kms", "DisableKey ScheduleKeyDeletion"),
    "bucket_policies": _calls(
        "s3",
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy "
        "DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
    ),
    "config": _calls(
        "config", "StopConfigurationRecorder PutConfigurationRecorder PutDeliveryChannel DeleteDeliveryChannel"
    ),
    "security_groups": _calls(
        "ec2",
        "CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress "
        "RevokeSecurityGroupIngress RevokeSecurityGroupEgress",
    ),
    "network_acls": _calls(
        "ec2",
        "CreateNetworkAcl DeleteNetworkAcl CreateNetworkAclEntry DeleteNetworkAclEntry ReplaceNetworkAclEntry "
        "ReplaceNetworkAclAssociation",
    ),
    "gateways": _calls(
        "ec2",
        "CreateCustomerGateway DeleteCustomerGateway CreateInternetGateway DeleteInternetGateway "
        "AttachInternetGateway DetachInternetGateway",
    ),
    "route_tables": _calls(
        "ec2",
        "CreateRoute ReplaceRoute DeleteRoute CreateRouteTable DeleteRouteTable ReplaceRouteTableAssociation "
        "DisassociateRouteTable",
    ),
    "vpcs": _calls(
        "ec2",
        "CreateVpc DeleteVpc ModifyVpcAttribute CreateVpcPeeringConnection AcceptVpcPeeringConnection "
        "RejectVpcPeeringConnection DeleteVpcPeeringConnection",
    ),
    "organization": _calls(
        "organizations",
        "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake "
        "DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType EnablePolicyType "
        "InviteAccountToOrganization LeaveOrganization MoveAccount RemoveAccountFromOrganization UpdatePolicy "
        "UpdateOrganizationalUnit",
    ),
}
"""Subject > event > what CloudTrail writes of it. All of a subject's events must lead to an alarm."""
