//! The keys of one person, derived from their 24 words.
//!
//! | key | path | follows |
//! |---|---|---|
//! | Stacks account | `m/44'/5757'/0'/0/0` | BIP-44 with SLIP-44's coin type 5757, as Stacks wallets do |
//! | hybrid identity `i` | `m/83696968'/128169'/32'/i'` | BIP-85, application HEX, 32 bytes: the X-Wing seed |
//! | record root | `m/83696968'/128169'/32'/1297239379'` | the same; the index is `MRMS` in ASCII |
//!
//! Whoever succeeded other patients also has what those had, see [`inheritance`](crate::inheritance).
//!
//! Encryption keys are never derived from the Stacks key or a signature of it: who breaks
//! secp256k1 must not read records. Nothing is stored outside of memory. The record root, which nearly every step of a
//! command needs, is derived once; every other key when it is asked for.

use std::sync::OnceLock;

use bip32::{ChildNumber, XPrv};
use zeroize::{Zeroize, Zeroizing};

use crate::hybrid::HybridIdentity;
use crate::inheritance::{FormerKeys, InheritedKeys};
use crate::secret::secret_bytes;
use crate::words::Words;

/// BIP-85: the purpose, the application HEX, and the number of bytes.
const BIP85: u32 = 83_696_968;
const HEX: u32 = 128_169;
const HEX_LENGTH: u32 = 32;
/// `MRMS` in ASCII: beyond every [`IdentityIndex`].
const RECORD_ROOT_INDEX: u32 = 0x4d52_4d53;
/// BIP-85's key for the HMAC that turns a BIP-32 key into entropy.
const BIP85_HMAC_KEY: &[u8] = b"bip-entropy-from-k";

/// The derivation has no key at this place (BIP-32: a chance of less than 2^-127 for each step).
/// Other words must be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("these words give no key on path {path}")]
pub struct NoKeyError {
    /// Where, in the notation of BIP-32.
    pub path: String,
}

secret_bytes! {
    /// The secret key of a person's Stacks account: a secp256k1 scalar, big-endian. It signs
    /// transactions and encrypts nothing.
    pub StacksSecretKey, 32
}

impl StacksSecretKey {
    /// The 32 bytes, for the code that signs.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.expose()
    }
}

secret_bytes! {
    /// The symmetric root of a person's records: owner wraps of file keys and pair secrets come
    /// from it, so that the words and the chain are enough to recover every record.
    pub RecordRoot, 32
}

