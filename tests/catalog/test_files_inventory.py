"""Inventories: groups, endpoints, references, and every mistake at its line."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.catalog.files.platforms import PLATFORMS
from scanner.catalog.files.targets import load_inventory, read_inventory
from scanner.model.errors import ContentError, Problem
from scanner.model.inventory import Asset, Endpoint, Exclusion, Inventory, Target

FOLDER = "/srv/policy"


def load(body: str) -> Inventory:
    problems: list[Problem] = []
    inventory = read_inventory(f"{FOLDER}/inventory.yaml", f"schema: inventory/1\n{body}".encode(), problems)
    assert problems == []
    assert inventory is not None
    return inventory


def target(body: str, name: str = "db01") -> Target:
    return next(found for found in load(body).targets if found.id == name)


def said(body: str) -> list[str]:
    """Problems of an inventory as `line: sentence`; the body begins in line 2."""
    problems: list[Problem] = []
    assert read_inventory("i.yaml", f"schema: inventory/1\n{body}".encode(), problems) is None
    return [str(problem).removeprefix("i.yaml:") for problem in sorted(problems)]


class TestArchives:
    BODY = "targets: {sky: {platform: aws, archives: {PLACE: {pattern: 'PATTERN'}}}}"

    def test_archives_reach_the_collector(self):
        found = target(
            "targets: {sky: {platform: aws, archives: {vault/db/: {covers: shop}, vault: {covers: x}}}}", "sky"
        )
        assert found.endpoint.option("archives") == '{"vault": {"covers": "x"}, "vault/db/": {"covers": "shop"}}'

    @pytest.mark.parametrize(
        ("place", "pattern", "says"),
        [
            (
                "s3:vault",
                "(?P<object>.*)",
                "(write BUCKET/PREFIX, or BUCKET for a whole one)",
            ),
            ("vault", ".*", "nobody knows what the archive's objects are backups of"),
            ("vault", "(?P<object>", "this is no regular expression of RE2"),
        ],
    )
    def test_mistakes(self, place: str, pattern: str, says: str):
        problems = said(self.BODY.replace("PLACE", f'"{place}"').replace("PATTERN", pattern))
        assert any(says in each for each in problems), problems

    def test_only_accounts_have_archives(self):
        assert said("targets: {db01: {platform: linux, archives: {vault: {covers: x}}}}")


class TestTargets:
    def test_a_target_without_a_word_takes_everything_from_its_id(self):
        found = target("targets: {db01: {platform: linux}}")

        assert found.endpoint == Endpoint("ssh", "db01")
        assert (found.path, found.line) == (f"{FOLDER}/inventory.yaml", 2)

    def test_an_empty_entry_is_enough_when_nothing_must_be_said(self):
        problems: list[Problem] = []
        read_inventory("i.yaml", b"schema: inventory/1\ntargets:\n  db01:\n", problems)

        assert [str(problem) for problem in problems] == [
            "i.yaml:3: db01: no platform is named (add platform: linux to it or to its group)"
        ]

    def test_every_way_of_connecting_to_a_linux_host(self):
        body = """
targets:
  plain: {platform: linux, address: 10.0.0.5, port: 2222, user: audit}
  own: {platform: linux, transport: openssh}
  here: {platform: linux, local: true, port: 22, user: me}
  box: {platform: linux, command: [docker, exec, -i, web]}
  tape: {platform: linux, replay: recordings/tape}
"""
        endpoints = {found.id: found.endpoint for found in load(body).targets}

        assert endpoints == {
            "plain": Endpoint("ssh", "10.0.0.5", 2222, "audit"),
            "own": Endpoint("openssh", "own"),
            "here": Endpoint("local"),
            "box": Endpoint("command", command=("docker", "exec", "-i", "web")),
            "tape": Endpoint("replay", f"{FOLDER}/recordings/tape"),
        }

    def test_a_database_lies_where_its_host_lies(self):
        body = "targets: {db01: {platform: linux, address: 10.0.0.5}, pg: {platform: postgres, runs_on: db01}}"

        assert target(body, "pg").endpoint.address == "10.0.0.5"
        assert target(body, "pg").runs_on == "db01"

    def test_a_database_beside_the_scanner_is_found_by_its_driver(self):
        body = """
targets:
  here: {platform: linux, local: true}
  on: {platform: postgres, runs_on: here}
  socket: {platform: postgres, address: /run/postgresql, user: scan}
  ways: {platform: postgres, local: true, databases: [a, b], managed: false, probes: [plaintext, old-tls]}
  service: {platform: postgres, service: research}
