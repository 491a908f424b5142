"""Collects instances and images of EC2, and what regions set for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.listing import ec2_arn, guarded, listed, must, per_region, strict
from scanner.collection.aws.session import (
    Listed,
    Session,
    choice,
    document,
    documents,
    flag,
    moment,
    number,
    tags,
    text,
    word,
    worst,
)
from scanner.model.evidence import Cell, Evidence, Gap, Query, error
from scanner.transport.cloud import Document, Operation, Value

INSTANCES = Operation("ec2", "DescribeInstances", "ec2:DescribeInstances", key="Reservations", per="region")
IMAGES = Operation("ec2", "DescribeImages", "ec2:DescribeImages", key="Images", per="region")
IMAGE_BLOCK = Operation("ec2", "GetImageBlockPublicAccessState", "ec2:GetImageBlockPublicAccessState", per="region")
METADATA = Operation("ec2", "GetInstanceMetadataDefaults", "ec2:GetInstanceMetadataDefaults", per="region")

FACTS: Mapping[str, tuple[Operation, ...]] = {
    "aws.ec2_image": (IMAGES,),
    "aws.ec2_image_block": (IMAGE_BLOCK,),
    "aws.ec2_instance": (INSTANCES,),
    "aws.ec2_metadata_default": (METADATA,),
}
_STATES: Mapping[str, Cell] = {
    name: name for name in ("pending", "running", "shutting-down", "stopping", "stopped", "terminated")
}
_TOKENS = {"required": "required", "optional": "optional"}
_SWITCH = {"enabled": True, "disabled": False}
_BLOCKED = {"block-new-sharing": True, "unblocked": False}


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each region once per list; terminated instances are left out."""
    return [_collect(query, session) for query in queries]


def _collect(query: Query, session: Session) -> Evidence:
    if query.fact == "aws.ec2_image_block":
        return per_region(
            query,
            session,
            IMAGE_BLOCK,
            {"blocked": lambda page: must(choice(page.get("ImageBlockPublicAccessState"), _BLOCKED))},
        )
    if query.fact == "aws.ec2_metadata_default":
        return per_region(query, session, METADATA, {"tokens": _default})
    if query.fact == "aws.ec2_image":
        found = session.list_everywhere(IMAGES, {"Owners": ["self"], "MaxResults": 1000})
        return listed(query, session, found, ec2_arn(session, "image", "ImageId", owned=False), _image, (IMAGES,))
    return listed(
        query, session, _instances(session), ec2_arn(session, "instance", "InstanceId"), _instance, (INSTANCES,)
    )


def _default(page: Document) -> Cell:
    """Read the default of a region; without one the API leaves it out, or says that it has no preference."""
    level = page.get("AccountLevel")
    if level is not None and not isinstance(level, dict):
        raise TypeError("no document")
    said = document(level).get("HttpTokens")
    return choice(None if said == "no-preference" else said, _TOKENS)


def _instances(session: Session) -> Listed:
    """Give the instances of all reservations that are not terminated; a reservation that cannot be read is a gap."""
    found = session.list_everywhere(INSTANCES, {"MaxResults": 1000})
    items: list[tuple[str, dict[str, Value]]] = []
    gaps: list[Gap | None] = [found.gap]
    for region, reservation in found.items:
        try:
            own = strict(reservation.get("Instances"))
        except TypeError:
            gaps.append(error(f"{region}: {INSTANCES}: a reservation cannot be read"))
            continue
        items += [(region, each) for each in own if document(each.get("State")).get("Name") != "terminated"]
    return Listed(tuple(items), worst(*gaps))


def _instance(item: Document, region: str) -> dict[str, Cell]:
    del region
    options = document(item.get("MetadataOptions"))
    return {
        "id": text(item.get("InstanceId")),
        "state": must(choice(document(item.get("State")).get("Name"), _STATES)),
        "metadata": must(choice(options.get("HttpEndpoint"), _SWITCH)),
        "tokens": must(choice(options.get("HttpTokens"), _TOKENS)),
        "hops": number(options.get("HttpPutResponseHopLimit")),
        "role": guarded(lambda: _role(item)),
        "public_addresses": guarded(lambda: _addresses(item)),
        "image": word(item.get("ImageId")),
        "launched": moment(item.get("LaunchTime")),
        "tags": tags(item.get("Tags")),
        "tagged": guarded(
            lambda: sorted(f"{text(each.get('Key'))}={text(each.get('Value'))}" for each in strict(item.get("Tags")))
        ),
    }


def _role(item: Document) -> Cell:
    profile = item.get("IamInstanceProfile")
    if profile is not None and not isinstance(profile, dict):
        raise TypeError("no document")
    return word(document(profile).get("Arn"))


def _addresses(item: Document) -> list[str]:
    """Give the public addresses of all interfaces; the instance itself tells only its first."""
    found = [text(item.get("PublicIpAddress")), text(item.get("Ipv6Address"))]
    for interface in strict(item.get("NetworkInterfaces")):
        found.append(text(document(interface.get("Association")).get("PublicIp")))
        found += [text(each.get("Ipv6Address")) for each in strict(interface.get("Ipv6Addresses"))]
        for each in documents(interface.get("PrivateIpAddresses")):
            found.append(text(document(each.get("Association")).get("PublicIp")))
    return sorted(set(filter(None, found)))


def _image(item: Document, region: str) -> dict[str, Cell]:
    del region
    return {
        "id": text(item.get("ImageId")),
        "name": word(item.get("Name")),
        "public": must(flag(item.get("Public"))),
        "created": guarded(lambda: _created(item)),
        "tags": tags(item.get("Tags")),
    }


def _created(item: Document) -> Cell:
    """Give the time of making an image, which the API writes with milliseconds."""
    said = text(item.get("CreationDate"))
    return moment(said[:19] + "Z" if len(said) > len("2026-11-20T00:00:00Z") else said)
