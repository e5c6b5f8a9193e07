//! What one's own records are called: labels, kinds and dates from their encrypted headers. Of which version the title
//! counts is in [`titles`](super::titles).
//!
//! Reading a label means reading the beginning of a ciphertext. So the profile keeps what the headers said, sealed
//! under the person's own key, in `labels.sealed`. The file is derived: what is missing, older than the record, or of
//! another ledger is read again from a header that was verified, and a file that can't be read is made anew.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{RecordId, UnixTime, Version};
use mrms_crypto::RecordRoot;
use mrms_crypto::content::{ContentHeader, FileName, Label};
use mrms_people::name::likeness;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::records::find::FindRecordError;
use crate::records::index::replace;
use crate::records::list::NumberedRecord;
use crate::session::{Actor, Sending, Session};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "labels.sealed";

/// The most records whose headers are read to find out whether one has a label.
const MOST_NEW: usize = 64;

/// What a record is called, and what the header of its latest version says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordLabel {
    /// The version whose header it is.
    pub version: Version,
    /// The version whose label and file name stand here; none where the index is of a time when it did not keep that.
    #[serde(default)]
    pub titled_by: Option<Version>,
    /// What the author of that version called it.
    pub label: Option<String>,
    /// What the file of that version was called.
    pub file_name: Option<String>,
    /// What kind of bytes it has.
    pub media_type: String,
    /// When it was sealed, by its author's clock.
    pub time: UnixTime,
    /// How many bytes it has; none where the index is of a time when it did not keep that.
    #[serde(default)]
    pub length: Option<u64>,
}

impl RecordLabel {
    fn of(version: Version, header: &ContentHeader) -> Self {
        Self {
            version,
            titled_by: Some(version),
            label: header.label.as_ref().map(ToString::to_string),
            file_name: header.file_name.as_ref().map(ToString::to_string),
            media_type: header.media_type.as_str().to_owned(),
            time: header.time,
            length: Some(header.length),
        }
    }

    /// The same with another version's title.
    fn titled_as(self, title: Self) -> Self {
        let Self { titled_by, label, file_name, .. } = title;
        Self { titled_by, label, file_name, ..self }
    }

    /// The label, or else the file's name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.label.as_deref().or(self.file_name.as_deref())
    }
}

/// Whether everything that a label should say could be read.
enum Whole {
    Yes,
    No,
}

impl Whole {
    const fn yes(label: RecordLabel) -> (RecordLabel, Self) {
        (label, Self::Yes)
    }

    const fn no(label: RecordLabel) -> (RecordLabel, Self) {
        (label, Self::No)
    }
}

/// The file: labels of the records of one contract on one ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LabelIndex {
    contract: String,
    genesis: Option<String>,
    records: Vec<(RecordId, RecordLabel)>,
}

