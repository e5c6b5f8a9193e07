//! Whether what the portal works with is as it should be: ledger, vaults and clock, each as a key of the catalogues. What
//! is to be done about it, `mrms doctor` tells.

use std::time::Duration;

use mrms_home::clock::now;

use crate::work::Work;

/// The machine's clock may be behind the ledger's by this many seconds.
const CLOCK_TOLERANCE: u64 = 60;
/// How long it counts, so that no page waits for vaults that are away.
pub(crate) const FRESH: Duration = Duration::from_secs(300);

/// One thing that the portal works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// What it is, as a key.
    pub(crate) name: &'static str,
    /// Where it is.
    pub(crate) place: String,
    /// What is wrong with it, as a key.
    pub(crate) trouble: Option<&'static str>,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) parts: Vec<Part>,
}

impl Health {
    /// Asks ledger and vaults.
    pub(crate) fn of(work: &Work) -> Self {
        let session = work.session();
        // An address says something to a person; what this program calls its own ledger does not.
        let place = |place: &str| if place.starts_with("http") { place } else { "" }.to_owned();
        let part = |name, at: &str, trouble| Part { name, place: place(at), trouble };
        let tip = session.ledger.tip();
        let ledger = match &tip {
            _ if work.open.withheld().is_some() => Some("state-withheld"),
            _ if work.open.ledger_break().is_some() => Some("state-broken"),
            Err(_) => Some("state-away"),
            Ok(_) => None,
        };
        let mut parts = vec![part("state-ledger", session.ledger.name(), ledger)];
        for (name, card) in session.vault_cards() {
            let trouble = card.err().map(|error| match error.is_unreachable() {
                true => "state-away",
                false => "state-other-vault",
            });
            parts.push(part("state-vault", name, trouble));
        }
        if let Ok(tip) = tip {
            let is_behind = tip.time.seconds() > now().seconds() + CLOCK_TOLERANCE;
            parts.push(part("state-clock", "", is_behind.then_some("state-clock-behind")));
        }
        Self { parts }
    }

    /// The same with what else there is.
    pub(crate) fn and(mut self, more: Vec<Part>) -> Self {
        self.parts.extend(more);
        self
    }

    /// What is wrong.
    pub(crate) fn troubles(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.trouble.is_some())
    }
}
