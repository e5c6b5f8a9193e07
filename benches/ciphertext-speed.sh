#!/usr/bin/env bash
# How fast ciphertext is stored and fetched, beside plain files on the same disk: in the store of a
# home folder, and through a vault over loopback with the memory that it takes.
#
#     benches/ciphertext-speed.sh [MEBIBYTES]     1024 when left out
#
# The targets: more than half of the disk's own speed, and less than 64 MiB.
set -euo pipefail
cd "$(dirname "$0")/.."
export MRMS_BENCH_MEBIBYTES="${1:-1024}"
cargo bench --quiet --locked -p mrms-store --bench store_speed
cargo bench --quiet --locked -p mrms-vault --bench vault_transfer
