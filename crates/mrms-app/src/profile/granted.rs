//! Whom this person gave access, how, and to which key: the profile's own memory of it.
//!
//! A ledger elsewhere can lie about who the readers are. New versions go to those alone who are in
//! this memory. It carries a tag under the person's record root, so that an altered file is noticed, and
//! a number, so that a copy from an earlier day is noticed as well ([`granted_mark`](super::granted_mark)).
//! A profile that was recovered from its words has no such memory.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::time::Duration;

use mrms_core::{BurnHeight, ContractId, Principal, RecordId, Rights, Version, grant};
use mrms_crypto::{RecordRoot, own_notes};
use mrms_files::{FileLock, LockError};
use serde::{Deserialize, Serialize};

use super::granted_all::GrantedAll;
use super::granted_mark::is_earlier;
use super::{ProfileError, ProfileFolder, from_json, io_error, to_json};

/// The file's name, and the name under which it is tagged.
const NAME: &str = "granted.json";
/// How long a command waits for another one that is changing the memory.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How a reader gets the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sharing {
    /// From the vaults, against an entry in the log each time.
    Sealed,
    /// From the chain, at any time.
    Direct,
}

/// What this person last decided about one reader of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// The contract that has the record.
    contract: String,
    /// The record.
    pub record: RecordId,
    /// The reader.
    pub reader: Principal,
    /// The bits of the rights; none after a revoke.
    rights: Option<u8>,
    /// First height at which the grant is closed; `None` holds until revoked.
    pub expiry: Option<BurnHeight>,
    /// The oldest version whose key was given.
    pub from_version: Version,
    /// How the reader gets the keys.
    pub sharing: Sharing,
    /// The text of the recipient to which keys were wrapped.
    pub recipient: String,
    /// Whether this person wants it ended, and no block is known to have the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_ending: bool,
}

/// The terms of a grant, as they are remembered.
#[derive(Clone, Debug)]
pub(crate) struct GrantedTerms {
    pub(crate) rights: Rights,
    pub(crate) expiry: Option<BurnHeight>,
    pub(crate) from_version: Version,
    pub(crate) sharing: Sharing,
    pub(crate) recipient: String,
}

impl Granted {
    pub(crate) fn new(
        contract: &ContractId,
        record: RecordId,
        reader: &Principal,
        terms: GrantedTerms,
    ) -> Self {
        let GrantedTerms { rights, expiry, from_version, sharing, recipient } = terms;
        Self {
            contract: contract.to_string(),
            record,
            reader: reader.clone(),
            rights: Some(rights.bits()),
            expiry,
            from_version,
            sharing,
            recipient,
            is_ending: false,
        }
    }

    /// What the reader may do; `None` when this person ended it.
    #[must_use]
    pub fn rights(&self) -> Option<Rights> {
        self.rights.and_then(Rights::from_bits)
    }

    /// The rights that this person gave and that have neither ended nor been taken back.
    #[must_use]
    pub fn rights_at(&self, now: BurnHeight) -> Option<Rights> {
        self.rights().filter(|_| grant::is_live(self.expiry, now))
    }

    /// Whether this person gave it, and no block is known to have an end of it.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.rights().is_some() || self.is_ending
    }

    /// Whether it is about a record of this contract.
    #[must_use]
    pub fn is_on(&self, contract: &ContractId) -> bool {
        self.contract == contract.to_string()
    }

    /// The contract that has the record.
    pub(crate) fn contract(&self) -> &str {
        &self.contract
    }

    fn is_of(&self, contract: &str, record: RecordId, reader: &Principal) -> bool {
        self.contract == contract && self.record == record && self.reader == *reader
    }
}

/// A profile's memory of its grants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantedMemory {
    grants: Vec<Granted>,
    /// Who reads everything.
    pub(super) all: Vec<GrantedAll>,
}

impl GrantedMemory {
    /// What is remembered of one reader of one record.
    #[must_use]
    pub fn of(
        &self,
        contract: &ContractId,
        record: RecordId,
        reader: &Principal,
    ) -> Option<&Granted> {
        let contract = contract.to_string();
        self.grants.iter().find(|one| one.is_of(&contract, record, reader))
    }

    /// Whom this person shut out of which record.
    pub(crate) fn ended(&self, contract: &ContractId) -> BTreeSet<(RecordId, &Principal)> {
        let contract = contract.to_string();
        let ended = self.grants.iter().filter(|one| one.contract == contract);
        let ended = ended.filter(|one| one.rights().is_none());
        ended.map(|one| (one.record, &one.reader)).collect()
    }

