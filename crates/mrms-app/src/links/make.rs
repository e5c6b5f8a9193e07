//! Makes links: reads and seals what they give, deposits it, and grants the link's account access.
//!
//! In this order: the profile keeps the link, the host gets the deposit, the contract gets the grants, the profile knows
//! that it is armed. Whatever interrupts it, the link opens nothing before its grants stand; `rearm` goes on with it, and
//! `destroy` clears it away.

use mrms_contract::call;
use mrms_core::{BurnHeight, MicroStx, Principal, RecordId};
use mrms_crypto::{RecordRoot, Words};
use mrms_links::bundle::PatientWords;
use mrms_links::jwe::JweError;
use mrms_links::{Flags, LinkKey};
use mrms_people::FieldText;
use mrms_people::card::MOST_NAME;
use mrms_stacks::transaction::{Memo, Transaction, Unsigned};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::content::{self, Read};
use super::deposit::{Deposit, PasscodeHash};
use super::entry::{EntryError, account_of};
use super::host::{HostError, LinkHost};
use super::manage::manager_secret;
use crate::access::open::OpenRecordError;
use crate::ledger::{Payer, Status};
use crate::profile::ProfileError;
use crate::profile::links::LinkId;
use crate::profile::links::{KeptLink, LinkKind, LinkPatient, LinkState, RemoteHost};
use crate::sending::SENT_TOGETHER;
use crate::sending::outcome::{Outcome, SendError, check};
use crate::session::{Actor, AskError, Session};

/// For how many uses the link's account gets what its entries will cost, where a link may be used any number of times.
const USES_PAID: u64 = 10;
/// What is between a host's address and a link's secret.
const PATH: &str = "/l/";

/// Why a link could not be made or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// There are none, or too many.
    #[error("a link gives 1 to {most} records")]
    TooMany {
        /// The most.
        most: usize,
    },
    /// It is somebody else's record.
    #[error("record {record} is none of yours")]
    NotYours {
        /// The record.
        record: RecordId,
    },
    /// The documents are too large.
    #[error("what a link gives is at most {} MiB", most / (1024 * 1024))]
    TooLarge {
        /// The most bytes.
        most: u64,
    },
    /// There is no link with this number.
    #[error("there is no link {number}")]
    NoLink {
        /// The number.
        number: u32,
    },
    /// The link was destroyed, or its destruction was begun.
    #[error("link {number} was destroyed")]
    Gone {
        /// The number.
        number: u32,
    },
    /// It was made on another ledger or contract.
    #[error("link {number} was made on another ledger")]
    Elsewhere {
        /// The number.
        number: u32,
    },
    /// The text of the link can't be made.
    #[error(transparent)]
    Text(#[from] mrms_links::LinkError),
    /// A file could not be sealed.
    #[error(transparent)]
    Seal(#[from] JweError),
    /// A record could not be read.
    #[error(transparent)]
    Open(#[from] OpenRecordError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The ledger or the contract refused.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The host could not do its part.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The link's own account can't be made.
    #[error(transparent)]
    Account(#[from] EntryError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] mrms_crypto::keyring::NoKeyError),
}

/// What a new link is to be.
#[derive(Clone, Debug)]
pub struct LinkTerms<'t> {
    /// Which kind.
    pub kind: LinkKind,
    /// What it is called, for whoever opens it.
    pub label: Option<String>,
    /// First burn height at which it is closed.
    pub expiry: BurnHeight,
    /// The passcode that whoever opens it must know.
    pub passcode: Option<Zeroizing<String>>,
    /// How often it can be used.
    pub most_uses: Option<u32>,
    /// Whether what it gives may change later.
    pub long_term: bool,
    /// Whether it gives one file without a manifest.
    pub single_file: bool,
    /// The host's address, without a slash at its end.
    pub host_url: &'t str,
    /// The host, where it is not of this home.
    pub host: Option<RemoteHost>,
    /// Who the patient is, for a link of the kind KTC.
    pub patient: Option<LinkPatient>,
    /// The address of a viewer, for the text to begin with.
    pub viewer: Option<String>,
}

/// What a link would give, as its recipient gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The records, each with its title and media type.
    pub documents: Vec<PreviewedDocument>,
    /// How many files that makes.
    pub files: usize,
}

/// A document that a link would give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewedDocument {
    /// The record.
    pub record: RecordId,
    /// Its number of the version.
    pub version: mrms_core::Version,
    /// What the record is called; whoever opens the link reads that.
    pub title: String,
    /// What somebody else called this version, where that is something else. The link does not say it.
    pub version_title: Option<VersionTitle>,
    /// What it is.
    pub media_type: String,
    /// Its bytes.
    pub length: u64,
}

