//! Makes what a home needs at its beginning: a profile, and the records contract on its own ledger.

use std::time::Duration;

use mrms_app::ledger::Status;
use mrms_app::profile::ProfileError;
use mrms_app::{Actor, Session};
use mrms_core::ContractId;
use mrms_crypto::age_file::{Passphrase, WorkFactor};
use mrms_crypto::{IdentityIndex, Words};
use mrms_files::{FileLock, LockError};
use mrms_stacks::transaction::{ClarityVersion, ContractSource, Transaction};

use crate::error::{HomeError, file_error};
use crate::folder::ProfileCard;
use crate::home::Home;
use crate::keys::{actor_of, no_key};
use crate::open::OpenHome;

/// So long somebody who makes a profile waits for another one who makes the same.
const LONGEST_MAKING: Duration = Duration::from_secs(60);

/// A profile that was made.
#[derive(Debug)]
pub struct NewProfile {
    /// Its keys, unlocked.
    pub actor: Actor,
    /// The recipient to which others encrypt.
    pub recipient: String,
    /// The records contract, if one is known.
    pub contract: Option<ContractId>,
}

impl Home {
    /// Fails if there is a profile of this name already.
    ///
    /// # Errors
    ///
    /// [`HomeError::ProfileExists`].
    pub fn must_be_new_profile(&self) -> Result<(), HomeError> {
        if self.folder().has_profile(self.profile()) {
            return Err(HomeError::ProfileExists { name: self.profile().clone() });
        }
        Ok(())
    }

    /// Makes the profile of the settings from its words. On the home's own ledger it also deploys the
    /// records contract, if there is none, and publishes the recipient. On a network it sends nothing.
    ///
    /// The card is written last. A profile without a card was interrupted and can be made again. Of two who make it at once,
    /// the second finds it made: their words never lie in one keystore.
    ///
    /// # Errors
    ///
    /// [`HomeError::ProfileExists`], [`HomeError::ContractMissing`]; else [`HomeError`] of files, ledger and contract.
    pub fn make_profile(
        &self,
        words: &Words,
        identity: IdentityIndex,
        passphrase: &Passphrase,
        work: WorkFactor,
    ) -> Result<NewProfile, HomeError> {
        self.must_be_new_profile()?;
        if self.settings().ledger.is_none() {
            self.folder().must_know_its_contract()?;
        }
        let name = self.profile();
        self.folder().make(name)?;
        let _making = self.lock_making()?;
        self.must_be_new_profile()?;
        self.write_keystore(words, passphrase, work)?;
        let actor = actor_of(words, identity, self.network()?)?;
        match &self.settings().ledger {
            Some(url) => self.folder().works_elsewhere(url)?,
            None => self.begin_own_ledger()?,
        }
        let known = self.contract_known()?;
        let (contract, recipient) = if self.settings().ledger.is_some() {
            // On a network fees are money, so the person starts each payment.
            let own = actor.keyring.identity(identity).map_err(no_key)?;
            (known, own.recipient().to_string())
        } else {
            let (contract, recipient) = self.begin_on_own_ledger(&actor, known)?;
            (Some(contract), recipient)
        };
        let card = ProfileCard {
            principal: actor.principal,
            recipient: recipient.clone(),
            identity: identity.number(),
        };
        self.folder().write_card(name, &card)?;
        if self.folder().profile_in_use()?.is_none() {
            self.folder().use_profile(name)?;
        }
        Ok(NewProfile { actor, recipient, contract })
    }

    /// Keeps others from making the same profile.
    fn lock_making(&self) -> Result<FileLock, HomeError> {
        let path = self.folder().profile(self.profile()).path().join("profile.lock");
        FileLock::take(&path, LONGEST_MAKING).map_err(|error| match error {
            LockError::InUse { .. } => ProfileError::Busy.into(),
            LockError::Open(error) => file_error("write", &path)(error),
            LockError::Lock(error) => file_error("lock", &path)(error),
        })
    }

    /// Deploys the contract if there is none, and publishes the recipient.
    fn begin_on_own_ledger(
        &self,
        actor: &Actor,
        known: Option<ContractId>,
    ) -> Result<(ContractId, String), HomeError> {
        let is_known = known.is_some();
        let contract = match known {
            Some(contract) => contract,
            None => ContractId {
                deployer: actor.principal,
                name: mrms_contract::NAME.parse().map_err(built_in)?,
            },
        };
        let open = OpenHome::open_for(self, contract.clone())?;
        open.fund(actor)?;
        let session = open.session();
        if session.ledger.deployed(&contract)?.is_none() {
            deploy_contract(&session, actor, &contract)?;
        }
        if !is_known {
            self.folder().use_contract(session.ledger.network(), &contract)?;
        }
        let recipient = session.publish_recipient(actor)?.done().ok_or(HomeError::NotSent)?;
        Ok((contract, recipient))
    }
}

/// Deploys the records contract under the actor's account.
///
/// # Errors
///
/// [`HomeError::Send`]; [`HomeError::NotDeployed`] when the ledger did not accept it.
pub fn deploy_contract(
    session: &Session<'_>,
    actor: &Actor,
    contract: &ContractId,
) -> Result<(), HomeError> {
    let source: ContractSource = mrms_contract::SOURCE.parse().map_err(built_in)?;
    let unsigned =
        Transaction::deploy(contract.name.clone(), source, Some(ClarityVersion::CLARITY_2));
    let sent = session.send(actor, &format!("deploy contract {contract}"), vec![unsigned])?;
    match sent.done().ok_or(HomeError::NotSent)?.last() {
        Some(receipt) if receipt.status == Status::Success => Ok(()),
        _ => Err(HomeError::NotDeployed { contract: contract.clone() }),
    }
}

fn built_in(error: impl std::fmt::Display) -> HomeError {
    HomeError::BuiltInContract { reason: error.to_string() }
}
