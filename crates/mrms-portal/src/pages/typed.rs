//! What was typed into a form that is shown again: a mistake in one field takes nothing of the others away.

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
