#!/bin/sh
# Harden sudo: a terminal of its own, a log file, a time limit, no way around the password.
#
# The account `auditor` comes in with an entry without a password, which the harness and the scan use. That entry
# goes only when CONTROLPROOF_SCAN_PASSWORD is set: the account then gets that password and may use sudo with it
# (the harness's own commands must enter by other means from then on, such as nsenter).
set -eu

entry() { # name, line
    printf '%s\n' "$2" >"/etc/sudoers.d/.$1.new"
    chmod 0440 "/etc/sudoers.d/.$1.new"
    mv "/etc/sudoers.d/.$1.new" "/etc/sudoers.d/$1"
}

entry 40-hardened 'Defaults use_pty, logfile="/var/log/sudo.log", timestamp_timeout=15'
if [ -n "${CONTROLPROOF_SCAN_PASSWORD:-}" ]; then
    printf 'auditor:%s\n' "$CONTROLPROOF_SCAN_PASSWORD" | chpasswd
    entry auditor 'auditor ALL=(root) ALL'
fi
visudo -c -q
