//! Everything a command works with, opened in the right order: the passphrase is asked for before
//! the ledger is locked, and what an earlier command left unfinished is finished first.

use mrms_app::profile::ProfileFolder;
use mrms_app::session::{Ending, Sending};
use mrms_app::{Actor, Session};
use mrms_core::ContractId;
use mrms_crypto::age_file::Passphrase as AgePassphrase;
use mrms_crypto::{IdentityIndex, Keyring, Words, keystore};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;
use mrms_store::{BlobStore, DiscardingStore, FileStore};

use crate::agent;
use crate::config::Settings;
use crate::embedded::EmbeddedLedger;
use crate::failure::{Exit, Failure, chain};
use crate::home::cannot;
use crate::output::Output;
use crate::passphrase::Passphrase;

/// The open home folder: ledger, vault store, contract and profile.
pub(crate) struct Workplace {
    pub(crate) ledger: EmbeddedLedger,
    blobs: Box<dyn BlobStore>,
    contract: ContractId,
    profile: ProfileFolder,
    sending: Sending,
}

impl Workplace {
    /// Opens it, and finishes what earlier commands of this profile began.
    pub(crate) fn open(settings: &Settings, output: Output) -> Result<Self, Failure> {
        let contract = settings.home.contract()?.ok_or_else(|| settings.home.is_missing())?;
        Self::open_for(settings, contract, output)
    }

    /// The same before the contract is there: while a home folder is made.
    pub(crate) fn open_for(
        settings: &Settings,
        contract: ContractId,
        output: Output,
    ) -> Result<Self, Failure> {
        let ledger = EmbeddedLedger::open(&settings.home.ledger(), settings.lock_wait)?;
        let place = Self {
            ledger,
            blobs: match settings.sending {
                Sending::Send => Box::new(FileStore::open_folder(&settings.home.vault())?),
                Sending::Rehearse => Box::new(DiscardingStore),
            },
            contract,
            profile: settings.home.profile(&settings.profile),
            sending: settings.sending,
        };
        for resumed in place.session().resume()? {
            match resumed.ending {
                Ending::Finished => output.note(&format!(
                    "finished what an interrupted command had begun: {}",
                    resumed.description
                )),
                Ending::RolledBack { reason } => output.note(&format!(
                    "an interrupted command was rolled back: {} ({reason})",
                    resumed.description
                )),
            }
        }
        Ok(place)
    }

    pub(crate) fn session(&self) -> Session<'_> {
        Session {
            ledger: &self.ledger,
            contract: &self.contract,
            blobs: &*self.blobs,
            profile: &self.profile,
            sending: self.sending,
        }
    }

    pub(crate) fn contract(&self) -> &ContractId {
        &self.contract
    }

    pub(crate) fn blobs(&self) -> &dyn BlobStore {
        &*self.blobs
    }

    /// The account can pay: on the embedded ledger, its faucet sees to that.
    pub(crate) fn fund(&self, actor: &Actor) -> Result<(), Failure> {
        match self.sending {
            Sending::Send => Ok(self.ledger.fund(&actor.principal)?),
            Sending::Rehearse => Ok(()),
        }
    }
}

impl Settings {
    /// The home folder is there, with its ledger.
    pub(crate) fn require_home(&self) -> Result<(), Failure> {
        self.home.contract()?.map(drop).ok_or_else(|| self.home.is_missing())
    }
}

impl Settings {
    /// The profile's keys: from the key agent, or by its passphrase.
    pub(crate) fn unlock(&self) -> Result<Actor, Failure> {
        let card = self.home.card(&self.profile)?;
        let words = match agent::words(self) {
            Some(words) => words,
            None => self.words_by_passphrase()?,
        };
        let actor = actor_of(&words, IdentityIndex::new(card.identity))?;
        if actor.principal == card.principal {
            return Ok(actor);
        }
        Err(Failure::new(
            Exit::Integrity,
            "profile-damaged",
            format!(
                "the keystore of profile {} holds other words than its card says",
                self.profile
            ),
        )
        .hint("restore the profile's folder from a backup, or make it anew with mrms key recover"))
    }

    /// The keys, when that takes no question: an agent, or a passphrase file.
    pub(crate) fn unlock_quietly(&self) -> Result<Option<Actor>, Failure> {
        let quiet = !self.passphrase.is_prompt() || agent::is_running(self);
        if quiet { self.unlock().map(Some) } else { Ok(None) }
    }

    /// The 24 words, by passphrase alone: an agent does not give them to a screen.
    pub(crate) fn words_by_passphrase(&self) -> Result<Words, Failure> {
        let path = self.home.keystore(&self.profile);
        self.home.card(&self.profile)?;
        let file = std::fs::read(&path).map_err(|error| cannot("read", &path, &error))?;
        let passphrase = self.passphrase.ask(&format!("profile {}", self.profile))?;
        keystore::open(&file, &age_passphrase(&passphrase)?).map_err(|error| match error {
            keystore::KeystoreError::WrongPassphrase => {
                Failure::new(Exit::NotAllowed, "wrong-passphrase", "wrong passphrase").hint(
                    "without the passphrase, the 24 words make the profile anew: mrms key recover",
                )
            }
            other => Failure::new(
                Exit::Integrity,
                "keystore-damaged",
                format!("{}: {}", path.display(), chain(&other)),
            )
            .hint("the 24 words make the profile anew: mrms key recover"),
        })
    }
}

/// A passphrase in the form that age files take.
pub(crate) fn age_passphrase(passphrase: &Passphrase) -> Result<AgePassphrase, Failure> {
    AgePassphrase::new(passphrase.reveal().to_owned().into())
        .ok_or_else(|| Failure::new(Exit::Failed, "no-passphrase", "the passphrase is empty"))
}

/// Who signs and decrypts with these words.
pub(crate) fn actor_of(words: &Words, identity: IdentityIndex) -> Result<Actor, Failure> {
    let no_key = |error: &dyn std::error::Error| {
        Failure::new(Exit::Failed, "no-key", chain(error)).hint("other words must be used")
    };
    let keyring = Keyring::from_words(words);
    let secret = keyring.stacks_secret_key().map_err(|error| no_key(&error))?;
    let key = SigningKey::from_bytes(secret.expose_bytes()).map_err(|error| no_key(&error))?;
    Ok(Actor { principal: key.address(Network::EMBEDDED.version), key, keyring, identity })
}

/// The system's source of randomness.
pub(crate) fn rng() -> impl rand_core::CryptoRng {
    rand_core::UnwrapErr(rand::rngs::SysRng)
}
