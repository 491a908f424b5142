"""The auditor's report: HTML with nothing external, a strict content policy, and the same bytes each time."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from functools import cache, partial
from typing import Any, BinaryIO, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined

from scanner import content
from scanner.model.report import Report
from scanner.reporting import html_parts, html_view, reading
from scanner.reporting.escape import clip, plain
from scanner.reporting.html_findings import OpenFindings
from scanner.reporting.html_island import Island
from scanner.reporting.html_view import Edition
from scanner.reporting.table import Writer

NAME: Final = "html"
FILE: Final = "report.html"

MARK: Final = b'<meta name="generator" content="Controlproof, part of a report">'
"""Stands in each target's page, so that one left by an earlier run is known as ours."""

_PIECES: Final = 2000
"""Template pieces joined for each write."""


def write(report: Report, out: BinaryIO) -> None:
    """Write the report as one page, as a stream; reads the results once.

    The static part prints and works without a script: all that fails, is undecided, was waived or not assessed.
    The interactive part has every result, up to a limit that it names. The page may load nothing and run only
    its own script, which is let in by its hash.
    """
    _page(report, Edition.WHOLE, out)


def parts(report: Report) -> Iterator[tuple[str, Writer]]:
    """Give the files of the report: one page, or of a large report a page for each target and then the index."""
    if html_parts.divided(report):
        for name, alone in html_parts.parts(report):
            yield name, partial(_page, alone, Edition.PART)
        yield FILE, partial(_page, report, Edition.INDEX)
    else:
        yield FILE, partial(write, report)


def _page(report: Report, edition: Edition, out: BinaryIO) -> None:
    digest = reading.Digest(report, reading.Shelf(0))
    findings = OpenFindings(report)
    island = None if edition is Edition.INDEX else Island(report)
    for result in report.results:
        digest.add(result)
        findings.add(result)
        if island:
            island.add(result)
    css, script = _asset("report.css"), _asset("report.js")
    stream = (
        _environment()
        .get_template("report.html.j2")
        .stream(
            **html_view.view(report, digest, findings, edition),
            csp=_policy(css, script),
            css=css,
            script=script,
            mark=MARK.decode(),
            index=f"../{FILE}",
            island=island.encode() if island else "",
            island_left_out=island.left_out if island else 0,
        )
    )
    stream.enable_buffering(_PIECES)
    for part in stream:
        out.write(part.encode())


def _policy(css: str, script: str) -> str:
    """Give the content security policy: no source but the page's own style and script, known by hash."""
    return (
        f"default-src 'none'; style-src '{_source(css)}'; script-src '{_source(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _asset(name: str) -> str:
    place = content.folder("reports") / "html"
    for part in name.split("/"):
        place = place / part
    return place.read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(_asset),
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= html_view.FILTERS
    return environment


def _safe(value: Any) -> Any:
    """Clean what a template puts out; only the page's own assets come as finished markup."""
    return clip(plain(value)) if isinstance(value, str) and not hasattr(value, "__html__") else value
