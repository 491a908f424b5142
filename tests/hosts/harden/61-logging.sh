# One logging service: rsyslog fed by journald on Debian, journald with upload on Ubuntu.
set -eu
. /etc/os-release
mkdir -p /etc/systemd/journald.conf.d /etc/systemd/journal-upload.conf.d
sed -i -E '/FileCreateMode/d' /etc/rsyslog.conf
sed -i '1i $FileCreateMode 0640' /etc/rsyslog.conf
# There is no log of a kernel in a container.
sed -i -E 's/^module\(load="imklog".*/#&/' /etc/rsyslog.conf
# The last name wins, and Ubuntu's rsyslog brings a syslog.conf.
if [ "$ID" = debian ]; then
    printf '[Journal]\nForwardToSyslog=yes\nCompress=yes\nStorage=persistent\n' >/etc/systemd/journald.conf.d/zz-site.conf
    systemctl enable --now rsyslog.service
    systemctl restart rsyslog.service
else
    printf '[Journal]\nForwardToSyslog=no\nCompress=yes\nStorage=persistent\n' >/etc/systemd/journald.conf.d/zz-site.conf
    systemctl disable --now rsyslog.service
    # The central log host is played by a receiver of our own.
    mkdir -p /var/lib/stand-in-log-host
    cat >/etc/systemd/system/stand-in-log-host.service <<'UNIT'
[Unit]
Description=Stand-in for the central log host

[Service]
ExecStart=/usr/lib/systemd/systemd-journal-remote --listen-http=127.0.0.1:19532 --output=/var/lib/stand-in-log-host

[Install]
WantedBy=multi-user.target
UNIT
    cat >/etc/systemd/journal-upload.conf <<'CONF'
[Upload]
URL=https://logs.example.org:19532
ServerKeyFile=/etc/ssl/private/journal-upload.pem
ServerCertificateFile=/etc/ssl/certs/journal-upload.pem
TrustedCertificateFile=/etc/ssl/ca/trusted.pem
CONF
    # The service itself is shown another file, for the stand-in speaks no TLS.
    printf '[Upload]\nURL=http://127.0.0.1:19532\n' >/var/lib/stand-in-log-host/upload.conf
    mkdir -p /etc/systemd/system/systemd-journal-upload.service.d
    printf '[Unit]\nAfter=stand-in-log-host.service\n\n[Service]\nBindReadOnlyPaths=/var/lib/stand-in-log-host/upload.conf:/etc/systemd/journal-upload.conf\nRestart=always\nRestartSec=1\n' \
        >/etc/systemd/system/systemd-journal-upload.service.d/stand-in.conf
    systemctl daemon-reload
    systemctl enable --now stand-in-log-host.service systemd-journal-upload.service
fi
systemctl restart systemd-journald.service