impl Session<'_> {
    /// What one's own records are called, as far as their latest versions can be read. Opens only headers that are not
    /// in the index, or that a newer version has replaced. What was erased has no label.
    pub fn labels(
        &self,
        actor: &Actor,
        records: &[NumberedRecord],
        erased: &BTreeSet<RecordId>,
        rng: &mut dyn CryptoRng,
    ) -> BTreeMap<RecordId, RecordLabel> {
        self.labels_that(|_| true, actor, records, erased, rng)
    }

    /// The same with the lengths of all of them. An older index is read anew for it.
    pub(super) fn labels_with_lengths(
        &self,
        actor: &Actor,
        records: &[NumberedRecord],
        erased: &BTreeSet<RecordId>,
        rng: &mut dyn CryptoRng,
    ) -> BTreeMap<RecordId, RecordLabel> {
        self.labels_that(|label| label.length.is_some(), actor, records, erased, rng)
    }

    /// Labels, of which those in the index count that say enough.
    fn labels_that(
        &self,
        says_enough: fn(&RecordLabel) -> bool,
        actor: &Actor,
        records: &[NumberedRecord],
        erased: &BTreeSet<RecordId>,
        rng: &mut dyn CryptoRng,
    ) -> BTreeMap<RecordId, RecordLabel> {
        let Ok(root) = actor.keyring.record_root() else { return BTreeMap::new() };
        let known = self.label_index(&root);
        let before = known.records.len();
        let mut known: BTreeMap<RecordId, RecordLabel> = known.records.into_iter().collect();
        // What was erased is remembered nowhere. Of records that were not asked for, what is known stays.
        known.retain(|id, _| !erased.contains(id));
        let mut is_changed = known.len() != before;
        let mut labels = BTreeMap::new();
        for NumberedRecord { id, record, .. } in
            records.iter().filter(|one| !erased.contains(&one.id))
        {
            let counts = |label: &RecordLabel| {
                label.version == record.version
                    && (label.titled_by.is_some() || label.version == Version::FIRST)
                    && says_enough(label)
            };
            if !known.get(id).is_some_and(counts) {
                is_changed |= known.remove(id).is_some();
                match self.read_label(actor, (*id, record), rng) {
                    Some((label, Whole::Yes)) => {
                        known.insert(*id, label);
                        is_changed = true;
                    }
                    // Read again the next time: a vault may answer then.
                    Some((label, Whole::No)) => {
                        labels.insert(*id, label);
                    }
                    None => {}
                }
            }
            labels.extend(known.get(id).map(|label| (*id, label.clone())));
        }
        if is_changed && self.sending == Sending::Send {
            self.keep_labels(&root, &known, rng);
        }
        labels
    }

    /// Whether one of the listed records of one's own may have a label that reads like this number: by what is kept of those
    /// that do, and by the headers of the few records that came since. Of many that did, one may.
    pub(super) fn may_be_labelled(
        &self,
        number: &str,
        actor: &Actor,
        listed: &[RecordId],
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, FindRecordError> {
        let Ok(root) = actor.keyring.record_root() else { return Ok(true) };
        let wanted = likeness(number);
        let known = self.number_labels(&root);
        if known.alike.contains(&wanted) {
            return Ok(true);
        }
        let new = listed.get(known.listed..).unwrap_or_default();
        if new.is_empty() {
            return Ok(false);
        }
        let erased = self.erased_records()?;
        let new: Vec<_> = new.iter().filter(|id| !erased.contains(id)).map(|id| (0, *id)).collect();
        if new.len() > MOST_NEW {
            return Ok(true);
        }
        let new = self.own_of(&actor.principal(), new)?;
        let mut labels =
            new.iter().filter_map(|one| self.record_label(actor, one.id, &one.record, rng));
        Ok(labels.any(|label| label.name().map(likeness) == Some(wanted.clone())))
    }

    /// What one's own record is called, by the title that its patient gave it, and what its latest version is; `None` when
    /// neither can be decrypted here.
    pub fn record_label(
        &self,
        actor: &Actor,
        id: RecordId,
        record: &Record,
        rng: &mut dyn CryptoRng,
    ) -> Option<RecordLabel> {
        self.read_label(actor, (id, record), rng).map(|(label, _)| label)
    }

    fn read_label(
        &self,
        actor: &Actor,
        (id, record): (RecordId, &Record),
        rng: &mut dyn CryptoRng,
    ) -> Option<(RecordLabel, Whole)> {
        let latest = self.label_of(actor, id, record.version, rng);
        let Ok(titled) = self.titled_by(id, record) else { return latest.map(Whole::no) };
        if titled == record.version {
            return latest.map(Whole::yes);
        }
        match (latest, self.label_of(actor, id, titled, rng)) {
            (Some(latest), Some(title)) => Some((latest.titled_as(title), Whole::Yes)),
            (None, Some(title)) => {
                Some((RecordLabel { version: record.version, ..title }, Whole::No))
            }
            (latest, None) => latest.map(Whole::no),
        }
    }

    /// What a version's header says, its own title with it; `None` when it can't be decrypted here.
    pub fn label_of(
        &self,
        actor: &Actor,
        id: RecordId,
        version: Version,
        rng: &mut dyn CryptoRng,
    ) -> Option<RecordLabel> {
        let unlocked = self.own_version(actor, id, version, rng).ok()?;
        let header = self.header(&unlocked).ok()?;
        Some(RecordLabel::of(version, &header))
    }

    /// What a correction of a record is called where nobody says it: the patient's label of it, or, for another author, what
    /// they called the latest version if it is theirs. A record without a label is called by its file, and keeps that name
    /// when the correction is in a file of another name.
    pub fn latest_label(
        &self,
        actor: &Actor,
        id: RecordId,
        file_name: Option<&FileName>,
        rng: &mut dyn CryptoRng,
    ) -> Option<Label> {
        let record = self.ask(&read::record(id)).ok()??;
        let version = match record.patient == actor.principal() {
            true => self.titled_by(id, &record).ok()?,
            false => record.version,
        };
        let unlocked = self.own_version(actor, id, version, rng).ok()?;
        let header = self.header(&unlocked).ok()?;
        header.label.or_else(|| {
            let named = header.file_name.filter(|before| Some(before) != file_name)?;
            named.as_str().parse().ok()
        })
    }

    /// The index of this contract on this ledger; an empty one where there is none that can be used.
    fn label_index(&self, root: &RecordRoot) -> LabelIndex {
        let index: LabelIndex = self.profile.load_sealed(root, NAME).unwrap_or_default();
        match index.contract == self.contract.to_string() && index.genesis == self.ledger.genesis()
        {
            true => index,
            false => LabelIndex::default(),
        }
    }

    /// What records were called when they were last looked at: nothing is read for it.
    pub(super) fn remembered_names(&self, actor: &Actor) -> BTreeMap<RecordId, String> {
        let Ok(root) = actor.keyring.record_root() else { return BTreeMap::new() };
        let records = self.label_index(&root).records.into_iter();
        records.filter_map(|(id, label)| Some((id, label.name()?.to_owned()))).collect()
    }

    /// Keeps the index. Without it the next command reads the headers again: that it can't be written is no failure of
    /// a command that only reads.
    pub(super) fn keep_labels(
        &self,
        root: &RecordRoot,
        labels: &BTreeMap<RecordId, RecordLabel>,
        rng: &mut dyn CryptoRng,
    ) {
        let index = LabelIndex {
            contract: self.contract.to_string(),
            genesis: self.ledger.genesis(),
            records: labels.iter().map(|(id, label)| (*id, label.clone())).collect(),
        };
        replace(self, root, NAME, &index, rng);
        self.keep_number_labels(root, labels, None, rng);
    }
}
