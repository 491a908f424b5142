"""Accounts, groups, ageing and homes: odd lines are named, hashes stay on the host, denial is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import accounts
from scanner.collection.linux.probe import Output
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, Tree, open_tmp
from tests.collection.parity import check

__all__ = ["open_tmp"]

_GOOD: Mapping[str, bytes] = {
    "accounts.passwd": b"=root:x:0:0:root:/root:/bin/bash\n=ada:x:1000:1000:Ada:/home/ada:/bin/bash\n",
    "accounts.group": b"=root:0:\n=sudo:27:ada,ben\n",
    "accounts.shells": b"# shells\n/bin/sh\n/bin/bash\n",
    "accounts.shadow": b"=root:disabled:20000:0:99999:7::\n",
    "accounts.login_defs": b"UID_MIN 1000\n",
    "accounts.useradd": b"INACTIVE=30\n",
    "accounts.homes": b"=directory:700:0:root:/root\n=directory:750:1000:ada:/home/ada\n",
}
_GONE = Output(stderr="sh: 1: cannot open /etc/x: No such file", status=2)
_CLOSED = Output(stderr="sh: 1: cannot open /etc/x: Permission denied", status=2)


def _answer(fact: str, **changed: Output | bytes) -> Evidence:
    outputs = {name: Output(stdout=text) for name, text in _GOOD.items()}
    for name, output in changed.items():
        outputs[f"accounts.{name}"] = output if isinstance(output, Output) else Output(stdout=output)
    (evidence,) = accounts.answer([Query(fact)], outputs, AS_ROOT)
    check(evidence)
    return evidence


def _user(line: str, **changed: Output | bytes) -> Row:
    (row,) = _answer("linux.user", passwd=f"={line}\n".encode(), **changed).rows
    return row


def test_every_fact_answers_on_a_good_host():
    for fact in accounts.FACTS:
        evidence = _answer(fact)
        assert evidence.complete
        assert evidence.rows
        assert evidence.provenance.asked


def test_probes_are_shared_and_only_those_that_are_needed():
    assert [probe.name for probe in accounts.probes([Query("linux.group")])] == ["accounts.group"]
    names = [probe.name for probe in accounts.probes([Query(fact) for fact in accounts.FACTS])]
    assert sorted(names) == sorted(_GOOD)


@pytest.mark.parametrize(
    ("shell", "login"),
    [
        ("/bin/bash", True),
        ("", True),
        ("/usr/sbin/nologin", False),
        ("/bin/false", False),
        ("/opt/zsh", False),
        ("/tmp/nologin", False),
    ],
)
def test_who_can_log_in(shell: str, login: bool):
    assert _user(f"ada:x:1000:1000::/home/ada:{shell}")["login"] is login


def test_nologin_counts_as_refusing_even_where_it_is_listed_as_a_shell():
    assert _user("ada:x:1:1::/:/usr/sbin/nologin", shells=b"/usr/sbin/nologin\n")["login"] is False


@pytest.mark.parametrize(("output", "kind"), [(_GONE, Outcome.ERROR), (_CLOSED, Outcome.UNKNOWN)])
def test_without_the_list_of_shells_it_is_not_known_who_can_log_in(output: Output, kind: Outcome):
    login = _user("ada:x:1000:1000::/home/ada:/bin/bash", shells=output)["login"]
    assert isinstance(login, Gap)
    assert login.kind is kind
    assert _user("ada:x:1000:1000::/home/ada:/usr/sbin/nologin", shells=output)["login"] is False
    homes = _answer("linux.account_home", shells=output)
    assert homes.gap == login
    assert homes.rows == ()


def test_who_belongs_to_the_system():
    assert [_user(f"a:x:{uid}:1::/:/bin/sh")["system"] for uid in (0, 999, 1000, 65534)] == [True, True, False, True]
    assert _user("a:x:999:1::/:/bin/sh", login_defs=b"UID_MIN 500\n")["system"] is False
    assert _user("a:x:999:1::/:/bin/sh", login_defs=_GONE)["system"] is True
    assert isinstance(_user("a:x:999:1::/:/bin/sh", login_defs=_CLOSED)["system"], Gap)
    assert isinstance(_user("a:x:999:1::/:/bin/sh", login_defs=b"UID_MIN many\n")["system"], Gap)


def test_a_comment_that_is_not_utf8_is_a_gap_of_its_own():
    evidence = _answer("linux.user", passwd=b"=ada:x:1:1:J\xfcrgen:/:/bin/sh\n")
    assert evidence.complete
    assert isinstance(evidence.rows[0]["comment"], Gap)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"?0", "blank"),
        (b"?nis", "directory service"),
        (b"?4", "has 4 fields instead of 7"),
        (b"=a:x:one:1::/:/bin/sh", "not a number"),
        (b"=a:x:4294967296:1::/:/bin/sh", "not a number"),
        (b"=a:x:1:-1::/:/bin/sh", "not a number"),
        (b"=:x:1:1::/:/bin/sh", "no name"),
        (b"=m\xfcl:x:1:1::/:/bin/sh", "not UTF-8"),
        (b"=a:x:1:1::/home/m\xfcl:/bin/sh", "not UTF-8"),
    ],
)
def test_an_odd_line_is_named_and_makes_the_list_incomplete(line: bytes, what: str):
    evidence = _answer("linux.user", passwd=_GOOD["accounts.passwd"] + line + b"\n")
    assert evidence.gap is not None
    assert evidence.gap.kind is Outcome.ERROR
    assert "/etc/passwd:3: " in evidence.gap.reason
    assert what in evidence.gap.reason
    assert len(evidence.rows) == 2


def test_many_odd_lines_are_counted():
    gap = _answer("linux.group", group=b"?0\n" * 9).gap
    assert gap is not None
    assert "and 6 more such lines" in gap.reason


@pytest.mark.parametrize(
    ("days", "column", "cell"),
    [
        ("0:0:0:0:0:0", "must_change", True),
        ("0:0:0:0:0:0", "last_change", "1970-01-01T00:00:00Z"),
        (":::::", "must_change", False),
        (":::::", "last_change", ABSENT),
        (":::::", "max_days", ABSENT),
        ("1:-1:-1:-1:-1:-1", "max_days", ABSENT),
        ("1:2:3:4:5:20819", "min_days", 2),
        ("1:2:3:4:5:20819", "max_days", 3),
        ("1:2:3:4:5:20819", "warn_days", 4),
        ("1:2:3:4:5:20819", "inactive_days", 5),
        ("1:2:3:4:5:20819", "expires", "2027-01-01T00:00:00Z"),
    ],
)
def test_days_of_shadow(days: str, column: str, cell: Cell):
    (row,) = _answer("linux.shadow", shadow=f"=ada:sha512:{days}\n".encode()).rows
    assert row[column] == cell


def test_a_day_beyond_the_calendar_is_a_gap():
    (row,) = _answer("linux.shadow", shadow=b"=ada:sha512:999999999:::::\n").rows
    assert isinstance(row["last_change"], Gap)


@pytest.mark.parametrize(
    ("text", "column", "cell"),
    [
        ("PASS_MAX_DAYS\t90", "pass_max_days", 90),
        ('  PASS_MAX_DAYS   "90" # so', "pass_max_days", 90),
        ("PASS_MAX_DAYS 90\nPASS_MAX_DAYS 99999", "pass_max_days", 99999),
        ("#PASS_MAX_DAYS 90", "pass_max_days", ABSENT),
        ("PASS_MAX_DAYS", "pass_max_days", ABSENT),
        ("PASS_MAX_DAYS -1", "pass_max_days", ABSENT),
        ("PASS_MIN_DAYS 010", "pass_min_days", 8),
        ("UID_MIN 0x3e8", "uid_min", 1000),
        ("", "uid_max", 60000),
        ("ENCRYPT_METHOD SHA512", "encrypt_method", "sha512"),
        ("UMASK 027", "umask", "027"),
    ],
)
def test_settings_are_read_as_libshadow_reads_them(text: str, column: str, cell: Cell):
    (row,) = _answer("linux.login_defs", login_defs=text.encode()).rows
    assert row[column] == cell


def test_a_setting_that_is_no_number_is_a_gap():
    (row,) = _answer("linux.login_defs", login_defs=b"PASS_MAX_DAYS 90 # days\n", useradd=b"INACTIVE=soon\n").rows
    assert isinstance(row["pass_max_days"], Gap)
    assert isinstance(row["inactive"], Gap)


def test_defaults_of_useradd():
    assert _answer("linux.login_defs", useradd=b"#INACTIVE=5\nINACTIVE=-1\n").rows[0]["inactive"] == -1
    assert _answer("linux.login_defs", useradd=_GONE).rows[0]["inactive"] is ABSENT
    closed = _answer("linux.login_defs", useradd=_CLOSED).rows[0]
    assert isinstance(closed["inactive"], Gap)
    assert closed["uid_min"] == 1000


def test_a_closed_login_defs_leaves_only_useradds_cell_known():
    (row,) = _answer("linux.login_defs", login_defs=_CLOSED).rows
    assert row["inactive"] == 30
    assert all(isinstance(cell, Gap) for name, cell in row.items() if name != "inactive")


@pytest.mark.parametrize("fact", ["linux.user", "linux.group", "linux.shadow", "linux.account_home"])
@pytest.mark.parametrize(
    "output",
    [
        _GONE,
        _CLOSED,
        Output(stdout=b"=root", truncated=True),
        Output(stdout=b"=root:x:0:0::/:/bin/sh\n", timed_out=True, status=124),
        Output(status=None, missing="the answer ends before this probe"),
        Output(status=127, stderr="sh: awk: not found"),
    ],
    ids=["gone", "closed", "truncated", "timed out", "missing", "no awk"],
)
def test_a_table_that_was_not_read_whole_is_never_complete(fact: str, output: Output):
    file = {"linux.account_home": "passwd", "linux.user": "passwd"}.get(fact, fact.removeprefix("linux."))
    evidence = _answer(fact, **{file: output})
    assert evidence.gap is not None
    assert evidence.rows == ()
    assert (evidence.gap.kind is Outcome.UNKNOWN) == (output is _CLOSED)


@pytest.mark.parametrize("output", [Output(status=None, missing="cut"), Output(stdout=b"", status=127)])
def test_a_home_that_was_not_asked_is_a_gap_in_its_row(output: Output):
    evidence = _answer("linux.account_home", homes=output)
    assert [row["name"] for row in evidence.rows] == ["root", "ada"]
    assert all(isinstance(row[name], Gap) for row in evidence.rows for name in ("present", "owner", "owned", "mode"))


_TEXTS = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.text(alphabet=":=?!+-0123456789xab/ \tü", max_size=30).map(str.encode) | st.sampled_from([*_GOOD.values()]),
        max_size=6,
    ).map(b"\n".join),
)


@given(
    st.fixed_dictionaries(
        {name: st.builds(Output, stdout=_TEXTS, status=st.sampled_from([0, 1, None])) for name in _GOOD}
    )
)
def test_whatever_comes_gives_one_sound_evidence_per_query(outputs: dict[str, Output]):
    queries = [Query(fact) for fact in accounts.FACTS]
    found = accounts.answer(queries, outputs, AS_ADA)
    assert [evidence.query for evidence in found] == queries
    for evidence in found:
        check(evidence)


@given(
    st.lists(
        st.sampled_from(["=a:x:1:1::/:/bin/sh", "=b:x:1:1::/:", "?0", "?nis", "?3", "=:x:1:1::/:/", "=a:x:q:1::/:/"]),
        min_size=1,
    )
)
def test_every_line_is_either_a_row_or_an_oddity(lines: list[str]):
    evidence = _answer("linux.user", passwd="\n".join(lines).encode() + b"\n")
    good = [place for place, line in enumerate(lines, 1) if line.startswith(("=a:x:1", "=b"))]
    assert [row["line"] for row in evidence.rows] == good
    assert evidence.complete == (len(good) == len(lines))


@pytest.fixture
def tree(open_tmp: Path) -> Tree:
    return Tree(open_tmp)


def _ask(tree: Tree, fact: str, *, ordinary: bool = False) -> Evidence:
    query = Query(fact)
    outputs = {probe.name: tree.run(probe, ordinary=ordinary) for probe in accounts.probes([query])}
    (evidence,) = accounts.answer([query], outputs, AS_ADA if ordinary else AS_ROOT)
    check(evidence)
    return evidence


_HASHES = {
    "": "empty",
    "!": "locked",
    "!!": "locked",
    "!$6$salt$hash": "locked",
    "*": "disabled",
    "x": "disabled",
    "*LK*": "disabled",
    "!*": "locked",
    "$y$j9T$salt$verysecret": "yescrypt",
    "$6$rounds=5000$salt$verysecret": "sha512",
    "$5$salt$verysecret": "sha256",
    "$2b$12$verysecret": "bcrypt",
    "$2y$12$verysecret": "bcrypt",
    "$2$12$verysecret": "bcrypt",
    "$1$salt$verysecret": "md5",
    "$gy$j9T$salt$verysecret": "other",
    "$7$verysecret": "other",
    "$sha1$1$salt$verysecret": "other",
    "_J9..rasmverysecret1": "other",
    "abJnggxhB/yWI": "des",
    "verysecrettext": "disabled",
}


def test_kinds_of_passwords_are_told_and_the_hashes_stay_there(tree: Tree):
    lines = [f"u{number}:{text}:20000:0:99999:7:::" for number, text in enumerate(_HASHES)]
    tree.write(
        "/etc/shadow", "\n".join([*lines, "short:$6$salt$verysecret:1", "long:$6$verysecret:1:2:3:4:5:6:7:8", ""])
    )
    (probe,) = accounts.probes([Query("linux.shadow")])
    output = tree.run(probe)
    for secret in (b"verysecret", b"salt", b"abJnggxhB"):
        assert secret not in output.stdout
    evidence = _ask(tree, "linux.shadow")
    assert [row["password"] for row in evidence.rows] == list(_HASHES.values())
    assert evidence.gap is not None
    assert f"/etc/shadow:{len(_HASHES) + 1}: it has 3 fields instead of 9" in evidence.gap.reason


def test_a_hash_in_passwd_or_group_stays_there_too(tree: Tree):
    tree.write(
        "/etc/passwd", "ada:$6$salt$verysecret:1000:1000::/home/ada:/bin/sh\nben::1001:1001::/:\neve:verysecret\n"
    )
    tree.write("/etc/group", "ada:$6$salt$verysecret:1000:ben\neve:verysecret\n")
    tree.write("/etc/shells", "/bin/sh\n")
    for fact in ("linux.user", "linux.group"):
        for probe in accounts.probes([Query(fact)]):
            assert b"verysecret" not in tree.run(probe).stdout
    rows = _ask(tree, "linux.user").rows
    assert [(row["shadowed"], row["passwordless"]) for row in rows] == [(False, False), (False, True)]


def test_files_of_the_host_are_read_as_they_stand(tree: Tree):
    tree.write(
        "/etc/passwd", b"root:x:0:0::/root:/bin/bash\n\n+::::::\n-bob::::::\nm\xfcl:x:1:1::/:/bin/sh\nlast:x:2:2::/:"
    )
    tree.write("/etc/shells", "/bin/sh # the plain one\n/bin/bash\n")
    evidence = _ask(tree, "linux.user")
    assert [(row["name"], row["line"], row["login"]) for row in evidence.rows] == [("root", 1, True), ("last", 6, True)]
    assert evidence.gap is not None
    assert [f"/etc/passwd:{line}" in evidence.gap.reason for line in (2, 3, 4)] == [True] * 3


def test_a_closed_shadow_is_unknown_and_needs_root(tree: Tree):
    tree.write("/etc/shadow", "root:*:1::::::\n", mode=0o000)
    evidence = _ask(tree, "linux.shadow", ordinary=True)
    assert evidence.rows == ()
    assert evidence.gap is not None
    assert (evidence.gap.kind, evidence.gap.needs) == (Outcome.UNKNOWN, "root")


def test_homes_as_they_are(tree: Tree):
    base = tree.base
    for path, mode in (("/home/ada", 0o750), ("/home/open", 0o2777), ("/closed/eve", 0o700)):
        (base / path.lstrip("/")).mkdir(parents=True)
        (base / path.lstrip("/")).chmod(mode)
    (base / "closed").chmod(0o000)
    tree.write("/home/file")
    tree.link("/home/link", "/home/ada")
    names = ("ada", "open", "link", "file", "none")
    lines = [f"{name}:x:{base.stat().st_uid}:1::{base}/home/{name}:/bin/sh" for name in names]
    lines += [f"eve:x:1:1::{base}/closed/eve:/bin/sh", "svc:x:2:2::/home/svc:/usr/sbin/nologin", "root:x:0:0:::/bin/sh"]
    tree.write("/etc/passwd", "\n".join(lines) + "\n")
    tree.write("/etc/shells", "/bin/sh\n")
    # Output hides the tree's place, and so must the accounts that it is joined with.
    rows = {str(row["name"]): row for row in _ask(tree, "linux.account_home", ordinary=True).rows}
    (base / "closed").chmod(0o755)
    assert set(rows) == {*names, "eve", "root"}
    assert [(rows[name]["present"], rows[name]["mode"]) for name in ("ada", "open", "link")] == [
        (True, "0750"),
        (True, "2777"),
        (True, "0750"),
    ]
    assert rows["ada"]["owned"] is True
    assert [rows[name]["present"] for name in ("file", "none", "root")] == [False] * 3
    assert rows["none"]["mode"] is ABSENT
    assert isinstance(rows["eve"]["present"], Gap)
    assert rows["eve"]["present"].needs == "root"
