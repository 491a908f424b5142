"""Makes sudoers text, sound and broken, and reads what cvtsudoers says of it in the terms of our own parser."""

from __future__ import annotations

import json
import random
import re
import subprocess
from typing import Any

from scanner.collection.linux.sudo_grammar import Alias, Default, Include, Refused, Rule, entries

_USERS = [
    "bob",
    "%wheel",
    "%#27",
    "+admins",
    "#1000",
    "ALL",
    "OPS",
    "a\\ b",
    '"%foo bar"',
    '"x y"',
    "ann.b-c",
    "%:dom\\\\grp",
    "list",
    "root",
]
_HOSTS = [
    "ALL",
    "web1",
    "10.0.0.0/8",
    "10.1.2.255",
    "fe80::1",
    "HOSTS",
    "+net",
    "10.0.0.0/255.0.0.0",
    "a.b.c",
    "::1/128",
]
_COMMANDS = [
    "ALL",
    "/bin/ls",
    "/usr/sbin/",
    "/bin/cat -l\\, x a=b",
    "SHELLS",
    "sudoedit /etc/x*",
    '/bin/sh ""',
    "^/usr/bin/.*$ ^-[ab]$",
    "sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= /bin/bash",
    "list",
    "/bin/x\\ y \\\n  -z",
    "/usr/bin/[a-z]*, !/usr/bin/su",
]
_TAGS = [
    "NOPASSWD:",
    "PASSWD:",
    "NOPASSWD :",
    "NOEXEC: ",
    "SETENV:",
    "NOPASSWD:NOEXEC:",
    "LOG_OUTPUT:",
    "MAIL:",
    "NOFOLLOW:",
    "",
    "",
    "",
    "",
]
_RUNAS = ["", "", "(root)", "(ALL:ALL)", "( )", "(:adm)", "(bob, !ann : g1,g2)", "(:)", "(#0)", "(%g)"]
_SETTINGS = [
    "use_pty",
    "!use_pty",
    "timestamp_timeout=5",
    "timestamp_timeout = -1",
    "logfile=/var/log/sudo.log",
    'logfile="/var/log/a b"',
    "!authenticate",
    "! authenticate",
    "!!use_pty",
    'env_keep += "A B"',
    "env_keep-=A",
    'badpass_message="no # \\"x\\" \\\n here"',
    "secure_path=/a:/b",
    "passprompt=a\\ b",
    "syslog_goodpri=notice",
]
_KNOWN = {re.split("[^a-z_]", setting.lstrip("! "))[0] for setting in _SETTINGS}
_SCOPES = [
    "",
    "",
    "",
    ":bob",
    ":bob,!ann",
    ": %wheel",
    "@web1",
    "@10.0.0.1,!ALL",
    ">root",
    "!/bin/ls",
    "!/bin/ls,SHELLS",
    ":OPS",
    "!list",
    "!^/bin/.*$",
]
_NOISE = ["# remark", "#", "", "   ", "#include", "##", "\t# indented", "#-x", "# a \\"]
_ODD = [
    *list('"\\#:,=!()%+@ \t\n$^-0aZ/'),
    "ALL",
    "Defaults",
    "NOPASSWD:",
    "\\\n",
    "#1",
    "sha224",
    "TIMEOUT=",
    "User_Alias",
]


def made(pick: random.Random) -> str:
    """Give the text of a small sudoers file; one in three is broken somewhere."""
    lines = [_line(pick) for _ in range(pick.randint(1, 6))]
    text = (
        "\n".join(
            [
                "User_Alias OPS = bob, !ann",
                "Cmnd_Alias SHELLS = /bin/sh, /bin/zsh -l",
                "Host_Alias HOSTS = a, b",
                *lines,
            ]
        )
        + "\n"
    )
    for _ in range(pick.choice([0, 0, 1, 2])):
        place = pick.randrange(len(text))
        text = text[:place] + pick.choice(_ODD) + text[place + pick.choice([0, 1]) :]
    return text


def _line(pick: random.Random) -> str:
    kind = pick.randrange(10)
    if kind < 4:
        return (
            f"{pick.choice(['', ' ', ''])}Defaults{pick.choice(_SCOPES)} {pick.choice([', ', ','])}".rstrip(", ")
            + " "
            + _listed(pick, _SETTINGS)
        )
    if kind < 9:
        rules = [
            f"{_listed(pick, _HOSTS)} = {', '.join(_granted(pick) for _ in range(pick.randint(1, 3)))}"
            for _ in range(pick.choice([1, 1, 1, 2]))
        ]
        return f"{_listed(pick, _USERS)} {' : '.join(rules)}{pick.choice(['', '', ' # why', ' '])}"
    return pick.choice(_NOISE)


