//! What `mrms doctor` says of the home folder: permissions, the profile, its keystore and key agent.

use std::path::Path;

use mrms_home::mending::{Flaw, unreadable};

use super::{Finding, fine, mend, trouble};
use crate::config::Settings;
use crate::ui::amounts::counted;
use crate::ui::failure::Failure;
use crate::ui::reasons::cannot;
use crate::ui::reasons::profile::without;

pub(super) fn home(settings: &Settings) -> Finding {
    let root = settings.home.folder().root();
    match others_can_read(root) {
        Ok(false) => fine("home", format!("{} is private", root.display())),
        Ok(true) => Finding {
            what: "home",
            outcome: Err((
                format!("{} can be read by others", root.display()),
                format!("chmod 700 {}", quoted(root)),
            )),
        },
        Err(error) => trouble("home", cannot("read", root, &error)),
    }
}

/// What protects the files where nothing is wrong: each of them itself, or the folder around them.
fn files_words(open: usize) -> String {
    match open {
        0 => "each is private, and nothing was left behind".to_owned(),
        open => format!(
            "nobody else comes into the home folder; {} in it {} open by {} own permissions: a copy elsewhere would not be private",
            counted(open as u64, "file or folder", "files and folders"),
            if open == 1 { "is" } else { "are" },
            if open == 1 { "its" } else { "their" },
        ),
    }
}

/// Permissions, owners, and what was left behind: what `--fix` mends.
pub(super) fn files(settings: &Settings) -> Result<Finding, Failure> {
    let root = settings.home.folder().root();
    let mut flaws = mend::found(settings)?;
    // The folder itself has a finding of its own. Into a private one nobody else comes.
    let is_private =
        !flaws.iter().any(|flaw| matches!(flaw, Flaw::Open { path, .. } if path == root));
    let behind = flaws.iter().filter(
        |flaw| matches!(flaw, Flaw::Open { path, .. } if path != root && path.starts_with(root)),
    );
    let behind = behind.count();
    flaws.retain(|flaw| match flaw {
        // The outbox and the profile's memory have findings of their own.
        Flaw::Unreadable { .. } | Flaw::Damaged { .. } => false,
        Flaw::Open { path, .. } => path != root && !(is_private && path.starts_with(root)),
        _ => true,
    });
    Ok(match flaws.as_slice() {
        [] => fine("files", files_words(if is_private { behind } else { 0 })),
        [first, rest @ ..] => {
            let more = match rest.len() {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            Finding {
                what: "files",
                outcome: Err((
                    format!("{first}{more}"),
                    "mrms doctor --fix mends it, and tells each; with --dry-run it only tells"
                        .to_owned(),
                )),
            }
        }
    })
}

/// What the profile sent and can't be read any more; `None` where all of it can be.
pub(super) fn outbox(settings: &Settings) -> Option<Finding> {
    let unreadable = unreadable(&settings.home.folder().profile(settings.home.profile()));
    let first = unreadable.first()?;
    let more = match unreadable.len() - 1 {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Some(Finding {
        what: "outbox",
        outcome: Err((
            format!("{first}{more}"),
            "mrms doctor --fix moves it aside. Whether a block has what it was to do, mrms list, mrms shared and mrms audit show: repeat what is missing".to_owned(),
        )),
    })
}

/// What the profile remembers and is damaged; `None` where nothing is.
pub(super) fn memory(settings: &Settings) -> Option<Finding> {
    let damaged = mend::memory(settings);
    let first = damaged.first()?;
    let more = damaged.iter().skip(1).map(|one| format!("; {}", one.path().display()));
    let without = without(first.path());
    Some(Finding {
        what: "memory",
        outcome: Err((
            format!("{first}{}", more.collect::<String>()),
            format!("mrms doctor --fix moves it aside. Before that: {without}"),
        )),
    })
}

/// A home without the profile that acts: fine if it serves a ledger or a vault, and names no profile.
pub(super) fn no_profile(settings: &Settings) -> Result<Finding, Failure> {
    let (folder, name) = (settings.home.folder(), settings.home.profile());
    let others = folder.profiles()?;
    if !others.is_empty() {
        return Ok(match folder.card(name) {
            Ok(_) => fine("profile", format!("{name} is here")),
            Err(error) => trouble("profile", error.into()),
        });
    }
    Ok(match folder.serves().as_slice() {
        [] => trouble("profile", folder.is_missing().into()),
        serves => {
            fine("profile", format!("nobody has one here: the home has {}", serves.join(" and ")))
        }
    })
}

pub(super) fn keystore(settings: &Settings) -> Finding {
    let path = settings.home.folder().keystore(settings.home.profile());
    match others_can_read(&path) {
        Ok(false) => match settings.home.look_at_keystore() {
            Ok(()) => fine("keystore", format!("{} is private", path.display())),
            Err(error) => trouble("keystore", error.into()),
        },
        Ok(true) => Finding {
            what: "keystore",
            outcome: Err((
                format!("{} can be read by others", path.display()),
                format!("chmod 600 {}", quoted(&path)),
            )),
        },
        Err(error) => trouble("keystore", cannot("read", &path, &error)),
    }
}

/// A path as a shell takes it in one piece.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "/._-+@%".contains(one);
    match text.chars().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_can_read(path: &Path) -> std::io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
}

pub(super) fn agent_state(settings: &Settings) -> Finding {
    let text = if settings.agent.is_running() {
        "holds the profile unlocked; mrms key lock ends it"
    } else {
        "not running: commands ask for the passphrase"
    };
    fine("key agent", text.to_owned())
}
