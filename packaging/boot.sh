#!/usr/bin/env bash
# Boots a clean Debian with the package in it, systemd as its first process, and has each service started, looked at, killed,
# started again and stopped by systemd, with the sandbox of its unit.
#
#   packaging/boot.sh --deb FILE --root-tar FILE
#
# As root. Needs systemd-nspawn (Debian: systemd-container), and the tar that packaging/test.sh keeps with --root-tar. The system
# has a network of its own, with nothing but loopback, and is ended after ten minutes whatever it does.
set -euo pipefail
shopt -s inherit_errexit
deb='' root_tar=''
while [ $# -gt 0 ]; do
    case "$1" in
        --deb) deb=$(realpath "$2"); shift 2 ;;
        --root-tar) root_tar=$(realpath "$2"); shift 2 ;;
        *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done
[ -n "$deb" ] && [ -n "$root_tar" ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "run it as root: it boots a system" >&2; exit 1; }
command -v systemd-nspawn > /dev/null || { echo "systemd-nspawn is missing" >&2; exit 1; }

work=$(mktemp -d /tmp/mrms-boot.XXXXXX)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir "$root"
tar -C "$root" -xf "$root_tar"
cp "$deb" "$root/opt/mrms.deb"
nspawn() { systemd-nspawn --quiet --register=no --keep-unit --private-network --directory "$root" "$@"; }
nspawn env LC_ALL=C.UTF-8 dpkg -i /opt/mrms.deb > "$work/installed" 2>&1 || { cat "$work/installed" >&2; exit 1; }

# What runs inside, once all is up. Its words go to /result; the last of them says how it ended.
cat > "$root/opt/check" <<'CHECK'
#!/bin/bash
set -euo pipefail
shopt -s inherit_errexit
exec > /result 2>&1
# It has no bus to be asked over, and goes down all the same.
trap 'systemctl poweroff > /dev/null 2>&1 || true' EXIT
services=(index node vault sponsor links portal)
fail() { echo "FAILED: $*"; exit 1; }
export MRMS_WORK_FACTOR=10
as() { local user=$1; shift; runuser -u "$user" -- env MRMS_PASSPHRASE_FILE=/run/passphrase "$@"; }
shown() { systemctl show --value -p "$2" "mrms-$1"; }
# Waits until a service can work, or is only there where it has no address to ask at.
ready() {
    local tries=0
    until case "$1" in
        portal) as mrms-portal mrms --home /var/lib/mrms-portal portal link > /run/ready 2>&1 ;;
        *) mrms doctor --service "http://127.0.0.1:${ports[$1]}" > /run/ready 2>&1 ;;
    esac; do
        tries=$((tries + 1))
        [ "$(shown "$1" ActiveState)" != failed ] && [ $tries -lt 150 ] \
            || fail "mrms-$1 does not work: $(cat /run/ready; journalctl -n 20 --no-pager -u "mrms-$1")"
        sleep 0.4
    done
}
declare -A ports=([node]=20443 [vault]=20444 [sponsor]=20446 [links]=20448 [index]=20450)

echo "system: $(systemctl is-system-running || true), $(systemctl --version | head -n 1)"
printf 'eight grey herons by the weir\n' > /run/passphrase
chmod 644 /run/passphrase
as mrms-node mrms --home /var/lib/mrms-node --profile keeper init > /dev/null
contract=$(cat /var/lib/mrms-node/contract)
echo "MRMS_CONTRACT=$contract" | tee -a /etc/mrms/{vault,sponsor,links}.conf > /dev/null
echo MRMS_OBSERVER=http://127.0.0.1:20449 >> /etc/mrms/node.conf
systemctl start mrms-index mrms-node
ready node
ready index
account=$(as mrms-sponsor env MRMS_LEDGER_URL=http://127.0.0.1:20443 "MRMS_CONTRACT=$contract" \
    mrms --home /var/lib/mrms-sponsor --profile sponsor --json init | sed -n 's/.*"principal": *"\([^"]*\)".*/\1/p')
