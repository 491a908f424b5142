"""What the PAM modules of Linux hosts do in effect, per service."""

from __future__ import annotations

from scanner.facts.linux.pam import KINDS
from scanner.model.fact import BOOL, DURATION, INT, TEXT, TEXTS, FactSpec, Field, Input, Shape, enum

_MODULES = Input("linux.pam_module")
_SETTINGS = Input("linux.pam_setting")
_SERVICE = Field("service", TEXT, "Name of the service.")
_PROBLEM = Field("problem", TEXT, "Why the module has no effect; absent when it has.")
_PLACE = (
    Field("path", TEXT, "File that holds the module's line; absent when the stack lacks the module."),
    Field("line", INT, "Number of that line; absent when the stack lacks the module."),
)
_OF_PASSWORD_SERVICES = "Services of which the password stack reaches pam_unix, and `passwd` in any case; a service without stack of its own has that of `other`."


def _flag(name: str, says: str) -> Field:
    return Field(name, BOOL, f"{says}; absent when the stack lacks the module.")


def _number(name: str, says: str) -> Field:
    return Field(name, INT, f"{says}; absent when the stack lacks the module.")


SPECS = (
    FactSpec(
        name="linux.pam_unix",
        says="pam_unix in the stacks of every service: one row per line of it, and one row with `present: false` per stack without.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("service", "type", "order"),
        inputs=(_MODULES, Input("linux.file_line", fixed={"path": "/etc/login.defs"})),
        fields=(
            _SERVICE,
            Field("type", enum(*KINDS), "Type of the stack."),
            Field("order", INT, "Place in the stack, from 1; 0 when the stack lacks the module or is not known."),
            Field("present", BOOL, "True when the stack holds the module."),
            _flag("installed", "True when the module's file exists"),
            Field(
                "reached",
                enum("always", "conditional", "never"),
                "As of linux.pam_module; absent when the stack lacks the module.",
            ),
            Field(
                "bypassed_by",
                TEXTS,
                "Modules whose answer lets the stack succeed without this one; absent when the stack lacks it.",
            ),
            Field(
                "overridden_by",
                TEXTS,
                "Modules that turn its refusal into success, its own name where the refusal counts for nothing; absent when the stack lacks it.",
            ),
            _flag("nullok", "True when an account with an empty password is let in"),
            Field(
                "hash",
                TEXT,
                "Of password stacks: the algorithm of new passwords (yescrypt, gost_yescrypt, sha512, sha256, blowfish, md5, bigcrypt, des), by argument, else ENCRYPT_METHOD of login.defs(5), else des.",
            ),
            Field("rounds", INT, "The argument `rounds`; absent when not given."),
            Field("remember", INT, "The argument `remember`; absent when not given."),
            _flag("use_authtok", "True when the password of the module before is taken over unasked"),
            *_PLACE,
        ),
        example={
            "service": "passwd",
            "type": "password",
            "order": 3,
            "present": True,
            "installed": True,
            "reached": "always",
            "bypassed_by": [],
            "overridden_by": [],
            "nullok": False,
            "hash": "yescrypt",
            "use_authtok": True,
            "path": "/etc/pam.d/common-password",
            "line": 27,
        },
    ),
    FactSpec(
        name="linux.pam_faillock",
        says="What pam_faillock does in services that ask for a password: those of which the auth stack reaches pam_unix, and `other`.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("service",),
        inputs=(_MODULES, _SETTINGS),
        fields=(
            _SERVICE,
            Field(
                "active",
                BOOL,
                "True when the lock is asked for before pam_unix on every way to success, its refusal decides, and each wrong password is counted after.",
            ),
            Field(
                "resets",
                BOOL,
                "True when a login that succeeds clears the count (pam_faillock in account, or authsucc).",
            ),
            _PROBLEM,
            _number("deny", "Failures that lock an account, 0 for never"),
            Field(
                "fail_interval",
                DURATION,
                "Seconds within which the failures must fall; absent when the stack lacks the module.",
            ),
            Field(
                "unlock_time",
                DURATION,
                "Seconds until the account is open again, 0 for never; absent when the stack lacks the module.",
            ),
            _flag("even_deny_root", "True when root is locked like others; without it root_unlock_time has no effect"),
            Field(
                "root_unlock_time",
                DURATION,
                "Seconds until root is open again, 0 for never, unlock_time where not set; absent when the stack lacks the module.",
            ),
            _flag("local_users_only", "True when accounts of a directory service are left out"),
            *_PLACE,
        ),
        example={
            "service": "sshd",
            "active": True,
            "resets": True,
            "deny": 5,
            "unlock_time": 900,
            "even_deny_root": True,
            "root_unlock_time": 900,
            "path": "/etc/pam.d/common-auth",
            "line": 17,
        },
    ),
    FactSpec(
        name="linux.pam_pwquality",
        says="What pam_pwquality demands of new passwords. " + _OF_PASSWORD_SERVICES,
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("service",),
        inputs=(_MODULES, _SETTINGS),
        fields=(
            _SERVICE,
            Field(
                "active",
                BOOL,
                "True when the module stands before pam_unix on every way to success and its refusal decides.",
            ),
            _PROBLEM,
            _number("difok", "Characters in which a password must differ from the one before"),
            _number("minlen", "Length demanded, before credits"),
            _number("shortest", "Length of the shortest password: minlen less all credits above zero"),
            _number("dcredit", "Credit for digits; below zero the number demanded"),
            _number("ucredit", "Credit for capital letters; below zero the number demanded"),
            _number("lcredit", "Credit for small letters; below zero the number demanded"),
            _number("ocredit", "Credit for other characters; below zero the number demanded"),
            _number("minclass", "Classes of characters demanded"),
            _number("classes", "Classes that each password has at least, by minclass or by credits below zero"),
            _number("maxrepeat", "Most equal characters in a row, 0 for no limit"),
            _number("maxsequence", "Longest run such as 1234, 0 for no limit"),
            _flag("dictcheck", "True when words of a dictionary are refused"),
            _flag("enforcing", "True when a bad password is refused, not only warned of"),
            _flag("enforce_for_root", "True when root is refused a bad password too"),
            _flag("local_users_only", "True when accounts of a directory service are left out"),
            *_PLACE,
        ),
        example={
            "service": "passwd",
            "active": True,
            "difok": 2,
            "minlen": 14,
            "shortest": 14,
            "classes": 3,
            "maxrepeat": 3,
            "maxsequence": 3,
            "dictcheck": True,
            "enforcing": True,
            "enforce_for_root": True,
        },
    ),
    FactSpec(
        name="linux.pam_pwhistory",
        says="What pam_pwhistory remembers of old passwords. " + _OF_PASSWORD_SERVICES,
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("service",),
        inputs=(_MODULES, _SETTINGS),
        fields=(
            _SERVICE,
            Field(
                "active",
                BOOL,
                "True when the module stands before pam_unix on every way to success and its refusal decides.",
            ),
            _PROBLEM,
            _number("remember", "Passwords that are remembered, 0 for none"),
            _flag("enforce_for_root", "True when root is refused an old password too"),
            _flag("use_authtok", "True when the password of the module before is taken over unasked"),
            *_PLACE,
        ),
        example={"service": "passwd", "active": True, "remember": 24, "enforce_for_root": True, "use_authtok": True},
    ),
    FactSpec(
        name="linux.pam_wheel",
        says="Whom pam_wheel lets use su: one row each for the services `su` and `su-l`; one without stack of its own has that of `other`.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("service",),
        inputs=(_MODULES, Input("linux.group"), Input("linux.user")),
        fields=(
            _SERVICE,
            Field(
                "active",
                BOOL,
                "True when nobody but root passes without being asked for the group, and its refusal decides.",
            ),
            _PROBLEM,
            Field("group", TEXT, "Group that the argument `group` names; absent when none is named."),
            Field("group_exists", BOOL, "True when that group exists; absent when none is named."),
            Field(
                "members",
                TEXTS,
                "Accounts in that group, those with it as their primary group too; absent when there is no such group.",
            ),
            _flag("use_uid", "True when `use_uid` is given, so that the process and not the terminal tells who asks"),
            *_PLACE,
        ),
        example={"service": "su", "active": True, "group": "sugroup", "group_exists": True, "members": []},
    ),
)
