"""linux.sshd: what the real `sshd -T` says of crafted configurations, and what becomes of everything it does not say."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collection.linux import sshd
from scanner.collection.linux.probe import Output
from scanner.collection.linux.script import assemble
from scanner.collection.linux.sshd_script import SCRIPT
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, Row
from scanner.model.outcome import Outcome
from tests.collection.hosts import AS_ADA, AS_ROOT, lowered, needs
from tests.collection.parity import check

_QUERY = Query("linux.sshd")
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"


class Server:
    """The files of an SSH server that never runs; its configuration is asked of the real sshd."""

    def __init__(self, base: Path, key: Path) -> None:
        self.base = base
        self.options = ["-f", str(base / "sshd_config"), "-h", str(key)]
        (base / "proc").mkdir()
        (base / "bin").mkdir()

    def write(self, name: str, text: str) -> None:
        """Write a file; `@` stands for the server's directory."""
        place = self.base / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("@", str(self.base)))

    def program(self, name: str, script: str) -> None:
        """Put a stand-in before the programs of the machine."""
        self.write(f"bin/{name}", f"#!/bin/sh\n{script}\n")
        (self.base / "bin" / name).chmod(0o755)

    def daemon(self, pid: int, words: Sequence[str], *, title: str = "", comm: str = "sshd", root: str = "/") -> None:
        """Let a process seem to run."""
        place = self.base / "proc" / str(pid)
        place.mkdir()
        (place / "comm").write_text(comm + "\n")
        cmdline = title.encode() if title else b"".join(word.encode() + b"\0" for word in words)
        (place / "cmdline").write_bytes(cmdline)
        (place / "root").symlink_to(root)
        (place / "exe").symlink_to("/usr/sbin/sshd")

    def output(
        self, *, shell: Sequence[str] = ("sh",), stopped: bool = True, privileged: bool = True, ordinary: bool = False
    ) -> Output:
        """Run the probe: paths below the server's directory, and root's right to ask taken for granted."""
        text = SCRIPT.replace("/proc/[0-9]*", f"{self.base}/proc/[0-9]*").replace(
            "/etc/default/", f"{self.base}/default/"
        )
        if stopped:
            text = text.replace('"$(configured)"', '"{}"'.format("\n".join(self.options)))
        if privileged:
            text = text.replace("uid=$(id -u)", "uid=0")
        done = subprocess.run(
            [*lowered(ordinary), *shell, "-c", text, "controlproof"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env={"PATH": f"{self.base}/bin:{_PATH}", "LC_ALL": "C"},
            timeout=120,
        )
        base = str(self.base)
        return Output(
            stdout=done.stdout.replace(base.encode(), b"@"),
            stderr=done.stderr.decode().replace(base, "@"),
            status=done.returncode,
        )

    def ask(self, config: str, **how: bool) -> Evidence:
        """Give the evidence for a configuration."""
        self.write("sshd_config", config)
        return _read(self.output(**how))


def _read(output: Output) -> Evidence:
    (evidence,) = sshd.answer([_QUERY], {"sshd": output}, AS_ROOT)
    check(evidence)
    return evidence


@pytest.fixture(scope="module")
def host_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs("sshd", "ssh-keygen")
    key = tmp_path_factory.mktemp("key") / "host_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    return key


@pytest.fixture
def server(tmp_path: Path, host_key: Path) -> Iterator[Server]:
    yield Server(tmp_path, host_key)


def _scopes(evidence: Evidence) -> list[Cell]:
    return [row["scope"] for row in evidence.rows]


def test_the_global_row_is_what_sshd_prints(server: Server):
    evidence = server.ask(
        "Port 2222\nPort 2200\nPermitRootLogin without-password\nMaxAuthTries 4\nLoginGraceTime 1m30s\nClientAliveInterval 2m\n"
        "Banner none\nForceCommand /bin/x y\nAllowUsers ada ben@10.0.0.*\nAllowUsers eve\nDenyGroups a b\n"
        "Ciphers aes256-ctr,aes128-ctr\nSubsystem sftp internal-sftp -l INFO\nAuthenticationMethods publickey,password publickey\n"
    )
    assert evidence.complete
    (row,) = evidence.rows
    expected: Mapping[str, Cell] = {
        "scope": "global",
        "running": False,
        "port": 2222,
        "permitrootlogin": "prohibit-password",
        "maxauthtries": 4,
        "logingracetime": 90,
        "clientaliveinterval": 120,
        "banner": ABSENT,
        "forcecommand": "/bin/x y",
        "allowusers": ["ada", "ben@10.0.0.*", "eve"],
        "denygroups": ["a", "b"],
        "allowgroups": [],
        "ciphers": ["aes256-ctr", "aes128-ctr"],
        "subsystem_sftp": "internal-sftp -l INFO",
        "authenticationmethods": ["publickey,password", "publickey"],
    }
    assert {name: row[name] for name in expected} == expected


def _told(evidence: Evidence, column: str) -> dict[str, Cell]:
    return {str(row["scope"]): row[column] for row in evidence.rows}


_MATCHES: Mapping[str, tuple[str, dict[str, str]]] = {
    "no block": ("X11Forwarding no\n", {"global": "no"}),
    "a user": ("Match User ada\n  X11Forwarding yes\n", {"global": "no", "Match User ada": "yes"}),
    "several users": (
        "Match User ada,ben,!eve\nX11Forwarding yes\n",
        {"global": "no", "Match User ada,ben,!eve": "yes"},
    ),
    "a group that has no members": (
        "Match Group nobodies\nX11Forwarding yes",
        {"global": "no", "Match Group nobodies": "yes"},
    ),
    "a network with an exception": (
        "Match Address 10.0.0.0/8,!10.1.0.0/16,2001:db8::/32\nX11Forwarding yes",
        {"global": "no", "Match Address 10.0.0.0/8,!10.1.0.0/16,2001:db8::/32": "yes"},
    ),
    "a host": ("Match Host *.example.org\nX11Forwarding yes", {"global": "no", "Match Host *.example.org": "yes"}),
    "an own port": ("Match LocalPort 2222\nX11Forwarding yes", {"global": "no", "Match LocalPort 2222": "yes"}),
    "an own address": (
        "Match LocalAddress 10.0.0.1\nX11Forwarding yes",
        {"global": "no", "Match LocalAddress 10.0.0.1": "yes"},
    ),
    "a routing domain": ("Match RDomain 7\nX11Forwarding yes", {"global": "no", "Match RDomain 7": "yes"}),
    "all at the end": ("Match all\nX11Forwarding yes", {"global": "yes", "Match all": "yes"}),
    "all after a user": (
        "Match User ada\nX11Forwarding yes\nMatch all\nX11Forwarding no",
        {"global": "no", "Match User ada": "yes", "Match all": "no"},
    ),
    "a block that an earlier one hides from some": (
        "Match User ada\nX11Forwarding no\nMatch Group staff\nX11Forwarding yes",
        {"global": "no", "Match User ada": "no", "Match Group staff": "yes"},
    ),
    "cases, signs and quotes": (
        '  mAtCh   uSeR=ada  addRess "10.0.0.1" # why\n\tx11forwarding=YES\n"Match" User "ben"\r\nX11Forwarding yes\r\n',
        {"global": "no", 'Match uSeR=ada addRess "10.0.0.1"': "yes", 'Match User "ben"': "yes"},
    ),
    "the same line twice": (
        "Match User ada\nX11Forwarding no\nMatch User ada\nX11Forwarding yes",
        {"global": "no", "Match User ada": "no", "Match User ada (2)": "yes"},
    ),
    "an empty block": (
        "Match User ada\nMatch User ben\n X11Forwarding yes",
        {"global": "no", "Match User ada": "no", "Match User ben": "yes"},
    ),
    "words that only look like blocks": (
        "Banner /match/include\n#Match User ada\nAcceptEnv Match Include\n",
        {"global": "no"},
    ),
}


@pytest.mark.parametrize("name", _MATCHES)
def test_every_match_block_has_a_row(server: Server, name: str):
    config, expected = _MATCHES[name]
    evidence = server.ask(config)
    assert evidence.gap is None
    assert _told(evidence, "x11forwarding") == expected


@pytest.mark.parametrize("shell", [["dash"], ["bash"], ["busybox", "sh"]], ids=" ".join)
def test_included_files_and_nested_blocks(server: Server, shell: list[str]):
    needs(shell[0])
    server.write("d/20.conf", "Match User two\nX11Forwarding yes\n")
    server.write("d/10.conf", 'MaxAuthTries 3\ninclude "@/e/a b.conf" @/none/*.conf # two\n')
    server.write("d/skip.txt", "Match User never\n")
    server.write("e/a b.conf", "Match User one\nX11Forwarding yes\n")
    server.write("n/1.conf", "MaxSessions 1\nMatch Address 10.0.0.0/8\nX11Forwarding yes\nMaxSessions 2")
    server.write(
        "sshd_config",
        "Include @/d/*.conf\nMaxAuthTries 5\nMatch User out # c\nInclude=@/n/*.conf\nPermitTunnel yes\nMatch all\nMaxSessions 9\n",
    )
    evidence = _read(server.output(shell=shell))
    assert evidence.gap is None
    nested = "Match User out Address 10.0.0.0/8"
    assert _scopes(evidence) == ["global", "Match User one", "Match User two", "Match User out", nested, "Match all"]
    assert set(_told(evidence, "maxauthtries").values()) == {3}
    assert list(_told(evidence, "x11forwarding").values()) == ["no", "yes", "yes", "no", "yes", "no"]
    assert list(_told(evidence, "permittunnel").values()) == ["no", "no", "no", "yes", "yes", "no"]
    assert list(_told(evidence, "maxsessions").values()) == [9, 9, 9, 1, 1, 9]


@pytest.mark.parametrize(
    ("match", "connection"),
    [
        ("User ada", "user=ada"),
        ("User ada,!root", "user=ada,host=h,addr=192.0.2.1"),
        ("Address 10.0.0.0/8", "addr=10.1.2.3"),
        ("Host *.example.org", "host=a.example.org"),
        ("LocalPort 2222", "lport=2222"),
        ("LocalAddress 10.0.0.1", "laddr=10.0.0.1"),
        ("User ada Address 10.0.0.0/8", "user=ada,addr=10.1.2.3"),
        ("all", "user=ada"),
    ],
)
def test_a_row_agrees_with_what_sshd_says_of_a_connection_that_matches(server: Server, match: str, connection: str):
    evidence = server.ask(
        f"MaxAuthTries 3\nMatch {match}\nX11Forwarding yes\nPermitRootLogin no\nBanner /b\nMaxAuthTries 2\n"
    )
    row = evidence.rows[1]
    prefix = (
        []
        if os.geteuid()
        else [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--inh-caps=+dac_read_search",
            "--ambient-caps=+dac_read_search",
        ]
    )
    needs(*prefix[:1])
    done = subprocess.run(
        [*prefix, "sshd", "-T", *server.options, "-C", connection], capture_output=True, text=True, env={"PATH": _PATH}
    )
    assert done.returncode == 0, done.stderr
    printed = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    assert printed["x11forwarding"] == "yes"
    for name in ("x11forwarding", "permitrootlogin", "banner", "loglevel", "permittunnel"):
        assert row[name] == printed[name]
    assert str(row["maxauthtries"]) == printed["maxauthtries"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("Nonsense yes\n", "Bad configuration option"),
        ("Match Usr ada\n", "Bad Match condition"),
        ("Port seventy\n", "Badly formatted port number"),
        ("Match User ada\nPort 22\n", "not allowed within a Match block"),
    ],
)
def test_a_configuration_that_sshd_refuses_is_an_error_in_its_own_words(server: Server, config: str, said: str):
    evidence = server.ask(config)
    assert evidence.rows == ()
    assert evidence.gap is not None
    assert evidence.gap.kind is Outcome.ERROR
    assert said in evidence.gap.reason


