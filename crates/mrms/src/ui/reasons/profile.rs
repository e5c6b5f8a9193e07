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
            ProfileError::Damaged { ref path, .. } => Self::new(Exit::Integrity, "profile-damaged", message)
                .hint(without(path)),
            _ => Self::new(Exit::Failed, "failed", message),
        }
    }
}

/// What it means to go on without a damaged file of a profile.
fn without(path: &std::path::Path) -> &'static str {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("links.sealed") => {
            "bring it back from a backup: nothing else has your links' keys and codes. Without it you can still end a link: mrms shared names it, mrms stop ends it"
        }
        Some("people.sealed") => {
            "bring it back from a backup: it has your people, their cards and the names you gave them. Moved away, you begin with none"
        }
        Some("staff.sealed") => {
            "bring it back from a backup: it has the keys of your organisation's staff. A member can move it away and join again with mrms staff join"
        }
        Some("granted.json") => {
            "move the named file away: you are asked about each reader once more"
        }
        _ => "move the named file away: what it has is made again, or asked for again",
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
