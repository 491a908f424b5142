"""linux.sshd: what the real `sshd -T` says of crafted configurations, globally and per Match block."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.collection.linux.probe import Output
from scanner.collection.linux.sshd_script import SCRIPT
from scanner.model.evidence import ABSENT, Cell, Evidence
from scanner.model.outcome import Outcome
from tests.collection.hosts import ROOT, needs
from tests.collection.sshd_server import PATH, Server, host_key, read, server
from tests.support.sshd import until

__all__ = ["host_key", "server"]


def _listens(port: int) -> bool:
    """Tell whether somebody takes connections on the port of the loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


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
    evidence = read(server.output(shell=shell))
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
        [*prefix, "sshd", "-T", *server.options, "-C", connection], capture_output=True, text=True, env={"PATH": PATH}
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
    evidence = read(Output(stdout=server.output(privileged=False, ordinary=True).stdout))
    assert evidence.rows == ()
    assert evidence.gap is not None
    assert (evidence.gap.kind, evidence.gap.needs) == (Outcome.UNKNOWN, "root")


def test_without_sshd_the_list_is_empty_and_complete(server: Server):
    text = SCRIPT.replace("command -v sshd", "false")
    done = subprocess.run(
        ["sh", "-c", text.replace("/proc/[0-9]*", "/none/*")], capture_output=True, env={"PATH": PATH}
    )
    evidence = read(Output(stdout=done.stdout, status=done.returncode))
    assert evidence.complete
    assert evidence.rows == ()


def test_an_sshd_that_runs_from_a_place_of_its_own_is_not_passed_over(server: Server):
    server.daemon(7, ["/opt/none/sshd", "-D"], exe="/opt/none/sshd")
    text = SCRIPT.replace("command -v sshd", "false").replace("/proc/[0-9]*", f"{server.base}/proc/[0-9]*")
    said = {}
    for uid in ("0", "1000"):
        script = text.replace("uid=$(id -u)", f"uid={uid}")
        done = subprocess.run(["sh", "-c", script], capture_output=True, env={"PATH": PATH})
        said[uid] = read(Output(stdout=done.stdout, status=done.returncode)).gap
    assert said["0"] is not None
    assert said["0"].kind is Outcome.ERROR
    assert said["1000"] is not None
    assert said["1000"].kind is Outcome.UNKNOWN


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
    evidence = read(server.output(stopped=False))
    assert evidence.gap is None
    assert _scopes(evidence) == ["global", "Match User ada"]
    for row in evidence.rows:
        assert (row["running"], row["maxauthtries"], row["permitemptypasswords"], row["port"]) == (True, 2, "yes", 2022)


@pytest.mark.server
def test_a_daemon_that_really_listens_is_found_when_it_is_roots(server: Server):
    if ROOT:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server.write("sshd_config", "ListenAddress 127.0.0.1\nUsePAM no\nMaxAuthTries 2\nMatch User ada\nMaxAuthTries 1\n")
    words = ["/usr/sbin/sshd", "-De", *server.options, "-p", str(port), "-oPidFile=none"]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as daemon:
        try:
            until(lambda: _listens(port) or daemon.poll() is not None, what="the daemon's port")
            assert daemon.poll() is None
            found = read(server.output(stopped=not ROOT, real=True))
        finally:
            daemon.terminate()
    own = [row for row in found.rows if row["port"] == port]
    assert [row["maxauthtries"] for row in own] == ([2, 1] if ROOT else [])
    assert all(row["running"] is True for row in own)


@pytest.mark.parametrize("uids", ["1000 1000 1000 1000", "1000 0 0 0", "", "0 0 0"])
def test_a_process_of_somebody_else_that_calls_itself_sshd_is_not_believed(server: Server, uids: str):
    server.write("sshd_config", "MaxAuthTries 3\n")
    server.write("secret", "root:$6$verysecret\n")
    server.program("evil", f"touch {server.base}/ran")
    words = ["/usr/sbin/sshd", "-D", "-f", f"{server.base}/secret"]
    server.daemon(7, words, uids=uids, exe=f"{server.base}/bin/evil")
    server.write("default/ssh", f"SSHD_OPTS='{' '.join(server.options)}'\n")
    output = server.output(stopped=False)
    assert b"verysecret" not in output.stdout
    assert not (server.base / "ran").exists()
    (row,) = read(output).rows
    assert (row["running"], row["maxauthtries"]) == (False, 3)


def test_several_daemons_are_told_apart(server: Server):
    for pid, port in ((7, 22), (8, 2222)):
        server.write("sshd_config", "Match User ada\nX11Forwarding yes\n")
        server.daemon(pid, ["/usr/sbin/sshd", "-D", *server.options, "-p", str(port)])
    server.daemon(9, ["/usr/sbin/sshd", "-D", *server.options, "-p", "22"])
    evidence = read(server.output(stopped=False))
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
    (row,) = read(server.output(stopped=False)).rows
    assert (row["running"], row["maxauthtries"], row["maxsessions"]) == (False, 1, 4)
    server.program("systemctl", 'case "$*" in *is-active*) exit 0 ;; esac; exit 1')
    (row,) = read(server.output(stopped=False)).rows
    assert (row["running"], row["maxauthtries"], row["maxsessions"]) == (True, 1, 4)


def test_a_count_that_differs_from_sshds_own_is_told(server: Server):
    server.write("sshd_config", "Match User ada\nX11Forwarding yes\n")
    blind = server.output()
    assert read(blind).complete
    server.program(
        "awk", 'case "$1" in *words*) exec /usr/bin/awk "$1" </dev/null ;; *) exec /usr/bin/awk "$@" ;; esac'
    )
    gap = read(server.output()).gap
    assert gap is not None
    assert "sshd sees 1 Match blocks, this reading of its files 0" in gap.reason


_USERS = st.lists(st.sampled_from(["ada", "ben", "*", "!eve"]), min_size=1, max_size=2, unique=True).map(",".join)
_LINES = st.sampled_from(["X11Forwarding yes", "X11Forwarding no", "MaxSessions 3", "PermitTunnel yes", "# c", ""])
_BLOCKS = st.lists(st.tuples(_USERS, st.lists(_LINES, max_size=3)), max_size=4)


@settings(max_examples=12)
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
