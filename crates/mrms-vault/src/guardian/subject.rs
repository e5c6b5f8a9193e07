//! What a message is about, as a line of the log says it.

use mrms_core::{Principal, RecordId, TxId};

use crate::protocol::{
    Deposit, Erasure, Hex, LogLine, LogRequest, Message, ReleaseRequest, SaltDeposit, SaltRequest,
    Topic, UploadRequest,
};

/// A line with nothing in it.
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

/// A message that lines are written about.
pub(crate) trait Subject: Message {
    /// The line of a refusal of it: what it names, without its signer, reason and digest.
    fn refused(&self) -> LogLine;
}

fn about(of: &str, record: RecordId) -> LogLine {
    LogLine { record_id: Some(record), of: of.to_owned(), count: 1, ..blank(Topic::Refusal) }
}

impl Subject for Deposit {
    fn refused(&self) -> LogLine {
        let version = match &*self.versions {
            [only] => only.version.number(),
            _ => 0,
        };
        LogLine { version, reader: Some(self.reader.clone()), ..about(Self::TOPIC, self.record_id) }
    }
}

impl Subject for SaltDeposit {
    fn refused(&self) -> LogLine {
        LogLine { version: self.version.number(), ..about(Self::TOPIC, self.record_id) }
    }
}

impl Subject for ReleaseRequest {
    fn refused(&self) -> LogLine {
        LogLine {
            version: self.version.number(),
            audit_index: Some(self.audit_index),
            txid: Some(TxId::from_bytes(*self.txid.as_bytes())),
            ..about(Self::TOPIC, self.record_id)
        }
    }
}

impl Subject for SaltRequest {
    fn refused(&self) -> LogLine {
        LogLine { version: self.version.number(), ..about(Self::TOPIC, self.record_id) }
    }
}

impl Subject for Erasure {
    fn refused(&self) -> LogLine {
        about(Self::TOPIC, self.record_id)
    }
}

impl Subject for LogRequest {
    fn refused(&self) -> LogLine {
        about(Self::TOPIC, self.record_id)
    }
}

impl Subject for UploadRequest {
    fn refused(&self) -> LogLine {
        LogLine { of: Self::TOPIC.to_owned(), count: 1, ..blank(Topic::Refusal) }
    }
}

/// The line with who asked, and by which message.
pub(crate) fn asked_by(line: LogLine, actor: &Principal, digest: [u8; 32]) -> LogLine {
    LogLine { actor: Some(actor.clone()), request: Hex(digest), ..line }
}