def _listed(pick: random.Random, words: list[str]) -> str:
    return pick.choice([", ", ",", " , "]).join(
        pick.choice(["", "", "", "!"] if words in (_USERS, _HOSTS) else [""]) + pick.choice(words)
        for _ in range(pick.choice([1, 1, 2, 3]))
    )


def _granted(pick: random.Random) -> str:
    return f"{pick.choice(_RUNAS)} {pick.choice(_TAGS)} {pick.choice(_COMMANDS)}"


def ours(text: str) -> dict[str, Any] | None:
    """Give what our parser reads; None when it refuses a line."""
    found: dict[str, Any] = {"defaults": [], "aliases": {}, "rules": []}
    for entry in entries(text):
        if isinstance(entry, Refused | Include):
            return None
        if isinstance(entry, Default):
            if entry.name not in _KNOWN:
                continue
            value = "false" if entry.operator == "!" else "true" if entry.operator == "" else entry.value
            found["defaults"].append([sorted(entry.members), entry.name, value])
        elif isinstance(entry, Alias):
            if (entry.kind, entry.name) in found["aliases"]:
                return None
            found["aliases"][entry.kind, entry.name] = list(entry.members)
        elif isinstance(entry, Rule):
            for command in entry.commands:
                found["rules"].append(
                    [
                        list(entry.users),
                        list(entry.hosts),
                        command.text,
                        command.tags.get("PASSWD"),
                        _runas(command.runas_users),
                        _runas(command.runas_groups),
                    ]
                )
    return found


def _runas(members: tuple[str, ...] | None) -> list[str]:
    # Of the user himself the releases speak differently.
    return [one for one in members or () if one]


def theirs(program: list[str], path: str) -> dict[str, Any] | None:
    """Give what cvtsudoers reads from a file, in the same form; None when it refuses it."""
    done = subprocess.run([*program, "-f", "json", path], capture_output=True, text=True)
    if done.returncode:
        return None
    told = json.loads(done.stdout)
    found: dict[str, Any] = {"defaults": [], "aliases": {}, "rules": []}
    for group in told.get("Defaults", ()):
        members = sorted(_member(one) for one in group.get("Binding", ()))
        for option in group["Options"]:
            option.pop("operation", None)
            for name, value in option.items():
                if name not in _KNOWN:
                    continue
                text = (
                    " ".join(value)
                    if isinstance(value, list)
                    else json.dumps(value)
                    if isinstance(value, bool)
                    else str(value)
                )
                found["defaults"].append([members, name, text])
    for kind, name in (
        ("user", "User_Aliases"),
        ("command", "Command_Aliases"),
        ("host", "Host_Aliases"),
        ("runas", "Runas_Aliases"),
    ):
        for alias, told_members in told.get(name, {}).items():
            found["aliases"][kind, alias] = [_member(one) for one in told_members]
    for rule in told.get("User_Specs", ()):
        users, hosts = ([_member(one) for one in rule[key]] for key in ("User_List", "Host_List"))
        for granted in rule["Cmnd_Specs"]:
            asks = next(
                (option["authenticate"] for option in granted.get("Options", ()) if "authenticate" in option), None
            )
            runas = [
                _runas(tuple(_member(one, key) for one in granted.get(key, ())))
                for key in ("runasusers", "runasgroups")
            ]
            for one in granted["Commands"]:
                found["rules"].append([users, hosts, _member(one), asks, *runas])
    return found


_PREFIXES = {
    "userid": "#",
    "usergroup": "%",
    "usergid": "%#",
    "netgroup": "+",
    "nonunixgroup": "%:",
    "nonunixgid": "%:#",
}


def _member(told: dict[str, Any], runas: str = "") -> str:
    negated = "!" if told.get("negated") else ""
    (kind,) = [key for key in told if key not in ("negated", "sha224", "sha256", "sha384", "sha512")]
    prefix = "" if runas == "runasgroups" else _PREFIXES.get(kind, "")
    return f"{negated}{prefix}{told[kind]}"
