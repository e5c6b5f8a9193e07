//! Joining somebody: from an invitation to a home that works with the inviter's node, vaults and sponsor.
//!
//! [`check`] asks each of them whether it is the one that is named, before anything is written. [`settings_file`]
//! puts addresses, contract and threshold into `mrms.toml`, where a person can read and change them. [`kept`] remembers
//! which invitation was taken, so that [`updates`] can tell when the inviter published a newer one. [`making`] makes
//! an invitation, and [`published`] is the one that node and vault show to everybody. [`bringing`] opens the home's own ledger
//! beside, for the records that were there before. [`unpublished`] tries again to publish the key of whoever could not when they
//! joined.
//!
//! Knows no command line and asks nobody: the face shows what [`check`] found and what [`doubts`] there are, and asks.

pub mod answers;
pub mod bringing;
pub mod check;
pub mod clinic;
pub mod doubts;
pub mod error;
pub mod fetch;
pub mod kept;
pub mod making;
pub mod published;
pub mod settings_file;
pub mod taking;
pub mod unpublished;
pub mod updates;

pub use check::{Checked, Findings};
pub use error::JoinError;
pub use kept::Kept;
