"""Facts from connections that are tried to see whether a PostgreSQL server refuses them, and the certificate it shows."""

from __future__ import annotations

from scanner.model.fact import BOOL, DURATION, INT, TEXT, TEXTS, TIME, FactSpec, Field, Parameter, Shape, enum

SPECS = (
    FactSpec(
        name="postgres.probe",
        says="A connection that was tried; only where the inventory says `probes:`, for the server logs it.",
        shape=Shape.LOOKUP,
        platforms=("postgres",),
        keys=("kind",),
        parameters=(Parameter("kind", enum("plaintext", "old-tls"), "What is tried: no TLS, or TLS 1.1 at most."),),
        fields=(
            Field("kind", enum("plaintext", "old-tls"), "What was tried."),
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
    FactSpec(
        name="postgres.certificate",
        says="The certificate that the server shows; only where the inventory says `probes: [certificate]`.",
        shape=Shape.ONE,
        platforms=("postgres",),
        fields=(
            Field("asked", BOOL, "True when the inventory opts into it; else all other fields are absent."),
            Field("shown", BOOL, "False when the server offers no TLS; then the fields below are absent."),
            Field(
                "trusted", BOOL, "True when its chain leads to an authority of `ca_file`, or of the scanner's machine."
            ),
            Field("name_matches", BOOL, "True when it is for the address that the inventory gives."),
            Field("problem", TEXT, "What verification says against it; absent when nothing."),
            Field("subject", TEXT, "Subject."),
            Field("issuer", TEXT, "Issuer."),
            Field("names", TEXTS, "Names and addresses that it is for."),
            Field("not_before", TIME, "From when on it is valid."),
            Field("not_after", TIME, "Until when it is valid."),
            Field("left", DURATION, "How long it is valid still; negative when it has run out."),
            Field("key_type", TEXT, "`rsa`, `ec` or another."),
            Field("key_bits", INT, "Size of the key; absent for those of one size."),
            Field(
                "signature_hash", TEXT, "Hash of its signature, such as `sha256`; absent where the key brings its own."
            ),
            Field("self_signed", BOOL, "True when it is its own issuer."),
            Field("chain", TEXTS, "Subjects of all certificates that the server sent, its own first."),
            Field("tls_version", TEXT, "Version of TLS that was agreed to."),
            Field("cipher", TEXT, "Cipher that was agreed to."),
        ),
        example={
            "asked": True,
            "shown": True,
            "trusted": True,
            "name_matches": True,
            "left": 2592000,
            "key_type": "rsa",
        },
    ),
)
