#!/usr/bin/env bash
# Breaks a ledger's files, process and peers at random, one seed after the other: tests/simulation.sh [SEED [SECONDS]]
#
# Each of the simulations runs for SECONDS (600 by default), side by side. A failure prints the seed: the same seed
# gives the same faults of the disk again. Build it with PROFILE=--release to hold the times of answers to their promise.
# Failing syncs need strace.
set -euo pipefail
cd "$(dirname "$0")/.."

export MRMS_SIMULATION_SEED=${1:-$RANDOM} MRMS_SIMULATION_SECONDS=${2:-600}
printf 'simulation from seed %s, for %s seconds\n' "$MRMS_SIMULATION_SEED" "$MRMS_SIMULATION_SECONDS"
# shellcheck disable=SC2086 # none or one option
cargo test ${PROFILE:-} --locked -p mrms-node --test it simulation:: -- --nocapture
