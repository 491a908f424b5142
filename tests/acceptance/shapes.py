"""Two shapes of the same host: one as weak as it gets, one hardened where rules look."""

from __future__ import annotations

import subprocess
from pathlib import Path

WEAK = {
    "sshd_root_login_disabled": "fail",
    "sshd_empty_passwords_refused": "fail",
    "sshd_auth_tries_bounded": "fail",
    "ip_forwarding_disabled": "fail",
    "source_routing_refused": "fail",
    "etc_shadow_protected": "fail",
    "etc_passwd_protected": "fail",
    "crontab_protected": "notapplicable",
    "world_writable_files_absent": "fail",
    "unowned_files_absent": "fail",
    "user_ids_unique": "fail",
    "uid_zero_only_root": "fail",
    "empty_passwords_absent": "fail",
    "telnet_client_absent": "pass",
    "primary_groups_exist": "fail",
    "password_max_age_bounded": "fail",
    "passwords_shadowed": "fail",
    "group_names_unique": "fail",
    "sshd_configuration_protected": "fail",
}
"""Rule > outcome on the weak host."""

HARD = {
    "sshd_root_login_disabled": "pass",
    "sshd_empty_passwords_refused": "pass",
    "sshd_auth_tries_bounded": "pass",
    "ip_forwarding_disabled": "pass",
    "source_routing_refused": "pass",
    "etc_shadow_protected": "pass",
    "etc_passwd_protected": "pass",
    "world_writable_files_absent": "pass",
    "unowned_files_absent": "pass",
    "user_ids_unique": "pass",
    "uid_zero_only_root": "pass",
    "empty_passwords_absent": "pass",
    "primary_groups_exist": "pass",
    "password_max_age_bounded": "pass",
    "passwords_shadowed": "pass",
    "group_names_unique": "pass",
    "sshd_configuration_protected": "pass",
}
"""Rule > outcome on the hardened host."""


def _chroot(root: Path, *argv: str) -> None:
    subprocess.run(["chroot", str(root), *argv], check=True, capture_output=True)


def _append(path: Path, text: str) -> None:
    with path.open("a") as stream:
        stream.write(text)


def weaken(root: Path) -> None:
    """Make a host fail in ways that text searches miss as well."""
    # The later, weaker line in a Match block decides for those whom it matches.
    (root / "etc/ssh/sshd_config.d/10-base.conf").write_text(
        "PermitRootLogin no\nMaxAuthTries 3\nMatch Address 0.0.0.0/0\n  PermitRootLogin yes\n  MaxAuthTries 9\n  PermitEmptyPasswords yes\n"
    )
    (root / "etc/ssh/sshd_config").chmod(0o666)
    # A right file that a later one overrides.
    (root / "etc/sysctl.d/10-good.conf").write_text(
        "net.ipv4.ip_forward = 0\nnet.ipv4.conf.all.accept_source_route = 0\n"
    )
    (root / "etc/sysctl.d/90-bad.conf").write_text(
        "net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.accept_source_route = 1\n"
    )
    (root / "etc/shadow").chmod(0o644)
    (root / "etc/passwd").chmod(0o666)
    (root / "srv/open").write_text("anybody may write here\n")
    (root / "srv/open").chmod(0o666)
    (root / "srv/orphan").write_text("nobody's\n")
    _chroot(root, "chown", "4242:4242", "/srv/orphan")
    _append(
        root / "etc/passwd",
        "toor:x:0:0::/root:/bin/sh\nlost:x:1500:7777::/home/lost:/bin/bash\nplain:1abc:1501:100::/:/bin/sh\n",
    )
    _append(root / "etc/shadow", "toor:!:19000:0:99999:7:::\nlost::19000:0:99999:7:::\nplain:*:19000:0:99999:7:::\n")
    _append(root / "etc/group", "sudo:x:3333:\n")
    _chroot(root, "sh", "-c", "echo visitor:secret-Pw1 | chpasswd")


def harden(root: Path) -> None:
    """Put right what the rules of the tables above look at."""
    (root / "etc/ssh/sshd_config.d/10-base.conf").write_text(
        "PermitRootLogin no\nMaxAuthTries 3\nPermitEmptyPasswords no\nPasswordAuthentication no\n"
    )
    (root / "etc/ssh/sshd_config.d/10-base.conf").chmod(0o600)
    (root / "etc/ssh/sshd_config").chmod(0o600)
    lines = [
        "net.ipv4.ip_forward=0",
        "net.ipv6.conf.all.forwarding=0",
        *(f"net.ipv{version}.conf.{which}.accept_source_route=0" for version in (4, 6) for which in ("all", "default")),
    ]
    (root / "etc/sysctl.d/60-net.conf").write_text("\n".join(lines) + "\n")
    _chroot(root, "chmod", "0640", "/etc/shadow")
    _chroot(
        root,
        "sed",
        "-i",
        "s/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 365/; s/^PASS_MIN_DAYS.*/PASS_MIN_DAYS 1/",
        "/etc/login.defs",
    )
    _chroot(root, "sh", "-c", "echo visitor:secret-Pw1 | chpasswd && chage -M 365 -m 1 -W 7 visitor")
