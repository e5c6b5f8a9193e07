//! Recovery by trustees: splits the 24 words into shares. A threshold of them gives the words back,
//! and fewer tell nothing (Shamir 1979).
//!
//! Splits the 32 bytes of entropy behind the words, byte by byte over GF(256) with the polynomial
//! 0x11d; share `i` is the value at `i`. Knows no trustee and no file: the caller seals the text of
//! a share ([`Share::to_text`]) to its trustee. Shamir's scheme detects no errors: a wrong
//! threshold, or a share of another set, gives wrong bytes. So every share carries a commitment to
//! the secret and to what its set says of itself:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | format, 1 |
//! | 1, 1, 1 | threshold, number of shares, this share's number from 1 |
//! | 16 | the set's random id, also the salt of the commitment |
//! | 1, 20 | the owner's account: version and hash |
//! | 16 | commitment: HKDF-SHA256(entropy, salt = id, info = label ‖ format ‖ threshold ‖ shares ‖ account) |
//! | 32 | the share |
//!
//! These 89 bytes are written in Bech32 without its limit on length, so that most typing errors
//! show at once.

use std::fmt;

use mrms_core::StandardPrincipal;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::bytes::Reader;
use crate::kdf::hkdf;
use crate::key_text::KeyKind;
use crate::secret::{self, secret_bytes};
use crate::words::Words;

pub mod sealed;

/// Most shares of a set.
pub const MOST_SHARES: u8 = 16;

const FORMAT: u8 = 1;
const LABEL: &[u8] = b"mrms/trustee-set/v1";
const LENGTH: usize = 4 + 16 + 21 + 16 + 32;
const TEXT: KeyKind = KeyKind { prefix: "mrms-share-", begins: "mrms-share-1" };
/// How a share's characters are grouped for reading aloud and typing.
const GROUP: usize = 5;
const GROUPS_A_LINE: usize = 10;

/// How many shares give the secret back: at least 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold(u8);

impl Threshold {
    /// This many.
    #[must_use]
    pub const fn new(shares: u8) -> Self {
        Self(shares)
    }
}

/// How many shares a set has, and how many of them are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    threshold: u8,
    shares: u8,
}

/// A quorum that protects nothing, or that can't be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{threshold} of {shares} is no quorum: it takes 2 to {MOST_SHARES} shares, and 2 of them or more"
)]
pub struct QuorumError {
    threshold: u8,
    shares: usize,
}

impl Quorum {
    /// A threshold of this many shares.
    ///
    /// # Errors
    ///
    /// [`QuorumError`] unless 2 ≤ threshold ≤ shares ≤ [`MOST_SHARES`]. A threshold of 1 would make
    /// every trustee the owner.
    pub fn new(threshold: Threshold, shares: usize) -> Result<Self, QuorumError> {
        let Threshold(threshold) = threshold;
        match u8::try_from(shares) {
            Ok(count) if threshold >= 2 && threshold <= count && count <= MOST_SHARES => {
                Ok(Self { threshold, shares: count })
            }
            _ => Err(QuorumError { threshold, shares }),
        }
    }

    /// How many shares are needed.
    #[must_use]
    pub const fn threshold(self) -> u8 {
        self.threshold
    }

    /// How many shares there are.
    #[must_use]
    pub const fn shares(self) -> u8 {
        self.shares
    }
}

secret_bytes! {
    /// One share's values.
    Values, 32
}

/// What all shares of a set have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Set {
    id: [u8; 16],
    quorum: Quorum,
    owner: StandardPrincipal,
    commitment: [u8; 16],
}

impl Set {
    fn commitment(
        id: &[u8; 16],
        quorum: Quorum,
        owner: &StandardPrincipal,
        entropy: &[u8; 32],
    ) -> [u8; 16] {
        let Quorum { threshold, shares } = quorum;
        let about = [FORMAT, threshold, shares, owner.version()];
        *hkdf(entropy, id, &[LABEL, &about, owner.hash160()])
    }
}

/// One trustee's share: a secret, wiped when dropped. A threshold of them are the owner's words.
pub struct Share {
    set: Set,
    number: u8,
    values: Values,
}

