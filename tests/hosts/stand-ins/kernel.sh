#!/bin/sh
# Stands in for what a container may not have of its own: parts of the kernel's files, as a machine would show them.
# Called at boot as `kernel.sh early` (before systemd-sysctl) and `kernel.sh late`; its data lie in /etc/stand-ins.
set -eu

data=/etc/stand-ins

# Parameters of the whole kernel can be set here without reaching the machine that runs the tests.
own_copy() {
    kept=/run/stand-in-kernel/${1##*/}
    (cd "$1" && find . -type f) | while read -r file; do
        mkdir -p "$kept/${file%/*}"
        cat "$1/$file" >"$kept/$file" 2>/dev/null || rm -f "$kept/$file"
    done
    mount --bind "$kept" "$1"
}

early() {
    own_copy /proc/sys/kernel
    own_copy /proc/sys/fs
    mkdir -p /proc/sys/kernel/yama
    echo 0 >/proc/sys/kernel/yama/ptrace_scope
    mount --bind "$data/cmdline" /proc/cmdline
    if [ -e /proc/modules ]; then
        mount --bind "$data/modules" /proc/modules
    fi
    release=$(uname -r)
    mkdir -p "/lib/modules/$release"
    cp "$data/modules.dep" "$data/modules.builtin" "/lib/modules/$release/"
}

# AppArmor has no place in the kernel of every machine, and none of its own in a container.
late() {
    mount -t tmpfs -o nosuid,nodev,noexec,mode=0755 stand-in /sys/kernel/security
    mkdir /sys/kernel/security/apparmor
    cp "$data/apparmor.profiles" /sys/kernel/security/apparmor/profiles
    chmod 0444 /sys/kernel/security/apparmor/profiles
    # Process 1 says that no profile is meant for it; the others say nothing.
    echo unconfined >/run/stand-in-kernel/label
    mount --bind /run/stand-in-kernel/label /proc/1/attr/current
    # Below /sys a container has a file system of its own, with parts of the machine's.
    mount -o remount,rw /sys
    mkdir -p /sys/module/apparmor/parameters
    echo Y >/sys/module/apparmor/parameters/enabled
    mount -o remount,ro /sys
}

# Lists of packages as the archive might have made them yesterday, with nothing newer than what is installed.
lists() {
    . /etc/os-release
    architecture=$(dpkg --print-architecture)
    rm -f /var/lib/apt/lists/*_*
    for suite in "$VERSION_CODENAME" "$VERSION_CODENAME-updates" "$VERSION_CODENAME-security"; do
        base=/var/lib/apt/lists/stand-in.invalid_dists_${suite}
        printf 'Origin: Stand-in\nSuite: %s\nCodename: %s\nDate: %s\nArchitectures: %s\nComponents: main\n' "$suite" \
            "$VERSION_CODENAME" "$(date -u -d yesterday '+%a, %d %b %Y %H:%M:%S UTC')" "$architecture" >"${base}_Release"
        : >"${base}_main_binary-${architecture}_Packages"
        echo "deb [signed-by=/usr/share/keyrings/$ID-archive-keyring.gpg] http://stand-in.invalid $suite main"
    done >/etc/apt/sources.list
    rm -f /etc/apt/sources.list.d/*
}

"$1"