impl RecordRoot {
    /// The same secret once more, which is wiped when it is dropped, too.
    pub(crate) fn copy(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Number of one of a person's hybrid identities, from 0. A rotation begins to use the next one;
/// the earlier ones still open what was sealed to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct IdentityIndex(u16);

impl IdentityIndex {
    /// The identity that a new person begins with.
    pub const FIRST: Self = Self(0);

    /// The identity with this number.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The identity after this one; `None` after the 65,536th.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

/// The seed of one person's words, from which each key is derived, and the keys of those whom they succeeded. Wiped when
/// dropped.
pub struct Keyring {
    seed: Zeroizing<[u8; 64]>,
    /// The record root, once it was asked for.
    root: OnceLock<RecordRoot>,
    inherited: InheritedKeys,
}

impl Keyring {
    /// The keyring of these words. Takes 2,048 rounds of HMAC-SHA512: a millisecond or so.
    #[must_use]
    pub fn from_words(words: &Words) -> Self {
        Self { seed: words.to_seed(), root: OnceLock::new(), inherited: InheritedKeys::default() }
    }

    /// The secret key of the person's first Stacks account, the one that wallets show for the
    /// same words.
    ///
    /// # Errors
    ///
    /// [`NoKeyError`]: practically impossible (probability below 2^-127 for each step).
    pub fn stacks_secret_key(&self) -> Result<StacksSecretKey, NoKeyError> {
        let path = [hardened(44), hardened(5_757), hardened(0), plain(0), plain(0)];
        derive(self.seed.as_slice(), &path).map(StacksSecretKey::new)
    }

    /// The person's hybrid identity.
    ///
    /// # Errors
    ///
    /// [`NoKeyError`]: practically impossible (probability below 2^-127 for each step).
    pub fn identity(&self, index: IdentityIndex) -> Result<HybridIdentity, NoKeyError> {
        let seed = self.identity_seed(index)?;
        Ok(HybridIdentity::from_seed(&seed))
    }

    /// The symmetric root of the person's records.
    ///
    /// # Errors
    ///
    /// [`NoKeyError`]: practically impossible (probability below 2^-127 for each step).
    pub fn record_root(&self) -> Result<RecordRoot, NoKeyError> {
        if let Some(root) = self.root.get() {
            return Ok(root.copy());
        }
        let root = bip85_hex32(self.seed.as_slice(), RECORD_ROOT_INDEX).map(RecordRoot::new)?;
        Ok(self.root.get_or_init(|| root).copy())
    }

    fn identity_seed(&self, index: IdentityIndex) -> Result<Zeroizing<[u8; 32]>, NoKeyError> {
        bip85_hex32(self.seed.as_slice(), u32::from(index.0))
    }

    /// From now on this person also has the keys of who was the patient before them. Keys that they have already are not
    /// taken twice.
    pub fn inherit(&mut self, keys: InheritedKeys) {
        self.inherited.add(keys);
    }

    /// The record roots of those whom this person succeeded.
    pub fn inherited_roots(&self) -> impl Iterator<Item = &RecordRoot> {
        self.inherited.roots()
    }

    /// The identities of those whom this person succeeded.
    pub fn inherited_identities(&self) -> impl Iterator<Item = HybridIdentity> {
        self.inherited.identities()
    }

    /// What a successor needs to open what this person can: their record root, their identities up to `latest`, and what
    /// they inherited themselves.
    ///
    /// # Errors
    ///
    /// [`NoKeyError`]: practically impossible (probability below 2^-127 for each step).
    pub fn bequest(&self, latest: IdentityIndex) -> Result<InheritedKeys, NoKeyError> {
        let seeds = (0..=latest.number())
            .map(|number| self.identity_seed(IdentityIndex::new(number)))
            .collect::<Result<_, _>>()?;
        let mut all = InheritedKeys::default();
        all.add(InheritedKeys::of(FormerKeys::new(self.record_root()?, seeds)));
        all.add(self.inherited.copy());
        Ok(all)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring(..)")
    }
}

const fn plain(index: u32) -> ChildNumber {
    ChildNumber(index)
}

const fn hardened(index: u32) -> ChildNumber {
    ChildNumber(index | ChildNumber::HARDENED_FLAG)
}

/// The BIP-32 private key of a seed at a path.
fn derive(seed: &[u8], path: &[ChildNumber]) -> Result<Zeroizing<[u8; 32]>, NoKeyError> {
    let key = path
        .iter()
        .try_fold(XPrv::new(seed), |parent, child| Ok(parent?.derive_child(*child)))
        .and_then(|key| key);
    match key {
        Ok(key) => Ok(Zeroizing::new(key.to_bytes())),
        Err::<_, bip32::Error>(_) => {
            let path = path.iter().map(|child| format!("/{child}")).collect::<String>();
            Err(NoKeyError { path: format!("m{path}") })
        }
    }
}

/// BIP-85's application HEX for 32 bytes.
fn bip85_hex32(seed: &[u8], index: u32) -> Result<Zeroizing<[u8; 32]>, NoKeyError> {
    let path = [hardened(BIP85), hardened(HEX), hardened(HEX_LENGTH), hardened(index)];
    let entropy = bip85_entropy(&*derive(seed, &path)?);
    let mut bytes = Zeroizing::new([0; 32]);
    bytes.copy_from_slice(&entropy[..32]);
    Ok(bytes)
}

fn bip85_entropy(key: &[u8; 32]) -> Zeroizing<[u8; 64]> {
    use aws_lc_rs::hmac;
    let hmac_key = hmac::Key::new(hmac::HMAC_SHA512, BIP85_HMAC_KEY);
    let mut entropy = Zeroizing::new([0; 64]);
    if hmac::sign_to_buffer(&hmac_key, key, entropy.as_mut_slice()).is_err() {
        entropy.zeroize();
        unreachable!("HMAC-SHA512 fills 64 bytes");
    }
    entropy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring() -> Keyring {
        let words = format!("{} art", ["abandon"; 23].join(" "));
        Keyring::from_words(&Words::parse(&words).unwrap())
    }

    // BIP-85's published vector for the application HEX: 64 bytes at index 0.
    #[test]
    fn bip85_gives_the_published_entropy() {
        let root: XPrv = "xprv9s21ZrQH143K2LBWUUQRFXhucrQqBpKdRRxNVq2zBqsx8HVqFk2uYo8kmbaLLHRdq\
                          tQpUm98uKfu3vca1LqdGhUtyoFnCNkfmXRyPXLjbKb"
            .parse()
            .unwrap();
        let key = [BIP85, HEX, 64, 0]
            .into_iter()
            .fold(root, |key, index| key.derive_child(hardened(index)).unwrap());
        let expected = "492db4698cf3b73a5a24998aa3e9d7fa96275d85724a91e71aa2d645442f878555d078fd\
                        1f1f67e368976f04137b1f7a0d19232136ca50c44614af72b5582a5c";
        assert_eq!(hex::encode(bip85_entropy(&key.to_bytes()).as_slice()), expected);
    }

    #[test]
    fn every_key_of_a_person_is_another() {
        let keyring = keyring();
        let identity = |number| keyring.identity(IdentityIndex::new(number)).unwrap();
        assert_ne!(identity(0).recipient(), identity(1).recipient());
        let (root, account) =
            (keyring.record_root().unwrap(), keyring.stacks_secret_key().unwrap());
        assert_ne!(root.expose(), account.expose());
        assert!(RECORD_ROOT_INDEX > u32::from(u16::MAX));
        assert_eq!(IdentityIndex::new(u16::MAX).next(), None);
    }

    #[test]
    fn record_root_is_the_same_each_time_it_is_asked_for() {
        let keyring = keyring();
        let (first, again) = (keyring.record_root().unwrap(), keyring.record_root().unwrap());
        let derived = bip85_hex32(keyring.seed.as_slice(), RECORD_ROOT_INDEX).unwrap();
        assert_eq!([first.expose(), again.expose()], [&*derived; 2]);
    }

    #[test]
    fn a_missing_key_is_named_by_its_path() {
        let error = derive(&[0; 7], &[hardened(44), plain(0)]).unwrap_err();
        assert_eq!(error.to_string(), "these words give no key on path m/44'/0");
    }

    #[test]
    fn the_same_words_always_give_the_same_keys() {
        let keyring = keyring();
        let account = keyring.stacks_secret_key().unwrap();
        // The key that @stacks/wallet-sdk 7.4.0 gives for these words.
        let expected = "2f9f6a682e218463526a145535b6e3c8d2a12885fb658fbb318bc8fc0c8d4005";
        assert_eq!(hex::encode(account.expose_bytes()), expected);
        // The other two as @scure/bip32 1.x and an HMAC give them.
        let expected = "10c068da94555634326d4d224bab472338dce3f3eddd0e4adaa8f71f2645babc";
        assert_eq!(hex::encode(keyring.record_root().unwrap().expose()), expected);
        let identity = keyring.identity(IdentityIndex::FIRST).unwrap();
        let expected =
            "AGE-SECRET-KEY-PQ-1FZAJ929YSS6P9RANLMV7TJYG5H69A8T5NQWRYM38ZRGV3QU7K6HQM2NPA9";
        assert_eq!(identity.to_secret_text().as_str(), expected);
        assert_eq!(format!("{keyring:?} {account:?}"), "Keyring(..) StacksSecretKey(..)");
    }
}
