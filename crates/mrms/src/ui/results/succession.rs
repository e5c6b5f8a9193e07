//! What `hand-over` prints.

use std::path::Path;

use mrms_core::Principal;
use serde::Serialize;

/// What a patient has offered to a successor.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OfferedHandOver<'a> {
    /// Principal of the successor.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) to: &'a Principal,
    /// The person's own name for them; null when there is none.
    pub(crate) to_name: Option<&'a str>,
    /// How far it is.
    pub(crate) step: HandOverStep,
    /// The text for the successor, with the keys sealed to them.
    pub(crate) text: &'a str,
    /// The file that has it, as it was named; null without `-o`.
    pub(crate) file: Option<&'a Path>,
    /// Whether the person's people and memory of grants are in it; they are not where they are too many.
    pub(crate) with_memory: bool,
}

/// How far a handing over is.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum HandOverStep {
    /// It was offered just now.
    Offered,
    /// It was offered before.
    OfferedBefore,
    /// The successor has accepted.
    Accepted,
}

/// An offer that was taken back.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WithdrawnHandOver<'a> {
    /// Principal of who was to be the successor.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) to: &'a Principal,
    /// The person's own name for them; null when there is none.
    pub(crate) to_name: Option<&'a str>,
    /// Whether a program of this profile made the offer, or the person said that it was they; if not, somebody has the words.
    pub(crate) made_here: bool,
}

/// That what was offered or handed over elsewhere was the person.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OffersWereMine<'a> {
    /// How many offers are told no more.
    pub(crate) offers: usize,
    /// Principal of who took over, if that is told no more; null when nobody did.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) handed_over_to: Option<&'a Principal>,
}

/// What the successor has now.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TakenOver<'a> {
    /// Principal of who was the patient.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) from: &'a Principal,
    /// The person's own name for them; null when there is none.
    pub(crate) from_name: Option<&'a str>,
    /// How many records there are.
    pub(crate) records: usize,
    /// Everybody who could open records or act for the patient.
    pub(crate) reviewed: Vec<Reviewed<'a>>,
    /// Whether this account was the patient already.
    pub(crate) before: bool,
}

/// Somebody who could open records or act for the patient.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Reviewed<'a> {
    /// Their principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) who: &'a Principal,
    /// The person's own name for them; null when there is none.
    pub(crate) who_name: Option<&'a str>,
    /// Whether that goes on.
    pub(crate) kept: bool,
}

/// What this profile has offered, handed over or taken over.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShownHandOver<'a> {
    /// Principal of who is the patient in this account's place now; null when nobody is.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) handed_over_to: Option<&'a Principal>,
    /// The person's own name for them; null when there is none.
    pub(crate) handed_over_to_name: Option<&'a str>,
    /// When this account's time as the patient ended, estimated, RFC 3339 in UTC; null when it did not.
    pub(crate) handed_over_at: Option<String>,
    /// Principal of who is offered everything and has not accepted; null when nobody is.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) offered_to: Option<&'a Principal>,
    /// The person's own name for them; null when there is none.
    pub(crate) offered_to_name: Option<&'a str>,
    /// Principals of who was the patient before this account, the first of the line first.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) took_over_from: Vec<&'a Principal>,
    /// Every offer of everything that this account made, by whatever program, the oldest first.
    pub(crate) offers: Vec<PastHandOverOffer<'a>>,
}

/// An offer of everything, and what became of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PastHandOverOffer<'a> {
    /// Principal of who was to be the successor.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) to: &'a Principal,
    /// The person's own name for them; null when there is none.
    pub(crate) to_name: Option<&'a str>,
    /// When it was made, estimated, RFC 3339 in UTC.
    pub(crate) offered_at: String,
    /// When it was taken back or followed by another, estimated, RFC 3339 in UTC; null when it stands or was accepted.
    pub(crate) ended_at: Option<String>,
    /// Whether a program of this profile made it, or the person said that it was they.
    pub(crate) made_here: bool,
}
