//! Whether links can be made here, and what is missing where they can't: said on the pages where somebody would press the
//! button, before they choose anything.

use maud::{Markup, html};
use mrms_core::RecordId;

use crate::portal::LinkHosts;
use crate::words::Words;
use crate::work::Work;

/// Where the page of links says what is missing.
pub(super) const EXPLAINED: &str = "/links#link-host";

/// The address of this home's own host, as others reach it; `None` where it never answered.
pub(super) fn here(work: &Work, hosts: &LinkHosts) -> Option<String> {
    let served = work.home.hosted_links().url();
    served.map(|served| hosts.own_url.clone().unwrap_or(served))
}

/// Whether there is a host that would answer for a link.
pub(super) fn is_there(work: &Work, hosts: &LinkHosts) -> bool {
    hosts.elsewhere.is_some() || here(work, hosts).is_some()
}

/// What is missing, how it comes, and what goes without it.
pub(super) fn missing(words: &Words, record: Option<RecordId>) -> Markup {
    let share = record.map_or_else(|| "/share".to_owned(), |id| format!("/records/{id}/share"));
    let save = record.map_or_else(|| "/records".to_owned(), |id| format!("/records/{id}"));
    html! {
        section.attention id="link-host" aria-labelledby="link-host-title" {
            h2 id="link-host-title" { (words.say("link-host-missing")) }
            p { (words.say("link-host-what")) }
            ul {
                li { (words.say("link-host-theirs")) }
                li { (words.say("link-host-own")) }
            }
            p { (words.say("link-host-meanwhile")) }
            ul {
                li { a href=(share) { (words.say("link-host-share")) } }
                li { a href=(save) { (words.say("link-host-save")) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn what_is_missing_has_a_way_on_and_nothing_to_press_in_vain() {
        for language in Language::ALL {
            let words = Words::of(language);
            let said = missing(&words, Some(RecordId::new(7))).into_string();
            assert!(
                said.contains("/records/7/share") && said.contains("href=\"/records/7\""),
                "{said}"
            );
            assert!(!said.contains("<button") && !said.contains("wrong"), "{said}");
            let any = missing(&words, None).into_string();
            assert!(any.contains("href=\"/share\"") && any.contains("href=\"/records\""), "{any}");
        }
    }
}
