//! Direct sharing: puts a version's key on chain, wrapped for its reader.
//!
//! Each reader gets a pair secret once. When the reader's key has changed, a new epoch with a new
//! secret begins, so that whoever has the old key learns nothing of what is shared from then on. A
//! revoke needs no new epoch: every version has a key of its own, and later ones are not wrapped
//! for this reader.

use mrms_contract::{ContractError, call, read};
use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::sharing::{Epoch, KeyEnvelope, Pair, PairHeader, PairSecret, RecordWrap};
use mrms_crypto::{HybridRecipient, RecordRoot};
use rand_core::CryptoRng;

use crate::access::open::Unlocked;
use crate::profile::ProfileError;
use crate::profile::remembered::KnownPair;
use crate::session::{Actor, AskError, Session};
use crate::sharing::grant::{Prepared, ShareError, Target};

impl Session<'_> {
    /// The versions whose key the reader does not have on chain, wrapped to this key of theirs. An
    /// envelope that opens another key counts as none: a version of another author may have overtaken
    /// the patient's, and then has the envelope that was meant for the patient's.
    pub(crate) fn not_on_chain(
        &self,
        actor: &Actor,
        reader: &Principal,
        versions: Vec<Unlocked>,
        recipient: &str,
    ) -> Result<Vec<Unlocked>, ShareError> {
        let key_changed =
            self.profile.pairs()?.get(reader).is_some_and(|pair| pair.recipient != recipient);
        let mut lacking = Vec::new();
        for version in versions {
            if key_changed || !self.has_right_envelope(actor, reader, &version)? {
                lacking.push(version);
            }
        }
        Ok(lacking)
    }

    /// Whether the reader's key envelope for a version has that version's key in it.
    pub(crate) fn has_right_envelope(
        &self,
        actor: &Actor,
        reader: &Principal,
        unlocked: &Unlocked,
    ) -> Result<bool, ShareError> {
        let root = actor.keyring.record_root()?;
        self.has_envelope_by(&root, &actor.principal(), reader, unlocked)
    }

    /// The same for one that was made by who was the patient when the version was written.
    pub(crate) fn has_former_envelope(
        &self,
        actor: &Actor,
        reader: &Principal,
        unlocked: &Unlocked,
    ) -> Result<bool, ShareError> {
        let former = unlocked.key().context().patient.clone();
        for root in actor.keyring.inherited_roots() {
            if self.has_envelope_by(root, &former, reader, unlocked)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn has_envelope_by(
        &self,
        root: &RecordRoot,
        patient: &Principal,
        reader: &Principal,
        unlocked: &Unlocked,
    ) -> Result<bool, ShareError> {
        let (record, version) = (unlocked.key().context().record, unlocked.version);
        let Some(epoch) = self.shared_header(record, version, reader)? else { return Ok(false) };
        let bytes = self.ask(&read::key_envelope(record, version, reader))?;
        let Some(envelope) = bytes.and_then(|bytes| KeyEnvelope::parse(&bytes).ok()) else {
            return Ok(false);
        };
        let pair =
            Pair { patient: patient.clone(), reader: reader.clone(), epoch: Epoch::new(epoch) };
        let secret = PairSecret::derive(root, &pair);
        Ok(*envelope.wrap() == RecordWrap::seal(&secret, &pair, unlocked.key()))
    }

    /// Makes the calls that share these versions' keys with a reader.
    pub(crate) fn envelope_calls(
        &self,
        actor: &Actor,
        reader: &Principal,
        reader_key: &HybridRecipient,
        targets: &[Target<'_>],
        rng: &mut dyn CryptoRng,
    ) -> Result<Prepared, ShareError> {
        let text = reader_key.to_string();
        let mut known = self.known_pair(reader, &text)?;
        let epoch = match &known {
            Some(pair) => Epoch::new(pair.epoch),
            None => Epoch::generate(rng),
        };
        let pair = Pair { patient: actor.principal(), reader: reader.clone(), epoch };
        let secret = PairSecret::derive(&actor.keyring.record_root()?, &pair);
        let mut calls = Vec::new();
        for target in targets {
            let wrap = RecordWrap::seal(&secret, &pair, target.key);
            let (record, version) = (target.record, target.version);
            let holds_header = |pair: &KnownPair| (pair.record, pair.version) == (record, version);
            let envelope = match &known {
                Some(pair) if !holds_header(pair) => KeyEnvelope::ByReference {
                    epoch,
                    record: pair.record,
                    version: pair.version,
                    wrap,
                },
                _ => {
                    let epoch_number = epoch.number();
                    let recipient = text.clone();
                    known = Some(KnownPair { epoch: epoch_number, record, version, recipient });
                    let header = PairHeader::seal(&secret, &pair, reader_key, rng);
                    KeyEnvelope::Full { epoch, header, wrap }
                }
            };
            calls.push(call::put_key_envelope(record, version, reader, envelope.to_bytes()));
        }
        let pair = known.ok_or(ShareError::Refused(ContractError::EmptyEnvelope))?;
        Ok(Prepared { calls, pair })
    }

    /// Remembers where pair secrets are. A failure here costs a little chain space the next time,
    /// and does not undo the sharing, so it is ignored.
    pub(crate) fn remember(&self, fresh: impl IntoIterator<Item = (Principal, KnownPair)>) {
        let remember = || -> Result<(), ProfileError> {
            let mut pairs = self.profile.pairs()?;
            let before = pairs.clone();
            pairs.extend(fresh);
            if pairs == before { Ok(()) } else { self.profile.remember_pairs(&pairs) }
        };
        let _ = remember();
    }

    /// The pair secret that a reader has, when its header is on chain and was sealed to the
    /// reader's present key.
    fn known_pair(
        &self,
        reader: &Principal,
        recipient: &str,
    ) -> Result<Option<KnownPair>, ShareError> {
        let Some(pair) = self.profile.pairs()?.remove(reader) else { return Ok(None) };
        if pair.recipient != recipient {
            return Ok(None);
        }
        let header = self.shared_header(pair.record, pair.version, reader)?;
        Ok(header.filter(|header| *header == pair.epoch).map(|_| pair))
    }

    /// The epoch of the key envelope that a reader has for this version, when its pair header is on
    /// chain as well.
    pub(crate) fn shared_header(
        &self,
        id: RecordId,
        version: Version,
        reader: &Principal,
    ) -> Result<Option<u64>, AskError> {
        let envelope_at = |record, version| -> Result<Option<KeyEnvelope>, AskError> {
            let bytes = self.ask(&read::key_envelope(record, version, reader))?;
            Ok(bytes.and_then(|bytes| KeyEnvelope::parse(&bytes).ok()))
        };
        let found = match envelope_at(id, version)? {
            Some(KeyEnvelope::ByReference { epoch, record, version, .. }) => {
                let full = envelope_at(record, version)?;
                full.filter(|full| full.epoch() == epoch)
            }
            found => found,
        };
        Ok(match found {
            Some(KeyEnvelope::Full { epoch, .. }) => Some(epoch.number()),
            _ => None,
        })
    }
}
