#!/bin/sh
# Changes what dpkg knows for mutations: `package.sh add NAME…` and `package.sh drop NAME…` for packages that are not
# there, `package.sh hide NAME…` and `package.sh show NAME…` for ones that are. No file of a package is touched.
set -eu
status=/var/lib/dpkg/status
act=$1
shift

state() { # package, words before, words after
    sed -i "/^Package: $1\$/,/^\$/s/^Status: $2\$/Status: $3/" $status
}

for package; do
    case $act in
    add)
        printf 'Package: %s\nStatus: install ok installed\nMaintainer: tests <root@localhost>\nArchitecture: all\nVersion: 1\nDescription: stand-in\n\n' \
            "$package" >>$status
        : >"/var/lib/dpkg/info/$package.list"
        ;;
    drop)
        sed -i "/^Package: $package\$/,/^\$/d" $status
        rm -f "/var/lib/dpkg/info/$package.list"
        ;;
    hide) state "$package" 'install ok installed' 'deinstall ok config-files' ;;
    show) state "$package" 'deinstall ok config-files' 'install ok installed' ;;
    esac
done
