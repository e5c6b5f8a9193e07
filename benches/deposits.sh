#!/usr/bin/env bash
# How fast keys get to those who read everything: a new reader of all records, and a new version for all readers.
#
#     benches/deposits.sh [RECORDS [READERS]]      1000 and 20 when left out
#
# The bars: a new reader is served with more than 300 deposits a second on 2 cores, and a new version costs less than 50 ms of
# processor time for 20 readers, beyond what it costs without any. One home, whose own vault keeps the shares in the same
# process: both sides of each deposit are in the number. Builds the program with profile release unless MRMS_BIN names a
# binary. Needs python3 for the clock.
set -euo pipefail
cd "$(dirname "$0")/.."
records="${1:-1000}" readers="${2:-20}"
mrms="${MRMS_BIN:-}"
if [ -z "$mrms" ]; then
    cargo build --release --locked --quiet -p mrms
    mrms="${CARGO_TARGET_DIR:-$PWD/target}/release/mrms"
fi
folder="$(mktemp -d)"
export MRMS_HOME="$folder/home" XDG_RUNTIME_DIR="$folder" MRMS_WORK_FACTOR=10
trap '"$mrms" --profile patient key lock > /dev/null 2>&1 || true; rm -rf "$folder"' EXIT
(umask 077 && head -c 24 /dev/urandom | base64 > "$folder/passphrase")
python3 - "$mrms" "$folder" "$records" "$readers" <<'PYTHON'
import json, os, resource, subprocess, sys, time

mrms, folder, records, readers = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def run(profile, *line):
    """Runs a command; returns what it printed, its seconds, and its processor seconds with all its threads."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    line = [mrms, "--profile", profile, "--passphrase-file", folder + "/passphrase", "--json", *line]
    out = subprocess.run(line, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    rows = [json.loads(row) for row in out.decode().splitlines()]
    return rows, took, spent


accounts = []
for name in ["patient", "alone"] + [f"reader-{number}" for number in range(readers)]:
    row = run(name, "init")[0][0]
    if name.startswith("reader"):
        accounts.append(row["principal"])
os.mkdir(folder + "/files")
for number in range(records):
    with open(f"{folder}/files/{number}.txt", "w") as file:
        file.write(f"Result {number}: 4.1 mmol/l, within range.\n")
_, took, _ = run("patient", "create", folder + "/files")
run("alone", "create", folder + "/files")
print(f"{records} records, put on record at {records / took:.0f} a second")
for number, account in enumerate(accounts):
    (row,), took, spent = run("patient", "grant", "--all-records", "--to", account, "--forever")
    left = row["keys_left"]
    if number in (0, readers - 1):
        print(f"reader {number + 1} of {readers}: {left} deposits, {left / took:.0f} a second, "
              f"{spent * 1000 / max(left, 1):.2f} ms of processor time each")


def amended(profile):
    """The least processor time of a new version, of seven."""
    spent = []
    for number in range(7):
        with open(folder + "/version", "w") as file:
            file.write(f"Corrected {number}\n")
        spent.append(run(profile, "amend", "1", folder + "/version")[2])
    return min(spent) * 1000


alone, shared = amended("alone"), amended("patient")
print(f"a new version: {shared:.0f} ms of processor time with {readers} readers of everything and {records} records, "
      f"{alone:.0f} ms with as many records and nobody, {shared - alone:.0f} ms for the readers")
PYTHON
