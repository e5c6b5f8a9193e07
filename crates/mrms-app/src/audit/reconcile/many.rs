//! Compares many records: each vault's log is read once for all of them.
//!
//! The first record brings the hash of every line, which the log's head commits to. Then a vault is asked for the lines about
//! the others alone, and each line must have the hash that stands in its place. So what is read grows with the log and the
//! records, and not with one times the other. A vault that does not know that question is asked for each record by itself.
//!
//! The contract is asked about many records together as well, after the vaults.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mrms_contract::read;
use mrms_contract::state::Anchor;
use mrms_core::{Principal, RecordId, StandardPrincipal};
use mrms_vault::protocol::{
    Hex, LogHead, LogLine, MOST_LINES, MOST_LOGGED_RECORDS, RecordLinesRequest, Topic,
};
use rand_core::CryptoRng;

use super::on_chain::{AT_ONCE, OnChain, releases_of};
use super::read_log::ReadLogError;
use super::replay::LogReplay;
use super::{Difference, ReconcileError, Reconciled, VaultLog};
use crate::profile::remembered::{ReadLog, SeenLog};
use crate::session::vaults::{Member, MemberError};
use crate::session::{Actor, Session};

/// What each vault's log says of some records.
pub struct Reconciling<'s> {
    session: Session<'s>,
    /// `None` for a vault that is asked for each record by itself.
    logs: Vec<Option<ReadOnce>>,
    /// The accounts of links, read once for all records.
    links: BTreeSet<Principal>,
    /// The records that the contract was not asked about yet, in the order in which they are compared.
    to_come: VecDeque<RecordId>,
    /// What it said of records that are next.
    read_ahead: BTreeMap<RecordId, OnChain>,
}

/// A vault's log, read once for many records.
enum ReadOnce {
    Whole(Whole),
    /// The vault could not be asked.
    NotAsked {
        vault: String,
        reason: String,
    },
}

struct Whole {
    name: String,
    vault: StandardPrincipal,
    count: u64,
    head: LogHead,
    anchor: Option<Anchor>,
    lines: BTreeMap<RecordId, Vec<LogLine>>,
    /// What is wrong with the log as a whole.
    differences: Vec<Difference>,
}

impl ReadOnce {
    /// The entries of a record against which the vault released shares.
    fn releases_of(&self, record: RecordId) -> impl Iterator<Item = (RecordId, u64)> {
        let lines = match self {
            Self::Whole(whole) => whole.lines.get(&record),
            Self::NotAsked { .. } => None,
        };
        let released = lines.into_iter().flatten().filter(|line| line.topic == Topic::Release);
        released.filter_map(move |line| Some((record, line.audit_index?)))
    }
}

