#!/usr/bin/env bash
# Builds what people install: a Debian package, an archive for other systems, a container's files, a bill of materials, and
# the sums of all of them.
#
#   packaging/build.sh [--binary FILE] [--version VERSION] [--out FOLDER] [deb|tar|container|sbom]...
#
# Without --binary it builds the program. Two runs on the same source, with the same compiler, in the same folder, give the
# same bytes: times are those of the newest commit, or of SOURCE_DATE_EPOCH. Needs binutils, dpkg-dev's dpkg-deb, jq and xz.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
umask 022
export LC_ALL=C TZ=UTC

binary='' version='' out=target/packages parts=()
while [ $# -gt 0 ]; do
    case "$1" in
        --binary) binary=$2; shift 2 ;;
        --version) version=$2; shift 2 ;;
        --out) out=$2; shift 2 ;;
        deb | tar | container | sbom) parts+=("$1"); shift ;;
        *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done
[ ${#parts[@]} -gt 0 ] || parts=(sbom deb tar container)

for program in readelf strip dpkg-deb jq xz gzip; do
    command -v "$program" > /dev/null || { echo "$program is missing" >&2; exit 1; }
done
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) || { echo "set SOURCE_DATE_EPOCH: this is no git checkout" >&2; exit 1; }
fi
export SOURCE_DATE_EPOCH
[ -n "$version" ] || version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
if [ -z "$binary" ]; then
    cargo build --profile dist --locked --package mrms
    binary=${CARGO_TARGET_DIR:-target}/dist/mrms
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
out=$(cd "$out" && pwd)
arch=$(dpkg --print-architecture)
machine=$(uname -m)
strip --strip-unneeded -o "$work/mrms" "$binary"
# The newest symbol of the C library that the program asks for says the oldest system on which it starts.
glibc=$(readelf --wide --dyn-syms "$work/mrms" | grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1 | sed s/GLIBC_//)

# Everything that describes the program, under a prefix: usr for a package, . for an archive.
describe() {
    local root=$1 doc=$2 page
    install -D -m 755 "$work/mrms" "$root/bin/mrms"
    mkdir -p "$root/share/man/man1"
    "$work/mrms" man -o "$root/share/man/man1" > /dev/null
    for page in "$root"/share/man/man1/*; do gzip -9n "$page"; done
    mkdir -p "$root/share/bash-completion/completions" "$root/share/zsh/vendor-completions" \
        "$root/share/fish/vendor_completions.d"
    "$work/mrms" completions bash > "$root/share/bash-completion/completions/mrms"
    "$work/mrms" completions zsh > "$root/share/zsh/vendor-completions/_mrms"
    "$work/mrms" completions fish > "$root/share/fish/vendor_completions.d/mrms.fish"
    install -d "$doc/examples/prometheus" "$doc/examples/grafana"
    install -m 644 README.md docs/*.md "$doc"
    install -m 644 CHANGELOG.md "$doc/changelog"
    gzip -9n "$doc/changelog"
    install -m 644 mrms.example.toml "$doc/examples"
    install -m 644 packaging/prometheus/mrms.rules.yml "$doc/examples/prometheus"
    install -m 644 packaging/grafana/mrms.json "$doc/examples/grafana"
    gzip -9nc "$work/sbom.cdx.json" > "$doc/sbom.cdx.json.gz"
    gzip -9nc "$work/third-party-licences.txt" > "$doc/third-party-licences.txt.gz"
}

# The bill of materials; and the notices of the libraries' licences, each text once.
sbom() {
    awk '/^name = /{n=$3} /^version = /{v=$3} /^checksum = /{gsub(/"/,"",n); gsub(/"/,"",v); print "\"" n " " v "\": " $3}' \
        Cargo.lock | paste -sd, | sed 's/.*/{&}/' > "$work/sums.json"
    cargo metadata --format-version 1 --locked --filter-platform "$machine-unknown-linux-gnu" > "$work/metadata.json"
    jq --slurpfile sums "$work/sums.json" --arg epoch "$SOURCE_DATE_EPOCH" --arg version "$version" \
        --arg cargo "$(cargo --version | cut -d' ' -f2)" '$sums[0] as $sums | '"$(cat packaging/sbom.jq)" \
        "$work/metadata.json" > "$work/sbom.cdx.json"
    jq -e --slurpfile bom "$work/sbom.cdx.json" -r '
        ($bom[0].components | map({key: "\(.name) \(.version)", value: true}) | from_entries) as $in
        | .packages[] | select(.source != null and $in["\(.name) \(.version)"])
        | "\(.name) \(.version)\t\(.license // "see its text")\t\(.manifest_path)"' \
        "$work/metadata.json" | sort > "$work/libraries"
    mkdir -p "$work/texts"
    local name licence manifest text sum
    while IFS=$'\t' read -r name licence manifest; do
        for text in "$(dirname "$manifest")"/{LICEN[CS]E,COPYING,NOTICE,UNLICENSE,COPYRIGHT}*; do
            [ -f "$text" ] || continue
            sum=$(sha256sum < "$text" | cut -c1-64)
            [ -e "$work/texts/$sum" ] || cp "$text" "$work/texts/$sum"
            echo "$name" >> "$work/texts/$sum.of"
        done
    done < "$work/libraries"
    {
        echo "Libraries of others that are part of mrms $version, with their licences."
        echo
        cut -f1,2 "$work/libraries" | tr '\t' ' '
        for text in "$work"/texts/*.of; do
            printf '\n%s\n' "------------------------------------------------------------------------"
            sort -u "$text"
            echo
            cat "${text%.of}"
        done
    } > "$work/third-party-licences.txt"
    cp "$work/sbom.cdx.json" "$out/mrms-$version.cdx.json"
}

deb() {
    local stage=$work/deb unit
    describe "$stage/usr" "$stage/usr/share/doc/mrms"
    install -m 644 packaging/deb/copyright "$stage/usr/share/doc/mrms"
    for unit in packaging/systemd/mrms-*.service; do
        install -D -m 644 "$unit" "$stage/usr/lib/systemd/system/$(basename "$unit")"
    done
    install -D -m 644 packaging/systemd/user-mrms-portal.service "$stage/usr/lib/systemd/user/mrms-portal.service"
    install -D -m 644 packaging/systemd/sysusers.conf "$stage/usr/lib/sysusers.d/mrms.conf"
    install -D -m 644 packaging/systemd/tmpfiles.conf "$stage/usr/lib/tmpfiles.d/mrms.conf"
    install -d "$stage/etc/mrms" "$stage/DEBIAN"
    install -m 644 packaging/etc/*.conf "$stage/etc/mrms"
    (cd "$stage" && find etc -type f | sort | sed 's,^,/,') > "$stage/DEBIAN/conffiles"
    install -m 755 packaging/deb/postinst packaging/deb/prerm packaging/deb/postrm "$stage/DEBIAN"
    (cd "$stage" && find usr -type f -print0 | sort -z | xargs -0 md5sum) > "$stage/DEBIAN/md5sums"
    sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@GLIBC@/$glibc/" \
        -e "s/@SIZE@/$(find "$stage" -type f -printf '%s\n' | awk '{n += $1} END {print int(n / 1024) + 1}')/" \
        -e "s/@MAINTAINER@/${MRMS_MAINTAINER:-MRMS maintainers <maintainers@mrms.invalid>}/" \
        packaging/deb/control.in > "$stage/DEBIAN/control"
    find "$stage" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
    dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$stage" "$out/mrms_${version}_$arch.deb" > /dev/null
}

# A tar with the same bytes each time.
packed() {
    tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=gnu "$@"
}

archive() {
    local name=mrms-$version-linux-$machine stage=$work/tar
    describe "$stage/$name" "$stage/$name/share/doc/mrms"
    install -m 644 LICENSE "$stage/$name"
    install -d "$stage/$name/share/mrms"
    cp -R packaging/systemd packaging/etc "$stage/$name/share/mrms"
    local systems="glibc $glibc or newer"
    if [ "$glibc" = 2.35 ]; then
        systems='glibc 2.35 or newer: Debian 12, Ubuntu 22.04, Red Hat Enterprise Linux 10, Fedora 36, or later ones'
    fi
    sed -e "s/@VERSION@/$version/" -e "s/@SYSTEMS@/$systems/" packaging/INSTALL.in > "$stage/$name/INSTALL"
    packed -C "$stage" -cf - "$name" | gzip -9n > "$out/$name.tar.gz"
}

container() {
    local stage=$work/container root=$work/container/root library
    mkdir -p "$root/etc/ssl/certs" "$root/tmp" "$work/volume/var/lib/mrms"
    install -D -m 755 "$work/mrms" "$root/usr/bin/mrms"
    # The libraries that the program loads, at the paths where it looks for them.
    ldd "$work/mrms" | grep -o '/[^ ]*' | sort -u | while read -r library; do
        install -D -m 755 "$(realpath "$library")" "$root$library"
    done
    install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs"
    printf 'root:x:0:0:root:/:/sbin/nologin\nmrms:x:65532:65532:MRMS:/var/lib/mrms:/sbin/nologin\n' > "$root/etc/passwd"
    printf 'root:x:0:\nmrms:x:65532:\n' > "$root/etc/group"
    echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
    chmod 1777 "$root/tmp"
    chmod 700 "$work/volume/var/lib/mrms"
    packed -C "$root" -cf "$stage/root.tar" .
    tar --mtime="@$SOURCE_DATE_EPOCH" --owner=65532 --group=65532 --numeric-owner --format=gnu \
        -C "$work/volume" -rf "$stage/root.tar" ./var/lib/mrms
    rm -r "$root"
    cp packaging/container/Containerfile "$stage"
    packed -C "$stage" -cf - . | gzip -9n > "$out/mrms-$version-container-$machine.tar.gz"
}

sbom
for part in "${parts[@]}"; do
    case "$part" in
        deb) deb ;;
        tar) archive ;;
        container) container ;;
        sbom) ;; # is made in any case: packages have it inside
    esac
done
(cd "$out" && sha256sum mrms[-_]"$version"* > "SHA256SUMS-$version")
echo "in $out, for systems with glibc $glibc or newer:"
(cd "$out" && ls -l --time-style=+ mrms[-_]"$version"* | awk '{print "  " $5 "\t" $6}')
