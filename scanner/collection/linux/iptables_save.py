"""Reads what iptables-save(8) prints, of either kind of iptables."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from scanner.collection.linux.firewall_rows import Rule, Table

_HOOKS = {
    "PREROUTING": "prerouting",
    "INPUT": "input",
    "FORWARD": "forward",
    "OUTPUT": "output",
    "POSTROUTING": "postrouting",
}
_PRIORITIES = {"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}
_VERDICTS = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "reject", "RETURN": "return", "TARPIT": "drop"}
# Targets after which the packet goes on with the next rule.
_GOES_ON = frozenset(
    [
        "LOG",
        "ULOG",
        "NFLOG",
        "MARK",
        "CONNMARK",
        "CONNSECMARK",
        "SECMARK",
        "TRACE",
        "SET",
        "TCPMSS",
        "CT",
        "NOTRACK",
        "CLASSIFY",
        "DSCP",
        "TOS",
        "TTL",
        "HL",
        "AUDIT",
        "CHECKSUM",
        "HMARK",
        "IDLETIMER",
        "LED",
        "RATEEST",
        "TCPOPTSTRIP",
        "TEE",
        "ECN",
    ]
)
_LISTS = {
    "-s": "source",
    "--source": "source",
    "-d": "destination",
    "--destination": "destination",
    "-i": "in_interface",
    "--in-interface": "in_interface",
    "-o": "out_interface",
    "--out-interface": "out_interface",
    "-p": "protocol",
    "--protocol": "protocol",
    "--dport": "ports",
    "--dports": "ports",
    "--destination-port": "ports",
    "--destination-ports": "ports",
    "--ctstate": "states",
    "--state": "states",
}
_PORTS = frozenset(option for option, name in _LISTS.items() if name == "ports")


def tables(lines: Sequence[str], backend: str, family: str) -> tuple[list[Table], str]:
    """Give the tables, and the first line that could not be read (empty for none).

    A table without its COMMIT line was cut and counts as not read.
    """
    found: list[Table] = []
    odd, open_table = "", False
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("*") and len(text) > 1:
            odd = odd or (f"*{found[-1].name} without its end" if open_table else "")
            found.append(Table(backend, family, text[1:]))
            open_table = True
        elif text == "COMMIT":
            open_table = False
        elif not open_table or not _take(found[-1], text):
            odd = odd or text
    if open_table:
        odd = odd or f"*{found[-1].name} without its end"
    return found, odd


def _take(table: Table, text: str) -> bool:
    if text.startswith(":"):
        name, _, rest = text[1:].partition(" ")
        policy = rest.partition(" ")[0]
        chain = table.chain(name)
        if policy not in ("-", ""):
            chain.policy = policy.lower()
            chain.hook = _HOOKS.get(name, name.lower())
            chain.type = "nat" if table.name == "nat" else "filter"
            chain.priority = _PRIORITIES.get(table.name)
        return bool(name)
    if not text.startswith(("-A ", "[")):
        return False
    try:
        words = shlex.split(text)
    except ValueError:
        return False
    if words[0].startswith("["):
        words = words[1:]
    if len(words) < 2 or words[0] != "-A":
        return False
    chain = table.chain(words[1])
    chain.rules += 1
    chain.ways.append(_rule(words[2:], table.family))
    return True


def _rule(words: Sequence[str], family: str) -> Rule:
    """Read the options of a rule; what is not known here is kept as a condition, so that it may or may not match."""
    rule = Rule(version="ipv6" if family == "ip6" else "ipv4")
    rest = list(words)
    negated = False
    while rest:
        option = rest.pop(0)
        if option == "!":
            negated = True
            continue
        if option in ("-j", "--jump", "-g", "--goto"):
            _end(rule, rest.pop(0) if rest else "", goto=option in ("-g", "--goto"))
            # What follows are the options of the target, up to the next match.
            while rest and rest[0] != "-m":
                rest.pop(0)
        elif option in ("-m", "--match", "--comment"):
            rest[:1] = []
        elif option in _LISTS and rest:
            _match(rule, option, rest.pop(0), negated=negated)
        elif option == "--dst-type" and rest:
            rule.match("destination", [_mark(f"type {rest.pop(0).lower()}", negated=negated)])
        else:
            rule.conditions.append(_mark(option.lstrip("-"), negated=negated))
            while rest and not rest[0].startswith("-") and rest[0] != "!":
                rest.pop(0)
        negated = False
    return rule


def _match(rule: Rule, option: str, value: str, *, negated: bool) -> None:
    name = _LISTS[option]
    split: Callable[[str], list[str]] = lambda text: [part for part in text.split(",") if part]  # noqa: E731
    values = [value] if name.endswith("interface") else split(value.lower())
    if name == "ports":
        values = [port.replace(":", "-") for port in values]
        if negated:
            rule.conditions.append("not " + option.lstrip("-"))
            return
    if name.endswith("interface"):
        values = [value[:-1] + "*" if value.endswith("+") else value]
    if name == "protocol" and values == ["all"]:
        return
    rule.match(name, [_mark(each, negated=negated) for each in values])


def _mark(text: str, *, negated: bool) -> str:
    return f"!{text}" if negated else text


def _end(rule: Rule, target: str, *, goto: bool) -> None:
    if target in _VERDICTS and not goto:
        rule.verdict = _VERDICTS[target]
    elif target in _GOES_ON:
        rule.verdict, rule.target = "continue", target
    elif target.isupper() and target in (
        "QUEUE",
        "NFQUEUE",
        "DNAT",
        "SNAT",
        "MASQUERADE",
        "REDIRECT",
        "TPROXY",
        "SYNPROXY",
    ):
        rule.verdict, rule.target = "other", target
    else:
        rule.verdict, rule.target = "goto" if goto else "jump", target
