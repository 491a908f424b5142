# One firewall, by default ufw; FIREWALL=nftables or FIREWALL=iptables sets up another one and switches it off.
# iptables needs the packages iptables-persistent and netfilter-persistent, which cannot stand beside ufw: they are
# taken from /var/cache/apt/archives where they are not installed.
set -eu
FIREWALL=${FIREWALL:-ufw}

no_rules() { # in the kernel, whoever made them
  nft flush ruleset
  for version in '' 6; do
    if [ -s "/proc/net/ip${version}_tables_names" ]; then
      for table in $(cat "/proc/net/ip${version}_tables_names"); do
        "ip${version}tables-legacy" -t "$table" -F
        "ip${version}tables-legacy" -t "$table" -X
      done
      for chain in INPUT OUTPUT FORWARD; do "ip${version}tables-legacy" -P "$chain" ACCEPT; done
    fi
  done
}

ufw_off() {
  if command -v ufw >/dev/null; then
    ufw --force disable
    systemctl disable --now ufw.service
  fi
}

nftables_off() {
  systemctl disable --now nftables.service
}

iptables_off() {
  if dpkg -s netfilter-persistent >/dev/null 2>&1; then
    DEBIAN_FRONTEND=noninteractive dpkg --purge iptables-persistent netfilter-persistent
  fi
}

iptables_rules() { # program, loopback addresses, protocol of ICMP
  "$1" -A INPUT -i lo -j ACCEPT
  "$1" -A INPUT -s "$2" -j DROP
  "$1" -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
  "$1" -A INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT
  "$1" -A INPUT -p "$3" -j ACCEPT
  "$1" -A OUTPUT -o lo -j ACCEPT
  "$1" -A OUTPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
  "$1" -A OUTPUT -p udp -m udp --dport 53 -j ACCEPT
  "$1" -A OUTPUT -p tcp -m multiport --dports 53,80,443 -j ACCEPT
  "$1" -A OUTPUT -p "$3" -j ACCEPT
  "$1" -P INPUT DROP
  "$1" -P FORWARD DROP
  "$1" -P OUTPUT DROP
}

case $FIREWALL in
ufw)
  iptables_off
  nftables_off
  if [ ! -e /usr/sbin/ufw ]; then
    echo "ufw is not installed" >&2
    exit 1
  fi
  # What comes first in ufw's list is asked first.
  ufw allow in on lo
  ufw allow out on lo
  ufw deny in from 127.0.0.0/8
  ufw deny in from ::1
  ufw allow in 22/tcp
  ufw allow out 53
  ufw allow out 80,443/tcp
  ufw allow out 123/udp
  ufw default deny incoming
  ufw default deny outgoing
  ufw default deny routed
  systemctl enable ufw.service
  ufw --force enable
  systemctl start ufw.service
  ;;
nftables)
  ufw_off
  iptables_off
  no_rules
  {
    echo '#!/usr/sbin/nft -f'
    echo 'flush ruleset'
    echo 'include "/etc/nftables.d/*.nft"'
  } >/etc/nftables.conf
  chmod 755 /etc/nftables.conf
  mkdir -p /etc/nftables.d
  cat >/etc/nftables.d/filter.nft <<'RULES'
define outward = { 53, 80, 443 }
table inet filter {
  set open { type inet_service; elements = { 22 } }   # what may be reached
  chain input {
    type filter hook input priority filter; policy drop;
    iif lo accept
    ip saddr 127.0.0.0/8 counter drop
    ip6 saddr ::1 counter drop
    ct state vmap { established : accept, related : accept, invalid : drop }
    tcp dport @open ct state new accept
    meta l4proto { icmp, ipv6-icmp } accept
  }
  chain forward { type filter hook forward priority filter; policy drop; }
  chain output {
    type filter hook output priority filter; policy drop;
    oif lo accept
    ct state established,related accept
    tcp dport $outward accept
    udp dport 53 accept
    meta l4proto { icmp, ipv6-icmp } accept
  }
}
RULES
  systemctl enable nftables.service
  systemctl restart nftables.service
  ;;
iptables)
  ufw_off
  nftables_off
  no_rules
  if ! dpkg -s iptables-persistent >/dev/null 2>&1; then
    if [ -e /usr/sbin/ufw ]; then dpkg --purge ufw; fi
    DEBIAN_FRONTEND=noninteractive dpkg -i /var/cache/apt/archives/iptables-persistent_*.deb \
      /var/cache/apt/archives/netfilter-persistent_*.deb
  fi
  iptables_rules iptables 127.0.0.0/8 icmp
  iptables_rules ip6tables ::1 ipv6-icmp
  netfilter-persistent save
  systemctl enable netfilter-persistent.service
  systemctl restart netfilter-persistent.service
  ;;
*)
  echo "FIREWALL is ufw, nftables or iptables, not '$FIREWALL'" >&2
  exit 2
  ;;
esac
