//! Reading the vault's log, and checking that it is whole.

use super::Guardian;
use super::admission::{Asker, Objection};
use super::chain::ChainError;
use super::error::LogError;
use super::store;
use super::subject::Subject as _;
use crate::protocol::{LogHead, LogPage, LogRequest, MOST_LINES, Reason, Refusal, Signed};

/// Head and count of a log, as `anchor-vault-log` takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// What commits to the lines.
    pub head: LogHead,
    /// How many there are.
    pub count: u64,
}

impl Guardian {
    /// A page of the log: the lines about a record, for its patient and whoever it was ever
    /// granted to, and the hashes of all others; for the vault's own account all lines.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record`, `not-granted`, and what every message can
    /// meet.
    pub fn lines(&self, signed: &Signed<LogRequest>) -> Result<LogPage, Refusal> {
        let request = &signed.message;
        let asker = self.admit(signed, (1..=MOST_LINES).contains(&request.limit))?;
        let refuse = |reason| self.refuse(&asker, request.refused(), reason);
        let is_own = asker.account == self.settings.vault;
        if !is_own {
            self.clear_reader(request, &asker).map_err(refuse)?;
        }
        let spent = {
            let asker = asker.clone();
            self.writer.commit(move |page| {
                if asker.was_here(page.connection)? {
                    return Ok(Err(Reason::RequestReplayed));
                }
                asker.remember(page.connection).map(Ok)
            })
        };
        spent.unwrap_or(Err(Reason::LogUnavailable)).map_err(refuse)?;
        self.page(request, is_own).map_err(|objection| refuse(objection.into()))
    }

    fn clear_reader(&self, request: &LogRequest, asker: &Asker) -> Result<(), Reason> {
        self.believed_tip(asker.now)?;
        let down = |_: ChainError| Reason::ChainUnreachable;
        let record = self.chain.record(request.record_id).map_err(down)?;
        let patient = record.ok_or(Reason::NoRecord)?.patient;
        if patient == asker.principal {
            return Ok(());
        }
        let held = self.chain.grants(request.record_id, &patient, &asker.principal);
        let held = held.map_err(down)?;
        if held.grant.is_none() && held.standing.is_none() {
            return Err(Reason::NotGranted);
        }
        Ok(())
    }

    fn page(&self, request: &LogRequest, is_own: bool) -> Result<LogPage, Objection> {
        let Anchor { head, count } = self.anchor();
        let from = request.from.min(count);
        let left = u32::try_from(count - from).unwrap_or(u32::MAX);
        let shown = store::record_bytes(request.record_id);
        self.reading.ask(|connection| {
            let before = store::head_before(connection, from).map_err(|_| Objection::Storage)?;
            let items = store::items(connection, from, request.limit.min(left), |record| {
                is_own || record == Some(shown)
            })?;
            Ok(LogPage { from, before, items, count, head })
        })
    }

    /// Checks the whole log: that every line is there and gives the hash and head beside it.
    ///
    /// # Errors
    ///
    /// [`LogError`], naming the first line that does not fit.
    pub fn verify_log(&self) -> Result<Anchor, LogError> {
        let tip = self.reading.ask(|connection| store::verify_from(connection, 0))?;
        Ok(Anchor { head: tip.head, count: tip.count })
    }
}
