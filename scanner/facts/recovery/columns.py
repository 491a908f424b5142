"""Columns and inputs that the estate's recovery facts share."""

from __future__ import annotations

from scanner.model.fact import INT, TEXT, Field, Input, Type

ESTATE = ("estate",)

ASSET = (
    Field("asset", TEXT, "Id of the asset in the inventory, or `target/object` of what only a backup system names."),
    Field("kind", TEXT, "Kind, such as `windows-vm` or `postgresql`; absent when none is named."),
    Field("owner", TEXT, "Owner; absent when none is named."),
    Field("service_class", TEXT, "Service class; absent when it has none."),
    Field("path", TEXT, "File that names the asset; absent when none does."),
    Field("line", INT, "Line of that file; absent when none does."),
)
"""What every row about an asset begins with."""

POINTS = (Input("backup.restore_point"), Input("backup.object"))
"""What every fact that rests on restore points is computed from."""


def demanded(name: str, type_: Type, says: str) -> tuple[Field, Field]:
    """Give the column of a demand and that of its source in the policy."""
    source = f"Where the policy demands `{name}`, as `document:line`; absent without a source."
    return Field(name, type_, f"{says} Absent without such a demand."), Field(f"{name}_source", TEXT, source)
