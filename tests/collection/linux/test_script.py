from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux.probe import Probe
from scanner.collection.linux.script import assemble
from scanner.collection.linux.stream import read
from scanner.collection.linux.text import quotable, quoted, shown, tail
from tests.collection.hosts import NOBODY, ROOT, SHELLS, needs, run_script

HARMLESS = Probe("a.one", "echo one")


def test_equal_probes_are_asked_once_and_give_equal_bytes():
    first = assemble([Probe("b", "echo b"), HARMLESS, HARMLESS])
    second = assemble([HARMLESS, Probe("b", "echo b")])
    assert first == second
    assert [probe.name for probe in first.probes] == ["a.one", "b"]
    assert first.text.count(b"cp_ask a.one") == 1


def test_cheap_probes_come_first_and_the_walk_last():
    script = assemble([Probe("walk", "true", cost=9), Probe("cheap", "true", cost=0), HARMLESS])
    assert [probe.name for probe in script.probes] == ["cheap", "a.one", "walk"]


def test_the_exec_line_is_plain_words_with_the_hash_of_what_is_sent():
    script = assemble([HARMLESS])
    assert script.words[:3] == ("sh", "-s", "controlproof")
    needs("sha256sum")
    told = subprocess.run(["sha256sum"], input=script.text, capture_output=True, check=True).stdout.split()[0].decode()
    assert script.words[3] == f"sha256-{told}"


@pytest.mark.parametrize(
    ("fragment", "says"),
    [
        ("cat <<EOF\nx\nEOF", "here-document"),
        ("echo " + "x" * 100_001, "exceeds"),
        ("echo '\0'", "NUL"),
        ("echo '\ud800'", "UTF-8"),
    ],
)
def test_unfit_fragments_are_refused(fragment, says):
    with pytest.raises(ValueError, match=says):
        assemble([Probe("x", fragment)])


def test_two_different_probes_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"a\.one: two different probes"):
        assemble([HARMLESS, Probe("a.one", "echo two")])


@pytest.mark.parametrize("name", ["", "a b", "A", "a;b", "a\nb"])
def test_names_that_would_break_a_control_line_are_refused(name):
    with pytest.raises(ValueError, match="not a name"):
        assemble([Probe(name, "true")])


def test_limits_must_be_positive():
    with pytest.raises(ValueError, match="positive"):
        assemble([Probe("x", "true", timeout=0)])


def test_words_that_look_like_our_placeholders_stay_as_they_are():
    script = assemble([Probe("x", "echo @id@ @mark@ @count@")])
    done = run_script(script.text, script.words)
    assert read(done.stdout, script).outputs["x"].stdout == b"@id@ @mark@ @count@\n"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_cut_upload_runs_nothing(shell, tmp_path):
    needs(shell[0])
    script = assemble([Probe("x", f"touch {tmp_path}/ran")])
    for end in range(0, len(script.text) - 20, 97):
        subprocess.run([*shell, "-s"], input=script.text[:end], capture_output=True)
    assert not (tmp_path / "ran").exists()
    subprocess.run([*shell, "-s"], input=script.text, capture_output=True)
    assert (tmp_path / "ran").exists()


ODD = [
    Probe("bytes", r"printf 'a\0b\377\nc\r\n\nd'"),
    Probe("empty", "true"),
    Probe("blank", "echo; echo"),
    Probe("aside", "echo out; echo '@0 end aside 0' >&2; echo '|x' >&2; exit 3"),
    Probe("stdin", "cat; echo read"),
    Probe("group", "sleep 30 & echo before; sleep 30; echo after", timeout=1, cost=2),
    Probe("flood", "yes", limit=21, cost=3),
    Probe("exact", "printf 12345", limit=5, cost=3),
    Probe("last", "echo still here", cost=9),
    Probe("place", 'echo "$LC_ALL $TZ $PATH $0 $#"; umask; env | grep -c EVIL'),
]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_shell_frames_limits_and_reports_alike(shell, monkeypatch):
    needs(shell[0])
    monkeypatch.setenv("EVIL", "1")
    monkeypatch.setenv("IFS", "e")
    monkeypatch.setenv("POSIXLY_CORRECT", "1")
    script = assemble(ODD)
    done = run_script(script.text, [*shell, *script.words[1:]])
    reading = read(done.stdout, script)
    assert reading.gap is None
    assert reading.notes == ()
    outputs = reading.outputs
    assert outputs["bytes"].stdout == b"a\0b\xff\nc\r\n\nd"
    assert (outputs["empty"].stdout, outputs["empty"].status) == (b"", 0)
    assert outputs["blank"].stdout == b"\n\n"
    assert (outputs["aside"].stdout, outputs["aside"].status) == (b"out\n", 3)
    assert outputs["aside"].stderr == "@0 end aside 0\n|x"
    assert outputs["stdin"].stdout == b"read\n"
    assert outputs["group"].timed_out
    assert outputs["group"].stdout == b"before\n"
    assert outputs["flood"].truncated
    assert outputs["flood"].stdout == b"y\n" * 10 + b"y"
    assert (outputs["exact"].truncated, outputs["exact"].stdout) == (False, b"12345")
    assert outputs["last"].stdout == b"still here\n"
    path = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
    assert outputs["place"].text.split("\n")[0] == f"C UTC0 {path} controlproof 0"
    assert outputs["place"].lines[2] == "0"
    assert int(outputs["place"].lines[1], 8) == 0o077