def test_without_host_keys_sshd_says_so(server: Server):
    server.options = server.options[:2]
    evidence = server.ask("HostKey @/none\n")
    assert evidence.gap is not None
    assert "no hostkeys available" in evidence.gap.reason


def test_what_an_ordinary_user_asks_is_unknown(server: Server):
    server.base.parent.chmod(0o755)
    server.write("sshd_config", "")
    evidence = _read(Output(stdout=server.output(privileged=False, ordinary=True).stdout))
    assert evidence.rows == ()
    assert evidence.gap is not None
    assert (evidence.gap.kind, evidence.gap.needs) == (Outcome.UNKNOWN, "root")


def test_without_sshd_the_list_is_empty_and_complete(server: Server):
    text = SCRIPT.replace("command -v sshd", "false")
    done = subprocess.run(
        ["sh", "-c", text.replace("/proc/[0-9]*", "/none/*")], capture_output=True, env={"PATH": _PATH}
    )
    evidence = _read(Output(stdout=done.stdout, status=done.returncode))
    assert evidence.complete
    assert evidence.rows == ()


def test_the_daemons_own_options_are_those_of_its_command_line(server: Server, host_key: Path):
    server.write("other_config", "MaxAuthTries 2\nMatch User ada\nX11Forwarding yes\n")
    words = [
        "/usr/sbin/sshd",
        "-De",
        "-f",
        f"{server.base}/other_config",
        f"-h{host_key}",
        "-oPermitEmptyPasswords=yes",
        "-p",
        "2022",
    ]
    server.daemon(7, [], title=f"sshd: {' '.join(words)} [listener] 0 of 10-100 startups")
    server.daemon(8, [], title="sshd: ada [priv]")
    server.daemon(9, ["/usr/sbin/sshd"], root=str(server.base))
    server.daemon(10, ["/usr/bin/other"], comm="other")
    evidence = _read(server.output(stopped=False))
    assert evidence.gap is None
    assert _scopes(evidence) == ["global", "Match User ada"]
    for row in evidence.rows:
        assert (row["running"], row["maxauthtries"], row["permitemptypasswords"], row["port"]) == (True, 2, "yes", 2022)


