"""Listening ports that strangers reach through the packet filter."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Input, Shape, enum

SPECS = (
    FactSpec(
        name="linux.port_exposure",
        says="Ports that listen beyond the loopback interface, and whether the packet filter lets strangers reach them now.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("endpoint", "version"),
        inputs=(
            Input("linux.process_listening"),
            Input("linux.firewall_chain"),
            Input("linux.firewall_rule"),
            Input("linux.nftables_saved"),
            Input("linux.ufw"),
        ),
        fields=(
            Field("endpoint", TEXT, "Protocol and port, such as `tcp/8007`."),
            Field("version", enum("ipv4", "ipv6"), "Version of IP; a socket on `::` counts for both."),
            Field("addresses", TEXTS, "Local addresses that it listens on."),
            Field(
                "strangers",
                BOOL,
                "True when a new connection from an address that no rule was made for may reach it; "
                "false when some chain surely stops it.",
            ),
        ),
        example={"endpoint": "tcp/8007", "version": "ipv4", "strangers": False},
    ),
)
