# File systems of their own: bind mounts onto themselves where data must outlive a boot, else tmpfs.
set -eu
mkdir -p /var/log/audit /var/tmp
cat >/etc/fstab <<'TABLE'
tmpfs /tmp tmpfs rw,nosuid,nodev,noexec,relatime,size=512M,mode=1777 0 0
tmpfs /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=256M 0 0
/home /home none bind,nosuid,nodev 0 0
/var /var none bind,nosuid,nodev 0 0
/var/tmp /var/tmp none bind,nosuid,nodev,noexec 0 0
/var/log /var/log none bind,nosuid,nodev,noexec 0 0
/var/log/audit /var/log/audit none bind,nosuid,nodev,noexec 0 0
TABLE