"""
        endpoints = {found.id: found.endpoint for found in load(body).targets}

        assert endpoints["on"] == Endpoint("sql", "localhost")
        assert endpoints["socket"] == Endpoint("sql", "/run/postgresql", user="scan")
        options = (("databases", "a,b"), ("managed", "false"), ("probes", "plaintext,old-tls"))
        assert endpoints["ways"] == Endpoint("sql", options=options)
        assert endpoints["service"] == Endpoint("sql", options=(("service", "research"),))

    def test_settings_of_the_platform_are_kept_and_tell_endpoints_apart(self):
        found = target('targets: {db01: {platform: aws, regions: [eu-central-1, eu-west-1], assume_role: "arn:x"}}')

        assert found.extra == {"regions": ["eu-central-1", "eu-west-1"], "assume_role": "arn:x"}
        assert found.endpoint == Endpoint(
            "aws", options=(("assume_role", "arn:x"), ("regions", "eu-central-1,eu-west-1"))
        )

    def test_paths_and_references_of_the_platform_are_seen_from_the_inventory(self):
        fingerprint = ":".join(["AB"] * 32)
        found = target(
            f"targets: {{db01: {{platform: pbs, token: file:token, ca_file: ca.pem, fingerprint: '{fingerprint}'}}}}"
        )

        assert found.extra == {
            "ca_file": f"{FOLDER}/ca.pem",
            "fingerprint": fingerprint,
            "token": f"file:{FOLDER}/token",
        }

    def test_an_address_is_taken_from_the_url(self):
        assert target('targets: {db01: {platform: pve, url: "https://pve1:8006"}}').endpoint.address == "pve1"

    def test_paths_are_seen_from_the_inventory(self):
        body = """
targets:
  db01:
    platform: linux
    passphrase: file:secrets/key
    become: sudo
    become_password: "file:$CREDENTIALS_DIRECTORY/sudo"
    ssh: {identity: keys/id, known_hosts: ~/known, config: /etc/scan/ssh_config, accept_new: true}
"""
        endpoint = target(body).endpoint

        assert endpoint.passphrase == f"file:{FOLDER}/secrets/key"
        assert endpoint.become_password == "file:$CREDENTIALS_DIRECTORY/sudo"
        assert endpoint.identity == f"{FOLDER}/keys/id"
        assert endpoint.options == (
            ("accept_new", "yes"),
            ("known_hosts", "~/known"),
            ("ssh_config", "/etc/scan/ssh_config"),
        )

    @pytest.mark.parametrize(
        ("written", "prefix"),
        [
            ("sudo", ("sudo", "-n")),
            ("doas", ("doas", "-n")),
            ("[sudo, -n]", ("sudo", "-n")),
            ("sudo -n -u scan", ("sudo", "-n", "-u", "scan")),
            ("[]", ()),
        ],
    )
    def test_become(self, written: str, prefix: tuple[str, ...]):
        assert target(f"targets: {{db01: {{platform: linux, become: {written}}}}}").endpoint.become == prefix

    def test_a_state_keeps_who_why_and_until_when(self):
        entry = "{platform: linux, state: maintenance, reason: moving, approver: Jo, until: 2026-12-01}"

        assert target(f"targets: {{db01: {entry}}}").exclusion == Exclusion("maintenance", "moving", "Jo", "2026-12-01")

    def test_dates_may_be_quoted(self):
        entry = '{platform: linux, state: excluded, reason: r, approver: a, until: "2026-12-01"}'

        exclusion = target(f"targets: {{db01: {entry}}}").exclusion
        assert exclusion is not None
        assert exclusion.until == "2026-12-01"

    def test_the_hash_is_that_of_the_file(self, tmp_path: Path):
        path = tmp_path / "inventory.yaml"
        path.write_text("schema: inventory/1\ntargets: {}\n")

        inventory = load_inventory(path)

        assert inventory.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert inventory.path == str(path)


class TestGroups:
    BODY = """
groups:
  linux: {platform: linux, become: [sudo, -n], labels: {env: prod, site: a}, profiles: [auto], ssh: {identity: /k}}
  edge: {user: scan, owner: ops, labels: {site: b}, profiles: [edge], ssh: {accept_new: true}, local: true}
targets:
  db01: {groups: [linux, edge], labels: {tier: data}, become: [], transport: ssh, port: 2022}
  db02: {group: linux, profiles: [cis]}
