//! Names a member with all that this takes: the organisation's keys in its staff record, a key that is published, the grant
//! of the staff record, and the membership. Each step can be done again.

use mrms_contract::ids;
use mrms_core::{BurnHeight, Principal, Rights, TxId};
use rand_core::CryptoRng;

use crate::session::vaults::VaultFailures;
use crate::session::{Actor, Session};
use crate::sharing::grant::{GrantTerms, Sharing};
use crate::sharing::recipients::ChangedKey;
use crate::staff::administer::{KeptStaffKey, StaffError};

/// What somebody is named under.
#[derive(Clone, Copy, Debug)]
pub struct MemberTerms {
    /// First burn height at which the membership is over; `None` holds until it is ended.
    pub expiry: Option<BurnHeight>,
    /// What becomes of a key of theirs that is not the one seen before.
    pub changed_key: ChangedKey,
}

/// A member after they were named.
#[derive(Debug)]
pub struct NamedMember {
    /// The staff record as they find it.
    pub key: KeptStaffKey,
    /// Vaults that took no share of it for them, though enough others did.
    pub missing: VaultFailures,
    /// The transaction; `None` where they were a member until that time already.
    pub txid: Option<TxId>,
}

impl Session<'_> {
    /// Names a member of this person's organisation, or sets another end for one.
    ///
    /// # Errors
    ///
    /// [`StaffError`]. What was done before it is taken up when they are named again.
    pub fn name_member(
        &self,
        actor: &Actor,
        member: &Principal,
        terms: MemberTerms,
        inline_limit: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<NamedMember, StaffError> {
        let me = actor.principal();
        if *member == me {
            return Err(StaffError::Oneself);
        }
        if let Some(to) = self.offered_to(&me)? {
            return Err(StaffError::HandingOver { to });
        }
        // In this order an interruption leaves nobody who is a member and can't take the key.
        let key = self.keep_staff_key(actor, inline_limit, &mut *rng)?.done();
        let key = key.ok_or(StaffError::NotSent)?;
        self.publish_recipient(actor)?.done().ok_or(StaffError::NotSent)?;
        let id = ids::staff_record(&me).ok_or(StaffError::GivenAway)?;
        let MemberTerms { expiry, changed_key } = terms;
        let of_record =
            GrantTerms { rights: Rights::READ, expiry, sharing: Sharing::Sealed, changed_key };
        let granted = self.grant(actor, id, member, of_record, rng)?;
        let granted = granted.done().ok_or(StaffError::NotSent)?;
        let named = self.set_member(actor, member, expiry)?;
        let txid = named.done().ok_or(StaffError::NotSent)?;
        Ok(NamedMember { key, missing: granted.missing, txid })
    }
}
