//! Opens documents in order to hand their content to another program, and says what of health data is in them.
//!
//! One's own versions are read without an entry, as everywhere; one of somebody else makes its entry in the record's log first.
//! What becomes of the content, and in which file, is the caller's. What FHIR looks like is `mrms-fhir`.

use std::io;

use mrms_contract::read;
use mrms_contract::state::StoredVersion;
use mrms_core::{BurnClock, Principal, RecordId, Version, visible};
use mrms_crypto::content::ContentHeader;
use mrms_fhir::cda::{Node, TreeBuilder, bundle_of_cda, contents_of_cda};
use mrms_fhir::export::summary::Source;
use mrms_fhir::stored::{Contents, NoResources, Origin, bundle_of_card, contents};
use mrms_fhir::write::{Document, Hash, Party, patient_id};
use mrms_viewers::{
    Kind, Measurement, XmlPiece, bounds, card_payloads, results_of_fhir, xml_pieces,
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::access::open::{Access, OpenRecordError};
use crate::namespace::Namespace;
use crate::records::titles::own_title;
use crate::sending::outcome::Outcome;
use crate::session::{Actor, Session};

/// The longest content that is handed over in one piece, in bytes.
pub const MOST_CONTENT: u64 = 128 * 1024 * 1024;

/// Content that was verified; `None` where it is longer than [`MOST_CONTENT`].
type Content = Option<Zeroizing<Vec<u8>>>;

/// A version that was opened, with its content.
pub struct OpenedDocument {
    /// Whose record it is.
    pub patient: Principal,
    /// The latest version of the record.
    pub latest: Version,
    /// What the record is called, where that is at hand: as its patient called it last, whoever wrote this version.
    pub title: Option<String>,
    /// What the encrypted header says.
    pub header: ContentHeader,
    /// What the ledger has of it.
    pub stored: StoredVersion,
    /// The content, verified; `None` where it is longer than [`MOST_CONTENT`].
    pub content: Option<Zeroizing<Vec<u8>>>,
    /// The access to somebody else's record, which the log has an entry of.
    pub access: Option<Access>,
}

/// How people and accounts are called in what leaves.
pub struct Naming<'n> {
    /// How accounts and records are named in FHIR.
    pub namespace: Namespace<'n>,
    /// Turns burn heights into times.
    pub clock: BurnClock,
    /// The person's name for somebody.
    pub name_of: &'n dyn Fn(&Principal) -> Option<String>,
}

impl Naming<'_> {
    /// Somebody; a patient has a Patient in the same bundle.
    #[must_use]
    pub fn party(&self, account: &Principal, is_patient: bool) -> Party {
        Party {
            account: self.namespace.uri(account),
            patient: is_patient.then(|| patient_id(account)),
            name: (self.name_of)(account).map(|name| visible::line(&name).into_owned()),
        }
    }

    /// The system of the identifiers of records.
    #[must_use]
    pub fn space(&self) -> String {
        self.namespace.uri(self.namespace.contract)
    }
}

impl OpenedDocument {
    /// The record.
    #[must_use]
    pub const fn record(&self) -> RecordId {
        self.header.context.record
    }

    /// The version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.header.context.version
    }

    /// What kind of document it is: what its bytes are, or what they were put on record as.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let name = self.header.file_name.as_ref().map(ToString::to_string).unwrap_or_default();
        match &self.content {
            Some(content) => Kind::of(content, &name),
            None => Kind::of_media_type(self.header.media_type.as_str()),
        }
    }

    /// The health data in it; `None` where it is of a kind out of which nothing is taken.
    #[must_use]
    pub fn contents(&self, clock: BurnClock) -> Option<Result<Contents, NoResources>> {
        let content = self.content.as_ref()?;
        let origin = |first: usize| Origin {
            record: self.record(),
            version: self.version(),
            patient: patient_id(&self.patient),
            updated: Some(clock.time_of(self.stored.burn_height)),
            first,
        };
        match self.kind() {
            Kind::Fhir => {
                let text = std::str::from_utf8(content).map_err(|_| NoResources::NotJson);
                Some(text.and_then(|text| contents(text, &origin(0))))
            }
            Kind::HealthCard => Some(of_cards(content, origin)),
            Kind::Cda => Some(of_cda(content, &origin(0))),
            _ => None,
        }
    }

    /// The document as FHIR has it.
    #[must_use]
    pub fn document(&self, naming: &Naming<'_>) -> Document {
        let header = &self.header;
        let shown = |name: &str| visible::line(name).into_owned();
        Document {
            record: self.record(),
            version: self.version(),
            is_superseded: self.version() < self.latest,
            contract: naming.space(),
            patient: (patient_id(&self.patient), naming.party(&self.patient, true)),
            author: naming.party(&self.stored.author, self.stored.author == self.patient),
            time: naming.clock.time_of(self.stored.burn_height),
            name: self.title.as_deref().map(shown),
            version_name: own_title(header).as_deref().map(shown),
            media_type: Some(header.media_type.to_string()),
            hash: Hash(self.stored.content_hash.to_string()),
        }
    }

    /// What a summary may take of it.
    #[must_use]
    pub fn source(&self, clock: BurnClock) -> Source {
        Source {
            record: self.record(),
            version: self.version(),
            time: clock.time_of(self.stored.burn_height),
            kind: self.kind().english().to_owned(),
            contents: self.contents(clock),
        }
    }
}

