#!/usr/bin/env bash
# How long a person waits for `mrms access`: a process from cold, a small record, the profile
# unlocked by the key agent, until the content is in its file.
#
#     benches/access-latency.sh [RUNS]          50 runs when left out; the target is 150 ms
#
# Builds what is shipped (profile dist) unless MRMS_BIN names a binary. Needs python3 for the clock. The other half,
# durable accesses a second inside one process, is measured by: cargo bench -p mrms-node
set -euo pipefail
cd "$(dirname "$0")/.."
runs="${1:-50}"
mrms="${MRMS_BIN:-}"
if [ -z "$mrms" ]; then
    cargo build --profile dist --quiet -p mrms
    mrms="${CARGO_TARGET_DIR:-$PWD/target}/dist/mrms"
fi

folder="$(mktemp -d)"
export MRMS_HOME="$folder/home" XDG_RUNTIME_DIR="$folder" MRMS_PROFILE=bench MRMS_WORK_FACTOR=10
trap '"$mrms" key lock >/dev/null 2>&1; rm -rf "$folder"' EXIT
(umask 077 && head -c 24 /dev/urandom | base64 >"$folder/passphrase")
head -c 2000 /dev/urandom >"$folder/note.bin"
"$mrms" --passphrase-file "$folder/passphrase" init >/dev/null
"$mrms" --passphrase-file "$folder/passphrase" create "$folder/note.bin" --id 1 >/dev/null
"$mrms" --passphrase-file "$folder/passphrase" key unlock --for 15m >/dev/null

python3 - "$mrms" "$folder/opened" "$runs" <<'PYTHON'
import statistics, subprocess, sys, time

mrms, output, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
line = [mrms, "access", "1", "-o", output, "--force"]
took = []
for _ in range(runs + 3):
    began = time.perf_counter()
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
    took.append((time.perf_counter() - began) * 1000)
took = sorted(took[3:])  # The first three warm the disk's cache.
p95 = took[max(0, -(-len(took) * 95 // 100) - 1)]
print(f"mrms access, {runs} processes: median {statistics.median(took):.0f} ms, "
      f"95th percentile {p95:.0f} ms, fastest {took[0]:.0f} ms, slowest {took[-1]:.0f} ms")
sys.exit(0 if p95 < 150 else 1)
PYTHON
