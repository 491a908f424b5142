"""Packages of database servers."""

from __future__ import annotations

from scanner.model.fact import TEXT, VERSION, FactSpec, Field, Shape

SPECS = (
    FactSpec(
        name="linux.postgres_package",
        says="Installed packages of PostgreSQL, its extensions, poolers and tools, by their names (dpkg-query(1)).",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("name",),
        fields=(
            Field("name", TEXT, "Name of the package."),
            Field("version", VERSION, "Installed version."),
        ),
        unused="Rules judge it as postgres.host_package.",
        example={"name": "postgresql-15", "version": "15.20-0+deb12u1"},
    ),
)
