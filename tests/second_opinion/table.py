"""Writes docs/differences.md from the table of lasting differences."""

from __future__ import annotations

from tests.second_opinion.compare import Reason, reasons

HEAD = """# Where a second opinion differs

`make second-opinion` sets our verdicts beside those of `oscap xccdf eval` with rules of the SCAP Security Guide, on the same
booted hosts. What differs for good stands here, by recommendation (the numbers are the same in CIS Ubuntu 24.04 v1.0.0 and
CIS Debian 12 v1.1.0), with the reason why our verdict is the right one. A difference that is not in
`tests/second_opinion/differences.yaml`, from which this page is written, fails that lane.

    apt install ssg-debian ssg-debderived       # or take a release of the SCAP Security Guide
    make second-opinion CONTROLPROOF_SCAP_CONTENT=/usr/share/xml/scap/ssg/content

| variable | meaning |
|---|---|
| `CONTROLPROOF_SCAP_CONTENT` | data streams, or folders of them, separated by colons; each host takes the one for its system |
| `CONTROLPROOF_SCAP_PROFILE` | profile whose settings hold; without it the CIS Level 2 server one, where the content has it |
| `CONTROLPROOF_SCAP_NEAREST=1` | where none is for the system, take content for another version of the distribution; the check for the version is taken out of a copy, and the output says so |

It needs root, systemd-nspawn and the package archive. Without content it ends with 75 and says what to install. Rules that one side alone
has an opinion on are counted, not listed: old content lacks many.
"""


def render() -> str:
    """Give the page."""
    return "\n".join([HEAD, *map(_entry, reasons())])


def _entry(reason: Reason) -> str:
    where = [*(f"on {suite}" for suite in reason.suites), *(f"{shape} hosts" for shape in reason.shapes)]
    scope = f" ({', '.join(where)})" if where else ""
    words = {"pass": "pass", "fail": "fail", "notapplicable": "say not applicable"}
    return (
        f"## {', '.join(reason.controls)}\n\n"
        f"We {words[reason.ours]}, they {words[reason.theirs]}{scope}.\n\n"
        f"- They {reason.they}\n- We {reason.we}\n- {reason.why}\n"
    )
