//! [`Listings`]: whom directories list, beside one's own people.
//!
//! A directory names nobody whom one knows. Its names stand between quotation marks, with the end of the account and
//! with who lists it; a command takes none of them for somebody before they are added.

use mrms_core::Principal;

use crate::name::{end, likeness, quotable, short};

/// Whom directories list, and whom they listed before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listings {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    principal: Principal,
    /// What they call themselves.
    name: String,
    /// This person's name for the directory.
    by: String,
    is_listed: bool,
}

/// How a directory has somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed<'l> {
    /// Under this name.
    Now {
        /// What they call themselves.
        name: &'l str,
        /// This person's name for the directory.
        by: &'l str,
    },
    /// Not any more.
    Before {
        /// This person's name for the directory.
        by: &'l str,
    },
}

impl Listings {
    /// Adds somebody whom a directory lists.
    pub fn add(&mut self, principal: Principal, name: &str, by: &str) {
        let (name, by) = (name.to_owned(), by.to_owned());
        self.entries.push(Entry { principal, name, by, is_listed: true });
    }

    /// Adds somebody whom a directory lists no longer.
    pub fn add_left(&mut self, principal: Principal, name: &str, by: &str) {
        let (name, by) = (name.to_owned(), by.to_owned());
        self.entries.push(Entry { principal, name, by, is_listed: false });
    }

    /// How a directory lists somebody, or did. `None` for those whom none listed.
    #[must_use]
    pub fn listed(&self, principal: &Principal) -> Option<Listed<'_>> {
        let of_them = || self.entries.iter().filter(|entry| entry.principal == *principal);
        let listed = of_them().find(|entry| entry.is_listed);
        let Entry { name, by, is_listed, .. } = listed.or_else(|| of_them().next())?;
        Some(if *is_listed { Listed::Now { name, by } } else { Listed::Before { by } })
    }

    /// The same in words: `“Dr A” (…9G6Z), listed by Region Nord`.
    #[must_use]
    pub fn shown(&self, principal: &Principal) -> Option<String> {
        Some(match self.listed(principal)? {
            Listed::Now { name, by } => {
                format!("“{}” ({}), listed by {by}", quotable(name), end(principal))
            }
            Listed::Before { by } => format!("{}, whom {by} lists no longer", short(principal)),
        })
    }

    /// The accounts that are listed under a name that can be taken for this one, or under it with the end of the
    /// account: `Dr A (…9G6Z)`.
    #[must_use]
    pub fn find(&self, name: &str) -> Vec<Principal> {
        let wanted = likeness(name);
        let mut found: Vec<Principal> = Vec::new();
        for Entry { principal, name, is_listed, .. } in &self.entries {
            let whole = format!("{name} ({})", end(principal));
            let is_it = likeness(name) == wanted || likeness(&whole) == wanted;
            if *is_listed && is_it && !found.contains(principal) {
                found.push(principal.clone());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_people_are_shown_with_who_lists_them() {
        let principal: Principal = "ST1J1XKQ76RV2250SQVS6P8NWHCC26CS8F4Q49G6Z".parse().unwrap();
        let mut listings = Listings::default();
        assert_eq!(listings.shown(&principal), None);
        listings.add_left(principal.clone(), "Dr A", "Region Süd");
        assert_eq!(
            listings.shown(&principal).unwrap(),
            "ST1J…9G6Z, whom Region Süd lists no longer"
        );
        assert!(listings.find("Dr A").is_empty());
        listings.add(principal.clone(), "Dr A”, or “B", "Region Nord");
        assert_eq!(
            listings.shown(&principal).unwrap(),
            "“Dr A\", or \"B” (…9G6Z), listed by Region Nord"
        );
        listings.add(principal.clone(), "Dr A", "Region Nord");
        assert_eq!(listings.find("dr  a"), std::slice::from_ref(&principal));
        assert_eq!(listings.find("Dr A (…9G6Z)"), [principal]);
    }
}
