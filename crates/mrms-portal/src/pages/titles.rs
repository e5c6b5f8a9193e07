//! What pages call a version of a record: by the title of its record, and beside that by what the version's own author called
//! it. Whoever may add a version renames nothing.

use maud::{Markup, html};
use mrms_app::access::open::Unlocked;
use mrms_app::records::titles::own_title;
use mrms_core::{Principal, visible};
use mrms_crypto::content::ContentHeader;
use mrms_home::clock::rng;
use mrms_people::name::quotable;

use crate::named::Named;
use crate::words::Words;
use crate::work::Work;

/// What a version that is shown is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Titles {
    /// The record's title, as far as it is known.
    pub(crate) record: Option<String>,
    /// Who wrote the version, and what they called it, where that is something else.
    own: Option<(Named, String)>,
}

impl Titles {
    /// Those of a version that was opened, for an organisation where there is one.
    pub(crate) fn of(
        work: &Work,
        organisation: Option<&Principal>,
        (unlocked, header): (&Unlocked, &ContentHeader),
    ) -> Self {
        let session = work.session();
        let record = session.title_beside(&work.actor, organisation, header, &mut rng());
        Self::beside(record, own_title(header), || work.named(&unlocked.stored.author))
    }

    /// Those of a version, by the title of its record.
    pub(crate) fn beside(
        record: Option<String>,
        own: Option<String>,
        author: impl FnOnce() -> Named,
    ) -> Self {
        let own = own.filter(|own| record.as_ref() != Some(own)).map(|own| (author(), own));
        Self { record, own }
    }

    /// The heading of the version's page.
    pub(crate) fn heading(&self, words: &Words) -> String {
        let named = self.record.as_deref().map(|name| visible::line(name).into_owned());
        named.unwrap_or_else(|| words.say("records-unnamed"))
    }

    /// What the version's author called it, as they said it.
    pub(crate) fn said(&self, words: &Words) -> Markup {
        let Some((author, own)) = &self.own else { return html! {} };
        let name = quotable(&visible::line(own));
        let sentence = match author {
            Named::You => words.with("version-called-by-you", &[("name", (&name).into())]),
            other => {
                let who = other.say(words);
                words.with("version-called", &[("who", (&who).into()), ("name", (&name).into())])
            }
        };
        html! { p.meta { bdi { (sentence) } } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn version_is_headed_by_its_record_and_its_own_name_is_said_by_its_author() {
        let words = Words::of(Language::English);
        let titles = |record: Option<&str>, own: Option<&str>| {
            let text = |text: &str| text.to_owned();
            let clinic = || Named::Known("Clinic North".to_owned());
            Titles::beside(record.map(text), own.map(text), clinic)
        };
        let other = titles(Some("Blood test, May"), Some("Report” of <b>"));
        assert_eq!(other.heading(&words), "Blood test, May");
        let said = other.said(&words).into_string();
        assert!(
            said.contains("Clinic North") && said.contains("Report&quot; of &lt;b&gt;"),
            "{said}"
        );
        let unknown = titles(None, Some("Report"));
        assert_eq!(unknown.heading(&words), words.say("records-unnamed"));
        assert!(unknown.said(&words).into_string().contains("Report"));
        for same in [titles(Some("ECG"), Some("ECG")), titles(Some("ECG"), None)] {
            assert_eq!(same.said(&words).into_string(), "", "there is nothing to say");
        }
        let own = Titles::beside(None, Some("Mine".to_owned()), || Named::You);
        assert!(own.said(&words).into_string().starts_with("<p class=\"meta\"><bdi>You"));
    }
}
