//! Admission: the first checks of every message, and the log lines of refusals.
//!
//! The checks come in this order: form, vault, contract; whether strangers flood the vault; signature; time; whether the message came before; how often its
//! signer asks. Anybody can send messages that fail these checks, in any number, so the number of their lines is
//! limited ([`rate_limits`](super::rate_limits)), and so are later refusals of accounts that the vault does not know. Every
//! later refusal of others has a line of its own.

use std::sync::{Arc, Mutex, PoisonError};

use mrms_core::{Principal, StandardPrincipal, UnixTime};
use rusqlite::Connection;

use super::Guardian;
use super::database_writer::{WriteTransaction, WrittenLine};
use super::error::StorageFailure;
use super::rate_limits::{AskerKind, Entered, RateLimits, Tally};
use super::refusal_lines::{LoggedMessage, asked_by, blank};
use super::rules;
use super::settings::CLOCK_WINDOW;
use super::store;
use crate::protocol::{
    LogLine, Nonce, Refusal, RefusalReason, Signed, SignedError, Topic, VaultReceipt,
};

/// The signer of an admitted request, and the request.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) account: StandardPrincipal,
    pub(crate) principal: Principal,
    pub(crate) digest: [u8; 32],
    pub(crate) nonce: Nonce,
    /// The message's own time.
    pub(crate) time: UnixTime,
    /// The vault's time when it was admitted.
    pub(crate) now: UnixTime,
    /// Its place among the requests that are worked on, once it was admitted.
    place: Option<Arc<Place>>,
}

/// A place among the requests that are worked on. Dropping it gives it back.
#[derive(Debug)]
struct Place {
    rate_limits: Arc<Mutex<RateLimits>>,
    who: StandardPrincipal,
    standing: AskerKind,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut rate_limits = self.rate_limits.lock().unwrap_or_else(PoisonError::into_inner);
        rate_limits.end(&self.who, self.standing);
    }
}

impl Asker {
    /// Whether nothing is known of its signer: keys cost nothing, and neither may its refusal.
    fn is_stranger(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.standing == AskerKind::Stranger)
    }

    /// Adds to a line who asked, and with which message.
    pub(crate) fn line(&self, line: LogLine) -> LogLine {
        asked_by(line, &self.principal, self.digest)
    }

    /// Whether the same message came before.
    pub(crate) fn is_replay(&self, connection: &Connection) -> Result<bool, StorageFailure> {
        store::was_made(connection, &self.account, &self.nonce)
    }

    /// Remembers the message, so that it is refused when it comes again.
    pub(crate) fn remember(&self, connection: &Connection) -> Result<(), StorageFailure> {
        store::remember(connection, &self.account, &self.nonce, self.time)
    }
}

/// What a job of the writer decided: its result and the line about it, or why it refuses.
pub(crate) type Decision<T> = Result<(T, WrittenLine), RefusalReason>;

/// Why a check in the database did not pass.
pub(crate) enum Objection {
    /// The request is refused.
    Refused(RefusalReason),
    /// The disk failed.
    Storage,
}

impl From<StorageFailure> for Objection {
    fn from(_: StorageFailure) -> Self {
        Self::Storage
    }
}

impl From<Objection> for RefusalReason {
    fn from(objection: Objection) -> Self {
        match objection {
            Objection::Refused(reason) => reason,
            Objection::Storage => Self::LogUnavailable,
        }
    }
}

