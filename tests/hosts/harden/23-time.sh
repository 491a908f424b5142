# One service keeps the time: chrony on Debian, timesyncd on Ubuntu, each with servers that the site named.
set -eu
. /etc/os-release
if [ "$ID" = debian ]; then
    sed -i -E 's/^(pool|server|sourcedir)/#&/' /etc/chrony/chrony.conf
    printf 'server 192.0.2.123 iburst\n' >/etc/chrony/conf.d/60-site.conf
    # A container may not set the clock of the machine that it shares.
    echo 'DAEMON_OPTS="-F 1 -x"' >/etc/default/chrony
    mkdir -p /etc/systemd/system/chrony.service.d
    printf '[Unit]\nConditionCapability=\n' >/etc/systemd/system/chrony.service.d/stand-in.conf
    systemctl daemon-reload
    systemctl enable --now chrony.service
    systemctl restart chrony.service
else
    mkdir -p /etc/systemd/timesyncd.conf.d /etc/systemd/system/systemd-timesyncd.service.d
    printf '[Time]\nNTP=192.0.2.123\nFallbackNTP=192.0.2.124\n' >/etc/systemd/timesyncd.conf.d/60-site.conf
    # timesyncd leaves containers alone, for they share the machine's clock; here it runs and reaches nobody.
    printf '[Unit]\nConditionVirtualization=\n' >/etc/systemd/system/systemd-timesyncd.service.d/stand-in.conf
    systemctl daemon-reload
    systemctl enable --now systemd-timesyncd.service
    systemctl restart systemd-timesyncd.service
#!/bin/sh
# One daemon keeps the clock, by servers that are named: chrony where it is installed, else systemd-timesyncd.
if [ -d /etc/chrony ]; then
    sed -i -E '/^[[:blank:]]*(server|pool|peer)[[:blank:]]/d' /etc/chrony/chrony.conf
    mkdir -p /etc/chrony/sources.d /etc/chrony/conf.d
    printf 'pool time.example.org iburst maxsources 4\n' >/etc/chrony/sources.d/60-servers.sources
    printf 'user _chrony\n' >/etc/chrony/conf.d/60-user.conf
    systemctl disable --now systemd-timesyncd 2>/dev/null || true
    systemctl enable chrony 2>/dev/null
    systemctl restart chrony
    mkdir -p /etc/systemd/timesyncd.conf.d
    printf '%s\n' '[Time]' 'NTP=time.example.org' 'FallbackNTP=time2.example.org' >/etc/systemd/timesyncd.conf.d/60-servers.conf
    systemctl enable systemd-timesyncd 2>/dev/null || true
    systemctl restart systemd-timesyncd || true
fi
