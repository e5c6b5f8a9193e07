//! Errors of a profile's memory, and of news.

use mrms_app::audit::news::NewsError;

use super::home::cannot;
use crate::ui::failure::{Exit, Failure, chain};

impl From<mrms_app::profile::ProfileError> for Failure {
    fn from(error: mrms_app::profile::ProfileError) -> Self {
        use mrms_app::profile::ProfileError;
        let message = chain(&error);
        match error {
            ProfileError::Io { ref path, ref source, action } => cannot(action, path, source),
            ProfileError::Busy | ProfileError::BusyOpening { .. } => Self::new(Exit::Unreachable, "profile-busy", message)
                .hint("wait for it to end, and repeat the command"),
            ProfileError::Earlier { .. } => Self::new(Exit::Integrity, "profile-earlier", message)
                .hint("put the newest copy of the profile's whole folder back; or move the named file away, and you are asked about each reader once more. Somebody who can write into this folder may have put it there"),
            ProfileError::Gone { .. } => Self::new(Exit::Integrity, "profile-damaged", message)
                .hint("bring it back from a backup: without it only what the ledger shows, and what you name, can be ended"),
            ProfileError::Damaged { ref path, .. } => Self::new(Exit::Integrity, "profile-damaged", message)
                .hint(without(path)),
            _ => Self::new(Exit::Failed, "failed", message),
        }
    }
}

/// What it means to go on without a damaged file of a profile.
pub(crate) fn without(path: &std::path::Path) -> &'static str {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("links.sealed") => {
            "bring it back from a backup: nothing else has your links' keys and codes. Without it you can still end a link: mrms shared names it, mrms stop ends it. mrms doctor --fix moves it aside"
        }
        Some("people.sealed") => {
            "bring it back from a backup: it has your people, their cards and the names you gave them. mrms doctor --fix moves it aside, and you begin with none"
        }
        Some("staff.sealed") => {
            "bring it back from a backup: it has the keys of your organisation's staff. A member can move it aside with mrms doctor --fix, and join again with mrms staff join"
        }
        Some("granted.json") => {
            "mrms doctor --fix moves it aside: you are asked about each reader once more"
        }
        Some("vault-logs.json") => {
            "mrms doctor --fix moves it aside: until then nobody notices that a vault's log lacks what was read of it before"
        }
        Some("unerased.json") => {
            "mrms doctor --fix moves it aside: then repeat mrms erase for what vaults did not erase"
        }
        _ => "mrms doctor --fix moves it aside: what it has is made again, or asked for again",
    }
}

impl From<NewsError> for Failure {
    fn from(error: NewsError) -> Self {
        match error {
            NewsError::Ask(error) => error.into(),
            NewsError::Profile(error) => error.into(),
            error => Self::new(Exit::Failed, "failed", chain(&error)),
        }
    }
}
