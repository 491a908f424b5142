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
fi
