//! The watcher: deletes what has no grant any more, without being asked.
//!
//! A sweep looks at every epoch once, in parts of bounded size, and asks the chain about each. What
//! it decides is written by one commit, and only where nothing was left there meanwhile; then the
//! key files go.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use mrms_core::{BurnHeight, Version};

use super::Guardian;
use super::chain::{ChainError, ChainTip};
use super::deposit::{digest_of, forget, forgotten};
use super::epochs::EpochId;
use super::error::{StorageFailure, WatchError};
use super::rules;
use super::store::{self, Epoch, Kind};
use super::writer::Page;
use crate::protocol::Reason;

/// Whether a sweep has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// Every epoch was looked at since the sweep began; the next call begins anew.
    Complete,
    /// There are more: the next call goes on.
    More,
}

/// What one part of a sweep did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchReport {
    /// Epochs that were looked at.
    pub looked: usize,
    /// Epochs of readers, and salts, that were deleted.
    pub forgotten: u64,
    /// Key files that were destroyed.
    pub keys_destroyed: usize,
    /// Whether that was all.
    pub sweep: Sweep,
}

/// What happens to shares whose key file is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyless {
    /// They stay: the folder of keys may have been mounted elsewhere.
    Stay,
    /// They go: a backup without keys was restored.
    Go,
}

/// What was decided about an epoch.
enum Finding {
    InForce(EpochId),
    Forget(Box<Epoch>, Reason),
    SaltOnChain(EpochId, Version),
    DropSalt(Box<Epoch>, Version, BurnHeight, Reason),
}

impl Guardian {
    /// Looks at up to `budget` epochs (at least one) and deletes what has no grant: revoked,
    /// expired, or none within the wait. Also finishes erasures, removes key files that nothing
    /// refers to, and writes what was counted of refusals.
    ///
    /// # Errors
    ///
    /// [`WatchError`]. What was decided up to then is done. Nothing is deleted on the word of a
    /// chain that is out of date or has gone back.
    pub fn watch(&self, budget: usize) -> Result<WatchReport, WatchError> {
        self.write_due()?;
        self.sweep(budget.max(1), Keyless::Stay)
    }

    /// Sweeps everything once.
    pub(crate) fn sweep_all(&self, keyless: Keyless) -> Result<(), WatchError> {
        *self.cursor.lock().unwrap_or_else(PoisonError::into_inner) = None;
        while self.sweep(256, keyless)?.sweep == Sweep::More {}
        Ok(())
    }

