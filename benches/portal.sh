#!/usr/bin/env bash
# How long the portal's pages take with 10,000 records and 100,000 log entries: the first time, the 95th percentile, processor
# time, and the memory of serving them. Builds the program with profile release unless MRMS_BIN names a binary; needs Node 20.
#
#     benches/portal.sh [RECORDS [ENTRIES [PEOPLE]]]
#
# The home is made first, in a process of its own; MRMS_YEARS names a folder that keeps it for the next time, and for
# benches/years-of-records.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
folder="${MRMS_YEARS:-$work/years}"
if [ ! -d "$folder/home" ]; then
    cargo build --release --locked --quiet -p mrms-home --example years_of_records
    "${CARGO_TARGET_DIR:-$PWD/target}/release/examples/years_of_records" "$folder" "${1:-10000}" "${2:-100000}" "${3:-200}"
fi
mrms="${MRMS_BIN:-}"
if [ -z "$mrms" ]; then
    cargo build --release --locked --quiet -p mrms
    mrms="${CARGO_TARGET_DIR:-$PWD/target}/release/mrms"
fi
node benches/portal-pages.mjs "$mrms" "$folder"
