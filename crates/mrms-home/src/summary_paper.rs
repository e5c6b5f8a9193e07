//! A patient summary on paper: what its viewer shows of it, whose it is, and what is not in it.
//!
//! The pages say what the summary's bundle says, since they are drawn from it. They have no signature and no proof.

use mrms_pdf::{Block, Column, Document, Paper, PdfError, Table};
use mrms_viewers::{Block as Shown, Cell, Document as ShownDocument, Series, Table as ShownTable};

/// What goes onto the pages.
#[derive(Debug)]
pub struct SummaryPaper<'a> {
    /// The summary as its viewer shows it.
    pub document: &'a ShownDocument,
    /// Whose summary it is: a name, or an account.
    pub patient: &'a str,
    /// When it was made, RFC 3339.
    pub made: &'a str,
    /// What is not in it, a line each.
    pub left_out: &'a [String],
    /// The paper.
    pub paper: Paper,
}

impl SummaryPaper<'_> {
    /// The pages.
    ///
    /// # Errors
    ///
    /// [`PdfError`].
    pub fn to_pdf(&self) -> Result<Vec<u8>, PdfError> {
        mrms_pdf::to_pdf(&self.pages())
    }

    fn pages(&self) -> Document {
        let title = "Patient summary".to_owned();
        let made = self.made.get(..16).unwrap_or(self.made).replace('T', " ");
        let mut blocks = vec![
            Block::Title(title.clone()),
            Block::Paragraph(format!(
                "Of {}. Made {made} UTC by a program out of the records; nobody has looked over it. Documents that are not \
                 health data in FHIR are not in it: the last part lists them.",
                self.patient
            )),
        ];
        self.document.blocks.iter().for_each(|block| add(block, &mut blocks));
        if self.document.is_cut {
            blocks.push(Block::Paragraph("More is in the summary than is shown here.".to_owned()));
        }
        blocks.push(Block::Heading("What is not in this summary".to_owned()));
        if self.left_out.is_empty() {
            blocks.push(Block::Paragraph("Nothing was left out.".to_owned()));
        }
        blocks.extend(self.left_out.iter().cloned().map(Block::Paragraph));
        let foot = format!("{title} of {}, made {made} UTC", self.patient);
        Document { title, language: "en".to_owned(), foot, paper: self.paper, blocks }
    }
}

fn add(shown: &Shown, blocks: &mut Vec<Block>) {
    match shown {
        Shown::Heading { text, .. } => blocks.push(Block::Heading(text.in_english())),
        Shown::Text(text) => blocks.push(Block::Paragraph(text.in_english())),
        Shown::Preformatted(text) => blocks.push(Block::Paragraph(text.clone())),
        Shown::List(items) => {
            blocks.extend(
                items.iter().map(|item| Block::Paragraph(format!("– {}", item.in_english()))),
            );
        }
        Shown::Table(table) => add_table(table, blocks),
        Shown::Series(series) => add_series(series, blocks),
        Shown::Waveform(one) => {
            let what = one.name.in_english();
            blocks.push(Block::Paragraph(format!("{what}: the curve is not drawn here.")));
        }
    }
}

fn add_table(table: &ShownTable, blocks: &mut Vec<Block>) {
    if let Some(caption) = &table.caption {
        blocks.push(Block::Heading(caption.in_english()));
    }
    let columns = table.rows.iter().map(Vec::len).max().unwrap_or_default().max(table.head.len());
    let cells = |row: &Vec<Cell>| row.iter().map(Cell::in_english).collect::<Vec<_>>();
    let rows: Vec<_> = table.rows.iter().map(cells).collect();
    let column = |place: usize| Column {
        heading: table.head.get(place).map(Cell::in_english).unwrap_or_default(),
        // What it is stands in the first column, and takes the most room.
        width: if place == 0 { 3 } else { 2 },
    };
    blocks.push(Block::Table(Table { columns: (0..columns).map(column).collect(), rows }));
}

fn add_series(series: &Series, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading(series.name.said("en")));
    let heads = [("Date", 2), ("Value", 3)];
    let columns = heads.map(|(heading, width)| Column { heading: heading.to_owned(), width });
    let rows = series.points.iter().map(|point| vec![point.date.clone(), point.text.clone()]);
    blocks.push(Block::Table(Table { columns: columns.to_vec(), rows: rows.collect() }));
}

#[cfg(test)]
mod tests {
    use mrms_viewers::{Answer, Request, Want, answer};

    use super::*;

    #[test]
    fn pages_have_what_the_summary_says_and_what_is_not_in_it() {
        let bundle = br#"{"resourceType":"Bundle","type":"document","entry":[
            {"resource":{"resourceType":"Composition","title":"Patient summary","section":[]}},
            {"resource":{"resourceType":"AllergyIntolerance","code":{"text":"Penicillin"}}}]}"#;
        let request = Request { name: "summary.json".to_owned(), want: Want::Document };
        let Answer::Document(document) = answer(&request, bundle) else { panic!("it is shown") };
        let left_out = ["record 7: Document (PDF): nothing is taken out of it".to_owned()];
        let paper = SummaryPaper {
            document: &document,
            patient: "Ana",
            made: "2026-05-04T08:30:00Z",
            left_out: &left_out,
            paper: Paper::A4,
        };
        let pages = paper.pages();
        let has = |what: &str| format!("{:?}", pages.blocks).contains(what);
        assert!(
            has("Penicillin") && has("Document (PDF)") && has("Of Ana. Made 2026-05-04 08:30 UTC")
        );
        assert!(paper.to_pdf().unwrap().starts_with(b"%PDF"));
    }
}
