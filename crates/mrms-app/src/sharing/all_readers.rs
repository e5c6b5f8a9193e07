//! Who reads everything, by this person's memory, and what they lack: what [`tend`](super::tend) goes by.
//!
//! Sends nothing. Keys go to those alone whom this person let in, while the ledger says the same, and to the recipient that
//! the person saw.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{BurnHeight, Powers, Principal, RecordId, Rights, Version, grant};
use mrms_crypto::HybridRecipient;

use crate::profile::granted::GrantedMemory;
use crate::profile::granted_all::{Allows, GrantedAll, ReadsAllBy};
use crate::profile::remembered::PinnedRecipient;
use crate::session::{Actor, AskError, Session};
use crate::sharing::grant::ShareError;
use crate::sharing::left_keys::LeftFor;
use crate::sharing::readers::has_use_of_keys;
use crate::sharing::tend::Tended;
use crate::sharing::unknown::WhyLeftOut;

/// What somebody lacks who reads everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingKeys {
    /// The keys of so many records, which the next run leaves.
    Records(usize),
    /// All keys, for this reason.
    LeftOut(WhyLeftOut),
}

/// Somebody who reads everything, by this person's memory.
pub(super) struct AllReader<'m> {
    pub(super) user: Principal,
    /// By what, and how often each began anew.
    by: Vec<(&'m GrantedAll, u64)>,
}

impl<'m> AllReader<'m> {
    fn all(&self) -> impl Iterator<Item = &'m GrantedAll> {
        self.by.iter().map(|(one, _)| *one)
    }

    pub(super) fn runs(&self) -> Vec<(ReadsAllBy, u64)> {
        self.by.iter().map(|(one, run)| (one.by, *run)).collect()
    }

    fn knows(&self, recipient: &str) -> bool {
        self.all().any(|one| one.recipient == recipient)
    }

    /// Whether what was left before is of use still: the reader had one thing all the time, and the same recipient.
    pub(super) fn goes_on(&self, known: &LeftFor) -> bool {
        self.all().any(|one| known.is_for(&one.recipient))
            && known.runs.iter().any(|run| self.runs().contains(run))
    }

    /// Whether they read everything as a delegate: a revoke of a single record does not count then.
    fn is_delegate(&self) -> bool {
        self.all().any(|one| matches!(one.by, ReadsAllBy::Delegation | ReadsAllBy::Contact))
    }

    /// The rights by which they are told names.
    pub(super) fn rights(&self) -> Rights {
        let by_name = |one: &GrantedAll| match one.allows() {
            Some(Allows::Rights(rights)) => rights.may_read(),
            Some(Allows::Powers(_) | Allows::AsContact(_)) => true,
            Some(Allows::AsMember | Allows::Succession) | None => false,
        };
        if self.all().any(by_name) { Rights::READ } else { Rights::EMERGENCY }
    }
}

/// A reader whose keys are to be left now.
pub(super) struct Job<'m> {
    pub(super) reader: AllReader<'m>,
    pub(super) recipient: HybridRecipient,
    /// The records that lack keys, each with the newest version that was left.
    pub(super) lacking: BTreeMap<RecordId, Option<Version>>,
}

/// Whether this person shut a reader out of a record ([`GrantedMemory::ended`]). A delegate sees it all the same.
pub(super) fn is_shut_out(
    ended: &BTreeSet<(RecordId, &Principal)>,
    id: RecordId,
    reader: &AllReader<'_>,
) -> bool {
    ended.contains(&(id, &reader.user)) && !reader.is_delegate()
}

