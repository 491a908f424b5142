"""What the settings of TLS come to."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.derivation.postgres.ciphers import expand
from scanner.derivation.table import derive
from scanner.model.evidence import ABSENT, Cell, Evidence, Gap, Query, unknown

HIDDEN = unknown("hidden from this role", "role pg_read_all_settings")
AT = "2026-11-21T08:00:00Z"
DEFAULTS: dict[str, Cell] = {
    "ssl": "on",
    "ssl_min_protocol_version": "tlsv1.2",
    "ssl_max_protocol_version": "",
    "ssl_ciphers": "ECDHE+AESGCM",
    "ssl_tls13_ciphers": ABSENT,
    "ssl_groups": ABSENT,
    "ssl_ecdh_curve": "prime256v1",
}


def tls(**given: Cell) -> dict[str, Cell]:
    inputs = {}
    for name, value in {**DEFAULTS, **given}.items():
        query = Query.of("postgres.setting", {"name": name})
        enabled = value if isinstance(value, Gap) else value == "on"
        inputs[query] = Evidence(query, ({"name": name, "scope": "server", "value": value, "enabled": enabled},))
    [row] = derive(Query("postgres.tls"), inputs, AT).rows
    return dict(row)


def test_strong() -> None:
    row = tls()
    assert (row["enabled"], row["minimum"], row["maximum"], row["weak_ciphers"]) == (True, "TLSv1.2", ABSENT, [])
    assert "ECDHE-RSA-AES256-GCM-SHA384" in row["ciphers"]
    assert (row["groups"], row["tls13_ciphers"]) == (["prime256v1"], ABSENT)
    assert row["expanded_by"] == ssl.OPENSSL_VERSION


def test_default_of_the_server_has_weak_ones() -> None:
    weak = tls(ssl_ciphers="HIGH:MEDIUM:+3DES:!aNULL")["weak_ciphers"]
    assert isinstance(weak, list)
    assert {"AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA"} <= set(weak)
    assert "ECDHE-RSA-AES128-GCM-SHA256" not in weak


def test_moot_from_tls_13_on() -> None:
    row = tls(ssl_min_protocol_version="tlsv1.3", ssl_ciphers="NULL")
    assert (row["ciphers"], row["weak_ciphers"]) == ([], [])


@pytest.mark.parametrize("name", ["ssl_ciphers", "ssl_min_protocol_version"])
def test_hidden_settings_leave_ciphers_unknown(name: str) -> None:
    row = tls(**{name: HIDDEN})
    assert (row["ciphers"], row["weak_ciphers"]) == (HIDDEN, HIDDEN)
    assert row["enabled"] is True


def test_hidden_string_is_moot_from_tls_13_on() -> None:
    assert tls(ssl_min_protocol_version="tlsv1.3", ssl_ciphers=HIDDEN)["weak_ciphers"] == []


def test_groups_and_suites_of_postgresql_18() -> None:
    row = tls(ssl_groups="X25519:prime256v1", ssl_tls13_ciphers="TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256")
    assert row["groups"] == ["X25519", "prime256v1"]
    assert row["tls13_ciphers"] == ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"]


def test_words_that_our_openssl_does_not_know() -> None:
    weak = tls(ssl_ciphers="ECDHE+AESGCM:EXP-RC4-MD5")["weak_ciphers"]
    assert isinstance(weak, Gap)
    assert "EXP-RC4-MD5" in weak.reason
    assert tls(ssl_ciphers="ECDHE+AESGCM:!EXP-RC4-MD5:-RC4:+3DES")["weak_ciphers"] == []


def test_string_without_any_cipher() -> None:
    assert isinstance(tls(ssl_ciphers="nonsense")["weak_ciphers"], Gap)


def test_security_levels_of_the_string_hide_nothing() -> None:
    assert expand("ALL:@SECLEVEL=2").weak == expand("ALL").weak


def test_settings_that_were_not_asked() -> None:
    assert derive(Query("postgres.tls"), {}, AT).gap is not None
    query = Query.of("postgres.setting", {"name": "ssl"})
    alone = {query: Evidence(query, ({"name": "ssl", "scope": "server", "value": "on", "enabled": True},))}
    [row] = derive(Query("postgres.tls"), alone, AT).rows
    assert row["enabled"] is True
    assert isinstance(row["minimum"], Gap)
    assert isinstance(row["weak_ciphers"], Gap)


def test_settings_that_were_not_answered() -> None:
    query = Query.of("postgres.setting", {"name": "ssl"})
    [row] = derive(Query("postgres.tls"), {query: Evidence(query, gap=HIDDEN)}, AT).rows
    assert row["enabled"] == HIDDEN


@given(st.text(max_size=80))
def test_any_string_is_expanded_or_refused(text: str) -> None:
    try:
        found = expand(text)
    except ValueError:
        return
    assert set(found.weak) <= set(found.names)
