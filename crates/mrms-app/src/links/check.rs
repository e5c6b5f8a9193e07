//! Compares a host's log of a link with the ledger: what it gave, and what it entered.
//!
//! Every file that was given has entries that stood before. A line without them says that the host broke the rule; an entry
//! without a line, that the host stopped before it answered, or hides an answer.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_core::{Principal, TxId};

use super::host::{Answered, HostLine, HostStanding, LinkHost};
use super::make::LinkError;
use crate::ledger::Status;
use crate::profile::links::KeptLink;
use crate::session::{Actor, AskError, Session};

/// A difference between a host's log and the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkDifference {
    /// The lines do not follow each other: the log was cut or rewritten.
    Broken,
    /// Something was given without an entry that stands.
    GivenWithoutEntry {
        /// The line's number.
        line: u64,
    },
    /// The ledger has so many more openings by the link than the log tells.
    EntriesWithoutLine {
        /// How many.
        count: u64,
    },
}

impl std::fmt::Display for LinkDifference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Broken => f.write_str("the host's log was cut or rewritten"),
            Self::GivenWithoutEntry { line } => {
                write!(
                    f,
                    "line {line} of the host's log says that files were given, and no entry stands for it"
                )
            }
            Self::EntriesWithoutLine { count } => {
                write!(
                    f,
                    "{count} openings by the link are in the records' logs and not in the host's"
                )
            }
        }
    }
}

impl LinkDifference {
    /// Whether it has no innocent cause. An entry without a line has one: the host was stopped before it answered.
    #[must_use]
    pub const fn is_grave(&self) -> bool {
        !matches!(self, Self::EntriesWithoutLine { .. })
    }
}

impl Session<'_> {
    /// Compares the host's log of a link with the ledger.
    ///
    /// # Errors
    ///
    /// [`LinkError`] where the ledger can't be asked.
    pub fn check_link(
        &self,
        link: &KeptLink,
        standing: &HostStanding,
    ) -> Result<Vec<LinkDifference>, LinkError> {
        let mut found = Vec::new();
        if !HostLine::are_chained(&standing.lines) {
            found.push(LinkDifference::Broken);
        }
        let mut told = BTreeSet::new();
        for line in standing.lines.iter().filter(|line| line.answered == Answered::Given) {
            let mut stands = !line.txids.is_empty();
            for txid in &line.txids {
                let receipt = self.ledger.receipt(txid).map_err(AskError::from)?;
                stands &= receipt.is_some_and(|receipt| receipt.status == Status::Success);
                // Each transaction stands for one answer.
                stands &= told.insert(*txid);
            }
            if !stands {
                found.push(LinkDifference::GivenWithoutEntry { line: line.index });
            }
        }
        let mut entries = 0_u64;
        let mut seen = BTreeSet::new();
        for given in link.gives.iter().filter(|given| seen.insert(given.record)) {
            let Some(record) = self.ask(&read::record(given.record))? else { continue };
            let log =
                self.ask_list(record.audit_count, |index| read::audit_entry(given.record, index))?;
            let openings = log.iter().filter(|entry| entry.is_opening());
            entries += openings.filter(|entry| *entry.holder() == link.principal).count() as u64;
        }
        if let Some(count) = entries.checked_sub(told.len() as u64).filter(|count| *count > 0) {
            found.push(LinkDifference::EntriesWithoutLine { count });
        }
        Ok(found)
    }

    /// Who is said to have used those of this person's links that are among these accounts, by the transactions of the
    /// entries. They said it themselves. A host that can't be asked tells nothing.
    #[must_use]
    pub fn said_to_be(
        &self,
        actor: &Actor,
        among: &BTreeSet<&Principal>,
        host_of: &dyn Fn(&KeptLink) -> Box<dyn LinkHost>,
    ) -> BTreeMap<TxId, String> {
        let mut said = BTreeMap::new();
        let links = self.links(actor).unwrap_or_default().into_iter();
        for link in links.filter(|link| among.contains(&link.principal)) {
            let Ok(standing) = host_of(&link).standing(&link.id) else { continue };
            for line in standing.lines.into_iter().filter(|line| !line.recipient.is_empty()) {
                said.extend(line.txids.into_iter().map(|txid| (txid, line.recipient.clone())));
            }
        }
        said
    }
}