/// Why a text holds no shares. The text is never part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseShareError {
    /// No part of it begins like a share.
    #[error("there is no share in it: one begins with {}", TEXT.begins)]
    None,
    /// It begins like one, but its checksum or length is wrong.
    #[error("share number {position} in it is mistyped or cut short")]
    Mistyped {
        /// Which of those in the text, from 1.
        position: usize,
    },
    /// It is whole, but its format is not known here.
    #[error("share number {position} in it has a format that is not known here")]
    Unknown {
        /// Which of those in the text, from 1.
        position: usize,
    },
}

/// Why shares do not give a secret back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// None was given.
    #[error("no share was given")]
    None,
    /// One is of another set than the first: of another day, or another person.
    #[error("share {number} belongs to another set than the first")]
    OtherSet {
        /// The share's number in its own set.
        number: u8,
    },
    /// One disagrees with the first about their set: threshold, owner or commitment.
    #[error("share {number} was altered: it disagrees with the first about their set")]
    Disagrees {
        /// The share's number.
        number: u8,
    },
    /// One was given twice, which counts once.
    #[error("share {number} was given twice")]
    Twice {
        /// The share's number.
        number: u8,
    },
    /// There are not enough.
    #[error("{needed} shares are needed, {found} were given")]
    TooFew {
        /// How many are needed.
        needed: u8,
        /// How many there are.
        found: usize,
    },
    /// Together they do not give what they commit to.
    #[error("one of the shares was altered: together they do not give what they commit to")]
    Altered,
}

impl Share {
    /// Which share of its set, from 1.
    #[must_use]
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// How many there are and how many are needed.
    #[must_use]
    pub const fn quorum(&self) -> Quorum {
        self.set.quorum
    }

    /// Whose words they give back: the account, as its owner named it when the shares were made.
    #[must_use]
    pub const fn owner(&self) -> &StandardPrincipal {
        &self.set.owner
    }

    /// Some of the set's random id, to tell sets apart: 8 hexadecimal digits.
    #[must_use]
    pub fn set(&self) -> String {
        self.set.id[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The share as text, for a file, a message or paper: two lines that say what it is, then the
    /// share, with its beginning on a line of its own and the rest in groups of five characters. A
    /// secret.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        let Self { set: Set { id, quorum, owner, commitment }, number, values } = self;
        let Quorum { threshold, shares } = quorum;
        let fields: [&[u8]; 6] = [
            &[FORMAT, *threshold, *shares, *number],
            id,
            &[owner.version()],
            owner.hash160(),
            commitment,
            values.expose(),
        ];
        let mut rest = bytes.as_mut_slice();
        for field in fields {
            let (place, after) = rest.split_at_mut(field.len());
            place.copy_from_slice(field);
            rest = after;
        }
        let line = Zeroizing::new(TEXT.encode_lower(bytes.as_slice()));
        // Enough for all of it, so that no smaller copy stays behind.
        let mut text = Zeroizing::new(String::with_capacity(2 * line.len() + 256));
        text.push_str(&format!(
            "# MRMS share {number} of {shares} (set {}): any {threshold} of them give back the keys of\n# {owner}\n",
            self.set(),
        ));
        let (begins, data) = line.split_at(TEXT.begins.len());
        text.push_str(begins);
        for (place, character) in data.chars().enumerate() {
            match place {
                place if place % (GROUP * GROUPS_A_LINE) == 0 => text.push('\n'),
                place if place % GROUP == 0 => text.push(' '),
                _ => {}
            }
            text.push(character);
        }
        text.push('\n');
        text
    }

    /// Every share in a text, in order. Ignores lines that begin with `#`, white space and letter
    /// case.
    ///
    /// # Errors
    ///
    /// [`ParseShareError`], which names the first that can't be read by its place in the text.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, ParseShareError> {
        let mut line = Zeroizing::new(String::with_capacity(text.len()));
        for row in text.lines().filter(|row| !row.trim_start().starts_with('#')) {
            let characters = row.chars().filter(|character| !character.is_whitespace());
            line.extend(characters.map(|character| character.to_ascii_lowercase()));
        }
        // No data character of Bech32 is `1`, so this text is found only where a share begins.
        let mut parts = line.split(TEXT.begins);
        let before = parts.next().is_none_or(str::is_empty);
        let shares = parts
            .enumerate()
            .map(|(place, data)| Self::parse(data, place + 1))
            .collect::<Result<Vec<_>, _>>()?;
        match shares.is_empty() {
            true => Err(ParseShareError::None),
            false if !before => Err(ParseShareError::Mistyped { position: 1 }),
            false => Ok(shares),
        }
    }

