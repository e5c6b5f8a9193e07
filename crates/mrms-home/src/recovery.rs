//! A profile that comes back from its 24 words: which of its keys is in use, and what it opens.

use mrms_app::session::AskError;
use mrms_app::sharing::keys::KeyError;
use mrms_app::{Actor, Session};
use mrms_contract::state::Record;
use mrms_core::{Principal, RecordId};
use mrms_crypto::{IdentityIndex, Words};

use crate::clock::rng;
use crate::error::HomeError;
use crate::home::Home;
use crate::keys::actor_of;
use crate::open::OpenHome;

/// Why a profile can't come back.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The home or its ledger can't be opened.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The directory's key is none of these words.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The ledger did not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// What opens with the keys of a profile that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opens {
    /// The name of the ledger that was asked.
    pub ledger: String,
    /// How many records the account has on the ledger.
    pub records: usize,
    /// How many of these open in every version.
    pub opened: usize,
    /// Those whom the account succeeded. What was written before opens with the keys that they handed over.
    pub former: Vec<Principal>,
}

impl Opens {
    fn of(session: &Session<'_>, actor: &Actor) -> Result<Self, AskError> {
        let me = Principal::from(actor.principal);
        let records = session.records_of(&me)?;
        let opens = |(id, record): &&(RecordId, Record)| {
            let mut versions = record.version.up_to();
            versions.all(|version| session.own_version(actor, *id, version, &mut rng()).is_ok())
        };
        let former = session.predecessors(&me)?.into_iter().map(|(who, _)| who).collect();
        Ok(Self {
            ledger: session.ledger.name().to_owned(),
            opened: records.iter().filter(opens).count(),
            records: records.len(),
            former,
        })
    }
}

impl Home {
    /// The encryption key of these words that is in use: the one in the directory of the home's contract, else the first.
    ///
    /// # Errors
    ///
    /// [`RecoveryError`].
    pub fn identity_of(&self, words: &Words) -> Result<IdentityIndex, RecoveryError> {
        let Some(contract) = self.contract_known()? else { return Ok(IdentityIndex::FIRST) };
        let first = actor_of(words, IdentityIndex::FIRST, self.network()?)?;
        let open = OpenHome::open_for(self, contract)?;
        Ok(open.session().published_identity(&first.keyring, &first.principal())?)
    }

    /// What opens with the keys of this profile.
    ///
    /// # Errors
    ///
    /// [`RecoveryError`].
    pub fn what_opens(&self, actor: &Actor) -> Result<Opens, RecoveryError> {
        let open = self.open()?;
        Ok(Opens::of(&open.session(), actor)?)
    }
}
