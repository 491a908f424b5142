"""Checks JUnit XML against what its readers demand, the strictest first; a finding is a sentence, none is good."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from typing import Final

_ATTRIBUTES: Final = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname", "id", "package"},
    "testcase": {"name", "time", "classname", "group"},
}
"""Attributes that the schema of Jenkins' xUnit plug-in knows; it refuses a file with another one."""
_CHILDREN: Final = {"skipped", "error", "failure", "system-out", "system-err"}
_COUNTERS: Final = {"failures": "failure", "errors": "error", "skipped": "skipped"}
_LIMIT: Final = 30 * 2**20
"""Bytes of a report that GitLab reads."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def check(data: bytes) -> list[str]:
    """Give every objection to a file, each as `place: what is wrong`.

    Sources: junit-10.xsd of Jenkins' xUnit plug-in, GitLab's parser (a repeated name is dropped), Azure's task.
    """
    try:
        text = data.decode()
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            return ["document: it declares a document type or entities"]
        root = ET.fromstring(text)  # noqa: S314 (no entity gets this far)
    except (ET.ParseError, ValueError, LookupError) as problem:
        return [f"document: not XML 1.0: {problem}"]
    return list(_document(root, len(data)))


def _document(root: ET.Element, size: int) -> Iterator[str]:
    if size > _LIMIT:
        yield f"document: {size / 2**20:.0f} MiB, and GitLab reads no more than 30"
    if root.tag not in ("testsuites", "testsuite"):
        yield f"document: the root is {root.tag}, not testsuites"
        return
    cases = list(root.iter("testcase"))
    if not cases:
        yield "document: no test case, so that an empty scan looks like none"
    for element in root.iter():
        strange = set(element.attrib) - _ATTRIBUTES.get(element.tag, set(element.attrib))
        if strange:
            yield f"{_name(element)}: attribute {', '.join(sorted(strange))} is not known to Jenkins"
    names = Counter((case.get("classname"), case.get("name")) for case in cases)
    yield from (f"'{name}' of '{group}': stands {n} times" for (group, name), n in names.items() if n > 1)
    for suite in root.iter("testsuite"):
        yield from _suite(suite)
    for case in cases:
        yield from _case(case)


def _suite(suite: ET.Element) -> Iterator[str]:
    cases = suite.findall("testcase")
    for counter, kind in (("tests", ""), *_COUNTERS.items()):
        told = suite.get(counter)
        there = sum(1 for case in cases if not kind or case.find(kind) is not None)
        if told is not None and told != str(there):
            yield f"{_name(suite)}: {counter} is {told}, and there are {there}"
    stamp = suite.get("timestamp")
    if stamp is not None and not _TIME.fullmatch(stamp):
        yield f"{_name(suite)}: timestamp '{stamp}' is not a time without offset"


def _case(case: ET.Element) -> Iterator[str]:
    place = _name(case)
    if not case.get("name") or not case.get("classname"):
        yield f"{place}: no name or no classname"
    elif len(case.attrib["name"]) > 512:
        yield f"{place}: the name is longer than the 512 characters that Azure keeps"
    strange = {child.tag for child in case} - _CHILDREN
    if strange:
        yield f"{place}: element {', '.join(sorted(strange))} is not known to Jenkins"
    told = [child for child in case if child.tag in _COUNTERS.values()]
    if len(told) > 1:
        yield f"{place}: {len(told)} outcomes, and readers take one"
    for child in told:
        if not child.get("message") or not (child.text or "").strip():
            yield f"{place}: {child.tag} without a reason as attribute and as content"


def _name(element: ET.Element) -> str:
    return f"{element.tag} '{element.get('name', '')[:80]}'"
