//! The first checks of every message, whatever it asks, and how refusals go into the log.
//!
//! In this order: its form, its vault, its contract; its signature; its time; whether it came
//! before; how often its signer asks. What is refused up to here anybody can send in any number,
//! so that its lines are bounded (`budget`). Every later refusal has a line of its own.

use mrms_core::{Principal, StandardPrincipal, UnixTime};
use rusqlite::Connection;

use super::Guardian;
use super::budget::{Entered, Tally};
use super::chain::ChainTip;
use super::error::StorageFailure;
use super::settings::CLOCK_WINDOW;
use super::store;
use super::subject::{Subject, asked_by, blank};
use super::writer::{Page, Written};
use crate::protocol::{LogLine, Nonce, Reason, Receipt, Refusal, Signed, SignedError, Topic};

/// Who made a request that was let in, and which.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) account: StandardPrincipal,
    pub(crate) principal: Principal,
    pub(crate) digest: [u8; 32],
    pub(crate) nonce: Nonce,
    /// The message's own time.
    pub(crate) time: UnixTime,
    /// The vault's time when it was let in.
    pub(crate) now: UnixTime,
}

impl Asker {
    /// A line with who asked, and by which message.
    pub(crate) fn line(&self, line: LogLine) -> LogLine {
        asked_by(line, &self.principal, self.digest)
    }

    pub(crate) fn was_here(&self, connection: &Connection) -> Result<bool, StorageFailure> {
        store::was_made(connection, &self.account, &self.nonce)
    }

    pub(crate) fn remember(&self, connection: &Connection) -> Result<(), StorageFailure> {
        store::remember(connection, &self.account, &self.nonce, self.time)
    }
}

/// What a job of the writer decided: what it gives, and the line about it, or why it refuses.
pub(crate) type Decision<T> = Result<(T, Written), Reason>;

/// Whether a reading of the database said no, or could not be made.
pub(crate) enum Objection {
    /// The request is refused.
    Refused(Reason),
    /// The disk failed.
    Storage,
}

impl From<StorageFailure> for Objection {
    fn from(_: StorageFailure) -> Self {
        Self::Storage
    }
}

impl From<Objection> for Reason {
    fn from(objection: Objection) -> Self {
        match objection {
            Objection::Refused(reason) => reason,
            Objection::Storage => Self::LogUnavailable,
        }
    }
}

