//! Tries whether what lies on the chain as readers' keys of a record opens it, as direct sharing puts it there.

use std::collections::BTreeMap;

use mrms_contract::read;
use mrms_core::{Principal, RecordId, Version};
use rand_core::CryptoRng;

use crate::records::list::{KeyOnChain, Openings};
use crate::session::{Actor, Session};
use crate::sharing::grant::ShareError;

impl Session<'_> {
    /// Tries what lies on the chain as readers' keys of a patient's own record, as far as the patient's keys tell: those of
    /// direct sharing, by them or by who was the patient before. What somebody else put there stays unknown.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn try_keys_on_chain(
        &self,
        actor: &Actor,
        (id, latest): (RecordId, Version),
        openings: &mut BTreeMap<Principal, Openings>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ShareError> {
        let unknown = |theirs: &Openings| theirs.key_on_chain == KeyOnChain::Unknown;
        for (reader, theirs) in openings.iter_mut().filter(|(_, theirs)| unknown(theirs)) {
            for version in latest.up_to() {
                if self.ask(&read::key_envelope(id, version, reader))?.is_none() {
                    continue;
                }
                let Ok(unlocked) = self.own_version(actor, id, version, rng) else { continue };
                if self.has_right_envelope(actor, reader, &unlocked)?
                    || self.has_former_envelope(actor, reader, &unlocked)?
                {
                    theirs.key_on_chain = KeyOnChain::Opens;
                    break;
                }
            }
        }
        Ok(())
    }
}
