"""Checks a SARIF log against what consumers demand beyond the schema; a finding is a sentence, none is good."""

from __future__ import annotations

import gzip
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

_LIMITS: Final = {"runs": 20, "results": 25_000, "rules": 25_000, "locations": 1_000, "tags": 20, "shown tags": 10}
_TEXT: Final = 1024
_PACKED: Final = 10 * 2**20
"""Bytes of an upload, packed by gzip."""
_LEVELS: Final = frozenset({"none", "note", "warning", "error"})
_KINDS: Final = frozenset({"pass", "fail", "open", "review", "notApplicable", "informational"})
_STATES: Final = frozenset({"new", "unchanged", "updated", "absent"})
_REGION: Final = ("startLine", "startColumn", "endLine", "endColumn")
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_URI = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-Fa-f]{2})+")


def check_file(data: bytes, *, limits: bool = True) -> list[str]:
    """Give every objection to a file; what is no log at all is told in one sentence."""
    try:
        log = json.loads(data)
        if not isinstance(log, dict):
            return ["log: not a JSON object"]
        found = check(log, limits=limits)
    except (ValueError, RecursionError) as problem:
        return [f"log: not JSON: {problem}"]
    except (AttributeError, TypeError, KeyError, IndexError) as problem:
        return [f"log: not of the shape of SARIF: {problem}"]
    packed = len(gzip.compress(data, 6)) if limits and len(data) > _PACKED else 0
    if packed > _PACKED:
        found.append(f"log: {packed / 2**20:.1f} MiB packed, more than 10")
    return found


def check(log: Mapping[str, Any], *, limits: bool = True) -> list[str]:
    """Give every objection to a decoded log, each as `place: what is wrong`.

    Sources: GitHub's code scanning SARIF support page, the OASIS schema, GitLab's ingestion. `limits` off leaves
    out the counts that only code scanning sets.
    """
    return list(_log(log, limits))


def _log(log: Mapping[str, Any], limits: bool) -> Iterator[str]:
    runs = log.get("runs", [])
    if log.get("version") != "2.1.0" or not log.get("$schema"):
        yield "log: version is not 2.1.0, or $schema is missing"
    if not runs or (limits and len(runs) > _LIMITS["runs"]):
        yield f"log: {len(runs)} runs"
    categories = Counter(run.get("automationDetails", {}).get("id", "").rpartition("/")[0] for run in runs)
    yield from (f"log: {count} runs in category '{name}'" for name, count in categories.items() if count > 1)
    yield from _values(log, "log")
    for run in runs:
        yield from _run(run, limits)


