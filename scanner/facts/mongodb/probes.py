"""Facts from connections that are tried to see whether a MongoDB server refuses them, and the certificate it shows."""

from __future__ import annotations

from dataclasses import replace

from scanner.facts.postgres.probes import SPECS as SQL
from scanner.model.fact import BOOL, TEXT, FactSpec, Field, Parameter, Shape, enum

_KINDS = enum("plaintext", "old-tls", "unauthenticated")
_CERTIFICATE = next(spec for spec in SQL if spec.name == "postgres.certificate")

SPECS = (
    FactSpec(
        name="mongodb.probe",
        says="A connection that was tried; only where the inventory says `probes:`, for the server logs it.",
        shape=Shape.LOOKUP,
        platforms=("mongodb",),
        keys=("kind",),
        parameters=(
            Parameter(
                "kind", _KINDS, "What is tried: no TLS, TLS 1.1 at most, or asking for databases without a login."
            ),
        ),
        fields=(
            Field("kind", _KINDS, "What was tried."),
            Field("present", BOOL, "True when it was tried, that is, when the inventory opts into it."),
            Field(
                "outcome",
                enum("refused", "accepted", "no-tls"),
                "`no-tls`: the server offers none, so that its versions mean nothing; absent when nothing was tried.",
            ),
            Field("detail", TEXT, "What the server did."),
        ),
        example={"kind": "plaintext", "present": True, "outcome": "refused"},
    ),
    replace(
        _CERTIFICATE,
        name="mongodb.certificate",
        platforms=("mongodb",),
    ),
)
