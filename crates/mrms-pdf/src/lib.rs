//! Pages of paper: headings, paragraphs and tables as PDF.
//!
//! Text comes in, bytes go out. Knows no records, no files and no home. The pages are tagged, so that a screen reader finds
//! headings and the cells of tables. The fonts are in the file, as far as it uses them, so it looks the same everywhere.
//!
//! Letters stand one after the other from left to right: those of scripts that join or run the other way can be read and
//! searched, and do not look as they should. A character that the fonts lack is drawn as a box.

mod fonts;
mod layout;
mod tags;
mod write;

/// What goes on the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What the document is called, in its properties and in a viewer's title bar.
    pub title: String,
    /// Language of the text, as a BCP 47 tag such as `en`.
    pub language: String,
    /// Stands at the foot of every page, beside the page's number.
    pub foot: String,
    /// Size of the paper.
    pub paper: Paper,
    /// From top to bottom.
    pub blocks: Vec<Block>,
}

/// Size of the paper, which lies on its long side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paper {
    /// 297 mm by 210 mm.
    #[default]
    A4,
    /// 11 in by 8.5 in.
    Letter,
}

/// A part of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// The document's heading.
    Title(String),
    /// The heading of a part.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A table. Its headings stand on each of its pages.
    Table(Table),
}

/// Rows of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows. A cell that is missing is empty; one for which there is no column is left out.
    pub rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Its part of the table's width, against those of the others.
    pub width: u16,
}

/// Why there are no pages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PdfError {
    /// A font in this program can't be read.
    #[error("the font can't be read: {reason}")]
    Font {
        /// What is wrong.
        reason: String,
    },
    /// The document has more parts than a PDF can number.
    #[error("the document is too long for one PDF file")]
    TooLong,
}

/// The document as a PDF file.
///
/// # Errors
///
/// [`PdfError`].
pub fn to_pdf(document: &Document) -> Result<Vec<u8>, PdfError> {
    let fonts = fonts::Fonts::load()?;
    let laid_out = layout::lay_out(document, &fonts);
    write::write(document, &laid_out, fonts)
}

#[cfg(test)]
mod tests;
