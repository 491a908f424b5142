"""Collects whether the kernel and OpenSSL work in FIPS mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.collection.linux.probe import Output, Probe, Session, output_of
from scanner.model.evidence import ABSENT, Cell, Evidence, Query, Row, error

FACTS = ("linux.fips",)

_SCRIPT = r"""
if [ -e /proc/sys/crypto/fips_enabled ]; then printf 'kernel %s\n' "$(cat /proc/sys/crypto/fips_enabled)"; else echo 'kernel none'; fi
if command -v openssl >/dev/null; then
  printf 'openssl %s\n' "$(openssl version)"
  openssl list -providers 2>&1 | head -n 100 | sed 's/^/| /'
else
  echo 'openssl'
fi
echo 'end'
"""


def probes(queries: Sequence[Query]) -> list[Probe]:
    """Give the one probe."""
    return [Probe("linux.fips", _SCRIPT)] if queries else []


def answer(queries: Sequence[Query], outputs: Mapping[str, Output], session: Session) -> list[Evidence]:
    """Read it: a kernel without the switch is not in FIPS mode."""
    output = output_of(outputs, "linux.fips")
    lines = output.lines
    gap = output.gap or (None if "end" in lines else output.failure("the probe of FIPS mode did not end"))
    provenance = session.provenance("cat /proc/sys/crypto/fips_enabled; openssl list -providers")
    rows = () if gap else (_row(lines),)
    return [Evidence(query, rows, gap, provenance) for query in queries]


def _row(lines: Sequence[str]) -> Row:
    words = {line.partition(" ")[0]: line.partition(" ")[2] for line in lines if not line.startswith("|")}
    kernel: Cell = {"1": True, "0": False, "none": False}.get(
        words.get("kernel", ""), error("/proc/sys/crypto/fips_enabled could not be read")
    )
    version = words.get("openssl", "")
    if not version:
        return {"kernel": kernel, "openssl": ABSENT, "provider": ABSENT}
    listed = [line[2:] for line in lines if line.startswith("| ")]
    provider: Cell = _active(listed) if "Providers:" in listed else error("openssl did not list its providers")
    return {"kernel": kernel, "openssl": version, "provider": provider}


def _active(listed: Sequence[str]) -> bool:
    """Tell whether a provider whose name says fips is active: its name stands two columns in, its state below."""
    name = ""
    for line in listed:
        if line.startswith("  ") and not line.startswith("   "):
            name = line.strip()
        elif "fips" in name.lower() and line.strip() == "status: active":
            return True
    return False
