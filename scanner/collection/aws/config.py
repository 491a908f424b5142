"""Collects what AWS Config records in each region, and where the records go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.aws.session import Session, choice, document, documents, flag, gap_of, text, texts, word
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row, error
from scanner.transport.cloud import Call, Document, Operation, Reply

RECORDERS = Operation(
    "config",
    "DescribeConfigurationRecorders",
    "config:DescribeConfigurationRecorders",
    key="ConfigurationRecorders",
    per="region",
)
STATUS = Operation(
    "config",
    "DescribeConfigurationRecorderStatus",
    "config:DescribeConfigurationRecorderStatus",
    key="ConfigurationRecordersStatus",
    per="region",
)
CHANNELS = Operation(
    "config", "DescribeDeliveryChannels", "config:DescribeDeliveryChannels", key="DeliveryChannels", per="region"
)
FACTS: Mapping[str, tuple[Operation, ...]] = {"aws.config_recorder": (RECORDERS, STATUS, CHANNELS)}
_ENDS: Mapping[str, Cell] = {
    "SUCCESS": "success",
    "FAILURE": "failure",
    "PENDING": "pending",
    "NOTAPPLICABLE": "none",
    "NOT_APPLICABLE": "none",
}


def collect(queries: Sequence[Query], session: Session) -> list[Evidence]:
    """Ask each region; one row each, with gaps where it did not answer."""
    names, gap = session.regions()
    calls = {(name, each): Call.of(each, name) for name in names for each in (RECORDERS, STATUS, CHANNELS)}
    replies = session.ask_all(calls.values())
    rows = tuple(_row(name, *(replies[calls[name, each]] for each in (RECORDERS, STATUS, CHANNELS))) for name in names)
    return [Evidence(each, rows, gap, session.provenance(FACTS[each.fact])) for each in queries]


def _own(reply: Reply) -> Document | Gap | None:
    """Give the recorder that the account made (services have others of their own), its gap, or None when there is none."""
    gap = gap_of(reply)
    if gap is not None:
        return gap
    own = [each for each in reply.items if not text(each.get("servicePrincipal"))]
    whole = all(isinstance(each, dict) and text(each.get("name")) for each in _listed(reply))
    if len(own) > 1 or not whole:
        return error(f"{reply.call.operation}: the recorders cannot be read")
    return own[0] if own else None


def _listed(reply: Reply) -> list[object]:
    lists = [page.get(reply.call.operation.key) for page in reply.pages]
    return [each for listed in lists if isinstance(listed, list) for each in listed]


def _row(region: str, recorders: Reply, status: Reply, channels: Reply) -> Row:
    return {"region": region, **_recorder(_own(recorders)), **_state(_own(status)), **_channel(channels)}


def _recorder(found: Document | Gap | None) -> Row:
    names = ("name", "present", "everything", "global_resources", "excluded", "role")
    if isinstance(found, Gap):
        return dict.fromkeys(names, found)
    if found is None:
        return dict(zip(names, (ABSENT, False, False, False, [], ABSENT), strict=True))
    group = document(found.get("recordingGroup"))
    excluded = texts(document(group.get("exclusionByResourceTypes")).get("resourceTypes"))
    return {
        "name": word(found.get("name")),
        "present": True,
        "everything": flag(group.get("allSupported"), none=False),
        "global_resources": flag(group.get("includeGlobalResourceTypes"), none=False),
        "excluded": sorted(excluded),
        "role": word(found.get("roleARN")),
    }


def _state(found: Document | Gap | None) -> Row:
    if isinstance(found, Gap):
        return {"recording": found, "status": found}
    if found is None:
        return {"recording": False, "status": "none"}
    said = found.get("lastStatus")
    return {
        "recording": flag(found.get("recording"), none=error(f"{STATUS}: it does not say whether it records")),
        "status": choice(said.upper() if isinstance(said, str) else said, _ENDS, none="none"),
    }


def _channel(reply: Reply) -> Row:
    gap = gap_of(reply)
    found = _listed(reply)
    if gap is None and not all(isinstance(each, dict) for each in found):
        gap = error(f"{CHANNELS}: the channels cannot be read")
    if gap is not None:
        return {"channel": gap, "bucket": gap}
    first = documents(found[0])[0] if found else {}  # type: ignore[arg-type]
    return {"channel": bool(text(first.get("s3BucketName"))), "bucket": word(first.get("s3BucketName"))}
