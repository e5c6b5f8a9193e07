//! On Home of whoever works for an organisation: which one, and how many people share something with it.

use maud::{Markup, html};
use mrms_app::audit::for_me::Sharing;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::staff::mine::Mine;
use crate::words::Words;
use crate::work::Work;

/// The organisations for which the person opens, and how many people share something with each.
pub(crate) struct Workplaces(Vec<(Named, Sharing)>);

impl Workplaces {
    pub(crate) fn of(work: &Work, mine: &Mine) -> Result<Self, PortalError> {
        let mut found = Vec::new();
        for (organisation, who) in mine.live() {
            let shared = work.session().sharing_with(organisation).map_err(refused)?;
            found.push((who.clone(), shared));
        }
        Ok(Self(found))
    }

    pub(crate) const fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// In words, with the way to what is shared.
    pub(crate) fn said(&self, words: &Words) -> Markup {
        html! {
            @for (who, shared) in &self.0 {
                @let name = who.say(words);
                a href="/shared" { (words.with("home-works-for", &[("organisation", (&name).into())])) }
                " "
                @let key = if shared.is_more { "home-works-for-more" } else { "home-works-for-sharing" };
                (words.with(key, &[("people", shared.patients.into()), ("organisation", (&name).into())]))
                " "
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_of_an_organisation_reads_its_name_and_how_many_share_with_it() {
        for language in crate::words::Language::ALL {
            let words = Words::of(language);
            let clinic = || Named::Known("Clinic Nord".to_owned());
            for (patients, is_more) in [(0, false), (1, false), (7, false), (300, true)] {
                let said = Workplaces(vec![(clinic(), Sharing { patients, is_more })]).said(&words);
                let said = said.into_string();
                assert!(said.contains("Clinic Nord") && !said.contains("home-"), "{said}");
                assert_eq!(said.contains(&patients.to_string()), patients > 0, "{said}");
            }
        }
    }
}
