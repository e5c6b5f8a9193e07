//! What a document says of itself, as a value: its name, date, author, and whom it is about.

use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::subject::Subject;

/// The longest line with an author, in bytes: a record's label has room for it.
const MOST_LINE: usize = 200;

/// What a document says of itself, for a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// What kind of document it is.
    pub kind: Kind,
    /// What it calls itself.
    pub title: Option<String>,
    /// Its date: ISO 8601, perhaps without day or month.
    pub date: Option<String>,
    /// Who wrote it, as it says.
    pub author: Option<String>,
    /// Whom it is about, as it says; empty where it names nobody in a way that is read here.
    pub about: Vec<Subject>,
}

impl Description {
    pub(crate) fn of(kind: Kind) -> Self {
        Self { kind, title: None, date: None, author: None, about: Vec::new() }
    }

    /// One line for a list, in which all of it can be searched: the title with its day, and who wrote it as far as that fits.
    /// `None` where the document has no title.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let title = self.title.as_deref()?;
        let day = self.date.as_deref().map(|date| date.split('T').next().unwrap_or_default());
        let mut line = day.map_or_else(|| title.to_owned(), |day| format!("{title}, {day}"));
        let author = self.author.as_deref().filter(|author| !title.contains(author));
        if let Some(author) = author
            && line.len() + author.len() + 2 <= MOST_LINE
        {
            line.push_str(", ");
            line.push_str(author);
        }
        Some(line)
    }
}
