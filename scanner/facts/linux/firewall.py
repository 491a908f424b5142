"""Packet filter of Linux hosts: what the kernel holds, what is loaded at boot, and what it does to packets."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, ROOT, TEXT, TEXTS, FactSpec, Field, Input, Shape, enum

_BACKEND = Field(
    "backend",
    enum("nftables", "iptables-nft", "iptables-legacy"),
    "What the table belongs to: nftables itself, iptables on top of it (iptables-nft-save can tell it), or the older iptables.",
)
_FAMILY = Field("family", TEXT, "Family of the table: `ip`, `ip6`, `inet`, `bridge`, `arp` or `netdev`.")
_TABLE = Field("table", TEXT, "Name of the table.")
_CHAIN = Field("chain", TEXT, "Name of the chain.")
_HOOK = Field("hook", TEXT, "Hook that a base chain hangs on, such as `input`; absent for other chains.")
_POLICY = Field("policy", TEXT, "What a base chain does with packets that reach its end; absent for other chains.")
_DEFAULT = TEXT
_UNIT_INPUTS = tuple(
    Input("linux.unit", fixed={"name": name})
    for name in ("ufw.service", "nftables.service", "netfilter-persistent.service", "firewalld.service")
)
_RULESET_INPUTS = (Input("linux.firewall_chain"), Input("linux.firewall_rule"), Input("linux.ufw"))
_FRONTEND = "`ufw`, `nftables`, `iptables` or `firewalld`"

_COLLECTED = (
    FactSpec(
        name="linux.firewall_chain",
        says="Chains of the packet filter in the running kernel, with tables of nftables and of both kinds of iptables.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("backend", "family", "table", "chain"),
        needs=(ROOT,),
        fields=(
            _BACKEND,
            _FAMILY,
            _TABLE,
            _CHAIN,
            Field("type", TEXT, "Type of a base chain: `filter`, `nat` or `route`; absent for other chains."),
            _HOOK,
            Field(
                "priority", INT, "Priority of a base chain: lower ones see packets earlier; absent for other chains."
            ),
            _POLICY,
            Field("rules", INT, "Number of rules in the chain."),
        ),
        example={"backend": "nftables", "family": "inet", "table": "filter", "chain": "input", "hook": "input"},
        unused="input of linux.firewall and linux.firewall_policy",
    ),
    FactSpec(
        name="linux.firewall_rule",
        says="Rules of the packet filter in the running kernel, one row per way to match: a rule with a verdict map gives several.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("backend", "family", "table", "chain", "position"),
        needs=(ROOT,),
        fields=(
            _BACKEND,
            _FAMILY,
            _TABLE,
            _CHAIN,
            Field("position", INT, "Place in the chain, from 1."),
            Field(
                "protocol", TEXTS, "Transport protocols that are matched, `!` before one that is not; absent for any."
            ),
            Field(
                "ports",
                TEXTS,
                "Destination ports and ranges such as `22` or `8000-8010`, `@name` for a set that was not told; absent for any.",
            ),
            Field("in_interface", TEXTS, "Interfaces that packets come in by, `!` before one that they do not."),
            Field("out_interface", TEXTS, "Interfaces that packets go out by."),
            Field("source", TEXTS, "Source networks, `!` before one that is not matched."),
            Field("destination", TEXTS, "Destination networks and types of address such as `type local`."),
            Field("states", TEXTS, "States of connection tracking, such as `new`."),
            Field("version", TEXT, "`ipv4` or `ipv6` where the rule matches one only; absent for both."),
            Field("conditions", TEXTS, "Other conditions of the rule, by name only; empty for none."),
            Field(
                "verdict",
                TEXT,
                "`accept`, `drop`, `reject`, `return`, `jump`, `goto`, `continue` (logs, counts, marks) or `other`.",
            ),
            Field("target", TEXT, "Chain of `jump` and `goto`; name of another target; else absent."),
        ),
        example={"backend": "nftables", "family": "inet", "chain": "input", "ports": ["22"], "verdict": "accept"},
        unused="input of linux.firewall and linux.firewall_policy",
    ),
    FactSpec(
        name="linux.ufw",
        says="Settings of ufw as it loads them at boot (ufw.conf and /etc/default/ufw).",
        shape=Shape.ONE,
        platforms=("linux",),
        fields=(
            Field("present", BOOL, "True when ufw has its ufw.conf."),
            Field("enabled", BOOL, "True when ufw loads its rules at boot; absent without ufw.conf."),
            Field("logging", TEXT, "Log level, `off` for none; absent when not set."),
            Field("ipv6", BOOL, "True when ufw manages IPv6 too; absent when not set."),
            Field(
                "default_incoming", TEXT, "`drop`, `reject` or `accept` for packets to this host; absent when not set."
            ),
            Field("default_outgoing", TEXT, "The same for packets that leave it."),
            Field("default_routed", TEXT, "The same for packets that it forwards."),
            Field(
                "ipv6_running",
                BOOL,
                "True when IPv6 is on for an interface of the running kernel, with or without ufw.",
            ),
        ),
        example={"present": True, "enabled": True, "default_incoming": "drop"},
    ),
    FactSpec(
        name="linux.nftables_saved",
        says="Chains in the file that nftables.service loads at boot, with what it includes; no row when there is no such file.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("family", "table", "chain"),
        fields=(
            _FAMILY,
            _TABLE,
            _CHAIN,
            _HOOK,
            _POLICY,
            Field("rules", INT, "Number of rules in the chain."),
        ),
        example={"family": "inet", "table": "filter", "chain": "input", "hook": "input", "policy": "drop", "rules": 9},
        unused="input of linux.nftables_boot",
    ),
)

_DERIVED = (
    FactSpec(
        name="linux.firewall",
        says="Which firewall frontend has rules in the running kernel, and which load rules at boot; rules that container engines, fail2ban and their like make for themselves do not count.",
        shape=Shape.ONE,
        platforms=("linux",),
        inputs=(*_RULESET_INPUTS, Input("linux.nftables_saved"), *_UNIT_INPUTS),
        fields=(
            Field("in_use", TEXTS, f"Frontends that have filter rules now: {_FRONTEND}."),
            Field("at_boot", TEXTS, "Frontends that load rules at boot."),
            Field(
                "sole",
                TEXT,
                "The one frontend that has rules now, where no other loads rules at boot; absent when there is none or several.",
            ),
            Field(
                "applicable",
                TEXTS,
                "Frontends to be judged: those in use, else those that load rules at boot, else `ufw` as the default.",
            ),
            Field("reasons", TEXTS, "What each frontend was known by."),
            Field("programs", TEXTS, "Tables and chains that other programs made and that were left out."),
        ),
        example={"in_use": ["ufw"], "at_boot": ["ufw"], "sole": "ufw", "applicable": ["ufw"]},
    ),
    FactSpec(
        name="linux.firewall_policy",
        says="What the rules of a frontend do to packets that no rule names, to the loopback interface and to replies: one row per frontend to be judged and per IP version that is on.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("frontend", "version"),
        inputs=(*_RULESET_INPUTS, Input("linux.nftables_saved"), *_UNIT_INPUTS),
        fields=(
            Field("frontend", TEXT, f"{_FRONTEND}."),
            Field("version", enum("ipv4", "ipv6"), "Version of IP; there is no row for IPv6 where it is off."),
            Field(
                "default_input",
                _DEFAULT,
                "What becomes of a packet to this host that no rule names: `accept`, `drop` or `reject`.",
            ),
            Field(
                "default_output",
                _DEFAULT,
                "What becomes of a packet from this host that no rule names; a rule for new connections names them.",
            ),
            Field("default_forward", _DEFAULT, "What becomes of a packet through this host that no rule names."),
            Field("loopback_in_accepted", BOOL, "True when packets that come in by `lo` are accepted."),
            Field("loopback_out_accepted", BOOL, "True when packets that go out by `lo` are accepted."),
            Field(
                "loopback_spoof_dropped",
                BOOL,
                "True when a rule names 127.0.0.0/8 (::1 for IPv6) as the source, and packets from there that come by another interface are dropped or rejected.",
            ),
            Field(
                "replies_accepted",
                TEXTS,
                "Of `tcp`, `udp` and `icmp` those whose packets come in when they belong to an established connection.",
            ),
        ),
        example={"frontend": "ufw", "version": "ipv4", "default_input": "drop", "loopback_in_accepted": True},
    ),
    FactSpec(
        name="linux.firewall_base_chain",
        says="Base chains of nftables' own tables that filter packets, without those of other programs.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("family", "table", "chain"),
        inputs=(*_RULESET_INPUTS, Input("linux.nftables_saved"), *_UNIT_INPUTS),
        fields=(_FAMILY, _TABLE, _CHAIN, Field("hook", TEXT, "Hook, such as `input`."), _POLICY),
        example={"family": "inet", "table": "filter", "chain": "input", "hook": "input", "policy": "drop"},
    ),
    FactSpec(
        name="linux.nftables_boot",
        says="Chains of nftables' own tables now, beside what the file that is loaded at boot says of them.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("family", "table", "chain"),
        inputs=(*_RULESET_INPUTS, Input("linux.nftables_saved"), *_UNIT_INPUTS),
        fields=(
            _FAMILY,
            _TABLE,
            _CHAIN,
            _POLICY,
            Field("rules", INT, "Number of rules in the chain now."),
            Field("saved_policy", TEXT, "Policy in the file; absent when the chain is not in it or has none."),
            Field("saved_rules", INT, "Number of rules in the file; absent when the chain is not in it."),
        ),
        example={"family": "inet", "table": "filter", "chain": "input", "rules": 9, "saved_rules": 9},
    ),
    FactSpec(
        name="linux.iptables_leftover",
        says="Tables of iptables, of either kind, that hold rules or a policy other than accept, beside another frontend; those of ufw and of other programs left out.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("backend", "family", "table"),
        inputs=(*_RULESET_INPUTS, Input("linux.nftables_saved"), *_UNIT_INPUTS),
        fields=(_BACKEND, _FAMILY, _TABLE, Field("rules", INT, "Number of rules in the table that count.")),
        example={"backend": "iptables-legacy", "family": "ip", "table": "filter", "rules": 3},
    ),
    FactSpec(
        name="linux.open_port",
        says="Ports that listen beyond the loopback interface, and whether a rule of each frontend to be judged names them; without a firewall to be seen the rules are unknown, not the ports.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("endpoint", "version", "frontend"),
        inputs=(Input("linux.process_listening"), *_RULESET_INPUTS, Input("linux.nftables_saved"), *_UNIT_INPUTS),
        fields=(
            Field("endpoint", TEXT, "Protocol and port, such as `tcp/22`."),
            Field("version", enum("ipv4", "ipv6"), "Version of IP; a socket on `::` counts for both."),
            Field("frontend", TEXT, f"{_FRONTEND}; absent while it is not known which is to be judged."),
            Field("addresses", TEXTS, "Local addresses that it listens on."),
            Field("processes", TEXTS, "Names of the processes behind it."),
            Field("ruled", BOOL, "True when a rule that packets from outside reach names the port."),
        ),
        example={"endpoint": "tcp/22", "version": "ipv4", "frontend": "ufw", "processes": ["sshd"], "ruled": True},
    ),
)

SPECS = (*_COLLECTED, *_DERIVED)
