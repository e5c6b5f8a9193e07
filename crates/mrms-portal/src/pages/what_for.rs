//! What openings were for: readers say it to the patient through the vaults, sealed. Pages that show openings ask the
//! vaults for what is not known yet, and wait a moment for them.

use std::time::Duration;

use mrms_core::RecordId;
use mrms_home::clock::rng;

use crate::error::refused;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::with_home;

/// So long a page waits for the vaults. What comes later, the next page shows.
const WAIT: Duration = Duration::from_millis(500);

/// Asks the vaults what these openings were for. Returns whether they answered, so that the page is to be read again.
pub(crate) async fn ask(portal: &Portal, view: &View, openings: &[(RecordId, u64)]) -> bool {
    let memory = view.person.memory.clone();
    let records = memory.ask_what_for(openings);
    if records.is_empty() {
        return false;
    }
    let (homes, person) = (portal.homes.clone(), view.person.clone());
    let asking = tokio::spawn(async move {
        let of = records.clone();
        let asked = with_home(&homes, person, move |work| {
            work.session().read_vault_logs(&work.actor, &of, &mut rng()).map_err(refused)
        });
        // A page comes without what a vault does not tell.
        if !matches!(asked.await, Ok(true)) {
            memory.not_asked_what_for(&records);
        }
    });
    tokio::time::timeout(WAIT, asking).await.is_ok()
}