impl Session<'_> {
    /// Who reads everything now, by this person's memory. The ledger is asked about contacts alone: whether one became a
    /// delegate, and how often.
    pub(super) fn readers_in<'m>(
        &self,
        me: &Principal,
        memory: &'m GrantedMemory,
        now: BurnHeight,
    ) -> Result<Vec<AllReader<'m>>, AskError> {
        let mut readers: BTreeMap<Principal, Vec<(&GrantedAll, u64)>> = BTreeMap::new();
        for one in memory.all_of(self.contract).filter(|one| one.reads_at(now)) {
            let run = match one.by {
                ReadsAllBy::Standing | ReadsAllBy::Delegation => Some(one.run),
                ReadsAllBy::Contact => self
                    .ask(&read::delegate(me, &one.reader))?
                    .filter(|found| found.powers_at(now).is_some_and(|it| it.include(Powers::SEE)))
                    .map(|found| found.term),
                ReadsAllBy::Membership | ReadsAllBy::Offer => None,
            };
            if let Some(run) = run {
                readers.entry(one.reader.clone()).or_default().push((one, run));
            }
        }
        Ok(readers.into_iter().map(|(user, by)| AllReader { user, by }).collect())
    }

    /// What there is to do for readers who lack something. Leaves out those who read nothing now, as the ledger says, and
    /// those who have no recipient that this person saw: `tended` tells why. Asks about all of them together.
    pub(super) fn jobs<'m>(
        &self,
        actor: &Actor,
        lacking: Vec<(AllReader<'m>, BTreeMap<RecordId, Option<Version>>)>,
        now: BurnHeight,
        tended: &mut Tended,
    ) -> Result<Vec<Job<'m>>, ShareError> {
        let readers: Vec<_> = lacking.iter().map(|(reader, _)| reader).collect();
        let reads = self.read_all_now(&actor.principal(), &readers, now)?;
        let mut lacking = lacking;
        lacking.retain(|(reader, _)| reads.contains(&reader.user));
        let keys: Vec<_> =
            lacking.iter().map(|(reader, _)| read::encryption_key(&reader.user)).collect();
        let cards = self.known_cards(actor)?;
        let mut jobs = Vec::with_capacity(lacking.len());
        for ((reader, lacking), published) in lacking.into_iter().zip(self.ask_all(&keys)?) {
            let why = match self.as_published(&reader.user, published) {
                Ok((recipient, PinnedRecipient { recipient: text, .. })) => {
                    let is_known = reader.knows(&text);
                    if is_known && self.is_on_card_among(&cards, &reader.user, &recipient)? {
                        jobs.push(Job { reader, recipient, lacking });
                        continue;
                    }
                    WhyLeftOut::KeyChanged
                }
                Err(error) if error.has_no_key() => WhyLeftOut::NoKey,
                Err(error) => return Err(error.into()),
            };
            tended.waiting.push((reader.user, why));
        }
        Ok(jobs)
    }

    /// Of these readers, those of whom the ledger says that one of the things by which this person let them read everything is
    /// in force.
    fn read_all_now(
        &self,
        me: &Principal,
        readers: &[&AllReader<'_>],
        now: BurnHeight,
    ) -> Result<BTreeSet<Principal>, AskError> {
        let by = |is_wanted: fn(&ReadsAllBy) -> bool| -> Vec<&Principal> {
            let wanted = readers.iter().filter(|reader| reader.all().any(|one| is_wanted(&one.by)));
            wanted.map(|reader| &reader.user).collect()
        };
        let granted = by(|by| matches!(by, ReadsAllBy::Standing));
        let reads: Vec<_> = granted.iter().map(|user| read::standing_grant(me, user)).collect();
        let standing = granted.into_iter().zip(self.ask_all(&reads)?);
        let standing = standing.filter(|(_, standing)| {
            standing.as_ref().is_some_and(|standing| {
                standing.rights.is_some() && grant::is_live(standing.expiry, now)
            })
        });
        let delegates = by(|by| matches!(by, ReadsAllBy::Delegation | ReadsAllBy::Contact));
        let reads: Vec<_> = delegates.iter().map(|user| read::delegate(me, user)).collect();
        let seeing = delegates.into_iter().zip(self.ask_all(&reads)?);
        let seeing = seeing.filter(|(_, found)| {
            let powers = found.as_ref().and_then(|delegation| delegation.powers_at(now));
            powers.is_some_and(|powers| powers.include(Powers::SEE))
        });
        let standing = standing.map(|(user, _)| user.clone());
        Ok(standing.chain(seeing.map(|(user, _)| user.clone())).collect())
    }

    /// What those lack who read everything of these records of one's own, by this person's memory or by the ledger; nobody who
    /// lacks nothing.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn missing_keys(
        &self,
        actor: &Actor,
        records: &[(RecordId, Record)],
    ) -> Result<Vec<(Principal, MissingKeys)>, ShareError> {
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let (me, now) = (actor.principal(), self.height()?);
        let left = self.left_keys(actor)?;
        let (mut found, mut remembered) = (Vec::new(), BTreeSet::new());
        let mut to_do = Vec::new();
        for reader in self.readers_in(&me, &memory, now)? {
            remembered.insert(reader.user.clone());
            let known = left.get(&reader.user).filter(|known| reader.goes_on(known));
            let lacking = lacking(known, records);
            if !lacking.is_empty() {
                to_do.push((reader, lacking));
            }
        }
        let mut tended = Tended::default();
        for Job { reader, lacking, .. } in self.jobs(actor, to_do, now, &mut tended)? {
            found.push((reader.user, MissingKeys::Records(lacking.len())));
        }
        let waiting = tended.waiting.into_iter();
        found.extend(waiting.map(|(user, why)| (user, MissingKeys::LeftOut(why))));
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        for user in self.standing_users(&me)?.into_iter().filter(|one| !remembered.contains(one)) {
            let standing = self.ask(&read::standing_grant(&me, &user))?;
            let standing = standing.filter(|one| grant::is_live(one.expiry, now));
            let reads = standing.and_then(|one| one.rights).is_some_and(has_use_of_keys);
            let delegation = self.ask(&read::delegate(&me, &user))?;
            let powers = delegation.and_then(|delegation| delegation.powers_at(now));
            if reads || powers.is_some_and(|powers| powers.include(Powers::SEE)) {
                found.push((user, MissingKeys::LeftOut(WhyLeftOut::NotRemembered)));
            }
        }
        Ok(found)
    }

    /// How many of these records of one's own lack keys for somebody who reads everything, by reader. Asks about contacts alone.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn lacking_keys(
        &self,
        actor: &Actor,
        records: &[(RecordId, Record)],
    ) -> Result<BTreeMap<Principal, usize>, ShareError> {
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let now = self.height()?;
        let left = self.left_keys(actor)?;
        let mut found = BTreeMap::new();
        for reader in self.readers_in(&actor.principal(), &memory, now)? {
            let known = left.get(&reader.user).filter(|known| reader.goes_on(known));
            found.insert(reader.user.clone(), lacking(known, records).len());
        }
        Ok(found)
    }
}

/// The records of which a reader lacks keys, each with the newest version that was left for them.
pub(super) fn lacking(
    known: Option<&LeftFor>,
    records: &[(RecordId, Record)],
) -> BTreeMap<RecordId, Option<Version>> {
    let lacking = records.iter().filter_map(|(id, record)| {
        let had = known.and_then(|known| known.records.get(id)).copied();
        had.is_none_or(|had| had < record.version).then_some((*id, had))
    });
    lacking.collect()
}
