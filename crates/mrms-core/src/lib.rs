//! The vocabulary and the pure rules of MRMS.
//!
//! What a record, a version, a principal, a grant and a height are, and how a grant is judged.
//! Nothing here does I/O, reads a clock or draws randomness: the caller supplies heights, times
//! and ids. The contract `medical-records-management` is the authority on every rule; the copy in
//! [`grant`] lets a client explain a refusal before anyone pays a fee.

pub mod audit;
pub mod finality;
pub mod grant;
pub mod height;
pub mod hexadecimal;
pub mod lasting;
pub mod powers;
pub mod principal;
pub mod purpose;
pub mod record;
pub mod stx;
pub mod visible;

pub use audit::{Action, AuditEntry};
pub use finality::Finality;
pub use grant::{Grant, Rights, StandingGrant};
pub use height::{BlockHeight, BurnClock, BurnHeight, SECONDS_PER_BURN_BLOCK, UnixTime};
pub use lasting::Lasting;
pub use powers::Powers;
pub use principal::{ContractId, ContractName, Principal, StandardPrincipal};
pub use purpose::{ParsePurposeError, Purpose};
pub use record::{ContentHash, RecordId, Version};
pub use stx::{ChainId, MicroStx, Nonce, TxId};
