//! What a reader may do with a record, and what is known of their openings, in words.

use mrms_app::audit::shares::{KeyOnChain, Openings};
use mrms_core::{BurnClock, Rights};

use crate::ui::short_times;

/// What somebody may do.
pub(crate) fn rights_words(rights: Rights) -> &'static str {
    match (rights.may_amend(), rights.may_read(), rights.may_declare_emergency()) {
        (true, _, false) => "may open it and add to it",
        (true, _, true) => "may open it and add to it, and declare an emergency",
        (false, true, false) => "may open it",
        (false, true, true) => "may open it, and declare an emergency",
        (false, false, _) => "may open it in an emergency only",
    }
}

/// What is known of the openings of somebody for whom something lies on the chain as their key.
pub(crate) const fn on_chain_words(openings: &Openings) -> &'static str {
    match (openings.key_on_chain, openings.count) {
        (KeyOnChain::Opens, 0) => "the key is on the chain: openings are not known",
        (KeyOnChain::Opens, _) => "the key is on the chain: other openings are not known",
        (_, 0) => "what lies on the chain as their key may open it or not: openings are not known",
        (_, _) => {
            "what lies on the chain as their key may open it or not: other openings are not known"
        }
    }
}

/// How often somebody asked for a record, and got no key; `None` where they never did.
pub(crate) fn without_key_words(openings: &Openings) -> Option<String> {
    match openings.without_key {
        0 => None,
        1 => Some("asked once more, and the vaults gave no key".to_owned()),
        many => Some(format!("asked {many} times more, and the vaults gave no key")),
    }
}

/// Whether somebody opened a record, and when last.
pub(crate) fn opened_words(openings: &Openings, clock: BurnClock) -> String {
    let last = openings.last.map(|height| short_times::near_day(clock.time_of(height), clock.now));
    let words = match (openings.count, last) {
        (0, _) | (_, None) if openings.key_on_chain.is_there() => {
            return on_chain_words(openings).to_owned();
        }
        (0, _) | (_, None) => "not opened".to_owned(),
        (1, Some(day)) => format!("opened once, {day}"),
        (many, Some(day)) => format!("opened {many} times, last {day}"),
    };
    let words = match without_key_words(openings) {
        Some(more) => format!("{words}; {more}"),
        None => words,
    };
    match openings.key_on_chain.is_there() {
        true => format!("{words}; {}", on_chain_words(openings)),
        false => words,
    }
}
