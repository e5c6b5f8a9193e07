//! What `mrms doctor` says of invitations: the one that was taken, what the account lacks with whom it joined, and the one that
//! is shown.

use mrms_home::OpenHome;
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

/// What the account of whoever joined lacks: money for fees, a published key. Nothing where it lacks nothing.
pub(super) fn lacking(home: &OpenHome, settings: &Settings) -> Vec<Finding> {
    let (Ok(Some(_)), Ok(account)) = (Kept::load(settings.home.folder()), settings.home.account())
    else {
        return Vec::new();
    };
    let lacking = match home.lacking(&account) {
        Ok(lacking) => lacking,
        Err(error) => return vec![trouble("account", error.into())],
    };
    let mut found = Vec::new();
    if let Some(balance) = lacking.money {
        found.push(Finding {
            what: "account",
            outcome: Err((
                format!("it has {balance}, too little for any fee, and no sponsor pays"),
                format!(
                    "ask whom you joined: where their own node runs, mrms node faucet {account} 1000000000 gives it some; elsewhere it takes STX that somebody sends"
                ),
            )),
        });
    }
    if lacking.key {
        let hint = match lacking.money {
            Some(_) => "it is published by itself once the account has money",
            None => "mrms key publish",
        };
        let text = "your key is not published: others cannot share with you yet";
        found.push(Finding { what: "own key", outcome: Err((text.to_owned(), hint.to_owned())) });
    }
    found
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