impl Guardian {
    /// Lets the writer decide. What it gives is durable.
    pub(crate) fn decide<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Page<'_>) -> Result<Decision<T>, StorageFailure> + Send + 'static,
    ) -> Decision<T> {
        self.writer.commit(work).unwrap_or(Err(Reason::LogUnavailable))
    }

    /// The first checks. `is_sound` says whether the message itself is as it must be.
    pub(crate) fn admit<M: Subject>(
        &self,
        signed: &Signed<M>,
        is_sound: bool,
    ) -> Result<Asker, Refusal> {
        let Signed { header, message, signer, .. } = signed;
        let settings = &self.settings;
        let now = self.clock.now();
        let unsigned = |reason| Err(self.reject(reason, M::TOPIC, now));
        if !is_sound {
            return unsigned(Reason::Malformed);
        }
        if header.vault != settings.vault {
            return unsigned(Reason::WrongVault);
        }
        if header.contract != settings.contract {
            return unsigned(Reason::WrongContract);
        }
        let digest = match signed.verify(settings.chain_id) {
            Ok(digest) => digest,
            Err(SignedError::Encode(_)) => return unsigned(Reason::Malformed),
            Err(_) => return unsigned(Reason::BadSignature),
        };
        let asker = Asker {
            account: *signer,
            principal: (*signer).into(),
            digest,
            nonce: header.nonce,
            time: header.moment(),
            now,
        };
        self.check_time(&asker)
            .and_then(|()| self.check_new(&asker))
            .and_then(|()| self.check_rate(&asker))
            .map_err(|reason| self.refuse_bounded(&asker, message.refused(), reason))?;
        Ok(asker)
    }

    fn check_time(&self, asker: &Asker) -> Result<(), Reason> {
        let (now, time) = (asker.now.seconds(), asker.time.seconds());
        let fell_back = now.saturating_add(CLOCK_WINDOW) < self.writer.tip().time.seconds();
        let before_restore = self.restored.is_some_and(|restored| asker.time < restored.time);
        if fell_back || before_restore || now.abs_diff(time) > CLOCK_WINDOW {
            return Err(Reason::Clock);
        }
        Ok(())
    }

    fn check_new(&self, asker: &Asker) -> Result<(), Reason> {
        match self.reading.ask(|connection| asker.was_here(connection)) {
            Ok(false) => Ok(()),
            Ok(true) => Err(Reason::RequestReplayed),
            Err(_) => Err(Reason::LogUnavailable),
        }
    }

    fn check_rate(&self, asker: &Asker) -> Result<(), Reason> {
        let is_known = asker.account == self.settings.vault
            || self
                .reading
                .ask(|connection| store::is_known(connection, &asker.principal))
                .map_err(|_: StorageFailure| Reason::LogUnavailable)?;
        let mut budget = self.budget();
        let limit = self.settings.requests_per_minute;
        let admitted = budget.admit(&asker.account, limit, asker.now)
            && (is_known
                || budget.admit_stranger(self.settings.stranger_requests_per_minute, asker.now));
        if admitted { Ok(()) } else { Err(Reason::TooManyRequests) }
    }

    /// The chain's tip, where it is to be believed.
    pub(crate) fn believed_tip(&self, now: UnixTime) -> Result<ChainTip, Reason> {
        let tip = self.chain.tip().map_err(|_| Reason::ChainUnreachable)?;
        self.check_tip(&tip, now).map(|()| tip)
    }

    pub(crate) fn check_tip(&self, tip: &ChainTip, now: UnixTime) -> Result<(), Reason> {
        let age = now.seconds().saturating_sub(tip.time.seconds());
        if age > self.settings.tip_age_limit {
            return Err(Reason::ChainStale);
        }
        if tip.block_height.number() < self.acted_height.load(std::sync::atomic::Ordering::Acquire)
        {
            return Err(Reason::ChainForkedBack);
        }
        Ok(())
    }

    /// Counts a message in that could not even be read as one, for the log.
    ///
    /// For whoever takes messages off a wire: a body that is no JSON of this protocol, say.
    pub fn reject_unreadable(&self) -> Refusal {
        self.reject(Reason::Malformed, "", self.clock.now())
    }

    /// Refuses what nobody is known to have signed.
    fn reject(&self, reason: Reason, of: &str, now: UnixTime) -> Refusal {
        self.counters.refused(reason);
        let entered = self.budget().refuse(reason, None, now);
        if entered == Entered::Now {
            let line = LogLine {
                reason: Some(reason),
                of: of.to_owned(),
                count: 1,
                ..blank(Topic::Rejected)
            };
            let _ = self.write_refusal(line, None);
        }
        reason.into()
    }

    /// Refuses what its signer, or whoever caught it on the way, can send in any number.
    fn refuse_bounded(&self, asker: &Asker, line: LogLine, reason: Reason) -> Refusal {
        self.counters.refused(reason);
        if self.budget().refuse(reason, Some(&asker.account), asker.now) == Entered::Later {
            return reason.into();
        }
        let line = LogLine { reason: Some(reason), ..asker.line(line) };
        Refusal { reason, receipt: self.write_refusal(line, None).map(Box::new) }
    }

    /// Refuses a request that was let in, with a line of its own. The request is spent.
    pub(crate) fn refuse(&self, asker: &Asker, line: LogLine, reason: Reason) -> Refusal {
        self.counters.refused(reason);
        let line = LogLine { reason: Some(reason), ..asker.line(line) };
        let receipt = self.write_refusal(line, Some(asker.clone()));
        Refusal { reason, receipt: receipt.map(Box::new) }
    }

    /// Writes the line of a refusal, and what was counted in minutes that have passed. None where
    /// it can't be written: refused all the same.
    fn write_refusal(&self, line: LogLine, spent: Option<Asker>) -> Option<Receipt> {
        let _ = self.write_due();
        let written = self.writer.commit(move |page| {
            if let Some(asker) = &spent
                && !asker.was_here(page.connection)?
            {
                asker.remember(page.connection)?;
            }
            page.append(line.clone())
        });
        written.ok().and_then(|written| self.receipt(written).ok())
    }

    /// Writes what was counted in minutes that have passed.
    pub(crate) fn write_due(&self) -> Result<(), StorageFailure> {
        let due = self.budget().take_due(self.clock.now());
        self.write_tallies(due)
    }

    pub(crate) fn write_tallies(&self, tallies: Vec<Tally>) -> Result<(), StorageFailure> {
        if tallies.is_empty() {
            return Ok(());
        }
        let lines = tallies.clone();
        let written = self.writer.commit(move |page| {
            for Tally { reason, count } in &lines {
                let counted =
                    LogLine { reason: Some(*reason), count: *count, ..blank(Topic::Rejected) };
                page.append(counted)?;
            }
            Ok(())
        });
        if written.is_err() {
            self.budget().put_back(tallies);
        }
        written
    }
}
