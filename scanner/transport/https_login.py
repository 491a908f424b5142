"""How the `https` transport says who we are: headers by platform as data, and Veeam's password grant."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from scanner.model.errors import ConfigurationError
from scanner.model.inventory import Endpoint

_FULL = re.compile(r"(?P<id>[^\s!:=@]+@[^\s!:=@]+![^\s!:=]+)[:=](?P<secret>\S+)")
_FIT = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a platform is told who asks."""

    port: int
    ways: tuple[str, ...]
    """Of `api-token`, `bearer`, `basic`, `grant`, `none`: what the platform takes, the preferred one first."""
    prefix: str = ""
    joint: str = ""
    """Of an API token: the word before it, and what stands between its id and its secret."""
    headers: tuple[tuple[str, str], ...] = ()
    """Sent with every request."""
    grant: str = ""
    """Path of the password grant (RFC 6749, section 4.3)."""
    logout: str = ""


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "pbs": Scheme(8007, ("api-token",), "PBSAPIToken", ":"),
        "pve": Scheme(8006, ("api-token",), "PVEAPIToken", "="),
        "veeam": Scheme(
            9419,
            ("grant",),
            headers=(("x-api-version", "1.1-rev0"),),
            grant="api/oauth2/token",
            logout="api/oauth2/logout",
        ),
        "kubernetes": Scheme(6443, ("bearer", "none")),
        "prometheus": Scheme(9090, ("bearer", "basic", "none")),
        "alertmanager": Scheme(9093, ("bearer", "basic", "none")),
        "grafana": Scheme(3000, ("bearer", "basic", "none")),
    }
)
"""Platform > its scheme."""


@dataclass(frozen=True, slots=True)
class Login:
    """What is sent to be let in; never printed."""

    user: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Fields of the password grant; empty where there is none."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Texts that must not come out again."""


def login(scheme: Scheme, endpoint: Endpoint, secret: Callable[[str], str], found: str = "") -> Login:
    """Make the login of an endpoint; `found` is a bearer token that a kubeconfig holds.

    Raises ConfigurationError, without the secret, when what the inventory says does not fit the platform.
    """
    reference = endpoint.option("token")
    token = secret(reference).strip() if reference else found
    if "api-token" in scheme.ways:
        return _api_token(scheme, endpoint, token)
    if token and "bearer" in scheme.ways:
        return Login(endpoint.user, {"Authorization": f"Bearer {_fit(token, 'token')}"}, secrets=(token,))
    password = secret(endpoint.password) if endpoint.password else ""
    if password and endpoint.user:
        if "grant" in scheme.ways:
            form = {"grant_type": "password", "username": endpoint.user, "password": password}
            return Login(endpoint.user, form=form, secrets=(password,))
        if "basic" in scheme.ways:
            if ":" in endpoint.user:
                raise ConfigurationError("user: a name with a colon cannot be sent (HTTP basic authentication)")
            pair = base64.b64encode(f"{endpoint.user}:{password}".encode()).decode()
            return Login(endpoint.user, {"Authorization": f"Basic {pair}"}, secrets=(password, pair))
    if "none" in scheme.ways and not password:
        return Login(endpoint.user)
    raise ConfigurationError(_missing(scheme))


def _missing(scheme: Scheme) -> str:
    if "bearer" in scheme.ways:
        return "the way in is not complete (add token:, or user: and password: where the platform takes them)"
    return "no user with a password is given (add user: and password: with a reference)"


def _api_token(scheme: Scheme, endpoint: Endpoint, token: str) -> Login:
    if not token:
        raise ConfigurationError(
            "no API token is given (add token: with a reference to USER@REALM!NAME and its secret)"
        )
    whole = _FULL.fullmatch(token)
    name, value = (whole["id"], whole["secret"]) if whole else (endpoint.user, token)
    if "!" not in name or "@" not in name:
        raise ConfigurationError(
            "token: it does not tell whose it is "
            f"(write USER@REALM!NAME{scheme.joint}SECRET behind the reference, or add user: USER@REALM!NAME)"
        )
    value = _fit(value, "token")
    header = f"{scheme.prefix}={_fit(name, 'user')}{scheme.joint}{value}"
    return Login(name, {"Authorization": header}, secrets=(value,))


def _fit(value: str, place: str) -> str:
    """Refuse what no header may hold: libraries would quote it in their errors."""
    if not _FIT.fullmatch(value):
        raise ConfigurationError(f"{place}: it holds characters that cannot be sent (the text is not shown)")
    return value
