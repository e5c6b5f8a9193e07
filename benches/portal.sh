#!/usr/bin/env bash
# How long the portal's pages take with 10,000 records and 100,000 log entries, which are made in the process that serves
# them: the first time, the 95th percentile, processor time and memory. Takes some minutes, most of them to make the log.
#
#     benches/portal.sh [RECORDS] [ENTRIES]
set -euo pipefail
cd "$(dirname "$0")/.."
export MRMS_BENCH_RECORDS="${1:-10000}" MRMS_BENCH_ENTRIES="${2:-100000}"
cargo bench --quiet -p mrms --bench portal_pages