def test_several_daemons_are_told_apart(server: Server):
    for pid, port in ((7, 22), (8, 2222)):
        server.write("sshd_config", "Match User ada\nX11Forwarding yes\n")
        server.daemon(pid, ["/usr/sbin/sshd", "-D", *server.options, "-p", str(port)])
    server.daemon(9, ["/usr/sbin/sshd", "-D", *server.options, "-p", "22"])
    evidence = _read(server.output(stopped=False))
    assert evidence.gap is None
    assert len(evidence.rows) == 4
    assert len(set(_scopes(evidence))) == 4
    assert [row["port"] for row in evidence.rows] == [22, 22, 2222, 2222]
    assert str(evidence.rows[1]["scope"]).startswith("Match User ada (sshd -f ")


def test_a_stopped_daemon_has_the_options_of_its_unit(server: Server, host_key: Path):
    server.write("sshd_config", "MaxAuthTries 1\n")
    server.write(
        "default/ssh",
        f"# x\nSSHD_OPTS=-oMaxSessions=3\nSSHD_OPTS='-f {server.base}/sshd_config -h {host_key} -oMaxSessions=4'\n",
    )
    start = "{ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -D $SSHD_OPTS $MORE ; ignore_errors=no ; pid=0 }"
    server.program(
        "systemctl",
        f"""case "$*" in
*ssh.service*) ;; *) exit 1 ;;
esac
case "$*" in
*ExecStart*) echo '{start}' ;;
*EnvironmentFiles*) echo "{server.base}/default/ssh (ignore_errors=yes)" ;;
esac""",
    )
    (row,) = _read(server.output(stopped=False)).rows
    assert (row["running"], row["maxauthtries"], row["maxsessions"]) == (False, 1, 4)
    server.program("systemctl", 'case "$*" in *is-active*) exit 0 ;; esac; exit 1')
    (row,) = _read(server.output(stopped=False)).rows
    assert (row["running"], row["maxauthtries"], row["maxsessions"]) == (True, 1, 4)


