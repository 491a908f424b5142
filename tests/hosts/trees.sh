#!/bin/sh
# Build the root trees of the test hosts (bookworm, noble) and print their paths, one per line.
#
#     tests/hosts/trees.sh [--equipped] [SUITE…]
#
# A plain tree is cached under ${CONTROLPROOF_TREES:-/var/cache/controlproof-trees}/SUITE by the hash of its
# package list and of the recipe's number. An equipped tree is the plain one with the packages of
# packages.d/*.txt (both suites) and packages.d/*.SUITE.txt; its hash is in its name, SUITE-equipped-HASH,
# and it goes when it was not asked for during a week. The archive is the one that apt on this machine
# uses for the suite; CONTROLPROOF_ARCHIVE_<SUITE> overrides it, debootstrap's own default comes last.
#
# Exit status: 0 all trees are there; 75 an archive or a tool is not to be had (`bench unavailable: …`
# on stderr, other trees are still built); 1 building failed; 2 usage.

set -u
LC_ALL=C
export LC_ALL

# To be raised when trees are built differently from the same packages.
RECIPE=1
PACKAGES=openssh-server,systemd,systemd-sysv,sudo,kmod,procps,iproute2,passwd,dbus,login,libpam-modules,nftables,ufw,python3
# Primary key that signs Ubuntu's releases since 2018; a host of another distribution has no keyring for it.
UBUNTU_KEY=F6ECB3762474EDA9D21B7022871920D1991BC93C
SCRIPTS=/usr/share/debootstrap/scripts
ROOT=${CONTROLPROOF_TREES:-/var/cache/controlproof-trees}
HERE=$(dirname "$0")
UNAVAILABLE=75
UNUSED_DAYS=7

unavailable() {
    printf 'bench unavailable: %s\n' "$1" >&2
    return $UNAVAILABLE
}

failed() {
    printf 'trees: %s\n' "$1" >&2
    return 1
}

# Which script of debootstrap builds the suite: its own, or that of an older release of the same family.
script_of() {
    if [ -e "$SCRIPTS/$1" ]; then
        echo "$SCRIPTS/$1"
    else
        case $1 in noble) echo "$SCRIPTS/jammy" ;; *) return 1 ;; esac
    fi
}

archive_of() {
    override=$(printenv "CONTROLPROOF_ARCHIVE_$(printf %s "$1" | tr '[:lower:]' '[:upper:]')")
    if [ -n "$override" ]; then
        echo "${override%/}"
        return
    fi
    # shellcheck disable=SC2016  # apt fills these in
    configured=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 2>/dev/null |
        awk -v suite="$1" '$1 == suite { sub("/$", "", $2); print $2; exit }')
    if [ -n "$configured" ]; then
        echo "$configured"
        return
    fi
    # The scripts name their defaults with `default_mirror`, amd64 first; debootstrap itself the one of Debian.
    awk '$1 == "default_mirror" && $2 !~ /old-releases/ { print $2; exit }' "$(script_of "$1")" | grep . ||
        sed -n 's/^DEF_MIRROR="\(.*\)"$/\1/p' "$(command -v debootstrap)"
}

# apt's proxy serves debootstrap and wget too.
use_proxy_of_apt() {
    proxy=
    eval "$(apt-config shell proxy Acquire::http::Proxy 2>/dev/null)"
    if [ -n "$proxy" ] && [ "$proxy" != DIRECT ] && [ -z "${http_proxy:-}" ]; then
        http_proxy=$proxy
        export http_proxy
    fi
}

# Everything that decides what comes out.
stamp_of() {
    printf '%s\n' "$RECIPE" "$PACKAGES" "$1" "$(dpkg --print-architecture)" | sha256sum | cut -d' ' -f1
}

