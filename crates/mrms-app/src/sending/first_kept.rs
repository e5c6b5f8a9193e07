//! What the outbox keeps of an operation that goes before others: whose places it took, and where it goes next if they
//! were faster.
//!
//! All of it is signed and kept before the first byte is sent. So whatever interrupts the command, a later one goes on
//! without the person and without a key.

use serde::{Deserialize, Serialize};

use crate::sending::outbox::Operation;

/// What is kept beside the transactions of an operation that goes before others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoesFirst {
    /// How many of its transactions are its own. Those behind them do nothing: they stand in the places of others.
    pub own: usize,
    /// The same, signed for later nonces, in hexadecimal and in the order of their first nonces. One of them is sent only
    /// when another transaction came first at the place before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Vec<String>>,
    /// The operations whose places it took.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub displaced: Vec<Displaced>,
}

/// An operation whose place was taken. It comes no more, unless it was faster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Displaced {
    /// What it was to do.
    pub description: String,
    /// Its transactions as they were sent, in hexadecimal.
    pub transactions: Vec<String>,
    /// Those with the same nonces that it had replaced itself, in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
    /// Whether it could give back what the other operation ends: if it was faster, that one must come behind it.
    pub gives_back: bool,
}

impl Operation {
    /// Whether it stands in the place of this signed transaction, in hexadecimal.
    fn took_place_of(&self, transaction: &String) -> bool {
        let displaced = self.first.iter().flat_map(|first| &first.displaced);
        self.replaced.contains(transaction)
            || displaced
                .flat_map(|one| one.transactions.iter().chain(&one.replaced))
                .any(|one| one == transaction)
    }

    /// Whether it stands in the place of all these: a crash came after it was kept and before they were removed.
    pub(in crate::sending) fn supersedes(&self, transactions: &[String]) -> bool {
        !transactions.is_empty() && transactions.iter().all(|one| self.took_place_of(one))
    }
}
