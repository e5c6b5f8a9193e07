//! Which of one's own labels read like a number: what a number in the list is told apart from.
//!
//! Nearly no label does. So that a command that names a record by its number does not read the labels of all, those few are
//! kept by themselves in `number-labels.sealed`, with how much of the list was looked at for it. Derived, like the labels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use mrms_core::RecordId;
use mrms_crypto::RecordRoot;
use mrms_people::name::likeness;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::index::replace;
use super::labels::RecordLabel;
use crate::session::{Sending, Session};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "number-labels.sealed";

/// The labels of the records of one contract on one ledger that read like numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NumberLabels {
    contract: String,
    genesis: Option<String>,
    /// So many places of the list were looked at, from its beginning.
    pub(super) listed: usize,
    /// What is left of those labels when they are compared.
    pub(super) alike: BTreeSet<String>,
}

/// Whether a label could be taken for a number, by what is left of it when it is compared.
fn is_like_number(alike: &str) -> bool {
    static DIGITS: LazyLock<BTreeSet<char>> =
        LazyLock::new(|| likeness("0123456789").chars().collect());
    !alike.is_empty() && alike.chars().all(|one| DIGITS.contains(&one))
}

impl Session<'_> {
    /// What was kept for this contract on this ledger; nothing where there is none that can be used.
    pub(super) fn number_labels(&self, root: &RecordRoot) -> NumberLabels {
        let kept: NumberLabels = self.profile.load_sealed(root, NAME).unwrap_or_default();
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        match kept.contract == contract && kept.genesis == genesis {
            true => kept,
            false => NumberLabels { contract, genesis, ..NumberLabels::default() },
        }
    }

    /// Keeps which of these labels read like numbers; of `listed` places of the list where all of those were looked at.
    pub(super) fn keep_number_labels(
        &self,
        root: &RecordRoot,
        labels: &BTreeMap<RecordId, RecordLabel>,
        listed: Option<usize>,
        rng: &mut dyn CryptoRng,
    ) {
        let before = self.number_labels(root);
        let names = labels.values().filter_map(|label| label.name().map(likeness));
        let alike = names.filter(|name| is_like_number(name)).collect();
        let listed = listed.unwrap_or(before.listed);
        let now = NumberLabels { listed, alike, ..before.clone() };
        if now != before && self.sending == Sending::Send {
            replace(self, root, NAME, &now, rng);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_that_could_be_taken_for_a_number_is_kept() {
        for label in ["7", "12", " 1 2 ", "l", "I0", "\u{417}", "O"] {
            assert!(is_like_number(&likeness(label)), "{label}");
        }
        for label in ["", "X-ray", "7a", "2026-05", "#7", "Blood test 7"] {
            assert!(!is_like_number(&likeness(label)), "{label}");
        }
        // Whatever reads like a number of a list is among them.
        for number in (1..2_000_u32).chain([999_999_999]) {
            assert!(is_like_number(&likeness(&number.to_string())));
        }
    }
}
