#!/usr/bin/env bash
# What commands cost in the home of somebody with years of records: processor time of a command, and for each line of it.
#
#     benches/years-of-records.sh [RECORDS [ENTRIES [PEOPLE]]]      10000, 100000 and 200 when left out
#
# The bar is 100 µs a line, and that ten times the records cost ten times the time: run it with 1000 10000 200, too. The home
# is made in one process, by an example of mrms-home; MRMS_YEARS names a folder that keeps it for the next time. Builds the
# program with profile release unless MRMS_BIN names a binary. Processor time: that of the process and its threads, user and
# system, which other work on the machine changes little.
set -euo pipefail
cd "$(dirname "$0")/.."
records="${1:-10000}" entries="${2:-100000}" people="${3:-200}"
mrms="${MRMS_BIN:-}"
if [ -z "$mrms" ]; then
    cargo build --release --locked --quiet -p mrms
    mrms="${CARGO_TARGET_DIR:-$PWD/target}/release/mrms"
fi
work="$(mktemp -d)"
folder="${MRMS_YEARS:-$work/years}"
trap '"$mrms" --home "$folder/home" key lock > /dev/null 2>&1 || true; rm -rf "$work"' EXIT
if [ ! -d "$folder/home" ]; then
    maker="${MRMS_YEARS_MAKER:-}"
    if [ -z "$maker" ]; then
        cargo build --release --locked --quiet -p mrms-home --example years_of_records
        maker="${CARGO_TARGET_DIR:-$PWD/target}/release/examples/years_of_records"
    fi
    "$maker" "$folder" "$records" "$entries" "$people"
fi
export MRMS_HOME="$folder/home" XDG_RUNTIME_DIR="$work" MRMS_PROFILE=patient
"$mrms" --passphrase-file "$folder/passphrase" key unlock --for 8h > /dev/null
# The first command after a change reads what it has no index of; the others are what a person waits for each day.
measure() {
    local name=$1
    shift
    local took lines
    TIMEFORMAT='%U %S'
    took=$({ time "$mrms" "$@" > "$work/out" 2> "$work/err" || echo "$name ended with $?" >&2; } 2>&1) || true
    lines=$(wc -l < "$work/out")
    awk -v name="$name" -v lines="$lines" -v took="$took" 'BEGIN {
        split(took, t, " "); s = t[1] + t[2]
        printf "%-24s %8d lines %9.2f s %9.0f µs a line  %s\n", name, lines, s, lines ? s * 1e6 / lines : 0, (took ~ /ended/ ? "FAILED" : "")
    }'
}
echo "$records records, $entries entries, $people people; processor time"
measure "list, the first time" --json list
measure "list" --json list
measure "list TEXT" --json list result-77
measure "shared, the first time" --json shared
measure "shared" --json shared
measure "who" --json who
measure "audit" --json audit
measure "audit --reconcile" audit --reconcile
measure "show" --json show 5
measure "doctor" --json doctor
measure "backup" --json backup "$work/home.mrms"
mkdir "$work/files"
for number in $(seq 1000); do echo "Another result: $number" > "$work/files/$number.txt"; done
TIMEFORMAT='%R'
took=$({ time "$mrms" --passphrase-file "$folder/passphrase" create "$work/files" > /dev/null; } 2>&1)
awk -v took="$took" 'BEGIN { printf "create of 1,000 files in one process: %.0f records a second\n", 1000 / took }'
mkdir "$work/given"
for number in $(seq 1000); do echo "A result from elsewhere: $number" > "$work/given/$number.txt"; done
took=$({ time "$mrms" --passphrase-file "$folder/passphrase" import "$work/given" > /dev/null; } 2>&1)
awk -v took="$took" 'BEGIN { printf "import of 1,000 files in one process: %.0f records a second\n", 1000 / took }'
