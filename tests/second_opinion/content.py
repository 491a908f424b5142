"""Reads SCAP content: for which system it is, its rules and profiles; writes the tailoring that selects what we compare."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

CONTENT = "CONTROLPROOF_SCAP_CONTENT"
"""Variable: data streams or folders of them, separated by colons."""
PROFILE = "CONTROLPROOF_SCAP_PROFILE"
"""Variable: the profile whose settings hold; without it the CIS Level 2 one, where the content has it."""
NEAREST = "CONTROLPROOF_SCAP_NEAREST"
"""Variable: take content for another version of the same distribution where there is none for the right one."""

RULE = "xccdf_org.ssgproject.content_rule_"
TAILORED = "xccdf_controlproof_profile_compared"
_PRODUCT = re.compile(r'<(?P<prefix>[\w.-]+:)?platform\s+idref="(?P<cpe>cpe:/o:[^"]*)"\s*/>')
_RULE = re.compile(rf'<(?:[\w.-]+:)?Rule\s[^>]*?\bid="{RULE}([^"]+)"')
_PROFILE = re.compile(r'<(?:[\w.-]+:)?Profile\s[^>]*?\bid="([^"]+)"')
_CPE = re.compile(r"cpe:/o:[^:]*:(?P<system>ubuntu_linux|debian_linux|debian):(?P<version>[0-9.]+)")

SYSTEMS = {"noble": ("ubuntu", "24.04"), "bookworm": ("debian", "12")}
"""Suite > the distribution and version that content must be for."""


@dataclass(frozen=True)
class Content:
    """A data stream, as far as it is looked at."""

    path: Path
    system: str
    version: str
    rules: frozenset[str]
    """Ids without their common beginning."""
    profiles: tuple[str, ...]

    def fits(self, suite: str) -> bool:
        """Tell whether it is for the system of a suite."""
        return (self.system, self.version) == SYSTEMS[suite]

    def profile(self, wanted: str = "") -> str:
        """Give the profile to take settings from: the one asked for, else the CIS one; empty without any."""
        level2 = [name for name in self.profiles if "cis_level2_server" in name]
        return next((name for name in self.profiles if wanted and name.endswith(wanted)), *level2[:1] or [""])


def read(path: Path) -> Content:
    """Read a data stream by its text: it is tens of megabytes, and five attributes of it are wanted."""
    text = path.read_text(encoding="utf-8")
    found = [match for product in _PRODUCT.finditer(text) if (match := _CPE.match(product["cpe"]))]
    system = found[0]["system"].partition("_")[0] if found else ""
    version = found[0]["version"] if found else ""
    return Content(path, system, version, frozenset(_RULE.findall(text)), tuple(dict.fromkeys(_PROFILE.findall(text))))


def known(paths: str) -> list[Content]:
    """Read all data streams that the variable names; broken names are an OSError."""
    files: list[Path] = []
    for path in filter(None, map(Path, filter(None, paths.split(os.pathsep)))):
        files += sorted(path.glob("ssg-*-ds.xml")) if path.is_dir() else [path]
    return [read(path) for path in files]


def choose(contents: Iterable[Content], suite: str, *, nearest: bool) -> Content | None:
    """Give the content for a suite; with `nearest`, else the newest one for its distribution."""
    contents = list(contents)
    for content in contents:
        if content.fits(suite):
            return content
    same = [content for content in contents if nearest and content.system == SYSTEMS[suite][0]]
    return max(same, key=lambda content: [int(part) for part in content.version.split(".")], default=None)


def without_product(text: str) -> str:
    """Take the check for the distribution's version out of a data stream; what single rules apply to stays."""
    return _PRODUCT.sub("", text)


def tailoring(content: Content, rules: Iterable[str], profile: str) -> str:
    """Give a tailoring file whose one profile has exactly these rules, with the settings of another profile."""
    extends = f" extends={quoteattr(profile)}" if profile else ""
    wanted = set(rules) & content.rules
    selects = "".join(
        f'  <select idref="{RULE}{rule}" selected="{str(rule in wanted).lower()}"/>\n' for rule in sorted(content.rules)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Tailoring xmlns="http://checklists.nist.gov/xccdf/1.2" id="xccdf_controlproof_tailoring_compared">\n'
        '<version time="2026-01-01T00:00:00">1</version>\n'
        f'<Profile id="{TAILORED}"{extends}>\n  <title>What is compared</title>\n{selects}</Profile>\n</Tailoring>\n'
    )


def results(text: str) -> Mapping[str, str]:
    """Give rule > result of a results file; what was not selected is left out."""
    found: dict[str, str] = {}
    for element in ET.fromstring(text).iter():
        if element.tag.rpartition("}")[2] != "rule-result":
            continue
        said = next((child.text for child in element if child.tag.rpartition("}")[2] == "result"), None)
        if said and said != "notselected":
            found[element.get("idref", "").removeprefix(RULE)] = said.strip()
    return found
