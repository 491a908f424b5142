# Files of accounts, and what everybody may write.
set -eu
for file in passwd passwd- group group- shells; do
    [ ! -e "/etc/$file" ] || { chown root:root "/etc/$file" && chmod 0644 "/etc/$file"; }
done
for file in shadow shadow- gshadow gshadow-; do
    [ -e "/etc/$file" ] || cp -p "/etc/${file%-}" "/etc/$file"
    chown root:shadow "/etc/$file"
    chmod 0640 "/etc/$file"
done
for file in passwd- group-; do
    [ -e "/etc/$file" ] || cp -p "/etc/${file%-}" "/etc/$file"
done
for file in /etc/security/opasswd /etc/security/opasswd.old; do
    [ ! -e "$file" ] || { chown root:root "$file" && chmod 0600 "$file"; }
done
