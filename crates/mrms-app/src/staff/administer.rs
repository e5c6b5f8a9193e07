//! What an organisation does with its staff: keeps the staff record, names members, and ends memberships.
//!
//! Follows `set-member` and `remove-member`. Each step can be done again: what is as it should be is left alone.

use std::io::{self, Cursor, Write};

use mrms_contract::{ContractError, call, ids, read};
use mrms_core::{BurnHeight, Principal, TxId, Version};
use mrms_crypto::IdentityIndex;
use mrms_crypto::content::{Label, Retention};
use mrms_crypto::keyring::NoKeyError;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::access::open::{OpenRecordError, Unlocked};
use crate::profile::ProfileError;
use crate::profile::granted_all::{AllTerms, Allows, ReadsAllBy};
use crate::records::received::ReceivedError;
use crate::records::write::{LeftOut, Placement, Source, WriteError};
use crate::sending::outcome::{Outcome, SendError, first, refusal_in};
use crate::session::vaults::VaultFailures;
use crate::session::{Actor, AskError, Session};
use crate::sharing::grant::ShareError;
use crate::sharing::keys::KeyError;
use crate::sharing::memberships::Remembered;
use crate::staff::key_file::{self, StaffKeyError};
use crate::staff::members::{StaffRecord, is_key_due};

/// What the staff record is called in lists.
pub const STAFF_RECORD: &str = "Staff key";

/// Why something was not done with an organisation's staff.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StaffError {
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The ledger or the contract refused.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The staff record could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The staff record could not be opened.
    #[error(transparent)]
    Open(#[from] OpenRecordError),
    /// What is in the staff record gives no keys.
    #[error(transparent)]
    Key(#[from] StaffKeyError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// What is held of the organisation could not be read.
    #[error(transparent)]
    Received(#[from] ReceivedError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
    /// The organisation gave its staff record away.
    #[error("the staff record belongs to somebody else now")]
    GivenAway,
    /// The organisation has no staff record.
    #[error("{organisation} has no staff")]
    NoStaff {
        /// Which.
        organisation: Principal,
    },
    /// The person is no member now.
    #[error("you are no member of {organisation}{}", if ended.is_some() { " any more" } else { "" })]
    NotMember {
        /// Of which organisation.
        organisation: Principal,
        /// The height at which the membership ended; `None` where there never was one.
        ended: Option<BurnHeight>,
    },
    /// The organisation is about to hand over.
    #[error("you have offered everything to {to}: nobody could end a new membership after that")]
    HandingOver {
        /// To whom.
        to: Principal,
    },
    /// What was given could not be remembered, or be sent, for another reason.
    #[error(transparent)]
    Share(ShareError),
    /// The organisation's key could not be published.
    #[error(transparent)]
    Publish(#[from] KeyError),
    /// The organisation itself is meant.
    #[error("nobody is a member of themselves")]
    Oneself,
    /// Nothing was sent, since the session only plans or signs.
    #[error("nothing was sent")]
    NotSent,
    /// They never were a member.
    #[error("{member} is no member")]
    NoSuchMember {
        /// Who.
        member: Principal,
    },
}

impl From<ShareError> for StaffError {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::Send(error) => error.into(),
            ShareError::Ask(error) => error.into(),
            ShareError::Open(error) => error.into(),
            ShareError::Profile(error) => error.into(),
            ShareError::NoKey(error) => error.into(),
            error => Self::Share(error),
        }
    }
}

/// The staff record after it was looked at.
#[derive(Debug)]
pub struct KeptStaffKey {
    /// Its version, which counts the keys as members know them.
    pub version: Version,
    /// Whether it was written now.
    pub is_new: bool,
    /// Members who got no key of it, and why.
    pub left_out: Vec<LeftOut>,
    /// Vaults that took no share, though enough others did.
    pub missing: VaultFailures,
}

/// A membership that was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedMembership {
    /// The transaction; `None` where nothing had to be sent, since it had ended before.
    pub txid: Option<TxId>,
    /// Whether a new key is due: they could take the newest one.
    pub is_key_due: bool,
}