    /// All that is remembered, in no order.
    #[must_use]
    pub fn all(&self) -> &[Granted] {
        &self.grants
    }

    /// Remembers what another profile of the same patient remembered, where nothing is remembered of that reader and record.
    pub(crate) fn take_over(&mut self, granted: Granted) {
        let Granted { contract, record, reader, .. } = &granted;
        if !self.grants.iter().any(|one| one.is_of(contract, *record, reader)) {
            self.grants.push(granted);
        }
    }

    /// Remembers a grant in place of what was remembered of this reader and record.
    pub(crate) fn set(&mut self, granted: Granted) {
        let Granted { contract, record, reader, .. } = &granted;
        self.grants.retain(|one| !one.is_of(contract, *record, reader));
        self.grants.push(granted);
    }

    /// Puts back what was remembered before.
    pub(crate) fn put_back(
        &mut self,
        contract: &ContractId,
        record: RecordId,
        reader: &Principal,
        before: Option<Granted>,
    ) {
        let contract = contract.to_string();
        self.grants.retain(|one| !one.is_of(&contract, record, reader));
        self.grants.extend(before);
    }

    /// Remembers that this person wants a reader's access ended: no key goes to them any more, and the end is still to be sent.
    pub(crate) fn want_end(&mut self, contract: &ContractId, record: RecordId, reader: &Principal) {
        self.end_as(contract, record, reader, true);
    }

    /// Remembers that a reader's access has ended, or never was.
    pub(crate) fn end(&mut self, contract: &ContractId, record: RecordId, reader: &Principal) {
        self.end_as(contract, record, reader, false);
    }

    fn end_as(
        &mut self,
        contract: &ContractId,
        record: RecordId,
        reader: &Principal,
        is_ending: bool,
    ) {
        let contract = contract.to_string();
        match self.grants.iter_mut().find(|one| one.is_of(&contract, record, reader)) {
            Some(known) => (known.rights, known.is_ending) = (None, is_ending),
            None => self.grants.push(Granted {
                contract,
                record,
                reader: reader.clone(),
                rights: None,
                expiry: None,
                from_version: Version::FIRST,
                sharing: Sharing::Sealed,
                recipient: String::new(),
                is_ending,
            }),
        }
    }

    /// What this person gave of a record, and no block is known to have ended.
    pub(crate) fn standing_on(&self, contract: &ContractId, record: RecordId) -> Vec<Granted> {
        let of_record = self.grants.iter().filter(|one| one.record == record);
        of_record.filter(|one| one.is_on(contract) && one.stands()).cloned().collect()
    }

    /// The keys to which this person granted a reader anything that they have not ended.
    pub(crate) fn keys_of<'m>(&'m self, reader: &'m Principal) -> impl Iterator<Item = &'m str> {
        let theirs = self.grants.iter().filter(move |one| one.reader == *reader);
        let named = theirs.filter(|one| one.rights.is_some()).map(|one| one.recipient.as_str());
        let of_all = self.all.iter().filter(move |one| one.reader == *reader);
        let of_all = of_all.filter(|one| one.allows().is_some()).map(|one| one.recipient.as_str());
        named.chain(of_all.filter(|recipient| !recipient.is_empty()))
    }

    /// This person trusts another key of a reader, in place of those before.
    pub(crate) fn change_key(&mut self, reader: &Principal, key: &str) {
        for known in &mut self.grants {
            if known.reader == *reader && known.rights.is_some() {
                key.clone_into(&mut known.recipient);
            }
        }
        let all = self.all.iter_mut().filter(|known| known.reader == *reader);
        for known in all.filter(|known| known.allows().is_some()) {
            key.clone_into(&mut known.recipient);
        }
    }
}

/// The file: the grants, how often they were written, and the tag of both in compact JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tag: String,
    /// 0 in files of earlier versions of this program, whose tag is of the grants alone.
    #[serde(default)]
    serial: u64,
    grants: Vec<Granted>,
    /// Not written while there is none, so that programs that know nothing of it read the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    all: Vec<GrantedAll>,
}

fn tagged_bytes(serial: u64, GrantedMemory { grants, all }: &GrantedMemory) -> Vec<u8> {
    // Plain fields: nothing here can fail to serialize.
    match (serial, all.as_slice()) {
        (0, []) => serde_json::to_vec(grants).unwrap_or_default(),
        (serial, []) => serde_json::to_vec(&(serial, grants)).unwrap_or_default(),
        (serial, all) => serde_json::to_vec(&(serial, grants, all)).unwrap_or_default(),
    }
}

