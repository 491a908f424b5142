"""Ansible inventories: the JSON of `ansible-inventory --list` becomes targets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.catalog.files.ansible import from_ansible
from scanner.catalog.files.targets import read_inventory
from scanner.model.errors import Problem
from scanner.model.inventory import Endpoint, Target

LISTING: dict[str, Any] = {
    "_meta": {
        "hostvars": {
            "web01": {
                "ansible_host": "10.0.0.11",
                "ansible_port": 2222,
                "ansible_user": "deploy",
                "ansible_ssh_private_key_file": "~/.ssh/deploy",
                "ansible_become": "yes",
                "http_port": 80,
            },
            "db01": {"ansible_become": True, "ansible_become_user": "scan", "controlproof_service_class": "critical"},
            "box": {"ansible_connection": "community.docker.docker", "ansible_user": "root"},
        }
    },
    "all": {"children": ["ungrouped", "prod"]},
    "prod": {"children": ["web", "db"]},
    "web": {"hosts": ["web01"]},
    "db": {"hosts": ["db01"], "vars": {"ansible_ssh_common_args": "-o ProxyJump=hop@gate:22 -o Ciphers=x"}},
    "ungrouped": {"hosts": ["box", "here"]},
}


def listing(**hostvars: dict[str, Any]) -> dict[str, Any]:
    return {"_meta": {"hostvars": hostvars}, "all": {"children": ["ungrouped"]}, "ungrouped": {"hosts": list(hostvars)}}


def targets(document: dict[str, Any]) -> dict[str, Target]:
    problems: list[Problem] = []
    inventory = read_inventory("hosts.json", json.dumps(document).encode(), problems)
    assert problems == []
    assert inventory is not None
    return {target.id: target for target in inventory.targets}


def endpoint(**variables: Any) -> Endpoint:
    return targets(listing(host=variables))["host"].endpoint


def said(document: dict[str, Any]) -> list[str]:
    problems: list[Problem] = []
    assert read_inventory("hosts.json", json.dumps(document).encode(), problems) is None
    return [str(problem) for problem in problems]


def test_variables_of_the_manual_become_the_endpoint():
    found = targets(LISTING)

    assert found["web01"].endpoint == Endpoint(
        "ssh", "10.0.0.11", 2222, "deploy", ("sudo", "-n"), identity="~/.ssh/deploy"
    )
    assert found["db01"].endpoint == Endpoint("ssh", "db01", become=("sudo", "-n", "-u", "scan"), jump=("hop@gate:22",))
    assert found["box"].endpoint == Endpoint("command", command=("docker", "exec", "-i", "-u", "root", "box"))
    assert found["here"].endpoint == Endpoint("ssh", "here")


def test_groups_and_their_parents_become_groups_and_labels():
    found = targets(LISTING)

    assert found["web01"].groups == ("prod", "web")
    assert found["web01"].labels == {"group.prod": "true", "group.web": "true"}
    assert found["box"].groups == ()


def test_a_target_has_no_line_to_point_at():
    found = targets(LISTING)["web01"]

    assert (found.path, found.line) == ("", 0)


def test_our_own_variables_say_what_ansible_has_no_word_for():
    assert targets(LISTING)["db01"].service_class == "critical"

    own = {"controlproof_profiles": ["auto"], "controlproof_labels": {"env": "prod"}, "controlproof_owner": "ops"}
    found = targets(listing(host=own))["host"]
    assert found.profiles == ("auto",)
    assert found.labels == {"env": "prod", "owner": "ops"}


@pytest.mark.parametrize(
    ("variables", "command"),
    [
        ({"ansible_connection": "docker", "ansible_host": "web"}, ("docker", "exec", "-i", "web")),
        ({"ansible_connection": "containers.podman.podman"}, ("podman", "exec", "-i", "host")),
        ({"ansible_connection": "community.general.lxd"}, ("lxc", "exec", "host", "--")),
        (
            {
                "ansible_connection": "kubernetes.core.kubectl",
                "ansible_kubectl_pod": "web-0",
                "ansible_kubectl_namespace": "shop",
                "ansible_kubectl_container": "app",
            },
            ("kubectl", "-n", "shop", "exec", "-i", "web-0", "-c", "app", "--"),
        ),
    ],
)
def test_connections_into_containers(variables: dict[str, str], command: tuple[str, ...]):
    assert endpoint(**variables) == Endpoint("command", command=command)


@pytest.mark.parametrize("kind", ["local", "ansible.builtin.local"])
def test_the_local_connection(kind: str):
    assert endpoint(ansible_connection=kind, ansible_user="me") == Endpoint("local")


@pytest.mark.parametrize("kind", ["ssh", "smart", "paramiko", "ansible.builtin.paramiko_ssh"])
def test_connections_over_ssh(kind: str):
    assert endpoint(ansible_connection=kind) == Endpoint("ssh", "host")


@pytest.mark.parametrize(
    ("arguments", "jump"),
    [
        ("-J a@x:22,b@y", ("a@x:22", "b@y")),
        ("-Ja@x", ("a@x",)),
        ("-oProxyJump=a@x", ("a@x",)),
        ("-o 'ProxyJump a@x'", ("a@x",)),
        ("-o ControlMaster=no -o ProxyJump=none", ()),
    ],
)
def test_jumps_among_the_arguments_of_ssh(arguments: str, jump: tuple[str, ...]):
    assert endpoint(ansible_ssh_common_args=arguments).jump == jump


def test_become_is_off_when_ansible_says_so():
    assert endpoint(ansible_become="false", ansible_become_method="sudo").become == ()


def test_group_variables_of_an_export_hold_from_parents_to_children():
    document = {
        "_meta": {"hostvars": {"host": {}}},
        "all": {"children": ["outer"], "vars": {"ansible_user": "a", "ansible_port": 1}},
        "outer": {"children": ["inner"], "vars": {"ansible_user": "b"}},
        "inner": {"hosts": ["host"], "vars": {"ansible_port": "2"}},
    }

    assert targets(document)["host"].endpoint == Endpoint("ssh", "host", 2, "b")


def test_groups_as_bare_lists_of_an_old_inventory_script():
    document = {"_meta": {"hostvars": {}}, "web": ["a", "b"]}

    assert {name: target.groups for name, target in targets(document).items()} == {"a": ("web",), "b": ("web",)}


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"ansible_connection": "winrm"},
            (
                "the connection 'winrm' is not known here (known are ssh, smart, paramiko, paramiko_ssh, local, docker, "
                "docker_api, podman, lxd, kubectl; leave other hosts out of the inventory)"
            ),
        ),
        ({"ansible_connection": "dokcer"}, "the connection 'dokcer' is not known here (did you mean 'docker'?)"),
        (
            {"ansible_become": True, "ansible_become_method": "su"},
            "the become method 'su' is not known here (use sudo or doas, or set controlproof_become)",
        ),
        (
            {"ansible_host": "{{ inventory_hostname }}.example"},
            "ansible_host is a template that only Ansible can fill in (write the value out)",
        ),
        ({"ansible_port": "ssh"}, "ansible_port 'ssh' is no port (write a number)"),
        (
            {"ansible_ssh_common_args": "-o ProxyCommand='nc %h 22'"},
            (
                "ansible_ssh_common_args sets a ProxyCommand, which is not taken from Ansible "
                "(set controlproof_transport: openssh and use ssh_config)"
            ),
        ),
        (
            {"ansible_ssh_extra_args": "-o 'x"},
            "ansible_ssh_extra_args holds an open quotation mark (close it)",
        ),
    ],
)
def test_what_cannot_be_carried_over_is_a_problem_of_the_host(variables: dict[str, Any], sentence: str):
    assert said(listing(host=variables)) == [f"hosts.json: host: {sentence}"]


def test_our_own_variables_are_checked_like_an_inventory():
    assert said(listing(host={"controlproof_profils": "auto"})) == [
        "hosts.json: unknown key 'profils' in targets.host (did you mean 'profiles'?)"
    ]


def test_a_secret_in_our_own_variable_is_refused_and_not_repeated():
    found = said(listing(host={"controlproof_become": "sudo", "controlproof_become_password": "hunter2"}))

    assert len(found) == 1
    assert "must not stand here itself" in found[0]
    assert "hunter2" not in found[0]


@pytest.mark.parametrize("data", [b"", b"schema: inventory/1\n", b"{}", b'{"_meta": 1}', b'{"_meta": {', b"[1]"])
def test_other_files_are_not_taken_for_ansibles(data: bytes):
    problems: list[Problem] = []

    assert from_ansible("x.json", data, problems) is None
    assert problems == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["all", "web", "a b", "ungrouped"]), JSON),
    st.dictionaries(
        st.sampled_from(["h1", "h 2", ""]),
        st.dictionaries(
            st.sampled_from(
                ["ansible_host", "ansible_port", "ansible_become", "ansible_connection", "controlproof_labels"]
            ),
            JSON,
        )
        | JSON,
    ),
)
def test_odd_json_gives_problems_and_never_an_exception(groups: dict[str, Any], hostvars: dict[str, Any]):
    problems: list[Problem] = []
    data = json.dumps({**groups, "_meta": {"hostvars": hostvars}}).encode()

    inventory = read_inventory("hosts.json", data, problems)

    assert (inventory is None) == bool(problems)
