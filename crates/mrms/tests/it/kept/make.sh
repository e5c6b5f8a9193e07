#!/usr/bin/env bash
# Makes a small home with a program of this release, and packs it beside this file. The test kept_homes opens it with every
# later program.
#
#     crates/mrms/tests/it/kept/make.sh PROGRAM
#
# Make one for each release, before it is tagged, and keep those of earlier ones.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mrms=$(realpath "$1")
release=$("$mrms" --version | cut -d' ' -f2)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export MRMS_HOME=$work/home MRMS_PASSPHRASE_FILE=$work/passphrase MRMS_WORK_FACTOR=10 XDG_RUNTIME_DIR=$work
(umask 077 && echo 'seventeen green lanterns over the harbour' > "$MRMS_PASSPHRASE_FILE")
cd "$work"
"$mrms" --profile patient init > /dev/null
"$mrms" --profile clinic --json init > /dev/null
"$mrms" --profile clinic card set --name 'Clinic North' --kind practice > /dev/null
"$mrms" --profile clinic card show -o "$work/clinic.card" > /dev/null
"$mrms" --profile patient people add "$work/clinic.card" --name 'Clinic North' --yes > /dev/null
echo 'Potassium 4.1 mmol/l, within range.' > note.txt
"$mrms" --profile patient create note.txt --label 'Blood test, May' > /dev/null
echo 'Potassium 4.2 mmol/l (corrected).' > note.txt
"$mrms" --profile patient amend 1 note.txt --label 'Blood test, June' > /dev/null
echo 'This lies with the vault, and can be erased.' > letter.txt
"$mrms" --profile patient create letter.txt --erasable > /dev/null
"$mrms" --profile patient --yes grant 1-2 --to 'Clinic North' --forever > /dev/null
"$mrms" --profile clinic access 'Blood test, June' -o opened.txt > /dev/null
cmp note.txt opened.txt
"$mrms" --profile patient --json list > /dev/null
if "$mrms" --profile clinic amend 'Blood test, June' letter.txt > /dev/null 2>&1; then exit 1; fi
# Room that the ledger keeps free; it is made again.
rm -f home/ledger/spare-room
tar --sort=name --owner=0 --group=0 --numeric-owner -C "$work" -cf - home | xz -9e > "$here/home-$release.tar.xz"
ls -l "$here/home-$release.tar.xz"
