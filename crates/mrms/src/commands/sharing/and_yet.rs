//! What somebody can open by other ways than the one that a command has ended: nobody must read that it is over while it is not.

use std::collections::BTreeSet;

use mrms_app::sharing::not_shown::What;
use mrms_app::{Actor, Session};
use mrms_core::Principal;

use super::unasked::given;
use crate::ui::columns::wrap;

/// The ways that are left to somebody.
pub(super) struct Left {
    what: Vec<What>,
    /// The other contracts on which they have something.
    elsewhere: BTreeSet<String>,
}

impl Left {
    pub(super) fn to(session: &Session<'_>, actor: &Actor, user: &Principal) -> Self {
        Self {
            what: session.of_no_record(actor, user),
            // Where that can't be read, the person was told so.
            elsewhere: session.given_elsewhere(actor, user).unwrap_or_default(),
        }
    }

    /// Whether they see everything as a delegate.
    pub(super) fn acts(&self) -> bool {
        self.what.contains(&What::Delegation)
    }

    /// A sentence that says how to end them; nothing where there are none.
    pub(super) fn sentence(&self, who: &str) -> Option<String> {
        let ways = self.what.iter().map(|what| given(*what).to_owned());
        let elsewhere = self.elsewhere.iter();
        let elsewhere = elsewhere.map(|contract| format!("something on the contract {contract}"));
        let ways: Vec<_> = ways.chain(elsewhere).collect();
        let said = format!(
            "AND YET this goes on, which you gave {who}: {}. mrms stop ends all of it",
            ways.join("; ")
        );
        (!ways.is_empty()).then(|| wrap(&said, 2))
    }
}