# The first stage only unpacks: nothing from the archive has run when the signature is checked.
verify_ubuntu() {
    tree=$1
    set -- "$1"/var/cache/apt/archives/ubuntu-keyring_*.deb
    [ -e "$1" ] || { failed "noble: the archive gave no ubuntu-keyring"; return 1; }
    keyring=$tree/keyring.gpg
    dpkg-deb --fsys-tarfile "$1" | tar -xO ./usr/share/keyrings/ubuntu-archive-keyring.gpg >"$keyring" ||
        { failed "noble: the keyring cannot be read from $1"; return 1; }
    set -- "$tree"/var/lib/apt/lists/*_dists_noble_Release
    gpgv --status-fd 1 --keyring "$keyring" "$1.gpg" "$1" 2>/dev/null | grep -q "^\[GNUPG:\] VALIDSIG .* $UBUNTU_KEY\$" ||
        { failed "noble: the Release file is not signed by Ubuntu's key $UBUNTU_KEY"; return 1; }
    rm -f "$keyring"
}

bootstrap() {
    suite=$1 tree=$2 archive=$3 log=$4
    case $suite in
    noble) set -- --no-check-gpg --components=main,universe "--include=$PACKAGES,ubuntu-keyring" ;;
    *) set -- --force-check-gpg --components=main "--include=$PACKAGES" ;;
    esac
    if ! debootstrap --foreign --variant=minbase "$@" "$suite" "$tree" "$archive" "$(script_of "$suite")" >"$log" 2>&1; then
        if grep -Eq "Couldn't download|Failed getting release|Couldn't find these debs" "$log"; then
            unavailable "$suite: the archive $archive does not give all packages (see $log)"
            return
        fi
        failed "$suite: debootstrap failed (see $log)"
        return
    fi
    if [ "$suite" = noble ]; then
        verify_ubuntu "$tree" || return
    fi
    chroot "$tree" /debootstrap/debootstrap --second-stage >>"$log" 2>&1 ||
        failed "$suite: debootstrap's second stage failed (see $log)"
}

finish() {
    suite=$1 tree=$2
    printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
    chmod 755 "$tree/usr/sbin/policy-rc.d"
    rm -f "$tree/.dockerenv"
    # sudo waits for a name server when the host does not know its own name.
    echo "controlproof-$suite" >"$tree/etc/hostname"
    printf '127.0.0.1\tlocalhost\n127.0.1.1\tcontrolproof-%s\n' "$suite" >"$tree/etc/hosts"
    rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
}

build() {
    suite=$1
    place=$ROOT/$suite
    stamp=$(stamp_of "$suite")
    if [ -d "$place" ] && [ "$(cat "$place.stamp" 2>/dev/null)" = "$stamp" ]; then
        echo "$place"
        return 0
    fi
    archive=$(archive_of "$suite")
    [ -n "$archive" ] || { unavailable "$suite: no archive is known (set CONTROLPROOF_ARCHIVE_…)"; return; }
    wget -q -T 20 -t 2 -O /dev/null "$archive/dists/$suite/InRelease" ||
        { unavailable "$suite: the archive $archive does not answer"; return; }
    rm -rf "$place.part" "$place.stamp"
    bootstrap "$suite" "$place.part" "$archive" "$place.log" || return
    finish "$suite" "$place.part" || { failed "$suite: the tree could not be finished"; return; }
    rm -rf "$place"
    mv "$place.part" "$place" && echo "$stamp" >"$place.stamp" && echo "$place"
}

packages_for() {
    for file in "$HERE"/packages.d/*.txt; do
        case ${file##*/} in
        *."$1".txt) ;;
        *.*.txt) continue ;;
        esac
        sed 's/#.*//' "$file"
    done | tr -s '[:space:]' '\n' | grep . | sort -u
}

# Run a command inside a tree, with this machine's network and no service manager.
inside() {
    tree=$1
    shift
    systemd-nspawn -q -D "$tree" --register=no --keep-unit --as-pid2 --pipe --resolv-conf=copy-host \
        --setenv=DEBIAN_FRONTEND=noninteractive ${http_proxy:+"--setenv=http_proxy=$http_proxy"} "$@" </dev/null
}

install_packages() {
    suite=$1 tree=$2 archive=$3 log=$4
    components=main
    [ "$suite" = bookworm ] || components='main universe'
    echo "deb $archive $suite $components" >"$tree/etc/apt/sources.list"
    if ! inside "$tree" apt-get -q -o APT::Update::Error-Mode=any update >"$log" 2>&1; then
        unavailable "$suite: the archive $archive gives no lists of packages (see $log)"
        return
    fi
    # shellcheck disable=SC2046  # names of packages are words
    if ! inside "$tree" apt-get -q -y --no-install-recommends install $(packages_for "$suite") >>"$log" 2>&1; then
        if grep -Eq 'Failed to fetch|Unable to fetch' "$log"; then
            unavailable "$suite: the archive $archive does not give all packages (see $log)"
            return
        fi
        failed "$suite: the packages could not be installed (see $log)"
    fi
}

equip() {
    suite=$1
    stamp=$(printf '%s\n' "$RECIPE" "$(stamp_of "$suite")" "$(packages_for "$suite")" | sha256sum | cut -c1-12)
    place=$ROOT/$suite-equipped-$stamp
    if [ ! -d "$place" ]; then
        # In a subshell: the functions share their variables.
        (build "$suite" >/dev/null) || return
        archive=$(archive_of "$suite")
        rm -rf "$place.part"
        cp -a --reflink=auto "$ROOT/$suite" "$place.part" || { failed "$suite: the tree could not be copied"; return; }
        install_packages "$suite" "$place.part" "$archive" "$ROOT/$suite-equipped.log" || return
        finish "$suite" "$place.part" || { failed "$suite: the tree could not be finished"; return; }
        mv "$place.part" "$place" || return 1
    fi
    touch "$place"
    find "$ROOT" -mindepth 1 -maxdepth 1 -name "$suite-equipped-*" -mtime "+$UNUSED_DAYS" -exec rm -rf {} +
    echo "$place"
}

main() {
    make=build
    if [ "${1:-}" = --equipped ]; then
        make=equip
        shift
    fi
    [ $# -gt 0 ] || set -- bookworm noble
    for suite; do
        case $suite in bookworm | noble) ;; *)
            echo "usage: $0 [--equipped] [bookworm|noble]…" >&2
            return 2
            ;;
        esac
    done
    [ "$(id -u)" = 0 ] || { unavailable "root is needed to build trees"; return; }
    for tool in debootstrap gpgv wget flock dpkg-deb systemd-nspawn; do
        command -v "$tool" >/dev/null || { unavailable "$tool is not installed"; return; }
    done
    use_proxy_of_apt
    mkdir -p "$ROOT" || return 1
    exec 9>"$ROOT/lock"
    flock 9
    worst=0
    for suite; do
        $make "$suite"
        status=$?
        if [ $status -ne 0 ] && [ $worst -ne 1 ]; then
            worst=$status
        fi
    done
    return $worst
}

main "$@"
