//! How much of a document is read and shown.

/// The longest content that is looked at, in bytes.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;
/// The most bytes that something compressed inside a document may become.
pub const MOST_INFLATED: usize = 16 * 1024 * 1024;
/// Blocks of a document.
pub const MOST_BLOCKS: usize = 2_000;
/// Rows of a table.
pub const MOST_ROWS: usize = 1_000;
/// Cells of a row.
pub const MOST_COLUMNS: usize = 40;
/// Bytes of all texts of a document together.
pub const MOST_TEXT: usize = 2 * 1024 * 1024;
/// Bytes of one text in a cell, a title or a name.
pub const MOST_CELL: usize = 4_000;
/// Bytes of a title.
pub const MOST_TITLE: usize = 120;
/// Points of a series.
pub const MOST_POINTS: usize = 2_000;
/// How deep elements of XML may lie in each other. JSON has the bound of its library, 128.
pub const MOST_DEPTH: usize = 200;
/// Pixels of a picture that is drawn.
pub const MOST_PIXELS: u64 = 40_000_000;
/// Pages of a PDF and pictures of a scan that can be asked for.
pub const MOST_PAGES: usize = 5_000;
/// Samples of a waveform that are drawn, for each trace.
pub const MOST_SAMPLES: usize = 4_000;
/// Traces of a waveform.
pub const MOST_TRACES: usize = 24;
/// Entries of an archive that are listed.
pub const MOST_ENTRIES: usize = 1_000;
/// Results of one document that curves over several documents take.
pub const MOST_RESULTS: usize = 2_000;