def test_a_count_that_differs_from_sshds_own_is_told(server: Server):
    server.write("sshd_config", "Match User ada\nX11Forwarding yes\n")
    blind = server.output()
    assert _read(blind).complete
    server.program(
        "awk", 'case "$1" in *words*) exec /usr/bin/awk "$1" </dev/null ;; *) exec /usr/bin/awk "$@" ;; esac'
    )
    gap = _read(server.output()).gap
    assert gap is not None
    assert "sshd sees 1 Match blocks, this reading of its files 0" in gap.reason


def test_the_fragment_is_fit_for_the_script():
    (probe,) = sshd.probes([_QUERY])
    assert assemble([probe]).probes == (probe,)
    assert sshd.probes([]) == []


_WHOLE = (
    b"R1\nD\n=port 22\n=permitrootlogin no\n.\nM/etc/ssh/sshd_config:9\tUser ada\n=port 22\n=permitrootlogin yes\n.\n"
)


def _row(text: bytes) -> Row:
    return _read(Output(stdout=text)).rows[0]


def test_what_this_sshd_does_not_print_is_absent_and_no_limit_is_an_empty_list():
    row = _row(_WHOLE)
    assert row["gssapiauthentication"] is ABSENT
    assert row["ciphers"] is ABSENT
    assert row["maxsessions"] is ABSENT
    assert row["allowusers"] == []
    assert row["subsystem_sftp"] is ABSENT


