//! What `mrms` alone, `init`, `backup`, `restore`, `doctor` and `demo` print.

use std::path::Path;

use mrms_core::{ContractId, StandardPrincipal};
use mrms_home::backup::archive;
use serde::Serialize;

/// No command was given.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NoCommand {
    /// That no command was given.
    pub(crate) message: &'static str,
    /// The command that lists all commands.
    pub(crate) hint: &'static str,
}

/// The profile that was made. `key recover` and `key join` print this where the home knows no
/// contract, so that nobody can tell which records there are.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MadeProfile<'a> {
    /// The profile's name.
    pub(crate) profile: &'a str,
    /// Its principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// Its recipient, `age1pq1…`: what keys are wrapped to.
    pub(crate) recipient: &'a str,
    /// The records contract that the home works with, `ADDRESS.NAME`; null when it knows none.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) contract_id: Option<&'a ContractId>,
    /// The home folder.
    pub(crate) home: &'a Path,
}

/// What a backup holds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Backup<'a> {
    /// When it was made, RFC 3339 in UTC.
    pub(crate) made: &'a str,
    /// Version of the program that made it.
    pub(crate) software: &'a str,
    /// The profiles whose keystores are in it.
    pub(crate) profiles: Vec<BackedUpProfile<'a>>,
    /// The ledger that is in it; null for a home that works with a ledger elsewhere.
    pub(crate) ledger: Option<BackedUpLedger<'a>>,
    /// How many files it has.
    pub(crate) files: usize,
    /// Length of all its files in bytes, unencrypted.
    pub(crate) content_bytes: u64,
    /// Folders of the home that were left out on purpose.
    pub(crate) left_out: &'a [String],
}

/// A profile in a backup.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct BackedUpProfile<'a> {
    /// The profile's name.
    name: &'a str,
    /// Its principal.
    principal: &'a str,
}

/// The ledger in a backup.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct BackedUpLedger<'a> {
    /// Hash of block 0, which names the ledger, with `0x`.
    genesis: &'a str,
    /// Height of the newest block.
    block_height: u32,
    /// Hash of the newest block, with `0x`.
    tip: &'a str,
}

impl<'a> From<&'a archive::ListedProfile> for BackedUpProfile<'a> {
    fn from(profile: &'a archive::ListedProfile) -> Self {
        Self { name: &profile.name, principal: &profile.principal }
    }
}

impl<'a> From<&'a archive::ListedLedger> for BackedUpLedger<'a> {
    fn from(ledger: &'a archive::ListedLedger) -> Self {
        let archive::ListedLedger { genesis, block_height, tip } = ledger;
        Self { genesis, block_height: *block_height, tip }
    }
}

/// The backup that was written.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WrittenBackup<'a> {
    #[serde(flatten)]
    pub(crate) backup: Backup<'a>,
    /// The file that was written.
    pub(crate) output: &'a Path,
    /// Length of the file in bytes.
    pub(crate) bytes: u64,
    /// Its number in its folder, from 1; null without `--incremental`.
    pub(crate) part: Option<usize>,
    /// Whether it has everything, and needs no backup before it.
    pub(crate) whole: bool,
}

/// The backup is whole.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct VerifiedBackup<'a> {
    #[serde(flatten)]
    pub(crate) backup: Backup<'a>,
    /// Always true: what does not hold is an error.
    pub(crate) intact: bool,
    /// How many backups were read in the folder; null for a file.
    pub(crate) parts: Option<usize>,
}

/// The home that was made of a backup.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RestoredHome<'a> {
    #[serde(flatten)]
    pub(crate) backup: Backup<'a>,
    /// The home folder.
    pub(crate) home: &'a Path,
}

/// A check of this installation; a line each. Where one found trouble, an error (exit code 1) follows
/// on a line of its own.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Check<'a> {
    /// What was checked.
    pub(crate) check: &'a str,
    /// Whether it is in order.
    pub(crate) ok: bool,
    /// What was found, in words.
    pub(crate) message: &'a str,
    /// How to mend it; null where it is in order.
    pub(crate) hint: Option<&'a str>,
}

/// What `--fix` mended, or could not; a line each, before the checks.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Mended<'a> {
    /// The file or folder.
    pub(crate) path: &'a Path,
    /// What was wrong, and what is done about it, in words.
    pub(crate) what: &'a str,
    /// Whether it is mended now; false in a dry run.
    pub(crate) mended: bool,
    /// Why it could not be mended; null where it was, and in a dry run.
    pub(crate) trouble: Option<String>,
}

/// A step of the demonstration, which held; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct DemoStep<'a> {
    /// Who does what; empty where a line goes on with the step before.
    pub(crate) step: &'a str,
    /// What came of it.
    pub(crate) result: &'a str,
}

/// The end of the demonstration.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct EndedDemo {
    /// Always true: what does not hold is an error.
    pub(crate) held: bool,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
}