"""

    def test_later_groups_win_and_the_target_wins_over_all(self):
        found = target(self.BODY)

        assert found.labels == {"env": "prod", "site": "b", "owner": "ops", "tier": "data"}
        assert found.endpoint == Endpoint("ssh", "db01", 2022, "scan", identity="/k", options=(("accept_new", "yes"),))
        assert found.groups == ("linux", "edge")

    def test_profiles_of_groups_join_and_own_ones_replace_them(self):
        assert target(self.BODY).profiles == ("auto", "edge")
        assert target(self.BODY, "db02").profiles == ("cis",)

    def test_a_profile_given_as_a_path_is_seen_from_the_inventory(self):
        body = "targets: {db01: {platform: linux, profiles: [./mine.yaml]}}"

        assert target(body).profiles == (f"{FOLDER}/mine.yaml",)

    def test_a_groups_mistake_is_told_once_at_the_group(self):
        body = "groups:\n  web: {platform: linux, ssh: {jump: bastoin}}\ntargets:\n  bastion: {platform: linux}\n"
        body += "".join(f"  w{number}: {{group: web}}\n" for number in range(5))

        assert said(body) == [
            "3: web: the jump 'bastoin' is no target (did you mean 'bastion'?; a host is written user@host:port)"
        ]


class TestJumps:
    def test_a_hop_that_is_a_target_becomes_its_place_behind_its_own_hops(self):
        body = """
targets:
  outer: {platform: linux, address: 192.0.2.1, user: hop, port: 2222}
  inner: {platform: linux, address: "fd00::1", ssh: {jump: [outer, "mid@192.0.2.9"]}}
  db01: {platform: linux, ssh: {jump: [inner, "last@gate.example:22"]}}
"""
        assert target(body).endpoint.jump == (
            "hop@192.0.2.1:2222",
            "mid@192.0.2.9",
            "[fd00::1]",
            "last@gate.example:22",
        )

    def test_a_bastion_in_the_group_that_it_serves_is_reached_directly(self):
        body = """
