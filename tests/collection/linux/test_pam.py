"""The probe on PAM: which files it shows, what their settings come to, and what is said of what it may not read."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import pam
from scanner.collection.linux.pam_settings import Setting, faillock, is_broken, pwhistory, pwquality
from scanner.collection.linux.probe import Output, Session
from scanner.collection.linux.script import assemble
from scanner.collection.linux.sections import FileText, State
from scanner.model.evidence import Evidence, Gap, Query
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, needs, open_tmp
from tests.collection.parity import check

__all__ = ["open_tmp"]

_MODULES, _SETTINGS = Query.of("linux.pam_module"), Query.of("linux.pam_setting")


@pytest.fixture
def tree(open_tmp: Path) -> Tree:
    found = Tree(open_tmp)
    for place in ("etc/pam.d", "etc/security", "usr/lib/pam.d"):
        (open_tmp / place).mkdir(parents=True)
    for name in ("pam_unix", "pam_deny", "pam_permit", "pam_faillock", "pam_pwquality", "pam_pwhistory"):
        found.write(f"/usr/lib/x86_64-linux-gnu/security/{name}.so", "\0/etc/security/pwhistory.conf\0")
    found.write("/etc/pam.d/common-auth", "auth required pam_unix.so\n")
    found.write("/etc/pam.d/sshd", "@include common-auth\n")
    return found


def _answered(output: Output, session: Session = AS_ROOT) -> tuple[Evidence, Evidence]:
    modules, settings = pam.answer([_MODULES, _SETTINGS], {pam.PROBE.name: output}, session)
    check(modules)
    check(settings)
    return modules, settings


def _ask(tree: Tree, *, ordinary: bool = False) -> tuple[Evidence, Evidence]:
    return _answered(tree.run(pam.PROBE, ordinary=ordinary), AS_ADA if ordinary else AS_ROOT)


def _counting(evidence: Evidence) -> dict[tuple[object, object], tuple[object, object]]:
    return {(row["reader"], row["name"]): (row["value"], row["path"]) for row in evidence.rows if row["counts"] is True}


def test_modules_come_with_their_place(tree: Tree):
    modules, settings = _ask(tree)
    assert modules.complete
    assert settings.complete
    assert list(modules.rows) == [
        {
            "service": "sshd",
            "type": "auth",
            "order": 1,
            "module": "pam_unix",
            "control": "required",
            "arguments": [],
            "installed": True,
            "reached": "always",
            "bypassed_by": [],
            "overridden_by": [],
            "catches": [],
            "path": "/etc/pam.d/common-auth",
            "line": 1,
        }
    ]


def test_a_module_that_is_not_there_is_told(tree: Tree):
    tree.write(
        "/etc/pam.d/sshd",
        "auth required pam_none.so\nauth required /usr/lib/x86_64-linux-gnu/security/pam_unix.so\nauth required /opt/pam_unix.so",
    )
    rows = _ask(tree)[0].rows
    assert [(row["module"], row["installed"]) for row in rows[:2]] == [("pam_none", False), ("pam_unix", True)]
    assert rows[2]["module"] == "/opt/pam_unix.so"
    assert isinstance(rows[2]["installed"], Gap)


def test_files_named_outright_are_followed(tree: Tree):
    far = tree.write("/var/pam/far", "auth include /var/pam/farther\n")
    tree.write("/var/pam/farther", "auth required pam_deny.so\n")
    tree.write("/var/pam/lock.conf", "deny = 4\n")
    tree.write("/etc/pam.d/sshd", "auth include /var/pam/far\nauth required pam_faillock.so conf=/var/pam/lock.conf\n")
    for path in (far, tree.base / "etc/pam.d/sshd"):
        path.write_text(path.read_text().replace(" /var", f" {tree.base}/var").replace("=/var", f"={tree.base}/var"))
    modules, settings = _ask(tree)
    assert [row["module"] for row in modules.rows] == ["pam_deny", "pam_faillock"]
    assert _counting(settings) == {("faillock", "deny"): ("4", "/var/pam/lock.conf")}


def test_a_conf_file_that_is_missing_is_an_error(tree: Tree):
    tree.write("/etc/pam.d/sshd", "auth required pam_faillock.so conf=/etc/none.conf\n")
    (row,) = _ask(tree)[1].rows
    assert (row["path"], row["line"]) == ("/etc/none.conf", 0)
    assert isinstance(row["counts"], Gap)


def test_settings_of_all_three(tree: Tree):
    tree.write("/etc/security/faillock.conf", "deny = 4\ndeny=5 # c\neven_deny_root\n")
    tree.write("/etc/security/pwhistory.conf", "remember = 24\nremember = 1\nEnforce_For_Root\n")
    tree.write("/etc/security/pwquality.conf", "minlen = 14\n")
    tree.write("/etc/security/pwquality.conf.d/20.conf", "minlen = 20\ndifok = 2\n")
    tree.write("/etc/security/pwquality.conf.d/.10.conf", "difok = 1\n")
    tree.write("/etc/security/pwquality.conf.d/30.txt", "difok = 9\n")
    assert _counting(_ask(tree)[1]) == {
        ("faillock", "deny"): ("5", "/etc/security/faillock.conf"),
        ("faillock", "even_deny_root"): ("", "/etc/security/faillock.conf"),
        ("pwhistory", "remember"): ("24", "/etc/security/pwhistory.conf"),
        ("pwhistory", "enforce_for_root"): ("", "/etc/security/pwhistory.conf"),
        ("pwquality", "minlen"): ("14", "/etc/security/pwquality.conf"),
        ("pwquality", "difok"): ("2", "/etc/security/pwquality.conf.d/20.conf"),
    }


def test_a_module_that_knows_no_pwhistory_conf_heeds_none(tree: Tree):
    tree.write("/usr/lib/x86_64-linux-gnu/security/pam_pwhistory.so", "1.5.2")
    tree.write("/etc/security/pwhistory.conf", "remember = 24\n")
    (row,) = _ask(tree)[1].rows
    assert row["counts"] is False


@pytest.mark.parametrize("path", ["/etc/pam.d/sshd", "/etc/pam.d/common-auth"])
def test_a_closed_file_is_unknown_where_it_matters(tree: Tree, path: str):
    tree.write("/etc/pam.d/login", "auth required pam_deny.so\n")
    (tree.base / path.lstrip("/")).chmod(0)
    modules, _ = _ask(tree, ordinary=True)
    assert modules.complete
    (good,) = [row for row in modules.rows if row["service"] == "login"]
    assert good["module"] == "pam_deny"
    lost = [row for row in modules.rows if row["service"] == "sshd"]
    assert {row["order"] for row in lost} == {0}
    for row in lost:
        gap = row["module"]
        assert isinstance(gap, Gap)
        assert (gap.kind, gap.needs) == (Outcome.UNKNOWN, "root")
        assert path in gap.reason


@pytest.mark.parametrize("mode", [0o000, 0o111, 0o444])
@pytest.mark.parametrize("folder", ["/etc/pam.d", "/usr/lib/pam.d"])
def test_a_closed_folder_is_unknown(tree: Tree, folder: str, mode: int):
    place = tree.base / folder.lstrip("/")
    place.chmod(mode)
    gap = _ask(tree, ordinary=True)[0].gap
    place.chmod(0o755)
    assert gap is not None
    assert (gap.kind, gap.needs) == (Outcome.UNKNOWN, "root")


@pytest.mark.parametrize("path", ["faillock.conf", "pwquality.conf", "pwhistory.conf", "pwquality.conf.d/a.conf"])
def test_closed_settings_are_unknown(tree: Tree, path: str):
    tree.write(f"/etc/security/{path}", "minlen = 14\n", mode=0)
    gap = _ask(tree, ordinary=True)[1].gap
    assert gap is not None
    assert (gap.kind, gap.needs) == (Outcome.UNKNOWN, "root")
    assert path in gap.reason


def test_a_closed_folder_of_settings_is_unknown(tree: Tree):
    place = tree.write("/etc/security/pwquality.conf.d/a.conf", "minlen = 14\n").parent
    place.chmod(0o111)
    gap = _ask(tree, ordinary=True)[1].gap
    place.chmod(0o755)
    assert gap is not None


def test_links_to_nowhere_and_to_nothing(tree: Tree):
    tree.link("/etc/pam.d/gone", "/nowhere/at/all")
    tree.write("/usr/lib/pam.d/gone", "auth required pam_permit.so\n")
    tree.link("/etc/pam.d/empty", "/dev/null")
    tree.write("/usr/lib/pam.d/empty", "auth required pam_permit.so\n")
    rows = _ask(tree)[0].rows
    assert {row["service"]: row["path"] for row in rows} == {
        "sshd": "/etc/pam.d/common-auth",
        "gone": "/usr/lib/pam.d/gone",
    }


def test_a_name_with_a_newline_hides_nothing(tree: Tree):
    tree.write("/etc/pam.d/x\nmodule pam_forged.so\ny", "auth required pam_forged.so\n")
    assert _ask(tree)[0].gap is not None


@pytest.mark.parametrize("shell", [["dash"], ["bash"], ["busybox", "sh"]], ids=" ".join)
def test_every_shell_shows_the_same(tree: Tree, shell: Sequence[str]):
    needs(shell[0])
    tree.write("/etc/pam.d/odd name", "auth required pam_permit.so\n")
    tree.write("/etc/security/pwquality.conf.d/a.conf", "minlen = 14\n")
    assert assemble([pam.PROBE])
    moved = pam.PROBE.script.replace("/etc/", f"{tree.base}/etc/").replace("/usr/lib/", f"{tree.base}/usr/lib/")
    moved = moved.replace(" /lib/", f" {tree.base}/lib/")
    done = subprocess.run([shutil.which(shell[0]) or "", *shell[1:], "-c", moved], capture_output=True)
    output = Output(stdout=done.stdout.replace(str(tree.base).encode(), b""), status=done.returncode)
    modules, settings = _answered(output)
    assert modules.complete
    assert [row["service"] for row in modules.rows] == ["odd name", "sshd"]
    assert modules.rows[0]["installed"] is True
    assert len(settings.rows) == 1


def _conf(text: str, path: str = "/etc/x.conf") -> FileText:
    return FileText(path, State.SHOWN, lines=text.split("\n"))


def _heeded(settings: Sequence[Setting]) -> Mapping[str, str]:
    return {one.name: one.value for one in settings if one.read}


# As observed with libpwquality 1.4.5 of Debian 12 and Ubuntu 24.04.
@pytest.mark.parametrize(
    ("texts", "heeded"),
    [
        (["minlen = 14", "minlen = 10"], {"minlen": "10"}),
        (["minlen=11"], {"minlen": "11"}),
        (["minlen 12"], {"minlen": "12"}),
        (["MinLen\t=\t12 # c"], {"minlen": "12"}),
        (["minlen = 12\nminlen=13"], {"minlen": "13"}),
        (["minlen = 12\r"], {"minlen": "12"}),
        (["minlen == 12"], {}),
        (["minlen ="], {}),
        (["difok= 3 4"], {}),
        (["difok=3\nminlen = abc\nmaxrepeat=3"], {"difok": "3"}),
        (["difok=3\nfoo = 1\nmaxrepeat=3", "maxsequence=3"], {"difok": "3"}),
        (["enforce_for_root = 0"], {"enforce_for_root": "0"}),
        (["minlen = +14\ndcredit = -1\ndifok = 014"], {"minlen": "+14", "dcredit": "-1", "difok": "014"}),
        (["#" + "a" * 1100 + "\nminlen = 12"], {}),
        (["minlen = 99999999999"], {}),
    ],
)  # fmt: skip
def test_what_libpwquality_heeds(texts: Sequence[str], heeded: Mapping[str, str]):
    assert _heeded(pwquality([_conf(text) for text in texts])) == heeded


def test_what_faillock_and_pwhistory_heed():
    text = "deny = 3\nDeny = 9\ndeny 5\nunlock_time=never\nfoo\n"
    assert _heeded(faillock(_conf(text))) == {"deny": "5", "Deny": "9", "unlock_time": "never", "foo": ""}
    assert _heeded(pwhistory(_conf("remember=5\nREMEMBER 24\n"))) == {"remember": "5"}
    assert is_broken(_conf("#" * 1100))
    assert not is_broken(_conf(text))


@pytest.mark.parametrize(
    "output",
    [
        Output(stdout=b""),
        Output(stdout=b"folder /etc/pam.d\n=/etc/pam.d/sshd\n auth required pam_unix.so\n"),
        Output(stdout=b"folder /etc/pam.d\nend\n", truncated=True),
        Output(stdout=b"folder /etc/pam.d\nend\n", status=2, stderr="sh: syntax error"),
        Output(stdout=b"folder /etc/pam.d\nodd\nend\n"),
        Output(status=None, missing="cut"),
    ],
)
def test_an_output_that_is_not_whole_is_never_complete(output: Output):
    for evidence in _answered(output):
        assert evidence.gap is not None


def test_services_beyond_counting_are_a_gap():
    lines = "".join(f"=/etc/pam.d/s{number}\n auth required pam_unix.so\n" for number in range(301))
    modules, _ = _answered(Output(stdout=f"folder /etc/pam.d\n{lines}end\n".encode()))
    assert modules.gap is not None
    assert len(modules.rows) == 300


_WORDS = [
    "folder /etc/pam.d", "module pam_unix.so", "reads pwhistory.conf", "end", "=/etc/pam.d/sshd", "!/etc/pam.d/su",
    "-/etc/pam.d/x", "0/etc/pam.d/y", " auth required pam_unix.so conf=/a", " @include sshd", " auth include /a", "=/a",
    "=/etc/security/pwquality.conf", " minlen = " + "9" * 5000, "!/etc/security/faillock.conf", " deny = 5", "!/a",
    "=/etc/security/pwhistory.conf", " session [success=99999999999999999999 default=1] pam_x.so", " account substack sshd",
]  # fmt: skip


@given(
    st.lists(st.one_of(st.sampled_from(_WORDS).map(str.encode), st.binary(max_size=20)), max_size=16),
    st.sampled_from([0, 1000, None]),
)
def test_whatever_comes_gives_sound_evidence(parts: list[bytes], uid: int | None):
    _answered(Output(stdout=b"\n".join(parts)), Session(uid, "ada", "2026-11-20T01:02:03Z"))
