//! The keys that a successor gets of who was the patient before: record roots, and the seeds of identities.
//!
//! With a record root the owner's wraps of earlier versions open, and with an identity the wraps that others made to the
//! patient. Nothing new is ever made under these keys. How they travel and where they are kept, others say; this module
//! knows their bytes.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | form: 1 |
//! | 1 | how many people |
//! | for each: 32 | record root |
//! | 2 | how many identities, big-endian |
//! | for each: 32 | seed |

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::hybrid::HybridIdentity;
use crate::keyring::RecordRoot;

const FORM: u8 = 1;
/// The longest line whose keys fit: the first of it is forgotten last.
const MOST_PEOPLE: usize = 255;
const KEY_LENGTH: usize = 32;

/// The keys of somebody who was the patient.
pub struct FormerKeys {
    root: RecordRoot,
    /// Of their identities, from the first on.
    seeds: Vec<Zeroizing<[u8; KEY_LENGTH]>>,
}

impl FormerKeys {
    pub(crate) fn new(root: RecordRoot, seeds: Vec<Zeroizing<[u8; KEY_LENGTH]>>) -> Self {
        Self { root, seeds }
    }

    fn copy(&self) -> Self {
        Self { root: self.root.copy(), seeds: self.seeds.clone() }
    }

    fn is_of_root(&self, other: &Self) -> bool {
        self.root.ct_eq(&other.root).into()
    }
}

/// The keys of all who were the patient before somebody.
#[derive(Default)]
pub struct InheritedKeys {
    people: Vec<FormerKeys>,
}

/// The bytes are no inherited keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was handed over has no keys in the form that this program knows")]
pub struct NotKeysError;

impl InheritedKeys {
    pub(crate) fn of(keys: FormerKeys) -> Self {
        Self { people: vec![keys] }
    }

    pub(crate) fn copy(&self) -> Self {
        Self { people: self.people.iter().map(FormerKeys::copy).collect() }
    }

    /// Adds keys. Of one person, those with more identities stay.
    pub(crate) fn add(&mut self, keys: Self) {
        for new in keys.people {
            let has_room = self.people.len() < MOST_PEOPLE;
            match self.people.iter_mut().find(|known| known.is_of_root(&new)) {
                Some(known) if known.seeds.len() < new.seeds.len() => *known = new,
                Some(_) => {}
                None if has_room => self.people.push(new),
                None => {}
            }
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    pub(crate) fn roots(&self) -> impl Iterator<Item = &RecordRoot> {
        self.people.iter().map(|keys| &keys.root)
    }

    pub(crate) fn identities(&self) -> impl Iterator<Item = HybridIdentity> {
        let seeds = self.people.iter().flat_map(|keys| keys.seeds.iter().rev());
        seeds.map(|seed| HybridIdentity::from_seed(seed))
    }

    /// The bytes: a secret, to be sealed before they go anywhere.
    #[must_use]
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        let seeds: usize = self.people.iter().map(|keys| keys.seeds.len()).sum();
        // The whole length at once, so that no copy stays behind in freed memory.
        let length = 2 + self.people.len() * (KEY_LENGTH + 2) + seeds * KEY_LENGTH;
        let mut bytes = Zeroizing::new(Vec::with_capacity(length));
        bytes.push(FORM);
        bytes.push(u8::try_from(self.people.len()).unwrap_or(u8::MAX));
        for keys in &self.people {
            bytes.extend_from_slice(keys.root.expose());
            // A person has 65,536 identities at most, and the last of them never counts.
            let count = u16::try_from(keys.seeds.len()).unwrap_or(u16::MAX);
            bytes.extend_from_slice(&count.to_be_bytes());
            for seed in keys.seeds.iter().take(usize::from(count)) {
                bytes.extend_from_slice(seed.as_slice());
            }
        }
        bytes
    }

    /// Reads the bytes.
    ///
    /// # Errors
    ///
    /// [`NotKeysError`] for any others.
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self, NotKeysError> {
        let [FORM, count, rest @ ..] = bytes else { return Err(NotKeysError) };
        let mut rest = rest;
        let mut people = Vec::new();
        for _ in 0..*count {
            let root = RecordRoot::new(take(&mut rest)?);
            let (length, after) = rest.split_first_chunk::<2>().ok_or(NotKeysError)?;
            rest = after;
            let seeds = (0..u16::from_be_bytes(*length)).map(|_| take(&mut rest));
            let seeds = seeds.collect::<Result<Vec<_>, _>>()?;
            people.push(FormerKeys { root, seeds });
        }
        if people.is_empty() || !rest.is_empty() {
            return Err(NotKeysError);
        }
        Ok(Self { people })
    }
}

impl std::fmt::Debug for InheritedKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InheritedKeys(..)")
    }
}

