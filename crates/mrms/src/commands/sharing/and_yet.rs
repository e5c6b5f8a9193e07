//! What somebody can open by other ways than the one that a command has ended: nobody must read that it is over while it is not.

use mrms_app::sharing::not_shown::What;
use mrms_app::{Actor, Session};
use mrms_core::Principal;

use super::unasked::given;
use crate::ui::columns::wrap;

/// The ways that are left, as a sentence that says how to end them; nothing where there are none.
pub(super) fn sentence(
    session: &Session<'_>,
    actor: &Actor,
    user: &Principal,
    who: &str,
) -> Option<String> {
    let mut ways: Vec<_> =
        session.of_no_record(actor, user).into_iter().map(|what| given(what).to_owned()).collect();
    // Where that can't be read, the person was told so.
    let elsewhere = session.given_elsewhere(actor, user).unwrap_or_default();
    ways.extend(
        elsewhere.into_iter().map(|contract| format!("something on the contract {contract}")),
    );
    (!ways.is_empty()).then(|| {
        let ways = ways.join("; ");
        wrap(
            &format!(
                "AND YET this goes on, which you gave {who}: {ways}. mrms stop ends all of it"
            ),
            2,
        )
    })
}

/// Whether somebody sees everything as a delegate.
pub(super) fn acts(session: &Session<'_>, actor: &Actor, user: &Principal) -> bool {
    session.of_no_record(actor, user).contains(&What::Delegation)
}
