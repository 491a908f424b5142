"""Which mounted file systems the one file walk enters, and which it leaves out, each with its reason."""

from __future__ import annotations

PSEUDO = (
    "autofs binder binfmt_misc bpf cgroup cgroup2 configfs cpuset debugfs devpts devtmpfs efivarfs functionfs fusectl "
    "hugetlbfs mqueue nfsd nsfs pipefs proc pstore resctrl rpc_pipefs securityfs selinuxfs smackfs sockfs sysfs tracefs"
)
"""Made by the kernel: they hold no files."""

NETWORK = "9p afs beegfs ceph cifs coda davfs glusterfs lustre ncp ncpfs nfs nfs4 pvfs2 smb3 smbfs virtiofs"
"""Somebody else's files, judged where they lie. Types `fuse` and `fuse.*` count as such too, `fuseblk` does not."""

CONTAINER_STORAGE = (
    "/var/lib/docker",
    "/var/lib/containerd",
    "/var/lib/containers/storage",
    "/var/lib/rancher/k3s/agent/containerd",
    "/var/lib/kubelet/pods",
    "/var/lib/lxc",
    "/var/lib/lxd",
    "/var/lib/incus",
    "/var/lib/machines",
    "/var/snap/lxd/common/lxd",
    "/var/snap/microk8s/common/var/lib/containerd",
    "/run/containerd",
)
"""Root file systems of containers: their files belong to users of their own and are judged with their images."""

ROOTLESS_STORAGE = "*/.local/share/containers/storage"

# Prints `start POINT` for what is walked, `skip TYPE POINT` for what is not, and `bare POINT` where no program gets the
# rights of its file's owner: all mounts of that device have nosuid or noexec. A mount counts only where it can be
# reached (nothing covers it), and of several mounts of one device only those that no other one contains.
# Of temporary file systems all are walked: what lies there is in reach of everybody while the host runs.
SELECT = r"""
function plain(text) {
  gsub(/\\040/, " ", text); gsub(/\\011/, "\t", text); gsub(/\\134/, "\\", text)
  return text
}
function within(inner, outer) {
  return inner == outer || outer == "/" || index(inner, outer "/") == 1
}
function hidden(i,   j) { # by a mount beside it, or by one on top of what it lies in
  for (j = 1; j <= n; j++)
    if (j != i && up[j] == up[i] && id[j] != up[j] && within(point[i], point[j]) && (point[i] != point[j] || j > i))
      return 1
  if (!(up[i] in number) || up[i] == id[i]) return 0
  for (j = 1; j <= n; j++) if (j != i && topped(number[up[i]], j)) return 1
  return hidden(number[up[i]])
}
function topped(i, j) {
  return j != i && up[j] == id[i] && point[j] == point[i]
}
function covered(i,   j) {
  for (j = 1; j <= n; j++) if (topped(i, j)) return 1
  return hidden(i)
}
function bare(i,   j) {
  for (j = 1; j <= n; j++)
    if (device[j] == device[i] && options[j] !~ /,(nosuid|noexec),/) return 0
  return 1
}
function left_out(i,   j) {
  if (point[i] ~ /\\012/) return "odd"
  if (index(pseudo, " " type[i] " ")) return type[i]
  if (point[i] != "/" && (index(network, " " type[i] " ") || type[i] == "fuse" || type[i] ~ /^fuse\./)) return type[i]
  if (type[i] == "squashfs" && (within(point[i], "/snap") || within(point[i], "/var/lib/snapd"))) return type[i]
  for (j = 1; j <= stores; j++) if (within(point[i], store[j])) return "container-storage"
  return ""
}
BEGIN { stores = split(storage, store, " ") }
{
  n++
  id[n] = $1; up[n] = $2; device[n] = $3; root[n] = $4; point[n] = plain($5); number[$1] = n
  options[n] = "," $6 ","
  for (i = 7; i <= NF; i++) if ($i == "-") { type[n] = $(i + 1); break }
}
END {
  for (i = 1; i <= n; i++) {
    if (covered(i)) continue
    why[i] = left_out(i)
    if (why[i] != "") print "skip " why[i] " " point[i]
    else open[i] = 1
  }
  for (i = 1; i <= n; i++) {
    if (!(i in open)) continue
    again = 0
    for (j = 1; j <= n; j++)
      if (j != i && (j in open) && device[j] == device[i] && within(root[i], root[j]) && (root[i] != root[j] || j < i))
        again = 1
    if (again) print "skip bind " point[i]
    else print "start " point[i]
    if (!again && bare(i)) print "bare " point[i]
  }
  # The root directory of a chroot is no mount point; what lies in it is walked all the same.
  for (i = 1; i <= n; i++) if (point[i] == "/") break
  if (n && i > n) print "start /"
}
"""
