"""Texts that Linux hosts show before and after login."""

from __future__ import annotations

from scanner.model.fact import TEXT, TEXTS, FactSpec, Field, Input, Shape, enum

_TEXT = Field(
    "text",
    TEXT,
    "What the file says, blanks at its end removed; absent when it does not exist, an error when it is longer than 4000 characters.",
)
_DISCLOSES = Field(
    "discloses",
    TEXTS,
    "Details of the system that the text gives: the escapes `\\m`, `\\r`, `\\s`, `\\v` and `\\S` of agetty(8), the names of the distribution in os-release(5), and the release of the kernel; absent when the file does not exist.",
)

SPECS = (
    FactSpec(
        name="linux.banner",
        says="Files whose text is shown at login: messages of the day as pam_motd(8) finds them, issue files as agetty(8) finds them, /etc/issue.net, and files that a Banner line of sshd names.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("path",),
        fields=(
            Field("path", TEXT, "Path of the file."),
            Field(
                "occasion",
                enum("motd", "dynamic", "console", "network", "ssh"),
                "When it is shown: `motd` after login, `dynamic` the same but made anew at each login by the scripts in /etc/update-motd.d, `console` before login at a terminal, `network` for /etc/issue.net, `ssh` for another file that a Banner line names.",
            ),
            _TEXT,
            _DISCLOSES,
        ),
        example={"path": "/etc/issue", "occasion": "console", "text": "Authorised use only.", "discloses": []},
    ),
    FactSpec(
        name="linux.sshd_banner",
        says="What sshd shows before authentication, globally and in each Match block.",
        shape=Shape.LIST,
        platforms=("linux",),
        keys=("scope",),
        inputs=(Input("linux.sshd"), Input("linux.banner")),
        fields=(
            Field("scope", TEXT, "`global`, or the Match line."),
            Field("path", TEXT, "File that the Banner directive names; absent for none."),
            _TEXT,
            _DISCLOSES,
        ),
        example={"scope": "global", "path": "/etc/issue.net", "text": "Authorised use only.", "discloses": []},
    ),
)
