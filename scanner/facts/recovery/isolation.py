"""Facts about the network of backups: who reaches the servers that hold them, and by which way the data travel."""

from __future__ import annotations

from scanner.facts.recovery.columns import ESTATE, demanded
from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Input, Shape

HOST = (
    Input("linux.process_listening"),
    Input("linux.network_address"),
    Input("linux.default_route"),
    Input("linux.firewall_chain"),
    Input("linux.firewall_rule"),
    Input("linux.nftables_saved"),
    Input("linux.ufw"),
)
"""What a Linux host is asked, to tell who reaches its ports."""
_NETWORKS = demanded("networks", TEXTS, "Networks that only backups use.")

SPECS = (
    FactSpec(
        name="recovery.isolation",
        says="Ports of backup servers, and by which addresses, interfaces and rules of the packet filter they are reached.",
        shape=Shape.LIST,
        scope="estate",
        platforms=ESTATE,
        keys=("target", "endpoint"),
        inputs=(Input("backup.network"), *HOST),
        shows=("outside", "gateway", "addresses", "networks_source"),
        fields=(
            Field("target", TEXT, "Backup server; the Linux host where no backup server names it by `runs_on`."),
            Field("endpoint", TEXT, "Protocol and port, such as `tcp/8007`."),
            Field("addresses", TEXTS, "Addresses at which it answers, those that the packet filter closes left out."),
            *_NETWORKS,
            Field("outside", TEXTS, "Those addresses that lie in none of these networks."),
            Field("gateway", TEXTS, "Interfaces of those addresses that a default route leads over, too."),
            Field("strangers", BOOL, "True when the packet filter lets in addresses that no rule was made for."),
        ),
        example={"target": "pbs01", "endpoint": "tcp/8007", "outside": [], "gateway": [], "strangers": False},
    ),
    FactSpec(
        name="recovery.backup_path",
        says="Nodes of Proxmox VE, and the interfaces by which they reach the networks of backups.",
        shape=Shape.LIST,
        scope="estate",
        platforms=ESTATE,
        keys=("target", "node"),
        inputs=(Input("backup.network"),),
        shows=("interfaces", "gateway", "networks_source"),
        fields=(
            Field("target", TEXT, "Cluster that the node belongs to."),
            Field("node", TEXT, "Name of the node."),
            *_NETWORKS,
            Field("interfaces", TEXTS, "Its interfaces with an address in these networks."),
            Field("gateway", TEXTS, "Those among them that the way to everywhere leads over, too."),
        ),
        example={"target": "lab", "node": "pve1", "interfaces": ["vmbr1"], "gateway": []},
    ),
)
