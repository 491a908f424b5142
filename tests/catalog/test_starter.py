"""Starter files: whatever they are made from, they load cleanly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.catalog import starter
from scanner.catalog.files.configuration import read_configuration
from scanner.catalog.files.targets import read_inventory
from scanner.catalog.files.waivers import read_waivers
from scanner.catalog.nodes import read
from scanner.model.errors import ConfigurationError, ContentError, Problem
from scanner.model.inventory import Inventory

SSH_CONFIG = """\
# the office
Compression yes

Host gate gate.example  !nothing
    HostName 192.0.2.1
    Port=2222
Host db?
    User dba
Host db1
    HostName %h.internal
    User never
Host github.com
    User git
Host *.example
    Port 99
Match host x
    User lost
Host "with space"
Host 123
Host *
    Port 22
    User audit
"""


def load(text: str) -> Inventory:
    problems: list[Problem] = []
    inventory = read_inventory("inventory.yaml", text.encode(), problems)
    assert problems == []
    assert inventory is not None
    return inventory


def test_the_configuration_loads():
    problems: list[Problem] = []
    found = read_configuration("controlproof.yaml", starter.CONFIGURATION.encode(), problems)

    assert problems == []
    assert found is not None
    assert (found.fail_on, found.profiles) == ("low", ("auto",))


def uncommented(text: str) -> str:
    """The text with its commented example in force instead of what stands there."""
    body = text.partition("#\n")[2].replace("waivers: []\n", "")
    return "schema: waivers/1\n" + "".join(line.removeprefix("# ") + "\n" for line in body.splitlines())


def test_the_waivers_load_and_so_does_their_example():
    problems: list[Problem] = []

    assert read_waivers("waivers.yaml", starter.WAIVERS.encode(), problems) == ()
    assert [waiver.id for waiver in read_waivers("w.yaml", uncommented(starter.WAIVERS).encode(), problems)] == ["W1"]
    assert problems == []


def test_the_example_scans_this_machine():
    (target,) = load(starter.EXAMPLE_INVENTORY).targets

    assert (target.id, target.endpoint.transport, target.profiles) == ("localhost", "local", ("auto",))


def test_the_examples_in_comments_load_too():
    lines = starter.EXAMPLE_INVENTORY.splitlines()
    text = "\n".join(line.replace("  # ", "  ", 1) if line.startswith("  # ") else line for line in lines)
    text = text.replace("# assets:", "assets:").replace("#   win03", "  win03")

    inventory = load(text)

    assert [target.id for target in inventory.targets] == ["localhost", "web01", "db01", "db01-pg", "web09"]
    assert [asset.id for asset in inventory.assets] == ["win03"]


def test_hosts_that_ssh_config_names_become_targets():
    text = starter.inventory_from_ssh(SSH_CONFIG)

    assert [target.id for target in load(text).targets] == ["gate", "gate.example", "db1", "123"]
    assert "  gate: {group: hosts}  # audit@192.0.2.1:2222\n" in text
    assert "  db1: {group: hosts}  # dba@db1.internal:22\n" in text


def test_the_first_value_wins_as_in_ssh_config():
    hosts = starter.ssh_hosts("Host a\n  User first\nHost a b\n  User second\n  Port 1\n")

    assert hosts == {"a": {"user": "first", "port": "1"}, "b": {"user": "second", "port": "1"}}


def test_another_ssh_config_is_named():
    text = starter.inventory_from_ssh("Host a\n", "/etc/scan/ssh_config")

    assert load(text).targets[0].endpoint.option("ssh_config") == "/etc/scan/ssh_config"


@pytest.mark.parametrize("text", ["", "Host *\n", "Host github.com\n  User git\n", "\x00"])
def test_without_hosts_there_is_the_example(text: str):
    assert starter.inventory_from_ssh(text) == starter.EXAMPLE_INVENTORY


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Host", "HostName", "User", "Port", "Match", "Include", "#", "host="]),
            st.text(max_size=12),
        ),
        max_size=10,
    )
)
def test_any_ssh_config_gives_an_inventory_that_loads(lines: list[tuple[str, str]]):
    load(starter.inventory_from_ssh("\n".join(f"{keyword} {rest}" for keyword, rest in lines)))


def test_an_ansible_inventory_is_written_out():
    listing = {
        "_meta": {
            "hostvars": {
                "db01": {"ansible_host": "10.0.0.5", "ansible_port": 2222, "ansible_become": True},
                "on": {"controlproof_labels": {"note": "a: b # c", "on": "yes"}, "ansible_connection": "local"},
            }
        },
        "web": {"hosts": ["db01"]},
    }
    data = json.dumps(listing).encode()
    inventory = load(starter.inventory_from_ansible("hosts.json", data))
    problems: list[Problem] = []
    direct = read_inventory("hosts.json", data, problems)

    assert direct is not None
    assert [target.endpoint for target in inventory.targets] == [target.endpoint for target in direct.targets]
    assert inventory.targets[0].groups == ("web",)
    assert inventory.targets[1].labels == {"note": "a: b # c", "on": "yes"}


def test_an_ansible_inventory_that_cannot_be_carried_over_is_refused():
    data = json.dumps({"_meta": {"hostvars": {"a": {"ansible_connection": "winrm"}}}}).encode()

    with pytest.raises(ContentError, match="winrm"):
        starter.inventory_from_ansible("hosts.json", data)
    with pytest.raises(ConfigurationError, match="not the JSON of an Ansible inventory"):
        starter.inventory_from_ansible("hosts.json", b"[web]\nhost1\n")


TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), max_size=12)


@given(st.dictionaries(TEXTS, TEXTS | st.booleans() | st.integers(-99, 99) | st.lists(TEXTS, max_size=3), max_size=4))
def test_what_is_written_in_flow_style_is_read_back(value: dict[str, object]):
    problems: list[Problem] = []
    document = read("x.yaml", f"top: {starter.flow(value)}\n".encode(), problems)

    assert problems == []
    assert document is not None
    assert document.value == {"top": value}
