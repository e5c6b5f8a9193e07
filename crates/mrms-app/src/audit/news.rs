//! What is new since this profile last looked: how often others opened the patient's records.
//!
//! The profile keeps how long each record's log was, sealed under the person's own key, in `seen.sealed`. Only entries
//! that came since are read.

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{Action, RecordId, UnixTime};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::profile::ProfileError;
use crate::session::{Actor, AskError, Sending, Session};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "seen.sealed";

/// Openings by others since the profile last looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// How many.
    pub openings: u64,
    /// When the profile last looked.
    pub since: UnixTime,
}

/// Why it is not known what is new.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NewsError {
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] mrms_crypto::keyring::NoKeyError),
}

/// The file: how long the logs of the records of one contract on one ledger were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Seen {
    contract: String,
    genesis: Option<String>,
    /// Seconds since 1970.
    looked: u64,
    entries: Vec<(RecordId, u64)>,
}

impl Session<'_> {
    /// How often others opened these records of the actor since this was last asked; `None` for never, and the first
    /// time. Remembers how long the logs are now.
    ///
    /// # Errors
    ///
    /// [`NewsError`].
    pub fn news<'r>(
        &self,
        actor: &Actor,
        records: impl Iterator<Item = (RecordId, &'r Record)>,
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<News>, NewsError> {
        let root = actor.keyring.record_root()?;
        let seen: Seen = self.profile.load_sealed(&root, NAME)?;
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        let is_first = seen.contract != contract || seen.genesis != genesis;
        let known: std::collections::BTreeMap<_, _> = seen.entries.iter().copied().collect();
        let me = actor.principal();
        let (mut openings, mut entries) = (0, Vec::new());
        for (id, record) in records {
            entries.push((id, record.audit_count));
            let before = known.get(&id).copied().unwrap_or_default();
            if is_first || before >= record.audit_count {
                continue;
            }
            let new = record.audit_count - before;
            let entries = self.ask_list(new, |index| read::audit_entry(id, before + index))?;
            let by_others = entries.iter().filter(|entry| {
                entry.actor != me && matches!(entry.action, Action::Access | Action::EmergencyRead)
            });
            openings += by_others.count() as u64;
        }
        let since = UnixTime::from_seconds(seen.looked);
        let grew = entries != seen.entries;
        if self.sending == Sending::Send && (is_first || grew || openings > 0) {
            self.profile.change_sealed(&root, NAME, rng, |seen: &mut Seen| {
                *seen = Seen { contract, genesis, looked: now.seconds(), entries };
            })?;
        }
        Ok((openings > 0).then_some(News { openings, since }))
    }
}

#[cfg(test)]
mod tests {
    use mrms_contract::trail::Head;
    use mrms_core::{BurnHeight, Principal, Version};
    use mrms_stacks::clarity::Value;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::testing::{Fakes, actor, tuple};

    const RECORD: RecordId = RecordId::new(7);

    fn entry(fakes: &Fakes, index: u64, action: &str, by: &Principal) {
        let text = |text: &str| Value::StringAscii(text.parse().unwrap());
        let entry = tuple([
            ("index", Value::uint(index)),
            ("action", text(action)),
            ("actor", Value::principal(by.clone())),
            ("subject", Value::optional(None)),
            ("version", Value::uint(1_u8)),
            ("expiry", Value::optional(None)),
            ("detail", Value::buffer([0; 32])),
            ("burn-height", Value::uint(BurnHeight::new(900).number())),
        ]);
        fakes.ledger.answer(&read::audit_entry(RECORD, index), Value::optional(Some(entry)));
    }

    #[test]
    fn openings_by_others_are_told_once_and_only_new_entries_are_read() {
        let mut rng = StdRng::seed_from_u64(4);
        let (me, clinic) = (actor(&mut rng), actor(&mut rng).principal());
        let fakes = Fakes::new(actor(&mut rng).principal).unwrap();
        let session = fakes.session(Sending::Send);
        let record = |count: u64| Record {
            patient: me.principal(),
            version: Version::FIRST,
            readers: 1,
            audit_count: count,
            audit_head: Head::EMPTY,
        };
        let at = UnixTime::from_seconds;
        let mut news = |count: u64, now: u64| {
            let record = record(count);
            let records = std::iter::once((RECORD, &record));
            session.news(&me, records, at(now), &mut rng).unwrap()
        };
        // What was there before the first look is no news, and is not read.
        assert_eq!(news(2, 100), None);
        assert_eq!(news(2, 200), None);
        entry(&fakes, 2, "access", &clinic);
        entry(&fakes, 3, "access", &me.principal());
        entry(&fakes, 4, "grant", &clinic);
        entry(&fakes, 5, "emergency-read", &clinic);
        assert_eq!(news(6, 300), Some(News { openings: 2, since: at(100) }));
        assert_eq!(news(6, 400), None, "told once");
    }
}
