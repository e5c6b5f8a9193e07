//! Asks at a terminal before a grant has something end sooner than it would without it.
//!
//! Elsewhere the command goes on, as it does with `--yes`: old and new stand in its result.

use std::io::{self, IsTerminal as _};

use mrms_app::Session;
use mrms_app::session::Sending;
use mrms_core::{BurnClock, BurnHeight, grant};

use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::confirm;
use crate::ui::times;

/// How many are named.
const NAMED: usize = 20;
/// An end is counted in steps: the same end said again may come out this many burn blocks earlier.
const STEP: u64 = 1;

/// What would end sooner, a line each.
pub(super) struct Sooner {
    clock: BurnClock,
    expiry: Option<BurnHeight>,
    lines: Vec<String>,
}

impl Sooner {
    /// Nothing yet, of grants that hold until `expiry`.
    pub(super) const fn than(expiry: Option<BurnHeight>, clock: BurnClock) -> Self {
        Self { clock, expiry, lines: Vec::new() }
    }

    /// Whether nobody is asked, so that nothing needs to be looked up.
    pub(super) fn is_not_asked(settings: &Settings) -> bool {
        settings.yes
            || !io::stdin().is_terminal()
            || settings.home.settings().sending != Sending::Send
    }

    /// Notes what somebody has until `before`.
    pub(super) fn note(&mut self, what: &str, before: Option<BurnHeight>) {
        let is_live = grant::is_live(before, self.clock.height);
        if is_live && is_sooner(self.expiry, before) {
            let before = times::expiry_words(before, self.clock);
            self.lines.push(format!("  {what}: {before}"));
        }
    }

    /// Asks, where something would.
    pub(super) fn confirm(
        &self,
        session: &Session<'_>,
        settings: &Settings,
    ) -> Result<(), Failure> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let mut named: Vec<_> = self.lines.iter().take(NAMED).cloned().collect();
        if self.lines.len() > NAMED {
            named.push(format!("  … and {} more", self.lines.len() - NAMED));
        }
        session.ledger.step_aside();
        let then = times::expiry_words(self.expiry, self.clock);
        confirm(
            &format!("this lasts longer now:\n{}\nEnd it sooner ({then})?", named.join("\n")),
            settings.yes,
        )
    }
}

/// Whether an end comes before another one, by more than counting in steps makes of the same end.
fn is_sooner(expiry: Option<BurnHeight>, before: Option<BurnHeight>) -> bool {
    match (expiry, before) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(expiry), Some(before)) => before.since(expiry) > STEP,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_that_is_said_again_is_no_sooner_one() {
        let at = |height| Some(BurnHeight::new(height));
        assert!(is_sooner(at(100), at(102)) && is_sooner(at(100), None));
        for (expiry, before) in [(at(100), at(100)), (at(100), at(101)), (at(101), at(100))] {
            assert!(!is_sooner(expiry, before), "{expiry:?} {before:?}");
        }
        assert!(!is_sooner(None, at(100)) && !is_sooner(None, None));
    }
}
