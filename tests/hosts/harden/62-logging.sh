#!/bin/sh
# Logs: journald feeds rsyslog, which keeps every facility, sends a copy to a log host, and takes none from others.
set -eu
mkdir -p /etc/systemd/journald.conf.d /var/log/journal
printf '%s\n' '[Journal]' Storage=persistent Compress=yes ForwardToSyslog=yes \
    SystemMaxUse=1G SystemKeepFree=500M RuntimeMaxUse=200M RuntimeKeepFree=50M MaxFileSec=1month \
    >/etc/systemd/journald.conf.d/60-hardened.conf
systemctl restart systemd-journald
journalctl --flush
find /var/log/journal /run/log/journal -name '*.journal' -exec chmod u-x,g-wx,o-rwx '{}' + 2>/dev/null || true
systemctl disable --now systemd-journal-remote.socket systemd-journal-remote.service 2>/dev/null || true
if [ -d /etc/rsyslog.d ]; then
    # shellcheck disable=SC2016  # a directive of rsyslog
    grep -q '^\$FileCreateMode 0640' /etc/rsyslog.conf || printf '$FileCreateMode 0640\n' >/etc/rsyslog.d/00-mode.conf
    printf '%s\n' 'auth,authpriv.* /var/log/auth.log' '*.*;auth,authpriv.none -/var/log/syslog' >/etc/rsyslog.d/50-default.conf
    printf '%s\n' '*.* action(type="omfwd" target="logs.example.org" port="514" protocol="tcp"' \
        '  queue.type="LinkedList" action.resumeRetryCount="-1")' >/etc/rsyslog.d/60-forward.conf
    rsyslogd -N1 2>/dev/null
    systemctl enable rsyslog 2>/dev/null
    systemctl restart rsyslog
fi
if [ -e /etc/logrotate.conf ]; then
    sed -i 's/^[[:blank:]]*rotate[[:blank:]]*0$/\trotate 1/' /etc/logrotate.d/*
    systemctl enable --now logrotate.timer 2>/dev/null
fi
