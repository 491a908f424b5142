#!/bin/sh
# Makes the recommendations on audit events and on AIDE's selection met. Runs as root on a booted Debian 12 or
# Ubuntu 24.04. Where the kernel tells nothing of its audit system, as in a container, stand-ins/auditctl takes the
# place of auditctl; auditd itself is a stand-in there already.
set -eu

rules=/etc/audit/rules.d
uid_min=$(awk '$1 == "UID_MIN" { found = $2 } END { print found ? found : 1000 }' /etc/login.defs)
users="-F auid>=$uid_min -F auid!=unset"

watch() { # key, path…
  key=$1
  shift
  for path; do
    echo "-w $path -p wa -k $key"
  done
}

both() { # text after the architecture
  echo "-a always,exit -F arch=b64 $1"
  echo "-a always,exit -F arch=b32 $1"
}

rm -f "$rules"/50-cp-*.rules "$rules/99-cp-lock.rules"
mkdir -p /etc/network /etc/apparmor /etc/apparmor.d
watch scope /etc/sudoers /etc/sudoers.d >"$rules/50-cp-scope.rules"
both "-C euid!=uid -F auid!=unset -S execve -k user_emulation" >"$rules/50-cp-emulation.rules"
watch sudo_log /var/log/sudo.log >"$rules/50-cp-sudo-log.rules"
{
  both "-S adjtimex,settimeofday -k time"
  both "-S clock_settime -F a0=0x0 -k time"
  watch time /etc/localtime
} >"$rules/50-cp-time.rules"
{
  both "-S sethostname,setdomainname -k network"
  watch network /etc/issue /etc/issue.net /etc/hosts /etc/networks /etc/network/
  [ ! -d /etc/netplan ] || watch network /etc/netplan/
} >"$rules/50-cp-network.rules"
find / -xdev -type f -perm /6000 -print | sort |
  sed "s/.*/-a always,exit -F path=& -F perm=x $users -k privileged/" >"$rules/50-cp-privileged.rules"
{
  both "-S creat,open,openat,truncate,ftruncate -F exit=-EACCES $users -k access"
  both "-S creat,open,openat,truncate,ftruncate -F exit=-EPERM $users -k access"
} >"$rules/50-cp-access.rules"
watch identity /etc/group /etc/passwd /etc/gshadow /etc/shadow /etc/security/opasswd /etc/nsswitch.conf \
  /etc/pam.conf /etc/pam.d >"$rules/50-cp-identity.rules"
{
  both "-S chmod,fchmod,fchmodat $users -k perm_mod"
  both "-S chown,fchown,fchownat,lchown $users -k perm_mod"
  both "-S setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr $users -k perm_mod"
} >"$rules/50-cp-permissions.rules"
both "-S mount $users -k mounts" >"$rules/50-cp-mounts.rules"
watch session /var/run/utmp /var/log/wtmp /var/log/btmp >"$rules/50-cp-session.rules"
watch logins /var/log/lastlog /var/run/faillock >"$rules/50-cp-logins.rules"
both "-S rename,renameat,unlink,unlinkat $users -k delete" >"$rules/50-cp-deletion.rules"
watch mac_policy /etc/apparmor/ /etc/apparmor.d/ >"$rules/50-cp-mac.rules"
for program in /usr/bin/chcon /usr/bin/setfacl /usr/bin/chacl /usr/sbin/usermod; do
  echo "-a always,exit -F path=$program -F perm=x $users -k perm_chng"
done >"$rules/50-cp-programs.rules"
{
  echo "-a always,exit -F arch=b64 -S init_module,finit_module,delete_module,create_module,query_module $users -k modules"
  echo "-a always,exit -F path=/usr/bin/kmod -F perm=x $users -k modules"
} >"$rules/50-cp-modules.rules"
echo "-e 2" >"$rules/99-cp-lock.rules"
chmod 0640 "$rules"/*.rules

if ! auditctl -s >/dev/null 2>&1; then
  if ! dpkg-divert --list /usr/sbin/auditctl | grep -q .; then
    dpkg-divert --quiet --local --rename --divert /usr/sbin/auditctl.distrib --add /usr/sbin/auditctl
  fi
  install -m 0755 /run/stand-ins/auditctl /usr/sbin/auditctl
  mkdir -p /etc/systemd/system/auditd.service.d
  printf '[Service]\nExecStartPost=-/sbin/augenrules --load\n' >/etc/systemd/system/auditd.service.d/stand-in.rules.conf
  systemctl daemon-reload
fi
if dpkg-divert --list /usr/sbin/auditctl | grep -q .; then
  rm -rf /run/auditctl-stand-in
fi
# A kernel that is locked already takes the rules at its next boot.
augenrules --load >/dev/null 2>&1 || auditctl -s | grep -qx 'enabled 2'

for tool in auditctl auditd ausearch aureport autrace augenrules; do
  echo "/usr/sbin/$tool\$ f p+i+n+u+g+s+b+acl+xattrs+sha512"
done >/etc/aide/aide.conf.d/05_audit_tools