impl Session<'_> {
    /// Makes the staff record, or adds a version to it, unless it has all identities of the actor up to the one in use.
    ///
    /// # Errors
    ///
    /// [`StaffError`].
    pub fn keep_staff_key(
        &self,
        actor: &Actor,
        inline_limit: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<KeptStaffKey>, StaffError> {
        let me = actor.principal();
        let identities: Vec<_> = (0..=actor.identity.number())
            .map(|number| actor.keyring.identity(IdentityIndex::new(number)))
            .collect::<Result<_, _>>()?;
        let text = key_file::write(&me, &identities);
        let source = Source {
            content: Cursor::new(text.as_bytes()),
            length: text.len() as u64,
            file_name: "staff-key.txt".parse().ok(),
            media_type: "text/plain".parse().ok(),
            label: STAFF_RECORD.parse::<Label>().ok(),
        };
        let id = ids::staff_record(&me).ok_or(StaffError::GivenAway)?;
        let added = match self.ask(&read::record(id))? {
            None => {
                let placement = Placement { inline_limit, retention: Retention::Permanent };
                self.create(actor, id, source, placement, rng)?
            }
            Some(record) if record.patient != me => return Err(StaffError::GivenAway),
            Some(record) => {
                if self.has_all_keys(actor, &StaffRecord { id, record: record.clone() }, rng)? {
                    return Ok(Outcome::Done(KeptStaffKey {
                        version: record.version,
                        is_new: false,
                        left_out: Vec::new(),
                        missing: VaultFailures::new(),
                    }));
                }
                self.amend(actor, id, source, inline_limit, rng)?
            }
        };
        Ok(added.map(|added| KeptStaffKey {
            version: added.version,
            is_new: true,
            left_out: added.left_out,
            missing: added.missing,
        }))
    }

    /// Whether the staff record's newest version has every identity of the actor. One that can't be read has none.
    fn has_all_keys(
        &self,
        actor: &Actor,
        staff: &StaffRecord,
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, StaffError> {
        let Ok(unlocked) = self.own_version(actor, staff.id, staff.record.version, rng) else {
            return Ok(false);
        };
        let Ok(kept) = self.staff_key_in(&unlocked) else { return Ok(false) };
        for number in 0..=actor.identity.number() {
            let identity = actor.keyring.identity(IdentityIndex::new(number))?;
            if !kept.iter().any(|kept| **kept == *identity.to_secret_text()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The keys in a version of a staff record.
    pub(crate) fn staff_key_in(
        &self,
        unlocked: &Unlocked,
    ) -> Result<Vec<Zeroizing<String>>, StaffError> {
        let mut content = Bounded(Zeroizing::new(Vec::new()));
        self.decrypt(unlocked, &mut content)?;
        Ok(key_file::read(&content.0)?)
    }

    /// Names a member, or sets another end for one. Nothing is sent where it is so already.
    ///
    /// # Errors
    ///
    /// [`StaffError`].
    pub fn set_member(
        &self,
        actor: &Actor,
        member: &Principal,
        expiry: Option<BurnHeight>,
    ) -> Result<Outcome<Option<TxId>>, StaffError> {
        if let Some(to) = self.offered_to(&actor.principal())? {
            return Err(StaffError::HandingOver { to });
        }
        let known = self.ask(&read::member(&actor.principal(), member))?;
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        if known.is_some_and(|known| known.expiry == expiry && known.is_live(now)) {
            return Ok(Outcome::Done(None));
        }
        let remembered =
            AllTerms { allows: Allows::AsMember, expiry, recipient: String::new(), goes_on: false };
        let sent = self.carry_out_for_all(
            actor,
            (member, ReadsAllBy::Membership),
            &format!("make {member} a member"),
            Some(remembered),
            call::set_member(member, expiry),
        )?;
        Ok(sent.try_map(|receipts| Ok::<_, SendError>(Some(first(&receipts)?.txid)))?)
    }

    /// Ends a membership, and the member's access to the staff record. Where both have ended, nothing is sent. What this profile
    /// remembers to have given is ended whatever a ledger shows, or does not answer.
    ///
    /// # Errors
    ///
    /// [`StaffError`].
    pub fn end_membership(
        &self,
        actor: &Actor,
        member: &Principal,
    ) -> Result<Outcome<EndedMembership>, StaffError> {
        let me = actor.principal();
        let (is_member, has_record) = self.member_remembered(actor, member)?;
        let now = self.ledger.tip().map(|tip| tip.burn_height);
        let shown = match (self.ask(&read::member(&me, member)), now) {
            (Ok(None), _) => None,
            (Ok(Some(shown)), Ok(now)) => Some(shown.is_live(now)),
            (Err(error), _) if !is_member.stands() => return Err(error.into()),
            (_, Err(error)) if !is_member.stands() => return Err(AskError::from(error).into()),
            _ => None,
        };
        if shown.is_none() && !is_member.stands() {
            return Err(StaffError::NoSuchMember { member: member.clone() });
        }
        let mut calls = Vec::new();
        if is_member.must_end(shown, self.ledger) {
            calls.push(call::remove_member(member));
        }
        let record = self.staff_record(&me);
        let log = record.as_ref().ok().and_then(Option::as_ref).map(|record| self.log_of(record));
        let mut is_key_due = log.and_then(Result::ok).is_some_and(|log| is_key_due(&log));
        let mut revoked = None;
        if let Some(id) = ids::staff_record(&me) {
            let grant = match self.ask(&read::grant(id, member)) {
                Err(error) if !has_record.stands() => {
                    // The membership ends first; what is not known of the rest is told when the new key is to be written.
                    if calls.is_empty() {
                        return Err(error.into());
                    }
                    None
                }
                grant => grant.ok().flatten(),
            };
            if has_record.must_end(grant.map(|grant| grant.rights.is_some()), self.ledger) {
                calls.push(call::revoke_record_access(id, member));
                (revoked, is_key_due) = (Some(id), true);
            }
        }
        if calls.is_empty() {
            return Ok(Outcome::Done(EndedMembership { txid: None, is_key_due }));
        }
        let root = actor.keyring.record_root()?;
        self.want_ends(&root, |memory| {
            memory.want_end_of_all(self.contract, member, ReadsAllBy::Membership);
            revoked.iter().for_each(|id| memory.want_end(self.contract, *id, member));
        });
        let description = format!("end the membership of {member}");
        let unsigned = calls.into_iter().map(|call| self.transaction(call)).collect();
        let sent = self.send(actor, &description, unsigned)?;
        sent.try_map(|receipts| {
            let mut txid = None;
            for receipt in &receipts {
                match refusal_in(receipt)? {
                    None => drop(txid.get_or_insert(receipt.txid)),
                    // It was only remembered.
                    Some(ContractError::NoSuchMember | ContractError::NoSuchGrant) => {}
                    Some(refusal) => {
                        return Err(SendError::Refused { refusal, txid: receipt.txid }.into());
                    }
                }
            }
            let of_all = ReadsAllBy::Membership.ended_with();
            self.note_ended(actor, member, revoked.as_slice(), of_all);
            Ok(EndedMembership { txid, is_key_due })
        })
    }

    /// What this profile remembers of a membership, and of the grant of the staff record. Where it can't be read, nothing is known.
    fn member_remembered(
        &self,
        actor: &Actor,
        member: &Principal,
    ) -> Result<(Remembered, Remembered), StaffError> {
        let memory = self.profile.granted(&actor.keyring.record_root()?).unwrap_or_default();
        let (membership, record) = self.member_in(&memory, &actor.principal(), member);
        let perhaps = !self.perhaps_given_to(member)?.is_empty();
        Ok(match perhaps {
            true => (Remembered::Given, record),
            false => (membership, record),
        })
    }

    /// Why a member is refused, if their membership is what ended.
    pub(crate) fn why_no_member(
        &self,
        organisation: &Principal,
        member: &Principal,
    ) -> Result<Option<StaffError>, AskError> {
        let membership = self.ask(&read::member(organisation, member))?;
        let now = self.ledger.tip()?.burn_height;
        if membership.is_some_and(|membership| membership.is_live(now)) {
            return Ok(None);
        }
        let ended = membership.and_then(|membership| membership.expiry);
        Ok(Some(StaffError::NotMember { organisation: organisation.clone(), ended }))
    }
}

impl StaffError {
    /// The contract's refusal, if that is the reason.
    #[must_use]
    pub const fn refusal(&self) -> Option<ContractError> {
        match self {
            Self::Send(SendError::Refused { refusal, .. })
            | Self::Open(OpenRecordError::Send(SendError::Refused { refusal, .. }))
            | Self::Open(OpenRecordError::Closed { reason: refusal, .. }) => Some(*refusal),
            _ => None,
        }
    }
}

/// Takes what was decrypted, as long as it can be a key file.
struct Bounded(Zeroizing<Vec<u8>>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.0.len() + bytes.len();
        if length > key_file::MOST_BYTES {
            return Err(io::Error::other("a staff key is not as long"));
        }
        if length > self.0.capacity() {
            // What is left behind when a vector grows is not wiped.
            let mut larger = Zeroizing::new(Vec::with_capacity(length.next_power_of_two()));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