groups: {all: {platform: linux, ssh: {jump: gate}}}
targets: {gate: {group: all}, db01: {group: all}}
"""
        assert target(body, "gate").endpoint.jump == ()
        assert target(body).endpoint.jump == ("gate",)

    def test_a_name_of_ssh_config_is_left_to_it(self):
        assert target("targets: {db01: {platform: linux, ssh: {jump: office}}}").endpoint.jump == ("office",)


class TestAssets:
    def test_an_asset_keeps_its_keys(self):
        inventory = load("assets:\n  win03: {kind: windows-vm, service_class: dev, owner: ops, ids: {pve: lab/103}}\n")

        assert inventory.assets == (
            Asset(
                "win03", "windows-vm", "dev", "ops", {}, {"pve": ("lab/103",)}, path=f"{FOLDER}/inventory.yaml", line=3
            ),
        )

    def test_one_kind_of_keys_may_have_several(self):
        body = "assets:\n  a: {kind: vm, ids: {pve: [lab/103, lab/303, lab/103], pbs: s/vm/103}}\n"
        body += "targets: {db: {platform: postgres, ids: {pgbackrest: [main, old]}}}\n"
        inventory = load(body)
        assert inventory.assets[0].ids == {"pve": ("lab/103", "lab/303"), "pbs": ("s/vm/103",)}
        assert inventory.targets[0].ids == {"pgbackrest": ("main", "old")}


SEEDED = {
    "targets:\n  db01: {platfrom: linux}": [
        "3: unknown key 'platfrom' in targets.db01 (did you mean 'platform'?)",
    ],
    "targets:\n  db01: {platform: linx}": [
        "3: no platform is called 'linx' in targets.db01.platform (did you mean 'linux'?)",
    ],
    "targets:\n  db01: {platform: linux, password: hunter2}": [
        (
            "3: a secret must not stand here itself in targets.db01.password "
            "(refer to it: env:NAME, file:PATH or command:PROGRAM ARGUMENTS)"
        ),
    ],
    "targets:\n  db01:\n    platform: linux\n    become: [sudo]\n    become_password: 'pass word'": [
        (
            "6: a secret must not stand here itself in targets.db01.become_password "
            "(refer to it: env:NAME, file:PATH or command:PROGRAM ARGUMENTS)"
        ),
    ],
    "targets:\n  pbs: {platform: pbs, token: abc}": [
        (
            "3: a secret must not stand here itself in targets.pbs.token "
            "(refer to it: env:NAME, file:PATH or command:PROGRAM ARGUMENTS)"
        ),
    ],
    "targets:\n  db01: {platform: linux, port: 70000}": [
        "3: the number is out of bounds in targets.db01.port (write at most 65535)",
    ],
    'targets:\n  db01: {platform: linux, port: "22"}': [
        "3: a text stands where a whole number is needed in targets.db01.port (write it without quotes)",
    ],
    "targets:\n  db01: {platform: linux, labels: {rack: 4}}": [
        '3: a number stands where text is needed in targets.db01.labels.rack (quote it: "4")',
    ],
    "targets:\n  db01: {platform: linux, transport: shh}": [
        "3: 'shh' is not known here in targets.db01.transport (did you mean 'ssh'?)",
    ],
    "targets:\n  db 01: {platform: linux}": [
        "3: 'db 01' cannot be an id in targets.db 01 (use letters, digits and . _ - : @ alone, at most 128 of them)",
    ],
    "groups: {web: {}}\ntargets:\n  db01: {group: wbe}": [
        "4: db01: no group is called 'wbe' (did you mean 'web'?)",
    ],
    "targets:\n  db01: {platform: linux}\n  pg:\n    platform: postgres\n    runs_on: db1": [
        "6: pg: runs_on names 'db1', which is no target (did you mean 'db01'?)",
    ],
    "targets:\n  prod: {platform: aws}\n  pg: {platform: postgres, runs_on: prod}": [
        "4: pg: runs_on names 'prod', which is scanned as aws (name a Linux target)",
    ],
    "targets:\n  a: {platform: linux, runs_on: b}\n  b: {platform: linux, runs_on: a}": [
        "3: a: it runs on itself in a circle (break the circle)",
        "4: b: it runs on itself in a circle (break the circle)",
    ],
    "targets:\n  a: {platform: linux, ssh: {jump: b}}\n  b: {platform: linux, ssh: {jump: a}}": [
        "3: a: the jumps form a circle: a > b > a (break the circle)",
        "4: b: the jumps form a circle: b > a > b (break the circle)",
    ],
    "targets:\n  a: {platform: linux, ssh: {jump: b}}\n  b: {platform: linux, local: true}": [
        "3: a: the jump 'b' is not reached over SSH (name a target that is)",
    ],
    "targets:\n  a: {platform: linux, ssh: {jump: 'x y'}}": [
        "3: a: the jump 'x y' cannot be read (write user@host:port)",
    ],
    "targets:\n  a: {platform: linux, state: maintenance, until: 2026-12-01}": [
        "3: a: state maintenance without 'approver' (add approver:)",
        "3: a: state maintenance without 'reason' (add reason:)",
    ],
    "targets:\n  a: {platform: linux, reason: moving}": [
        "3: a: 'reason' without a state (add state: maintenance, or remove it)",
    ],
    "targets:\n  a: {platform: linux, state: maintenance, reason: r, approver: a, until: soon}": [
        "3: 'soon' is no day of the calendar in targets.a.until (write it as 2026-12-01)",
    ],
    "targets:\n  a: {platform: linux, regions: [x]}": [
        "3: a: 'regions' means nothing to platform linux (remove it)",
    ],
    "targets:\n  a: {platform: linux, local: true, command: [x]}": [
        "3: a: command and local exclude each other (keep one of them)",
    ],
    "targets:\n  a: {platform: linux, become_password: env:X}": [
        "3: a: 'become_password' without become (add become: [sudo, -n])",
    ],
    "targets:\n  a: {platform: linux, become: 'sudo \"x'}": [
        "3: a quotation mark is not closed in targets.a.become (write the words as a list: [sudo, -n])",
    ],
    "targets:\n  a: {platform: pve, url: 'https://scan:hunter2@pve1/'}": [
        (
            "3: a secret must not stand in an address in targets.a.url "
            "(write password: with a reference: env:NAME, file:PATH or command:…)"
        ),
    ],
    "targets:\n  a: {platform: pve, url: pve1}": [
        "3: this is no address of an API in targets.a.url (write https://host:port/)",
    ],
    "targets:\n  a: {platform: pve, url: 'https://[pve1'}": [
        "3: this is no address of an API in targets.a.url (write https://host:port/)",
    ],
    "targets:\n  a: {platform: pbs, fingerprint: AB:CD}": [
        "3: this is no SHA-256 fingerprint in targets.a.fingerprint (write 32 pairs of hexadecimal digits, AB:CD:…)",
    ],
    "targets:\n  a: {platform: linux, owner: ops, labels: {owner: dev}}": [
        "3: a: owner and the label owner differ (keep one of them)",
    ],
    "targets:\n  a: {platform: linux}\nassets:\n  a: {kind: vm}": [
        "5: a: a target and an asset have this id (rename one of them)",
    ],
    "assets:\n  a: {ids: {pve: lab/1}}": [
        "3: 'kind' is missing in assets.a (add it: what it is, such as windows-vm or dataset)",
    ],
    "assets:\n  a: {kind: vm, ids: {pve: []}}": [
        "3: the list or map is empty in assets.a.ids.pve (write what belongs there, or drop the key)",
    ],
    "assets:\n  a:": ["3: nothing is written where a map is needed in assets.a (write it, or drop the key)"],
    "targets: [a, b]": ["2: a list stands where a map is needed in targets (write a map)"],
    "target: {}": ["2: unknown key 'target' (did you mean 'targets'?)"],
}


@pytest.mark.parametrize(("body", "sentences"), SEEDED.items())
def test_a_seeded_mistake_is_told_with_line_and_remedy(body: str, sentences: list[str]):
    assert said(body) == sentences


def test_a_repeated_target_is_refused_by_the_reader():
    assert "again" in said("targets:\n  a: {platform: linux}\n  a: {platform: aws}")[0]


def test_a_bare_secret_is_never_repeated():
    assert "hunter2" not in "".join(said("targets:\n  db01: {platform: linux, password: hunter2, port: hunter2}"))


def test_mistakes_of_shape_and_of_reference_are_told_together():
    body = """groups:
  broken: {platform: linux, prot: 22}
