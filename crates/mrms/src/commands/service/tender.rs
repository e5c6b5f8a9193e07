//! Tends the keys of this home's profile while a service runs: what others added reaches everybody who has a right to it,
//! without a command. Only while the profile is unlocked, and only after a new block.

use std::time::Duration;

use mrms_core::BlockHeight;
use tokio::task::JoinHandle;

use crate::commands::sharing::catch_up::{self, Rest};
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;

/// Begins to tend, until the handle is aborted. `every` is how long it waits between two looks.
pub(super) fn begin(settings: &Settings, every: Duration, output: Output) -> JoinHandle<()> {
    let settings = settings.as_profile(settings.home.profile().clone(), output);
    tokio::spawn(async move {
        let settings = std::sync::Arc::new(settings);
        let mut done = None;
        loop {
            tokio::time::sleep(every).await;
            let (settings, before) = (std::sync::Arc::clone(&settings), done);
            let looked = tokio::task::spawn_blocking(move || look(&settings, before, output)).await;
            match looked {
                Ok(Ok(now)) => done = now,
                Ok(Err(failure)) => {
                    tracing::warn!(target: "mrms::tend", "keys were not tended: {}", failure.message);
                }
                Err(_) => return,
            }
        }
    })
}

/// Looks once, unless nothing happened since the block that was looked at before. Returns the block up to which nothing is
/// left to do.
fn look(
    settings: &Settings,
    done: Option<BlockHeight>,
    output: Output,
) -> Result<Option<BlockHeight>, Failure> {
    let Some(actor) = settings.home.unlock_quietly()? else { return Ok(None) };
    let home = settings.home.open()?;
    let session = home.session();
    let block = session.ledger.tip()?.block_height;
    if done == Some(block) {
        return Ok(done);
    }
    let names = settings.home.names(Some(&actor))?;
    Ok(match catch_up::run(&session, &actor, &names, output) {
        Rest::Nothing => Some(block),
        Rest::Some => None,
    })
}
