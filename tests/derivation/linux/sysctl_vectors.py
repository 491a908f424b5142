"""Assignments as they may stand in sysctl.d(5), with what they set: golden vectors for the replay and for systemd itself.

Every text is one file, in the order of reading; `sets` names what each parameter gets, None for nothing.
All parameters exist in any network namespace, hold 0 before, and take any of the values.
"""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.evidence import ABSENT, Row


@dataclass(frozen=True)
class Vector:
    """Files and what they set."""

    name: str
    files: tuple[str, ...]
    sets: dict[str, str | None]


_C = "net.ipv4.conf"

VECTORS = (
    Vector("nothing", ("# a comment\n; another\n\n",), {f"{_C}.lo.rp_filter": None}),
    Vector("the later file wins", (f"{_C}.lo.rp_filter=1", f"{_C}.lo.rp_filter = 2"), {f"{_C}.lo.rp_filter": "2"}),
    Vector("the later line wins", (f"{_C}.lo.rp_filter=2\n{_C}.lo.rp_filter=1",), {f"{_C}.lo.rp_filter": "1"}),
    Vector(
        "slashes are dots",
        ("net/ipv4/conf/lo/rp_filter=1", f"{_C}.default.rp_filter=2"),
        {f"{_C}.lo.rp_filter": "1", "net/ipv4/conf/default/rp_filter": "2"},
    ),
    Vector(
        "a name outright beats every glob, whatever the order",
        (f"{_C}.lo.rp_filter=1", f"{_C}.*.rp_filter=2"),
        {f"{_C}.lo.rp_filter": "1", f"{_C}.default.rp_filter": "2", f"{_C}.all.rp_filter": "2"},
    ),
    Vector(
        "an exclusion keeps globs away",
        (f"{_C}.*.rp_filter=2\n-{_C}.lo.rp_filter",),
        {f"{_C}.lo.rp_filter": None, f"{_C}.default.rp_filter": "2"},
    ),
    Vector(
        "an exclusion replaces an earlier assignment",
        (f"{_C}.lo.rp_filter=1", f"-{_C}.lo.rp_filter"),
        {f"{_C}.lo.rp_filter": None},
    ),
    Vector(
        "an assignment replaces an earlier exclusion",
        (f"-{_C}.lo.rp_filter", f"{_C}.lo.rp_filter=1"),
        {f"{_C}.lo.rp_filter": "1"},
    ),
    Vector(
        "an exclusion by a glob takes back that glob alone",
        (f"{_C}.*.rp_filter=1\n{_C}.l?.rp_filter=2", f"-{_C}.*.rp_filter"),
        {f"{_C}.lo.rp_filter": "2", f"{_C}.default.rp_filter": None},
    ),
    Vector(
        "failure may be ignored",
        (f"-{_C}.lo.rp_filter=2",),
        {f"{_C}.lo.rp_filter": "2"},
    ),
    Vector(
        "of two globs the later wins",
        (f"{_C}.*.arp_ignore=1", f"{_C}.l*.arp_ignore=2"),
        {f"{_C}.lo.arp_ignore": "2", f"{_C}.all.arp_ignore": "1"},
    ),
    Vector(
        "a glob given again moves to the end",
        (f"{_C}.*.arp_ignore=3\n{_C}.l*.arp_ignore=2", f"{_C}.*.arp_ignore=1"),
        {f"{_C}.lo.arp_ignore": "1"},
    ),
    Vector(
        "a glob given again with the same value stays where it was",
        (f"{_C}.*.arp_ignore=1\n{_C}.l*.arp_ignore=2", f"{_C}.*.arp_ignore=1"),
        {f"{_C}.lo.arp_ignore": "2"},
    ),
    Vector(
        "a star does not cross a separator",
        ("net.*.rp_filter=1\nnet.ipv4.*.lo.rp_filter=2",),
        {f"{_C}.lo.rp_filter": "2", f"{_C}.default.rp_filter": None},
    ),
    Vector(
        "sets of letters",
        (f"{_C}.[kl]o.rp_filter=1\n{_C}.[!l]*.rp_filter=2",),
        {f"{_C}.lo.rp_filter": "1", f"{_C}.default.rp_filter": "2"},
    ),
    Vector(
        "the value for all does not reach one interface",
        (f"{_C}.all.rp_filter=1\n{_C}.default.rp_filter=2",),
        {f"{_C}.all.rp_filter": "1", f"{_C}.default.rp_filter": "2", f"{_C}.lo.rp_filter": None},
    ),
    Vector("a line that is no assignment", (f"{_C}.lo.rp_filter\n{_C}.all.rp_filter=1",), {f"{_C}.lo.rp_filter": None}),
)


def rows(vector: Vector) -> list[Row]:
    """Give the rows that linux.sysctl_setting has for these files."""
    found: list[Row] = []
    for number, text in enumerate(vector.files, 10):
        for line, raw in enumerate(text.splitlines(), 1):
            name, equals, value = raw.partition("=")
            name = name.strip()
            if not name or name[0] in "#;" or not (equals or name.startswith("-")):
                continue
            found.append(
                {
                    "name": name.removeprefix("-"),
                    "value": value.strip() if equals else ABSENT,
                    "path": f"/etc/sysctl.d/{number}.conf",
                    "line": line,
                    "order": len(found) + 1,
                    "loader": "systemd-sysctl",
                    "glob": any(letter in name for letter in "*?["),
                    "ignore_failure": name.startswith("-"),
                }
            )
    return found