/// What the entries of a C-CDA document have, as FHIR.
fn of_cda(content: &[u8], origin: &Origin) -> Result<Contents, NoResources> {
    contents_of_cda(&tree_of(content)?, origin)
}

/// The results of a C-CDA document that curves over several documents can take.
#[must_use]
pub fn results_of_cda(content: &[u8]) -> Vec<Measurement> {
    let bundle = tree_of(content).map(|root| bundle_of_cda(&root));
    bundle.map(|bundle| results_of_fhir(bundle.as_bytes())).unwrap_or_default()
}

fn tree_of(content: &[u8]) -> Result<Node, NoResources> {
    if content.len() > bounds::MOST_BYTES {
        return Err(NoResources::TooMany);
    }
    let mut tree = TreeBuilder::default();
    xml_pieces(content, &mut |piece| match piece {
        XmlPiece::Begin(name, attributes) => tree.begin(name, attributes),
        XmlPiece::Text(text) => tree.text(text),
        XmlPiece::End(name) => tree.end(name),
    });
    tree.finish()
}

/// What the cards of a file have. Each card has resources of its own, and all are of one person.
fn of_cards(content: &[u8], origin: impl Fn(usize) -> Origin) -> Result<Contents, NoResources> {
    let payloads = card_payloads(content).map_err(|_| NoResources::NotJson)?;
    let mut all = Contents::default();
    let mut first = 0;
    for payload in &payloads {
        let bundle = bundle_of_card(payload).ok_or(NoResources::NotJson)?;
        let of_card = contents(bundle, &origin(first))?;
        first += of_card.resources.len() + of_card.patients.len();
        first += of_card.others.values().sum::<usize>();
        all.resources.extend(of_card.resources);
        // The same person is on each card of theirs.
        for patient in of_card.patients {
            if !all.patients.contains(&patient) {
                all.patients.push(patient);
            }
        }
        for (kind, count) in of_card.others {
            *all.others.entry(kind).or_default() += count;
        }
    }
    Ok(all)
}

impl Session<'_> {
    /// Opens a version, the latest one where none is named, and decrypts it into memory.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError`]; the entry stands in the log even when what follows fails.
    pub fn open_document(
        &self,
        actor: &Actor,
        id: RecordId,
        version: Option<Version>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<OpenedDocument>, OpenRecordError> {
        let record = self.ask(&read::record(id))?;
        let asked = version.unwrap_or(Version::FIRST);
        let record = record.ok_or(OpenRecordError::NotFound { record: id, version: asked })?;
        let (patient, latest) = (record.patient, record.version);
        let is_own = patient == actor.principal();
        if is_own {
            let unlocked = self.own_version(actor, id, version.unwrap_or(latest), rng)?;
            let (header, content) = self.content_of(&unlocked)?;
            let stored = unlocked.stored;
            let access = None;
            let title = self.title_beside(actor, None, &header, rng);
            let opened = OpenedDocument { patient, latest, title, header, stored, content, access };
            return Ok(Outcome::Done(opened));
        }
        self.access(actor, id, version, rng)?.try_map(|access| {
            let (header, content) = self.content_of(&access.unlocked)?;
            self.finish(&access)?;
            let stored = access.unlocked.stored.clone();
            let access = Some(access);
            let title = self.title_beside(actor, None, &header, rng);
            Ok(OpenedDocument { patient, latest, title, header, stored, content, access })
        })
    }

    fn content_of(
        &self,
        unlocked: &crate::access::open::Unlocked,
    ) -> Result<(ContentHeader, Content), OpenRecordError> {
        let header = self.header(unlocked)?;
        if header.length > MOST_CONTENT {
            // Verified all the same, so that nothing is told of what was altered.
            let header = self.decrypt(unlocked, io::sink())?;
            return Ok((header, None));
        }
        let mut content = Zeroizing::new(Vec::new());
        let header = self.decrypt(unlocked, &mut *content)?;
        Ok((header, Some(content)))
    }
}

#[cfg(test)]
mod tests;
