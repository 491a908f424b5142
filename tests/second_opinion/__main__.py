"""The second opinion: `oscap xccdf eval` and our visit on the same booted hosts, compared recommendation by recommendation.

    make second-opinion CONTROLPROOF_SCAP_CONTENT=/path/to/ssg-ubuntu2404-ds.xml:/path/to/ssg-debian12-ds.xml

Variables: CONTROLPROOF_SCAP_CONTENT names data streams, or folders of them; CONTROLPROOF_SCAP_PROFILE the profile whose
settings hold; CONTROLPROOF_SCAP_NEAREST=1 takes content for another version of the distribution where the right one is
missing, with the check for the version taken out of a copy. Exit status: 0 every difference has its reason in
differences.yaml, 1 one has none, 75 the bench is unavailable.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from scanner.operations.content import load_content
from tests.hosts.booting import booted
from tests.hosts.judging import PROFILES, judging, told
from tests.second_opinion import compare, content, host
from tests.second_opinion.host import UNAVAILABLE, BenchError

SHAPES = {"stock": "plain", "hardened": "hardened"}
"""What a host is called here > its flavour."""


def main() -> int:
    """Compare on each host that is asked for; print what agrees and each difference with its reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.second_opinion")
    parser.add_argument("--suite", choices=tuple(PROFILES), action="append", help="release; repeats (all)")
    parser.add_argument("--shape", choices=tuple(SHAPES), action="append", help="kind of host; repeats (all)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write their results and ours there")
    asked = parser.parse_args()
    try:
        contents = content.known(os.environ.get(content.CONTENT, ""))
        _check_bench(contents)
        unexplained, used = 0, set[compare.Reason]()
        for suite in asked.suite or PROFILES:
            for shape in asked.shape or SHAPES:
                unexplained += _host(suite, shape, contents, asked.keep, used)
    except (BenchError, OSError) as problem:
        print(f"bench unavailable (not a fault of the product): {problem}", file=sys.stderr)
        return UNAVAILABLE
    if not asked.suite and not asked.shape:
        for reason in compare.reasons():
            if reason not in used:
                print(f"no host shows this difference any more: {', '.join(reason.controls)}: {reason.they}")
    print(f"\n{unexplained} differences without a reason in tests/second_opinion/differences.yaml")
    return 1 if unexplained else 0


def _check_bench(contents: list[content.Content]) -> None:
    if not contents:
        raise BenchError(
            f"no SCAP content is given (install the packages ssg-debian and ssg-debderived, or take a release of the "
            f"SCAP Security Guide, and name the data streams or their folder in {content.CONTENT})"
        )
    if os.geteuid() != 0 or not shutil.which("systemd-nspawn"):
        raise BenchError("booted hosts need root and systemd-nspawn (package systemd-container)")


def _host(suite: str, shape: str, contents: list[content.Content], keep: Path | None, used: set[compare.Reason]) -> int:
    nearest = os.environ.get(content.NEAREST, "") not in ("", "0")
    chosen = content.choose(contents, suite, nearest=nearest)
    if chosen is None:
        raise BenchError(
            f"none of the content is for {' '.join(content.SYSTEMS[suite])} "
            f"({content.NEAREST}=1 takes another version of the distribution)"
        )
    assume = not chosen.fits(suite)
    catalogue = next(name for name in load_content().catalogues if name.startswith(_prefix(suite)))
    mapping = compare.mapping(catalogue)
    words: list[str] = []

    def shaped(root: Path) -> None:
        host.install(root, suite)
        words[:] = host.place(root, chosen, host.wanted(catalogue), assume=assume)

    with tempfile.TemporaryDirectory() as folder, booted(suite, shaped, flavour=SHAPES[shape]) as machine:
        results = judging(suite, Path(folder)).results(machine)
        theirs = host.evaluate(machine, words)
    print(f"\n{suite} {shape}: {chosen.path.name} for {chosen.system} {chosen.version}, {len(theirs)} rules judged")
    if assume:
        print(f"  NOT made for {' '.join(content.SYSTEMS[suite])}: its check for the version was taken out")
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        _write(keep / f"{suite}-{shape}-theirs.txt", theirs)
        _write(keep / f"{suite}-{shape}-ours.txt", {name: told(each) for name, each in results.items()})
    ours = {control: names for control, names in _ours(catalogue).items() if set(names) & set(results)}
    outcomes = {name: result.outcome.value for name, result in results.items()}
    return _report(compare.compare(mapping, ours, outcomes, theirs), suite, shape, used)


def _prefix(suite: str) -> str:
    return "-".join(("cis", *content.SYSTEMS[suite]))


def _ours(catalogue: str) -> Mapping[str, list[str]]:
    controls = load_content().catalogues[catalogue].controls
    return {control.id: [mapped.rule for mapped in control.rules] for control in controls if control.rules}


def _write(path: Path, lines: Mapping[str, str]) -> None:
    path.write_text("".join(f"{name}\t{said}\n" for name, said in sorted(lines.items())))


def _report(found: compare.Comparison, suite: str, shape: str, used: set[compare.Reason]) -> int:
    print(f"  {found.agreed} recommendations alike, {len(found.opposed)} opposed; one side silent or undecided:")
    for (ours, theirs), number in sorted(found.apart.items()):
        print(f"    {number:4} we {ours}, they {theirs}")
    unexplained = 0
    for each in found.opposed:
        reason = next((one for one in compare.reasons() if one.explains(each, suite, shape)), None)
        unexplained += reason is None
        used |= {reason} if reason else set()
        print(f"  {each.control}: we {each.ours}, they {each.theirs}")
        print(f"      {reason.why if reason else 'NO REASON is written down: examine it'}")
    return unexplained


if __name__ == "__main__":
    sys.exit(main())
