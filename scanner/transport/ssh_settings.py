"""What holds for an SSH connection: the endpoint's own settings first, ssh_config second, defaults last."""

from __future__ import annotations

import os
import platform
import pwd
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scanner.model.errors import ConfigurationError
from scanner.model.inventory import Endpoint
from scanner.transport import known_hosts, ssh_config
from scanner.transport.errors import plain

_GLOBAL_KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"
_KNOWN_HOSTS = "~/.ssh/known_hosts ~/.ssh/known_hosts2"
_DEFAULT_KEYS = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")
_HOP = re.compile(r"(?:ssh://)?(?:(?P<user>.+)@)?(?P<host>\[[^\]]+\]|[^:@\s]+)(?::(?P<port>\d{1,5}))?/?")
_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Hop:
    """One SSH server on the way, the target itself being the last."""

    name: str
    """As the inventory or ssh_config calls it."""
    host: str
    port: int
    user: str
    known_as: tuple[str, ...]
    """Names in known_hosts, the one under which a new key is kept first."""
    identities: tuple[str, ...]
    """Paths of private keys that were named, in the order of trying."""
    spare: tuple[str, ...]
    """Paths of the usual keys, tried last."""
    identities_only: bool
    agent: str
    """Path of the agent's socket; empty for none."""
    known_hosts: tuple[str, ...]
    """Files of the user, the first one takes new keys."""
    global_known_hosts: tuple[str, ...]
    accept_new: bool

    @property
    def address(self) -> str:
        """Host, with its port where that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host and self.port != 22 else self.host
        return host if self.port == 22 else f"{host}:{self.port}"

    @property
    def place(self) -> str:
        """How messages call it: the address, after the name where that is another."""
        return self.address if self.name == self.host else f"{self.name} ({self.address})"


Settings = Mapping[str, str | list[str]]


def route(endpoint: Endpoint) -> tuple[Hop, ...]:
    """Give all servers on the way to an endpoint, the target last.

    Raises ConfigurationError for an endpoint without address, a hop or an option that cannot be read, and for
    what only the `openssh` transport can do (ProxyCommand, RevokedHostKeys, some Match and Include lines).
    """
    if not endpoint.address:
        raise ConfigurationError("transport ssh: the target has no address (add `address:`)")
    files = _config_files(endpoint)
    settings = ssh_config.lookup(files, endpoint.address, endpoint.user)
    jump = endpoint.jump or _jumps(settings)
    target = _hop(endpoint, settings, endpoint.address, endpoint.user, endpoint.port, jumped=bool(endpoint.jump))
    return (*_through(endpoint, files, jump, 0), target)


def _through(endpoint: Endpoint, files: tuple[str, ...], jump: tuple[str, ...], depth: int) -> tuple[Hop, ...]:
    if depth > _DEPTH:
        raise ConfigurationError(f"{', '.join(files)}: ProxyJump leads in a circle")
    hops: tuple[Hop, ...] = ()
    for number, text in enumerate(jump):
        found = _HOP.fullmatch(text.strip())
        if found is None:
            raise ConfigurationError(f"jump: '{plain(text, 80)}' cannot be read (write `user@host:port`)")
        name = found["host"].strip("[]")
        settings = ssh_config.lookup(files, name, found["user"] or "")
        if number == 0:
            hops = _through(endpoint, files, _jumps(settings), depth + 1)
        port = int(found["port"]) if found["port"] else None
        hops += (_hop(endpoint, settings, name, found["user"] or "", port, jumped=True),)
    return hops


def _hop(endpoint: Endpoint, settings: Settings, name: str, user: str, port: int | None, *, jumped: bool) -> Hop:
    _refuse_unsupported(settings, name, jumped=jumped)
    host = _text(settings, "hostname") or name
    number = port or _port(settings, name)
    login = user or _text(settings, "user") or _myself()
    alias = _text(settings, "hostkeyalias")
    tokens = _tokens(host, name, number, login)
    configured = [path for path in _texts(settings, "identityfile") if path.lower() != "none"]
    mine = [endpoint.identity] if endpoint.identity else []
    is_target = name == endpoint.address
    named = mine + configured if is_target else configured + mine
    own = endpoint.option("known_hosts")
    user_files = own or _text(settings, "userknownhostsfile") or _KNOWN_HOSTS
    shared = _text(settings, "globalknownhostsfile") or _GLOBAL_KNOWN_HOSTS
    return Hop(
        name=plain(name, 80),
        host=host,
        port=number,
        user=login,
        known_as=(alias.lower(),) if alias else known_hosts.names(host, number),
        identities=tuple(dict.fromkeys(_path(path, tokens) for path in named)),
        spare=() if named else tuple(_path(path, tokens) for path in _DEFAULT_KEYS),
        identities_only=_text(settings, "identitiesonly").lower() == "yes",
        agent=_agent(_text(settings, "identityagent"), tokens),
        known_hosts=(_path(own, tokens),) if own else _files(user_files, tokens),
        global_known_hosts=_files(shared, tokens),
        accept_new=accepts_new(endpoint),
    )


def accepts_new(endpoint: Endpoint) -> bool:
    """True when the operator allows keys of hosts that are not known yet; ssh_config never does."""
    word = endpoint.option("accept_new", "no").lower()
    if word not in ("yes", "true", "1", "no", "false", "0", ""):
        raise ConfigurationError(f"accept_new: '{plain(word, 40)}' is neither yes nor no")
    return word in ("yes", "true", "1")


def _config_files(endpoint: Endpoint) -> tuple[str, ...]:
    own = endpoint.option("ssh_config")
    if own.lower() == "none":
        return ()
    if not own:
        return (str(Path("~/.ssh/config").expanduser()), ssh_config.SYSTEM)
    path = Path(own).expanduser()
    if not path.is_file():
        raise ConfigurationError(f"ssh_config: {path} is not a file")
    return (str(path),)


def _refuse_unsupported(settings: Settings, name: str, *, jumped: bool) -> None:
    # an explicit jump beats a ProxyCommand of ssh_config, as -J does for ssh(1)
    proxy = "" if jumped else _text(settings, "proxycommand")
    revoked = _text(settings, "revokedhostkeys")
    for keyword, value in (("ProxyCommand", proxy), ("RevokedHostKeys", revoked)):
        if value and value.lower() != "none":
            raise ConfigurationError(
                f"{plain(name, 80)}: ssh_config sets {keyword}, which the ssh transport cannot honour "
                "(use `transport: openssh`)"
            )


def _jumps(settings: Settings) -> tuple[str, ...]:
    text = _text(settings, "proxyjump")
    return () if not text or text.lower() == "none" else tuple(text.split(","))


def _port(settings: Settings, name: str) -> int:
    text = _text(settings, "port") or "22"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ConfigurationError(f"{plain(name, 80)}: ssh_config sets Port to '{plain(text, 40)}'")
    return int(text)


def _agent(setting: str, tokens: Mapping[str, str]) -> str:
    if setting.lower() == "none":
        return ""
    if not setting or setting == "SSH_AUTH_SOCK":
        return os.environ.get("SSH_AUTH_SOCK", "")
    if setting.startswith("$"):
        return os.environ.get(setting[1:].strip("{}"), "")
    return _path(setting, tokens)


def _myself() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _files(text: str, tokens: Mapping[str, str]) -> tuple[str, ...]:
    try:
        words = shlex.split(text)
    except ValueError as exc:
        raise ConfigurationError(f"ssh_config: a list of known_hosts files cannot be read: {exc}") from None
    return tuple(_path(word, tokens) for word in words if word.lower() != "none")


def _tokens(host: str, name: str, port: int, login: str) -> dict[str, str]:
    """Give the tokens of ssh_config(5) that file names may hold."""
    here = platform.node()
    me = {"%d": str(Path.home()), "%i": str(os.getuid()), "%L": here.partition(".")[0], "%l": here}
    return {"%%": "%", "%h": host, "%n": name, "%p": str(port), "%r": login, "%u": _myself(), **me}


def _path(text: str, tokens: Mapping[str, str]) -> str:
    filled = re.sub(r"%.", lambda found: tokens.get(found.group(), found.group()), text)
    return str(Path(filled).expanduser())


def _text(settings: Settings, keyword: str) -> str:
    value = settings.get(keyword)
    return value if isinstance(value, str) else ""


def _texts(settings: Settings, keyword: str) -> list[str]:
    value = settings.get(keyword)
    return value if isinstance(value, list) else [value] if value else []
