"""Whatever a host prints, the reader gives rows or gaps, and never an exception."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.git import remotes, repository, script
from scanner.collection.linux.probe import Output, Session
from scanner.collection.linux.script import assemble
from scanner.facts.table import builtin
from scanner.model.errors import CollectionError, UnreachableError
from scanner.model.evidence import ABSENT, Gap, Query
from scanner.model.outcome import Outcome
from scanner.transport.shell import Limits
from scanner.transport.tool import Tool
from tests.git.repositories import ask, bench, git

RECORDED = Path(__file__).resolve().parents[1] / "recordings/backup/git"
SETTINGS = {"folder": "/srv/config", "documents": "a.md,b.md"}
NAMES = ("git.state", "git.ci", "git.documents", "git.remotes", "git.status", "git.fsck")
COMMIT = "30f0ee2a3bd720522728cbb49f4f7d945dc44e70"
GOOD = {
    "git.state": f"version git version 2.39.5\nfolder /srv/config\nbare false\nshallow false\npartial \nbranch main\n"
    f"head {COMMIT}\nlast 1760000000\nroot 1700000000\nroot rc 0\n",
    "git.ci": "absent\n",
    "git.documents": f"document 0 1760000000 {COMMIT}\ndocument 1 absent\n",
    "git.status": "rc 0\n",
    "git.fsck": "rc 0\n",
}


def recorded() -> str:
    """Give the answer of two remotes as they were recorded: the second lacks a tag, and lies behind."""
    parts = ["total 2\n"]
    for name, recording in (("origin", "ls_remote_primary.txt"), ("offsite", "ls_remote_second_behind.txt")):
        refs = "".join(f"|{line}\n" for line in (RECORDED / recording).read_text().splitlines())
        parts += [
            f"remote {name}\nurl ssh://h/{name}.git\n{refs}|rc 0\nknown {COMMIT}\nahead 0\ntip {COMMIT} 1760000000\n"
        ]
    return "".join(parts)


def test_recorded_remotes() -> None:
    found, gap = remotes.read(Output(recorded().encode()))
    assert gap is None
    row = remotes.row(found[1], remotes.primary(found, ()))
    assert (row["in_sync"], row["missing"], row["different"]) == (False, ["refs/tags/v1"], ["refs/heads/main"])
    assert isinstance(row["newest_commit"], Gap), "the clone does not have that commit"


def test_a_remote_cannot_speak_for_another() -> None:
    text = f"total 2\nremote a\nurl h:x\n|remote b\n|rc 0\n|{COMMIT}\trefs/heads/main\nremote b\nurl h:y\n|rc 0\n"
    found, gap = remotes.read(Output(text.encode()))
    assert gap is None
    assert [(each.name, each.status, len(each.refs)) for each in found] == [("a", None, 1), ("b", 0, 0)]


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.builds(
            Output,
            stdout=st.one_of(
                st.binary(max_size=300),
                st.lists(
                    st.sampled_from(
                        [
                            "total 2",
                            "remote a",
                            "url x://y@z?",
                            f"|{COMMIT}\trefs/heads/main",
                            "|rc 0",
                            "rc 1",
                            "|rc 999",
                            "tip x y",
                            f"tip {COMMIT} 999999999999",
                            f"known {COMMIT}",
                            "ahead 1",
                            "bare true",
                            "bare false",
                            "folder /",
                            "shallow false",
                            f"head {COMMIT}",
                            "last 1",
                            "root 1",
                            "root rc 0",
                            "document 0 1 2",
                            "document 9 absent",
                            f"document 0 999999999999 {COMMIT}",
                            "absent",
                            "{}",
                            "?? a",
                            "\x1b[2J",
                            "�",
                        ]
                    ),
                    max_size=15,
                ).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogateescape")),
            ),
            stderr=st.sampled_from(["", "Permission denied", "fatal: x"]),
            status=st.sampled_from([0, 1, 44, 45, 46, 47, 48, 49, 50, 127, None]),
            truncated=st.booleans(),
        ),
    )
)
def test_odd_answers_never_raise(outputs: dict[str, Output]) -> None:
    whole = {name: Output(text.encode()) for name, text in GOOD.items()} | outputs
    found = repository.read(SETTINGS, whole, Session(uid=0, user="root", now="2026-11-20T12:00:00Z"))
    assert set(found) == set(repository.FACTS)
    for fact, told in found.items():
        spec = builtin()[fact]
        for row in told.rows:
            assert set(row) == {field.name for field in spec.fields}
            for field in spec.fields:
                cell = row[field.name]
                kinds: dict[str, Any] = {"int": int, "bool": bool, "map": dict}
                wanted = list if field.type.many else kinds.get(str(field.type.kind), str)
                assert cell is ABSENT or isinstance(cell, Gap | wanted), (fact, field.name, cell)
                str(cell).encode()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "output", [Output(truncated=True), Output(timed_out=True), Output(missing="cut")], ids=["full", "late", "cut"]
)
def test_what_did_not_arrive_is_a_gap(name: str, output: Output) -> None:
    outputs = {each: Output(text.encode()) for each, text in GOOD.items()} | {
        "git.remotes": Output(recorded().encode())
    }
    found = repository.read(SETTINGS, {**outputs, name: output}, Session(uid=0, now="2026-11-20T12:00:00Z"))
    gaps = [told.gap for told in found.values() if told.gap]
    gaps += [cell for told in found.values() for row in told.rows for cell in row.values() if isinstance(cell, Gap)]
    assert any(str(output.gap) == str(gap) for gap in gaps)


@given(st.text(min_size=1).filter(lambda text: "\0" not in text), st.lists(st.text(), max_size=3))
def test_settings_stay_words_of_the_script(folder: str, listed: list[str]) -> None:
    settings = {"folder": "/" + folder, "documents": ",".join(listed), "remotes": ",".join(listed)}
    # What has no UTF-8 form, or a NUL, is refused before anything is sent.
    with contextlib.suppress(ValueError):
        assemble(script.probes(settings))


def test_settings_cannot_run_anything(tmp_path: Path) -> None:
    made = bench(tmp_path)
    trap = tmp_path / "ran"
    trick = f"$(touch {trap});`touch {trap}`';touch {trap};'@FOLDER@"
    ask(made.clone, documents=trick.replace(",", ""), remotes=f"origin,--upload-pack=touch {trap},{trick}")
    ask(tmp_path / trick.replace("/", "_"))
    assert not trap.exists()


def test_more_references_than_are_read(tmp_path: Path) -> None:
    made = bench(tmp_path)
    commit = git(made.clone, "rev-parse", "HEAD")
    lines = [f"{commit} refs/tags/t{number:06}" for number in range(script.MOST_REFS + 10)]
    packed = tmp_path / "offsite.git/packed-refs"
    packed.write_text("# pack-refs with: peeled fully-peeled sorted \n" + "\n".join(lines) + "\n")
    rows = {row["remote"]: row for row in ask(made.clone)["git.remote"].rows}
    assert isinstance(rows["offsite"]["refs"], Gap)
    assert rows["origin"]["refs"] == 2


class Broken:
    """A shell that does not come about."""

    def __init__(self, problem: CollectionError) -> None:
        self.problem = problem

    def run(self, *_: object) -> Any:
        raise self.problem

    def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    "problem", [UnreachableError("no route"), CollectionError("refused", kind=Outcome.UNKNOWN, needs="an account")]
)
def test_host_that_cannot_be_asked(problem: CollectionError) -> None:
    answer = repository.collect(
        [Query.of(fact) for fact in repository.FACTS], Tool(Broken(problem), SETTINGS), Limits()
    )
    assert answer.unreachable is isinstance(problem, UnreachableError)
    assert {each.gap for each in answer.evidence} == {Gap(problem.kind, problem.reason, problem.needs)}