impl<'s> Session<'s> {
    /// Reads the vaults' logs for these records of the actor, to compare them one by one.
    ///
    /// # Errors
    ///
    /// [`ReconcileError`]; a vault that can't be asked is a difference, not an error.
    pub fn reconciling(
        &self,
        actor: &Actor,
        records: &[RecordId],
        rng: &mut dyn CryptoRng,
    ) -> Result<Reconciling<'s>, ReconcileError> {
        let mut logs = Vec::new();
        for member in self.vaults.members() {
            // One record needs no other way than its own.
            let read = match records {
                [] | [_] => None,
                [first, others @ ..] => match self.read_once(actor, member, *first, others, rng) {
                    Ok(read) => read.map(ReadOnce::Whole),
                    Err(error) => {
                        let error = error.of_member()?;
                        // It may refuse one record alone: then each is asked about by itself.
                        error.is_unreachable().then(|| ReadOnce::NotAsked {
                            vault: member.name().to_owned(),
                            reason: error.to_string(),
                        })
                    }
                },
            };
            logs.push(read);
        }
        let links = self.link_accounts(actor);
        let to_come = records.iter().copied().collect();
        Ok(Reconciling { session: *self, logs, links, to_come, read_ahead: BTreeMap::new() })
    }

    /// Reads a vault's log for a record with the hashes of all lines, and then the lines about the others. `None` where the
    /// vault does not give those, or what it gives does not hold: then each record is read by itself, and tells.
    fn read_once(
        &self,
        actor: &Actor,
        member: &Member,
        first: RecordId,
        others: &[RecordId],
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<Whole>, ReadLogError> {
        let vault = self.vault_card(member)?.vault;
        let anchor = self.ask(&read::vault_log(&Principal::from(vault)))?;
        let (mut seen_logs, is_readable) = self.seen_logs()?;
        let seen = seen_logs.get(&vault.to_string()).copied();
        let mut replay = LogReplay::new(anchor, seen);
        self.follow_log(actor, member, first, rng, &mut replay)?;
        let differences = replay.differences(member.name());
        let mut lines = BTreeMap::from([(first, replay.lines.clone())]);
        let mut others: Vec<_> = others.to_vec();
        others.sort_unstable();
        others.dedup();
        for some in others.chunks(MOST_LOGGED_RECORDS) {
            match self.lines_of(actor, member, some, &replay.hashes, rng) {
                Ok(Some(found)) => lines.extend(found),
                Ok(None) | Err(_) => return Ok(None),
            }
        }
        if replay.holds() {
            let until = SeenLog { count: replay.count, head: replay.head };
            seen_logs.insert(vault.to_string(), until);
            if is_readable {
                self.profile.remember_logs(&seen_logs)?;
            }
            let root = actor.keyring.record_root().ok();
            for (id, lines) in &lines {
                let Some(root) = &root else { break };
                let read = ReadLog { until, anchor: replay.anchor, lines: lines.clone() };
                self.profile.remember_read_log(root, (&vault, *id), &read, rng)?;
            }
        }
        let (count, head) = (replay.count, replay.head);
        Ok(Some(Whole {
            name: member.name().to_owned(),
            vault,
            count,
            head,
            anchor,
            lines,
            differences,
        }))
    }

    /// The lines about some records; `None` where one is not the line of its place in the log.
    fn lines_of(
        &self,
        actor: &Actor,
        member: &Member,
        records: &[RecordId],
        hashes: &[Hex<32>],
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<BTreeMap<RecordId, Vec<LogLine>>>, MemberError> {
        let mut found: BTreeMap<_, Vec<LogLine>> =
            records.iter().map(|id| (*id, Vec::new())).collect();
        let mut from = 0;
        loop {
            let request = RecordLinesRequest { records: records.to_vec(), from, limit: MOST_LINES };
            let (answer, _) =
                self.send_to_vault(actor, member, request, rng, |vault, signed| {
                    vault.record_lines(signed)
                })?;
            let mut last = None;
            for line in answer.lines {
                last = Some(line.number);
                // What came since the hashes were read is looked at the next time.
                let Some(hash) = usize::try_from(line.number).ok().and_then(|at| hashes.get(at))
                else {
                    continue;
                };
                let of = line.record_id.and_then(|id| found.get_mut(&id));
                match of {
                    Some(of)
                        if line.number >= from && line.hash().is_ok_and(|own| own == *hash) =>
                    {
                        of.push(line);
                    }
                    _ => return Ok(None),
                }
            }
            match answer.next {
                None => return Ok(Some(found)),
                // Each answer brings the reading on.
                Some(next) if last.is_some_and(|last| next > last) => from = next,
                Some(_) => return Ok(None),
            }
        }
    }
}

impl Reconciling<'_> {
    /// Compares the log of one of the records with the vaults' logs.
    ///
    /// # Errors
    ///
    /// [`ReconcileError`].
    pub fn one(
        &mut self,
        actor: &Actor,
        id: RecordId,
        rng: &mut dyn CryptoRng,
    ) -> Result<Reconciled, ReconcileError> {
        let (mut vaults, mut differences) = (Vec::new(), Vec::new());
        for (member, read) in self.session.vaults.members().iter().zip(&mut self.logs) {
            match read {
                Some(ReadOnce::Whole(whole)) if whole.lines.contains_key(&id) => {
                    differences.extend(whole.differences.iter().cloned());
                    let lines = whole.lines.remove(&id).unwrap_or_default();
                    let Whole { name, vault, count, head, anchor, .. } = &*whole;
                    vaults.push(VaultLog {
                        name: name.clone(),
                        vault: *vault,
                        count: *count,
                        head: *head,
                        anchor: *anchor,
                        lines,
                    });
                }
                Some(ReadOnce::NotAsked { vault, reason }) => {
                    let (vault, reason) = (vault.clone(), reason.clone());
                    differences.push(Difference::NotAsked { vault, reason });
                }
                _ => {
                    self.session.read_one(actor, member, id, rng, &mut vaults, &mut differences)?
                }
            }
        }
        let on_chain = self.on_chain(id, &vaults)?;
        Ok(self.session.compare(actor, on_chain, vaults, differences, &self.links))
    }

    /// What the contract says of a record; with it, it is asked about those that come next.
    fn on_chain(&mut self, id: RecordId, vaults: &[VaultLog]) -> Result<OnChain, ReconcileError> {
        if let Some(read) = self.read_ahead.remove(&id) {
            return Ok(read);
        }
        let place = self.to_come.iter().position(|other| *other == id);
        self.to_come.drain(..place.map_or(0, |place| place + 1));
        let mut some = vec![id];
        // A vault that is asked for each record by itself must be asked before the contract: it may release meanwhile.
        if self.logs.iter().all(Option::is_some) {
            let next = self.to_come.len().min(AT_ONCE - 1);
            some.extend(self.to_come.drain(..next));
        }
        let mut released: BTreeSet<_> =
            releases_of(vaults).into_keys().map(|index| (id, index)).collect();
        for log in self.logs.iter().flatten() {
            released.extend(some.iter().flat_map(|of| log.releases_of(*of)));
        }
        let mut read = self.session.on_chain(&some, &released)?;
        let found = read.remove(&id).ok_or(ReconcileError::NotFound { record: id })?;
        self.read_ahead = read;
        Ok(found)
    }
}
