//! Names in place of principals in what a command says when it fails.
//!
//! The libraries' errors name accounts. Once a profile is unlocked, those of one's people are shown by name. With
//! `--json` and `--details` they stay as they are.

use std::sync::{Mutex, PoisonError};

use mrms_home::Names;
use mrms_home::said::{StandsFor, with_accounts_said};

/// The names of the profile that was unlocked last.
static NAMES: Mutex<Option<Names>> = Mutex::new(None);

/// Keeps the names of a profile that was unlocked.
pub(crate) fn keep(names: Names) {
    *NAMES.lock().unwrap_or_else(PoisonError::into_inner) = Some(names);
}

/// A text with the names of people in place of their principals, as far as one has names for them.
pub(crate) fn in_text(text: &str) -> String {
    let names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    match &*names {
        Some(names) => named(text, names),
        None => text.to_owned(),
    }
}

fn named(text: &str, names: &Names) -> String {
    with_accounts_said(text, |account, of| {
        (of == StandsFor::Account && names.name_of(account).is_some()).then(|| names.shown(account))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use mrms_people::{FieldText, People, Person};

    use super::*;

    #[test]
    fn people_are_named_and_others_stay_as_they_are() {
        let text = "ST000000000000000000002AMW42H";
        let mut people = People::default();
        people.set(Person {
            principal: text.parse().unwrap(),
            own_name: Some(FieldText::new("Clinic B").unwrap()),
            card: None,
            added: 0,
        });
        let names = Names::new(None, Some(people));
        let stranger = "ST1J1XKQ76RV2250SQVS6P8NWHCC26CS8F4Q49G6Z";
        assert_eq!(
            named(&format!("{text}'s key, “{text}”."), &names),
            "Clinic B's key, “Clinic B”."
        );
        assert_eq!(
            named(&format!("{text}.records, {stranger}"), &names),
            format!("{text}.records, {stranger}")
        );
        assert_eq!(named("nobody – здесь", &names), "nobody – здесь");
    }
}
