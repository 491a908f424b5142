from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import files, globs, stat
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, ROOT, ask, one, open_tmp
from tests.collection.parity import check

__all__ = ["open_tmp"]


@pytest.fixture
def place(open_tmp: Path) -> Path:
    (open_tmp / "open").write_text("four")
    (open_tmp / "open").chmod(0o640)
    (open_tmp / "closed").mkdir()
    (open_tmp / "closed/inner").write_text("")
    (open_tmp / "closed").chmod(0o700)
    (open_tmp / "dangling").symlink_to("/nowhere")
    (open_tmp / "through").symlink_to(open_tmp / "closed/inner")
    (open_tmp / "loop").symlink_to("loop")
    (open_tmp / "a\nb").write_text("")
    os.mkfifo(open_tmp / "pipe")
    return open_tmp


def file(path: Path | str, *, ordinary: bool = False):
    query = Query.of("linux.file", {"path": str(path)})
    (evidence,) = ask([query], ordinary=ordinary).evidence
    check(evidence)
    return evidence


def test_a_file_is_described(place):
    row = file(place / "open").rows[0]
    assert (row["present"], row["kind"], row["mode"], row["size"]) == (True, "file", "0640", 4)
    assert row["uid"] == os.geteuid()
    assert file("/tmp").rows[0]["mode"] == "1777"
    assert file(place / "pipe").rows[0]["kind"] == "fifo"
    assert file("/dev/null").rows[0]["kind"] == "character"


@pytest.mark.parametrize("name", ["nothing", "open/below", "dangling", "nothing/below"])
def test_what_is_not_there_is_absent(place, name):
    row = file(place / name).rows[0]
    assert (row["present"], row["kind"], row["mode"]) == (False, ABSENT, ABSENT)


@pytest.mark.parametrize("name", ["closed/inner", "closed/nothing", "through"])
def test_what_may_not_be_seen_is_unknown_and_never_absent(place, name):
    if ROOT:
        assert file(place / name).rows[0]["present"] is (name != "closed/nothing")
    else:
        (place / "closed").chmod(0)
    row = file(place / name, ordinary=True).rows[0]
    (place / "closed").chmod(0o700)
    assert isinstance(row["present"], Gap)
    assert (row["present"].kind, row["present"].needs) == (Outcome.UNKNOWN, "root")


def test_a_loop_of_links_is_an_error(place):
    row = file(place / "loop").rows[0]
    assert isinstance(row["present"], Gap)
    assert row["present"].kind is Outcome.ERROR


@pytest.mark.parametrize("name", ["a\nb", "$(touch x)", "`id`", "'\"", "-n", "é", "x <<EOF", "no\nyes"])
def test_names_are_only_names(place, name):
    (place / name).write_text("x")
    assert file(place / name).rows[0]["present"] is True
    (place / name).unlink()
    assert file(place / name).rows[0]["present"] is False


def test_an_id_without_a_name_is_absent(place):
    if not ROOT:
        pytest.skip("chown needs root")
    os.chown(place / "open", 54321, 54322)
    row = file(place / "open").rows[0]
    assert (row["owner"], row["group"], row["uid"], row["gid"]) == (ABSENT, ABSENT, 54321, 54322)


def test_many_files_are_dealt_out_to_several_probes():
    queries = [Query.of("linux.file", {"path": f"/nowhere/{number:04}/{'x' * 200}"}) for number in range(400)]
    probes = files.probes(queries)
    assert len(probes) == 3
    assert all(len(probe.script) < 100_000 for probe in probes)
    found = ask(queries).evidence
    assert [evidence.rows[0]["present"] for evidence in found] == [False] * 400


@pytest.mark.parametrize("path", ["relative", "", "/nul\0", "/\ud800"])
def test_paths_that_are_none_are_not_asked(path):
    query = Query.of("linux.file", {"path": path})
    assert files.probes([query]) == []
    assert files.answer([query], {}, AS_ROOT)[0].gap is not None


def test_a_file_that_comes_meanwhile_spoils_the_answer_and_nothing_is_guessed():
    queries = [Query.of("linux.file", {"path": path}) for path in ("/a", "/b")]
    text = b"files\nyes\nno\n81a4\t0\t0\t1\t1\troot\troot\n81a4\t0\t0\t1\t1\troot\troot\nrefused\nend\n"
    for evidence in files.answer(queries, {"linux.file.0": Output(stdout=text)}, AS_ROOT):
        check(evidence)
        assert isinstance(evidence.rows[0]["present"], Gap)


def test_a_stat_that_failed_is_an_error():
    query = Query.of("linux.file", {"path": "/a"})
    for output in (Output(stdout=b"", status=127), Output(stdout=b"files\nyes\nstat: bad\nrefused\nend\n")):
        (evidence,) = files.answer([query], {"linux.file.0": output}, AS_ROOT)
        check(evidence)
        assert isinstance(evidence.rows[0]["mode"], Gap)
    (lost,) = files.answer([query], {"linux.file.0": Output(timed_out=True)}, AS_ROOT)
    assert lost.gap is not None


