//! What the parts of a page are, for programs that read it aloud.

use pdf_writer::types::StructRole;

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Document,
    Title,
    Heading,
    Paragraph,
    Table,
    Row,
    ColumnHeading,
    Cell,
}

impl Role {
    pub(crate) const fn in_pdf(self) -> StructRole {
        match self {
            Self::Document => StructRole::Document,
            Self::Title => StructRole::H1,
            Self::Heading => StructRole::H2,
            Self::Paragraph => StructRole::P,
            Self::Table => StructRole::Table,
            Self::Row => StructRole::TR,
            Self::ColumnHeading => StructRole::TH,
            Self::Cell => StructRole::TD,
        }
    }
}

/// The number of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ElementId(pub(crate) usize);

/// An element: a part of another one, with parts or with text on pages.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) role: Role,
    pub(crate) parent: Option<ElementId>,
    pub(crate) parts: Vec<ElementId>,
    /// Where its text is: the page's number and the number of the text on that page.
    pub(crate) texts: Vec<(usize, usize)>,
}

/// All elements. The first is the document.
#[derive(Debug)]
pub(crate) struct Elements(Vec<Element>);

impl Elements {
    pub(crate) const DOCUMENT: ElementId = ElementId(0);

    pub(crate) fn new() -> Self {
        let document =
            Element { role: Role::Document, parent: None, parts: Vec::new(), texts: Vec::new() };
        Self(vec![document])
    }

    pub(crate) fn all(&self) -> &[Element] {
        &self.0
    }

    /// Adds a part to an element.
    pub(crate) fn add(&mut self, parent: ElementId, role: Role) -> ElementId {
        let id = ElementId(self.0.len());
        self.0.push(Element { role, parent: Some(parent), parts: Vec::new(), texts: Vec::new() });
        if let Some(parent) = self.0.get_mut(parent.0) {
            parent.parts.push(id);
        }
        id
    }

    /// Notes that a text of a page belongs to an element.
    pub(crate) fn add_text(&mut self, id: ElementId, page: usize, text: usize) {
        if let Some(element) = self.0.get_mut(id.0) {
            element.texts.push((page, text));
        }
    }
}
