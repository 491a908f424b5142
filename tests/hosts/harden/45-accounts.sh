# Ageing of passwords, in login.defs for new accounts and in shadow for those that are there.
set -eu
set_default() {
    sed -i -E "/^#?[[:space:]]*$1[[:space:]]/d" /etc/login.defs
    printf '%s %s\n' "$1" "$2" >>/etc/login.defs
}
set_default PASS_MAX_DAYS 365
set_default PASS_MIN_DAYS 1
set_default PASS_WARN_AGE 7
set_default ENCRYPT_METHOD YESCRYPT
useradd -D -f 45
for account in root auditor visitor; do
    chage --maxdays 365 --mindays 1 --warndays 7 --inactive 45 "$account"
done
sed -i '/nologin/d' /etc/shells
for home in /home/auditor /home/visitor; do
    chmod 0750 "$home"
done
