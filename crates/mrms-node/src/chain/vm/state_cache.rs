//! Values of the state that were read or written lately, so that the file is not asked for the same one in
//! every block.
//!
//! Only for whoever makes every block itself: what a block has changed is learned from it and not from the
//! file. Whoever gives up a block that it made gives this up with it.

use std::collections::HashMap;

use super::state::Changes;

/// Most bytes of keys and values in one of the two halves.
const HALF_BYTES: usize = 4 * 1024 * 1024;

/// A value, or that there is none.
type Known = Option<String>;

/// What is known of the state. Bounded: when the younger half is full, what nobody asked for since the last
/// time goes.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    young: HashMap<String, Known>,
    young_bytes: usize,
    old: HashMap<String, Known>,
}

impl Recent {
    /// The value, or that there is none; nothing when it is not known.
    pub(super) fn find(&mut self, key: &str) -> Option<Known> {
        if let Some(known) = self.young.get(key) {
            return Some(known.clone());
        }
        let (key, known) = self.old.remove_entry(key)?;
        self.keep(key, known.clone());
        Some(known)
    }

    pub(super) fn keep(&mut self, key: String, known: Known) {
        self.young_bytes += key.len() + known.as_ref().map_or(0, String::len);
        self.young.insert(key, known);
        if self.young_bytes > HALF_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }

    /// Follows a block. An older value must not be found again.
    pub(super) fn learn(&mut self, changes: &Changes) {
        for (key, value) in &changes.values {
            self.old.remove(key);
            self.keep(key.clone(), Some(value.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn changes(key: &str, value: &str) -> Changes {
        let mut changes = Changes::default();
        changes.values.insert(key.to_owned(), value.to_owned());
        changes
    }

    fn fill(recent: &mut Recent, name: &str) {
        recent.keep(name.to_owned(), Some("0".repeat(HALF_BYTES)));
    }

    #[test]
    fn value_of_a_block_takes_the_place_of_what_was_known_in_either_half() {
        let mut recent = Recent::default();
        assert_eq!(recent.find("a"), None);
        recent.keep("a".to_owned(), None);
        assert_eq!(recent.find("a"), Some(None));
        recent.learn(&changes("a", "1"));
        assert_eq!(recent.find("a"), Some(Some("1".to_owned())));
        fill(&mut recent, "large");
        recent.learn(&changes("a", "2"));
        assert_eq!(recent.find("a"), Some(Some("2".to_owned())));
        fill(&mut recent, "larger");
        assert_eq!(recent.find("a"), Some(Some("2".to_owned())));
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten_and_what_somebody_does_stays() {
        let mut recent = Recent::default();
        recent.keep("idle".to_owned(), Some("1".to_owned()));
        recent.keep("busy".to_owned(), Some("1".to_owned()));
        for round in 0..3 {
            fill(&mut recent, &format!("large {round}"));
            assert!(recent.find("busy").is_some());
        }
        assert_eq!(recent.find("idle"), None);
        let bytes = |half: &HashMap<String, Known>| -> usize {
            half.iter().map(|(key, known)| key.len() + known.as_ref().map_or(0, String::len)).sum()
        };
        assert!(bytes(&recent.young) + bytes(&recent.old) < 3 * HALF_BYTES);
    }
}
