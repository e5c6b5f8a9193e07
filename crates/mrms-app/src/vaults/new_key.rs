//! Somebody's new key, once the person has compared it: leaves what that reader lacks for it, and remembers it.
//!
//! What a person adds while a reader's key waits to be compared has no share for that reader. So the comparing is what leaves
//! it: of every record that they were given by name, and of all records where they read all.

use mrms_contract::read;
use mrms_core::Principal;
use mrms_crypto::HybridRecipient;
use rand_core::CryptoRng;

use crate::profile::granted::Granted;
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::grant::ShareError;
use crate::sharing::readers::has_use_of_keys;
use crate::sharing::recipients::ChangedRecipient;
use crate::vaults::replicate::Renewed;

/// What was left for a new key.
#[derive(Debug, Default)]
pub struct LeftForKey {
    /// Of how many records.
    pub records: usize,
    /// Why some of what they read all by could not be left: the next run of any program of the person goes on with it.
    pub failed: Option<ShareError>,
}

impl Session<'_> {
    /// Leaves everything for this key that its owner may open of one's own records, and remembers the key, which the person
    /// has compared. Sends no transaction.
    ///
    /// # Errors
    ///
    /// [`ShareError`]; then the key is not remembered, and nothing is lost: the same can be done again.
    pub fn trust_and_leave(
        &self,
        actor: &Actor,
        changed: ChangedRecipient,
        rng: &mut dyn CryptoRng,
    ) -> Result<LeftForKey, ShareError> {
        let owner = changed.owner.clone();
        let mut left = LeftForKey::default();
        if self.sending != Sending::Send {
            return Ok(left);
        }
        left.records = self.leave_named(actor, &changed, rng)?;
        self.trust(Some(actor), changed, rng)?;
        match self.leave_all(actor, &owner, rng) {
            Ok((records, failed)) => {
                left.records = left.records.max(records);
                left.failed = failed;
            }
            Err(error) => left.failed = Some(error),
        }
        Ok(left)
    }

    /// Leaves what the owner of a key may open by name. Returns of how many records.
    fn leave_named(
        &self,
        actor: &Actor,
        changed: &ChangedRecipient,
        rng: &mut dyn CryptoRng,
    ) -> Result<usize, ShareError> {
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let (me, owner) = (actor.principal(), &changed.owner);
        let is_theirs = |one: &&Granted| {
            one.is_on(self.contract)
                && one.reader == *owner
                && one.rights_at(now).is_some_and(has_use_of_keys)
        };
        let given: Vec<&Granted> = memory.all().iter().filter(is_theirs).collect();
        if given.is_empty() {
            return Ok(0);
        }
        let recipient: HybridRecipient = self.remembered_recipient(changed.recipient())?;
        let erased = self.erased_records()?;
        let reads: Vec<_> = given.iter().map(|one| read::record(one.record)).collect();
        let mut count = 0;
        for (known, record) in given.into_iter().zip(self.ask_all(&reads)?) {
            let id = known.record;
            let Some(record) = record.filter(|one| one.patient == me && !erased.contains(&id))
            else {
                continue;
            };
            // What the ledger closed by now needs no share.
            let Ok((rights, from)) = self.reader(id, (&me, owner), now).map(|reader| reader.now)?
            else {
                continue;
            };
            if !has_use_of_keys(rights) {
                continue;
            }
            let to = (known, &recipient, from);
            let renewed = self.leave_as_granted(actor, (id, &record), to, &mut |_, _| {}, rng)?;
            count += usize::from(matches!(renewed, Renewed::Left(_)));
        }
        Ok(count)
    }

    /// The same where they read everything. Returns of how many records, and what kept others back.
    fn leave_all(
        &self,
        actor: &Actor,
        owner: &Principal,
        rng: &mut dyn CryptoRng,
    ) -> Result<(usize, Option<ShareError>), ShareError> {
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let mut all = memory.all_of(self.contract);
        if !all.any(|one| one.reader == *owner && one.reads_at(now)) {
            return Ok((0, None));
        }
        let own = self.records_of(&actor.principal())?;
        let mut tended = self.tend(actor, &own, usize::MAX, &mut |_, _| {}, rng)?;
        Ok((tended.left.remove(owner).unwrap_or_default(), tended.failed))
    }
}
