# What there is to do; `just` alone lists it. Logic is in the programs that are called.
_list:
    @just --list --unsorted

# the whole life of a record, each step checked
demo *file:
    cargo run --release --locked -- demo {{ file }}

# every test, with what the tests need
test:
    ./test.sh

# what must hold before a commit: formatting, tests, clippy
check:
    .ci/run

# format the Rust sources
format:
    cargo fmt --all

# the contract alone: types, tests under Clarity 2 to 6, coverage
contract:
    cd clarity && npm ci && npm test

# write clarity/COSTS.md anew
costs:
    cd clarity && npm run costs

# how fast: sealing and opening, durable calls
bench:
    cargo bench --locked -p mrms-crypto -p mrms-node

# licences, sources and banned crates (needs cargo-deny)
deny:
    cargo deny check bans licenses sources

# a Debian package, an archive, a container's files; bill of materials and sums
packages:
    packaging/build.sh

# the packages through their life on a clean Debian, as root
test-packages:
    packaging/test.sh

# what commands cost with years of records
years:
    benches/years-of-records.sh

# the documentation of the crates
doc:
    cargo doc --workspace --no-deps --locked
