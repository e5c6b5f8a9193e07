//! Browsers that came in with a link before, and come in again by a key of their own, also after the portal was started anew.
//!
//! The browser makes the key (ECDSA on P-256, Web Cryptography) once somebody opened a profile in it, and keeps it for this
//! address and port alone; no script can read its secret half. The home keeps the public half, with an end. To come in, the
//! browser signs a challenge that lets in once. A key opens no profile: the passphrase is asked for as ever.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mrms_home::HomeFolder;
use serde::{Deserialize, Serialize};

use super::challenges::{Challenges, NoRandom};
use super::kept::{KeptList, NotKept};

/// How long a browser that does not come is known, in seconds.
const LASTS: u64 = 90 * 86_400;
/// How many are known; a further one replaces the one that came least lately.
const MOST: usize = 8;
const NAME: &str = "portal-browsers.json";
/// An uncompressed point of P-256 (SEC 1).
const KEY_LENGTH: usize = 65;

/// A browser's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BrowserKey([u8; KEY_LENGTH]);

impl BrowserKey {
    /// The key in this text (base64url); `None` where it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok().filter(|bytes: &[u8; KEY_LENGTH]| bytes[0] == 4)?))
    }

    fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Whether its owner signed this challenge for this origin.
    fn has_signed(&self, origin: &str, challenge: &str, signature: &str) -> bool {
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        let text = format!("mrms portal\n{origin}\n{challenge}");
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0);
        key.verify(text.as_bytes(), &signature).is_ok()
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    key: String,
    /// Where the browser gave it, and where alone it comes in by it.
    #[serde(default)]
    origin: String,
    /// Unix time, in seconds.
    until: u64,
}

/// What a browser answers to a challenge.
#[derive(Deserialize)]
pub(crate) struct Answer {
    challenge: String,
    key: String,
    signature: String,
}

/// The browsers that a home knows.
#[derive(Debug)]
pub(crate) struct Browsers {
    list: KeptList,
    challenges: Challenges,
}

impl Browsers {
    pub(crate) fn of(home: &HomeFolder) -> Self {
        Self { list: KeptList::at(home.root().join(NAME)), challenges: Challenges::default() }
    }

    fn change<T>(&self, now: u64, change: impl FnOnce(&mut Vec<Kept>) -> T) -> Result<T, NotKept> {
        self.list.change(|all: &mut Vec<Kept>| {
            all.retain(|one| (now..=now.saturating_add(LASTS)).contains(&one.until));
            change(all)
        })
    }

    /// How many are known.
    pub(crate) fn count(&self, now: u64) -> Result<usize, NotKept> {
        let all: Vec<Kept> = self.list.all()?;
        Ok(all.iter().filter(|one| one.until >= now).count())
    }

    /// Knows a browser from now on, at this origin.
    pub(crate) fn keep(&self, key: &BrowserKey, origin: &str, now: u64) -> Result<(), NotKept> {
        let (key, origin) = (key.to_text(), origin.to_owned());
        self.change(now, |all| {
            all.retain(|one| one.key != key);
            all.push(Kept { key, origin, until: now.saturating_add(LASTS) });
            let oldest = all.len().saturating_sub(MOST);
            all.drain(..oldest);
        })
    }

    /// Knows none any more.
    pub(crate) fn forget_all(&self, now: u64) -> Result<(), NotKept> {
        self.change(now, Vec::clear)
    }

    /// A challenge for a browser, in seconds since this machine started.
    pub(crate) fn challenge(&self, now: u64) -> Result<String, NoRandom> {
        self.challenges.give(now)
    }

