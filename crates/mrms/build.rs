//! Tests start this program some twenty thousand times. A program that may lie anywhere in memory has 380,000 addresses put right at
//! each start, which takes longer than most commands; so a debug build on Linux lies at a fixed place. What is shipped does not.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if is("PROFILE", "debug")
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
    {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
