//! The vault's log: reads pages of it, and checks that it is complete and unaltered.

use mrms_core::RecordId;

use super::Guardian;
use super::admission::{Asker, Objection};
use super::chain::ChainError;
use super::error::LogError;
use super::refusal_lines::LoggedMessage as _;
use super::store;
use crate::protocol::{
    LogHead, LogPage, LogRequest, MOST_LINES, RecordLines, RecordLinesRequest, Refusal,
    RefusalReason, Signed,
};

/// Head and count of a log, as the contract's `anchor-vault-log` takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The hash that commits to the lines.
    pub head: LogHead,
    /// How many lines there are.
    pub count: u64,
}

impl Guardian {
    /// A page of the log. The record's patient, and everyone it was ever granted to, see the lines about the record, and
    /// only the hashes of all others. The vault's own account sees all lines.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record`, `not-granted`, and the refusals that any message can get.
    pub fn lines(&self, signed: &Signed<LogRequest>) -> Result<LogPage, Refusal> {
        let request = &signed.message;
        let asker = self.admit(signed, (1..=MOST_LINES).contains(&request.limit))?;
        let refuse = |reason| self.refuse(&asker, request.refusal_line(), reason);
        let is_own = asker.account == self.settings.vault;
        if !is_own {
            self.clear_reader(request.record_id, &asker).map_err(refuse)?;
        }
        self.spend(&asker).map_err(refuse)?;
        self.page(request, is_own).map_err(|objection| refuse(objection.into()))
    }

    /// The lines about some records, without the hashes of others. Who may see the lines about each may ask; the vault's own
    /// account may for all.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record`, `not-granted`, and the refusals that any message can get.
    pub fn record_lines(
        &self,
        signed: &Signed<RecordLinesRequest>,
    ) -> Result<RecordLines, Refusal> {
        let request = &signed.message;
        let asker = self.admit(signed, request.is_sound())?;
        let refuse = |reason| self.refuse(&asker, request.refusal_line(), reason);
        if asker.account != self.settings.vault {
            let mut records = request.records.iter();
            records.try_for_each(|id| self.clear_reader(*id, &asker)).map_err(refuse)?;
        }
        self.spend(&asker).map_err(refuse)?;
        let found = self.reading.ask(|connection| -> Result<_, Objection> {
            let mut lines = Vec::new();
            for record in &request.records {
                // One more than wanted tells whether there are more.
                let limit = request.limit.saturating_add(1);
                lines.extend(store::lines_of(connection, *record, request.from, limit)?);
            }
            Ok(lines)
        });
        let mut lines = found.map_err(|objection| refuse(objection.into()))?;
        lines.sort_by_key(|line| line.number);
        let next = lines.get(request.limit as usize).map(|line| line.number);
        lines.truncate(request.limit as usize);
        Ok(RecordLines { lines, next })
    }

    /// Remembers a request that leaves no line, so that nobody asks with it again.
    fn spend(&self, asker: &Asker) -> Result<(), RefusalReason> {
        let asker = asker.clone();
        let spent = self.writer.commit(move |transaction| {
            if asker.is_replay(transaction.connection)? {
                return Ok(Err(RefusalReason::RequestReplayed));
            }
            asker.remember(transaction.connection).map(Ok)
        });
        spent.unwrap_or(Err(RefusalReason::LogUnavailable))
    }

    fn clear_reader(&self, id: RecordId, asker: &Asker) -> Result<(), RefusalReason> {
        self.chain_for(asker.now)?;
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let record = self.chain.record(id).map_err(down)?;
        let patient = record.ok_or(RefusalReason::NoRecord)?.patient;
        if patient == asker.principal {
            return Ok(());
        }
        let held = self.chain.grants(id, &patient, &asker.principal);
        let held = held.map_err(down)?;
        if held.grant.is_none() && held.standing.is_none() {
            return Err(RefusalReason::NotGranted);
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

    /// Checks the whole log: every line is there, and gives the hash and head that are stored with it.
    ///
    /// # Errors
    ///
    /// [`LogError`], naming the first wrong line.
    pub fn verify_log(&self) -> Result<Anchor, LogError> {
        let tip = self.reading.ask(|connection| store::verify_from(connection, 0))?;
        Ok(Anchor { head: tip.head, count: tip.count })
    }
}