impl Guardian {
    /// Runs `work` in a transaction of the database. Its result is durable.
    pub(crate) fn decide<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut WriteTransaction<'_>) -> Result<Decision<T>, StorageFailure>
        + Send
        + 'static,
    ) -> Decision<T> {
        self.writer.commit(work).unwrap_or(Err(RefusalReason::LogUnavailable))
    }

    /// Runs the first checks. `is_sound` says whether the fields of the message are valid.
    pub(crate) fn admit<M: LoggedMessage>(
        &self,
        signed: &Signed<M>,
        is_sound: bool,
    ) -> Result<Asker, Refusal> {
        let Signed { header, message, signer, .. } = signed;
        let settings = &self.settings;
        let now = self.clock.now();
        let unsigned = |reason| Err(self.reject(reason, M::TOPIC, now));
        if !is_sound {
            return unsigned(RefusalReason::Malformed);
        }
        if header.vault != settings.vault {
            return unsigned(RefusalReason::WrongVault);
        }
        if header.contract != settings.contract {
            return unsigned(RefusalReason::WrongContract);
        }
        if self.is_flooded_by(signer, now) {
            return unsigned(RefusalReason::TooManyRequests);
        }
        let digest = match signed.verify(settings.chain_id) {
            Ok(digest) => digest,
            Err(SignedError::Encode(_)) => return unsigned(RefusalReason::Malformed),
            Err(_) => return unsigned(RefusalReason::BadSignature),
        };
        let mut asker = Asker {
            account: *signer,
            principal: (*signer).into(),
            digest,
            nonce: header.nonce,
            time: header.sent_at(),
            now,
            place: None,
        };
        let place = self
            .check_time(&asker)
            .and_then(|()| self.check_new(&asker))
            .and_then(|()| self.check_rate(&asker));
        match place {
            Ok(place) => asker.place = Some(Arc::new(place)),
            Err(reason) => {
                return Err(self.refuse_bounded(&asker, message.refusal_line(), reason));
            }
        }
        Ok(asker)
    }

    fn check_time(&self, asker: &Asker) -> Result<(), RefusalReason> {
        let (now, time) = (asker.now.seconds(), asker.time.seconds());
        // A restoration in the future was made under a clock that was ahead. It says nothing of now.
        let before_restore = self.restored().is_some_and(|restored| {
            asker.time < restored.time && restored.time.seconds() <= now + 2 * CLOCK_WINDOW
        });
        if self.clock.jump().is_some() || before_restore || now.abs_diff(time) > CLOCK_WINDOW {
            return Err(RefusalReason::Clock);
        }
        Ok(())
    }

    fn check_new(&self, asker: &Asker) -> Result<(), RefusalReason> {
        self.reading
            .ask(|connection| -> Result<(), Objection> {
                if asker.is_replay(connection)? {
                    return Err(Objection::Refused(RefusalReason::RequestReplayed));
                }
                // Whether it came before is no longer known: the clock was ahead for a while.
                if store::were_forgotten(connection, asker.time)? {
                    return Err(Objection::Refused(RefusalReason::Clock));
                }
                Ok(())
            })
            .map_err(RefusalReason::from)
    }

    /// Counts the request, and gives it a place among those that are worked on.
    fn check_rate(&self, asker: &Asker) -> Result<Place, RefusalReason> {
        let standing = self.standing(asker)?;
        let who = asker.account;
        let settings = &self.settings;
        let limits = (settings.requests_per_minute, settings.stranger_requests_per_minute);
        let mut rate_limits = self.rate_limits();
        if !rate_limits.admit(&who, standing, limits, asker.now)
            || !rate_limits.begin(&who, standing)
        {
            return Err(RefusalReason::TooManyRequests);
        }
        Ok(Place { rate_limits: Arc::clone(&self.rate_limits), who, standing })
    }

    /// Whether strangers flood the vault, and whoever is named as the signer is one. To check a signature costs more than
    /// to look a name up, so a flood is refused before.
    fn is_flooded_by(&self, signer: &StandardPrincipal, now: UnixTime) -> bool {
        {
            let rate_limits = self.rate_limits();
            let strangers = self.settings.stranger_requests_per_minute;
            if !rate_limits.is_flooded(strangers, now) || rate_limits.is_on_chain(signer) {
                return false;
            }
        }
        let principal = Principal::from(*signer);
        let is_known = self.reading.ask(|connection| store::is_known(connection, &principal));
        *signer != self.settings.vault && is_known.is_ok_and(|is_known: bool| !is_known)
    }

    /// What the vault knows of the signer. Asks the chain about an account that it does not know, but only so often.
    fn standing(&self, asker: &Asker) -> Result<AskerKind, RefusalReason> {
        if asker.account == self.settings.vault {
            return Ok(AskerKind::Known);
        }
        let unreadable = |_: StorageFailure| RefusalReason::LogUnavailable;
        let known = |connection: &Connection| store::is_known(connection, &asker.principal);
        if self.reading.ask(known).map_err(unreadable)? {
            return Ok(AskerKind::Known);
        }
        let may_ask = {
            let mut rate_limits = self.rate_limits();
            if rate_limits.is_on_chain(&asker.account) {
                return Ok(AskerKind::OnChain);
            }
            rate_limits.may_ask(asker.now)
        };
        if may_ask && self.is_on_chain(asker).map_err(unreadable)? {
            self.rate_limits().note_on_chain(&asker.account);
            return Ok(AskerKind::OnChain);
        }
        Ok(AskerKind::Stranger)
    }

    /// Whether the chain knows the signer: by a record of theirs, or a grant for shares that lie here. A chain that does
    /// not answer knows nobody.
    fn is_on_chain(&self, asker: &Asker) -> Result<bool, StorageFailure> {
        if self.chain.has_records(&asker.principal).unwrap_or(false) {
            return Ok(true);
        }
        let left = |connection: &Connection| store::left_for(connection, &asker.principal);
        let Some(slot) = self.reading.ask(left)? else { return Ok(false) };
        let (Ok(tip), Ok(Some(record))) = (self.chain.tip(), self.chain.record(slot.record)) else {
            return Ok(false);
        };
        let held = self.chain.grants(slot.record, &record.patient, &asker.principal);
        Ok(held.is_ok_and(|held| rules::is_in_force(slot.record, &held, tip.burn_height).is_ok()))
    }

    /// Refuses something that is no message of this protocol, and counts it for the log.
    ///
    /// The HTTP server calls this, for example for a body that is not JSON.
    pub fn reject_unreadable(&self) -> Refusal {
        self.reject(RefusalReason::Malformed, "", self.clock.now())
    }

    /// Refuses a message without a valid signature.
    fn reject(&self, reason: RefusalReason, of: &str, now: UnixTime) -> Refusal {
        self.counters.refused(reason);
        let entered = self.rate_limits().refuse(reason, None, now);
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

    /// Refuses a message that its signer, or anybody who intercepted it, can send in any number.
    pub(crate) fn refuse_bounded(
        &self,
        asker: &Asker,
        line: LogLine,
        reason: RefusalReason,
    ) -> Refusal {
        self.counters.refused(reason);
        if self.rate_limits().refuse(reason, Some(&asker.account), asker.now) == Entered::Later {
            return reason.into();
        }
        let line = LogLine { reason: Some(reason), ..asker.line(line) };
        Refusal { reason, receipt: self.write_refusal(line, None).map(Box::new) }
    }

    /// Refuses an admitted request, with a line of its own unless it is a stranger's. The request can't be sent again,
    /// unless its signer is a stranger.
    pub(crate) fn refuse(&self, asker: &Asker, line: LogLine, reason: RefusalReason) -> Refusal {
        if asker.is_stranger() {
            return self.refuse_bounded(asker, line, reason);
        }
        self.counters.refused(reason);
        let line = LogLine { reason: Some(reason), ..asker.line(line) };
        let receipt = self.write_refusal(line, Some(asker.clone()));
        Refusal { reason, receipt: receipt.map(Box::new) }
    }

    /// Writes the line of a refusal, and the counts of minutes that have passed. `None` if the line can't be written;
    /// the request is refused all the same.
    fn write_refusal(&self, line: LogLine, spent: Option<Asker>) -> Option<VaultReceipt> {
        let _ = self.write_due();
        let written = self.writer.commit(move |transaction| {
            if let Some(asker) = &spent
                && !asker.is_replay(transaction.connection)?
            {
                asker.remember(transaction.connection)?;
            }
            transaction.append(line.clone())
        });
        written.ok().and_then(|written| self.receipt(written).ok())
    }

    /// Writes the counts of minutes that have passed.
    pub(crate) fn write_due(&self) -> Result<(), StorageFailure> {
        let due = self.rate_limits().take_due(self.clock.now());
        self.write_tallies(due)
    }

    pub(crate) fn write_tallies(&self, tallies: Vec<Tally>) -> Result<(), StorageFailure> {
        if tallies.is_empty() {
            return Ok(());
        }
        let lines = tallies.clone();
        let written = self.writer.commit(move |transaction| {
            for Tally { reason, count } in &lines {
                let counted =
                    LogLine { reason: Some(*reason), count: *count, ..blank(Topic::Rejected) };
                transaction.append(counted)?;
            }
            Ok(())
        });
        if written.is_err() {
            self.rate_limits().put_back(tallies);
        }
        written
    }
}
