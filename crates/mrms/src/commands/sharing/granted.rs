//! A grant in sentences: who may open what until when, what changed, and how they get the key.

use mrms_app::sharing::grant::{GrantTerms, Granted, Sharing};
use mrms_core::{BurnClock, Rights};

use super::grant::versions_words;
use crate::ui::columns::wrap;
use crate::ui::rights::rights_words;
use crate::ui::{short_times, times};

/// What a grant gave. `who` and `record` are what they are called.
pub(super) fn granted_words(
    who: &str,
    record: &str,
    terms: GrantTerms,
    granted: &Granted,
    clock: BurnClock,
) -> String {
    let rights = terms.rights;
    let may = match (rights.may_amend(), rights.may_read()) {
        (true, _) => "may open and add to",
        (_, false) => "may open in an emergency",
        _ => "may open",
    };
    let mut lines = vec![
        wrap(&format!("{who} {may} {record}"), 2),
        format!("  {}", times::expiry_words(granted.expiry, clock)),
    ];
    lines.extend(change_lines(granted, rights, clock));
    lines.extend(reach_line(granted, rights).lines().map(|line| wrap(&format!("  {line}"), 4)));
    lines.push(wrap(&format!("  {}", keys_line(terms.sharing, granted)), 4));
    lines.join("\n")
}

/// What the grant replaced, where something changed.
fn change_lines(granted: &Granted, rights: Rights, clock: BurnClock) -> Vec<String> {
    let Some(before) = &granted.before else { return Vec::new() };
    let old = before.rights.map_or("nothing", rights_words);
    vec![
        format!("  before: {old}, {}", short_times::until(before.expiry, clock)),
        format!(
            "  now:    {}, {}",
            rights_words(rights),
            short_times::until(granted.expiry, clock)
        ),
    ]
}

/// Which versions are open to them.
fn reach_line(granted: &Granted, rights: Rights) -> String {
    let from = granted.from_version;
    if rights.includes_history() {
        return "they can open every version".to_owned();
    }
    let later = format!("they can open version {from} and later ones");
    match granted.before {
        _ if from < granted.keys_from => format!(
            "{later} by the ledger's word. This profile does not remember that it gave those before version {}, and gave no key of them: --history does",
            granted.keys_from
        ),
        Some(_) if from < granted.latest => {
            format!("{later}: what was open stays open\nto close it, revoke and grant again")
        }
        _ => later,
    }
}

fn keys_line(sharing: Sharing, granted: &Granted) -> String {
    let present = granted.latest.up_to().filter(|version| *version >= granted.keys_from);
    let left_out = granted.left_out_versions.len();
    match (sharing, granted.versions.as_slice()) {
        (_, []) if left_out > 0 && left_out == present.count() => {
            "no version that is there now can be opened; those that you add can".to_owned()
        }
        (_, []) => "no key had to be shared: they have it already".to_owned(),
        (Sharing::Sealed, versions) => format!(
            "the vaults give the key of {} against an entry in the log",
            versions_words(versions)
        ),
        (Sharing::Direct, versions) => {
            format!("key of {} shared on chain", versions_words(versions))
        }
    }
}
