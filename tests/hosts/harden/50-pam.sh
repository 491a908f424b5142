#!/bin/sh
# Locks accounts after failed logins, demands good and new passwords, and leaves su to root.
set -eu

profiles=/usr/share/pam-configs

cat >"$profiles/faillock" <<'END'
Name: Count failed logins
Default: no
Priority: 0
Auth-Type: Primary
Auth:
	[default=die]	pam_faillock.so authfail
END
cat >"$profiles/faillock_notify" <<'END'
Name: Refuse locked accounts
Default: no
Priority: 1024
Auth-Type: Primary
Auth:
	requisite	pam_faillock.so preauth
Account-Type: Primary
Account:
	required	pam_faillock.so
END
# After pwquality (1024), so that it checks the password that was asked for there.
cat >"$profiles/pwhistory" <<'END'
Name: Refuse old passwords
Default: no
Priority: 1023
Password-Type: Primary
Password:
	requisite	pam_pwhistory.so remember=24 enforce_for_root try_first_pass use_authtok
END
sed -i 's/[[:blank:]]nullok\>//' "$profiles/unix"
DEBIAN_FRONTEND=noninteractive pam-auth-update --force --enable unix pwquality faillock faillock_notify pwhistory

cat >/etc/security/faillock.conf <<'END'
deny = 5
unlock_time = 900
even_deny_root
root_unlock_time = 60
END
mkdir -p /etc/security/pwquality.conf.d
cat >/etc/security/pwquality.conf.d/50-policy.conf <<'END'
difok = 2
minlen = 14
minclass = 3
maxrepeat = 3
maxsequence = 3
enforce_for_root
END

getent group sugroup >/dev/null || groupadd --system sugroup
grep -q "^auth required pam_wheel.so use_uid group=sugroup" /etc/pam.d/su ||
    sed -i '/^auth[[:blank:]]*sufficient[[:blank:]]*pam_rootok.so/a auth required pam_wheel.so use_uid group=sugroup' /etc/pam.d/su
