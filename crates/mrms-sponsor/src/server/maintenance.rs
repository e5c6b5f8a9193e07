//! Runs the sponsor's periodic work.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::{Chain, Sponsor};

/// Pause between two runs.
const EVERY: Duration = Duration::from_secs(10);

/// Calls [`Sponsor::maintain`] every ten seconds, for ever. What fails is tried again the next time.
pub async fn maintain<C: Chain + 'static>(sponsor: Arc<Sponsor<C>>) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let sponsor = Arc::clone(&sponsor);
        let done = tokio::task::spawn_blocking(move || sponsor.maintain(Timestamp::now())).await;
        if let Ok(Err(refusal)) = done {
            tracing::warn!(target: "mrms::sponsor", cause = refusal.cause(), "{refusal}");
        }
    }
}
