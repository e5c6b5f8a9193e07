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

/// Which records somebody looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that the patient has.
    All,
    /// Some of them: of the others it is still news what was opened.
    Some,
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
        (scope, records): (Scope, impl Iterator<Item = (RecordId, &'r Record)>),
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<News>, NewsError> {
        let root = actor.keyring.record_root()?;
        let seen: Seen = self.profile.load_sealed(&root, NAME)?;
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        let is_first = seen.contract != contract || seen.genesis != genesis;
        if is_first && scope == Scope::Some {
            return Ok(None);
        }
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
        let mut looked = now.seconds();
        if scope == Scope::Some {
            // Of the others nothing is seen.
            let some = std::mem::replace(&mut entries, seen.entries.clone());
            for (id, count) in some {
                match entries.iter_mut().find(|(known, _)| *known == id) {
                    Some((_, known)) => *known = count,
                    None => entries.push((id, count)),
                }
            }
            looked = seen.looked;
        }
        let grew = entries != seen.entries;
        if self.sending == Sending::Send && (is_first || grew || openings > 0) {
            self.profile.change_sealed(&root, NAME, rng, |seen: &mut Seen| {
                *seen = Seen { contract, genesis, looked, entries };
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

    /// A record with so many entries in its log.
    fn record(patient: &Actor, count: u64) -> Record {
        Record {
            patient: patient.principal(),
            version: Version::FIRST,
            readers: 1,
            audit_count: count,
            audit_head: Head::EMPTY,
        }
    }

    #[test]
    fn openings_by_others_are_told_once_and_only_new_entries_are_read() {
        let mut rng = StdRng::seed_from_u64(4);
        let (me, clinic) = (actor(&mut rng), actor(&mut rng).principal());
        let fakes = Fakes::new(actor(&mut rng).principal).unwrap();
        let session = fakes.session(Sending::Send);
        let at = UnixTime::from_seconds;
        let mut news = |count: u64, now: u64| {
            let record = record(&me, count);
            let records = std::iter::once((RECORD, &record));
            session.news(&me, (Scope::All, records), at(now), &mut rng).unwrap()
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

    #[test]
    fn who_looks_at_one_record_has_seen_what_happened_to_that_one_alone() {
        const OTHER: RecordId = RecordId::new(8);
        let mut rng = StdRng::seed_from_u64(4);
        let (me, clinic) = (actor(&mut rng), actor(&mut rng).principal());
        let fakes = Fakes::new(actor(&mut rng).principal).unwrap();
        let session = fakes.session(Sending::Send);
        let at = UnixTime::from_seconds;
        let mut news = |scope, counts: &[(RecordId, u64)], now: u64| {
            let records: Vec<_> =
                counts.iter().map(|(id, count)| (*id, record(&me, *count))).collect();
            let records = records.iter().map(|(id, record)| (*id, record));
            session.news(&me, (scope, records), at(now), &mut rng).unwrap()
        };
        // Before the first look at all of them nothing is news.
        assert_eq!(news(Scope::Some, &[(RECORD, 3)], 50), None);
        assert_eq!(news(Scope::All, &[(RECORD, 2), (OTHER, 0)], 100), None);
        entry(&fakes, 2, "access", &clinic);
        let opened = Some(News { openings: 1, since: at(100) });
        assert_eq!(news(Scope::Some, &[(OTHER, 0)], 200), None);
        assert_eq!(news(Scope::Some, &[(RECORD, 3)], 300), opened);
        assert_eq!(news(Scope::All, &[(RECORD, 3), (OTHER, 0)], 400), None, "told once");
    }
}
