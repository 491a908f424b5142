"""What a trail's event selectors cover as a whole, of the classic and of the advanced kind."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.collection.aws.session import documents, text, texts
from scanner.transport.cloud import Document, Value

_TYPES: Mapping[str, tuple[str, ...]] = {"All": ("reads", "writes"), "ReadOnly": ("reads",), "WriteOnly": ("writes",)}
_OBJECT = "AWS::S3::Object"
_NOISE = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
"""Sources of so many management events that AWS offers to leave them out."""
_LISTS = ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")


def covered(page: Document, partition: str) -> set[str]:
    """Give which of `management_reads`, `management_writes`, `object_reads`, `object_writes` are covered as a whole.

    A selector that leaves anything out covers nothing as a whole. Raises TypeError for an answer without selectors.
    """
    classic, advanced = page.get("EventSelectors"), page.get("AdvancedEventSelectors")
    if not isinstance(classic, list) and not isinstance(advanced, list):
        raise TypeError("no selectors")
    found: set[str] = set()
    for each in documents(classic):
        found |= _classic(each, partition)
    for each in documents(advanced):
        found |= _advanced(each, partition)
    return found


def _classic(selector: Document, partition: str) -> set[str]:
    kinds = _TYPES.get(text(selector.get("ReadWriteType")), ())
    found = set()
    if selector.get("IncludeManagementEvents") is True and _only_noise(selector.get("ExcludeManagementEventSources")):
        found |= {f"management_{kind}" for kind in kinds}
    for each in documents(selector.get("DataResources")):
        values = texts(each.get("Values"))
        if each.get("Type") == _OBJECT and any(_all_buckets(value, partition) for value in values):
            found |= {f"object_{kind}" for kind in kinds}
    return found


def _only_noise(sources: Value) -> bool:
    return set(texts(sources)) <= _NOISE


def _all_buckets(prefix: str, partition: str) -> bool:
    return prefix in (f"arn:{partition}:s3", f"arn:{partition}:s3:::")


def _advanced(selector: Document, partition: str) -> set[str]:
    """Read one advanced selector, whose fields must all hold; one that narrows in any other way covers nothing."""
    fields = documents(selector.get("FieldSelectors"))
    category = kind = ""
    wanted: tuple[str, ...] = ("reads", "writes")
    for each in fields:
        name = text(each.get("Field"))
        given = {word: texts(each[word]) for word in _LISTS if each.get(word)}
        if name == "eventCategory" and list(given) == ["Equals"]:
            category = given["Equals"][0] if len(given["Equals"]) == 1 else ""
        elif name == "resources.type" and list(given) == ["Equals"]:
            kind = _OBJECT if _OBJECT in given["Equals"] else "other"
        elif name == "readOnly" and list(given) == ["Equals"] and len(given["Equals"]) == 1:
            wanted = ("reads",) if given["Equals"] == ["true"] else ("writes",)
        elif not _harmless(name, given, partition):
            return set()
    if category == "Management":
        return {f"management_{each}" for each in wanted}
    if category == "Data" and kind == _OBJECT:
        return {f"object_{each}" for each in wanted}
    return set()


def _harmless(name: str, given: Mapping[str, list[str]], partition: str) -> bool:
    """Tell whether a field leaves nothing out that matters."""
    if name == "eventSource" and list(given) == ["NotEquals"]:
        return set(given["NotEquals"]) <= _NOISE
    if name == "resources.ARN" and list(given) == ["StartsWith"]:
        return any(_all_buckets(value, partition) for value in given["StartsWith"])
    return False
