from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.model.errors import ConfigurationError
from scanner.model.inventory import Endpoint
from scanner.transport.ssh_settings import Hop, route
from tests.support.sshd import need

CONFIG = """
Host web01
    HostName web01.example
    User deploy
    Port 2201
    IdentityFile ~/.ssh/web_%r
    IdentitiesOnly yes
Host db* !db02
    ProxyJump gate@bastion:2222,inner
    HostKeyAlias the-db
    IdentityAgent ~/agents/%h
Host db02
    ProxyJump none
Host bastion
    HostName 10.0.0.1
    ProxyJump outer
Host inner
    User innie
    ProxyJump ignored
Host secret
    ProxyCommand nc %h %p
Host revoking
    RevokedHostKeys /etc/ssh/revoked
Match host matched user root
    Port 99
Host *
    User everybody
    UserKnownHostsFile ~/.ssh/known_one "~/.ssh/known two"
    GlobalKnownHostsFile /etc/k1 /etc/k2
    StrictHostKeyChecking no
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config"
    file.write_text(CONFIG)
    return file


def way(config: Path, address: str, **more: object) -> tuple[Hop, ...]:
    return route(Endpoint("ssh", address, options=(("ssh_config", str(config)),), **more))  # type: ignore[arg-type]


def home() -> str:
    return os.environ["HOME"]


def test_a_host_block_is_honoured(config: Path) -> None:
    (hop,) = way(config, "web01")

    assert (hop.host, hop.port, hop.user) == ("web01.example", 2201, "deploy")
    assert hop.identities == (f"{home()}/.ssh/web_deploy",)
    assert hop.identities_only
    assert hop.spare == ()
    assert hop.known_as == ("[web01.example]:2201", "web01.example")
    assert hop.known_hosts == (f"{home()}/.ssh/known_one", f"{home()}/.ssh/known two")
    assert hop.global_known_hosts == ("/etc/k1", "/etc/k2")
    assert hop.place == "web01 (web01.example:2201)"


def test_strict_host_keys_are_never_weakened(config: Path) -> None:
    assert not way(config, "web01")[0].accept_new


def test_the_inventory_beats_ssh_config(config: Path) -> None:
    (hop,) = way(config, "web01", user="root", port=22, identity="/keys/mine")

    assert (hop.user, hop.port) == ("root", 22)
    assert hop.identities == ("/keys/mine", f"{home()}/.ssh/web_root")


def test_all_hops_are_taken_in_order_each_with_its_own_settings(config: Path) -> None:
    outer, bastion, inner, target = way(config, "db01")

    assert outer.name == "outer"
    assert (bastion.host, bastion.port, bastion.user) == ("10.0.0.1", 2222, "gate")
    assert (inner.host, inner.user) == ("inner", "innie")
    assert target.known_as == ("the-db",)
    assert target.agent == f"{home()}/agents/db01"


def test_jump_of_the_inventory_beats_ssh_config(config: Path) -> None:
    hop, target = way(config, "secret", jump=("ann@[fe80::1]:22",))

    assert (hop.host, hop.user) == ("fe80::1", "ann")
    assert target.host == "secret"


def test_proxyjump_none_means_directly(config: Path) -> None:
    assert len(way(config, "db02")) == 1


@pytest.mark.parametrize(("address", "keyword"), [("secret", "ProxyCommand"), ("revoking", "RevokedHostKeys")])
def test_what_cannot_be_honoured_is_refused_with_the_way_out(config: Path, address: str, keyword: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{keyword}.*use `transport: openssh`"):
        way(config, address)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Match exec true\nPort 7\n", "`Match exec`, which holds for a, is not supported"),
        ("Match host a !exec 'test -e /x'\nPort 7\n", "`Match exec`, which holds for a, is not supported"),
        ("Match localnetwork 10.0.0.0/8\nPort 7\n", "`Match localnetwork`"),
        ("Port many\n", "Port to 'many'"),
        ("Port 70000\n", "Port to '70000'"),
        ("Host a\nProxyJump b\nHost b\nProxyJump a\n", "leads in a circle"),
        ("Host a 'b\n", "is not supported"),
        ("Include 'x\n", "Include line cannot be read"),
        ("UserKnownHostsFile 'x\n", "known_hosts files cannot be read"),
    ],
)
def test_odd_config_is_our_error(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "odd"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        way(file, "a")


def test_includes_are_followed(tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".ssh"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "conf.d" / "1.conf").write_text("Host web01\n  Port 1001\n")
    (folder / "conf.d" / "2.conf").write_text("Include two\nHost web02\n  Port 1002\n")
    (folder / "two").write_text("Host web03\n  Port 1003\n")
    (folder / "only").write_text("User inside\n")
    (folder / "config").write_text(
        "Include conf.d/*.conf\nHost web04\n  Include only\n  Port 1004\nHost *\n  User all\n"
    )

    found = {name: route(Endpoint("ssh", name))[0] for name in ("web01", "web02", "web03", "web04")}

    assert [hop.port for hop in found.values()] == [1001, 1002, 1003, 1004]
    assert [hop.user for hop in found.values()] == ["all", "all", "all", "inside"]


def test_blocks_inside_conditional_includes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "inner").write_text("Host x\n  Port 7\n")
    file = tmp_path / "config"
    file.write_text(f"Host web01\n  Include {tmp_path}/inner\n")

    with pytest.raises(ConfigurationError, match="Include of blocks inside a block, which holds for web01"):
        way(file, "web01")
    assert way(file, "web02")[0].port == 22


def test_match_lines_see_the_user_of_the_inventory(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("Match user ann\nPort 7\nMatch host web01 exec false\nPort 8\nHost *\nUser bob\n")

    assert way(file, "web02", user="ann")[0].port == 7
    assert way(file, "web02")[0].port == 22


def test_circular_includes_end(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(f"Include {file}\n")

    with pytest.raises(ConfigurationError, match="lead in a circle"):
        way(file, "web01")


def test_changes_of_the_file_are_seen(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("Port 1\n")
    assert way(file, "a")[0].port == 1

    file.write_text("Port 22222\n")

    assert way(file, "a")[0].port == 22222


def test_without_any_config_defaults_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")

    (hop,) = route(Endpoint("ssh", "fe80::1", options=(("ssh_config", "none"),)))

    assert (hop.port, hop.user, hop.agent) == (22, pwd.getpwuid(os.getuid()).pw_name, "/run/agent")
    assert [Path(path).name for path in hop.spare] == ["id_ed25519", "id_ecdsa", "id_rsa"]
    assert hop.known_hosts[0] == f"{home()}/.ssh/known_hosts"
    assert hop.place == "fe80::1"
    assert replace(hop, port=2222).place == "[fe80::1]:2222"


@pytest.mark.parametrize(
    ("setting", "agent"), [("none", ""), ("SSH_AUTH_SOCK", "/run/agent"), ("$MY_AGENT", "/run/mine"), ("/x", "/x")]
)
def test_identity_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, agent: str) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    monkeypatch.setenv("MY_AGENT", "/run/mine")
    file = tmp_path / "config"
    file.write_text(f"IdentityAgent {setting}\n")

    assert way(file, "a")[0].agent == agent


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (Endpoint("ssh"), "has no address"),
        (Endpoint("ssh", "a", jump=("x y",)), "cannot be read"),
        (Endpoint("ssh", "a", options=(("accept_new", "maybe"),)), "neither yes nor no"),
        (Endpoint("ssh", "a", options=(("ssh_config", "/no/such/file"),)), "is not a file"),
    ],
)
def test_wrong_settings_are_told(endpoint: Endpoint, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        route(endpoint)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=30),
            st.builds(
                "{} {}".format,
                st.sampled_from(["Host", "Match", "Include", "Port", "User", "IdentityFile", "ProxyJump", "HostName"]),
                st.text("ab*!%h'\"/~,= \x00exclhost", max_size=12),
            ),
        ),
        max_size=8,
    )
)
def test_no_config_brings_about_a_foreign_error(tmp_path: Path, lines: list[str]) -> None:
    file = tmp_path / "any"
    file.write_text("\n".join(lines), "utf-8", "surrogatepass")

    try:
        hops = way(file, "ab")
    except ConfigurationError as exc:
        assert "\x1b" not in str(exc)
    else:
        assert hops


@pytest.mark.parametrize("address", ["web01", "db01", "db02", "inner", "matched", "anything"])
def test_ssh_itself_reads_the_file_alike(config: Path, address: str) -> None:
    need("ssh")
    text = subprocess.run(["ssh", "-G", "-F", str(config), address], capture_output=True, text=True, check=True).stdout
    theirs = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)

    ours = way(config, address)[-1]

    assert (ours.host, str(ours.port), ours.user) == (theirs["hostname"], theirs["port"], theirs["user"])
    assert (len(way(config, address)) > 1) == ("proxyjump" in theirs)
