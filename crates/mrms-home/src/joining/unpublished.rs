//! What an account lacks on a ledger elsewhere, before others can share with it and it can write: money for fees, and a
//! published key. Whoever joined without either gets the key published as soon as it can be, by whatever opens the home next.

use mrms_app::Actor;
use mrms_app::ledger::{Ledger as _, Payer};
use mrms_contract::read;
use mrms_core::{MicroStx, StandardPrincipal};
use mrms_stacks::network::Network;

use super::Kept;
use crate::error::HomeError;
use crate::face::Notice;
use crate::ledger::HomeLedger;
use crate::open::OpenHome;

/// What publishing a key and putting a few pages on record cost at the least fee, in micro-STX. Who has less can do nothing.
const LEAST: u64 = 10_000;
/// How the operation that publishes a key is described.
const PUBLISHES: &str = "publish the encryption key";

/// What an account lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// What it has, where it pays its fees itself and that is too little for any.
    pub money: Option<MicroStx>,
    /// Whether no key of it is published.
    pub key: bool,
}

impl Lacking {
    /// Whether it lacks nothing.
    #[must_use]
    pub const fn is_nothing(self) -> bool {
        self.money.is_none() && !self.key
    }
}

impl OpenHome {
    /// What an account lacks here. The home's own ledger gives accounts what they need.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`].
    pub fn lacking(&self, account: &StandardPrincipal) -> Result<Lacking, HomeError> {
        let HomeLedger::Remote(ledger) = self.ledger() else { return Ok(Lacking::default()) };
        let published = self.session().ask(&read::encryption_key(&(*account).into()))?;
        let money = match ledger.payer() {
            Payer::Sponsor => None,
            Payer::Sender => Some(ledger.account(account)?.balance),
        };
        let money = money.filter(|balance| balance.number() < LEAST);
        Ok(Lacking { money, key: published.is_none() })
    }

    /// Publishes the encryption key of whoever joined and could not publish it then, where that needs no question: somebody
    /// else pays the fee, or it is no money. Tells the face. Returns what is lacking still.
    ///
    /// # Errors
    ///
    /// [`HomeError`].
    pub fn publish_lacking_key(&self, actor: &Actor) -> Result<Lacking, HomeError> {
        let HomeLedger::Remote(ledger) = self.ledger() else { return Ok(Lacking::default()) };
        let lacking = self.lacking(&actor.principal)?;
        let is_free = ledger.payer() == Payer::Sponsor || ledger.network() == Network::EMBEDDED;
        if !lacking.key || lacking.money.is_some() || !is_free || !self.sends() {
            return Ok(lacking);
        }
        let waits = self.session().unfinished()?.iter().any(|one| one.description == PUBLISHES);
        if waits || Kept::load(self.folder())?.is_none() {
            return Ok(lacking);
        }
        let published = self.session().publish_recipient(actor)?.done().is_some();
        if published {
            self.face().notice(&Notice::KeyPublished);
        }
        Ok(Lacking { key: !published, ..lacking })
    }
}
