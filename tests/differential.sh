#!/usr/bin/env bash
# Compares the embedded ledger with the simulated network for long, one random trace after the
# other: tests/differential.sh [MILLIONS [FIRST-SEED]]
#
# A million steps (the default) take hours. JOBS sets how many traces are worked on at once, STEPS
# how long each is. The first difference stops it; that trace is kept, and its name told. Needs what
# ./test.sh installs.
set -euo pipefail
cd "$(dirname "$0")/.."

export STEPS=${STEPS:-5000}
jobs=${JOBS:-$(nproc)}
first=${2:-1}
traces=$(awk -v millions="${1:-1}" -v steps="$STEPS" \
    'BEGIN { n = millions * 1000000 / steps; print (n == int(n)) ? n : int(n) + 1 }')

REPLAY=$(cargo test --locked -p mrms --test it --no-run --message-format=json |
    grep -o '"executable":"[^"]*/it-[^"]*"' | cut -d '"' -f 4)
export REPLAY
FOLDER=$(mktemp -d)
export FOLDER

one() { # SEED
    local trace=$FOLDER/$1.jsonl log=$FOLDER/$1.log
    if node clarity/differential/trace.mjs "$trace" --seed "$1" --steps "$STEPS" >"$log" 2>&1 &&
        MRMS_DIFFERENTIAL_TRACE=$trace "$REPLAY" differential:: --nocapture >"$log" 2>&1; then
        grep '^seed' "$log"
        rm "$trace" "$log"
    else
        cat "$log"
        printf 'seed %s failed; its trace: %s\n' "$1" "$trace"
        return 255 # which stops xargs
    fi
}
export -f one

seq "$first" "$((first + traces - 1))" | xargs -P "$jobs" -I SEED bash -c 'one SEED'
rmdir "$FOLDER"
printf 'no difference in %s traces of %s steps\n' "$traces" "$STEPS"
