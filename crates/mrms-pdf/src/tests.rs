use super::*;

fn table(rows: usize) -> Document {
    let column = |heading: &str, width| Column { heading: heading.to_owned(), width };
    let row = |number: usize| vec![format!("row {number}"), "Žofia opened Käse, Γάλα".to_owned()];
    Document {
        title: "Who opened what".to_owned(),
        language: "en".to_owned(),
        foot: "made from sample data".to_owned(),
        paper: Paper::A4,
        blocks: vec![
            Block::Title("Who opened what".to_owned()),
            Block::Paragraph("From Monday on.".to_owned()),
            Block::Table(Table {
                columns: vec![column("When", 1), column("What", 2)],
                rows: (0..rows).map(row).collect(),
            }),
        ],
    }
}

/// How often a text stands in the file, which is not compressed outside of streams.
fn count(pdf: &[u8], text: &str) -> usize {
    pdf.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}

#[test]
fn same_document_gives_the_same_bytes() {
    assert_eq!(to_pdf(&table(3)), to_pdf(&table(3)));
}

#[test]
fn every_row_is_tagged_and_fonts_come_with_the_file_in_part() {
    let pdf = to_pdf(&table(200)).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"), "a PDF");
    assert_eq!(
        (count(&pdf, "/S /TR"), count(&pdf, "/S /TH"), count(&pdf, "/S /TD")),
        (201, 2, 400)
    );
    assert_eq!(count(&pdf, "/FontFile2"), 2);
    assert!(pdf.len() < 150_000, "{} bytes", pdf.len());
}

#[test]
fn documents_of_nothing_and_of_strange_letters_are_written() {
    let empty = Document { blocks: Vec::new(), ..table(0) };
    assert!(to_pdf(&empty).is_ok());
    let strange = ["\u{4e2d}\u{6587}", "\u{1f600}", "\u{627}\u{644}", "a\u{0}b", "\u{202e}x"];
    let blocks = strange.iter().map(|text| Block::Paragraph((*text).to_owned())).collect();
    assert!(to_pdf(&Document { blocks, ..empty }).is_ok());
    let no_columns = Table { columns: Vec::new(), rows: vec![vec!["x".to_owned()]] };
    assert!(to_pdf(&Document { blocks: vec![Block::Table(no_columns)], ..table(0) }).is_ok());
}
