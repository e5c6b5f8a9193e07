//! Challenges that a browser signs to come in.
//!
//! A challenge is a number, the time at which it ends, and a tag over both (HMAC-SHA-256) by a key that this process drew. So
//! nothing is kept of those that were given, and whoever asks for many displaces nobody's. Only what let a browser in is kept,
//! until its time is over, so that it lets nobody in a second time.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use aws_lc_rs::rand::SystemRandom;

use super::secret::Secret;

/// How long a challenge can be answered, in seconds.
const LASTS: u64 = 120;
/// How many browsers can come in within that time. More do not: only known browsers count.
const MOST: usize = 64;

/// The challenges of this process.
#[derive(Default)]
pub(crate) struct Challenges(Mutex<State>);

#[derive(Default)]
struct State {
    key: Option<Key>,
    /// The numbers of those that let a browser in, and when they end.
    used: Vec<(String, u64)>,
}

impl fmt::Debug for Challenges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenges(..)")
    }
}

/// The system gives no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
pub(crate) struct NoRandom;

/// A challenge that this process gave and whose time is not over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fresh {
    number: String,
    until: u64,
}

impl Challenges {
    /// A challenge, in seconds since this machine started.
    pub(crate) fn give(&self, now: u64) -> Result<String, NoRandom> {
        let number = Secret::generate().map_err(|_| NoRandom)?;
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = match &mut state.key {
            Some(key) => key,
            none => {
                let key = Key::generate(HMAC_SHA256, &SystemRandom::new());
                none.insert(key.map_err(|_| NoRandom)?)
            }
        };
        let said = format!("{}.{}", number.expose(), now.saturating_add(LASTS));
        let tag = hex::encode(hmac::sign(key, said.as_bytes()));
        Ok(format!("{said}.{tag}"))
    }

    /// What is said of a challenge; `None` for one that this process did not give, or whose time is over.
    pub(crate) fn fresh(&self, challenge: &str, now: u64) -> Option<Fresh> {
        let (said, tag) = challenge.rsplit_once('.')?;
        let (number, until) = said.split_once('.')?;
        let tag = mrms_core::hexadecimal::decode(tag).ok()?;
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hmac::verify(state.key.as_ref()?, said.as_bytes(), &tag).ok()?;
        let until = until.parse().ok().filter(|until| *until > now)?;
        Some(Fresh { number: number.to_owned(), until })
    }

    /// Uses one for a browser that is known. Whether it was not used before.
    pub(crate) fn uses(&self, fresh: Fresh, now: u64) -> bool {
        let Fresh { number, until } = fresh;
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.used.retain(|(_, until)| *until > now);
        let is_used = state.used.iter().any(|(used, _)| *used == number);
        if is_used || state.used.len() >= MOST {
            return false;
        }
        state.used.push((number, until));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenge_is_used_once_within_its_time_and_by_the_process_that_gave_it() {
        let (challenges, other) = (Challenges::default(), Challenges::default());
        let one = challenges.give(10).unwrap();
        let fresh = |text: &str, now| challenges.fresh(text, now);
        assert!(other.fresh(&one, 10).is_none(), "it has given none");
        other.give(10).unwrap();
        assert!(other.fresh(&one, 10).is_none(), "another process");
        let first = fresh(&one, 10).unwrap();
        assert!(challenges.uses(first, 10));
        assert!(!challenges.uses(fresh(&one, 10).unwrap(), 10), "a second time");
        assert!(!challenges.uses(fresh(&one, 129).unwrap(), 129), "also at its end");
        let late = challenges.give(10).unwrap();
        assert!(fresh(&late, 129).is_some() && fresh(&late, 130).is_none());
        let (number, rest) = one.split_once('.').unwrap();
        let (until, tag) = rest.split_once('.').unwrap();
        let longer = format!("{number}.{}.{tag}", until.parse::<u64>().unwrap() + 1);
        let cut = format!("{number}.{until}.{}", &tag[..32]);
        for text in [longer, cut, number.to_owned(), format!("{number}.{until}."), "..".into()] {
            assert_eq!(fresh(&text, 10), None, "{text}");
        }
    }

    #[test]
    fn however_many_are_asked_for_none_is_displaced() {
        let challenges = Challenges::default();
        let own = challenges.give(10).unwrap();
        for _ in 0..1_000 {
            challenges.give(11).unwrap();
        }
        assert!(challenges.uses(challenges.fresh(&own, 12).unwrap(), 12));
        assert_eq!(format!("{challenges:?}"), "Challenges(..)");
    }

    #[test]
    fn used_ones_are_bounded_and_forgotten_when_their_time_is_over() {
        let challenges = Challenges::default();
        let enters = |now| {
            let one = challenges.give(now).unwrap();
            challenges.uses(challenges.fresh(&one, now).unwrap(), now)
        };
        assert!((0..MOST).all(|_| enters(10)));
        assert!(!enters(10), "nobody comes in as often");
        assert!(enters(10 + LASTS));
    }
}