def test_nothing_that_a_probe_started_outlives_its_time():
    needs("pgrep")
    script = assemble([Probe("x", "sleep 4242 & sleep 4242", timeout=1)])
    run_script(script.text, script.words)
    assert subprocess.run(["pgrep", "-fx", "sleep 4242"], capture_output=True).returncode == 1


def test_the_script_runs_from_a_file_as_well(tmp_path):
    script = assemble([HARMLESS])
    place = tmp_path / "script.sh"
    place.write_bytes(script.text)
    answer = tmp_path / "answer.txt"
    with answer.open("wb") as sink:
        subprocess.run(["sh", str(place)], stdout=sink, check=True)
    reading = read(answer.read_bytes(), script)
    assert reading.gap is None
    assert reading.outputs["a.one"].stdout == b"one\n"


@pytest.mark.parametrize("lack", ["timeout", "setsid"])
def test_a_host_with_busybox_alone_is_served_too(lack, tmp_path):
    needs("busybox", "chroot")
    if not ROOT:
        pytest.skip("chroot needs root")
    tree = tmp_path / "tree"
    for place in ("bin", "proc", "dev", "etc"):
        (tree / place).mkdir(parents=True)
    busybox = subprocess.run(["sh", "-c", "command -v busybox"], capture_output=True, text=True).stdout.strip()
    libraries = subprocess.run(["ldd", busybox], capture_output=True, text=True).stdout.split()
    for library in [word for word in libraries if word.startswith("/")]:
        (tree / library.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-L", library, f"{tree}{library}"], check=True)
    subprocess.run(["cp", "-L", busybox, f"{tree}/bin/busybox"], check=True)
    subprocess.run(["chroot", str(tree), "/bin/busybox", "--install", "-s", "/bin"], check=True)
    subprocess.run(["mknod", "-m", "666", f"{tree}/dev/null", "c", "1", "3"], check=True)
    (tree / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
    (tree / "bin" / lack).unlink()
    if lack == "setsid":
        (tree / "bin/timeout").unlink()
    quick = [probe for probe in ODD if probe.name in ("bytes", "aside", "stdin", "flood", "last")]
    slow = [Probe("group", "echo before; sleep 3; sleep 3; echo after", timeout=1, cost=2)] if lack == "timeout" else []
    script = assemble([*quick, *slow])
    done = subprocess.run(["chroot", str(tree), "/bin/sh", "-s"], input=script.text, capture_output=True)
    reading = read(done.stdout, script, stderr=done.stderr)
    assert reading.gap is None
    assert reading.session.user == "root"
    assert reading.outputs["bytes"].stdout == b"a\0b\xff\nc\r\n\nd"
    assert reading.outputs["aside"].status == 3
    assert reading.outputs["flood"].truncated
    assert reading.outputs["last"].stdout == b"still here\n"
    if slow:
        assert reading.outputs["group"].timed_out
        assert reading.outputs["group"].stdout == b"before\n"
    else:
        assert "without a time limit" in reading.notes[0]


def test_the_session_says_who_asked_and_when():
    script = assemble([HARMLESS])
    done = run_script(script.text, script.words, ordinary=True)
    session = read(done.stdout, script).session
    assert session.uid == (int(NOBODY) if ROOT else session.uid)
    assert session.uid != 0
    assert session.now.endswith("Z")


@given(st.text())
def test_a_quoted_word_stays_one_word(word):
    if not quotable(word):
        return
    text = quoted(word)
    assert "<<" not in text
    done = subprocess.run(["sh"], input=f"printf '%s.' {text}".encode(), capture_output=True)
    assert done.stdout == f"{word}.".encode()


@given(st.lists(st.binary(max_size=12), max_size=8, unique=True))
def test_names_that_differ_never_look_alike(names):
    assert len({shown(name) for name in names}) == len(names)


@given(st.binary())
def test_what_is_shown_is_one_harmless_line(name):
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in shown(name))


def test_shown_and_tail_by_example():
    assert shown(b"caf\xc3\xa9 \xff\n") == "café \\xff\\x0a"
    assert shown(rb"a\x41") == "a\\x5cx41"
    assert shown(rb"dev-disk\x2d") != shown(b"dev-disk-")
    assert tail("one\ntwo\x1b[31m") == "one two\\x1b[31m"
    assert tail("x" * 400, 10) == "…" + "x" * 10