impl ProfileFolder {
    /// Whom this person gave access.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Damaged`] also when somebody without this person's words wrote the file;
    /// [`ProfileError::Earlier`] when it is a copy of an earlier day.
    pub fn granted(&self, root: &RecordRoot) -> Result<GrantedMemory, ProfileError> {
        Ok(self.granted_with_serial(root)?.0)
    }

    /// Whether the memory is there and can be read, where this profile has written one: whoever ends access must know what there
    /// was. Whoever adds versions is asked about each reader without one, so that [`granted`](Self::granted) goes on.
    ///
    /// # Errors
    ///
    /// As [`granted`](Self::granted), and [`ProfileError::Gone`].
    pub(crate) fn must_have_granted(&self, root: &RecordRoot) -> Result<(), ProfileError> {
        let path = self.path().join(NAME);
        let (memory, serial) = self.granted_with_serial(root)?;
        match memory == GrantedMemory::default() && serial > 0 && !path.exists() {
            true => Err(ProfileError::Gone { path }),
            false => Ok(()),
        }
    }

    /// The memory, and how often it was written; without a memory, how often one was written before.
    fn granted_with_serial(&self, root: &RecordRoot) -> Result<(GrantedMemory, u64), ProfileError> {
        let path = self.path().join(NAME);
        // First, so that whatever another command writes meanwhile is later than this.
        let marked = self.granted_serial(root);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Whoever has no memory is asked about each reader, so nobody gains by taking it away.
                return Ok((GrantedMemory::default(), marked.ok().flatten().unwrap_or_default()));
            }
            bytes => bytes.map_err(io_error(&path, "read"))?,
        };
        let File { tag, serial, grants, all } = from_json(&path, &bytes)?;
        let memory = GrantedMemory { grants, all };
        let tag = mrms_core::hexadecimal::decode(&tag).unwrap_or_default();
        if own_notes::verify(root, NAME, &tagged_bytes(serial, &memory), &tag) {
            return match is_earlier(serial, marked?) {
                false => Ok((memory, serial)),
                true => Err(ProfileError::Earlier { path }),
            };
        }
        let reason = "it is not as this profile wrote it".to_owned();
        Err(ProfileError::Damaged { path, reason })
    }

    /// Whether this profile gave anything on a contract, by its memory as it stands there: nothing is opened by that. A memory that
    /// can't be read may have it.
    pub(super) fn gave_on(&self, contract: &ContractId) -> bool {
        let path = self.path().join(NAME);
        let Ok(bytes) = fs::read(&path) else { return false };
        let contract = contract.to_string();
        from_json(&path, &bytes).map_or(true, |File { grants, all, .. }| {
            grants.iter().any(|one| one.contract == contract)
                || all.iter().any(|one| one.contract() == contract)
        })
    }

    /// Changes what is remembered of grants, while no other command does. Returns it as it was
    /// before.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub(crate) fn change_granted(
        &self,
        root: &RecordRoot,
        change: impl FnOnce(&mut GrantedMemory),
    ) -> Result<GrantedMemory, ProfileError> {
        let path = self.path().join(NAME);
        let lock = path.with_extension("lock");
        let _lock = FileLock::take(&lock, LONGEST_WAIT).map_err(|error| match error {
            LockError::InUse { .. } => ProfileError::Busy,
            LockError::Open(error) => io_error(&lock, "write")(error),
            LockError::Lock(error) => io_error(&lock, "lock")(error),
        })?;
        let (before, serial) = self.granted_with_serial(root)?;
        let mut memory = before.clone();
        change(&mut memory);
        if memory != before {
            // The file beside it never falls behind by more than one.
            self.note_granted_serial(root, serial)?;
            let serial = serial.saturating_add(1);
            let tag = hex::encode(own_notes::tag(root, NAME, &tagged_bytes(serial, &memory)));
            let GrantedMemory { grants, all } = memory;
            let file = to_json(&File { tag, serial, grants, all });
            mrms_files::write_whole(&path, &file).map_err(io_error(&path, "write"))?;
            self.note_granted_serial(root, serial)?;
        }
        Ok(before)
    }
}

#[cfg(test)]
mod tests {
    use mrms_crypto::Keyring;
    use mrms_crypto::Words;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::profile::chains::KnownChain;

    const RECORD: RecordId = RecordId::new(u128::MAX);

    fn root(seed: u64) -> RecordRoot {
        let words = Words::generate(&mut StdRng::seed_from_u64(seed));
        Keyring::from_words(&words).record_root().unwrap()
    }

