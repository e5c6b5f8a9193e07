//! What `mrms doctor` says of invitations: the one that was taken, and the one that is shown.

use mrms_home::clock::now;
use mrms_home::joining::{Kept, published};

use super::{Finding, fine, trouble};
use crate::commands::joining::earlier_records;
use crate::config::Settings;
use crate::ui::times;

/// Whom this home joined, and whether they published anything newer.
pub(super) fn joined(settings: &Settings) -> Option<Finding> {
    let kept = match Kept::load(settings.home.folder()) {
        Ok(kept) => kept?,
        Err(error) => return Some(trouble("joined", error.into())),
    };
    let taken = match kept.taken() {
        Ok(taken) => taken,
        Err(error) => return Some(trouble("joined", error.into())),
    };
    let name = taken.document().card().name.to_string();
    Some(match kept.newer {
        None => fine("joined", format!("“{name}”")),
        Some(_) => Finding {
            what: "joined",
            outcome: Err((
                format!("“{name}” has published a newer invitation"),
                "mrms join --update shows it, and takes it".to_owned(),
            )),
        },
    })
}

/// Records that stayed on this home's own ledger when it joined somebody.
pub(super) fn earlier(settings: &Settings) -> Option<Finding> {
    Some(fine("earlier", earlier_records(settings)?))
}

/// The invitation that node and vault show to everybody.
pub(super) fn shown_invitation(settings: &Settings) -> Option<Finding> {
    let shown = match published::published(settings.home.folder()) {
        Ok(shown) => shown?,
        Err(error) => return Some(trouble("invitation", error.into())),
    };
    let invitation = shown.document();
    let until = times::local(invitation.valid_until);
    Some(match invitation.has_expired(now()) {
        false => fine("invitation", format!("shown at {} until {until}", invitation.node)),
        true => Finding {
            what: "invitation",
            outcome: Err((
                format!("the one that node and vault show could be taken until {until}"),
                "mrms invite --publish --for 365d makes another".to_owned(),
            )),
        },
    })
}
