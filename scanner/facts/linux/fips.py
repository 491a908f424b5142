"""FIPS mode of a host's cryptography."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="linux.fips",
        says="Whether the host's cryptography works in FIPS mode: the kernel's switch, and the providers that OpenSSL loads by default.",
        shape=Shape.ONE,
        platforms=("linux",),
        fields=(
            Field(
                "kernel",
                BOOL,
                "True when the kernel was started in FIPS mode; false too for one that has no such mode.",
            ),
            Field("openssl", TEXT, "What `openssl version` says; absent without the program."),
            Field("provider", BOOL, "True when OpenSSL has an active FIPS provider; absent without the program."),
        ),
        unused="Rules judge it as postgres.host_fips.",
        example={"kernel": False, "openssl": "OpenSSL 3.0.17 1 Jul 2025", "provider": False},
    ),
)