/// What the author of a version called it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionTitle {
    /// Who wrote the version.
    pub author: Principal,
    /// What they called it.
    pub title: String,
}

/// What is ready to become a link.
pub struct PreparedLink {
    read: Vec<Read>,
}

impl PreparedLink {
    /// What it would give.
    #[must_use]
    pub fn preview(&self, kind: LinkKind, single_file: bool) -> Preview {
        let document = |one: &Read| PreviewedDocument {
            record: one.given.record,
            version: one.given.version,
            title: one.title.clone(),
            version_title: one.version_title.clone(),
            media_type: one.media_type.clone(),
            length: one.content.len() as u64,
        };
        let is_one = single_file || kind == LinkKind::Ktc;
        Preview {
            documents: self.read.iter().map(document).collect(),
            files: if is_one { 1 } else { self.read.len() },
        }
    }
}

impl Session<'_> {
    /// Reads what a link is to give: the latest version of each record, each once.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    pub fn prepare_link(
        &self,
        actor: &Actor,
        records: &[RecordId],
        rng: &mut dyn CryptoRng,
    ) -> Result<PreparedLink, LinkError> {
        Ok(PreparedLink { read: self.read_for_link(actor, records, rng)? })
    }

    /// Makes a link and arms it.
    ///
    /// # Errors
    ///
    /// [`LinkError`]. The profile then knows the link as begun, and it opens nothing.
    pub fn make_link(
        &self,
        actor: &Actor,
        prepared: &PreparedLink,
        terms: &LinkTerms<'_>,
        host: &dyn LinkHost,
        rng: &mut dyn CryptoRng,
    ) -> Result<KeptLink, LinkError> {
        let root = actor.keyring.record_root()?;
        let tip = self.ledger.tip().map_err(AskError::from)?;
        // The host takes its end before anything is signed.
        self.ledger.must_show_time().map_err(AskError::from)?;
        let words = Words::generate(rng);
        let principal = account_of(&words, self.ledger.network())?.principal();
        let secret = secret(rng);
        let key = LinkKey::generate(rng);
        let flags = Flags {
            long_term: terms.long_term,
            passcode: terms.passcode.is_some(),
            single_file: terms.single_file || terms.kind == LinkKind::Ktc,
        };
        let url = Zeroizing::new(format!("{}{PATH}{}", terms.host_url, *secret));
        let gives = prepared.read.iter().map(|one| one.given).collect();
        let link = KeptLink {
            number: 0,
            id: LinkId::of(&secret),
            contract: self.contract.to_string(),
            principal,
            kind: terms.kind,
            state: LinkState::Begun,
            label: terms.label.clone(),
            patient: terms.patient.clone(),
            viewer: terms.viewer.clone(),
            gives,
            flags,
            made: tip.time,
            expiry: terms.expiry,
            expires: tip.clock().time_of(terms.expiry),
            most_uses: terms.most_uses,
            url,
            key: key.expose(),
            host: terms.host.clone(),
            manager: manager_secret(&words.to_phrase()),
            words: words.to_phrase(),
            passcode: terms.passcode.clone(),
        };
        // What no viewer would take is refused before anything is kept.
        link.text()?;
        let link = self.profile.add_link(&root, rng, |number| KeptLink { number, ..link })?;
        let armed = self.arm(actor, &link, prepared, host, rng);
        if let Err(LinkError::Host(HostError::NotAllowed { .. })) = &armed {
            // The host took nothing, and nothing was granted: nothing is left to go on with.
            let (number, gone) = (link.number, link.destroyed());
            self.profile.change_link(&root, number, rng, |kept| *kept = gone)?;
        }
        armed
    }

    /// Deposits what a link gives, and grants its account access to it. Doing it again does no harm.
    pub(super) fn arm(
        &self,
        actor: &Actor,
        link: &KeptLink,
        prepared: &PreparedLink,
        host: &dyn LinkHost,
        rng: &mut dyn CryptoRng,
    ) -> Result<KeptLink, LinkError> {
        let root = actor.keyring.record_root()?;
        self.name_link(&root, link, rng)?;
        let tip = self.ledger.tip().map_err(AskError::from)?;
        let (read, is_single) = (&prepared.read, link.flags.single_file);
        let patient = link.patient.as_ref().map(|patient| PatientWords {
            name: &patient.name,
            birth_date: patient.birth_date.as_deref(),
        });
        let files = content::files(read, link.kind, is_single, patient.as_ref(), tip.time, rng);
        let deposit = Deposit {
            id: link.id.clone(),
            contract: link.contract.clone(),
            words: link.words.clone(),
            flags: link.flags,
            expires: link.expires.seconds(),
            passcode: link.passcode.as_ref().map(|passcode| PasscodeHash::of(passcode, rng)),
            most_uses: link.most_uses,
            files: content::seal(&LinkKey::parse(&link.key)?, files, tip.time, rng)?,
        };
        host.put(&deposit)?;
        let records: Vec<RecordId> = read.iter().map(|one| one.given.record).collect();
        self.grant_link(actor, link, &records)?;
        let gives: Vec<_> = read.iter().map(|one| one.given).collect();
        let armed = KeptLink { state: LinkState::Armed, gives, ..link.clone() };
        self.profile.change_link(&root, link.number, rng, |kept| *kept = armed.clone())?;
        Ok(armed)
    }

    /// Grants the link's account each of these records.
    fn grant_link(
        &self,
        actor: &Actor,
        link: &KeptLink,
        records: &[RecordId],
    ) -> Result<(), LinkError> {
        let mut unsigned: Vec<Unsigned> = Vec::new();
        unsigned.extend(self.purse(link, records)?);
        // All or none: a link that gives half of what its person chose would be another one.
        let expiry = Some(link.expiry);
        unsigned.extend(records.chunks(call::GRANTS_AT_ONCE).map(|some| {
            self.transaction(match some {
                [one] => call::grant_record_access(*one, &link.principal, expiry),
                some => call::grant_many(some, &link.principal, expiry),
            })
        }));
        let what = format!("grant {} to {}", link.name(), link.principal);
        self.send_for_link(actor, &what, unsigned)
    }

    /// Sends transactions about a link, and fails at the first that was refused.
    pub(super) fn send_for_link(
        &self,
        actor: &Actor,
        what: &str,
        mut unsigned: Vec<Unsigned>,
    ) -> Result<(), LinkError> {
        while !unsigned.is_empty() {
            let rest = unsigned.split_off(unsigned.len().min(SENT_TOGETHER));
            if let Outcome::Done(receipts) = self.send(actor, what, unsigned)? {
                for receipt in receipts.iter().filter(|one| one.status != Status::Success) {
                    check(receipt)?;
                }
            }
            unsigned = rest;
        }
        Ok(())
    }

    /// What the link's account must get so that it can pay for its entries; nothing where a sponsor pays.
    fn purse(&self, link: &KeptLink, records: &[RecordId]) -> Result<Option<Unsigned>, LinkError> {
        if self.ledger.payer() == Payer::Sponsor {
            return Ok(None);
        }
        let Principal::Standard(account) = &link.principal else { return Ok(None) };
        let mut once = 0_u64;
        for record in records {
            let entry = call::access_record_version(*record, mrms_core::Version::FIRST);
            let fee = self.ledger.fee(&self.transaction(entry)).map_err(SendError::from)?;
            once = once.saturating_add(fee.number());
        }
        let uses = link.most_uses.map_or(USES_PAID, u64::from);
        let needed = once.saturating_mul(uses);
        let has = self.ledger.account(account).map_err(SendError::from)?.balance.number();
        Ok((has < needed).then(|| {
            let amount = MicroStx::new(needed - has);
            Transaction::token_transfer(*account, amount, Memo::EMPTY)
        }))
    }

    /// Gives the link's account a name among this person's people, so that every list names it.
    fn name_link(
        &self,
        root: &RecordRoot,
        link: &KeptLink,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), LinkError> {
        // A short text of letters and digits: it is a name.
        if let Ok(name) = FieldText::<MOST_NAME>::new(&link.name()) {
            self.profile.call_account(root, &link.principal, name, link.made, rng)?;
        }
        Ok(())
    }
}

/// The secret in a link's address: 32 random bytes.
fn secret(rng: &mut dyn CryptoRng) -> Zeroizing<String> {
    LinkKey::generate(rng).expose()
}

/// A passcode of eight digits.
pub fn draw_passcode(rng: &mut dyn CryptoRng) -> Zeroizing<String> {
    Zeroizing::new(format!("{:08}", rng.next_u64() % 100_000_000))
}