as mrms-node mrms --home /var/lib/mrms-node node faucet "$account" 100000000 > /dev/null
echo 'shared a-voucher-of-the-links' > /var/lib/mrms-sponsor/vouchers.txt
printf '[sponsor]\nvouchers = "vouchers.txt"\n' > /var/lib/mrms-sponsor/mrms.toml
chown mrms-sponsor:mrms-sponsor /var/lib/mrms-sponsor/{vouchers.txt,mrms.toml}
chmod 600 /var/lib/mrms-sponsor/{vouchers.txt,mrms.toml}
install -m 600 /run/passphrase /etc/mrms/sponsor.passphrase
(umask 077 && head -c 32 /dev/urandom | basenc --base64url | tr -d = > /etc/mrms/links.deposit-key)
systemctl start mrms-vault mrms-sponsor mrms-links mrms-portal
for service in "${services[@]}"; do ready "$service"; done

for service in "${services[@]}"; do
    pid=$(shown "$service" MainPID)
    status=/proc/$pid/status
    [ "$(stat -c %U "/proc/$pid")" = "mrms-$service" ] || fail "mrms-$service runs as $(stat -c %U "/proc/$pid")"
    grep -q '^NoNewPrivs:[[:space:]]*1$' "$status" || fail "mrms-$service may get privileges"
    grep -q '^Seccomp:[[:space:]]*2$' "$status" || fail "mrms-$service has no filter of system calls"
    [ "$(shown "$service" MemorySwapMax)" = 0 ] || fail "mrms-$service may be swapped out"
    grep -q '^CapBnd:[[:space:]]*0*$' "$status" || fail "mrms-$service has capabilities"
    [ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink /proc/1/ns/mnt)" ] || fail "mrms-$service sees all files"
    [ "$(shown "$service" NRestarts)" = 0 ] || fail "mrms-$service was started again by itself"
done
echo "all started, each as its user, in its sandbox"

# A crash: the service comes back by itself.
for service in "${services[@]}"; do
    before=$(shown "$service" MainPID)
    kill -KILL "$before"
    tries=0
    until [ "$(shown "$service" NRestarts)" = 1 ] && [ "$(shown "$service" ActiveState)" = active ]; do
        tries=$((tries + 1))
        [ $tries -lt 150 ] || fail "mrms-$service does not come back: $(systemctl status --no-pager "mrms-$service")"
        sleep 0.2
    done
    ready "$service"
done
echo "all came back after SIGKILL"

for service in portal links sponsor vault node index; do
    began=$(date +%s%N)
    systemctl stop "mrms-$service"
    took=$((($(date +%s%N) - began) / 1000000))
    result="$(shown "$service" Result) $(shown "$service" ActiveState) $(shown "$service" ExecMainStatus)"
    [ "$result" = "success inactive 0" ] || fail "mrms-$service ended with $result"
    echo "mrms-$service stopped in $took ms"
done
as mrms-node mrms --home /var/lib/mrms-node node fsck > /dev/null || fail "the ledger is not whole"
echo "the services hold under systemd"
CHECK
chmod 755 "$root/opt/check"
cat > "$root/etc/systemd/system/check.service" <<'UNIT'
[Unit]
Description=Looks after the services of the package
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/opt/check
TimeoutStartSec=540

[Install]
WantedBy=multi-user.target
UNIT
ln -s ../check.service "$root/etc/systemd/system/multi-user.target.wants/check.service" 2> /dev/null \
    || { mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
        ln -s ../check.service "$root/etc/systemd/system/multi-user.target.wants/check.service"; }

export -f nspawn
export root
timeout --kill-after=30 600 bash -c 'nspawn --boot' > "$work/console" 2>&1 || true
cat "$root/result" 2> /dev/null || tail -n 20 "$work/console"
[ "$(tail -n 1 "$root/result" 2> /dev/null)" = "the services hold under systemd" ]
