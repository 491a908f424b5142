#!/bin/sh
# Sources of packages that are verified and named with their key, security updates among them, and AppArmor's tools.
set -eu
# shellcheck source=/dev/null
. /etc/os-release
rm -f /etc/apt/trusted.gpg
case $ID in
ubuntu)
    printf '%s\n' 'Types: deb' 'URIs: http://archive.ubuntu.com/ubuntu' \
        'Suites: noble noble-updates noble-security' 'Components: main universe' \
        'Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg' >/etc/apt/sources.list.d/ubuntu.sources
    ;;
debian)
    printf '%s\n' 'Types: deb' 'URIs: http://deb.debian.org/debian' 'Suites: bookworm bookworm-updates' 'Components: main' \
        'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' '' \
        'Types: deb' 'URIs: http://security.debian.org/debian-security' 'Suites: bookworm-security' 'Components: main' \
        'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg' >/etc/apt/sources.list.d/debian.sources
    ;;
esac
: >/etc/apt/sources.list
# The lists themselves come from the archive; a host without network keeps those that it has.
if command -v aa-enforce >/dev/null && [ -r /sys/kernel/security/apparmor/profiles ]; then
    aa-enforce /etc/apparmor.d/* >/dev/null 2>&1 || true
fi
