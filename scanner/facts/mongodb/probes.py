"""Facts from connections that a hardened MongoDB server refuses, tried where the inventory asks for them."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, FactSpec, Field, Parameter, Shape

SPECS = (
    FactSpec(
        name="mongodb.probe",
        says="What became of a connection that should be refused.",
        shape=Shape.LOOKUP,
        platforms=("mongodb",),
        keys=("name",),
        parameters=(
            Parameter(
                "name",
                TEXT,
                "`plaintext`: without TLS; `unauthenticated`: asking for the databases without a login.",
            ),
        ),
        fields=(
            Field("name", TEXT, "Which connection."),
            Field("present", BOOL, "False when the inventory does not list it under `probes`: it was not tried."),
            Field("accepted", BOOL, "True when the server let it happen."),
            Field("says", TEXT, "What happened, in a few words."),
        ),
        example={
            "name": "plaintext",
            "present": True,
            "accepted": False,
            "says": "the server hung up on a connection without TLS",
        },
    ),
)
