"""Startup files of shells: followed without running them, and never more certain than a real shell bears out."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import shell
from scanner.collection.linux.probe import Output, Session
from scanner.collection.linux.shell_path import SearchPath, places, rows
from scanner.collection.linux.shell_script import FILES, PLACES
from scanner.collection.linux.shell_startup import StartupFile, follow
from scanner.collection.linux.shell_text import BrokenError, commands
from scanner.collection.linux.shell_umask import mask_of, of_steps
from scanner.model.evidence import ABSENT, Evidence, Gap, Query, Row
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, ROOT, Tree, needs, open_tmp
from tests.collection.parity import check

__all__ = ["open_tmp"]

PROFILE = """if [ "${PS1-}" ]; then
  if [ "${BASH-}" ] && [ "$BASH" != "/bin/sh" ]; then
    if [ -f /etc/bash.bashrc ]; then
      . /etc/bash.bashrc
    fi
  fi
fi
if [ -d /etc/profile.d ]; then
  for i in /etc/profile.d/*.sh; do
    if [ -r $i ]; then
      . $i
    fi
  done
fi
"""
PASSWD = "=root:x:0:0:root:/root:/bin/bash\n=ada:x:1000:1000:Ada:/home/ada:/bin/bash\n"


def shown(files: Mapping[str, str], head: str = "H/root\nS/bin/bash\n", end: str = "E\n") -> str:
    parts = []
    for path, text in {"/etc/profile": PROFILE, "/etc/bash.bashrc": "!No such file", **files}.items():
        lines = "".join(f"={line}\n" for line in text.split("\n")[:-1])
        parts.append(f">{path}\n{text}\n" if text.startswith("!") else f">{path}\n{lines}.\n")
    return head + "".join(parts) + end


def ask(fact: str, told: str | Output, session: Session = AS_ROOT, **more: str) -> Evidence:
    outputs = {
        "shell.files": told if isinstance(told, Output) else Output(stdout=told.encode()),
        "accounts.passwd": Output(stdout=more.get("passwd", PASSWD).encode()),
        "accounts.shells": Output(stdout=b"/bin/bash\n"),
        "accounts.login_defs": Output(stdout=b"UID_MIN 1000\n"),
        "shell.places": Output(stdout=more.get("places", "").encode()),
        "sudo.files": Output(stdout=b"Hx\nI0\n>/etc/sudoers\n!No such file\nE\n"),
        "sudo.version": Output(),
    }
    (evidence,) = shell.answer([Query(fact)], outputs, session)
    check(evidence)
    return evidence


def winning(files: Mapping[str, str], who: str = "users", **more: str) -> set[object]:
    found = ask("linux.umask_setting", shown(files, more.pop("head", "H/root\nS/bin/bash\n")), **more)
    assert found.gap is None
    rows_ = [row for row in found.rows if row["applies_to"] == who and row["winning"] is True]
    return {"gap" if isinstance(row["umask"], Gap) else row["umask"] for row in rows_}


def d(text: str) -> dict[str, str]:
    return {"/etc/profile.d/x.sh": text}


@pytest.mark.parametrize(
    ("text", "masks"),
    [
        ("umask 027\n", {"0027"}),
        ("umask 022\numask 027\n", {"0027"}),
        ("umask u=rwx,g=rx,o=\n", {"0027"}),
        ("umask -S 077 >/dev/null\n", {"0077"}),
        ("  umask 027;export A=b # umask 000\n", {"0027"}),
        ("umask 027\n[ $A ] && umask 022\n", {"0027", "0022"}),
        ("umask 022\nif true; then umask 027; fi\n", {"0027", "0022"}),
        ("if [ $A ]; then umask 022; elif [ $B ]; then umask 002; else umask 027; fi\numask 077\n", {"0077"}),
        ('if [ "$(id -u)" -eq 0 ]; then umask 077; else umask 027; fi\n', {"0027"}),
        ("[ $UID -ge 1000 ] && umask 027\n", {"0027"}),
        ('[ -n "$PS1" ] || return\numask 027\n', {"0027"}),
        ("case $- in *i*) ;; *) return ;; esac\numask 027\n", {"0027"}),
        ("return\numask 027\n", {"0022"}),
        ("umask 027\n( umask 000 )\numask 000 | cat\numask 000 &\n", {"0027"}),
        ("f() { umask 000; }\nfunction g { umask 002; }\numask 027\n", {"0027"}),
        ("umask 027\nf() {\n umask 000\n}\n", {"0027", "0000"}),
        ("umask 027; x='\numask 000\n'\n", {"0027"}),
        ("M=027\numask $M\n", {"0027"}),
        ("umask $M\n", {"gap"}),
        ("umask go-w\n", {"gap"}),
        ("umask 027\neval 'umask 000'\n", {"gap"}),
        ("[ $A ] && umask 027\n", {"0027", "gap"}),
        ("[ $A ] && return\numask 027\n", {"0027", "gap"}),
        ("umask\numask -S\n", {"0022"}),
        ("builtin umask 027\n", {"0027"}),
        ("alias u=ls\numask 027\n", {"0027"}),
        ("for i in a b; do umask 000; done\numask 027\n", {"0027"}),
        ("a=(umask 000)\numask 027\n", {"0027"}),
    ],
)  # fmt: skip
def test_the_umask_that_a_login_shell_keeps(text: str, masks: set[str]):
    assert winning(d(text)) == masks


def test_root_and_users_part_at_their_ids():
    files = d("if [ $(id -u) -eq 0 ]; then umask 077; else umask 027; fi\n")
    assert winning(files, "root") == {"0077"}
    files |= {"/root/.bash_profile": ". ~/.bashrc\n", "/root/.bashrc": "umask 022\n", "/root/.profile": "umask 000\n"}
    assert winning(files, "root") == {"0022"}
    assert winning(files) == {"0027"}


def test_an_interactive_shell_keeps_what_bash_bashrc_says():
    files = d("umask 027\n") | {"/etc/bash.bashrc": "umask 022\n"}
    assert winning(files) == {"0027", "0022"}


def test_files_are_read_in_the_order_of_their_names_and_only_where_profile_reads_them():
    files = {"/etc/profile.d/b.sh": "umask 027\n", "/etc/profile.d/a.sh": "umask 000\n"}
    assert winning(files) == {"0027"}
    assert winning({"/etc/profile": "umask 022\n", **files}) == {"0022"}


@pytest.mark.parametrize(
    ("line", "defs", "modern", "users", "root"),
    [
        ("pam_umask.so", "UMASK 027\nUSERGROUPS_ENAB yes\n", True, {"0007"}, {"0027"}),
        ("pam_umask.so nousergroups", "UMASK 027\nUSERGROUPS_ENAB yes\n", True, {"0007"}, {"0027"}),
        ("pam_umask.so", "UMASK 027\nUSERGROUPS_ENAB no\n", True, {"0027"}, {"0027"}),
        ("pam_umask.so", "UMASK 027\nUSERGROUPS_ENAB yes\n", False, {"0027"}, {"0027"}),
        ("pam_umask.so usergroups", "UMASK 022\n", False, {"0002"}, {"0022"}),
        ("pam_umask.so umask=027", "", True, {"0007"}, {"0027"}),
        ("pam_umask.so umask=027 nousergroups", "UMASK 000\n", True, {"0027"}, {"0027"}),
        ("pam_umask.so umask=027", "UMASK 000\n", False, {"0027"}, {"0027"}),
        ("pam_env.so umask=027", "UMASK 027\n", True, {"0022"}, {"0022"}),
        ("pam_umask.so", "", True, {"0022"}, {"0022"}),
    ],
)
def test_pam_umask_as_it_was_measured(line: str, defs: str, modern: bool, users: set[str], root: set[str]):
    files = {"/etc/pam.d/common-session": f"session [success=1 default=ignore]\t{line} # x\n", "/etc/login.defs": defs}
    head = "H/root\nS/bin/bash\n" + ("G1\n" if modern else "")
    assert winning(files, head=head) == users
    assert winning(files, "root", head=head) == root


def test_entries_in_passwd_and_the_older_defaults_file():
    files = {"/etc/pam.d/login": "session optional pam_umask.so\n", "/etc/default/login": "UMASK=027\n"}
    passwd = PASSWD + "=ben:x:1001:1001:Ben,,,,umask=0:/home/ben:/bin/bash\n"
    assert winning(files, passwd=passwd) == {"0027", "0000"}
    assert winning({}, passwd=passwd) == {"0022"}


@pytest.mark.parametrize("fact", shell.FACTS)
@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (Output(truncated=True), Outcome.ERROR),
        (Output(status=None, missing="the answer ends before it"), Outcome.ERROR),
        (shown({}, end=""), Outcome.ERROR),
        (shown({"/etc/profile.d/x.sh": "!cannot open: Permission denied"}), Outcome.UNKNOWN),
        (shown({"/etc/profile.d": "!Permission denied"}), Outcome.UNKNOWN),
        (shown({"/etc/profile": "!Input/output error"}), Outcome.ERROR),
        (shown(d("x='\n")), Outcome.ERROR),
        (shown(d(". /opt/y\n")), Outcome.ERROR),
        (shown(d('. "$Y"\n')), Outcome.ERROR),
        (shown(d(". /etc/profile.d/x.sh\n")), Outcome.ERROR),
        (shown(d("if " * 60 + "\n")), Outcome.ERROR),
    ],
)
def test_what_hides_a_setting_is_a_gap(fact: str, told: str | Output, kind: Outcome):
    gap = ask(fact, told, AS_ADA).gap
    assert gap is not None
    assert gap.kind is kind
    assert (gap.needs == "root") is (kind is Outcome.UNKNOWN)


def test_libraries_are_not_followed():
    assert ask("linux.shell_timeout", shown(d(". /usr/share/bash-completion/bash_completion\n"))).complete


def test_another_shell_of_root_is_a_gap_for_root():
    told = shown({}, "H/root\nS/usr/bin/zsh\n")
    assert ask("linux.umask_setting", told).gap is not None
    assert ask("linux.shell_timeout", told).gap is None


def timeouts(text: str) -> list[Row]:
    return list(ask("linux.shell_timeout", shown(d(text))).rows)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("TMOUT=900\nreadonly TMOUT\nexport TMOUT\n", (900, True, True, False)),
        ("readonly TMOUT=900 ; export TMOUT\n", (900, True, True, False)),
        ("typeset -xr TMOUT=600\n", (600, True, True, False)),
        ("declare -r -x TMOUT=600\n", (600, True, True, False)),
        ("export TMOUT=0\n", (0, False, True, False)),
        ("readonly TMOUT=900\nTMOUT=0\n", (900, True, False, False)),
        ("TMOUT=900\nTMOUT=1800\n", (1800, False, False, False)),
        ("TMOUT=900\nunset TMOUT\n", (ABSENT, False, False, False)),
        ("[ $A ] && TMOUT=900\n", (900, False, False, True)),
        ('[ "$PS1" ] && TMOUT=900\n', (900, False, False, False)),
        ("[ $UID -eq 0 ] && TMOUT=900\n", (900, False, False, True)),
    ],
)
def test_time_outs(text: str, cells: tuple[object, ...]):
    (row,) = timeouts(text)
    assert tuple(row[name] for name in ("timeout", "readonly", "exported", "conditional")) == cells


def test_what_is_no_time_out():
    assert timeouts("TMOUT=900 sh x\n( TMOUT=900 )\necho TMOUT=900\n#TMOUT=900\nXTMOUT=900\n") == []
    (row,) = timeouts("TMOUT=$A\n")
    assert isinstance(row["timeout"], Gap)


def entries(value: str, told: str = "") -> list[Row]:
    seen = places(Output(stdout=told.encode()), AS_ROOT)
    return list(rows([SearchPath("/x", 1, value)], "/root", seen))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("/a:/b", ["/a", "/b"]),
        ("$PATH:/a", ["/a"]),
        ("/a:${PATH}", ["/a"]),
        ("/a:", ["/a", ""]),
        ("::/a", ["", "/a"]),
        ("", [""]),
        (".:/a", [".", "/a"]),
        ("~/bin:$HOME/x:${HOME}/y", ["/root/bin", "/root/x", "/root/y"]),
        ("${PATH:+${PATH}:}/a", ["/a"]),
        ("/a${PATH:+:$PATH}", ["/a"]),
    ],
)
def test_entries_of_a_path(value: str, found: list[str]):
    assert [row["entry"] for row in entries(value)] == found
    for row in entries(value):
        assert row["absolute"] is str(row["entry"]).startswith("/")


def test_an_entry_of_an_unknown_variable_or_place_is_a_gap():
    (row,) = entries("$A/bin")
    assert isinstance(row["absolute"], Gap)
    (row,) = entries("/a")
    assert isinstance(row["directory"], Gap)
    told = "d41ed\t0\t0\t1\t1\troot\troot\t/a\nm/b\nc/c\nd81a4\t0\t0\t1\t1\troot\troot\t/d\n"
    assert [row["directory"] for row in entries("/a:/b:/d", told)] == [True, False, False]
    assert isinstance(entries("/c", told)[0]["directory"], Gap)


def test_paths_come_from_all_places():
    files = {
        "/etc/login.defs": "ENV_SUPATH\tPATH=/a:/b\nENV_PATH PATH=/no\n",
        "/etc/environment": 'PATH="/c:/snap/bin"\n',
        "/root/.profile": "bin=/d\nexport PATH=$PATH:$bin\nif [ $UID -ne 0 ]; then PATH=/no; fi\n",
    }
    found = ask("linux.root_path_entry", shown(files))
    assert [row["entry"] for row in found.rows] == ["/a", "/b", "/c", "/snap/bin", "/d"]


def test_the_probe_keeps_secrets_on_the_host(open_tmp: Path):
    tree = Tree(open_tmp)
    tree.write("/etc/passwd", f"root:x:0:0::{open_tmp}/home/r:/bin/bash\n")
    tree.write("/etc/profile", PROFILE)
    text = 'export TOKEN="hunter2" PATH=$PATH:/opt/x; mysql -phunter2 --password hunter2 https://hunter2@h/\n'
    tree.write("/etc/profile.d/a.sh", text + "cat <<'EOF'\numask 000 hunter2\nEOF\numask 027\n")
    output = tree.run(FILES)
    assert "hunter2" not in output.text
    assert "umask 027" in output.text
    assert "umask 000" not in output.text
    (evidence,) = shell.answer([Query("linux.umask_setting")], {"shell.files": output}, AS_ROOT)
    lines = {row["line"]: row["umask"] for row in evidence.rows if row["file"] == "/etc/profile.d/a.sh"}
    assert lines == {5: "0027"}


def test_the_probe_follows_files_and_looks_at_directories(open_tmp: Path):
    tree = Tree(open_tmp)
    tree.write("/etc/passwd", f"root:x:0:0::{open_tmp}/home/r:/bin/bash\n")
    tree.write("/home/r/.profile", "tools=/usr/lib\nPATH=$PATH:$tools/x:/nowhere\n. ~/.more\n")
    tree.write("/home/r/.more", "umask 077\n")
    assert ">/home/r/.more\n=umask 077\n.\n" in tree.run(FILES).text
    told = tree.run(PLACES).text
    assert "m/nowhere\n" in told
    assert "m/usr/lib/x\n" in told


@pytest.mark.skipif(not ROOT, reason="takes a file that may not be read")
def test_the_probe_says_what_it_may_not_read(open_tmp: Path):
    tree = Tree(open_tmp)
    tree.write("/etc/passwd", f"root:x:0:0::{open_tmp}/home/r:/bin/bash\n")
    tree.write("/etc/profile", PROFILE)
    tree.write("/etc/profile.d/a.sh", "umask 000\n", 0o600)
    outputs = {"shell.files": tree.run(FILES, ordinary=True)}
    (evidence,) = shell.answer([Query("linux.shell_timeout")], outputs, AS_ADA)
    assert evidence.gap is not None
    assert evidence.gap.needs == "root"


_SNIPPETS = ["umask 027", "umask 022", "umask u=rwx,g=,o=", "true && umask 002", "false || umask 077", "if false; then umask 000; fi",
             "if true; then\n umask 007\nelse\n umask 000\nfi", "( umask 070 )", "umask 070 | cat", "f() { umask 000; }", "case x in x) umask 017 ;; esac", "M=026; umask $M",
             "cat <<EOF\numask 000\nEOF", "x='umask 000'", "echo \"a # b\" ; umask 033 # umask 000", "for i in 1 2; do umask 05$i; done", "{ umask 067; }", "! umask 037",
             "x=$(umask 000; echo 1)", "y=`umask 000`", "umask 0777 >/dev/null", "[[ a == b ]] && umask 001", "while false; do umask 000; done", "umask", ": ${A:=b} 'c", "'"]  # fmt: skip


def test_a_real_shell_keeps_what_was_foretold(tmp_path: Path):
    needs("bash")
    certain = 0
    for seed in range(150):
        pick = random.Random(seed)
        text = "\n".join(pick.choice(_SNIPPETS) for _ in range(pick.randint(1, 6))) + "\n"
        place = tmp_path / "x.sh"
        place.write_text(text)
        found = follow({"/x": StartupFile("/x", tuple(text.split("\n")))}, ["/x"], "/root")
        asked = ["bash", "-c", f"umask 022; . {place} >/dev/null; umask"]
        real = subprocess.run(asked, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
        if found.gaps or real.returncode:
            continue
        kept = set()
        for one in reversed(list(of_steps(found.steps))):
            kept.add(one.mask)
            if not one.conditional:
                break
        else:
            kept.add(0o022)
        assert any(isinstance(mask, Gap) for mask in kept) or int(real.stdout, 8) in kept, text
        certain += len(kept) == 1
    assert certain > 40


@pytest.mark.parametrize("text", ["'", '"', "$(", "`", "${a", '"$(', "x=$(a"])
def test_text_that_does_not_end_is_broken(text: str):
    with pytest.raises(BrokenError):
        list(commands(text))


@pytest.mark.parametrize("text", ["999", "0o22", "u=rwz", "", "g=u", "u+r"])
def test_masks_that_cannot_be_read(text: str):
    assert isinstance(mask_of(text), Gap)


_PIECES = [*"'\"`$(){};&|<>\n \\#!=", "if ", "then ", "fi\n", "case x in ", "esac\n", "umask 0", "TMOUT=1", "PATH=", "<<E\n", "E\n", "do ", "for i in ", "[[ ", "]]", "f()"]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=3)), max_size=30).map("".join))
def test_any_text_gives_sound_evidence(text: str):
    for fact in shell.FACTS:
        ask(fact, shown({"/etc/profile.d/x.sh": text.replace("\r", "") + "\n", "/root/.profile": text + "\n"}))


@given(
    st.lists(
        st.one_of(st.binary(max_size=12), st.sampled_from(shown(d("umask 1\n")).encode().split(b"\n"))), max_size=14
    )
)
def test_any_output_gives_sound_evidence(parts: list[bytes]):
    for fact in shell.FACTS:
        ask(fact, Output(stdout=b"\n".join(parts)), places=parts[0].decode("utf-8", "replace") if parts else "")
