"""Options of rules in pg_hba.conf: which method takes which, what must be there, and which of them are secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

CUT: Final = "***"
"""Stands where a secret stood."""
SECRETS: Final = frozenset({"ldapbindpasswd", "radiussecrets"})

_MAPPED = ("ident", "peer", "gss", "sspi", "cert", "oauth")
_KERBEROS = ("gss", "sspi")
_LDAP_SEARCH = ("ldapbasedn", "ldapbinddn", "ldapbindpasswd", "ldapsearchattribute", "ldapsearchfilter")
_NUMBER = re.compile(r"[ \t\n\v\f\r]*[+-]?0*[1-9]")
_URL = re.compile(
    r"ldaps?://[^/?]*(?:/(?P<base>[^?]*)(?:\?(?P<attributes>[^?]*)(?:\?[^?]*(?:\?(?P<filter>[^?]*))?)?)?)?"
)
_ITEM = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")+)"|(?P<bare>[^",\s][^,\s]*))\s*(?P<end>,|$)')

# What the server says may quote a piece of a secret that has a blank or comma in it.
_TELLING = re.compile(r"((?:not in name=value format|option name|LDAP URL|secret list)\b:?) .*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rule:
    """What options are looked at with: the connection type, the method, and the server's major version."""

    type: str
    method: str
    major: int


def masked(options: Mapping[str, str]) -> dict[str, str]:
    """Give the options with secrets cut."""
    return {name: CUT if name in SECRETS else value for name, value in options.items()}


def masked_error(text: str) -> str:
    """Give an error of the server without the words that may belong to a secret."""
    return _TELLING.sub(rf"\1 {CUT}", text)


def wrong_option(name: str, value: str, rule: Rule) -> str:
    """Say why the server refuses this option in this rule; an empty text when it takes it."""
    known = _OPTIONS.get(name)
    if known is None or rule.major < known.since:
        return "an option has a name that this server does not know"
    if known.methods and rule.method not in known.methods:
        return f"option {name} is only for {', '.join(known.methods)}"
    if known.encrypted and rule.type != "hostssl":
        return f"option {name} is only for hostssl"
    return f"option {name} has a value that this server does not take" if not known.takes(value, rule) else ""


def wrong_together(options: Mapping[str, str], rule: Rule) -> str:
    """Say what is missing, or does not go together, for the method; an empty text when all is well."""
    check = _TOGETHER.get(rule.method)
    return check(options) if check else ""


def implied(options: Mapping[str, str], rule: Rule) -> dict[str, str]:
    """Give the options with what the method adds: `cert` always verifies in full."""
    return {**options, "clientcert": "verify-full"} if rule.method == "cert" else dict(options)


@dataclass(frozen=True, slots=True)
class _Option:
    methods: tuple[str, ...] = ()
    encrypted: bool = False
    since: int = 15
    takes: Callable[[str, Rule], bool] = lambda _value, _rule: True


def _takes_certificate(value: str, rule: Rule) -> bool:
    return value == "verify-full" or (value == "verify-ca" and rule.method != "cert")


def _items(text: str) -> list[str] | None:
    """Read a list as in a setting of the server; None when it is broken."""
    found: list[str] = []
    at, end = 0, ","
    while end:
        item = _ITEM.match(text, at)
        if item is None:
            return [] if not found and not text.strip() else None
        quoted = item["quoted"]
        found.append(quoted.replace('""', '"') if quoted is not None else item["bare"])
        at, end = item.end(), item["end"]
    return found


def _ports(value: str, _rule: Rule) -> bool:
    items = _items(value)
    return items is not None and all(_NUMBER.match(each) for each in items)


def _listed(value: str, _rule: Rule) -> bool:
    return _items(value) is not None


def _radius(options: Mapping[str, str]) -> str:
    count = {name: len(_items(options.get(name, "")) or []) for name in _RADIUS}
    servers = count["radiusservers"]
    if not servers or not count["radiussecrets"]:
        return "method radius takes radiusservers and radiussecrets"
    odd = [name for name in _RADIUS[1:] if count[name] not in (0, 1, servers)]
    return f"{odd[0]} has another number of items than radiusservers" if odd else ""


def _ldap(options: Mapping[str, str]) -> str:
    given = {name for name, value in _with_url(options).items() if value is not None}
    if given & {"ldapprefix", "ldapsuffix"}:
        return "options of a simple bind and of search and bind do not go together" if given & {*_LDAP_SEARCH} else ""
    if "ldapbasedn" not in given:
        return "method ldap takes ldapbasedn, ldapprefix or ldapsuffix"
    both = {"ldapsearchattribute", "ldapsearchfilter"} <= given
    return "ldapsearchattribute and ldapsearchfilter do not go together" if both else ""


def _with_url(options: Mapping[str, str]) -> Mapping[str, str | None]:
    url = _URL.fullmatch(options.get("ldapurl", ""))
    if url is None:
        return options
    told = {"ldapbasedn": url["base"], "ldapsearchattribute": url["attributes"], "ldapsearchfilter": url["filter"]}
    return {**{name: value for name, value in told.items() if value}, **options}


def _oauth(options: Mapping[str, str]) -> str:
    missing = [name for name in ("scope", "issuer") if name not in options]
    if missing:
        return f"method oauth takes {missing[0]}"
    both = "map" in options and options.get("delegate_ident_mapping") == "1"
    return "map and delegate_ident_mapping do not go together" if both else ""


_RADIUS = ("radiusservers", "radiussecrets", "radiusports", "radiusidentifiers")
_TOGETHER: Mapping[str, Callable[[Mapping[str, str]], str]] = {"radius": _radius, "ldap": _ldap, "oauth": _oauth}
_OPTIONS: Mapping[str, _Option] = {
    "map": _Option(_MAPPED),
    "clientcert": _Option(encrypted=True, takes=_takes_certificate),
    "clientname": _Option(encrypted=True, takes=lambda value, _rule: value in ("CN", "DN")),
    "pamservice": _Option(("pam",)),
    "pam_use_hostname": _Option(("pam",)),
    "ldapurl": _Option(("ldap",), takes=lambda value, _rule: _URL.fullmatch(value) is not None),
    "ldapport": _Option(("ldap",), takes=lambda value, _rule: _NUMBER.match(value) is not None),
    **{name: _Option(("ldap",)) for name in ("ldaptls", "ldapscheme", "ldapserver", "ldapprefix", "ldapsuffix")},
    **{name: _Option(("ldap",)) for name in _LDAP_SEARCH},
    "krb_realm": _Option(_KERBEROS),
    "include_realm": _Option(_KERBEROS),
    "compat_realm": _Option(("sspi",)),
    "upn_username": _Option(("sspi",)),
    "radiusports": _Option(("radius",), takes=_ports),
    **{name: _Option(("radius",), takes=_listed) for name in ("radiusservers", "radiussecrets", "radiusidentifiers")},
    **{name: _Option(("oauth",), since=18) for name in ("issuer", "scope", "validator", "delegate_ident_mapping")},
}
