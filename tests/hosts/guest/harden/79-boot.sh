# GRUB's menu with what was set before, for its owner only.
set -eu
update-grub
chown root:root /boot/grub/grub.cfg
chmod 0600 /boot/grub/grub.cfg
