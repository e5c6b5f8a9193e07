//! A cache of parsed identifiers. Clients send the same addresses again and again, and parsing one (with the
//! check that its spelling is canonical) costs more than many answers do.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Maximum number of cached identifiers. A full cache is cleared.
const CAPACITY: usize = 1_024;

/// Identifiers that were parsed successfully, by their text.
#[derive(Debug)]
pub(super) struct ParseCache<T>(Mutex<HashMap<String, T>>);

impl<T> Default for ParseCache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> ParseCache<T> {
    /// Returns the identifier for a text. Calls `parse` when it is not cached. Failures are not cached.
    pub(super) fn get_or_parse<E>(
        &self,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(cached) = self.cached().get(text) {
            return Ok(cached.clone());
        }
        let parsed = parse(text)?;
        let mut cached = self.cached();
        if cached.len() >= CAPACITY {
            cached.clear();
        }
        cached.insert(text.to_owned(), parsed.clone());
        Ok(parsed)
    }

    fn cached(&self) -> MutexGuard<'_, HashMap<String, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn identifiers_are_parsed_once_and_wrong_ones_each_time_and_the_cache_is_bounded() {
        let cache = ParseCache::default();
        let never = |_: &str| -> Result<u64, ()> { Err(()) };
        assert_eq!(cache.get_or_parse("7", never), Err(()));
        assert_eq!(cache.get_or_parse("7", |text| text.parse()), Ok(7));
        assert_eq!(cache.get_or_parse("7", never), Ok(7));
        for number in 0..3 * CAPACITY as u64 {
            assert_eq!(cache.get_or_parse(&number.to_string(), |text| text.parse()), Ok(number));
            assert!(cache.cached().len() <= CAPACITY);
        }
        assert_eq!(cache.get_or_parse("7", never), Err(()), "cleared with the others");
    }
}