def _values(value: Any, place: str) -> Iterator[str]:
    """Walk every value: no NaN or infinity, no text that cannot be encoded, GUIDs of versions 1 to 5."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name == "guid" and not (isinstance(item, str) and _GUID.fullmatch(item)):
                yield f"{place}.guid: not a GUID of version 1 to 5: {item}"
            yield from _values(item, f"{place}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _values(item, f"{place}[{number}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{place}: {value} is no JSON number"
    elif isinstance(value, str) and re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", value):
        yield f"{place}: control character or lone surrogate"


def _run(run: Mapping[str, Any], limits: bool) -> Iterator[str]:
    driver = run.get("tool", {}).get("driver", {})
    rules = driver.get("rules", [])
    results = run.get("results")
    if not driver.get("name"):
        yield "driver: no name"
    if results is None:
        yield "run: no results"
        return
    for name, count in (("rules", len(rules)), ("results", len(results))):
        if limits and count > _LIMITS[name]:
            yield f"run: {count} {name}, more than {_LIMITS[name]}"
    ids = Counter(rule.get("id") for rule in rules)
    yield from (f"rules: '{name}' stands {count} times" for name, count in ids.items() if count > 1)
    for rule in rules:
        yield from _rule(rule)
    for number, result in enumerate(results):
        yield from (f"results[{number}]: {said}" for said in _result(result, rules))
    yield from _references(run, rules)
    marks = Counter(result.get("partialFingerprints", {}).get("complianceFinding/v1") for result in results)
    yield from (f"results: fingerprint {mark} stands {count} times" for mark, count in marks.items() if count > 1)


def _references(run: Mapping[str, Any], rules: list[Mapping[str, Any]]) -> Iterator[str]:
    """Check what refers to something by index: taxonomies by rules and taxa, rules by notifications."""
    taxonomies = run.get("taxonomies", [])
    named = run["tool"]["driver"].get("supportedTaxonomies", [])
    for taxonomy in taxonomies:
        ids = Counter(taxon.get("id") for taxon in taxonomy.get("taxa", []))
        yield from (f"taxonomy {taxonomy.get('name')}: '{name}' stands {n} times" for name, n in ids.items() if n > 1)
        named = [*named, *(_component(each) for taxon in taxonomy.get("taxa", []) for each in _related(taxon))]
    named = [*named, *(_component(each) for rule in rules for each in _related(rule))]
    for component in named:
        index = component.get("index", -1)
        there = taxonomies[index] if 0 <= index < len(taxonomies) else {}
        if not there or there.get("guid") != component.get("guid") or there.get("name") != component.get("name"):
            yield f"taxonomy {component.get('name')}: index {index} and guid lead to none, or to another"
    for invocation in run.get("invocations", []):
        if "executionSuccessful" not in invocation:
            yield "invocation: it does not say whether it was successful"
        for note in invocation.get("toolExecutionNotifications", []):
            rule = note.get("associatedRule")
            if rule and (not 0 <= rule["index"] < len(rules) or rules[rule["index"]].get("id") != rule["id"]):
                yield f"notification: index {rule['index']} is not the rule {rule['id']}"
            if not note.get("message", {}).get("text"):
                yield "notification: no message"


def _related(descriptor: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return descriptor.get("relationships", [])  # type: ignore[no-any-return]


def _component(relationship: Mapping[str, Any]) -> Mapping[str, Any]:
    return relationship.get("target", {}).get("toolComponent", {})  # type: ignore[no-any-return]


def _rule(rule: Mapping[str, Any]) -> Iterator[str]:
    place = f"rule {rule.get('id')}"
    for name in ("shortDescription", "fullDescription"):
        text = rule.get(name, {}).get("text", "")
        if not text or len(text) > _TEXT:
            yield f"{place}: {name} has {len(text)} characters"
    if not rule.get("id") or not rule.get("help", {}).get("text"):
        yield f"{place}: no id or no help text"
    if len(rule.get("name", "")) > 255:
        yield f"{place}: name is longer than 255"
    properties = rule.get("properties", {})
    tags = properties.get("tags", [])
    if len(tags) > _LIMITS["shown tags"] or len(set(tags)) != len(tags) or not all(tags):
        yield f"{place}: {len(tags)} tags, repeated or empty ones among them, or more than are shown"
    score = properties.get("security-severity", "")
    if not re.fullmatch(r"\d+(\.\d+)?", score) or not 0 < float(score) <= 10 or "security" not in tags:
        yield f"{place}: security-severity '{score}' is no number above 0, or the tag security is missing"


def _result(result: Mapping[str, Any], rules: list[Mapping[str, Any]]) -> Iterator[str]:
    index = result.get("ruleIndex", -1)
    if not 0 <= index < len(rules) or rules[index].get("id") != result.get("ruleId") or not result.get("ruleId"):
        yield f"ruleIndex {index} is not {result.get('ruleId')}"
    if not result.get("message", {}).get("text"):
        yield "no message"
    kind, level = result.get("kind", "fail"), result.get("level", "warning")
    if kind not in _KINDS or level not in _LEVELS or (kind == "fail") != (level != "none"):
        yield f"kind {kind} does not go with level {level}"
    if result.get("baselineState", "new") not in _STATES:
        yield f"baselineState {result['baselineState']}"
    for each in result.get("suppressions", []):
        if each.get("kind") not in {"inSource", "external"} or not each.get("justification"):
            yield "suppression without its kind or its justification"
    if not result.get("partialFingerprints", {}).get("primaryLocationLineHash"):
        yield "no primaryLocationLineHash"
    locations = result.get("locations", [])
    if not 1 <= len(locations) <= _LIMITS["locations"]:
        yield f"{len(locations)} locations"
    for location in (*locations, *result.get("relatedLocations", [])):
        yield from _place(location.get("physicalLocation", {}))


def _place(physical: Mapping[str, Any]) -> Iterator[str]:
    uri = physical.get("artifactLocation", {}).get("uri", "")
    if not _URI.fullmatch(uri) or uri.startswith("/") or {"..", ".", ""} & set(uri.split("/")):
        yield f"uri '{uri}' is no relative path"
    region = physical.get("region", {})
    numbers = [region.get(name, 0) for name in _REGION]
    if not all(isinstance(number, int) and number >= 1 for number in numbers):
        yield f"region {numbers} lacks a number, or has one below 1"
    elif (numbers[0], numbers[1]) > (numbers[2], numbers[3]):
        yield f"region {numbers} ends before it begins"
