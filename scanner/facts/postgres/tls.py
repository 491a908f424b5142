"""Facts about what TLS a PostgreSQL server would agree to, by its settings."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, TEXTS, FactSpec, Field, Input, Shape

SPECS = (
    FactSpec(
        name="postgres.tls",
        says="What the settings of TLS come to: whether it is on, which versions, and which ciphers a client may get.",
        shape=Shape.ONE,
        platforms=("postgres",),
        inputs=tuple(
            Input("postgres.setting", fixed={"name": name})
            for name in (
                "ssl",
                "ssl_min_protocol_version",
                "ssl_max_protocol_version",
                "ssl_ciphers",
                "ssl_tls13_ciphers",
                "ssl_groups",
                "ssl_ecdh_curve",
            )
        ),
        fields=(
            Field("enabled", BOOL, "True when the server offers TLS."),
            Field("minimum", TEXT, "Oldest version that it agrees to, such as `TLSv1.2`; absent for no bound."),
            Field("maximum", TEXT, "Newest version that it agrees to; absent for no bound."),
            Field("cipher_string", TEXT, "ssl_ciphers as it is set, which holds for TLS 1.2 and older."),
            Field(
                "ciphers",
                TEXTS,
                "Suites that it stands for, expanded by the scanner's own OpenSSL, whose words mean the same; empty "
                "where TLS 1.3 is the oldest version.",
            ),
            Field(
                "weak_ciphers",
                TEXTS,
                "Those of them without forward secrecy, without authenticated encryption, without a certificate, or "
                "of less than 128 bits.",
            ),
            Field("tls13_ciphers", TEXTS, "ssl_tls13_ciphers of PostgreSQL 18; empty for OpenSSL's own choice."),
            Field("groups", TEXTS, "Key agreements: ssl_groups, before PostgreSQL 18 ssl_ecdh_curve."),
            Field("expanded_by", TEXT, "The OpenSSL that expanded the ciphers."),
        ),
        example={
            "enabled": True,
            "minimum": "TLSv1.2",
            "cipher_string": "ECDHE-RSA-AES256-GCM-SHA384",
            "ciphers": ["ECDHE-RSA-AES256-GCM-SHA384"],
            "weak_ciphers": [],
        },
    ),
)
