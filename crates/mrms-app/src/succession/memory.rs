//! What travels to a successor beside the keys: what the patient calls themselves, their people, and whom they granted.
//!
//! Labels need not travel: they are in the records. Encryption keys that the former profile saw do, as part of its grants; so
//! a key that changes meanwhile is noticed as before.

use std::collections::BTreeMap;

use mrms_core::ContractId;
use mrms_crypto::RecordRoot;
use mrms_people::People;
use mrms_people::hand_over::MOST_SEALED;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::profile::granted::Granted;
use crate::profile::granted_all::GrantedAll;
use crate::profile::received::PersonName;
use crate::profile::{ProfileError, ProfileFolder};

/// What sealing adds, at most.
const SEALING: usize = 8_192;
/// A memory has a multiple of this many bytes, so that its length tells little.
const PADDED_TO: usize = 4_096;

/// What a profile remembers of its patient's dealings.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Memory {
    /// What the patient calls themselves.
    pub(crate) called: Option<PersonName>,
    /// Whom they know.
    pub(crate) people: People,
    /// The keys of those whom they granted; a grant names its key by the place here.
    recipients: Vec<String>,
    /// Whom they granted.
    granted: Vec<Granted>,
    /// Who reads everything.
    all: Vec<GrantedAll>,
}

impl Memory {
    /// What a profile remembers, as far as one contract is concerned.
    pub(crate) fn of(
        profile: &ProfileFolder,
        root: &RecordRoot,
        contract: &ContractId,
    ) -> Result<Self, ProfileError> {
        let all = profile.granted(root)?;
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut memory = Self {
            called: profile.called(root)?,
            people: profile.people(root)?,
            ..Self::default()
        };
        let recipients = &mut memory.recipients;
        let mut place_of = |recipient: &str| {
            let next = places.len();
            let place = *places.entry(recipient.to_owned()).or_insert(next);
            if place == next {
                recipients.push(recipient.to_owned());
            }
            place.to_string()
        };
        for granted in all.all().iter().filter(|granted| granted.is_on(contract)) {
            let mut granted = granted.clone();
            granted.recipient = place_of(&granted.recipient);
            memory.granted.push(granted);
        }
        // A membership, and an offer, are nothing that a successor gives on.
        for one in all.all_of(contract).filter(|one| one.by.is_of_records()) {
            let mut one = one.clone();
            one.recipient = place_of(&one.recipient);
            memory.all.push(one);
        }
        Ok(memory)
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Keeps in a profile what it does not remember itself.
    pub(crate) fn keep(
        self,
        profile: &ProfileFolder,
        root: &RecordRoot,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ProfileError> {
        let Self { called, people, recipients, granted, all } = self;
        let recipient_at = |place: &str| -> Option<String> {
            recipients.get(place.parse::<usize>().ok()?).cloned()
        };
        profile.change_people(root, rng, |own| {
            for person in people.all() {
                if own.get(&person.principal).is_none() {
                    own.set(person.clone());
                }
            }
        })?;
        if let (Some(name), None) = (called, profile.called(root)?) {
            profile.call_me(root, name, rng)?;
        }
        profile.change_granted(root, |memory| {
            for mut one in granted {
                if let Some(recipient) = recipient_at(&one.recipient) {
                    one.recipient = recipient;
                    memory.take_over(one);
                }
            }
            for mut one in all {
                if let Some(recipient) = recipient_at(&one.recipient) {
                    one.recipient = recipient;
                    memory.take_over_all(one);
                }
            }
        })?;
        Ok(())
    }
}

/// The bytes to be sealed: the length of the keys, the keys, and the memory as JSON. Returns whether the memory fitted.
pub(crate) fn to_bytes(keys: &[u8], memory: &Memory) -> (Zeroizing<Vec<u8>>, bool) {
    // Plain fields: nothing here can fail to serialize.
    let mut text =
        if memory.is_empty() { Vec::new() } else { serde_json::to_vec(memory).unwrap_or_default() };
    let padded = text.len().next_multiple_of(PADDED_TO);
    let fits = 4 + keys.len() + padded + SEALING <= MOST_SEALED;
    if fits {
        text.resize(padded, b' ');
    } else {
        text.clear();
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(4 + keys.len() + text.len()));
    bytes.extend_from_slice(&u32::try_from(keys.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(keys);
    bytes.extend_from_slice(&text);
    (bytes, fits)
}

/// The keys and the memory in such bytes; `None` where they are in another form.
pub(crate) fn from_bytes(bytes: &[u8]) -> Option<(&[u8], Memory)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (keys, text) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    match text {
        [] => Some((keys, Memory::default())),
        text => Some((keys, serde_json::from_slice(text).ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_too_long_stays_behind_and_the_keys_go() {
        let long = Memory { recipients: vec!["x".repeat(MOST_SEALED)], ..Memory::default() };
        let (bytes, fits) = to_bytes(b"keys", &long);
        assert!(!fits);
        assert_eq!(from_bytes(&bytes).unwrap(), (b"keys".as_slice(), Memory::default()));
        let short = Memory { recipients: vec!["x".to_owned()], ..Memory::default() };
        let (bytes, fits) = to_bytes(b"keys", &short);
        assert!(fits);
        assert_eq!(bytes.len(), 4 + 4 + PADDED_TO);
        assert_eq!(from_bytes(&bytes).unwrap(), (b"keys".as_slice(), short));
    }

    #[test]
    fn without_a_memory_there_are_keys_alone_and_other_bytes_are_nothing() {
        let (bytes, _) = to_bytes(b"keys", &Memory::default());
        assert_eq!(bytes.as_slice(), b"\0\0\0\x04keys");
        for bad in
            [b"".as_slice(), b"\0\0", b"\0\0\0\x09keys", b"\0\0\0\x04keys{", b"\xff\xff\xff\xff"]
        {
            assert!(from_bytes(bad).is_none(), "{bad:?}");
        }
    }
}
