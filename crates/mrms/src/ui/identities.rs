//! The identities with which a file is opened: those of the profile in use, or those in files.

use std::path::PathBuf;

use mrms_crypto::age_file::{Identity, parse_identities};
use zeroize::Zeroizing;

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::input;

/// The identities of the profile in use.
pub(crate) fn own_identities(settings: &Settings) -> Result<Vec<Identity>, Failure> {
    let actor = settings.home.unlock()?;
    let own = actor.identities();
    let own = own.map_err(|error| Failure::new(Exit::Failed, "no-key", chain(&error)))?;
    Ok(own.into_iter().map(Identity::from).collect())
}

/// The identities in these files.
pub(crate) fn read_identities(paths: &[PathBuf]) -> Result<Vec<Identity>, Failure> {
    let mut identities = Vec::new();
    for path in paths {
        let text = Zeroizing::new(input::read_text(path)?);
        identities.extend(parse_identities(&text).map_err(|error| {
            Failure::usage(format!("{}: {}", path.display(), chain(&error)))
                .hint("mrms key receive and age-keygen -pq write such a file")
        })?);
    }
    Ok(identities)
}
