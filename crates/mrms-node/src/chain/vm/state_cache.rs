//! A cache of state values that were read or written recently, so that not every block reads them from the
//! file.
//!
//! Only for the VM that makes all blocks: the cache learns changes from the blocks that this VM makes, not
//! from the file. When a block is discarded, the cache must be discarded with it.

use std::collections::HashMap;

use crate::chain::changes::Changes;

/// Maximum bytes of keys and values in each of the two halves.
const HALF_BYTES: usize = 4 * 1024 * 1024;

/// A value, or none when the state has no such key.
type CachedValue = Option<String>;

/// The cached values, in two halves that bound its size. When the young half is full it becomes the old half,
/// and the previous old half is dropped: everything in it that was not read since.
#[derive(Debug, Default)]
pub(crate) struct StateCache {
    young: HashMap<String, CachedValue>,
    young_bytes: usize,
    old: HashMap<String, CachedValue>,
}

impl StateCache {
    /// Looks a key up. The outer none means that the cache does not know; the inner none, that the state has
    /// no such key.
    pub(super) fn find(&mut self, key: &str) -> Option<CachedValue> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.keep(key, value.clone());
        Some(value)
    }

    pub(super) fn keep(&mut self, key: String, value: CachedValue) {
        self.young_bytes += key.len() + value.as_ref().map_or(0, String::len);
        self.young.insert(key, value);
        if self.young_bytes > HALF_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }

    /// Takes over the changes of a block. Removes older values, so that they are never found again.
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

    fn fill(cache: &mut StateCache, name: &str) {
        cache.keep(name.to_owned(), Some("0".repeat(HALF_BYTES)));
    }

    #[test]
    fn value_of_a_block_replaces_the_cached_one_in_either_half() {
        let mut cache = StateCache::default();
        assert_eq!(cache.find("a"), None);
        cache.keep("a".to_owned(), None);
        assert_eq!(cache.find("a"), Some(None));
        cache.learn(&changes("a", "1"));
        assert_eq!(cache.find("a"), Some(Some("1".to_owned())));
        fill(&mut cache, "large");
        cache.learn(&changes("a", "2"));
        assert_eq!(cache.find("a"), Some(Some("2".to_owned())));
        fill(&mut cache, "larger");
        assert_eq!(cache.find("a"), Some(Some("2".to_owned())));
    }

    #[test]
    fn unused_value_is_dropped_and_a_used_one_stays() {
        let mut cache = StateCache::default();
        cache.keep("idle".to_owned(), Some("1".to_owned()));
        cache.keep("busy".to_owned(), Some("1".to_owned()));
        for round in 0..3 {
            fill(&mut cache, &format!("large {round}"));
            assert!(cache.find("busy").is_some());
        }
        assert_eq!(cache.find("idle"), None);
        let bytes = |half: &HashMap<String, CachedValue>| -> usize {
            half.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, String::len)).sum()
        };
        assert!(bytes(&cache.young) + bytes(&cache.old) < 3 * HALF_BYTES);
    }
}
