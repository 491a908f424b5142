"""What facts about the host behind a database server have in common, whatever the server."""

from __future__ import annotations

from scanner.facts.linux.accounts import PASSWORD_KINDS
from scanner.facts.linux.database import ABOUT, FILE
from scanner.model.fact import BOOL, TEXT, FactSpec, Field, Input, Shape, enum

JOINED = "It is found by port and data directory; without a unique match everything is unknown."
_ACCOUNT = (
    Field(
        "account_shell", TEXT, "Login shell of the account that the server runs as; absent for one that is not local."
    ),
    Field("account_login", BOOL, "True when that account may log in; absent for one that is not local."),
    Field("account_password", enum(*PASSWORD_KINDS), "Kind of its password field; absent for one that is not local."),
)


def host(name: str, server: str, instances: str, own: tuple[Field, ...], example: dict[str, object]) -> FactSpec:
    """Declare what a host knows of the server behind a target."""
    platform = name.partition(".")[0]
    return FactSpec(
        name=name,
        says=f"What the host knows of the server: process, unit, account, package, data directory. {JOINED}",
        shape=Shape.ONE,
        platforms=(platform,),
        inputs=(Input(server), Input(instances), Input("linux.user"), Input("linux.shadow")),
        fields=(*(field for field in ABOUT if field.name != "running"), *own, *_ACCOUNT),
        example=example,
    )


def files(name: str, server: str, instances: str) -> FactSpec:
    """Declare the files of the server behind a target."""
    platform = name.partition(".")[0]
    return FactSpec(
        name=name,
        says=f"Files and directories of the server on its host: configuration, keys, logs, data. Of logs and data files one is listed for each mode and owner. {JOINED}",
        shape=Shape.LIST,
        platforms=(platform,),
        keys=("kind", "path"),
        inputs=(Input(server), Input(instances), Input("linux.database_file", fixed={"engine": platform})),
        fields=FILE,
        example={"kind": "data", "path": "/var/lib/data", "mode": "0700", "owned": True},
    )


def passed_on(name: str, spec: FactSpec, says: str, without: tuple[str, ...] = ()) -> FactSpec:
    """Declare rows of a fact of the host for rules on the server that runs there."""
    return FactSpec(
        name=name,
        says=says,
        shape=spec.shape,
        platforms=(name.partition(".")[0],),
        keys=tuple(key for key in spec.keys if key not in without),
        inputs=(Input(spec.name),),
        fields=tuple(field for field in spec.fields if field.name not in without),
        example={key: value for key, value in spec.example.items() if key not in without},
    )
