#!/bin/sh
# Boot loader with a superuser, and texts before and after login that give nothing away.
set -eu
notice='Authorised use only. All activity may be monitored and reported.'
if command -v grub-mkconfig >/dev/null; then
    hash=$(printf 'secret\nsecret\n' | grub-mkpasswd-pbkdf2 | sed -n 's/.*\(grub\.pbkdf2\.[^ ]*\)$/\1/p')
    # shellcheck disable=SC2016  # expanded when the menu is made
    printf '%s\n' '#!/bin/sh' "printf '%s\\n' 'set superusers=\"admin\"' 'password_pbkdf2 admin $hash'" >/etc/grub.d/01_superusers
    chmod 700 /etc/grub.d/01_superusers
    grep -q 'unrestricted' /etc/grub.d/10_linux || sed -i 's/^CLASS="--class gnu-linux/CLASS="--unrestricted --class gnu-linux/' /etc/grub.d/10_linux
    mkdir -p /boot/grub
    if [ -n "$(find /boot -maxdepth 1 -name 'vmlinuz-*')" ]; then
        # In a container grub-probe finds no disk, and then no menu is made.
        grub-mkconfig -o /boot/grub/grub.cfg 2>/dev/null || true
    fi
    if [ -e /boot/grub/grub.cfg ]; then
        chmod 600 /boot/grub/grub.cfg
    fi
fi
for file in /etc/motd /etc/issue /etc/issue.net; do
    printf '%s\n' "$notice" >"$file"
    chown root:root "$file"
    chmod 644 "$file"
done
if [ -d /etc/update-motd.d ]; then
    find /etc/update-motd.d -type f -exec chmod a-x '{}' +
fi
rm -f /run/motd.dynamic
if [ -d /etc/ssh/sshd_config.d ]; then
    printf 'Banner /etc/issue.net\n' >/etc/ssh/sshd_config.d/10-banner.conf
    chmod 600 /etc/ssh/sshd_config.d/10-banner.conf
fi
