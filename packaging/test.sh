#!/usr/bin/env bash
# Takes the packages through their life on a clean Debian: build twice and compare, install, start each service as its unit
# says, use them, upgrade, remove, purge. Homes must stay. As root, since it makes a root folder and enters it.
#
#   packaging/test.sh [--binary FILE] [--root-tar FILE] [--keep]
#
# Without --binary the program is built. --root-tar keeps the clean system in a file, for the next time. Needs mmdebstrap and
# promtool (Debian: mmdebstrap, prometheus), and what build.sh needs. Where buildah is there, the image is built, too; where
# systemd-nspawn is (Debian: systemd-container), boot.sh has systemd run the services.
# Services run in a network of their own, which has nothing but loopback; nothing that this script did not start is stopped.
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "$0")/.." && pwd)
cd "$here"

binary='' root_tar='' keep='' stage=outside suite=bookworm
while [ $# -gt 0 ]; do
    case "$1" in
        --binary) binary=$(realpath "$2"); shift 2 ;;
        --root-tar) root_tar=$2; shift 2 ;;
        --keep) keep=yes; shift ;;
        --inside) stage=inside; work=$2; shift 2 ;;
        *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done
say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

if [ "$stage" = outside ]; then
    [ "$(id -u)" = 0 ] || fail "run it as root: it makes a root folder"
    for program in mmdebstrap promtool jq setpriv unshare ip; do
        command -v "$program" > /dev/null || fail "$program is missing"
    done
    work=$(mktemp -d /tmp/mrms-packages.XXXXXX)
    chmod 755 "$work"
    trap '[ -n "$keep" ] || rm -rf "$work"' EXIT

    say "build, twice, and an earlier version"
    if [ -z "$binary" ]; then
        cargo build --profile dist --locked --package mrms
        binary=${CARGO_TARGET_DIR:-target}/dist/mrms
    fi
    packaging/build.sh --binary "$binary" --out "$work/first"
    packaging/build.sh --binary "$binary" --out "$work/second" > /dev/null
    diff -r "$work/first" "$work/second" || fail "two builds are not the same bytes"
    packaging/build.sh --binary "$binary" --out "$work/before" --version 0.0.9 deb > /dev/null
    (cd "$work/first" && sha256sum --quiet -c SHA256SUMS-*)

    # What the readme promises of older systems holds.
    needed=$(dpkg-deb --field "$work"/first/*.deb Depends | grep -o 'libc6 (>= [0-9.]*' | grep -o '[0-9.]*$')
    promised=$(sed -n 's/.*linux-x86_64.tar.gz.*glibc \([0-9.]*\) or newer.*/\1/p' README.md)
    [ "$(printf '%s\n' "$needed" "$promised" | sort -V | tail -n 1)" = "$promised" ] \
        || fail "the readme promises glibc ${promised:-nothing}, and the program asks for $needed"

    say "the bill of materials"
    jq -e '.bomFormat == "CycloneDX" and .specVersion == "1.5" and .version == 1
        and (.metadata.timestamp | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"))
        and .metadata.component.name == "mrms" and (.components | length) > 100
        and all(.components[]; (.type == "library") and (.name | length > 0) and (.purl | startswith("pkg:cargo/")))
        and ([.components[]."bom-ref"] | unique | length) == (.components | length)
        and (. as $bom | ([$bom.metadata.component."bom-ref"] + [$bom.components[]."bom-ref"]) as $refs
            | all($bom.dependencies[]; [.ref, .dependsOn[]] - $refs == []))
        and all(.components[]; .name != "s3s-fs")' \
        "$work"/first/*.cdx.json > /dev/null || fail "the bill of materials is not one"

    say "alerts and dashboard"
    promtool check rules packaging/prometheus/mrms.rules.yml
    (cd packaging/prometheus && promtool test rules tests.yml)
    jq -e '.panels | length > 10' packaging/grafana/mrms.json > /dev/null

    say "a clean Debian $suite"
    mkdir "$work/root"
    if [ -n "$root_tar" ] && [ -s "$root_tar" ]; then
        tar -C "$work/root" -xf "$root_tar"
    else
        # Nothing of it outlives this script, so that dpkg need not wait for the disk.
        mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io --include=ca-certificates,systemd,man-db \
            "$suite" "$work/root.tar"
        tar -C "$work/root" -xf "$work/root.tar"
        [ -z "$root_tar" ] || mv "$work/root.tar" "$root_tar"
    fi
    status=0
    unshare --net --mount --fork --kill-child "$0" --inside "$work" ${keep:+--keep} || status=$?
    [ "$status" = 0 ] || exit "$status"
    if command -v systemd-nspawn > /dev/null; then
        say "the services under systemd"
        packaging/boot.sh --deb "$(ls "$work"/first/*.deb)" --root-tar "${root_tar:-$work/root.tar}"
    fi
    exit 0
fi

# From here on: a network with loopback alone, and mounts that end with this process.
ip link set lo up
root=$work/root
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
declare -A pids=()
stop_all() {
    local name
    for name in "${!pids[@]}"; do kill "${pids[$name]}" 2> /dev/null || true; done
    wait || true
}
trap stop_all EXIT
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

# as USER [VAR=VALUE]... COMMAND: what an administrator does with sudo -u USER.
as() {
    local user=$1
    shift
    chroot "$root" setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs \
        env -i PATH=/usr/bin:/bin HOME=/nonexistent LC_ALL=C.UTF-8 MRMS_WORK_FACTOR=10 "$@"
}

# start UNIT: runs its ExecStart as its User, with its variables and credentials, as systemd does; without its sandbox.
start() {
    local unit=$root/usr/lib/systemd/system/mrms-$1.service user line credential exec variables=()
    user=$(sed -n 's/^User=//p' "$unit")
    while read -r line; do variables+=("$line"); done < <(sed -n 's/^Environment=//p' "$unit")
    while read -r line; do variables+=("$line"); done < <(
        sed -n 's/^EnvironmentFile=-//p' "$unit" | while read -r file; do sed -n '/^[A-Z]/p' "$root$file"; done)
    rm -rf "$root/run/credentials/$1"
    for credential in $(sed -n 's/^LoadCredential=//p' "$unit"); do
        install -d -m 700 -o "$(inside id -u "$user")" "$root/run/credentials/$1"
        install -m 400 -o "$(inside id -u "$user")" "$root${credential#*:}" "$root/run/credentials/$1/${credential%%:*}"
    done
    exec=$(sed -n 's/^ExecStart=//p' "$unit" | sed "s,\${CREDENTIALS_DIRECTORY},/run/credentials/$1,g")
    # shellcheck disable=SC2086 # the words of a command
    chroot "$root" setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all \
        env -i PATH=/usr/bin:/bin "${variables[@]}" $exec > "$work/$1.out" 2> "$work/$1.log" &
    pids[$1]=$!
}
stop() {
    kill "${pids[$1]}"
    wait "${pids[$1]}" || fail "mrms-$1 did not end well: $(tail -n 3 "$work/$1.log")"
    unset "pids[$1]"
}
# Waits until a service says that it can work.
ready() {
    local tries=0
    until inside mrms doctor --service "$2" > "$work/$1.ready" 2>&1; do
        kill -0 "${pids[$1]}" 2> /dev/null || fail "mrms-$1 ended: $(cat "$work/$1.log")"
        tries=$((tries + 1))
        [ "$tries" -lt 150 ] || fail "mrms-$1 is not ready: $(cat "$work/$1.ready" "$work/$1.log")"
        sleep 0.2
    done
}
# All files of the homes, with their content.
homes() { (cd "$root/var/lib" && find mrms-* -type f -print0 | sort -z | xargs -0 sha256sum); }

say "install"
cp "$work"/before/*.deb "$work"/first/*.deb "$root/opt"
before=$(cd "$root/opt" && ls mrms_0.0.9_*.deb)
now=$(cd "$root/opt" && ls mrms_*.deb | grep -v 0.0.9)
# The root has systemd's sysusers and tmpfiles; nothing is missing that the package asks for.
inside dpkg -i "/opt/$before"
inside dpkg --audit | grep . && fail "dpkg finds something wrong"
for user in node vault sponsor portal links index; do
    inside getent passwd "mrms-$user" > /dev/null || fail "there is no user mrms-$user"
    [ "$(inside stat -c '%U %a' "/var/lib/mrms-$user")" = "mrms-$user 700" ] || fail "the home of mrms-$user is not its own"
done
[ "$(inside sh -c 'ls /etc/systemd/system/*/mrms* 2> /dev/null | wc -l')" = 0 ] || fail "a service was enabled"

say "units"
inside systemd-analyze verify --man=yes /usr/lib/systemd/system/mrms-{node,vault,sponsor,portal,links,index}.service 2>&1 \
    | tee "$work/verify" | { grep mrms || true; }
if grep -q mrms "$work/verify"; then fail "a unit is not in order"; fi
for unit in "$root"/usr/lib/systemd/system/mrms-*.service; do
    # 10 is PERFECT to OK in systemd's words up to 49: less than 2.0 of 10 here.
    systemd-analyze security --offline=true --threshold=20 "$unit" > "$work/security" \
        || fail "$(tail -n 1 "$work/security")"
    tail -n 1 "$work/security"
done

say "pages of the manual, and completions"
inside mrms --help > /dev/null
count=$(find "$root/usr/share/man/man1" -name 'mrms*.1.gz' | wc -l)
[ "$count" -gt 60 ] || fail "only $count pages"
for page in vault-run:anchor-every link-serve:deposit-key-file index:accept-gap; do
    # Into a file: a reader that stops early would end the writer, and with it this script.
    inside man -l "/usr/share/man/man1/mrms-${page%:*}.1.gz" > "$work/page"
    grep -q "${page#*:}" "$work/page" || fail "the page of ${page%:*} is not there"
done
inside bash -n /usr/share/bash-completion/completions/mrms
for file in bash-completion/completions/mrms zsh/vendor-completions/_mrms fish/vendor_completions.d/mrms.fish; do
    for option in deposit-key-file accept-gap; do
        grep -q -- "$option" "$root/usr/share/$file" || fail "$file does not complete --$option"
    done
done
inside mrms > "$work/alone" 2>&1
grep -q 'mrms init' "$work/alone" || fail "mrms alone does not say where to begin"

say "start"
passphrase=/run/mrms-test-passphrase
printf 'eight grey herons by the weir\n' > "$root$passphrase"
chmod 644 "$root$passphrase"
as mrms-node mrms --home /var/lib/mrms-node --passphrase-file $passphrase --profile keeper init > /dev/null
contract=$(cat "$root/var/lib/mrms-node/contract")
echo "MRMS_CONTRACT=$contract" | tee -a "$root"/etc/mrms/{vault,sponsor,links}.conf > /dev/null
echo MRMS_OBSERVER=http://127.0.0.1:20449 >> "$root/etc/mrms/node.conf"
start index
start node
ready node http://127.0.0.1:20443
ready index http://127.0.0.1:20450
start vault
ready vault http://127.0.0.1:20444
sponsor=(as mrms-sponsor "MRMS_LEDGER_URL=http://127.0.0.1:20443" "MRMS_CONTRACT=$contract" mrms
    --home /var/lib/mrms-sponsor --profile sponsor --passphrase-file "$passphrase")
account=$("${sponsor[@]}" --json init | jq -r .principal)
as mrms-node mrms --home /var/lib/mrms-node node faucet "$account" 100000000 > /dev/null
printf 'a-voucher-of-the-test-0001\nshared a-voucher-of-the-links\n' > "$root/var/lib/mrms-sponsor/vouchers.txt"
printf '[sponsor]\nvouchers = "vouchers.txt"\n' > "$root/var/lib/mrms-sponsor/mrms.toml"
inside chown mrms-sponsor:mrms-sponsor /var/lib/mrms-sponsor/vouchers.txt /var/lib/mrms-sponsor/mrms.toml
chmod 600 "$root"/var/lib/mrms-sponsor/{vouchers.txt,mrms.toml}
install -m 600 "$root$passphrase" "$root/etc/mrms/sponsor.passphrase"
start sponsor
ready sponsor http://127.0.0.1:20446
# As docs/operations.md says.
(umask 077 && head -c 32 /dev/urandom | basenc --base64url | tr -d = > "$root/etc/mrms/links.deposit-key")
printf '[ledger]\nsponsor = "http://127.0.0.1:20446"\nsponsor_voucher = "a-voucher-of-the-links"\n' \
    > "$root/var/lib/mrms-links/mrms.toml"
inside chown mrms-links:mrms-links /var/lib/mrms-links/mrms.toml
chmod 600 "$root/var/lib/mrms-links/mrms.toml"
start links
ready links http://127.0.0.1:20448
start portal
tries=0
until as mrms-portal mrms --home /var/lib/mrms-portal portal link > "$work/link" 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || fail "the portal gives no link: $(cat "$work/link" "$work/portal.log")"
    sleep 0.2
done
grep -q 'http://127.0.0.1:20445' "$work/link" || fail "the portal's link leads elsewhere"

say "use"
inside useradd --create-home --home-dir /srv/person person
person=(as person "MRMS_LEDGER_URL=http://127.0.0.1:20443" "MRMS_VAULT_URLS=http://127.0.0.1:20444" "MRMS_CONTRACT=$contract"
    "MRMS_SPONSOR_URL=http://127.0.0.1:20446" "MRMS_SPONSOR_VOUCHER=a-voucher-of-the-test-0001"
    mrms --home /srv/person/mrms --passphrase-file "$passphrase")
# The clinic pays for itself; a voucher is good for one account.
clinic=(as person "MRMS_LEDGER_URL=http://127.0.0.1:20443" "MRMS_VAULT_URLS=http://127.0.0.1:20444" "MRMS_CONTRACT=$contract"
    mrms --home /srv/person/mrms --passphrase-file "$passphrase" --profile clinic)
"${person[@]}" --profile patient init > /dev/null
made=$("${clinic[@]}" --json init)
reader=$(jq -r .principal <<< "$made")
as mrms-node mrms --home /var/lib/mrms-node node faucet "$reader" 100000000 > /dev/null
"${clinic[@]}" key publish > /dev/null
printf 'Haemoglobin 13.9 g/dL\n' > "$root/srv/person/note.txt"
id=$("${person[@]}" --profile patient --json create /srv/person/note.txt | jq -r .record_id)
"${person[@]}" --profile patient --yes grant "$id" "$reader" --for 30d > /dev/null
[ "$("${clinic[@]}" access "$id" -o -)" = 'Haemoglobin 13.9 g/dL' ] || fail "the clinic does not read the record"
"${person[@]}" --profile patient audit "$id" --verify > /dev/null
# A link that the packaged host answers, of a patient whose fees the sponsor pays, opened by a viewer.
install -m 600 -o "$(inside id -u person)" "$root/etc/mrms/links.deposit-key" "$root/srv/person/deposit.key"
link=$("${person[@]}" --profile patient --yes --json link create "$id" --for 1d --passcode \
    --host http://127.0.0.1:20448 --host-key-file /srv/person/deposit.key)
jq -r .passcode <<< "$link" > "$root/srv/person/passcode"
# opened FOLDER: what the link gives, as somebody gets it who has only its text and passcode.
opened() {
    "${clinic[@]}" open "$(jq -r .text <<< "$link")" --recipient 'Clinic Nord' --passcode-file /srv/person/passcode \
        -o "/srv/person/$1" > /dev/null
    grep -q 'Haemoglobin 13.9' "$root/srv/person/$1"/*.txt || fail "the link does not give the record"
}
echo 0000 > "$root/srv/person/wrong"
if "${clinic[@]}" open "$(jq -r .text <<< "$link")" --passcode-file /srv/person/wrong > /dev/null 2>&1; then
    fail "a wrong passcode opens the link"
fi
opened linked
"${person[@]}" --profile patient --json who | jq -es 'any(.[]; .said_to_be == "Clinic Nord")' > /dev/null \
    || fail "the patient does not see who used the link"
# The index has what the packaged node told it: the whole history, with its transactions.
trail() { "${person[@]}" --profile patient --ledger "$1" --json audit "$id" | jq -cs 'map([.action, .txid])'; }
[ "$(trail http://127.0.0.1:20450)" = "$(trail http://127.0.0.1:20443)" ] || fail "index and node tell different histories"
"${person[@]}" --profile patient --ledger http://127.0.0.1:20450 --json doctor \
    | jq -es 'any(.[]; .check == "index" and .ok)' > /dev/null || fail "doctor does not know the index"
for service in links index; do
    # shellcheck disable=SC2046 # one variable and its value
    as "mrms-$service" $([ $service = index ] || echo "MRMS_LEDGER_URL=http://127.0.0.1:20443" "MRMS_CONTRACT=$contract") \
        mrms --home "/var/lib/mrms-$service" --json doctor > "$work/doctor" \
        || fail "doctor finds trouble at mrms-$service: $(cat "$work/doctor")"
    jq -es --arg check "$service" 'any(.[]; .check == $check and .ok)' "$work/doctor" > /dev/null \
        || fail "doctor does not know the service of mrms-$service: $(cat "$work/doctor")"
done
for service in node:20443 vault:20444 sponsor:20446 links:20448 index:20450; do
    exec 3<> "/dev/tcp/127.0.0.1/${service#*:}"
    printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    sed '1,/^\r*$/d' <&3 | tr -d '\r' > "$work/${service%:*}.metrics"
    exec 3>&-
    grep -v '^[0-9a-f]*$' "$work/${service%:*}.metrics" | promtool check metrics \
        || fail "promtool finds the figures of ${service%:*} wrong"
done
# Each figure that an alert or a panel asks for is told by one of the services.
named=$({ jq -r '.panels[].targets[]?.expr' packaging/grafana/mrms.json; grep 'expr:' packaging/prometheus/mrms.rules.yml; } \
    | grep -oE '(mrms|process)_[a-z_]+' | sort -u)
grep -q '^mrms_links_openings_total{what="manifest"} 1' "$work/links.metrics" || fail "the opening was not counted"
grep -q '^mrms_index_blocks_total{outcome="added"} [1-9]' "$work/index.metrics" || fail "the node told the index of no block"
grep -q '^mrms_index_behind_blocks 0' "$work/index.metrics" || fail "the index is behind"
told=$(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$work"/*.metrics | sort -u)
for figure in $named; do
    grep -qx "$figure\|${figure%_bucket}" <<< "$told" || fail "no service tells $figure"
done

say "upgrade"
for service in portal links sponsor vault node index; do stop "$service"; done
homes > "$work/homes.before"
inside dpkg -i "/opt/$now"
homes | diff "$work/homes.before" - || fail "the upgrade changed a home"
grep -q "^MRMS_CONTRACT=$contract" "$root/etc/mrms/vault.conf" || fail "the upgrade lost a setting"
as mrms-node mrms --home /var/lib/mrms-node node fsck > /dev/null
start index
start node
ready node http://127.0.0.1:20443
ready index http://127.0.0.1:20450
start vault
ready vault http://127.0.0.1:20444
start sponsor
ready sponsor http://127.0.0.1:20446
start links
ready links http://127.0.0.1:20448
[ "$("${clinic[@]}" access "$id" -o -)" = 'Haemoglobin 13.9 g/dL' ] || fail "the record is not read after the upgrade"
opened linked-after
for service in links sponsor vault node index; do stop "$service"; done

say "a backup of the link host"
links=(as mrms-links mrms --passphrase-file "$passphrase")
"${links[@]}" --home /var/lib/mrms-links backup /tmp/links.backup --passphrase > /dev/null
"${links[@]}" --home /tmp/links-restored restore /tmp/links.backup > /dev/null
hosted() { (cd "$root/$1/links" && find . -type f ! -name '*lock' -print0 | sort -z | xargs -0 sha256sum); }
hosted var/lib/mrms-links | diff - <(hosted tmp/links-restored) || fail "the restored host has other links"
hosted tmp/links-restored | grep '\.jwe$' > /dev/null || fail "the restored host has no sealed file"

say "remove, purge"
homes > "$work/homes.before"
inside dpkg --remove mrms
[ ! -e "$root/usr/bin/mrms" ] || fail "the program is still there"
homes | diff "$work/homes.before" - || fail "removing changed a home"
[ -e "$root/etc/mrms/vault.conf" ] || fail "removing took the settings"
inside dpkg --purge mrms | tee "$work/purge"
homes | diff "$work/homes.before" - || fail "purging changed a home"
for service in node links index; do
    grep -q "/var/lib/mrms-$service stays" "$work/purge" || fail "purging did not say that the home of mrms-$service stays"
done
[ -e "$root/etc/mrms/links.deposit-key" ] || fail "purging took the key that an administrator put there"
[ ! -e "$root/etc/mrms/vault.conf" ] || fail "purging left settings"

say "the archive, and the container's root"
mkdir "$work/tar" "$work/container"
tar -C "$work/tar" -xf "$work"/first/mrms-*-linux-*.tar.gz
"$work"/tar/*/bin/mrms --version
tar -C "$work/container" -xf "$work"/first/mrms-*-container-*.tar.gz
if command -v buildah > /dev/null; then
    (cd "$work/container" && buildah --storage-driver vfs --root "$work/images" --runroot "$work/images-run" \
        bud --quiet --isolation chroot --format docker --tag mrms . > /dev/null) || fail "the image cannot be built"
fi
mkdir "$work/container/image"
tar -C "$work/container/image" -xf "$work/container/root.tar"
install -m 644 "$root$passphrase" "$work/container/image/passphrase"
export MRMS_WORK_FACTOR=10
chroot --userspec=65532:65532 "$work/container/image" /usr/bin/mrms --version
chroot --userspec=65532:65532 "$work/container/image" /usr/bin/mrms --home /var/lib/mrms --passphrase-file /passphrase init > /dev/null
MRMS_HOME=/var/lib/mrms chroot --userspec=65532:65532 "$work/container/image" /usr/bin/mrms up --log json > "$work/up.out" 2> "$work/up.log" &
pids[up]=$!
tries=0
until chroot --userspec=65532:65532 "$work/container/image" /usr/bin/mrms doctor --service http://127.0.0.1:20443 > "$work/up.ready" 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 150 ] || fail "the container's program is not ready: $(cat "$work/up.log" "$work/up.ready")"
    sleep 0.2
done
stop up

printf '\nthe packages hold: installed, started, used, upgraded, removed, purged; homes stay\n'
