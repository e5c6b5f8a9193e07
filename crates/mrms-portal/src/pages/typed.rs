//! What was typed into a form that is shown again: a mistake in one field takes nothing of the others away. And what is wrong
//! with a name.

use mrms_people::{FieldError, FieldText};

/// Names of fields with what they had. Nothing, for a form that is shown first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Typed<'t>(&'t [(&'static str, &'t str)]);

impl<'t> Typed<'t> {
    /// A form that is shown first.
    pub(crate) const NOTHING: Self = Self(&[]);

    /// A form that was sent with these.
    pub(crate) const fn of(fields: &'t [(&'static str, &'t str)]) -> Self {
        Self(fields)
    }

    /// What a field had; `None` in a form that is shown first.
    pub(crate) fn get(self, name: &str) -> Option<&'t str> {
        self.0.iter().find(|(one, _)| *one == name).map(|(_, value)| *value)
    }

    /// What a field of text shows.
    pub(crate) fn text(self, name: &str) -> &'t str {
        self.get(name).unwrap_or_default()
    }

    /// Whether this choice is shown as taken: as it was sent, and as usual in a form that is shown first.
    pub(crate) fn chose(self, name: &str, value: &str, usual: bool) -> bool {
        self.get(name).map_or(usual, |sent| sent == value)
    }
}

/// Why a text is taken for no name, as a key of the catalogues.
pub(crate) fn no_name(text: &str) -> &'static str {
    match FieldText::<{ usize::MAX }>::new(text) {
        Err(FieldError::Empty) => "name-empty",
        Err(FieldError::Acting { .. }) => "name-hidden",
        // There is a most for each field.
        _ => "name-too-long",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_name_is_said() {
        for (name, key) in [
            ("", "name-empty"),
            ("   ", "name-empty"),
            ("\u{200b}", "name-empty"),
            ("Ana\u{202e}", "name-hidden"),
            ("Ana\nMaria", "name-hidden"),
        ] {
            assert_eq!(no_name(name), key, "{name:?}");
        }
        assert_eq!(no_name(&"a".repeat(65)), "name-too-long");
    }
}
