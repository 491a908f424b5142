"""Packages of Linux hosts."""

from __future__ import annotations

from scanner.model.fact import BOOL, TEXT, VERSION, FactSpec, Field, Parameter, Shape

SPECS = (
    FactSpec(
        name="linux.package",
        says="Whether a package is installed, and in which version (dpkg-query(1)).",
        shape=Shape.LOOKUP,
        platforms=("linux",),
        keys=("name",),
        parameters=(Parameter("name", TEXT, "Name of the package, without architecture."),),
        fields=(
            Field("name", TEXT, "Name of the package."),
            Field("present", BOOL, "True when the package is installed; left-over configuration does not count."),
            Field("version", VERSION, "Installed version; absent when it is not installed."),
            Field("architecture", TEXT, "Architecture of the installed package; absent when it is not installed."),
        ),
        example={"name": "openssh-server", "present": True, "version": "1:9.6p1-3ubuntu13.5", "architecture": "amd64"},
    ),
)
