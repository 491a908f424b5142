"""Facts from connections that are tried to see whether a MariaDB or MySQL server refuses them."""

from __future__ import annotations

from dataclasses import replace

from scanner.facts.postgres import probes

_PROBE, _CERTIFICATE = probes.SPECS

SPECS = (
    replace(_PROBE, name="mariadb.probe", platforms=("mariadb",)),
    replace(_CERTIFICATE, name="mariadb.certificate", platforms=("mariadb",)),
)
"""What is tried and seen is the same as with PostgreSQL."""