def test_names_of_former_versions_are_understood():
    assert (
        _row(_WHOLE.replace(b"=port", b"=ChallengeResponseAuthentication no\n=port"))["kbdinteractiveauthentication"]
        == "no"
    )


@pytest.mark.parametrize(
    ("text", "cell"), [("120", 120), ("2m", 120), ("1h30m", 5400), ("1w1d", 691200), ("none", None), ("", None)]
)
def test_times(text: str, cell: int | None):
    found = _row(_WHOLE.replace(b"=port", f"=logingracetime {text}\n=port".encode()))["logingracetime"]
    assert isinstance(found, Gap) if cell is None else found == cell


def test_a_number_that_is_none_is_a_gap():
    assert isinstance(_row(_WHOLE.replace(b"port 22", b"port x"))["port"], Gap)


@pytest.mark.parametrize(
    ("stdout", "rows"),
    [
        (b"", 0),
        (b"R0\n", 0),
        (b"R0\nD\n=port 22\n", 0),
        (b"R0\nD\n.\n", 0),
        (b"D\n=port 22\n.\n", 1),
        (_WHOLE[:-2], 1),
        (_WHOLE.replace(b"=permitrootlogin yes\n.", b"!Bad Match condition"), 1),
        (_WHOLE + b"?the configuration reads differently\n", 2),
        (_WHOLE + b"M/x:1\tUser b\n!more than 64 Match blocks are not evaluated\n", 2),
    ],
)
def test_an_answer_that_is_not_whole_is_never_complete(stdout: bytes, rows: int):
    evidence = _read(Output(stdout=stdout))
    assert evidence.gap is not None
    assert evidence.gap.kind is Outcome.ERROR
    assert len(evidence.rows) == rows


def test_a_block_that_failed_is_named_by_its_line():
    gap = _read(Output(stdout=_WHOLE.replace(b"=permitrootlogin yes\n.", b"!no such thing"))).gap
    assert gap is not None
    assert gap.reason == "/etc/ssh/sshd_config:9: Match User ada: no such thing"


@pytest.mark.parametrize(
    "output",
    [Output(stdout=_WHOLE, truncated=True), Output(stdout=b"A\n", timed_out=True), Output(status=None, missing="cut")],
)
def test_a_cut_output_is_an_error_whatever_it_says(output: Output):
    gap = _read(output).gap
    assert gap is not None
    assert gap.kind is Outcome.ERROR


@given(st.one_of(st.binary(max_size=200), st.text(alphabet="AURDM?=.!\n\t 019zport", max_size=120).map(str.encode)))
def test_whatever_comes_gives_sound_evidence(stdout: bytes):
    (evidence,) = sshd.answer([_QUERY], {"sshd": Output(stdout=stdout)}, AS_ADA)
    check(evidence)
    whole = evidence.gap is None and evidence.rows
    assert not whole or evidence.rows[0]["running"] in (True, False)


_USERS = st.lists(st.sampled_from(["ada", "ben", "*", "!eve"]), min_size=1, max_size=2, unique=True).map(",".join)
_LINES = st.sampled_from(["X11Forwarding yes", "X11Forwarding no", "MaxSessions 3", "PermitTunnel yes", "# c", ""])
_BLOCKS = st.lists(st.tuples(_USERS, st.lists(_LINES, max_size=3)), max_size=4)


@given(blocks=_BLOCKS, split=st.booleans())
def test_each_value_that_a_block_sets_first_stands_in_its_row(
    host_key: Path, tmp_path_factory: pytest.TempPathFactory, blocks, split
):
    server = Server(tmp_path_factory.mktemp("server"), host_key)
    texts = [f"Match User {users}\n" + "".join(f"{line}\n" for line in lines) for users, lines in blocks]
    for number, text in enumerate(texts):
        server.write(f"d/{number}.conf", text)
    evidence = server.ask("MaxSessions 7\n" + ("Include @/d/*.conf\n" if split else "".join(texts)))
    assert evidence.gap is None
    assert len(evidence.rows) == len(blocks) + 1
    for row, (_, lines) in zip(evidence.rows[1:], blocks, strict=True):
        first = {
            line.split()[0].lower(): line.split()[1]
            for line in reversed(lines)
            if len(line.split()) == 2 and line[0] != "#"
        }
        assert row["x11forwarding"] == first.get("x11forwarding", "no")
        assert row["maxsessions"] == int(first.get("maxsessions", 7))
        assert row["permittunnel"] == first.get("permittunnel", "no")
