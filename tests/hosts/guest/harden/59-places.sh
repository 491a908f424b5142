# What the shared scripts of other families would have made: AIDE's folder, for which a guest has no use, sudo's log,
# and no modules of further file systems.
set -eu
mkdir -p /etc/aide/aide.conf.d
printf 'Defaults logfile="/var/log/sudo.log"\n' >/etc/sudoers.d/60-logfile
chmod 0440 /etc/sudoers.d/60-logfile
for module in afs ceph cifs exfat ext fat fscache fuse gfs2 nfs_common nfsd smbfs_common; do
    printf 'install %s /bin/false\nblacklist %s\n' "$module" "$module"
done >/etc/modprobe.d/61-file-systems.conf
