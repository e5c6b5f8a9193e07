//! Names that clients give over and over, read once: spelling an address out and comparing it costs more than
//! many an answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most names kept; when there are more, all are read again.
const KEPT: usize = 1_024;

/// Names that were found to be right, by their text.
#[derive(Debug)]
pub(super) struct Known<T>(Mutex<HashMap<String, T>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Known<T> {
    /// The name of this text, read with `parse` where it is not known.
    pub(super) fn read<E>(
        &self,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(known) = self.names().get(text) {
            return Ok(known.clone());
        }
        let name = parse(text)?;
        let mut names = self.names();
        if names.len() >= KEPT {
            names.clear();
        }
        names.insert(text.to_owned(), name.clone());
        Ok(name)
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_read_once_wrong_ones_each_time_and_never_more_than_so_many_are_kept() {
        let known = Known::default();
        let never = |_: &str| -> Result<u64, ()> { Err(()) };
        assert_eq!(known.read("7", never), Err(()));
        assert_eq!(known.read("7", |text| text.parse()), Ok(7));
        assert_eq!(known.read("7", never), Ok(7));
        for number in 0..3 * KEPT as u64 {
            assert_eq!(known.read(&number.to_string(), |text| text.parse()), Ok(number));
            assert!(known.names().len() <= KEPT);
        }
        assert_eq!(known.read("7", never), Err(()), "given up with the others");
    }
}