@given(st.binary(max_size=80))
def test_any_output_of_stat_can_be_read(raw):
    assert stat.cells(raw) is None or isinstance(stat.cells(raw), dict)


def test_times_beyond_the_calendar_are_gaps():
    cells = stat.cells(b"81a4\t0\t0\t1\t99999999999999\troot\troot")
    assert cells is not None
    assert isinstance(cells["modified"], Gap)


def glob(pattern: str, *, ordinary: bool = False):
    query = Query.of("linux.file_glob", {"pattern": pattern})
    (evidence,) = ask([query], ordinary=ordinary).evidence
    check(evidence)
    return evidence


def test_a_pattern_lists_files_and_shows_odd_names(place):
    (place / ".hidden").write_text("")
    (place / "\\x41").write_text("")
    (place / "A").write_text("")
    Path(os.fsdecode(os.fsencode(place) + b"/\xff")).write_text("")
    names = [str(row["path"]).removeprefix(f"{place}/") for row in glob(f"{place}/*").rows]
    assert names == sorted(
        ["A", "\\x5cx41", "\\xff", "a\\x0ab", "closed", "dangling", "loop", "open", "pipe", "through"]
    )
    rows = {str(row["path"]).rpartition("/")[2]: row for row in glob(f"{place}/[do]*").rows}
    assert rows["open"]["mode"] == "0640"
    assert (rows["dangling"]["kind"], rows["dangling"]["mode"]) == ("symlink", ABSENT)


@pytest.mark.parametrize("pattern", ["nothing*", "nothing/*", "open/*", "closed/x*"])
def test_a_pattern_that_names_nothing_is_empty_and_complete(place, pattern):
    evidence = glob(f"{place}/{pattern}")
    assert (evidence.rows, evidence.gap) == ((), None)


@pytest.mark.parametrize("pattern", ["closed/*", "closed/inner/*", "*/inner", "closed/x/y*", "[c]losed/inner"])
def test_a_directory_that_may_not_be_listed_makes_the_list_incomplete(place, pattern):
    if not ROOT:
        (place / "closed").chmod(0)
    evidence = glob(f"{place}/{pattern}", ordinary=True)
    (place / "closed").chmod(0o700)
    assert evidence.gap is not None
    assert (evidence.gap.kind, evidence.gap.needs) == (Outcome.UNKNOWN, "root")


def test_a_directory_that_may_be_searched_but_not_listed(place):
    if not ROOT:
        pytest.skip("the owner may always list it")
    (place / "closed").chmod(0o711)
    assert glob(f"{place}/closed/*", ordinary=True).gap is not None
    assert glob(f"{place}/[c]losed/inner", ordinary=True).gap is None


def test_a_link_into_a_closed_directory_is_a_row_of_gaps(place):
    if not ROOT:
        (place / "closed").chmod(0)
    evidence = glob(f"{place}/thr*", ordinary=True)
    (place / "closed").chmod(0o700)
    assert isinstance(evidence.rows[0]["mode"], Gap)
    assert evidence.gap is None


@pytest.mark.parametrize(
    "odd", ["$(touch x)*", "[$(touch x)]", "`touch x`?", "'*", "a b*", "[", "*<<EOF", "*\n*", "~*", "{a,b}*"]
)
def test_patterns_run_nothing(place, odd, monkeypatch):
    monkeypatch.chdir(place)
    before = sorted(os.listdir(place))
    evidence = glob(f"{place}/{odd}")
    assert evidence.gap is None
    assert sorted(os.listdir(place)) == before


@given(st.text(alphabet="ab*?[]!$()`'\"\\ \n<>|;&~{}", max_size=10))
def test_a_quoted_pattern_is_one_word_of_shell(pattern):
    text = globs.shell_pattern("/nowhere-at-all/" + pattern)
    done = subprocess.run(["sh", "-c", f"printf '%s|' {text}"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"/nowhere-at-all/{pattern}|"


def test_a_cut_answer_is_incomplete():
    query = Query.of("linux.file_glob", {"pattern": "/a/*"})
    record = b"file 81a4\t0\t0\t1\t1\troot\troot\t/a/"
    output = Output(stdout=b"pattern\0" + record + b"b\0" + record, truncated=True)
    (evidence,) = globs.answer([query], {"linux.file_glob.0": output}, AS_ADA)
    check(evidence)
    assert [row["path"] for row in evidence.rows] == ["/a/b"]
    assert evidence.gap is not None


def test_patterns_of_one_visit_do_not_mix(place):
    queries = [Query.of("linux.file_glob", {"pattern": f"{place}/{name}"}) for name in ("op*", "pi*", "none*")]
    found = ask(queries)
    counts = {
        name: len(one(found, "linux.file_glob", pattern=f"{place}/{name}").rows) for name in ("op*", "pi*", "none*")
    }
    assert counts == {"op*": 1, "pi*": 1, "none*": 0}
