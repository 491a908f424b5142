"""Columns and inputs that the estate's recovery facts share."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.model.fact import DURATION, INT, TEXT, FactSpec, Field, Input, Shape, Type

ESTATE = ("estate",)

_ASSET = (
    Field("asset", TEXT, "Id of the asset in the inventory, or `target/object` of what only a backup system names."),
    Field("kind", TEXT, "Kind, such as `windows-vm` or `postgresql`; absent when none is named."),
    Field("owner", TEXT, "Owner; absent when none is named."),
    Field("service_class", TEXT, "Service class; absent when it has none."),
    Field("path", TEXT, "File that names the asset; absent when none does."),
    Field("line", INT, "Line of that file; absent when none does."),
)
POINTS = (Input("backup.restore_point"), Input("backup.object"))
"""What every fact that rests on restore points is computed from."""

STANDING = (*POINTS, *(Input(fact) for fact in ("backup.run", "backup.job", "backup.log_archive", "postgres.archiver")))
"""What every fact about assets is computed from, as each of its rows tells how much would be lost."""

DECIDES = ("deciding_point", "exposure_now", "exposure_worst")
"""Fields of `decision` that findings tell, whatever their rule looks at."""


def asset_fact(
    name: str,
    says: str,
    *fields: Field,
    deciding: str,
    shows: tuple[str, ...],
    example: Mapping[str, object],
    keys: tuple[str, ...] = (),
    inputs: tuple[Input, ...] = (),
) -> FactSpec:
    """Declare a fact with a row for each asset: how it stands, and then these fields.

    `deciding` says which restore point decides; `keys` tell several rows of an asset apart; `inputs` come beside what
    every such fact is computed from.
    """
    return FactSpec(
        name=name,
        says=says,
        shape=Shape.LIST,
        scope="estate",
        platforms=ESTATE,
        keys=("asset", *keys),
        inputs=(*STANDING, *inputs),
        tells=DECIDES,
        shows=shows,
        fields=(*_ASSET, *decision(deciding), *fields),
        example=example,
    )


def decision(deciding: str) -> tuple[Field, ...]:
    """Give the columns that tell how an asset stands."""
    return (
        Field("deciding_point", TEXT, f"{deciding}, as `system target/location point`; absent without one."),
        Field("exposure_now", DURATION, "Age of the newest data that can be restored; absent without a point."),
        Field("exposure_worst", DURATION, "Highest exposure within the policy's `window`; absent without a point."),
    )


def demanded(name: str, type_: Type, says: str) -> tuple[Field, Field]:
    """Give the column of a demand and that of its source in the policy."""
    source = f"Where the policy demands `{name}`, as `document:line`; absent without a source."
    return Field(name, type_, f"{says} Absent without such a demand."), Field(f"{name}_source", TEXT, source)
