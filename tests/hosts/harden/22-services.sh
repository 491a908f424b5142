# Services that a server does not need: nothing of them is in the tree but what a dependency brought.
set -eu
for unit in rpcbind.socket rpcbind.service avahi-daemon.socket avahi-daemon.service cups.socket cups.path cups.service \
    bluetooth.service rsync.service systemd-journal-remote.socket apport.service; do
    if systemctl cat "$unit" >/dev/null 2>&1; then
        systemctl disable --now "$unit" >/dev/null 2>&1
        systemctl mask "$unit" >/dev/null 2>&1
    fi
done
