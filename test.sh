#!/usr/bin/env bash
# Installs what the tests need and runs them all. From a fresh clone: ./test.sh
#
# Needs cargo, and node, npm, python3 with venv, age, xz, strace and chromium or the right to install them (Debian, root). After the
# installs nothing reaches for the internet. MRMS_CORPUS may name a folder of sample records, on
# which the tests then run as well.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n== %s (after %d min %02d s)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }

install() { # PROGRAM DEBIAN-PACKAGE...
    command -v "$1" >/dev/null && return
    say "installing ${*:2}"
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${@:2}"
}

install node nodejs npm
install age age
install chromium chromium
install xz xz-utils
install strace strace
python3 -c 'import ensurepip, venv' 2>/dev/null || install python-of-tests python3 python3-venv

say 'npm packages of the contract and of the clients that we did not write'
for folder in clarity tests/clients tests/portal; do
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
done

say "Python packages: FHIR clients that we did not write"
mkdir -p target
[ -x target/fhir-python/bin/python ] || python3 -m venv target/fhir-python
target/fhir-python/bin/pip install --quiet --disable-pip-version-check -r tests/clients/requirements.txt
export MRMS_FHIR_PYTHON="$PWD/target/fhir-python/bin/python"

# From here on a client that is missing is a failure, not a reason to skip.
export MRMS_REQUIRE_CLIENTS=1

say 'cases for the transaction codec, made by @stacks/transactions'
mkdir -p target
export MRMS_STACKS_CASES="$PWD/target/stacks-cases.json"
node tests/clients/stacks-cases.mjs "$MRMS_STACKS_CASES"

say 'random lives on the simulated network, for the embedded ledger to repeat'
export MRMS_DIFFERENTIAL_TRACE="$PWD/target/differential.jsonl"
node clarity/differential/trace.mjs "$MRMS_DIFFERENTIAL_TRACE"

say 'Rust: unit, property and end-to-end tests'
# The end-to-end ones wait for disks and for each other's processes more than they compute.
RUST_TEST_THREADS=$(($(nproc) * 2))
# Half a minute of each simulation, always from the same seed: tests/simulation.sh goes on with others.
MRMS_SIMULATION_SECONDS=30
MRMS_SIMULATION_SEED=1
export RUST_TEST_THREADS MRMS_SIMULATION_SECONDS MRMS_SIMULATION_SEED
cargo test --workspace --locked

say 'clients that we did not write, against the mrms binary'
export MRMS_BIN="$PWD/target/debug/mrms"
(cd tests/clients && npm test --silent)

say 'the portal in a browser'
(cd tests/portal && MRMS_CHROMIUM="$(command -v chromium)" npm test --silent)

say 'the contract under every Clarity version in use'
(cd clarity && npm test --silent)

say 'all tests passed'