    fn parse(data: &str, position: usize) -> Result<Self, ParseShareError> {
        let text = Zeroizing::new(format!("{}{data}", TEXT.begins));
        let mistyped = ParseShareError::Mistyped { position };
        let bytes = TEXT.decode::<LENGTH>(&text).map_err(|_| mistyped)?;
        let unknown = ParseShareError::Unknown { position };
        Self::read(&mut Reader::new(bytes.as_slice())).ok_or(unknown)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let [format, threshold, shares, number] = reader.array().ok()?;
        let quorum = Quorum::new(Threshold(threshold), usize::from(shares)).ok()?;
        if format != FORMAT || number == 0 || number > shares {
            return None;
        }
        let id = reader.array().ok()?;
        let owner = StandardPrincipal::new(reader.u8().ok()?, reader.array().ok()?)?;
        let commitment = reader.array().ok()?;
        let values = Values::new(Zeroizing::new(reader.array().ok()?));
        Some(Self { set: Set { id, quorum, owner, commitment }, number, values })
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Share(..)")
    }
}

/// Splits the words of `owner` into the shares of a new set, numbered from 1.
pub fn split(
    words: &Words,
    owner: &StandardPrincipal,
    quorum: Quorum,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<Share> {
    let entropy = words.to_entropy();
    let id = *secret::random(rng);
    let commitment = Set::commitment(&id, quorum, owner, &entropy);
    let set = Set { id, quorum, owner: *owner, commitment };
    blahaj::Sharks(quorum.threshold)
        .dealer_rng(entropy.as_slice(), &mut &mut *rng)
        .zip(1..=quorum.shares)
        .map(|(share, number)| {
            let mut values = Zeroizing::new([0; 32]);
            values.iter_mut().zip(&share.y).for_each(|(slot, value)| *slot = value.0);
            Share { set, number, values: Values::new(values) }
        })
        .collect()
}

/// The words that these shares give back.
///
/// # Errors
///
/// [`JoinError`]: checks in this order for a share of another set, one that disagrees, one given
/// twice, too few, and values that do not give what the set commits to. Never returns wrong words.
pub fn join(shares: &[Share]) -> Result<Words, JoinError> {
    let set = shares.first().ok_or(JoinError::None)?.set;
    let mut seen = 0_u32;
    for Share { set: own, number, .. } in shares {
        let (number, bit) = (*number, 1 << number);
        if own.id != set.id {
            return Err(JoinError::OtherSet { number });
        }
        if *own != set {
            return Err(JoinError::Disagrees { number });
        }
        if seen & bit != 0 {
            return Err(JoinError::Twice { number });
        }
        seen |= bit;
    }
    let needed = set.quorum.threshold;
    if shares.len() < usize::from(needed) {
        return Err(JoinError::TooFew { needed, found: shares.len() });
    }
    let points = shares.iter().map(point).collect::<Option<Vec<_>>>().ok_or(JoinError::Altered)?;
    let joined = blahaj::Sharks(needed).recover(&points).map_err(|_| JoinError::Altered)?;
    let joined = Zeroizing::new(joined);
    let mut entropy = Zeroizing::new([0; 32]);
    entropy.copy_from_slice(joined.get(..32).ok_or(JoinError::Altered)?);
    let commitment = Set::commitment(&set.id, set.quorum, &set.owner, &entropy);
    if bool::from(commitment.ct_eq(&set.commitment)) {
        Ok(Words::from_entropy(&entropy))
    } else {
        Err(JoinError::Altered)
    }
}

/// A share as the library takes it: number, then values.
fn point(share: &Share) -> Option<blahaj::Share> {
    let mut bytes = Zeroizing::new([0; 33]);
    bytes[0] = share.number;
    bytes[1..].copy_from_slice(share.values.expose());
    blahaj::Share::try_from(bytes.as_slice()).ok()
}

#[cfg(test)]
mod tests;
