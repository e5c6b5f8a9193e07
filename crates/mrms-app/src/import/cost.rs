//! What an import would cost, before anything of it is signed: by the sizes of its files, and one question to the ledger.

use mrms_contract::call;
use mrms_core::{MicroStx, RecordId, UnixTime, Version};
use mrms_crypto::VersionContext;
use mrms_crypto::content::{ContentHeader, MediaType};
use mrms_crypto::envelope::{ContentEnvelope, Storage, WrapKind};

use crate::ledger::{LedgerError, Payer};
use crate::records::write::Placement;
use crate::session::{Actor, Session};

/// Bytes that a file's name, kind and label take beside its content. Padding hides most of what they really take.
const NAMES: u64 = 100;

/// What is estimated of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// For all of its records together.
    pub fee: MicroStx,
    /// What the settings let one of them cost.
    pub ceiling: MicroStx,
}

impl Session<'_> {
    /// What new records of these many bytes of content would cost together. `None` where fees are no money, or somebody else
    /// pays them.
    ///
    /// # Errors
    ///
    /// [`LedgerError`], also where one would cost more than the settings allow.
    pub fn fee_of_records(
        &self,
        actor: &Actor,
        lengths: &[u64],
        placement: Placement,
    ) -> Result<Option<Estimate>, LedgerError> {
        let (Some(ceiling), Payer::Sender) = (self.ledger.fee_ceiling(), self.ledger.payer())
        else {
            return Ok(None);
        };
        let count = lengths.len() as u64;
        let all = lengths.iter().map(|length| envelope_length(actor, *length, placement));
        let all = all.fold(0, u64::saturating_add);
        let Some(usual) = all.checked_div(count) else { return Ok(None) };
        // One of the usual size is asked for: a network that asks for money does not like a question for each file.
        let envelope =
            vec![0; usize::try_from(usual).unwrap_or(usize::MAX).min(mrms_contract::CONTENT_MAX)];
        let one = self.transaction(call::create_medical_record(RecordId::new(0), envelope));
        let fee = self.ledger.fee(&one)?.number().saturating_mul(count);
        Ok(Some(Estimate { fee: MicroStx::new(fee), ceiling }))
    }
}

/// Bytes of what goes to the contract for a new record with so many bytes of content.
fn envelope_length(actor: &Actor, length: u64, placement: Placement) -> u64 {
    let me = actor.principal();
    let header = ContentHeader {
        context: VersionContext {
            record: RecordId::new(0),
            version: Version::FIRST,
            patient: me.clone(),
            author: me,
        },
        time: UnixTime::from_seconds(0),
        length: length.saturating_add(NAMES),
        media_type: MediaType::octet_stream(),
        file_name: None,
        label: None,
    };
    let of = |storage| {
        ContentEnvelope::encoded_length(storage, header.payload_length(), &[WrapKind::Root])
    };
    let inline = of(Storage::Inline);
    if placement.is_inline(inline) { inline } else { of(Storage::Reference) }
}
