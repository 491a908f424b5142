"""Facts about roles of a PostgreSQL server: what they may do, and which other roles they can act as."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, TEXT, TEXTS, TIME, FactSpec, Field, Need, Shape, enum

SUPERUSER = Need(
    "superuser", "superuser", "hashes of passwords are hidden from everybody else; only their kind is asked"
)

SPECS = (
    FactSpec(
        name="postgres.role",
        says="Roles of the server, users and groups alike, with what they have, hold and could take.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("role",),
        fields=(
            Field("role", TEXT, "Name of the role."),
            Field("predefined", BOOL, "True for roles that come with the server, such as `pg_monitor`."),
            Field("superuser", BOOL, "True when the role itself is a superuser."),
            Field("can_login", BOOL, "True when the role may begin a session."),
            Field(
                "can_login_now",
                BOOL,
                "True when it may, and its password has not run out by the server's clock; other ways of login ignore that date.",
            ),
            Field("create_role", BOOL, "True with the attribute CREATEROLE."),
            Field("create_db", BOOL, "True with the attribute CREATEDB."),
            Field("replication", BOOL, "True with the attribute REPLICATION."),
            Field("bypass_rls", BOOL, "True with the attribute BYPASSRLS."),
            Field("inherit", BOOL, "True when the role has the rights of its groups without SET ROLE, as a default."),
            Field("connection_limit", INT, "Most sessions at a time; -1 for no limit."),
            Field("valid_until", TIME, "When the password runs out; absent without an end."),
            Field(
                "days_left",
                INT,
                "Whole days until then by the server's clock, negative afterwards; absent without an end.",
            ),
            Field("member_of", TEXTS, "Roles that it is a direct member of."),
            Field("all_roles", TEXTS, "Roles that it is a member of through any chain, whatever the options."),
            Field(
                "usable_roles",
                TEXTS,
                "Roles whose rights it has or can take: by INHERIT or SET, by granting itself what it administers (ADMIN), before version 16 also by CREATEROLE.",
            ),
            Field(
                "powers",
                TEXTS,
                "Attributes among superuser, createrole, createdb, replication and bypassrls that it has or can take by SET ROLE.",
            ),
            Field(
                "becomes_superuser",
                BOOL,
                "True when it is a superuser or one is among its usable roles: such rights are as good.",
            ),
            Field("way_to_superuser", TEXT, "The chain of roles, such as `reporting > postgres`; absent without one."),
        ),
        example={
            "role": "reporting",
            "superuser": False,
            "can_login": True,
            "member_of": ["postgres"],
            "powers": ["superuser"],
            "becomes_superuser": True,
            "way_to_superuser": "reporting > postgres",
        },
    ),
    FactSpec(
        name="postgres.password",
        says="How the password of each role is stored; the hash itself never leaves the server.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("role",),
        fields=(
            Field("role", TEXT, "Name of the role."),
            Field("can_login", BOOL, "True when the role may begin a session."),
            Field(
                "kind", enum("scram-sha-256", "md5", "none", "other"), "Kind of its hash; `none` without a password."
            ),
        ),
        needs=(SUPERUSER,),
        example={"role": "sky_app", "can_login": True, "kind": "scram-sha-256"},
    ),
    FactSpec(
        name="postgres.membership",
        says="Direct memberships of roles in roles, each grant a row.",
        shape=Shape.LIST,
        platforms=("postgres",),
        keys=("role", "member", "grantor"),
        fields=(
            Field("role", TEXT, "The group."),
            Field("member", TEXT, "Who is a member."),
            Field("admin", BOOL, "True when the member may grant the membership to others."),
            Field(
                "inherit",
                BOOL,
                "True when the member has the group's rights at once; before version 16 its own attribute.",
            ),
            Field("set", BOOL, "True when the member may SET ROLE to it; before version 16 always."),
            Field("grantor", TEXT, "Who granted it."),
            Field("member_can_login", BOOL, "True when the member may begin a session."),
            Field("predefined", BOOL, "True when both come with the server."),
        ),
        example={"role": "postgres", "member": "reporting", "admin": False, "inherit": True, "set": True},
        unused="postgres.role tells what memberships make of each role; for rules of one's own",
    ),
)
