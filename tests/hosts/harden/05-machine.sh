# Stand-ins for what a container may not have: see stand-ins/kernel.sh. Not a hardening measure.
set -eu
data=/etc/stand-ins
mkdir -p $data /usr/local/lib/stand-ins
cp /run/stand-ins/data/* $data/
chmod 0644 $data/*
install -m 0755 /run/stand-ins/*.sh /usr/local/lib/stand-ins/
for program in systemd-detect-virt readlink; do
    if ! dpkg-divert --list "/usr/bin/$program" | grep -q .; then
        dpkg-divert --quiet --local --rename --divert "/usr/bin/$program.distrib" --add "/usr/bin/$program"
    fi
    install -m 0755 "/run/stand-ins/$program.sh" "/usr/bin/$program"
done
cat >/etc/systemd/system/stand-in-kernel@.service <<'UNIT'
[Unit]
Description=Stand-in for files of the kernel (%i)
DefaultDependencies=no

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/stand-ins/kernel.sh %i
UNIT
mkdir -p /etc/systemd/system/sysinit.target.wants /etc/systemd/system/multi-user.target.wants \
    /etc/systemd/system/stand-in-kernel@early.service.d /etc/systemd/system/stand-in-kernel@late.service.d
printf '[Unit]\nAfter=systemd-remount-fs.service\nBefore=systemd-sysctl.service sysinit.target\n' \
    >/etc/systemd/system/stand-in-kernel@early.service.d/order.conf
# A host that boots without a boot loader gets a menu of one.
if [ ! -e /boot/grub/grub.cfg ]; then
    mkdir -p /boot/grub
    install -m 0600 $data/grub.cfg /boot/grub/grub.cfg
fi
printf '[Unit]\nAfter=basic.target\n' >/etc/systemd/system/stand-in-kernel@late.service.d/order.conf
ln -sf ../stand-in-kernel@.service /etc/systemd/system/sysinit.target.wants/stand-in-kernel@early.service
ln -sf ../stand-in-kernel@.service /etc/systemd/system/multi-user.target.wants/stand-in-kernel@late.service
ln -sf ../stand-in-kernel@.service /etc/systemd/system/multi-user.target.wants/stand-in-kernel@lists.service
# AppArmor's own service would try to load profiles into a kernel that may have none of it.
mkdir -p /etc/systemd/system/apparmor.service.d
printf '[Service]\nExecStart=\nExecStart=/bin/true\nExecReload=\nExecReload=/bin/true\n' >/etc/systemd/system/apparmor.service.d/stand-in.conf
# The kernel lets auditd run only outside of containers: another process stands in for it.
mkdir -p /etc/systemd/system/auditd.service.d
cat >/etc/systemd/system/auditd.service.d/stand-in.conf <<'UNIT'
[Unit]
ConditionKernelCommandLine=
RefuseManualStop=no

[Service]
Type=simple
PIDFile=
ExecStart=
ExecStart=/bin/sleep infinity
ExecStartPost=
UNIT
systemctl daemon-reload
systemctl enable --quiet auditd.service
