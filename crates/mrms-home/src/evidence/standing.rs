//! What a bundle that was checked is worth: whether it proves anything, with what is known here of its ledger.

use super::compare::{Comparison, Forked, compare};
use super::format::{Bundle, LedgerPart};
use crate::home::Home;
use crate::ledger::embedded;

/// How far a bundle that holds can be relied on.
#[derive(Debug)]
pub struct Standing {
    /// Whether its ledger gives proofs at all.
    pub has_proofs: bool,
    /// Whether its blocks are on one chain: as it shows itself, or as the ledger that is known here does.
    pub one_chain: bool,
    /// Whether it is of this home's own ledger, by its block 0.
    pub is_own_ledger: bool,
    /// How it stands to what is known here of its ledger.
    pub ledger: Comparison,
}

impl Standing {
    /// How a bundle that [`check`](super::check) has passed stands in this home. Makes no home and needs no lock.
    ///
    /// # Errors
    ///
    /// [`Forked`].
    pub fn of(bundle: &Bundle, home: &Home) -> Result<Self, Forked> {
        let ledger = compare(bundle, home)?;
        let genesis = match &bundle.ledger {
            LedgerPart::Embedded(part) => Some(part.genesis.to_string()),
            LedgerPart::Network(_) => None,
        };
        let own = embedded::genesis(&home.folder().ledger());
        Ok(Self {
            has_proofs: genesis.is_some(),
            one_chain: bundle.shows_one_chain() || matches!(ledger, Comparison::OneChain),
            is_own_ledger: own.is_some() && own == genesis,
            ledger,
        })
    }

    /// Whether what is in the bundle is proven for its ledger, whoever's that is.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.has_proofs && self.one_chain
    }
}
