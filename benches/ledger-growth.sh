#!/usr/bin/env bash
# What a ledger costs as it grows: benches/ledger-growth.sh [SMALL [LARGE]], in accesses; 100000 and 1000000 take some minutes.
#
# Prints processor time, time and peak memory of start, audit, fsck, scrub, export and copy for both, and their ratios.
set -euo pipefail
cd "$(dirname "$0")/.."

MRMS_GROWTH_SIZES="${1:-10000} ${2:-100000}" cargo bench --locked -p mrms-node --bench growth
