//! Slows down tries of passphrases: each wrong one makes the next wait longer.

use std::sync::{Mutex, PoisonError};

/// Wrong tries that cost nothing.
const FREE: u32 = 3;
/// The longest wait, in seconds.
const LONGEST: u64 = 300;

/// How many tries went wrong, and until when the next one must wait.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<(u32, u64)>);

impl Tries {
    /// How many seconds the next try must wait from `now`, in seconds since this machine started.
    pub(crate) fn wait(&self, now: u64) -> u64 {
        let (_, until) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.saturating_sub(now)
    }

    /// Notes a wrong try.
    pub(crate) fn wrong(&self, now: u64) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = state.0.saturating_add(1);
        let over = state.0.saturating_sub(FREE);
        if over > 0 {
            let wait = 1_u64.checked_shl(over).unwrap_or(LONGEST).min(LONGEST);
            state.1 = now.saturating_add(wait);
        }
    }

    /// Notes a right one.
    pub(crate) fn right(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_tries_wait_longer_and_longer() {
        let tries = Tries::default();
        let mut waits = Vec::new();
        for _ in 0..14 {
            tries.wrong(1_000);
            waits.push(tries.wait(1_000));
        }
        assert_eq!(waits, [0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(tries.wait(1_300), 0);
        tries.right();
        assert_eq!(tries.wait(1_000), 0);
    }
}
