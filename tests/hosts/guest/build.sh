#!/bin/sh
# Build the disks of the guests (bookworm, noble) and print the folder of each, one per line.
#
#     tests/hosts/guest/build.sh [SUITE…]
#
# A guest is a copy of a suite's root tree with a kernel, an initrd, GRUB's files, auditd and AppArmor. Its folder,
# ${CONTROLPROOF_TREES:-/var/cache/controlproof-trees}/guest-SUITE, holds `vmlinuz`, `initrd`, the raw disk `root` and
# empty ones for the other partitions, the key of its accounts (`key`), and its host key for known_hosts (`host_key`).
# It is cached by the hash of the tree, the packages, and this script.
#
# Exit status: 0 all are there; 75 an archive or a tool is not to be had (`bench unavailable: …` on stderr); 1 building
# failed; 2 usage.

set -u
LC_ALL=C
export LC_ALL

HERE=$(cd "$(dirname "$0")" && pwd)
TREES=$HERE/../trees.sh
ROOT=${CONTROLPROOF_TREES:-/var/cache/controlproof-trees}
PACKAGES='initramfs-tools grub-pc auditd audispd-plugins apparmor apparmor-utils'
# Label > size: empty file systems that a hardened guest mounts below /.
PARTITIONS='home:64M var:1G var_tmp:64M var_log:256M var_log_audit:128M'
ROOT_SIZE=4G
UNAVAILABLE=75

unavailable() {
    printf 'bench unavailable: %s\n' "$1" >&2
    return $UNAVAILABLE
}

failed() {
    printf 'guest: %s\n' "$1" >&2
    return 1
}

kernel_of() {
    case $1 in
    bookworm) echo linux-image-amd64 ;;
    noble) echo linux-image-virtual ;;
    esac
}

# Everything that decides what comes out.
stamp_of() {
    { cat "$ROOT/$1.stamp" "$HERE/build.sh" && dpkg --print-architecture; } | sha256sum | cut -d' ' -f1
}

# apt's own configuration of this machine reaches the archive; the tree's has no proxy.
proxy_of_apt() {
    proxy=
    eval "$(apt-config shell proxy Acquire::http::Proxy 2>/dev/null)"
    printf %s "${proxy:-}"
}

install_packages() {
    tree=$1 suite=$2 log=$3
    [ ! -L "$tree/etc/resolv.conf" ] || rm -f "$tree/etc/resolv.conf"
    cat /etc/resolv.conf >"$tree/etc/resolv.conf"
    mount -t proc proc "$tree/proc" || return 1
    # shellcheck disable=SC2016,SC2086  # the shell in the tree fills these in; names of packages are words
    chroot "$tree" /usr/bin/env DEBIAN_FRONTEND=noninteractive http_proxy="${http_proxy:-$(proxy_of_apt)}" sh -euc '
        suite=$1
        shift
        get() { apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-unsafe-io "$@"; }
        apt-get update -q
        get "$@"
        # Ubuntu keeps the rarer file systems and protocols in a package of their own.
        if [ "$suite" = noble ]; then
            for kernel in /lib/modules/*; do get "linux-modules-extra-${kernel##*/}"; done
        fi
    ' sh "$suite" "$(kernel_of "$suite")" $PACKAGES >"$log" 2>&1
    status=$?
    umount "$tree/proc"
    [ $status -eq 0 ] && return
    if grep -Eq 'Failed to fetch|Could not resolve|Unable to locate package|Temporary failure' "$log"; then
        unavailable "$suite: the archive does not give all packages (see $log)"
        return
    fi
    failed "$suite: the packages cannot be installed (see $log)"
}