    fn sweep(&self, budget: usize, keyless: Keyless) -> Result<WatchReport, WatchError> {
        let mut cursor = self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys_destroyed = if cursor.is_none() { self.tidy()? } else { 0 };
        let tip = self.chain.tip()?;
        self.check_tip(&tip, self.clock.now())
            .map_err(|reason| WatchError::Distrusted { reason })?;

        let epochs = self.reading.ask(|connection| -> Result<_, StorageFailure> {
            store::epochs_after(connection, *cursor, budget)
        })?;
        let (mut findings, mut failed, mut looked) = (Vec::new(), None, 0);
        for epoch in &epochs {
            match self.look_at(epoch, &tip, keyless) {
                Ok(found) => findings.extend(found),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
            looked += 1;
            *cursor = Some(epoch.id);
        }
        let (forgotten, doomed) = self.act_upon(findings)?;
        keys_destroyed += doomed.len();
        self.destroy(doomed)?;
        if let Some(error) = failed {
            return Err(error);
        }
        let sweep = if epochs.len() < budget { Sweep::Complete } else { Sweep::More };
        if sweep == Sweep::Complete {
            *cursor = None;
        }
        Ok(WatchReport { looked, forgotten, keys_destroyed, sweep })
    }

    /// Finishes erasures and removes key files that nothing refers to; forgets old requests.
    pub(crate) fn tidy(&self) -> Result<usize, StorageFailure> {
        let ids = self.writer.commit(move |page| {
            // By the log's own time: the clock may be ahead now and corrected later, which would
            // let old requests in again.
            store::forget_requests(page.connection, page.last_line())?;
            let mut ids = store::doomed(page.connection)?;
            for id in page.epochs.list()? {
                if !ids.contains(&id) && !store::has_epoch(page.connection, id)? {
                    ids.push(id);
                }
            }
            Ok(ids)
        })?;
        let count = ids.len();
        self.destroy(ids)?;
        Ok(count)
    }

    fn look_at(
        &self,
        epoch: &Epoch,
        tip: &ChainTip,
        keyless: Keyless,
    ) -> Result<Vec<Finding>, WatchError> {
        if epoch.kind == Kind::Salts {
            return self.look_at_salts(epoch, tip);
        }
        if keyless == Keyless::Go && self.epochs.read(epoch.id)?.is_none() {
            return Ok(vec![Finding::Forget(Box::new(epoch.clone()), Reason::NoShare)]);
        }
        Ok(self.look_at_shares(epoch, tip)?.into_iter().collect())
    }

    fn look_at_shares(&self, epoch: &Epoch, tip: &ChainTip) -> Result<Option<Finding>, ChainError> {
        let forget = |reason| Some(Finding::Forget(Box::new(epoch.clone()), reason));
        let waited = tip.burn_height.since(epoch.left_at) > self.settings.deposit_wait;
        let never_came = if waited { forget(Reason::GrantNeverCame) } else { None };
        let Some(record) = self.chain.record(epoch.record)? else { return Ok(never_came) };
        let held = self.chain.grants(epoch.record, &record.patient, &epoch.holder)?;
        Ok(match rules::is_in_force(epoch.record, &held, tip.burn_height) {
            Ok(()) if epoch.in_force => None,
            Ok(()) => Some(Finding::InForce(epoch.id)),
            // It was there and ended, or came and went unseen.
            Err(reason) if epoch.in_force || digest_of(&held) != epoch.seen => forget(reason),
            Err(_) => never_came,
        })
    }

    fn look_at_salts(&self, epoch: &Epoch, tip: &ChainTip) -> Result<Vec<Finding>, WatchError> {
        let waiting = self.reading.ask(|connection| store::waiting_salts(connection, epoch.id))?;
        let mut findings = Vec::new();
        for (version, left_at) in waiting {
            let drop =
                |reason| Finding::DropSalt(Box::new(epoch.clone()), version, left_at, reason);
            match self.chain.version(epoch.record, version)? {
                Some(origin) if origin.author == epoch.holder => {
                    findings.push(Finding::SaltOnChain(epoch.id, version));
                }
                Some(_) => findings.push(drop(Reason::NotAuthor)),
                None if tip.burn_height.since(left_at) > self.settings.deposit_wait => {
                    findings.push(drop(Reason::GrantNeverCame));
                }
                None => {}
            }
        }
        Ok(findings)
    }

    /// Writes what was found. Gives how much was deleted, and the keys that are doomed by it.
    fn act_upon(&self, findings: Vec<Finding>) -> Result<(u64, Vec<EpochId>), StorageFailure> {
        if findings.is_empty() {
            return Ok((0, Vec::new()));
        }
        let done = self.writer.commit(move |page| {
            let (mut forgotten, mut doomed) = (0, Vec::new());
            for finding in &findings {
                forgotten += apply(page, finding, &mut doomed)?;
            }
            Ok((forgotten, doomed))
        })?;
        self.counters.forgotten.fetch_add(done.0, Ordering::Relaxed);
        Ok(done)
    }
}

/// Gives how much was deleted: 0 where something was left there since it was looked at.
fn apply(
    page: &mut Page<'_>,
    finding: &Finding,
    doomed: &mut Vec<EpochId>,
) -> Result<u64, StorageFailure> {
    let connection = page.connection;
    match finding {
        Finding::InForce(id) => store::mark_in_force(connection, *id).map(|()| 0),
        Finding::SaltOnChain(id, version) => {
            store::mark_on_chain(connection, *id, *version).map(|()| 0)
        }
        Finding::Forget(epoch, reason) => {
            let now = store::find_epoch(connection, epoch.kind, epoch.record, &epoch.holder)?;
            if now.as_ref() != Some(&**epoch) {
                return Ok(0);
            }
            forget(page, epoch, *reason)?;
            doomed.push(epoch.id);
            Ok(1)
        }
        Finding::DropSalt(epoch, version, left_at, reason) => {
            if !store::drop_waiting_salt(connection, epoch.id, *version, *left_at)? {
                return Ok(0);
            }
            let mut line = forgotten(epoch, epoch.holder.clone(), *reason, 1);
            line.version = version.number();
            page.append(line)?;
            if !store::has_salts(connection, epoch.id)? {
                store::doom(connection, epoch.id)?;
                doomed.push(epoch.id);
            }
            Ok(1)
        }
    }
}
