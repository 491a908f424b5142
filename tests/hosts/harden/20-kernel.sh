# Kernel modules that nobody needs, and parameters of the whole kernel.
set -eu
: >/etc/modprobe.d/60-unneeded.conf
for module in cramfs freevxfs hfs hfsplus jffs2 overlay squashfs udf usb-storage dccp tipc rds sctp; do
    printf 'install %s /bin/false\nblacklist %s\n' "$module" "$module" >>/etc/modprobe.d/60-unneeded.conf
done
cat >/etc/sysctl.d/60-kernel.conf <<'CONF'
kernel.randomize_va_space = 2
kernel.yama.ptrace_scope = 1
fs.suid_dumpable = 0
CONF
echo '* hard core 0' >/etc/security/limits.d/60-core.conf
mkdir -p /etc/systemd/coredump.conf.d
printf '[Coredump]\nStorage=none\nProcessSizeMax=0\n' >/etc/systemd/coredump.conf.d/60-none.conf
