//! Log lines of refusals: what each kind of message names in the line about its refusal.

use mrms_core::{Principal, RecordId, TxId};

use crate::protocol::{
    Deposit, Deposits, Erasure, Hex, LogLine, LogRequest, MemberNotesRequest, Message, ReaderNote,
    ReaderNotesRequest, RecordLinesRequest, ReleaseRequest, SaltDeposit, SaltRequest, Topic,
    UploadRequest,
};

/// A line with a topic and nothing else.
pub(crate) fn blank(topic: Topic) -> LogLine {
    LogLine {
        number: 0,
        time: 0,
        topic,
        reason: None,
        record_id: None,
        version: 0,
        actor: None,
        reader: None,
        audit_index: None,
        txid: None,
        of: String::new(),
        count: 0,
        request: Hex([0; 32]),
        note: Vec::new(),
    }
}

/// A message whose refusal is logged.
pub(crate) trait LoggedMessage: Message {
    /// The line of its refusal: what the message names, without signer, reason and digest.
    fn refusal_line(&self) -> LogLine;
}

fn about(of: &str, record: RecordId) -> LogLine {
    LogLine { record_id: Some(record), of: of.to_owned(), count: 1, ..blank(Topic::Refusal) }
}

impl LoggedMessage for Deposit {
    fn refusal_line(&self) -> LogLine {
        let version = match &*self.versions {
            [only] => only.version.number(),
            _ => 0,
        };
        LogLine { version, reader: Some(self.reader.clone()), ..about(Self::TOPIC, self.record_id) }
    }
}

impl LoggedMessage for Deposits {
    fn refusal_line(&self) -> LogLine {
        let count = self.deposits.len() as u64;
        LogLine { of: Self::TOPIC.to_owned(), count, ..blank(Topic::Refusal) }
    }
}

impl LoggedMessage for SaltDeposit {
    fn refusal_line(&self) -> LogLine {
        LogLine { version: self.version.number(), ..about(Self::TOPIC, self.record_id) }
    }
}

impl LoggedMessage for ReleaseRequest {
    fn refusal_line(&self) -> LogLine {
        LogLine {
            version: self.version.number(),
            audit_index: Some(self.audit_index),
            txid: Some(TxId::from_bytes(*self.txid.as_bytes())),
            ..about(Self::TOPIC, self.record_id)
        }
    }
}

impl LoggedMessage for SaltRequest {
    fn refusal_line(&self) -> LogLine {
        LogLine { version: self.version.number(), ..about(Self::TOPIC, self.record_id) }
    }
}

impl LoggedMessage for Erasure {
    fn refusal_line(&self) -> LogLine {
        about(Self::TOPIC, self.record_id)
    }
}

impl LoggedMessage for LogRequest {
    fn refusal_line(&self) -> LogLine {
        about(Self::TOPIC, self.record_id)
    }
}

impl LoggedMessage for RecordLinesRequest {
    fn refusal_line(&self) -> LogLine {
        let count = self.records.len() as u64;
        LogLine { of: Self::TOPIC.to_owned(), count, ..blank(Topic::Refusal) }
    }
}

impl LoggedMessage for ReaderNote {
    fn refusal_line(&self) -> LogLine {
        LogLine { reader: Some(self.reader.clone()), ..about(Self::TOPIC, self.record_id) }
    }
}

impl LoggedMessage for ReaderNotesRequest {
    fn refusal_line(&self) -> LogLine {
        let count = self.records.len() as u64;
        LogLine { of: Self::TOPIC.to_owned(), count, ..blank(Topic::Refusal) }
    }
}

impl LoggedMessage for MemberNotesRequest {
    fn refusal_line(&self) -> LogLine {
        let (count, reader) = (self.records.len() as u64, Some(self.organisation.clone()));
        LogLine { of: Self::TOPIC.to_owned(), count, reader, ..blank(Topic::Refusal) }
    }
}

impl LoggedMessage for UploadRequest {
    fn refusal_line(&self) -> LogLine {
        LogLine { version: self.version.number(), ..about(Self::TOPIC, self.record_id) }
    }
}

/// Adds to a line who asked, and with which message.
pub(crate) fn asked_by(line: LogLine, actor: &Principal, digest: [u8; 32]) -> LogLine {
    LogLine { actor: Some(actor.clone()), request: Hex(digest), ..line }
}
