"""Facts about the users and roles of a MongoDB server."""

from __future__ import annotations

from scanner.facts.mongodb.needs import ROLES, USERS
from scanner.model.fact import BOOL, INT, TEXT, TEXTS, FactSpec, Field, Input, Shape

_OPTIONS = ("security.authorization", "security.keyFile", "security.clusterAuthMode", "security.transitionToAuth")

SPECS = (
    FactSpec(
        name="mongodb.user",
        says="Users that the server keeps, of every database.",
        shape=Shape.LIST,
        platforms=("mongodb",),
        keys=("user",),
        needs=(USERS,),
        fields=(
            Field("user", TEXT, "Database and name, such as `admin.ada`."),
            Field("name", TEXT, "Name."),
            Field("database", TEXT, "Database that knows the user; `$external` for LDAP, Kerberos and certificates."),
            Field("roles", TEXTS, "Roles granted, each with its database, such as `readWrite@sky`."),
            Field("mechanisms", TEXTS, "Kinds of password hashes that are kept, or `external`."),
        ),
        example={
            "user": "admin.ada",
            "name": "ada",
            "database": "admin",
            "roles": ["root@admin"],
            "mechanisms": ["SCRAM-SHA-256"],
        },
    ),
    FactSpec(
        name="mongodb.role",
        says="Roles that were made by hand, of every database.",
        shape=Shape.LIST,
        platforms=("mongodb",),
        keys=("role",),
        needs=(ROLES,),
        fields=(
            Field("role", TEXT, "Name and database, such as `reporting@sky`."),
            Field("name", TEXT, "Name."),
            Field("database", TEXT, "Database that it is of."),
            Field("inherits", TEXTS, "Roles whose privileges it has as well, such as `read@sky`."),
            Field("any_action", BOOL, "True when a privilege allows every action (anyAction)."),
            Field("any_resource", BOOL, "True when a privilege is on every resource (anyResource)."),
            Field(
                "grants_roles",
                BOOL,
                "True when a privilege allows to grant roles of admin or of every database (grantRole), and so any right.",
            ),
            Field("actions", TEXTS, "All actions, on whatever resource."),
            Field("privileges", INT, "Number of its own privileges."),
        ),
        example={
            "role": "reporting@sky",
            "name": "reporting",
            "database": "sky",
            "inherits": ["read@sky"],
            "any_action": False,
            "any_resource": False,
        },
    ),
    FactSpec(
        name="mongodb.account",
        says="Users with all roles that they reach, those inside of other roles included.",
        shape=Shape.LIST,
        platforms=("mongodb",),
        keys=("user",),
        inputs=(Input("mongodb.user"), Input("mongodb.role")),
        fields=(
            Field("user", TEXT, "Database and name, such as `admin.ada`."),
            Field("reached", TEXTS, "Every role reached, such as `root@admin`."),
            Field(
                "superuser",
                BOOL,
                "True for one who can do everything, or give it to himself: root, __system, restore, clusterAdmin, roles on any database, dbOwner or userAdmin of admin, anyAction, grantRole on admin.",
            ),
            Field(
                "manages_users",
                BOOL,
                "True for one who can grant rights in the whole server: root, __system, userAdminAnyDatabase, restore, dbOwner or userAdmin of admin, or a role that grants roles of admin.",
            ),
            Field("without_role", BOOL, "True for one without any role."),
        ),
        example={"user": "admin.ada", "reached": ["root@admin"], "superuser": True, "manages_users": True},
    ),
    FactSpec(
        name="mongodb.access_control",
        says="Whether the server asks who comes, by its options and what follows from them.",
        shape=Shape.ONE,
        platforms=("mongodb",),
        inputs=(
            *(Input("mongodb.option", fixed={"name": name}) for name in _OPTIONS),
            Input("mongodb.parameter", fixed={"name": "enableLocalhostAuthBypass"}),
            Input("mongodb.server"),
            Input("mongodb.user"),
        ),
        fields=(
            Field("enforced", BOOL, "True when every command but a greeting takes a login."),
            Field(
                "by",
                TEXT,
                "Option that enforces it: security.authorization, or keyFile and clusterAuthMode, which imply it unless it is disabled outright; absent when none does.",
            ),
            Field("transition", BOOL, "True while logins are accepted and not demanded (security.transitionToAuth)."),
            Field("user_exists", BOOL, "True when there is a user at all."),
            Field(
                "localhost_exception",
                BOOL,
                "True when somebody on the server's own machine may make the first user without a login.",
            ),
        ),
        example={"enforced": True, "by": "security.authorization", "transition": False, "user_exists": True},
    ),
)