targets:
  a: {group: broken}
  b: {platform: linux, runs_on: a, ssh: {jump: c}}
  c: {platform: linux, prot: 22}
  d: {platform: linux, runs_on: nowhere}"""

    assert said(body) == [
        "3: unknown key 'prot' in groups.broken (did you mean 'port'?)",
        "7: unknown key 'prot' in targets.c (did you mean 'port'?)",
        "8: d: runs_on names 'nowhere', which is no target (name a Linux target of this inventory)",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("targets: {}\n", "i.yaml:1: the key 'schema' is missing (begin the file with schema: inventory/1)"),
        ("targets: {}\nschema: inventory/1\n", "i.yaml:2: 'schema' is not the first key (move it to the top)"),
        (
            "schema: inventory/2\n",
            "i.yaml:1: version '2' of inventory files is not known (this release reads schema: inventory/1)",
        ),
        (
            "schema: waivers/1\n",
            "i.yaml:1: this is a file of kind waivers where inventory is expected (give the right file)",
        ),
        ("schema: inventroy/1\n", "i.yaml:1: 'inventroy/1' is no kind of file (did you mean 'inventory/1'?)"),
        ("- a\n", "i.yaml:1: the file is no map (begin the file with schema: inventory/1)"),
    ],
)
def test_the_first_key_says_kind_and_version(text: str, sentence: str):
    problems: list[Problem] = []

    assert read_inventory("i.yaml", text.encode(), problems) is None
    assert [str(problem) for problem in problems] == [sentence]


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path):
    with pytest.raises(ContentError) as wrong:
        load_inventory(tmp_path / "inventory.yaml")

    assert str(wrong.value).endswith("inventory.yaml: cannot be read: No such file or directory (check the path)")


@pytest.mark.parametrize("platform", [name for name in PLATFORMS if name != "linux"])
def test_every_platform_is_reached_by_its_own_transport(platform: str):
    known = PLATFORMS[platform]
    needs = "".join(f", {key}: x" for key in known.needs)
    assert target(f"targets: {{db01: {{platform: {platform}{needs}}}}}").endpoint.transport == known.transport


NAMES = st.from_regex(r"k[a-z0-9]{0,8}", fullmatch=True)
"""Words that mean nothing else in YAML."""


@given(
    st.dictionaries(
        NAMES,
        st.fixed_dictionaries(
            {},
            optional={"port": st.integers(1, 65535), "user": NAMES, "service_class": NAMES, "address": NAMES},
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_written_is_what_is_loaded(entries: dict[str, dict[str, object]]):
    lines = [
        f"  {name}: {{platform: linux, {', '.join(f'{key}: {value}' for key, value in entry.items())}}}"
        for name, entry in entries.items()
    ]
    inventory = load("targets:\n" + "\n".join(lines))

    assert [found.id for found in inventory.targets] == list(entries)
    for found, entry in zip(inventory.targets, entries.values(), strict=True):
        assert found.endpoint.port == entry.get("port")
        assert found.endpoint.user == entry.get("user", "")
        assert found.endpoint.address == entry.get("address", found.id)
        assert found.service_class == entry.get("service_class", "")


@given(st.text(max_size=200))
def test_odd_text_gives_problems_and_never_an_exception(text: str):
    problems: list[Problem] = []

    inventory = read_inventory(
        "i.yaml", b"schema: inventory/1\ntargets:\n  a: " + text.encode(errors="replace"), problems
    )

    assert (inventory is None) == bool(problems)