    fn contract() -> ContractId {
        "ST000000000000000000002AMW42H.medical-records-management".parse().unwrap()
    }

    fn reader() -> Principal {
        "ST000000000000000000002AMW42H".parse().unwrap()
    }

    fn read_until(expiry: Option<u64>) -> Granted {
        let terms = GrantedTerms {
            rights: Rights::READ,
            expiry: expiry.map(BurnHeight::new),
            from_version: Version::FIRST,
            sharing: Sharing::Sealed,
            recipient: "age1pq1".to_owned(),
        };
        Granted::new(&contract(), RECORD, &reader(), terms)
    }

    fn profile() -> (tempfile::TempDir, ProfileFolder) {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        (folder, profile)
    }

    #[test]
    fn grant_is_remembered_until_it_ends() {
        let (_folder, profile) = profile();
        profile.change_granted(&root(1), |memory| memory.set(read_until(Some(100)))).unwrap();
        let memory = profile.granted(&root(1)).unwrap();
        let known = memory.of(&contract(), RECORD, &reader()).unwrap();
        assert_eq!(known, &read_until(Some(100)));
        assert_eq!(known.rights_at(BurnHeight::new(99)), Some(Rights::READ));
        assert_eq!(known.rights_at(BurnHeight::new(100)), None);
        let want = |memory: &mut GrantedMemory| memory.want_end(&contract(), RECORD, &reader());
        let end = |memory: &mut GrantedMemory| memory.end(&contract(), RECORD, &reader());
        for (change, stands) in [(&want as &dyn Fn(&mut GrantedMemory), true), (&end, false)] {
            profile.change_granted(&root(1), change).unwrap();
            let memory = profile.granted(&root(1)).unwrap();
            let known = memory.of(&contract(), RECORD, &reader()).unwrap();
            assert_eq!((known.rights(), known.stands()), (None, stands));
        }
        let memory = profile.granted(&root(1)).unwrap();
        assert!(memory.of(&contract(), RecordId::new(1), &reader()).is_none());
    }

    #[test]
    fn altered_memory_is_noticed() {
        let (folder, profile) = profile();
        profile.change_granted(&root(1), |memory| memory.set(read_until(None))).unwrap();
        let path = folder.path().join(NAME);
        let whole = fs::read_to_string(&path).unwrap();
        for (from, to) in [
            ("sealed", "direct"),
            ("ST000000000000000000002AMW42H\"", "ST2FTKP5XPJEMKM3HG8A8CW5XESMZ9RJQVYRRXM1Y\""),
            ("age1pq1", "age1pq2"),
            ("\"tag\": \"", "\"tag\": \"00"),
        ] {
            let altered = whole.replacen(from, to, 1);
            assert_ne!(altered, whole, "{from}");
            fs::write(&path, altered).unwrap();
            let refused = profile.granted(&root(1)).unwrap_err();
            assert!(refused.to_string().contains("granted.json is damaged"), "{from}: {refused}");
            assert!(profile.change_granted(&root(1), |_| ()).is_err());
        }
        fs::write(&path, whole).unwrap();
        assert!(profile.granted(&root(2)).is_err(), "another person wrote it");
        assert!(profile.granted(&root(1)).is_ok());
    }

    #[test]
    fn who_reads_everything_is_under_the_same_tag() {
        use crate::profile::granted_all::{AllTerms, Allows};
        let (folder, profile) = profile();
        let path = folder.path().join(NAME);
        profile.change_granted(&root(1), |memory| memory.set(read_until(None))).unwrap();
        // Programs that know nothing of it read the file as long as nobody reads everything.
        assert!(!fs::read_to_string(&path).unwrap().contains("\"all\""));
        let allows = Allows::Powers(mrms_core::Powers::SEE);
        let recipient = "age1pq1".to_owned();
        let terms = AllTerms { allows, expiry: None, recipient, goes_on: false };
        profile
            .change_granted(&root(1), |memory| memory.set_all(&contract(), &reader(), terms))
            .unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        for (from, to) in [("\"delegation\"", "\"standing\""), ("\"bits\": 1", "\"bits\": 7")] {
            let altered = whole.replacen(from, to, 1);
            assert_ne!(altered, whole, "{from}");
            fs::write(&path, altered).unwrap();
            assert!(profile.granted(&root(1)).is_err(), "{from}");
        }
        fs::write(&path, whole).unwrap();
        assert_eq!(profile.granted(&root(1)).unwrap().all.len(), 1);
    }

