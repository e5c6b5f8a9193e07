//! What `mrms doctor` says in the home of an index, which has no ledger, no contract and no profile.

use super::health;
use crate::config::Settings;

/// Whether this home is that of an index and of nothing else.
pub(super) fn is_alone(settings: &Settings) -> bool {
    let folder = settings.home.folder();
    let has_nobody = folder.profiles().is_ok_and(|names| names.is_empty());
    let names_ledger = settings.home.settings().ledger.is_some();
    has_nobody && !names_ledger && folder.serves() == ["an index"]
}

/// That it can work, or what is wrong and how to mend it.
pub(super) fn look(settings: &Settings) -> Result<String, (String, String)> {
    let Some(server) = settings.home.folder().index_server() else {
        let hint =
            "start mrms index, or its service mrms-index; its node repeats what it has to tell";
        return Err(("nobody serves this home's index".to_owned(), hint.to_owned()));
    };
    match health::ask(&server.url, settings) {
        Ok(()) => Ok(format!("{} can work", server.url)),
        Err(reason) => {
            let hint =
                "look at the log of mrms index, and that its node runs and names it as an observer";
            Err((reason, hint.to_owned()))
        }
    }
}
