"""Makes of a server's settings what TLS it would agree to."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.derivation.inputs import cell, derived
from scanner.derivation.postgres.ciphers import expand, library
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, error

_VERSIONS = {name.lower(): name for name in ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")}


def tls(query: Query, inputs: Mapping[Query, Evidence], taken_at: str) -> Evidence:
    """Give postgres.tls from the server's own values; none of these settings can be overridden for a role."""
    if not inputs:
        return derived(query, (), error("the settings of TLS were not asked"), inputs, taken_at)
    settings = _Settings(inputs)
    minimum, string = settings.version("ssl_min_protocol_version"), settings.text("ssl_ciphers")
    groups = settings.items("ssl_groups")
    row = {
        "enabled": settings.cell("ssl", "enabled"),
        "minimum": minimum,
        "maximum": settings.version("ssl_max_protocol_version"),
        "cipher_string": string,
        **_ciphers(minimum, string),
        "tls13_ciphers": settings.items("ssl_tls13_ciphers"),
        "groups": settings.items("ssl_ecdh_curve") if groups is ABSENT or isinstance(groups, Gap) else groups,
        "expanded_by": library(),
    }
    return derived(query, [row], None, inputs, taken_at)


class _Settings:
    """The server's own rows of settings, by name."""

    def __init__(self, inputs: Mapping[Query, Evidence]) -> None:
        self._found = {query.parameters.get("name"): evidence for query, evidence in inputs.items()}

    def cell(self, name: str, column: str) -> Cell:
        """Give a cell of the server's own row."""
        evidence = self._found.get(name)
        if evidence is None:
            return error(f"setting {name} was not asked")
        row = next((each for each in evidence.rows if each.get("scope") == "server"), None)
        if row is None:
            return evidence.gap or error(f"the server gave no row of setting {name}")
        return cell(row, column)

    def text(self, name: str) -> Cell:
        """Give a setting's text; an empty one is absent."""
        found = self.cell(name, "value")
        return ABSENT if found == "" else found

    def version(self, name: str) -> Cell:
        """Give a version of TLS as OpenSSL writes it; an empty one is absent."""
        found = self.text(name)
        return _VERSIONS.get(found.lower(), found) if isinstance(found, str) else found

    def items(self, name: str) -> Cell:
        """Give the parts of a setting, which colons separate; absent when the server has no such setting."""
        found = self.cell(name, "value")
        if not isinstance(found, str):
            return found
        return [part.strip() for part in found.split(":") if part.strip()]


def _ciphers(minimum: Cell, string: Cell) -> dict[str, Cell]:
    """Expand the cipher string, which is moot where no version older than TLS 1.3 is agreed to."""
    if isinstance(minimum, str) and minimum == "TLSv1.3":
        return {"ciphers": [], "weak_ciphers": []}
    gap = next((found for found in (minimum, string) if isinstance(found, Gap)), None)
    if gap is not None or not isinstance(string, str):
        lost = gap or error("the server has no cipher string")
        return {"ciphers": lost, "weak_ciphers": lost}
    try:
        suites = expand(string)
    except ValueError as problem:
        lost = error(str(problem))
        return {"ciphers": lost, "weak_ciphers": lost}
    weak: Cell = list(suites.weak)
    if suites.unknown and not suites.weak:
        weak = error(f"{library()}, which expands here, does not know {', '.join(suites.unknown)[:200]}")
    return {"ciphers": list(suites.names), "weak_ciphers": weak}
