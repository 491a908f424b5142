"""Effective configuration of the OpenSSH server."""

from __future__ import annotations

from scanner.model.fact import BOOL, DURATION, INT, ROOT, TEXT, TEXTS, FactSpec, Field, Shape

_TEXT_DIRECTIVES = {
    "permitrootlogin": "Whether root may log in, and how; `prohibit-password` also where sshd prints its old name.",
    "passwordauthentication": "Whether passwords are accepted.",
    "pubkeyauthentication": "Whether public keys are accepted.",
    "kbdinteractiveauthentication": "Whether keyboard-interactive logins are accepted.",
    "permitemptypasswords": "Whether accounts with an empty password may log in.",
    "hostbasedauthentication": "Whether trusted hosts log in without a key of their own.",
    "ignorerhosts": "Whether .rhosts and .shosts files are ignored.",
    "gssapiauthentication": "Whether Kerberos logins are accepted.",
    "permituserenvironment": "Whether users may set environment variables for their sessions.",
    "usepam": "Whether PAM checks accounts and sessions.",
    "x11forwarding": "Whether X11 is forwarded.",
    "allowtcpforwarding": "Whether TCP ports are forwarded.",
    "allowagentforwarding": "Whether the agent is forwarded.",
    "allowstreamlocalforwarding": "Whether Unix sockets are forwarded.",
    "disableforwarding": "Whether all forwarding is off, whatever else says.",
    "gatewayports": "Whether forwarded ports listen on all addresses.",
    "permittunnel": "Whether tun(4) devices are forwarded.",
    "tcpkeepalive": "Whether TCP keep-alives are sent.",
    "compression": "Whether data is compressed.",
    "strictmodes": "Whether modes of the user's files are checked at login.",
    "printlastlog": "Whether the last login is shown.",
    "loglevel": "How much is logged.",
    "maxstartups": "`start:rate:full` of unauthenticated connections.",
    "forcecommand": "Command that replaces the user's; absent for none.",
    "banner": "File shown before login; absent for none.",
    "subsystem_sftp": "Command of the sftp subsystem; absent for none.",
}

_INT_DIRECTIVES = {
    "maxauthtries": "Tries at authentication per connection.",
    "maxsessions": "Sessions per connection.",
    "clientalivecountmax": "Keep-alives without an answer before the session is cut.",
    "port": "First port that is listened on.",
}

_DURATION_DIRECTIVES = {
    "logingracetime": "Time to log in, 0 for no limit.",
    "clientaliveinterval": "Time between keep-alives, 0 for none.",
}

_LIST_DIRECTIVES = {
    "ciphers": "Ciphers offered.",
    "macs": "Message authentication codes offered.",
    "kexalgorithms": "Key exchanges offered.",
    "hostkeyalgorithms": "Host key algorithms offered.",
    "allowusers": "Users allowed; empty when not limited.",
    "allowgroups": "Groups allowed; empty when not limited.",
    "denyusers": "Users denied.",
    "denygroups": "Groups denied.",
    "authenticationmethods": "Methods that must succeed together.",
}

SPECS = (
    FactSpec(
        name="linux.sshd",
        says="Effective configuration of sshd (`sshd -T` with the options of the running daemon, or of its unit): one row globally, and one per Match block, evaluated as if that block and, beside it, only `Match all` applied, so that what a block sets is shown even where an earlier one hides it from some connections; no row when sshd is not installed.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("scope",),
        needs=(ROOT,),
        fields=(
            Field(
                "scope",
                TEXT,
                "`global`, or the Match line, with the one around it for a nested block; several daemons add their options, equal lines a number.",
            ),
            Field("running", BOOL, "True when a daemon of sshd listens now, or systemd in its place."),
            *(Field(name, TEXT, says) for name, says in _TEXT_DIRECTIVES.items()),
            *(Field(name, INT, says) for name, says in _INT_DIRECTIVES.items()),
            *(Field(name, DURATION, says) for name, says in _DURATION_DIRECTIVES.items()),
            *(Field(name, TEXTS, says) for name, says in _LIST_DIRECTIVES.items()),
        ),
        example={"scope": "global", "permitrootlogin": "no", "maxauthtries": 4, "ciphers": ["aes256-gcm@openssh.com"]},
    ),
)
