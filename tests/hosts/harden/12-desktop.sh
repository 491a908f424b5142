#!/bin/sh
# Login screen and sessions of GNOME: a banner, no list of users, a locked screen, no automatic mounts.
# GDM itself is too large for a test host: for workstations a package of its name, without files, stands in for it.
set -eu
if [ "${VARIANT:-server}" = workstation ] && ! dpkg-query -W gdm3 >/dev/null 2>&1; then
    stub=$(mktemp -d)
    mkdir -p "$stub/gdm3/DEBIAN"
    printf '%s\n' 'Package: gdm3' 'Version: 46.0-stub' 'Architecture: all' 'Maintainer: tests <root@localhost>' \
        'Description: stand-in for the GNOME display manager' >"$stub/gdm3/DEBIAN/control"
    dpkg-deb --build "$stub/gdm3" "$stub/gdm3.deb" >/dev/null
    dpkg -i "$stub/gdm3.deb" >/dev/null
    rm -r "$stub"
fi
command -v dconf >/dev/null || exit 0
mkdir -p /etc/dconf/profile /etc/dconf/db/gdm.d /etc/dconf/db/local.d/locks
printf '%s\n' 'user-db:user' 'system-db:gdm' 'file-db:/var/lib/gdm3/greeter-dconf-defaults' >/etc/dconf/profile/gdm
printf '%s\n' 'user-db:user' 'system-db:local' >/etc/dconf/profile/user
printf '%s\n' '[org/gnome/login-screen]' 'banner-message-enable=true' \
    "banner-message-text='Authorised use only. All activity may be monitored and reported.'" \
    'disable-user-list=true' >/etc/dconf/db/gdm.d/01-login-screen
printf '%s\n' '[org/gnome/desktop/session]' 'idle-delay=uint32 900' \
    '[org/gnome/desktop/screensaver]' 'lock-delay=uint32 5' 'lock-enabled=true' \
    '[org/gnome/desktop/media-handling]' 'automount=false' 'automount-open=false' 'autorun-never=true' \
    >/etc/dconf/db/local.d/00-sessions
printf '/org/gnome/desktop/%s\n' session/idle-delay screensaver/lock-delay screensaver/lock-enabled \
    media-handling/automount media-handling/automount-open media-handling/autorun-never \
    >/etc/dconf/db/local.d/locks/00-sessions
# dconf reads the database file-db names only where GDM has written it.
[ -e /var/lib/gdm3/greeter-dconf-defaults ] || {
    mkdir -p /var/lib/gdm3 /etc/controlproof-empty.d
    dconf compile /var/lib/gdm3/greeter-dconf-defaults /etc/controlproof-empty.d
    rmdir /etc/controlproof-empty.d
}
dconf update
