//! Which accounts are links, where nothing but the ledger tells: after a recovery, and for whoever acts for a patient.
//!
//! Whoever reads with MRMS publishes an encryption key before anything can be shared with them. The account of a link never
//! does: its host opens nothing. So a reader without a key is no person who reads here. It is a link, or another program that
//! was granted access.

use std::collections::BTreeSet;

use mrms_contract::read;
use mrms_core::Principal;

use crate::session::{AskError, Session};

impl Session<'_> {
    /// Those of these accounts that have published no encryption key.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn without_key(&self, accounts: &[Principal]) -> Result<BTreeSet<Principal>, AskError> {
        let reads: Vec<_> = accounts.iter().map(read::encryption_key).collect();
        let keys = self.ask_all(&reads)?;
        let without = accounts.iter().zip(keys).filter(|(_, key)| key.is_none());
        Ok(without.map(|(account, _)| account.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use mrms_stacks::clarity::Value;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::session::Sending;
    use crate::testing::{Fakes, actor, tuple};

    #[test]
    fn account_that_published_a_key_is_somebody_and_one_that_did_not_may_be_a_link() {
        let patient = actor(&mut StdRng::seed_from_u64(7));
        let fakes = Fakes::new(patient.principal).unwrap();
        let [clinic, link]: [Principal; 2] = [
            "ST000000000000000000002AMW42H".parse().unwrap(),
            "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap(),
        ];
        let key =
            tuple([("recipient", Value::buffer([7; 1216])), ("generation", Value::uint(1_u8))]);
        fakes.ledger.answer(&read::encryption_key(&clinic), Value::optional(Some(key)));
        fakes.ledger.answer(&read::encryption_key(&link), Value::optional(None));
        let session = fakes.session(Sending::Send);
        let found = session.without_key(&[clinic, link.clone()]).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [link]);
        assert!(session.without_key(&[]).unwrap().is_empty());
    }
}