fn take(rest: &mut &[u8]) -> Result<Zeroizing<[u8; KEY_LENGTH]>, NotKeysError> {
    let (key, after) = rest.split_first_chunk::<KEY_LENGTH>().ok_or(NotKeysError)?;
    *rest = after;
    Ok(Zeroizing::new(*key))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::keyring::{IdentityIndex, Keyring};
    use crate::words::Words;

    fn keyring(seed: u64) -> Keyring {
        Keyring::from_words(&Words::generate(&mut StdRng::seed_from_u64(seed)))
    }

    fn sent(keys: &InheritedKeys) -> InheritedKeys {
        InheritedKeys::from_secret_bytes(&keys.to_secret_bytes()).unwrap()
    }

    #[test]
    fn successor_of_a_successor_has_the_keys_of_both() {
        let (first, mut second, mut third) = (keyring(1), keyring(2), keyring(3));
        second.inherit(sent(&first.bequest(IdentityIndex::new(1)).unwrap()));
        third.inherit(sent(&second.bequest(IdentityIndex::FIRST).unwrap()));
        let roots: Vec<_> = third.inherited_roots().map(|root| *root.expose()).collect();
        let of = |keyring: &Keyring| *keyring.record_root().unwrap().expose();
        assert_eq!(roots, [of(&second), of(&first)]);
        let recipients: Vec<_> =
            third.inherited_identities().map(|identity| identity.recipient().to_string()).collect();
        let own = |keyring: &Keyring, number| {
            keyring.identity(IdentityIndex::new(number)).unwrap().recipient().to_string()
        };
        assert_eq!(recipients, [own(&second, 0), own(&first, 1), own(&first, 0)]);
        assert_eq!(third.inherited_roots().count(), 2);
    }

    #[test]
    fn keys_that_come_again_are_there_once_and_later_identities_win() {
        let (first, mut second) = (keyring(1), keyring(2));
        for latest in [0, 2, 1, 2] {
            second.inherit(sent(&first.bequest(IdentityIndex::new(latest)).unwrap()));
        }
        assert_eq!(second.inherited_roots().count(), 1);
        assert_eq!(second.inherited_identities().count(), 3);
    }

    #[test]
    fn other_bytes_are_no_keys() {
        let whole = keyring(1).bequest(IdentityIndex::new(1)).unwrap().to_secret_bytes();
        for length in 0..whole.len() {
            assert!(InheritedKeys::from_secret_bytes(&whole[..length]).is_err(), "{length}");
        }
        let mut longer = whole.to_vec();
        longer.push(0);
        assert!(InheritedKeys::from_secret_bytes(&longer).is_err());
        let mut other_form = whole.to_vec();
        other_form[0] = 2;
        assert!(InheritedKeys::from_secret_bytes(&other_form).is_err());
        assert!(InheritedKeys::from_secret_bytes(&[FORM, 0]).is_err());
    }

    #[test]
    fn keys_print_as_nothing() {
        let keys = keyring(1).bequest(IdentityIndex::FIRST).unwrap();
        assert_eq!(format!("{keys:?}"), "InheritedKeys(..)");
    }
}