    /// Whether a browser that is known answered a challenge at this origin. It is known for longer then, and the challenge is
    /// used. Whoever is not known writes nothing.
    pub(crate) fn lets_in(
        &self,
        answer: &Answer,
        origin: &str,
        (since_boot, now): (u64, u64),
    ) -> Result<bool, NotKept> {
        let Some(fresh) = self.challenges.fresh(&answer.challenge, since_boot) else {
            return Ok(false);
        };
        let Some(key) = BrowserKey::parse(&answer.key) else { return Ok(false) };
        let text = key.to_text();
        let is_it = |one: &Kept| one.key == text && one.origin == origin;
        let all: Vec<Kept> = self.list.all()?;
        if !all.iter().any(is_it)
            || !key.has_signed(origin, &answer.challenge, &answer.signature)
            || !self.challenges.uses(fresh, since_boot)
        {
            return Ok(false);
        }
        self.change(now, |all| {
            let Some(at) = all.iter().position(is_it) else { return false };
            // The one that came last stands last.
            let mut known = all.remove(at);
            known.until = now.saturating_add(LASTS);
            all.push(known);
            true
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;

    const HERE: &str = "http://127.0.0.1:20445";
    const NOW: (u64, u64) = (10, 1_780_000_000);

    struct Browser(EcdsaKeyPair);

    impl Browser {
        fn new() -> Self {
            Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
        }

        fn key(&self) -> BrowserKey {
            BrowserKey::parse(&URL_SAFE_NO_PAD.encode(self.0.public_key())).unwrap()
        }

        fn answer(&self, challenge: &str, origin: &str) -> Answer {
            let text = format!("mrms portal\n{origin}\n{challenge}");
            let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
            Answer {
                challenge: challenge.to_owned(),
                key: self.key().to_text(),
                signature: URL_SAFE_NO_PAD.encode(signature),
            }
        }
    }

    fn browsers() -> (tempfile::TempDir, Browsers) {
        let folder = tempfile::tempdir().unwrap();
        let list = KeptList::at(folder.path().join(NAME));
        (folder, Browsers { list, challenges: Challenges::default() })
    }

    fn challenge(browsers: &Browsers) -> String {
        browsers.challenge(NOW.0).unwrap()
    }

    #[test]
    fn known_browser_comes_in_by_its_own_fresh_answer_alone() {
        let (_folder, browsers) = browsers();
        let (own, other) = (Browser::new(), Browser::new());
        let lets_in = |answer: &Answer| browsers.lets_in(answer, HERE, NOW).unwrap();
        assert!(!lets_in(&own.answer(&challenge(&browsers), HERE)), "it is not known yet");
        browsers.keep(&own.key(), HERE, NOW.1).unwrap();
        assert!(!lets_in(&other.answer(&challenge(&browsers), HERE)), "another key");
        let forged =
            Answer { key: own.key().to_text(), ..other.answer(&challenge(&browsers), HERE) };
        assert!(!lets_in(&forged), "its key, and another's signature");
        let elsewhere = own.answer(&challenge(&browsers), "http://127.0.0.1:9999");
        assert!(!lets_in(&elsewhere), "signed for another port");
        let there = "http://localhost:20445";
        let answer = own.answer(&challenge(&browsers), there);
        assert!(!browsers.lets_in(&answer, there, NOW).unwrap(), "a key of another origin");
        assert!(!lets_in(&own.answer("0000", HERE)), "a challenge that nobody gave");
        let answer = own.answer(&challenge(&browsers), HERE);
        assert!(lets_in(&answer));
        assert!(!lets_in(&answer), "a second time");
        let late = own.answer(&challenge(&browsers), HERE);
        let then = (NOW.0 + 120, NOW.1);
        assert!(!browsers.lets_in(&late, HERE, then).unwrap(), "too late");
    }

    #[test]
    fn strangers_keep_no_known_browser_out_and_write_nothing() {
        let (folder, browsers) = browsers();
        let own = Browser::new();
        browsers.keep(&own.key(), HERE, NOW.1).unwrap();
        let path = folder.path().join(NAME);
        let written = std::fs::read(&path).unwrap();
        let mine = challenge(&browsers);
        for _ in 0..200 {
            let stranger = Browser::new().answer(&challenge(&browsers), HERE);
            assert!(!browsers.lets_in(&stranger, HERE, (NOW.0, NOW.1 + 1)).unwrap());
        }
        // Somebody who reads the challenge off the page, and knows the key, which is public, still lacks the signature.
        let forged = Answer { key: own.key().to_text(), ..Browser::new().answer(&mine, HERE) };
        assert!(!browsers.lets_in(&forged, HERE, NOW).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), written);
        assert!(browsers.lets_in(&own.answer(&mine, HERE), HERE, NOW).unwrap());
    }

    #[test]
    fn browser_is_known_until_its_end_or_until_all_are_forgotten() {
        let (folder, browsers) = browsers();
        let own = Browser::new();
        browsers.keep(&own.key(), HERE, NOW.1).unwrap();
        let at = |now| {
            let answer = own.answer(&challenge(&browsers), HERE);
            browsers.lets_in(&answer, HERE, (NOW.0, now)).unwrap()
        };
        assert!(at(NOW.1 + LASTS));
        assert!(at(NOW.1 + 2 * LASTS), "each time it comes it is known for longer");
        assert_eq!(browsers.count(NOW.1 + 2 * LASTS).unwrap(), 1);
        assert!(!at(NOW.1 + 3 * LASTS + 1));
        assert_eq!(browsers.count(NOW.1 + 3 * LASTS + 1).unwrap(), 0);
        browsers.keep(&own.key(), HERE, NOW.1).unwrap();
        browsers.forget_all(NOW.1).unwrap();
        assert!(!at(NOW.1));
        std::fs::write(folder.path().join(NAME), b"{").unwrap();
        assert!(!at(NOW.1), "a damaged file");
        for _ in 0..MOST + 4 {
            browsers.keep(&Browser::new().key(), HERE, NOW.1).unwrap();
        }
        assert_eq!(browsers.count(NOW.1).unwrap(), MOST);
    }

    #[test]
    fn only_a_point_is_a_key() {
        let point = URL_SAFE_NO_PAD.encode([4; KEY_LENGTH]);
        assert!(BrowserKey::parse(&point).is_some());
        for other in ["", "AAAA", &URL_SAFE_NO_PAD.encode([2; 33]), &format!("{point}A")] {
            assert_eq!(BrowserKey::parse(other), None, "{other}");
        }
    }
}