# What an installer leaves behind: a name for the disk, a network, accounts, and GRUB's menu.
finish() {
    tree=$1 place=$2
    printf 'LABEL=root / ext4 errors=remount-ro 0 1\n' >"$tree/etc/fstab"
    printf '[Match]\nType=ether\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n' >"$tree/etc/systemd/network/10-guest.network"
    rm -f "$tree/usr/sbin/policy-rc.d"
    : >"$tree/etc/resolv.conf"
    chroot "$tree" systemctl enable -q systemd-networkd.service ssh.service auditd.service apparmor.service || return
    chroot "$tree" systemctl mask -q systemd-networkd-wait-online.service || return
    ssh-keygen -q -t ed25519 -N '' -C guest -f "$place/key" || return
    for account in auditor visitor; do
        chroot "$tree" useradd -m -s /bin/bash "$account" || return
    done
    echo 'auditor ALL=(root) NOPASSWD: ALL' >"$tree/etc/sudoers.d/auditor" && chmod 440 "$tree/etc/sudoers.d/auditor"
    for home in /root /home/auditor /home/visitor; do
        mkdir -p "$tree$home/.ssh" && chmod 700 "$tree$home/.ssh" || return
        cp "$place/key.pub" "$tree$home/.ssh/authorized_keys"
        chroot "$tree" chown -R --reference="$home" "$home/.ssh" || return
    done
    cut -d' ' -f1,2 "$tree/etc/ssh/ssh_host_ed25519_key.pub" >"$place/host_key" || return
    chroot "$tree" apt-get clean
    rm -rf "$tree"/var/lib/apt/lists/*
}

disks() {
    tree=$1 place=$2
    set -- "$tree"/boot/vmlinuz-*
    cp "$1" "$place/vmlinuz" || return
    set -- "$tree"/boot/initrd.img-*
    cp "$1" "$place/initrd" || return
    mkfs.ext4 -q -F -L root -d "$tree" "$place/root" "$ROOT_SIZE" || return
    for partition in $PARTITIONS; do
        mkfs.ext4 -q -F -L "${partition%:*}" "$place/${partition%:*}" "${partition#*:}" || return
    done
}

build() {
    suite=$1
    guest=$ROOT/guest-$suite
    "$TREES" "$suite" >/dev/null || return
    stamp=$(stamp_of "$suite")
    if [ "$(cat "$guest/stamp" 2>/dev/null)" = "$stamp" ]; then
        echo "$guest"
        return 0
    fi
    part=$guest.part
    rm -rf "$part" "$guest"
    mkdir -p "$part" && chmod 700 "$part" || return
    cp -a --reflink=auto "$ROOT/$suite" "$part/tree" || return
    install_packages "$part/tree" "$suite" "$guest.log" || return
    finish "$part/tree" "$part" >>"$guest.log" 2>&1 || { failed "$suite: the tree cannot be finished (see $guest.log)"; return; }
    disks "$part/tree" "$part" >>"$guest.log" 2>&1 || { failed "$suite: the disks cannot be made (see $guest.log)"; return; }
    rm -rf "$part/tree"
    echo "$stamp" >"$part/stamp" && mv "$part" "$guest" && echo "$guest"
}

main() {
    [ $# -gt 0 ] || set -- bookworm noble
    for suite; do
        case $suite in bookworm | noble) ;; *)
            echo "usage: $0 [bookworm|noble]…" >&2
            return 2
            ;;
        esac
    done
    [ "$(id -u)" = 0 ] || { unavailable "root is needed to build guests"; return; }
    [ "$(dpkg --print-architecture)" = amd64 ] || { unavailable "guests are built on amd64 alone"; return; }
    for tool in mkfs.ext4 qemu-system-x86_64 qemu-img ssh-keygen flock; do
        command -v "$tool" >/dev/null || { unavailable "$tool is not installed"; return; }
    done
    mkdir -p "$ROOT" || return 1
    exec 8>"$ROOT/lock-guest"
    flock 8
    worst=0
    for suite; do
        build "$suite"
        status=$?
        if [ $status -ne 0 ] && [ $worst -ne 1 ]; then
            worst=$status
        fi
    done
    return $worst
}

main "$@"
