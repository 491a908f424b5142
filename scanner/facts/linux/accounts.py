"""Accounts, groups and password ageing of Linux hosts."""

from __future__ import annotations

from scanner.model.fact import BOOL, INT, MODE, ROOT, TEXT, TEXTS, TIME, FactSpec, Field, Input, Shape, enum

PASSWORD_KINDS = ("empty", "locked", "disabled", "yescrypt", "sha512", "sha256", "bcrypt", "md5", "des", "other")

_PASSWORD = Field(
    "password",
    enum(*PASSWORD_KINDS),
    "Kind of the password field, reduced on the host: `empty`; `locked` (begins with `!`, a hash may follow); `disabled` (`*` or another text that no password gives); else the algorithm.",
)

_AGEING = (
    Field(
        "min_days", INT, "Days before the password may be changed again; absent when the field is empty or negative."
    ),
    Field(
        "max_days", INT, "Days after which the password must be changed; absent when the field is empty or negative."
    ),
    Field("warn_days", INT, "Days of warning before that; absent when the field is empty or negative."),
    Field(
        "inactive_days",
        INT,
        "Days after expiry until the account is disabled; absent when the field is empty or negative.",
    ),
)

SPECS = (
    FactSpec(
        name="linux.user",
        says="Local accounts of passwd(5), joined with the list of valid login shells; a line that is not an account (blank, too short, of a directory service) makes the list incomplete.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("name",),
        fields=(
            Field("name", TEXT, "Login name."),
            Field("uid", INT, "Numeric user id."),
            Field("gid", INT, "Numeric id of the primary group."),
            Field("comment", TEXT, "The GECOS field."),
            Field("home", TEXT, "Home directory as entered."),
            Field("shell", TEXT, "Login shell as entered."),
            Field(
                "login",
                BOOL,
                "True when the shell (`/bin/sh` for an empty field) stands in /etc/shells and is neither nologin nor false; a gap where /etc/shells does not exist.",
            ),
            Field("system", BOOL, "True when the uid lies below UID_MIN of login.defs(5) or is that of nobody."),
            Field("shadowed", BOOL, "True when the password field of passwd(5) is `x`."),
            Field(
                "passwordless", BOOL, "True when the password field of passwd(5) is empty, which lets in without any."
            ),
            Field("line", INT, "Line in /etc/passwd."),
        ),
        example={
            "name": "ada",
            "uid": 1000,
            "gid": 1000,
            "home": "/home/ada",
            "shell": "/bin/bash",
            "login": True,
            "system": False,
            "shadowed": True,
            "passwordless": False,
        },
    ),
    FactSpec(
        name="linux.group",
        says="Local groups of group(5).",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("name",),
        fields=(
            Field("name", TEXT, "Name of the group."),
            Field("gid", INT, "Numeric id."),
            Field("members", TEXTS, "Names entered as members."),
            Field("line", INT, "Line in /etc/group."),
        ),
        example={"name": "sudo", "gid": 27, "members": ["ada"]},
    ),
    FactSpec(
        name="linux.shadow",
        says="Password kinds and ageing of shadow(5); hashes never leave the host.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("name",),
        needs=(ROOT,),
        fields=(
            Field("name", TEXT, "Login name."),
            _PASSWORD,
            Field("last_change", TIME, "Day of the last change; absent when the field is empty."),
            Field(
                "must_change",
                BOOL,
                "True when the day of the last change is 0, so that the password must be changed at login.",
            ),
            *_AGEING,
            Field("expires", TIME, "Day on which the account expires; absent when the field is empty."),
        ),
        example={
            "name": "ada",
            "password": "yescrypt",
            "last_change": "2026-10-01T00:00:00Z",
            "min_days": 1,
            "max_days": 365,
            "warn_days": 7,
            "inactive_days": 30,
        },
    ),
    FactSpec(
        name="linux.login_defs",
        says="Settings of login.defs(5) and the defaults of useradd(8) for new accounts.",
        shape=Shape.ONE,
        platforms=("linux",),
        fields=(
            Field("pass_max_days", INT, "PASS_MAX_DAYS; absent when not set or negative, which is no limit."),
            Field("pass_min_days", INT, "PASS_MIN_DAYS; absent when not set or negative."),
            Field("pass_warn_age", INT, "PASS_WARN_AGE; absent when not set or negative."),
            Field("uid_min", INT, "UID_MIN; 1000 when not set."),
            Field("uid_max", INT, "UID_MAX; 60000 when not set."),
            Field("encrypt_method", TEXT, "ENCRYPT_METHOD in lower case; absent when not set."),
            Field("umask", TEXT, "UMASK as written; absent when not set."),
            Field("inactive", INT, "INACTIVE of /etc/default/useradd, -1 for never; absent when not set."),
        ),
        example={
            "pass_max_days": 365,
            "pass_min_days": 1,
            "pass_warn_age": 7,
            "uid_min": 1000,
            "encrypt_method": "yescrypt",
            "inactive": 30,
        },
    ),
    FactSpec(
        name="linux.password_ageing",
        says="Password ageing per account that has a usable password, beside what login.defs gives to new ones.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("name",),
        inputs=(Input("linux.user"), Input("linux.shadow"), Input("linux.login_defs")),
        fields=(
            Field("name", TEXT, "Login name."),
            Field("uid", INT, "Numeric user id; absent for a shadow entry without an account."),
            Field(
                "login", BOOL, "True when the account has a login shell; absent for a shadow entry without an account."
            ),
            _PASSWORD,
            Field("last_change", TIME, "Day of the last change; absent when the field is empty."),
            Field("change_in_future", BOOL, "True when the day of the last change lies after the time of collection."),
            *_AGEING,
            Field("default_max_days", INT, "PASS_MAX_DAYS for new accounts; absent when not set."),
            Field("default_min_days", INT, "PASS_MIN_DAYS for new accounts; absent when not set."),
            Field("default_warn_days", INT, "PASS_WARN_AGE for new accounts; absent when not set."),
        ),
        example={
            "name": "ada",
            "password": "yescrypt",
            "max_days": 365,
            "default_max_days": 365,
            "change_in_future": False,
        },
    ),
    FactSpec(
        name="linux.account_duplicate",
        says="Ids and names that several accounts or groups share; empty when all are unique.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("kind", "value"),
        inputs=(Input("linux.user"), Input("linux.group")),
        fields=(
            Field("kind", enum("uid", "user", "gid", "group"), "What is shared: a numeric id or a name."),
            Field("value", TEXT, "The shared id or name."),
            Field("names", TEXTS, "Who shares it; a name as often as it is entered."),
        ),
        example={"kind": "uid", "value": "0", "names": ["root", "toor"]},
    ),
    FactSpec(
        name="linux.account_group",
        says="Primary groups of accounts joined with the groups that exist.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("name",),
        inputs=(Input("linux.user"), Input("linux.group")),
        fields=(
            Field("name", TEXT, "Login name."),
            Field("uid", INT, "Numeric user id."),
            Field("gid", INT, "Numeric id of the primary group."),
            Field("group", TEXT, "Name of the primary group; absent when no group has that id."),
            Field("groups", TEXTS, "Names of all groups that the account belongs to."),
        ),
        example={"name": "ada", "uid": 1000, "gid": 1000, "group": "ada", "groups": ["ada", "sudo"]},
    ),
    FactSpec(
        name="linux.account_home",
        says="Home directories of accounts that can log in.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("name",),
        fields=(
            Field("name", TEXT, "Login name."),
            Field("path", TEXT, "Home directory as entered in passwd(5)."),
            Field("present", BOOL, "True when the directory exists; unknown when the path may not be searched."),
            Field("owner", TEXT, "Name of the directory's owner; absent when it does not exist or the id has no name."),
            Field("owned", BOOL, "True when the account owns its directory; absent when it does not exist."),
            Field("mode", MODE, "Permission bits; absent when it does not exist."),
        ),
        example={"name": "ada", "path": "/home/ada", "present": True, "owner": "ada", "owned": True, "mode": "0750"},
    ),
)
