# File systems of their own: on the guest's empty disks, from the next boot on.
set -eu
mkdir -p /var/log/audit
table=$(mktemp)
cat >"$table" <<'TABLE'
LABEL=root / ext4 errors=remount-ro 0 1
LABEL=home /home ext4 nosuid,nodev 0 2
LABEL=var /var ext4 nosuid,nodev 0 2
LABEL=var_tmp /var/tmp ext4 nosuid,nodev,noexec 0 2
LABEL=var_log /var/log ext4 nosuid,nodev,noexec 0 2
LABEL=var_log_audit /var/log/audit ext4 nosuid,nodev,noexec 0 2
tmpfs /tmp tmpfs nosuid,nodev,noexec,mode=1777,size=256M 0 0
tmpfs /dev/shm tmpfs nosuid,nodev,noexec 0 0
TABLE
while read -r label place _; do
    case $label:$place in LABEL=*:/?*) ;; *) continue ;; esac
    if ! mountpoint -q "$place"; then
        mount "$label" /mnt
        cp -a "$place/." /mnt/
        umount /mnt
    fi
done <"$table"
cat "$table" >/etc/fstab
rm -f "$table"