    #[test]
    fn contract_on_which_something_was_given_is_on_a_ledger_that_was_seen_though_its_note_is_lost()
    {
        let (folder, profile) = profile();
        let head = crate::profile::remembered::SeenHead {
            genesis: "ab".to_owned(),
            height: 1,
            hash: "cd".to_owned(),
        };
        let seen = || Some(vec![KnownChain::new(mrms_core::ChainId::EMBEDDED, Some("ab"))]);
        profile.remember_heads(&[("own".to_owned(), head)].into()).unwrap();
        assert_eq!(profile.chains_of(&contract()).unwrap(), None, "nothing was given there");
        profile.change_granted(&root(1), |memory| memory.set(read_until(None))).unwrap();
        assert_eq!(profile.chains_of(&contract()).unwrap(), seen());
        for lost in ["{", "{}"] {
            fs::write(folder.path().join("chains.json"), lost).unwrap();
            assert_eq!(profile.chains_of(&contract()).unwrap(), seen(), "{lost}");
        }
        profile.forget_chain(&contract()).unwrap();
        assert_eq!(
            profile.chains_of(&contract()).unwrap(),
            None,
            "the person goes on with another"
        );
        fs::remove_file(folder.path().join("chains.json")).unwrap();
        fs::write(folder.path().join("heads.json"), "{").unwrap();
        assert!(profile.chains_of(&contract()).is_err());
    }

    #[test]
    fn memory_of_an_earlier_day_that_is_put_back_is_noticed() {
        let (folder, profile) = profile();
        let path = folder.path().join(NAME);
        let mark = folder.path().join("granted.mark");
        let write = |expiry: u64| {
            profile
                .change_granted(&root(1), |memory| memory.set(read_until(Some(expiry))))
                .unwrap();
            (fs::read(&path).unwrap(), fs::read(&mark).unwrap())
        };
        let copies = [write(100), write(200), write(300)];
        let earlier = |file: usize, marked: usize| {
            fs::write(&path, &copies[file].0).unwrap();
            fs::write(&mark, &copies[marked].1).unwrap();
            matches!(profile.granted(&root(1)), Err(ProfileError::Earlier { .. }))
        };
        assert!(earlier(0, 2) && earlier(1, 2), "an earlier memory");
        assert!(earlier(1, 2) && profile.change_granted(&root(1), |_| ()).is_err());
        assert!(!earlier(2, 1), "a command that was killed between the two");
        fs::remove_file(&mark).unwrap();
        assert!(matches!(profile.granted(&root(1)), Err(ProfileError::Earlier { .. })));
        // Without any memory it begins anew, above what was written before.
        assert!(!earlier(2, 2));
        fs::remove_file(&path).unwrap();
        assert_eq!(profile.granted(&root(1)).unwrap(), GrantedMemory::default());
        write(400);
        fs::write(&path, &copies[2].0).unwrap();
        assert!(profile.granted(&root(1)).is_err());
    }

    #[test]
    fn memory_of_an_earlier_program_is_taken_until_it_is_written_anew() {
        let (folder, profile) = profile();
        let path = folder.path().join(NAME);
        let grants = vec![read_until(None)];
        let memory = GrantedMemory { grants: grants.clone(), all: Vec::new() };
        let tag = hex::encode(own_notes::tag(&root(1), NAME, &tagged_bytes(0, &memory)));
        let old = serde_json::json!({"tag": tag, "grants": grants}).to_string();
        fs::write(&path, &old).unwrap();
        assert_eq!(profile.granted(&root(1)).unwrap().grants, grants);
        profile.change_granted(&root(1), |memory| memory.set(read_until(Some(9)))).unwrap();
        assert!(profile.granted(&root(1)).is_ok());
        profile.change_granted(&root(1), |memory| memory.set(read_until(Some(10)))).unwrap();
        fs::write(&path, &old).unwrap();
        assert!(matches!(profile.granted(&root(1)), Err(ProfileError::Earlier { .. })));
    }

    #[test]
    fn trusted_key_replaces_those_of_what_has_not_ended() {
        let mut memory = GrantedMemory::default();
        memory.set(read_until(None));
        memory.change_key(&reader(), "age1pq2");
        assert_eq!(memory.keys_of(&reader()).collect::<Vec<_>>(), ["age1pq2"]);
        memory.want_end(&contract(), RECORD, &reader());
        memory.change_key(&reader(), "age1pq3");
        assert_eq!(memory.of(&contract(), RECORD, &reader()).unwrap().recipient, "age1pq2");
        assert_eq!(memory.keys_of(&reader()).count(), 0);
    }
}
