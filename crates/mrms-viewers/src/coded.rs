//! What a document names by a code: how it is called in a language, and how the code is shown beside that.

use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::codes;
use crate::document::one_line;

/// Something that a document names by a code, by words of its own, or by both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coded {
    /// What the document calls it; `None` where it has the code alone.
    pub name: Option<String>,
    /// The system of the code; empty where none is told.
    pub system: String,
    /// The code; empty where there is none.
    pub code: String,
}

impl Coded {
    /// What it is called: by the document, else what the code is known to mean in the language with this tag, else the code.
    #[must_use]
    pub fn said(&self, tag: &str) -> String {
        let known = || codes::name_in(&self.system, &self.code, tag).map(str::to_owned);
        let name = self.name.clone().or_else(known);
        name.unwrap_or_else(|| codes::shown(&self.system, &self.code))
    }

    /// The same on one line, with nothing in it that acts on a screen.
    pub(crate) fn bounded(&self) -> Self {
        let line = |text: &str| one_line(text, bounds::MOST_CELL);
        Self {
            name: self.name.as_deref().map(line),
            system: line(&self.system),
            code: line(&self.code),
        }
    }

    /// About how many bytes it has.
    pub(crate) fn weight(&self) -> usize {
        self.name.as_ref().map_or(0, String::len) + self.system.len() + self.code.len() + 4
    }

    /// Whether there is neither a name nor a code.
    pub(crate) fn is_empty(&self) -> bool {
        self.name.is_none() && self.code.is_empty()
    }

    /// What is the same within one document: the same code of LOINC, else the same code and name.
    pub(crate) fn key(&self) -> String {
        match self.system == codes::LOINC {
            true => format!("{}\0{}", self.system, self.code),
            false => {
                let name = self.name.as_deref().unwrap_or_default().to_lowercase();
                format!("{}\0{}\0{name}", self.system, self.code)
            }
        }
    }

    /// The code, to stand beside the name; `None` where there is none, or where it stands in place of the name.
    #[must_use]
    pub fn beside(&self, tag: &str) -> Option<String> {
        let shown = codes::shown(&self.system, &self.code);
        (!self.code.is_empty() && self.said(tag) != shown).then_some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_a_name_in_each_language_and_stands_beside_it() {
        let loinc = |name: Option<&str>, code: &str| Coded {
            name: name.map(str::to_owned),
            system: "http://loinc.org".to_owned(),
            code: code.to_owned(),
        };
        let alone = loinc(None, "6690-2");
        assert_eq!(alone.said("en"), "White blood cells");
        assert_eq!(alone.said("de"), "Weiße Blutkörperchen");
        assert_eq!(alone.said("es"), "Glóbulos blancos");
        assert_eq!(alone.beside("de").as_deref(), Some("LOINC 6690-2"));
        let named = loinc(Some("Leukocytes"), "6690-2");
        assert_eq!(
            (named.said("de"), named.beside("de")),
            ("Leukocytes".to_owned(), alone.beside("de"))
        );
        let unknown = loinc(None, "99999-9");
        assert_eq!((unknown.said("es").as_str(), unknown.beside("es")), ("LOINC 99999-9", None));
        let words = Coded { name: Some("Iron".to_owned()), ..Coded::default() };
        assert_eq!((words.said("de").as_str(), words.beside("de")), ("Iron", None));
    }
}
